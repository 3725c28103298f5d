//! What is noted of a request that was asked.

use crate::outcome::observer::{Line, Observer, Origin, PatternKind, Tried};
use crate::outcome::step::Judgement;
use crate::outcome::{Decision, Outcome};
use crate::source::{FileId, Span};
use bstr::BString;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Something that may be seen of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Its pattern was tried, and matched or not.
    Tried(bool),
    /// It was reached, and applied or not.
    Went(bool),
    /// It decided.
    Decided,
}

impl Mark {
    fn bit(self) -> u8 {
        match self {
            Mark::Tried(false) => 1,
            Mark::Tried(true) => 2,
            Mark::Went(false) => 4,
            Mark::Went(true) => 8,
            Mark::Decided => 16,
        }
    }
}

/// What was seen of each line.
#[derive(Default)]
pub(crate) struct Seen {
    /// By file, and by where the line begins in it.
    files: Vec<Vec<u8>>,
    /// The lines, in the order in which they were seen first.
    lines: Vec<Span>,
    /// The files that they are in, in that order.
    met: Vec<FileId>,
}

impl Seen {
    /// Whether this was seen of a line.
    pub(crate) fn has(&self, line: Span, mark: Mark) -> bool {
        let marks = self.files.get(line.file.0 as usize).and_then(|file| file.get(line.start as usize));
        marks.is_some_and(|marks| marks & mark.bit() > 0)
    }

    /// The lines of which anything was seen.
    pub(crate) fn lines(&self) -> &[Span] {
        &self.lines
    }

    /// The files of which anything was seen, in the order in which that was: what another thread reads meanwhile is not among
    /// them.
    pub(crate) fn files(&self) -> &[FileId] {
        &self.met
    }

    /// Notes what a glance saw. Whether any of it is new.
    pub(crate) fn take_in(&mut self, glimpsed: &[(Span, Mark)]) -> bool {
        glimpsed.iter().fold(false, |news, (line, mark)| self.add(*line, *mark) || news)
    }

    /// Notes it. Whether it is new.
    fn add(&mut self, line: Span, mark: Mark) -> bool {
        let (file, start) = (line.file.0 as usize, line.start as usize);
        if self.files.len() <= file {
            self.files.resize_with(file + 1, Vec::new);
        }
        let marks = &mut self.files[file];
        if marks.is_empty() {
            self.met.push(line.file);
        }
        if marks.len() <= start {
            marks.resize(start + 1, 0);
        }
        let new = marks[start] & mark.bit() == 0;
        if marks[start] == 0 {
            self.lines.push(line);
        }
        marks[start] |= mark.bit();
        new
    }
}

/// Looks for what was not seen before.
pub(crate) struct Glance<'s> {
    seen: &'s Seen,
    /// A line that is waited for.
    line: Option<Span>,
    /// What is new, in the order in which it came.
    pub new: Vec<(Span, Mark)>,
    /// Whether the line that is waited for came to its turn.
    pub hit: bool,
}

impl<'s> Glance<'s> {
    /// Of what is not `seen`; `line` is waited for.
    pub(crate) fn new(seen: &'s Seen, line: Option<Span>) -> Glance<'s> {
        Glance { seen, line, new: Vec::new(), hit: false }
    }

    fn mark(&mut self, line: Span, mark: Mark) {
        if line.is_some() && !self.seen.has(line, mark) {
            self.new.push((line, mark));
        }
        self.hit |= Some(line) == self.line && matches!(mark, Mark::Tried(true) | Mark::Decided);
    }
}

impl Observer for Glance<'_> {
    fn line(&mut self, line: Line) {
        let went = match line.judgement {
            Judgement::Matched | Judgement::Ended(_) => true,
            Judgement::Missed => false,
            _ => return,
        };
        self.mark(line.at, Mark::Went(went));
    }

    fn pattern(&mut self, tried: &Tried<'_>) {
        self.mark(tried.line, Mark::Tried(tried.matched));
    }

    fn decided(&mut self, decision: &Decision) {
        self.mark(decision.span, Mark::Decided);
    }
}

/// The lines that matched.
#[derive(Default)]
pub(crate) struct Matched(pub Vec<Span>);

impl Observer for Matched {
    fn line(&mut self, line: Line) {
        if matches!(line.judgement, Judgement::Matched | Judgement::Ended(_)) {
            self.0.push(line.at);
        }
    }

    fn pattern(&mut self, tried: &Tried<'_>) {
        if tried.matched {
            self.0.push(tried.line);
        }
    }
}

/// A pattern that was tried.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub line: Span,
    pub kind: PatternKind,
    pub pattern: BString,
    pub subject: BString,
    pub origin: Origin,
    pub name: BString,
    pub matched: bool,
}

/// All patterns that a request was held against.
#[derive(Default)]
pub(crate) struct Notes(pub Vec<Note>);

/// How many of a request are kept.
const MOST: usize = 3_000;

impl Observer for Notes {
    fn pattern(&mut self, tried: &Tried<'_>) {
        let Tried { line, kind, origin, matched, .. } = *tried;
        if self.0.len() < MOST {
            let [pattern, subject, name] = [tried.pattern, tried.subject, tried.name].map(BString::from);
            self.0.push(Note { line, kind, pattern, subject, origin, name, matched });
        }
    }
}

/// What two answers of the same kind have in common.
pub(crate) fn kind_of(outcome: &Outcome) -> u64 {
    let mut hasher = DefaultHasher::new();
    outcome.status.hash(&mut hasher);
    outcome.handler.as_deref().hash(&mut hasher);
    outcome.access.as_str().hash(&mut hasher);
    outcome.vhost.hash(&mut hasher);
    outcome.log.hash(&mut hasher);
    outcome.location.is_some().hash(&mut hasher);
    outcome.path_info.is_empty().hash(&mut hasher);
    for decision in &outcome.decided_by {
        decision.span.hash(&mut hasher);
    }
    hasher.finish()
}
