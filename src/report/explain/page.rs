//! Layout: headings, directives with their places at the right margin, prose below them.

use crate::report::paint::{Paint, Tone, clean, wrap};
use crate::source::directive_text;
use crate::source::{SourceMap, Span};

/// How far a directive stands from the margin: room for its mark.
const INDENT: usize = 2;

/// What a line of the configuration is to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It decided.
    Decides,
    /// It was in force.
    Plain,
    /// It would have matched, and something else came before it or after it.
    Lost,
    /// It was looked at and did not match.
    Missed,
}

impl Mark {
    fn sign(self) -> char {
        match self {
            Mark::Decides => '*',
            Mark::Plain => ' ',
            Mark::Lost => 'x',
            Mark::Missed => '-',
        }
    }

    /// What the sign means.
    fn legend(self) -> &'static str {
        match self {
            Mark::Decides => "decided the answer",
            Mark::Plain => "",
            Mark::Lost => "overridden, or never reached",
            Mark::Missed => "does not apply",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Mark::Decides => Tone::Key,
            Mark::Plain => Tone::Plain,
            Mark::Lost | Mark::Missed => Tone::Dim,
        }
    }
}

/// A page that is being written.
pub(super) struct Page<'s> {
    /// What is written so far.
    pub text: String,
    /// How it is painted.
    pub paint: Paint,
    sources: &'s SourceMap,
    /// How deep within redirects and subrequests.
    pub depth: usize,
    signs: Vec<Mark>,
}

impl<'s> Page<'s> {
    /// An empty page.
    pub(super) fn new(sources: &'s SourceMap, paint: Paint) -> Page<'s> {
        Page { text: String::new(), paint, sources, depth: 0, signs: Vec::new() }
    }

    /// The configuration's texts.
    pub(super) fn sources(&self) -> &'s SourceMap {
        self.sources
    }

    /// How wide the page is.
    fn width(&self) -> usize {
        self.paint.columns()
    }

    fn margin(&self) -> usize {
        self.depth * INDENT
    }

    fn push(&mut self, indent: usize, tone: Tone, text: &str) {
        self.text.push_str(&" ".repeat(self.margin() + indent));
        self.text.push_str(&self.paint.tone(tone, text));
        self.text.push('\n');
    }

    /// An empty line, unless there is one already or the page is empty.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading: what it is about, what came of it, and httpd's word for it at the right.
    pub(super) fn heading(&mut self, title: &str, outcome: &str, tone: Tone, phase: &str) {
        self.gap();
        let room = self.width().saturating_sub(self.margin() + title.chars().count() + 2 + phase.chars().count() + 2);
        let outcome = self.paint.fit(outcome, room.max(8));
        let used = self.margin() + title.chars().count() + 2 + outcome.chars().count();
        let pad = self.width().saturating_sub(used + phase.chars().count());
        let line = format!(
            "{}{}  {}{}{}",
            " ".repeat(self.margin()),
            self.paint.tone(Tone::Head, title),
            self.paint.tone(tone, &outcome),
            " ".repeat(pad),
            self.paint.tone(Tone::Dim, phase),
        );
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A directive as it is written, its place at the right margin, or below where there is no room.
    pub(super) fn directive(&mut self, mark: Mark, nested: usize, span: Span) {
        let text = clean(directive_text(self.sources, span));
        let place = clean(self.sources.place(span));
        self.source_line(mark, nested, &text, &place);
    }

    /// The same, with what it says to this client before its place.
    pub(super) fn verdict(&mut self, mark: Mark, nested: usize, span: Span, verdict: &str) {
        let text = clean(directive_text(self.sources, span));
        let place = clean(self.sources.place(span));
        self.source_line(mark, nested, &text, format!("{}   {place}", clean(verdict)).trim_start());
    }

    /// A line of the configuration with what stands at its right.
    pub(super) fn source_line(&mut self, mark: Mark, nested: usize, text: &str, right: &str) {
        if mark != Mark::Plain && !self.signs.contains(&mark) {
            self.signs.push(mark);
        }
        let indent = self.margin() + INDENT + nested * INDENT;
        let sign = format!("{}{} ", " ".repeat(self.margin()), mark.sign());
        let room = self.width().saturating_sub(indent);
        let place = right.chars().count();
        let text_width = text.chars().count();
        let inner = " ".repeat(nested * INDENT);
        let sign = self.paint.tone(mark.tone(), &sign);
        if text_width + 2 + place <= room || right.is_empty() {
            let text = self.paint.fit(text, room);
            let pad = if right.is_empty() { 0 } else { room - text.chars().count() - place };
            let text = self.paint.tone(mark.tone(), &text);
            let right = self.paint.tone(Tone::Dim, right);
            let line = format!("{sign}{inner}{text}{}{right}", " ".repeat(pad));
            self.text.push_str(line.trim_end());
            self.text.push('\n');
            return;
        }
        let text = self.paint.tone(mark.tone(), &self.paint.fit(text, room));
        self.text.push_str(&format!("{sign}{inner}{text}\n"));
        let right = self.paint.fit(right, self.width() - self.margin());
        let pad = self.width().saturating_sub(right.chars().count());
        let right = self.paint.tone(Tone::Dim, &right);
        self.text.push_str(&format!("{}{right}\n", " ".repeat(pad)));
    }

    /// What a directive came to: an arrow and a text that is never broken.
    pub(super) fn arrow(&mut self, nested: usize, text: &str) {
        let indent = INDENT * 2 + nested * INDENT;
        let first = format!("-> {}", clean(text));
        self.push(indent, Tone::Plain, &first);
    }

    /// Prose below a directive.
    pub(super) fn prose(&mut self, nested: usize, tone: Tone, text: &str) {
        let indent = INDENT * 2 + nested * INDENT;
        for line in wrap(&clean(text), self.width().saturating_sub(self.margin() + indent).max(20)) {
            self.push(indent, tone, &line);
        }
    }

    /// What the signs mean that were used.
    pub(super) fn legend(&mut self) {
        let signs = [Mark::Decides, Mark::Lost, Mark::Missed].into_iter().filter(|m| self.signs.contains(m));
        let legend: Vec<String> = signs.map(|m| format!("{} {}", m.sign(), m.legend())).collect();
        if !legend.is_empty() {
            self.gap();
            self.push(0, Tone::Dim, &legend.join("   "));
        }
    }

    /// Prose of a chapter's own.
    pub(super) fn note(&mut self, tone: Tone, text: &str) {
        for line in wrap(&clean(text), self.width().saturating_sub(self.margin() + INDENT).max(20)) {
            self.push(INDENT, tone, &line);
        }
    }
}
