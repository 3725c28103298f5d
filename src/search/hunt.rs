//! Other requests that get what one is refused.

use super::ask::Ask;
use super::denial::{Denial, asked_for};
use super::explore::Purse;
use super::ground::Lore;
use super::loose::{read_loosely, reads_paths, suspicions};
use super::round::ROUND;
use super::shown::{How, Thing, shown};
use super::solve::Solver;
use super::space::Terms;
use super::turns::{By, by};
use super::vary::spellings;
use crate::clock;
use crate::cores::Rounds;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::source::Span;
use std::collections::{BTreeMap, HashSet};

/// How many other requests for the same thing are varied.
const BASES: usize = 60;
/// How many turns are taken together.
const PAIRS: usize = 6_000;

/// A request that gets through.
pub(crate) struct Found {
    pub ask: Ask,
    pub outcome: Outcome,
    pub by: By,
    /// Of the lines that refuse, those that don't apply.
    pub missed: Vec<Span>,
    /// Whether it is sure that it gets the same.
    pub proved: bool,
}

/// A hunt for ways past one refusal.
pub(crate) struct Hunt<'h> {
    pub(super) lore: &'h Lore<'h>,
    pub(super) solver: &'h Solver,
    pub(super) run: Run,
    quick: Run,
    pub(super) denial: &'h Denial,
    terms: &'h Terms,
    rounds: Rounds,
    met: HashSet<u64>,
    found: BTreeMap<(bool, By), (Ask, Outcome)>,
    /// What it may cost.
    purse: Purse,
    /// How many were asked.
    asked: usize,
    /// Whether the time is over.
    late: bool,
    /// Whether one is enough.
    one: bool,
    /// Whether only what is tried first is tried.
    plain: bool,
}

