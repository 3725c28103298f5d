//! What is noted for an observer while a request runs. Notes are handed over when it has ended; their room is used again
//! for the next request.

use crate::limits;
use crate::outcome::observer::{Line, Observer, Origin, PatternKind, Tried};
use crate::source::Span;
use bstr::BStr;
use std::cell::RefCell;
use std::ops::Range;

/// The notes of a request.
#[derive(Default)]
pub(super) struct Observed(RefCell<Notes>);

#[derive(Default)]
struct Notes {
    notes: Vec<Note>,
    patterns: Vec<Pattern>,
    /// The texts that they speak of, one behind the other.
    texts: Vec<u8>,
    cut: bool,
}

enum Note {
    Line(Line),
    /// A pattern, by its number.
    Pattern(u32),
    /// A pattern without its texts.
    Verdict {
        line: Span,
        kind: PatternKind,
        origin: Origin,
        matched: bool,
    },
}

impl Note {
    /// Whether it is a pattern of a line, without texts.
    fn is_of(&self, at: Span) -> bool {
        matches!(self, Note::Verdict { line, .. } if *line == at)
    }
}

/// As [`Tried`], with its texts noted elsewhere.
struct Pattern {
    line: Span,
    kind: PatternKind,
    pattern: Range<usize>,
    subject: Range<usize>,
    origin: Origin,
    name: Range<usize>,
    matched: bool,
}

impl Observed {
    /// Forgets what was noted.
    pub(super) fn begin(&self) {
        let mut notes = self.0.borrow_mut();
        notes.notes.clear();
        notes.patterns.clear();
        notes.texts.clear();
        notes.cut = false;
    }

    /// Notes a line.
    pub(super) fn line(&self, line: Line) {
        let mut notes = self.0.borrow_mut();
        if !notes.has_room() {
            return;
        }
        // without its texts, a pattern says no more than its line
        match notes.notes.last_mut() {
            Some(last @ Note::Verdict { .. }) if last.is_of(line.at) => *last = Note::Line(line),
            _ => notes.notes.push(Note::Line(line)),
        }
    }

    /// Notes a pattern that was tried.
    pub(super) fn pattern(&self, tried: &Tried<'_>) {
        let mut notes = self.0.borrow_mut();
        if !notes.has_room() {
            return;
        }
        let Tried { line, kind, origin, matched, .. } = *tried;
        let [pattern, subject, name] = [tried.pattern, tried.subject, tried.name].map(|text| notes.text(text));
        // there is room for far fewer
        let number = notes.patterns.len() as u32;
        notes.patterns.push(Pattern { line, kind, pattern, subject, origin, name, matched });
        notes.notes.push(Note::Pattern(number));
    }

    /// Notes how a pattern went, without its texts.
    pub(super) fn verdict(&self, line: Span, kind: PatternKind, origin: Origin, matched: bool) {
        let mut notes = self.0.borrow_mut();
        if notes.has_room() {
            notes.notes.push(Note::Verdict { line, kind, origin, matched });
        }
    }

    /// Hands over what was noted.
    pub(super) fn hand_over(&self, observer: &mut dyn Observer) {
        let notes = self.0.borrow();
        for note in &notes.notes {
            match note {
                Note::Line(line) => observer.line(*line),
                Note::Pattern(number) => {
                    let pattern = notes.patterns.get(*number as usize);
                    pattern.iter().for_each(|p| observer.pattern(&notes.tried(p)));
                }
                Note::Verdict { line, kind, origin, matched } => {
                    let [pattern, subject, name] = [BStr::new(""); 3];
                    let (line, kind, origin, matched) = (*line, *kind, *origin, *matched);
                    observer.pattern(&Tried { line, kind, pattern, subject, origin, name, matched });
                }
            }
        }
        if notes.cut {
            observer.cut();
        }
    }
}

impl Notes {
    fn has_room(&mut self) -> bool {
        let room = self.notes.len() < limits::TRACE && self.texts.len() < limits::TRACE * limits::TRACE_TEXT;
        self.cut |= !room;
        room
    }

    fn text(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        start..self.texts.len()
    }

    fn at(&self, text: &Range<usize>) -> &BStr {
        BStr::new(self.texts.get(text.clone()).unwrap_or_default())
    }

    fn tried(&self, p: &Pattern) -> Tried<'_> {
        Tried {
            line: p.line,
            kind: p.kind,
            pattern: self.at(&p.pattern),
            subject: self.at(&p.subject),
            origin: p.origin,
            name: self.at(&p.name),
            matched: p.matched,
        }
    }
}
