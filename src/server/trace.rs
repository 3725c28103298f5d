//! The steps that are told while somebody watches, each within the one in which it happened.
//!
//! A trace is as long as `limits.rs` says. Beyond that nothing is told any more but the ends of what had begun, and requests
//! run as unwatched ones do.

use super::observed::Observed;
use crate::limits;
use crate::outcome::observer::{Line, Observer, Tried};
use crate::outcome::step::{Detail, Judgement, Step};
use crate::phase::Phase;
use crate::source::Span;
use std::cell::{Cell, RefCell};

/// Who watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Watching {
    #[default]
    Nobody,
    /// Somebody who wants no steps, but what was tried.
    Observer,
    /// The same, without the texts.
    Lines,
    /// Somebody who wants steps.
    Somebody,
    /// Somebody does, but there is no room for more.
    Full,
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Trace {
    watching: Cell<Watching>,
    left: Cell<usize>,
    levels: RefCell<Vec<Vec<Step>>>,
    /// Levels that were opened when there was no room, and have none of their own.
    unopened: Cell<usize>,
    observed: Observed,
}

impl Trace {
    /// Whether somebody is to be told of what was tried.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        matches!(self.watching.get(), Watching::Observer | Watching::Lines | Watching::Somebody)
    }

    /// Whether steps are kept, with all that belongs to them.
    #[inline]
    pub(crate) fn is_kept(&self) -> bool {
        self.watching.get() == Watching::Somebody
    }

    /// Begins to note for an observer, with the texts of patterns or without.
    pub(crate) fn observe(&self, texts: bool) {
        self.observed.begin();
        self.watching.set(if texts { Watching::Observer } else { Watching::Lines });
    }

    /// Ends it, and tells the observer.
    pub(crate) fn observed(&self, observer: &mut dyn Observer) {
        self.watching.set(Watching::Nobody);
        self.observed.hand_over(observer);
    }

    /// Notes a pattern that was tried, where there is an observer.
    #[inline]
    pub(crate) fn pattern<'t>(&self, tried: impl FnOnce() -> Tried<'t>) {
        if self.is_observed() {
            self.note_pattern(tried);
        }
    }

    /// The same of a line that is told next: without its texts, a pattern says no more than its line.
    #[inline]
    pub(crate) fn pattern_of_told<'t>(&self, tried: impl FnOnce() -> Tried<'t>) {
        if self.watching.get() == Watching::Observer {
            self.note_pattern(tried);
        }
    }

    /// Whether there is an observer.
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        matches!(self.watching.get(), Watching::Observer | Watching::Lines)
    }

    #[cold]
    #[inline(never)]
    fn note_pattern<'t>(&self, tried: impl FnOnce() -> Tried<'t>) {
        match self.watching.get() {
            Watching::Lines => {
                let Tried { line, kind, origin, matched, .. } = tried();
                self.observed.verdict(line, kind, origin, matched);
            }
            _ => self.observed.pattern(&tried()),
        }
    }

    /// Begins anew.
    pub(crate) fn begin(&self) {
        *self.levels.borrow_mut() = vec![Vec::new()];
        self.left.set(limits::TRACE);
        self.unopened.set(0);
        self.watching.set(Watching::Somebody);
    }

    /// Ends it: the steps told.
    pub(crate) fn end(&self) -> Vec<Step> {
        let full = self.watching.replace(Watching::Nobody) == Watching::Full;
        let mut levels = self.levels.take();
        while levels.len() > 1 {
            let children = levels.pop().unwrap_or_default();
            if let Some(level) = levels.last_mut() {
                match level.last_mut() {
                    Some(step) => step.children.extend(children),
                    None => level.extend(children),
                }
            }
        }
        let mut steps = levels.pop().unwrap_or_default();
        if full {
            steps.push(Step::default().with(Detail::Cut));
        }
        steps
    }

    /// No more is told.
    pub(crate) fn fill(&self) {
        if self.is_kept() {
            self.watching.set(Watching::Full);
        }
    }

    /// Tells a step.
    pub(crate) fn tell(&self, step: Step) {
        match self.watching.get() {
            Watching::Somebody => self.put(step),
            Watching::Observer | Watching::Lines => self.reach(step.rule, step.phase, step.judgement),
            Watching::Nobody | Watching::Full => {}
        }
    }

    /// Notes a line that was reached, where there is an observer.
    pub(crate) fn reach(&self, line: Option<Span>, phase: Phase, judgement: Judgement) {
        if let (true, Some(at)) = (self.is_observed(), line) {
            self.observed.line(Line { at, phase, judgement });
        }
    }

    /// Adds a step to the level at work.
    fn put(&self, mut step: Step) {
        let most = self.left.get().max(1) * limits::TRACE_TEXT;
        let units = 1 + step.shorten(most) / limits::TRACE_TEXT;
        self.left.set(self.left.get().saturating_sub(units));
        if self.left.get() == 0 {
            self.watching.set(Watching::Full);
        }
        self.add(step);
    }

    fn add(&self, step: Step) {
        if let Some(level) = self.levels.borrow_mut().last_mut() {
            level.push(step);
        }
    }

    /// Does something of which nothing is told.
    pub(crate) fn quietly<T>(&self, run: impl FnOnce() -> T) -> T {
        let watching = self.watching.replace(Watching::Nobody);
        let result = run();
        self.watching.set(watching);
        result
    }

    /// Opens a level.
    #[inline]
    pub(crate) fn open(&self) {
        if matches!(self.watching.get(), Watching::Somebody | Watching::Full) {
            self.open_level();
        }
    }

    #[cold]
    fn open_level(&self) {
        match self.watching.get() {
            Watching::Full => self.unopened.set(self.unopened.get() + 1),
            _ => self.levels.borrow_mut().push(Vec::new()),
        }
    }

    /// Closes a level with the step that it is within; `None` leaves the children in its place.
    #[inline]
    pub(crate) fn close(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
        if self.watching.get() != Watching::Nobody {
            self.close_level(step);
        }
    }

    #[cold]
    fn close_level(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
        if self.is_observed() {
            return step(&[]).iter().for_each(|step| self.reach(step.rule, step.phase, step.judgement));
        }
        if self.unopened.get() > 0 {
            return self.unopened.set(self.unopened.get() - 1);
        }
        let mut levels = self.levels.borrow_mut();
        let Some(children) = (if levels.len() > 1 { levels.pop() } else { None }) else { return };
        drop(levels);
        match step(&children) {
            Some(mut s) => {
                s.children = children;
                self.put(s);
            }
            None => children.into_iter().for_each(|c| self.add(c)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> Step {
        Step::default().with(Detail::Server(text.into()))
    }

    #[test]
    fn steps_within_steps() {
        let trace = Trace::default();
        trace.tell(step("nobody"));
        trace.begin();
        trace.open();
        trace.tell(step("within"));
        trace.quietly(|| trace.tell(step("quiet")));
        trace.close(|children| (children.len() == 1).then(|| step("around")));
        let told = trace.end();
        assert_eq!(told, [Step { children: vec![step("within")], ..step("around") }]);
        assert!(!trace.is_watched());
    }

    #[test]
    fn a_full_trace_says_so_and_keeps_its_shape() {
        let trace = Trace::default();
        trace.begin();
        trace.open();
        (0..2 * limits::TRACE).for_each(|_| trace.tell(step("many")));
        assert!(!trace.is_watched());
        trace.open();
        trace.tell(step("unseen"));
        trace.close(|_| Some(step("unseen")));
        trace.close(|_| Some(step("around")));
        let told = trace.end();
        assert_eq!(told[0].detail, step("around").detail);
        assert_eq!((told.len(), &told[1].detail), (2, &Detail::Cut));
        assert_eq!(told[0].children.len(), limits::TRACE);
    }

    #[test]
    fn long_texts_count_as_several() {
        let trace = Trace::default();
        trace.begin();
        (0..3).for_each(|_| trace.tell(step(&"ä".repeat(limits::TRACE * limits::TRACE_TEXT / 3))));
        let mut told = trace.end();
        assert_eq!(told.len(), 3);
        let bytes = told.iter_mut().map(|s| s.shorten(usize::MAX)).sum::<usize>();
        assert!(bytes <= 2 * limits::TRACE * limits::TRACE_TEXT);
    }
}
