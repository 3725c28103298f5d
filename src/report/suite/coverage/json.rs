//! Coverage as one JSON value.

use super::{Coverage, Line};
use serde_json::{Value, json};

/// `{"lines": [{file, line, directive, reached, matched, missed, decided}], "reached": percent, "matched": percent,
/// "decided": percent, "unwatched": requests}`; those of a line are numbers of requests.
pub(crate) fn json(coverage: &Coverage) -> Value {
    let lines: Vec<Value> = coverage.lines.iter().map(line).collect();
    let [reached, matched, decided] =
        [coverage.reached(), coverage.matched(), coverage.decided()].map(|share| share.short());
    json!({
        "lines": lines, "reached": reached, "matched": matched, "decided": decided, "unwatched": coverage.unwatched,
    })
}

fn line(line: &Line) -> Value {
    let hits = line.hits;
    json!({
        "file": line.file, "line": line.line, "directive": line.directive,
        "reached": hits.reached, "matched": hits.matched, "missed": hits.missed, "decided": hits.decided,
    })
}
