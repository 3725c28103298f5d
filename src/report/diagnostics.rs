//! Diagnostics as people read them: the line, what is wrong in it, and what to do.

use super::paint::{Paint, clean};
use super::plural;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceFile, SourceMap, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// Lines longer than this are cut for display.
const LONGEST_LINE: usize = 2000;
/// Sections that are further apart than this are shown in pieces.
const FAR: usize = 400;

/// How wide a source line may be where it is not for a terminal: it is shown whole.
const UNBOUNDED: usize = 1 << 20;

/// One diagnostic after the other, an empty line behind each.
pub fn text(found: &[Diagnostic], sources: &SourceMap, paint: Paint) -> String {
    found.iter().map(|d| shown(&Told::of(d), sources, paint)).collect()
}

/// What is told of some lines.
pub(super) struct Told<'d> {
    pub severity: Severity,
    /// A stable name.
    pub code: &'d str,
    pub message: &'d str,
    /// The line, with what it is.
    pub span: Span,
    pub label: Option<&'d str>,
    /// Others, each with what it is.
    pub related: Vec<(Span, &'d str)>,
    /// Why that is bad.
    pub why: Option<&'d str>,
    /// What to do.
    pub help: Option<&'d str>,
}

impl<'d> Told<'d> {
    fn of(d: &'d Diagnostic) -> Told<'d> {
        Told {
            severity: d.severity,
            code: d.code,
            message: &d.message,
            span: d.span,
            label: d.first.then_some("httpd stops here"),
            related: d.related.iter().map(|(span, label)| (*span, label.as_str())).collect(),
            why: None,
            help: d.help.as_deref(),
        }
    }
}

/// Its lines with what they are, and an empty line behind.
pub(super) fn shown(told: &Told<'_>, sources: &SourceMap, paint: Paint) -> String {
    let renderer = if paint.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(paint.width.map_or(UNBOUNDED, |_| paint.columns()));
    format!("{}\n\n", renderer.render(&[group(told, sources)]))
}

/// `2 errors, 1 warning`; none of what there is none of.
pub(crate) fn summary(found: &[Diagnostic]) -> String {
    let count = |severity: Severity, one: &str| {
        let n: usize = found.iter().filter(|d| d.severity == severity).map(|d| d.count).sum();
        (n > 0).then(|| plural(n, one))
    };
    let parts = [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn group<'d>(d: &Told<'_>, sources: &SourceMap) -> Group<'d> {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(clean(d.message)).id(clean(d.code)));
    if d.span.is_some() {
        let file = sources.file(d.span.file);
        let mut marks = vec![(d.span, AnnotationKind::Primary, d.label.map(clean))];
        let mut elsewhere = Vec::new();
        for (span, label) in d.related.iter().filter(|(span, _)| span.is_some()) {
            let mark = (*span, AnnotationKind::Context, Some(clean(label)));
            let line = |s: Span| file.line_column(s.start).0;
            if span.file == d.span.file && line(*span).abs_diff(line(d.span)) as usize <= FAR {
                marks.push(mark);
            } else {
                elsewhere.push(mark);
            }
        }
        group = group.element(snippet(&file, marks));
        for mark in elsewhere {
            group = group.element(snippet(&sources.file(mark.0.file), vec![mark]));
        }
    }
    if let Some(why) = d.why {
        group = group.element(Level::NOTE.message(clean(why)));
    }
    if let Some(help) = d.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    group
}

/// The lines that the marks are in. Offsets are mapped, for what is shown is not the text byte by byte.
fn snippet<'d>(file: &SourceFile, marks: Vec<(Span, AnnotationKind, Option<String>)>) -> Snippet<'d, Annotation<'d>> {
    let lines = |s: &Span| {
        let first = file.line_column(s.start).0;
        let last = file.line_column(s.end.saturating_sub(1).max(s.start)).0;
        (first, last.max(first).min(first + FAR as u32))
    };
    let first = marks.iter().map(|m| lines(&m.0).0).min().unwrap_or(1);
    let last = marks.iter().map(|m| lines(&m.0).1).max().unwrap_or(1);
    let mut shown = Shown::default();
    for line in first..=last {
        shown.push(file, line);
    }
    let marks: Vec<_> = marks
        .into_iter()
        .map(|(span, kind, label)| {
            let range = shown.range(file, span);
            let annotation = kind.span(range);
            match label {
                Some(label) => annotation.label(label),
                None => annotation,
            }
        })
        .collect();
    Snippet::source(shown.text).line_start(first as usize).path(clean(file.shown())).annotations(marks)
}

/// Lines as they are shown.
#[derive(Default)]
struct Shown {
    text: String,
    /// Line number, where it begins in the text, and where it ends.
    starts: Vec<(u32, usize, usize)>,
}

impl Shown {
    fn push(&mut self, file: &SourceFile, number: u32) {
        let line = file.line(number);
        let start = self.text.len();
        self.text.push_str(&clean(&line[..line.len().min(LONGEST_LINE)]));
        self.starts.push((number, start, self.text.len()));
        self.text.push('\n');
    }

    /// Where `span` is in what is shown: never empty where there is a character to point at.
    fn range(&self, file: &SourceFile, span: Span) -> Range<usize> {
        let range = file.range(span);
        let start = self.at(file, range.start);
        let end = self.at(file, range.end).max(start);
        if end > start {
            return start..end;
        }
        let next = self.text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        start..start + next
    }

    /// Where in what is shown a byte of the file is: at the beginning of a character.
    fn at(&self, file: &SourceFile, offset: usize) -> usize {
        let mut at = self.near(file, offset);
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn near(&self, file: &SourceFile, offset: usize) -> usize {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let (number, column) = file.line_column(offset);
        let Some((_, start, end)) = self.starts.iter().find(|s| s.0 == number) else {
            return self.starts.last().map_or(0, |s| if number < self.starts[0].0 { self.starts[0].1 } else { s.2 });
        };
        let line = file.line(number);
        let before = (column as usize - 1).min(line.len()).min(LONGEST_LINE);
        (start + clean(&line[..before]).len()).min(*end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_with_help_and_a_second_place() {
        let sources = SourceMap::default();
        let text = &b"<VirtualHost *>\nServerNme \xff\x1bx\n</Virtualhst>\n"[..];
        let file = sources.add("config", text);
        let span = |line, start, end| Span { file, line, start, end };
        let mut d = Diagnostic::error("AH00526", "invalid command `ServerNme`", span(2, 16, 25))
            .help("did you mean `ServerName`?")
            .related(span(1, 0, 15), "in this section");
        d.first = true;
        let out = super::text(&[d.clone()], &sources, Paint::default());
        for part in
            ["error[AH00526]: invalid command", "config:2:1", "^^^^^^^^^ httpd stops here", "did you mean", "in this"]
        {
            assert!(out.contains(part), "no `{part}` in\n{out}");
        }
        assert!(!out.contains('\x1b'));
        assert_eq!(summary(&[d.clone(), d]), "2 errors");
    }

    #[test]
    fn no_span_is_out_of_bounds() {
        let sources = SourceMap::default();
        let file = sources.add("x", "");
        for span in [Span::NONE, Span { file, line: 9, start: 5, end: 99 }, Span { file, line: 1, start: 0, end: 0 }] {
            let d = Diagnostic::warning("x", "y", span).related(span, "z");
            assert!(super::text(&[d], &sources, Paint { colour: true, ..Paint::default() }).contains('y'));
        }
    }
}
