//! How long loading takes, and one request.

use criterion::{Criterion, criterion_group, criterion_main};
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use routesim::{Request, Site};
use std::hint::black_box;
use std::path::Path;

// as the binary does
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    Scenario::load(&path, &SourceMap::default()).expect("it is a scenario")
}

fn resolve(c: &mut Criterion) {
    let web2py = scenario("scenarios/web2py.yaml");
    c.bench_function("load web2py", |b| b.iter(|| Site::of_scenario(black_box(&web2py)).is_ok()));
    for name in [
        "scenarios/web2py.yaml",
        "scenarios/web2py-working-2.4.yaml",
        "scenarios/directory-index.yaml",
        "scenarios/rewrite/wordpress.yaml",
    ] {
        let scenario = scenario(name);
        let site = Site::of_scenario(&scenario).expect("it can be laid out");
        let Ok(run) = site.start() else { continue };
        for (i, spec) in scenario.requests.iter().enumerate().take(6) {
            let ask = Request::of(spec, i);
            let stem = Path::new(name).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            c.bench_function(&format!("{stem} {}", spec.url), |b| b.iter(|| run.ask(black_box(&ask))));
            let quick = run.fork().without_reasons();
            let title = format!("{stem} {} without reasons", spec.url);
            c.bench_function(&title, |b| b.iter(|| quick.ask(black_box(&ask))));
        }
    }
}

/// A file five folders down, an .htaccess file in each.
fn htaccess(c: &mut Criterion) {
    let config = "ServerName localhost\nDocumentRoot /srv\n<Directory /srv>\nAllowOverride All\nRequire all granted\n\
                  </Directory>\n<Files *.secret>\nRequire all denied\n</Files>\n";
    let mut site = Site::builder(config);
    let mut folder = "/srv".to_string();
    for depth in 1..=5 {
        folder.push_str(&format!("/d{depth}"));
        let text = format!("SetEnv DEPTH {depth}\nAddType text/x-d{depth} .d{depth}\nRequire all granted\n");
        site = site.file(&format!("{folder}/.htaccess"), text);
    }
    for name in ["page.html", "page.secret"] {
        site = site.file(&format!("{folder}/{name}"), "x");
    }
    let run = site.build().expect("there is room").start().expect("httpd would start");
    for (title, name) in
        [("htaccess in five folders", "page.html"), ("htaccess in five folders, denied", "page.secret")]
    {
        let ask = Request::get(&format!("/d1/d2/d3/d4/d5/{name}"));
        let status = run.ask(&ask).status;
        assert_eq!(status, if name == "page.html" { 200 } else { 403 });
        c.bench_function(title, |b| b.iter(|| run.ask(black_box(&ask))));
    }
}

criterion_group!(benches, resolve, htaccess);
criterion_main!(benches);
