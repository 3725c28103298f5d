//! Results for GitHub Actions: annotations on the lines that decided, and a table for the job's summary.

use super::super::annotations::{annotation, cell, shown};
use super::{Case, Checked, State, count, worst};
use crate::suite::Location;
use std::fmt::Write;

/// Annotations, the worst first; of more than are shown, how many there are.
pub(crate) fn annotations(suite: &[Checked]) -> String {
    let mut lines = Vec::new();
    for s in suite {
        if let Some(error) = &s.error {
            let at = error.at.clone().unwrap_or_else(|| Location { path: s.path.clone(), line: 0, column: 0 });
            lines.push(annotation("error", &format!("{} can't be run", s.path), &at, &error.message));
        }
    }
    for (s, case) in worst(suite) {
        let own = Location { path: s.path.clone(), line: case.line, column: 0 };
        let place = format!("{}:{}", s.path, case.line);
        let said = format!("{}\n{}", place, case.lines().join("\n"));
        lines.push(annotation("error", &case.title, case.at.as_ref().unwrap_or(&own), &said));
    }
    shown(lines, "failure")
}

/// A table in Markdown: the numbers, then what failed.
pub(crate) fn table(suite: &[Checked]) -> String {
    let c = count(suite);
    let mut out =
        String::from("### routesim\n\n| passed | failed | known | skipped | broken |\n|---|---|---|---|---|\n");
    let _ = writeln!(out, "| {} | {} | {} | {} | {} |", c.passed, c.failed, c.known, c.skipped, c.broken);
    let failed = worst(suite);
    if c.broken + failed.len() > 0 {
        out.push_str("\n| where | request | what |\n|---|---|---|\n");
    }
    for s in suite {
        if let Some(error) = &s.error {
            let _ = writeln!(out, "| {} | | {} |", cell(&s.path), cell(&error.message));
        }
    }
    for (s, case) in &failed {
        let place = format!("{}:{}", s.path, case.line);
        let _ = writeln!(out, "| {} | {} | {} |", cell(&place), cell(&case.title), cell(&said(case)));
    }
    out.push('\n');
    out
}

fn said(case: &Case) -> String {
    let decided = match case.decided_by.first() {
        Some(line) if case.state == State::Failed => format!("; decided by {line}"),
        _ => String::new(),
    };
    format!("{}{decided}", case.message())
}
