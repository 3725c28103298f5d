//! Results as TAP version 14: a test point for each request.

use super::{Checked, State};
use serde_json::{Value, json};
use std::fmt::Write;

/// The stream.
pub(crate) fn tap(suite: &[Checked]) -> String {
    let points = suite.iter().map(|s| s.cases.len() + usize::from(s.error.is_some())).sum::<usize>();
    let mut out = format!("TAP version 14\n1..{points}\n");
    let mut number = 0;
    for s in suite {
        for case in &s.cases {
            number += 1;
            let (word, more) = match &case.state {
                State::Failed => ("not ok", String::new()),
                State::Known => ("not ok", " # TODO known to differ".into()),
                State::Skipped(why) => ("ok", format!(" # SKIP {}", one_line(why))),
                State::Passed => ("ok", String::new()),
            };
            let _ = writeln!(out, "{word} {number} - {}{more}", escaped(&format!("{}: {}", s.path, case.title)));
            if matches!(case.state, State::Failed | State::Known) {
                let at = json!({"file": s.path, "line": case.line});
                diagnostics(
                    &mut out,
                    &[("message", json!(case.message())), ("at", at), ("story", json!(case.lines()))],
                );
            }
        }
        if let Some(error) = &s.error {
            number += 1;
            let _ = writeln!(out, "not ok {number} - {}", escaped(&s.path));
            diagnostics(&mut out, &[("message", json!(error.message))]);
        }
    }
    out
}

/// A block of YAML, whose values are JSON.
fn diagnostics(out: &mut String, pairs: &[(&str, Value)]) {
    out.push_str("  ---\n");
    for (key, value) in pairs {
        let _ = writeln!(out, "  {key}: {value}");
    }
    out.push_str("  ...\n");
}

fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
