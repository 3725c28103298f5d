//! What many lines of each directive cost, in each place where it may stand: reading them and one request.
//!
//! `cargo bench --bench load -- [LINES [NAME]]`: 100,000 lines, of every directive. What takes a second or
//! 512 MB is told at once, and the slowest at the end.

#[path = "../tests/lines/mod.rs"]
#[allow(dead_code, reason = "a test uses the rest")]
mod lines;

use lines::{EVERYWHERE, Kind, kinds};

/// What one kind of line took.
struct Took {
    kind: Kind,
    /// Processor time, in seconds.
    seconds: f64,
    /// The most memory at a time, in bytes.
    bytes: u64,
}

impl Took {
    fn is_much(&self) -> bool {
        self.seconds >= 1.0 || self.bytes >= 512 << 20
    }

    fn told(&self) -> String {
        let line = self.kind.line.replace('\n', "; ");
        format!("{:6.2} s {:5} MB  {:?}: {line}", self.seconds, self.bytes >> 20, self.kind.place)
    }
}

/// Processor time of this process so far, in seconds: the system counts it in hundredths.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |s| s.1).split(' ');
    fields.skip(11).take(1).filter_map(|f| f.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn measure(kind: Kind, count: usize) -> Took {
    let lines = kind.lines(count);
    let before = processor_time();
    let mut result = Ok(0);
    let counted = allocation_counter::measure(|| result = lines.run());
    let took = Took { seconds: processor_time() - before, bytes: counted.bytes_max, kind };
    if let Err(why) = result {
        println!("refused: {}: {why}", took.told());
    }
    if took.is_much() {
        println!("{}", took.told());
    }
    took
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| !w.starts_with("--")).collect();
    let count = words.first().and_then(|w| w.parse().ok()).unwrap_or(100_000);
    let name = |row: &str| row.trim_matches(['<', '>']).to_ascii_lowercase();
    let kinds = kinds(&EVERYWHERE, |row| words.get(1).is_none_or(|w| name(w) == name(row.name())));
    let mut all: Vec<Took> = kinds.into_iter().map(|kind| measure(kind, count)).collect();
    all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let much = all.iter().filter(|t| t.is_much()).count();
    println!("\n{} kinds of line, {count} lines each: {much} take a second or 512 MB; the slowest:", all.len());
    all.iter().take(40).for_each(|took| println!("{}", took.told()));
}
