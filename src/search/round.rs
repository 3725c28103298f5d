//! A round of a search: some requests are asked on all cores, what they show is looked at in their order, and what is new
//! leads to the next. What a search finds is the same on any number of cores.

use super::ask::Ask;
use super::explore::{Answer, Chase, Search, Stopped, Take};
use super::notes::{Glance, Mark, Note, Notes, Seen, kind_of};
use crate::clock;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::server::asked::Request;
use crate::source::Span;
use std::ops::ControlFlow;

/// How many requests a round has.
pub(super) const ROUND: usize = 64;
/// Of how many all patterns are noted at a time: that takes room.
const NOTED: usize = 16;
/// How many caveats are kept.
const CAVEATS: usize = 50;

/// A request whose turn it is.
struct Next {
    ask: Ask,
    chase: Option<Chase>,
    /// The line that it was made for.
    line: Option<Span>,
}

/// What a request showed.
struct Told {
    request: Request,
    outcome: Outcome,
    /// What had not been seen when it was asked.
    new: Vec<(Span, Mark)>,
    /// Whether the line that it was made for came to its turn.
    hit: bool,
}

/// A request that shows something new, or was made for a line that did not come to its turn.
struct Telling {
    ask: Ask,
    chase: Option<Chase>,
    request: Request,
    outcome: Outcome,
    news: bool,
}

fn told(run: &Run, seen: &Seen, next: &Next) -> Told {
    let request = next.ask.request();
    let mut glance = Glance::new(seen, next.line);
    let outcome = run.observe(&request, &mut glance);
    let Glance { new, hit, .. } = glance;
    Told { request, outcome, new, hit }
}

/// All patterns that a request is held against.
fn notes(run: &Run, request: &Request) -> Vec<Note> {
    let mut notes = Notes::default();
    run.observe(request, &mut notes);
    notes.0
}

impl Search<'_> {
    /// Asks each of these.
    pub(super) fn each(&mut self, asks: impl IntoIterator<Item = Ask>, take: &mut Take<'_>) -> ControlFlow<()> {
        let mut asks = asks.into_iter();
        loop {
            let some: Vec<_> = asks.by_ref().take(ROUND).map(|ask| (ask, None)).collect();
            if some.is_empty() {
                return ControlFlow::Continue(());
            }
            self.round(some, take)?;
        }
    }

    /// Asks some requests, and follows what they show.
    pub(super) fn round(&mut self, asks: Vec<(Ask, Option<Chase>)>, take: &mut Take<'_>) -> ControlFlow<()> {
        let mut next: Vec<Next> = asks.into_iter().filter_map(|(ask, chase)| self.next(ask, chase)).collect();
        let left = self.purse.requests.saturating_sub(self.asked);
        let is_over_budget = next.len() > left;
        next.truncate(left);
        let seen = &self.seen;
        let all = self.rounds.map_until(self.purse.until, &self.run, &next, |run, next| told(run, seen, next));
        let mut telling = Vec::new();
        for (next, told) in next.into_iter().zip(all) {
            let Some(told) = told else {
                self.stopped = Some(Stopped::late());
                return ControlFlow::Break(());
            };
            telling.extend(self.look(next, told, take)?);
        }
        if is_over_budget {
            self.stopped = Some(Stopped::Budget);
            return ControlFlow::Break(());
        }
        let mut telling = telling.into_iter();
        loop {
            let some: Vec<Telling> = telling.by_ref().take(NOTED).collect();
            if some.is_empty() {
                break;
            }
            let all = self.rounds.map(&self.run, &some, |run, telling| notes(run, &telling.request));
            for (telling, notes) in some.into_iter().zip(all) {
                let Telling { ask, chase, outcome, news, .. } = telling;
                self.follow(&ask, &outcome, &notes, news, chase);
            }
        }
        self.read_more();
        ControlFlow::Continue(())
    }

    /// A request as the terms have it. One that was asked already is looked at again for a line's sake only.
    fn next(&mut self, ask: Ask, chase: Option<Chase>) -> Option<Next> {
        let ask = self.terms.within(ask)?;
        let is_new = self.met.insert(ask.hashed());
        let line = chase.as_ref().and_then(|chase| self.points.get(chase.point)?.line);
        (is_new || chase.is_some()).then_some(Next { ask, chase, line })
    }

    /// Looks at what a request showed. Whether it is worth following.
    fn look(&mut self, next: Next, told: Told, take: &mut Take<'_>) -> ControlFlow<(), Option<Telling>> {
        let (Next { ask, chase, .. }, Told { request, outcome, new, hit }) = (next, told);
        self.asked += 1;
        clock::tick();
        let (mut news, chase) = (self.seen.take_in(&new), chase.filter(|_| !hit));
        if outcome.connection.is_none() && outcome.log != Some("AH02032") {
            self.useful.insert((ask.tls, ask.port, ask.local));
        }
        if take(&Answer { ask: &ask, request: &request, outcome: &outcome }).is_break() {
            self.stopped = Some(Stopped::Limit);
            return ControlFlow::Break(());
        }
        for caveat in &outcome.caveats {
            if self.caveats.len() < CAVEATS {
                self.caveats.insert((caveat.span, caveat.why.clone()));
            }
        }
        news |= self.kinds.insert(kind_of(&outcome));
        let telling = news || chase.is_some();
        ControlFlow::Continue(telling.then_some(Telling { ask, chase, request, outcome, news }))
    }
}
