//! Annotations for GitHub Actions.

use super::plural;
use crate::suite::Location;
use std::fmt::Write;

/// As many annotations of a kind are shown for a step.
const MOST: usize = 10;

/// An annotation: `error`, `warning` or `notice`.
pub(super) fn annotation(level: &str, title: &str, at: &Location, said: &str) -> String {
    let mut line = format!("::{level} title={},file={}", property(title), property(&at.path));
    for (name, number) in [("line", at.line), ("col", at.column)] {
        if number > 0 {
            let _ = write!(line, ",{name}={number}");
        }
    }
    format!("{line}::{}", data(said))
}

/// Annotations of one kind, the first first; of more than are shown, how many there are.
pub(super) fn shown(mut lines: Vec<String>, what: &str) -> String {
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        let are = if more == 1 { "is" } else { "are" };
        let more = plural(more, &format!("more {what}"));
        lines.push(format!("::notice::{more} {are} not shown here: see the log, or the report"));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A text as a cell of a table in Markdown.
pub(super) fn cell(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
