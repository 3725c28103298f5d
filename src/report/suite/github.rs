//! Results for GitHub Actions: annotations on the lines that decided, and a table for the job's summary.

use super::super::plural;
use super::{Case, Checked, State, count, worst};
use crate::suite::Location;
use std::fmt::Write;

/// As many annotations of a kind are shown for a step.
const MOST: usize = 10;

/// Annotations, the worst first; of more than are shown, how many there are.
pub(crate) fn annotations(suite: &[Checked]) -> String {
    let mut lines = Vec::new();
    for s in suite {
        if let Some(error) = &s.error {
            let at = error.at.clone().unwrap_or_else(|| Location { path: s.path.clone(), line: 0, column: 0 });
            lines.push(annotation(&format!("{} can't be run", s.path), &at, &error.message));
        }
    }
    for (s, case) in worst(suite) {
        let own = Location { path: s.path.clone(), line: case.line, column: 0 };
        let place = format!("{}:{}", s.path, case.line);
        let said = format!("{}\n{}", place, case.lines().join("\n"));
        lines.push(annotation(&case.title, case.at.as_ref().unwrap_or(&own), &said));
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("::notice::{} not shown here: see the log, or the report", failures(more)));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn failures(more: usize) -> String {
    format!("{} {}", plural(more, "more failure"), if more == 1 { "is" } else { "are" })
}

fn annotation(title: &str, at: &Location, said: &str) -> String {
    let mut line = format!("::error title={},file={}", property(title), property(&at.path));
    for (name, number) in [("line", at.line), ("col", at.column)] {
        if number > 0 {
            let _ = write!(line, ",{name}={number}");
        }
    }
    format!("{line}::{}", data(said))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
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

fn cell(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
