//! Coverage as lcov's tracefile (geninfo(1)): a record a file, what is tried with two branches: it matched, it did not.

use super::{Coverage, Line, reached};
use std::fmt::Write;

/// The tracefile.
pub(crate) fn lcov(coverage: &Coverage) -> String {
    coverage.files().map(record).collect()
}

fn record(lines: &[Line]) -> String {
    let mut out = format!("TN:\nSF:{}\n", lines.first().map_or("", |line| &line.file));
    let (mut found, mut hit) = (0, 0);
    for Line { line, hits, tried, .. } in lines {
        let _ = writeln!(out, "DA:{line},{}", hits.reached);
        if !tried {
            continue;
        }
        for (branch, taken) in [hits.matched, hits.missed].into_iter().enumerate() {
            let _ = match hits.reached {
                0 => writeln!(out, "BRDA:{line},0,{branch},-"),
                _ => writeln!(out, "BRDA:{line},0,{branch},{taken}"),
            };
            found += 1;
            hit += usize::from(taken > 0);
        }
    }
    let share = reached(lines);
    let _ = write!(out, "BRF:{found}\nBRH:{hit}\nLF:{}\nLH:{}\nend_of_record\n", share.whole, share.part);
    out
}