impl<'h> Hunt<'h> {
    /// For what `denial` keeps back.
    pub(crate) fn new(
        lore: &'h Lore<'h>,
        run: &Run,
        solver: &'h Solver,
        denial: &'h Denial,
        terms: &'h Terms,
        purse: Purse,
    ) -> Hunt<'h> {
        let (run, quick) = (run.fork(), run.fork().without_reasons());
        let (met, found, rounds) = (HashSet::new(), BTreeMap::new(), Rounds::new(purse.jobs));
        let (asked, late, one, plain) = (0, false, false, false);
        Hunt { lore, solver, run, quick, denial, terms, rounds, met, found, purse, asked, late, one, plain }
    }

    /// All that was found, the plainest way first; what is proved first of all.
    pub(crate) fn run(mut self) -> (Vec<Found>, usize, bool) {
        self.go();
        let (asked, late) = (self.asked, self.late);
        let found = std::mem::take(&mut self.found);
        let mut found: Vec<Found> = found
            .into_iter()
            .map(|((suspected, by), (ask, outcome))| {
                let missed = self.denial.missed(self.lore.site, &self.run, &ask);
                Found { missed, by, proved: !suspected, ask, outcome }
            })
            .collect();
        found.sort_by_key(|f| (!f.proved, self.distance(&f.ask), f.by));
        (found, asked, late)
    }

    /// The first that gets through, how many were asked, and whether the time is over.
    pub(crate) fn first(mut self) -> (Option<Found>, usize, bool) {
        self.one = true;
        let (found, asked, late) = self.run();
        (found.into_iter().next(), asked, late)
    }

    /// What gets through of other requests for the same, and of the refused one with a single turn.
    pub(crate) fn plain(mut self) -> (Vec<Found>, usize, bool) {
        self.plain = true;
        self.run()
    }

    fn go(&mut self) {
        let bases = self.bases();
        self.each(bases.iter().cloned());
        let first = self.denial.ask.clone();
        let near = self.near(&first);
        self.each(near);
        if self.one || self.plain {
            return;
        }
        // other URLs of the same thing that are refused too, each with one turn
        for base in bases.iter().filter(|base| **base != first).take(BASES) {
            if self.is_over() {
                return;
            }
            let near = self.near(base);
            self.each(near);
        }
        if !self.found.keys().any(|(suspected, _)| !suspected) {
            self.pairs(&first);
        }
        self.suspect();
    }

    /// Two turns together.
    fn pairs(&mut self, first: &Ask) {
        let mut left = PAIRS;
        let specials = self.specials();
        let doors = self.lore.doors;
        for base in spellings(&first.path).into_iter().map(|path| first.at(path)) {
            let more = spellings(&base.path).into_iter().map(|path| base.at(path));
            let moved = doors.iter().map(|door| door.moved(&base));
            let varied = specials.iter().map(|vary| vary.of(&base));
            let all: Vec<Ask> = more.chain(moved).chain(varied).take(left).collect();
            left -= all.len();
            self.each(all);
            if left == 0 || self.is_over() {
                return;
            }
        }
        let moved = doors.iter().map(|door| door.moved(first));
        self.each(moved.flat_map(|base| specials.iter().map(move |vary| vary.of(&base)).collect::<Vec<Ask>>()));
    }

    fn is_over(&mut self) -> bool {
        self.late |= clock::is_over(self.purse.until);
        self.late || self.asked >= self.purse.requests || self.one && self.found.keys().any(|(suspected, _)| !suspected)
    }

    /// Tries each of these, until there is no need of more.
    fn each(&mut self, asks: impl IntoIterator<Item = Ask>) {
        let mut asks = asks.into_iter();
        loop {
            let some: Vec<Ask> = asks.by_ref().take(ROUND).collect();
            if some.is_empty() {
                return;
            }
            let some: Vec<Ask> = some.into_iter().filter_map(|ask| self.fresh(ask)).collect();
            let until = self.purse.until;
            let all = self.rounds.map_until(until, &self.quick, &some, |quick, ask| quick.ask(&ask.request()));
            for (ask, outcome) in some.into_iter().zip(all) {
                let Some(outcome) = outcome.filter(|_| !self.is_over()) else { return };
                self.asked += 1;
                clock::tick();
                self.look(ask, &outcome);
            }
        }
    }

    /// A request as the terms have it, where it was not tried yet.
    fn fresh(&mut self, ask: Ask) -> Option<Ask> {
        let ask = self.terms.within(ask)?;
        self.met.insert(ask.hashed()).then_some(ask)
    }

    fn look(&mut self, ask: Ask, outcome: &Outcome) {
        if self.is_same(&ask, outcome) {
            let ask = self.simpler(ask);
            self.keep(ask, false);
        } else if self.may_be_same(&ask, outcome) {
            self.keep(ask, true);
        }
    }

    /// Notes what gets through, where it is the plainest of its kind.
    fn keep(&mut self, ask: Ask, suspected: bool) {
        let outcome = self.run.ask(&ask.request());
        let by = match () {
            () if suspected && ask.path.contains(';') => By::PathInfo,
            () if suspected && ask.path.contains('%') => By::Encoding,
            () => by(self.denial, &ask, &outcome, self.run.sources()),
        };
        let certain = outcome.caveats.iter().all(|c| self.denial.meant.caveats.iter().any(|m| m.why == c.why));
        let key = (suspected || !certain, by);
        let better = self.found.get(&key).is_none_or(|(known, _)| self.distance(&ask) < self.distance(known));
        if better && !(key.0 && self.found.contains_key(&(false, by))) {
            self.found.insert(key, (ask, outcome));
        }
    }

    /// How far a request is from the refused one: how many parts differ, how odd it is, how long its path is.
    fn distance(&self, ask: &Ask) -> (usize, usize, usize, String) {
        let first = &self.denial.ask;
        let differs = usize::from(ask.path != first.path)
            + usize::from(ask.host != first.host)
            + usize::from(ask.port != first.port || ask.tls != first.tls)
            + usize::from(ask.local != first.local)
            + usize::from(ask.method != first.method)
            + usize::from(ask.query != first.query)
            + 2 * usize::from(ask.target != first.target)
            + usize::from(ask.protocol != first.protocol)
            + ask.headers.iter().filter(|h| !first.headers.contains(h)).count();
        let encoded = ask.path.bytes().filter(|b| *b == b'%').count();
        (differs, encoded, ask.path.len(), ask.path.clone())
    }

    /// Whether an answer gives what is kept back.
    fn is_same(&self, ask: &Ask, outcome: &Outcome) -> bool {
        let Some((thing, how)) = shown(self.lore.site, &ask.method, outcome) else { return false };
        let denial = self.denial;
        if thing != denial.thing {
            return false;
        }
        match (&denial.part, denial.how, how) {
            // a program's source
            (_, How::Program, How::Static) => true,
            _ if how != denial.how => false,
            (Some(part), ..) => asked_for(ask, outcome) == *part,
            (None, ..) => true,
        }
    }

    /// The request with as much of the refused one as may be.
    fn simpler(&mut self, mut ask: Ask) -> Ask {
        let first = self.denial.ask.clone();
        let same_door = |a: &Ask| Ask {
            tls: first.tls,
            port: first.port,
            host: first.host.clone(),
            local: first.local,
            ..a.clone()
        };
        let without = |a: &Ask, n: usize| {
            let mut headers = a.headers.clone();
            if n < headers.len() && !first.headers.contains(&headers[n]) {
                headers.remove(n);
            }
            Ask { headers, ..a.clone() }
        };
        let is_host = |(name, _): &(String, String)| name.eq_ignore_ascii_case("Host");
        let attempts: [&dyn Fn(&Ask) -> Ask; 12] = [
            &|a| Ask { method: first.method.clone(), ..a.clone() },
            // the old protocol, and what goes with it
            &|a| Ask {
                protocol: first.protocol.clone(),
                headers: a.headers.iter().filter(|h| !is_host(h) || first.headers.contains(h)).cloned().collect(),
                ..a.clone()
            },
            &|a| without(a, 1),
            &|a| without(a, 0),
            &|a| Ask { headers: first.headers.clone(), ..a.clone() },
            &|a| Ask { protocol: first.protocol.clone(), ..a.clone() },
            &|a| Ask { target: first.target.clone(), ..a.clone() },
            &|a| Ask { query: first.query.clone(), ..a.clone() },
            &same_door,
            &|a| Ask { local: first.local, ..a.clone() },
            &|a| Ask { host: first.host.clone(), ..a.clone() },
            &|a| Ask { path: first.path.clone(), ..a.clone() },
        ];
        for attempt in attempts {
            let plainer = attempt(&ask);
            if plainer == ask || plainer == first {
                continue;
            }
            self.asked += 1;
            let outcome = self.quick.ask(&plainer.request());
            if self.is_same(&plainer, &outcome) {
                ask = plainer;
            }
        }
        ask
    }

    /// What a back-end that reads paths more loosely may take for the same.
    fn suspect(&mut self) {
        if !matches!(&self.denial.thing, Thing::Backend(url) if reads_paths(url)) {
            return;
        }
        self.each(suspicions(&self.denial.ask.clone()));
    }

    /// Whether a back-end that reads paths more loosely may take a request for the refused one.
    fn may_be_same(&self, ask: &Ask, outcome: &Outcome) -> bool {
        let Thing::Backend(url) = &self.denial.thing else { return false };
        if !reads_paths(url) || ask.method != self.denial.ask.method {
            return false;
        }
        let shown = shown(self.lore.site, &ask.method, outcome);
        matches!(shown, Some((Thing::Backend(other), _)) if other != *url && read_loosely(&other) == read_loosely(url))
    }
}
