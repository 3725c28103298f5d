//! What 100,000 lines of each directive cost, in each place where it may stand: reading them and one request.
//!
//! `cargo bench --bench load --profile quick -- [LINES [NAME]]`

#[path = "../tests/lines/mod.rs"]
mod lines;

use lines::{Kind, kinds};

/// What one kind of line took.
struct Took {
    kind: Kind,
    /// Processor time, in seconds.
    seconds: f64,
    /// The most memory at a time, in bytes.
    bytes: u64,
}

/// Processor time of this process so far, in seconds: the system counts it in hundredths.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |s| s.1).split(' ');
    fields.skip(11).take(1).filter_map(|f| f.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn measure(kind: Kind, count: usize) -> Took {
    let site = kind.site(count);
    let before = processor_time();
    let mut result = Ok(0);
    let counted = allocation_counter::measure(|| result = site.run());
    let took = Took { seconds: processor_time() - before, bytes: counted.bytes_max, kind };
    if let Err(why) = result {
        eprintln!("refused: {} in {:?}: {why}", took.kind.name, took.kind.place);
    }
    took
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| !w.starts_with("--")).collect();
    let count = words.first().and_then(|w| w.parse().ok()).unwrap_or(100_000);
    let wanted = |k: &Kind| words.get(1).is_none_or(|name| k.name.trim_matches(['<', '>']).eq_ignore_ascii_case(name));
    let mut all: Vec<Took> = Vec::new();
    for kind in kinds().into_iter().filter(wanted) {
        if std::env::var("TELL").is_ok() {
            eprintln!("{} {:?} {}", kind.name, kind.place, kind.line);
        }
        all.push(measure(kind, count));
        if let Some(t) = all.last().filter(|t| t.seconds > 0.7 || t.bytes > 500 << 20) {
            eprintln!("SLOW {} {} {:?} {}", t.seconds, t.bytes >> 20, t.kind.place, t.kind.line.replace('\n', " ; "));
        }
    }
    all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let least = all
        .get(40)
        .map_or(0.0, |t| t.seconds.min(1.0))
        .min(std::env::var("LEAST").ok().and_then(|l| l.parse().ok()).unwrap_or(1.0));
    let slow = all.iter().filter(|t| t.seconds >= 1.0).count();
    println!("{} kinds of line, {count} lines each; {slow} take a second or more", all.len());
    for took in all.iter().filter(|t| t.seconds >= least) {
        let Took { kind, seconds, bytes } = took;
        let line = kind.line.replace('\n', " ; ");
        println!("{seconds:6.2} s {:5} MB  {:?}: {line}", bytes >> 20, kind.place);
    }
}
