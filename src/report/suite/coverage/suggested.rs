//! Requests for lines that none of a suite's tests.

use crate::report::paint::clean;
use crate::suite::edits::flow;
use crate::text::plural;
use serde_json::{Value, json};
use std::fmt::Write;

/// A line that no request reaches or matches, and a request that would.
#[derive(Clone, Debug)]
pub(crate) struct Suggested {
    /// The file, as [`crate::suite::Location`] has it.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// The whole line.
    pub text: String,
    /// As a scenario writes it, with today's answer; none where nothing was found.
    pub request: Option<Value>,
}

/// As programs read it.
pub(crate) fn suggestions(all: &[Suggested]) -> Value {
    let one = |s: &Suggested| json!({"file": s.file, "line": s.line, "directive": s.text, "request": s.request});
    all.iter().map(one).collect()
}

/// To paste into a suite.
pub(crate) fn suggested(all: &[Suggested]) -> String {
    let found = all.iter().filter(|s| s.request.is_some()).count();
    if all.is_empty() {
        return "every line is reached and matched: there is nothing to suggest\n".into();
    }
    let lines = plural(all.len(), "line");
    let mut out = format!("# for {found} of {lines} that no request reaches or matches\nrequests:\n");
    for suggestion in all {
        let Suggested { file, line, text, request } = suggestion;
        _ = writeln!(out, "  # {}", clean(format!("{file}:{line}  {text}")));
        match request {
            Some(request) => _ = writeln!(out, "  - {}", flow(request)),
            None => out.push_str("  # no request was found\n"),
        }
    }
    out
}
