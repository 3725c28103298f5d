//! What a request is marked with on its way: the lines that decided, and what makes its answer uncertain. Each stands once,
//! in the order met.

use crate::outcome::{Caveat, Decision};
use crate::source::Span;
use foldhash::fast::FixedState;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::ops::Deref;

/// A mark: it is known by its place and its name.
pub(crate) trait Mark {
    /// Its place.
    fn span(&self) -> Span;
    /// Its name, where several stand at one place.
    fn name(&self) -> &str;
}

impl Mark for Decision {
    fn span(&self) -> Span {
        self.span
    }
    fn name(&self) -> &str {
        ""
    }
}

impl Mark for Caveat {
    fn span(&self) -> Span {
        self.span
    }
    fn name(&self) -> &str {
        &self.directive
    }
}

/// Lists that are shorter are gone through.
const LONG: usize = 32;

/// Marks in order.
#[derive(Clone, Debug)]
pub(crate) struct Marks<M> {
    list: Vec<M>,
    /// Of a long list: those in it, by place and hash of the name.
    #[expect(clippy::box_collection, reason = "most lists are short, and have room for a pointer only")]
    known: Option<Box<HashSet<(Span, u64), FixedState>>>,
}

impl<M> Default for Marks<M> {
    fn default() -> Marks<M> {
        Marks { list: Vec::new(), known: None }
    }
}

impl<M: Mark> Marks<M> {
    /// Adds a mark, unless there is one of that name at that place.
    pub(crate) fn add(&mut self, span: Span, name: &str, make: impl FnOnce() -> M) {
        let is_new = match &mut self.known {
            None => !self.list.iter().any(|m| m.span() == span && m.name() == name),
            Some(known) => known.insert(key(span, name)),
        };
        if !is_new {
            return;
        }
        self.list.push(make());
        if self.known.is_none() && self.list.len() >= LONG {
            self.known = Some(Box::new(self.list.iter().map(|m| key(m.span(), m.name())).collect()));
        }
    }

    /// Takes out the mark of a place.
    pub(crate) fn remove(&mut self, span: Span) {
        self.list.retain(|m| m.span() != span);
        if let Some(known) = &mut self.known {
            known.retain(|(place, _)| *place != span);
        }
    }

    /// Forgets all but the first so many.
    pub(crate) fn truncate(&mut self, count: usize) {
        if count < self.list.len() {
            self.list.truncate(count);
            self.known = None;
        }
    }
}

impl Marks<Decision> {
    /// Names a line that decided as is said here, whatever was said before.
    pub(crate) fn settle(&mut self, decision: Decision) {
        match self.list.iter_mut().find(|d| d.span == decision.span) {
            Some(known) => known.only_log = decision.only_log,
            None => self.add(decision.span, "", || decision),
        }
    }

    /// Names a line that decided: on more than the error log, if it ever did.
    pub(crate) fn decide(&mut self, decision: Decision) {
        self.add(decision.span, "", || decision);
        if !decision.only_log
            && let Some(known) = self.list.iter_mut().find(|d| d.only_log && d.span == decision.span)
        {
            known.only_log = false;
        }
    }
}

fn key(span: Span, name: &str) -> (Span, u64) {
    (span, FixedState::default().hash_one(name))
}

impl<M> Deref for Marks<M> {
    type Target = [M];
    fn deref(&self) -> &[M] {
        &self.list
    }
}

impl<M> IntoIterator for Marks<M> {
    type Item = M;
    type IntoIter = std::vec::IntoIter<M>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<M> From<Marks<M>> for Vec<M> {
    fn from(marks: Marks<M>) -> Vec<M> {
        marks.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// Short or long, a list has each mark once, in the order met.
    #[test]
    fn each_mark_stands_once() {
        let span = |line| Span { file: FileId(0), line, start: 0, end: 0 };
        let mut marks: Marks<Caveat> = Marks::default();
        let mut want = Vec::new();
        for line in (0..3 * LONG as u32).chain(0..LONG as u32) {
            for name in ["a", "b"] {
                let make = || Caveat { directive: name.into(), span: span(line), why: String::new() };
                marks.add(span(line), name, make);
                if !want.contains(&make()) {
                    want.push(make());
                }
            }
        }
        assert_eq!(*marks, *want);
        marks.truncate(5);
        let make = || want[5].clone();
        marks.add(want[5].span, &want[5].directive, make);
        marks.add(want[0].span, &want[0].directive, || unreachable!("it is there"));
        assert_eq!(*marks, want[..6]);
    }
}
