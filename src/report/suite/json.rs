//! Results as one JSON value.

use super::{Case, Checked, State, count};
use crate::suite::Location;
use serde_json::{Value, json};

/// The results; `skipped` is how many files were.
pub(crate) fn json(suite: &[Checked], skipped: usize) -> Value {
    let count = count(suite);
    let scenarios: Vec<Value> = suite
        .iter()
        .map(|s| {
            let requests: Vec<Value> = s.cases.iter().map(case).collect();
            let error = s.error.as_ref().map(|error| &error.text);
            json!({"path": s.path, "name": s.name, "error": error, "requests": requests})
        })
        .collect();
    json!({
        "passed": count.passed, "failed": count.failed, "known": count.known, "skipped_requests": count.skipped,
        "broken": count.broken, "skipped": skipped, "scenarios": scenarios,
    })
}

fn case(c: &Case) -> Value {
    let mismatches: Vec<Value> = c
        .mismatches
        .iter()
        .map(|m| json!({"key": m.key, "want": m.want, "got": m.got, "line": m.line, "column": m.column}))
        .collect();
    let why = match &c.state {
        State::Skipped(why) => Some(why),
        _ => None,
    };
    let passed = !matches!(c.state, State::Failed | State::Known);
    let story: Vec<String> = c.story.iter().map(super::Row::plain).collect();
    json!({
        "request": c.title, "asked": c.asked, "line": c.line, "state": c.state.word(), "skip": why, "passed": passed,
        "mismatches": mismatches, "decided_by": c.decided_by, "caveats": c.caveats, "at": c.at.as_ref().map(place),
        "story": story,
    })
}

fn place(at: &Location) -> Value {
    json!({"path": at.path, "line": at.line, "column": at.column})
}
