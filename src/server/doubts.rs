//! Lines of which the place where they are met can't tell whether they decided: what comes after may lead to the same
//! answer without them. The whole request is answered again without each of them, once it is known what it came to.

use super::answer;
use super::engine::Engine;
use super::marks::Marks;
use super::request::Request;
use crate::limits;
use crate::outcome::{Caveat, Decision, Outcome};
use crate::server::asked::Request as Asked;
use crate::source::Span;
use bstr::BString;
use foldhash::fast::FixedState;
use std::cell::{Cell, RefCell};
use std::hash::BuildHasher;

/// Of which answers a line may be no part: another answer can't be the same without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    /// Of any.
    Any,
    /// Of a file, which it would be without the line (by a hash of its name).
    File(u64),
    /// Of one that is no file of this server's: a refusal, a redirect, a back-end's.
    Unserved,
    /// Of one that was made before the URL was mapped to a file.
    Unmapped,
}

impl Alike {
    /// Of this file.
    pub(crate) fn file(name: &[u8]) -> Alike {
        Alike::File(FixedState::default().hash_one(name))
    }

    fn includes(self, outcome: &Outcome, uri: &BString) -> bool {
        let file = outcome.file.as_ref();
        match self {
            Alike::Any => true,
            Alike::File(_) => file.is_some_and(|f| self == Alike::file(f)),
            Alike::Unserved => outcome.status >= 300 || file.is_some_and(|f| f.starts_with(b"proxy:")),
            Alike::Unmapped => file == Some(uri),
        }
    }
}

/// A line that may have decided.
struct Doubt {
    decision: Decision,
    alike: Alike,
}

/// Those of a request, and the line that is taken out just now.
#[derive(Default)]
pub(crate) struct Doubts {
    list: RefCell<Vec<Doubt>>,
    any: Cell<bool>,
    without: Cell<Option<Span>>,
    /// Lines whose condition hangs on what is not known, and what there is to say of it.
    unsure: RefCell<Vec<(Span, Vec<Caveat>)>>,
    /// The one of them whose condition is taken to be otherwise just now.
    otherwise: Cell<Option<Span>>,
}

impl Doubts {
    /// As at the start of a request.
    pub(super) fn renew(&self) {
        if self.any.replace(false) {
            self.list.borrow_mut().clear();
            self.unsure.borrow_mut().clear();
        }
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.any.get()
    }

    /// The line that is taken out.
    #[inline]
    pub(crate) fn without(&self) -> Option<Span> {
        self.without.get()
    }

    /// Whether a line is taken out.
    #[inline]
    pub(crate) fn is_without(&self, line: Span) -> bool {
        self.without.get() == Some(line)
    }

    /// Whether a line's condition is taken to be otherwise.
    pub(crate) fn is_otherwise(&self, line: Span) -> bool {
        self.otherwise.get() == Some(line)
    }

    fn add(&self, decision: Decision, alike: Alike) {
        let mut list = self.list.borrow_mut();
        let has_room = list.len() < limits::DOUBTS;
        match list.iter_mut().find(|d| d.decision.span == decision.span) {
            Some(known) if known.alike != alike => known.alike = Alike::Any,
            Some(_) => {}
            None if has_room => list.push(Doubt { decision, alike }),
            None => {}
        }
        self.any.set(true);
    }
}

impl Engine {
    /// Notes that a line may have decided, or not, if the answer is one of these. What is only supposed, or done for a trace
    /// alone, decides nothing.
    pub(crate) fn doubt(&self, decision: Decision, alike: Alike) {
        if !self.budget.is_apart() && self.gives_reasons() {
            self.doubts.add(decision, alike);
        }
    }
}

impl Engine {
    /// Notes that the condition of a line hangs on what is not known: the caveats stand if the answer hangs on it too.
    pub(crate) fn is_unsure(&self, line: Span, caveats: Vec<Caveat>) {
        if !self.budget.is_apart() {
            self.doubts.unsure.borrow_mut().push((line, caveats));
            self.doubts.any.set(true);
        }
    }
}

impl Request<'_> {
    /// Notes the lines that decided on a request within this one, which came to nothing. Those that decided on this one
    /// as well are no news.
    pub(crate) fn doubt_of(&self, decided: impl IntoIterator<Item = Decision>) {
        let engine = self.engine;
        if engine.budget.is_apart() || !engine.gives_reasons() {
            return;
        }
        for decision in decided {
            if self.decided.iter().any(|d| d.span == decision.span) {
                continue;
            }
            let name = engine.server.sources.directive_name(decision.span);
            if engine.server.loaded.rows(name.as_bytes(), false).iter().any(|(module, _)| module.does_without) {
                engine.doubt(decision, Alike::Any);
            }
        }
    }
}

/// What an answer without a line differs in from the one with it.
enum Difference {
    /// Nothing.
    None,
    /// The error log says something else.
    Log,
    /// It is another one.
    Answer,
}

fn difference(one: &Outcome, other: &Outcome) -> Difference {
    let same = (one.status, one.connection) == (other.status, other.connection)
        && one.handler == other.handler
        && one.file == other.file
        && one.path_info == other.path_info
        && one.location == other.location
        && one.vhost == other.vhost
        && one.user == other.user
        && one.wsgi == other.wsgi;
    match same {
        true if one.log == other.log => Difference::None,
        true => Difference::Log,
        false => Difference::Answer,
    }
}

/// Finds out which of the doubtful lines decided on `outcome`: those that did are in `decided` afterwards, the others are
/// not. `uri` is what was asked for in the end.
pub(super) fn settle(engine: &Engine, asked: &Asked, outcome: &Outcome, uri: &BString, decided: &mut Marks<Decision>) {
    let real = |list: &[Doubt]| list.iter().any(|d| d.alike.includes(outcome, uri));
    if real(&engine.doubts.list.borrow()) {
        ask_again(engine, asked, outcome, uri, decided);
    }
}

#[cold]
fn ask_again(engine: &Engine, asked: &Asked, outcome: &Outcome, uri: &BString, decided: &mut Marks<Decision>) {
    let mut doubts = std::mem::take(&mut *engine.doubts.list.borrow_mut());
    doubts.retain(|d| d.alike.includes(outcome, uri));
    let Some(first) = doubts.first().map(|d| d.decision.span) else { return };
    engine.suppose(first, || {
        for Doubt { decision, .. } in doubts {
            engine.doubts.without.set(Some(decision.span));
            let other = answer::answer(engine, asked, |request| answer::outcome(asked, request));
            engine.doubts.without.set(None);
            match difference(outcome, &other) {
                Difference::None => decided.remove(decision.span),
                Difference::Log => decided.settle(Decision { only_log: true, ..decision }),
                Difference::Answer => decided.settle(decision),
            }
        }
    });
}

/// The caveats of lines whose condition is not known, where the answer would be another one if it were otherwise.
pub(super) fn uncertainties(engine: &Engine, asked: &Asked, outcome: &Outcome) -> Vec<Caveat> {
    let unsure = std::mem::take(&mut *engine.doubts.unsure.borrow_mut());
    let Some(first) = unsure.first().map(|(line, _)| *line) else { return Vec::new() };
    engine.suppose(first, || {
        let matters = |line: Span| {
            engine.doubts.otherwise.set(Some(line));
            let other = answer::answer(engine, asked, |request| answer::outcome(asked, request));
            engine.doubts.otherwise.set(None);
            !matches!(difference(outcome, &other), Difference::None)
        };
        let caveats = unsure.into_iter().filter(|(line, _)| matters(*line)).flat_map(|(_, caveats)| caveats);
        caveats.collect()
    })
}
