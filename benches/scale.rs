//! What long lists cost: a request that none of the lines is for, and loading.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use routesim::{Request, Site};
use std::hint::black_box;
use std::time::Duration;

/// A kind of line, and the `i`th of it.
type Kind = (&'static str, fn(usize) -> String);

const KINDS: [Kind; 20] = [
    ("Alias", |i| format!("Alias /a{i} /srv/a{i}")),
    ("AliasMatch", |i| format!("AliasMatch ^/a{i}/(.*)$ /srv/a{i}/$1")),
    ("ScriptAlias", |i| format!("ScriptAlias /a{i} /srv/a{i}")),
    ("Redirect", |i| format!("Redirect /a{i} http://example.com/{i}")),
    ("RedirectMatch", |i| format!("RedirectMatch ^/a{i}/(.*)$ http://example.com/{i}/$1")),
    ("WSGIScriptAlias", |i| format!("WSGIScriptAlias /a{i} /srv/a{i}.wsgi")),
    ("ProxyPass", |i| format!("ProxyPass /a{i} http://127.0.0.1:81/{i}")),
    ("Location", |i| section("Location", &format!("/a{i}"))),
    ("LocationMatch", |i| section("LocationMatch", &format!("^/a{i}/"))),
    ("Directory", |i| section("Directory", &format!("/srv/a{i}"))),
    ("DirectoryMatch", |i| section("DirectoryMatch", &format!("^/srv/a{i}/"))),
    ("Files", |i| section("Files", &format!("a{i}.txt"))),
    ("FilesMatch", |i| section("FilesMatch", &format!(r"^a{i}\.txt$"))),
    ("VirtualHost by name", |i| format!("<VirtualHost *:80>\nServerName h{i}.example\n</VirtualHost>")),
    ("VirtualHost by address", |i| {
        let ip = std::net::Ipv4Addr::from(0x0a00_0000 + i as u32);
        format!("<VirtualHost {ip}:80>\nServerName h{i}.example\n</VirtualHost>")
    }),
    ("ServerAlias with a wildcard", |i| {
        format!("<VirtualHost *:80>\nServerName h{i}.example\nServerAlias *.w{i}.example\n</VirtualHost>")
    }),
    ("RewriteRule", |i| format!("RewriteRule ^/a{i}/(.*)$ /b/$1 [L]")),
    ("RewriteRule after a condition", |i| format!("RewriteCond %{{HTTP_HOST}} ^a\nRewriteRule ^/a{i}/(.*)$ /b/$1 [L]")),
    ("SetEnvIf with a beginning", |i| format!("SetEnvIf Request_URI ^/a{i}/ v{i}=1")),
    ("SetEnvIf with plain text", |i| format!("SetEnvIf Request_URI /a{i}/ v{i}=1")),
];

fn section(name: &str, argument: &str) -> String {
    format!("<{name} {argument}>\nRequire all denied\n</{name}>")
}

fn text(line: fn(usize) -> String, count: usize) -> String {
    let head = "ServerName localhost\nDocumentRoot /srv\nRewriteEngine On\n\
                <Directory />\nRequire all granted\n</Directory>\n";
    let lines: Vec<String> = (0..count).map(line).collect();
    format!("{head}{}\n", lines.join("\n"))
}

fn site(text: &str) -> Site {
    Site::builder(text).file("/srv/x.html", "x").build().expect("there is room")
}

fn request(c: &mut Criterion) {
    for (kind, line) in KINDS {
        let mut group = c.benchmark_group(kind);
        group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500)).sample_size(10);
        for count in [10, 100, 1_000, 10_000] {
            let run = site(&text(line, count)).start().expect("httpd would start");
            let ask = Request::get("/x.html");
            group.bench_function(BenchmarkId::new("request", count), |b| b.iter(|| run.ask(black_box(&ask))));
        }
        group.finish();
    }
}

fn load(c: &mut Criterion) {
    for (kind, line) in KINDS {
        let mut group = c.benchmark_group(kind);
        group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(500)).sample_size(10);
        for count in [1_000, 10_000, 100_000] {
            let text = text(line, count);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::new("load", count), |b| {
                b.iter(|| site(black_box(&text)).start().is_ok());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, request, load);
criterion_main!(benches);
