//! The steps that are told while somebody watches, each within the one in which it happened.
//!
//! A trace is as long as `limits.rs` says. Beyond that nothing is told any more but the ends of what had begun, and requests
//! run as unwatched ones do.

use crate::limits;
use crate::outcome::Step;
use std::cell::{Cell, RefCell};

/// Who watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Watching {
    #[default]
    Nobody,
    Somebody,
    /// Somebody does, but there is no room for more.
    Full,
}

/// The steps so far.
#[derive(Default)]
pub struct Trace {
    watching: Cell<Watching>,
    left: Cell<usize>,
    levels: RefCell<Vec<Vec<Step>>>,
    /// Levels that were opened when there was no room, and have none of their own.
    unopened: Cell<usize>,
}

impl Trace {
    /// Whether what is told is kept.
    #[inline]
    pub fn is_watched(&self) -> bool {
        self.watching.get() == Watching::Somebody
    }

    /// Begins anew.
    pub fn begin(&self) {
        *self.levels.borrow_mut() = vec![Vec::new()];
        self.left.set(limits::TRACE);
        self.unopened.set(0);
        self.watching.set(Watching::Somebody);
    }

    /// Ends it: the steps told.
    pub fn end(&self) -> Vec<Step> {
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
            steps.push(the_end());
        }
        steps
    }

    /// No more is told.
    pub fn fill(&self) {
        if self.is_watched() {
            self.watching.set(Watching::Full);
        }
    }

    /// Tells a step.
    pub fn tell(&self, step: Step) {
        if self.is_watched() {
            self.put(step);
        }
    }

    /// Adds a step to the level at work.
    fn put(&self, mut step: Step) {
        let most = self.left.get().max(1) * limits::TRACE_TEXT;
        shorten(&mut step.why, most);
        shorten(&mut step.effect, most);
        let units = 1 + (step.why.len() + step.effect.len()) / limits::TRACE_TEXT;
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
    pub fn quietly<T>(&self, run: impl FnOnce() -> T) -> T {
        let watching = self.watching.replace(Watching::Nobody);
        let result = run();
        self.watching.set(watching);
        result
    }

    /// Opens a level.
    #[inline]
    pub fn open(&self) {
        if self.watching.get() != Watching::Nobody {
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
    pub fn close(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
        if self.watching.get() != Watching::Nobody {
            self.close_level(step);
        }
    }

    #[cold]
    fn close_level(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
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

fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

/// What a trace ends with that there was no room for.
fn the_end() -> Step {
    Step {
        phase: "trace",
        why: format!(
            "the trace ends here: it has {} steps at most, and is given up where they take too long to find",
            limits::TRACE
        ),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(phase: &'static str) -> Step {
        Step { phase, ..Step::default() }
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
        assert_eq!(told.iter().map(|s| s.phase).collect::<Vec<_>>(), ["around", "trace"]);
        assert_eq!(told[0].children.len(), limits::TRACE);
    }

    #[test]
    fn long_texts_count_as_several() {
        let trace = Trace::default();
        trace.begin();
        (0..3).for_each(|_| {
            trace.tell(Step { why: "ä".repeat(limits::TRACE * limits::TRACE_TEXT / 3), ..step("long") })
        });
        let told = trace.end();
        assert_eq!(told.len(), 3);
        assert!(told.iter().map(|s| s.why.len()).sum::<usize>() <= 2 * limits::TRACE * limits::TRACE_TEXT);
    }
}
