//! Why an answer is not the expected one, and what would be.

use super::super::explain::fate;
use super::super::paint::Tone;
use super::super::{Explained, causes, directive_text};
use crate::phase::Phase;
use crate::repair::{self, Change};
use crate::run::Run;
use crate::source::{SourceMap, Span};

/// How many near misses are told.
const NEAR: usize = 3;

/// A row of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// How far it is indented.
    pub depth: usize,
    /// How it is painted.
    pub tone: Tone,
    /// What it says.
    pub text: String,
}

impl Row {
    fn new(depth: usize, tone: Tone, text: impl Into<String>) -> Row {
        Row { depth, tone, text: text.into() }
    }

    /// Without colour.
    pub(crate) fn plain(&self) -> String {
        format!("{}{}", "  ".repeat(self.depth), self.text)
    }
}

/// What is expected, and missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Missing<'m> {
    /// The names of headers that are not as expected.
    pub headers: &'m [&'m str],
    /// An environment is expected, and no program is run.
    pub program: bool,
}

/// The reasons for an answer and what is `missing` of it, the change with which it `fits` (it is tried), and what nearly
/// applied. `place` names a line. With it, the line that the change takes out or changes.
pub(crate) fn story(
    explained: &Explained<'_>,
    missing: &Missing<'_>,
    place: &dyn Fn(Span) -> String,
    fits: &dyn Fn(&Run) -> bool,
) -> (Vec<Row>, Option<Span>) {
    let case = &explained.case;
    let line = |span: Span, sources: &SourceMap| format!("{} ({})", directive_text(sources, span), place(span));
    let mut rows = Vec::new();
    for cause in explained.causes() {
        rows.push(Row::new(0, Tone::Plain, format!("because {}", causes::cause(cause, case))));
    }
    for name in missing.headers {
        of_header(explained, name, &line, &mut rows);
    }
    if missing.program {
        let said =
            "no program answers, so that there is no environment (`env` is what a CGI, WSGI or PHP program finds)";
        rows.push(Row::new(0, Tone::Plain, said));
    }
    let found = repair::fitting(case, explained.causes(), explained.near(), fits);
    if let Some(found) = &found {
        let what = match &found.change {
            Change::Remove { line: gone } => format!("without {}", line(*gone, case.sources)),
            _ => format!("to {}", causes::suggestion(found, case).0),
        };
        rows.push(Row::new(0, Tone::Good, format!("as expected (tried): {what}")));
        // lines keep their numbers there
        let known = |span: Span| {
            case.outcome
                .decided_by
                .iter()
                .any(|d| d.span.line == span.line && name(case.sources, d.span) == name(&found.sources, span))
        };
        for decision in found.outcome.decided_by.iter().filter(|d| !known(d.span)) {
            rows.push(Row::new(
                1,
                Tone::Plain,
                format!("{} then decides", line_of(&found.sources, decision.span, place, case.sources)),
            ));
        }
    }
    let told = |span: &Span| case.outcome.decided_by.iter().any(|d| d.span == *span);
    // a line that would say what one that decided says is no news
    let same = |span: &Span| {
        let text = directive_text(case.sources, *span);
        case.outcome.decided_by.iter().any(|d| directive_text(case.sources, d.span) == text)
    };
    let is_news = |span: &Span| !told(span) && !same(span);
    let near = explained.near().iter().filter(|n| n.places.first().is_none_or(is_news));
    for miss in near.take(NEAR) {
        let words = causes::near(miss, case);
        match miss.places.first() {
            Some(span) => {
                rows.push(Row::new(0, Tone::Plain, format!("not applied: {}", line(*span, case.sources))));
                rows.push(Row::new(1, Tone::Dim, words));
            }
            None => rows.push(Row::new(0, Tone::Plain, format!("not applied: {words}"))),
        }
    }
    let culprit = found.and_then(|found| match found.change {
        Change::Remove { line } | Change::Replace { old: line, .. } | Change::Move { line, .. } => Some(line),
        Change::Add { .. } => None,
    });
    (rows, culprit)
}

/// Why a header is not as expected.
fn of_header(explained: &Explained<'_>, name: &str, line: &dyn Fn(Span, &SourceMap) -> String, rows: &mut Vec<Row>) {
    let sources = explained.case.sources;
    let fate = fate(explained, name);
    for (span, what, help) in &fate {
        let by = span.map_or("httpd".into(), |span| line(span, sources));
        rows.push(Row::new(0, Tone::Plain, format!("{name}: {by}: {what}")));
        rows.extend(help.iter().map(|help| Row::new(1, Tone::Good, format!("write `{help}`"))));
    }
    let document = explained.case.outcome.decided_by.iter().find(|d| d.phase == Phase::ErrorDocument);
    let is_page = |span: Span| directive_text(sources, span).split_whitespace().nth(2).is_some_and(is_local);
    if let Some(document) = document.filter(|d| fate.is_empty() && is_page(d.span)) {
        let said = format!(
            "{name}: the page of {} answers: headers are set for its URL, not for the one that was asked",
            line(document.span, sources)
        );
        rows.push(Row::new(0, Tone::Plain, said));
    }
}

/// Whether an ErrorDocument is a page of the server's.
fn is_local(document: &str) -> bool {
    document.trim_start_matches('"').starts_with('/')
}

fn name(sources: &SourceMap, span: Span) -> String {
    sources.file(span.file).name.clone()
}

/// A line of other texts, by the place of the same line in the texts that are there.
fn line_of(other: &SourceMap, span: Span, place: &dyn Fn(Span) -> String, sources: &SourceMap) -> String {
    let text = directive_text(other, span);
    let named = name(other, span);
    let same = sources.files_from(0).iter().position(|file| file.name == named);
    let at = same.map(|file| {
        let file = crate::source::FileId(file as u32);
        let start = sources.file(file).line_start(span.line);
        place(Span { file, line: span.line, start, end: start })
    });
    format!("{text} ({})", at.unwrap_or_else(|| other.place(span)))
}
