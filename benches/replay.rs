//! `routesim replay`, the whole process: lines of a log in, outcomes out.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;
use std::process::{Command, Stdio};

/// Lines of the log, and how many of them are different.
const LINES: usize = 100_000;
const DISTINCT: usize = 5_000;

fn replay(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (log, out) = (folder.join("replay-urls"), folder.join("replay-out"));
    let line = |i: usize| match i % DISTINCT {
        n if n % 4 == 0 => format!("/app/models/db.py?{n}\n"),
        n if n % 4 == 1 => format!("/app/static/base.css?v={n}\n"),
        n if n % 4 == 2 => format!("/app/default/page{n}\n"),
        n => format!("/admin/models/access.py?{n}\n"),
    };
    std::fs::write(&log, (0..LINES).map(line).collect::<String>()).expect("the folder for such files is there");
    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(LINES as u64)).sample_size(10);
    for (title, options) in [
        ("whole", &[][..]),
        ("three keys", &["--fields", "status,handler,file"]),
        ("whole, each anew", &["--no-cache"]),
        ("three keys, each anew", &["--no-cache", "--fields", "status,handler,file"]),
    ] {
        group.bench_function(title, |b| {
            b.iter(|| {
                let to = std::fs::File::create(&out).expect("it can be written");
                let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
                command.args(["replay", "-s", "web2py", "--format", "ndjson", "--urls"]).arg(&log).args(options);
                let ended = command.stdout(to).stderr(Stdio::null()).status().expect("it starts");
                assert!(ended.success());
            });
        });
    }
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
