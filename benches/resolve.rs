//! How long loading takes, and one request.

use criterion::{Criterion, criterion_group, criterion_main};
use routesim::simulate::{self, Ask};
use routesim::source::SourceMap;
use routesim::suite::Scenario;
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
    c.bench_function("load web2py", |b| b.iter(|| simulate::scenario(black_box(&web2py)).is_ok()));
    for name in [
        "scenarios/web2py.yaml",
        "scenarios/web2py-working-2.4.yaml",
        "scenarios/directory-index.yaml",
        "scenarios/rewrite/wordpress.yaml",
    ] {
        let scenario = scenario(name);
        let Ok((Some(simulator), _)) = simulate::scenario(&scenario) else { continue };
        for (i, spec) in scenario.requests.iter().enumerate().take(4) {
            let ask = Ask::of(spec, i);
            let stem = Path::new(name).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            c.bench_function(&format!("{stem} {}", spec.url), |b| b.iter(|| simulator.ask(black_box(&ask))));
        }
    }
}

criterion_group!(benches, resolve);
criterion_main!(benches);
