//! The loop: a request is asked, the patterns that it was held against are seen, and for each that always went the same way
//! a request is made for which it goes the other. What behaves as nothing before is varied further.

use super::ask::Ask;
use super::doors::{Door, doors};
use super::maps::Maps;
use super::notes::{Mark, Matched, Note, Seen};
use super::passed::Passed;
use super::place::{self};
use super::points::{Point, points};
use super::round::ROUND;
use super::solve::{Solved, Solver, Want};
use super::space::Terms;
use super::tree::{Entry, entries};
use super::vary::{Vary, variations};
use crate::clock;
use crate::cores::Rounds;
use crate::outcome::Outcome;
use crate::outcome::observer::Origin;
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::{Directive, Site};
use crate::source::Span;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::{ControlFlow, Range};
use std::time::Instant;

/// How often a request is made for one turn of one line.
const TRIES: u8 = 6;
/// How many patterns of one request are turned, and how many before each are heeded.
const TURNS: usize = 200;
const BEFORE: usize = 300;

/// How many lines' own requests are asked together.
const TOGETHER: usize = 32;

/// Why a search ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// As many requests were asked as may be.
    Budget,
    /// Its time is over.
    Time,
    /// Enough was found.
    Limit,
    /// Whoever waited for it wanted no more.
    Interrupted,
}

impl Stopped {
    /// As the summary has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Stopped::Budget => "budget",
            Stopped::Time => "time",
            Stopped::Limit => "limit",
            Stopped::Interrupted => "interrupted",
        }
    }

    /// Why there is no more time.
    pub(crate) fn late() -> Stopped {
        if clock::is_interrupted() { Stopped::Interrupted } else { Stopped::Time }
    }
}

/// What a search may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purse {
    /// How many requests.
    pub requests: usize,
    /// In which order equals are tried.
    pub seed: u64,
    /// Until when.
    pub until: Option<Instant>,
    /// On how many threads; as many as there are cores where none are said.
    pub jobs: Option<usize>,
}

impl Purse {
    /// For so many requests, on all cores.
    pub(crate) const fn of(requests: usize, until: Option<Instant>) -> Purse {
        Purse { requests, seed: 0, until, jobs: None }
    }
}

/// A request and its answer.
pub(crate) struct Answer<'a> {
    pub ask: &'a Ask,
    pub request: &'a Request,
    pub outcome: &'a Outcome,
}

/// What an answer is given to; `Break` ends the search.
pub(crate) type Take<'t> = dyn FnMut(&Answer<'_>) -> ControlFlow<()> + 't;

/// A request for a line's sake: it is made again without what stands in its way.
#[derive(Clone)]
pub(super) struct Chase {
    pub point: usize,
    pub door: usize,
    pub not: Vec<(Want, Span)>,
    pub left: u8,
}

/// A search.
pub(crate) struct Search<'s> {
    pub(super) site: &'s Site,
    /// The site's run.
    pub run: Run,
    pub(super) terms: Terms,
    pub(super) purse: Purse,
    pub(super) rounds: Rounds,
    /// Finds texts for patterns.
    pub(crate) solver: Solver,
    /// Where requests come in.
    pub doors: Vec<Door>,
    /// In what else they are varied.
    pub varied: Vec<Vary>,
    /// The files that requests may lead to, and whether these are all.
    pub tree: Vec<Entry>,
    pub tree_whole: bool,
    /// Whether no path of them goes on without an end.
    pub(super) tree_finite: bool,
    /// How URLs lead to them.
    pub maps: Maps,
    /// The entries of the tree that these lead to.
    pub(super) mapped: OnceCell<Vec<Range<usize>>>,
    pub(super) points: Vec<Point>,
    /// What rules do to paths.
    pub(super) passed: Passed,
    /// The requests that were made for each.
    pub(super) made: HashMap<usize, Vec<Ask>>,
    /// Where a point's path was shown to be out of reach: by which way in, and for which lines.
    pub(super) proofs: HashMap<usize, Vec<(usize, Vec<Span>)>>,
    /// The ways in that were tried for each point.
    pub(super) entered: HashMap<usize, usize>,
    pub(super) caveats: HashSet<(Span, String)>,
    /// Whether the lines' own requests have been asked.
    pub(super) pointed: bool,
    pub(super) by_line: HashMap<Span, Vec<usize>>,
    /// How many of the files that were seen were looked at.
    read: usize,
    pub(super) met: HashSet<u64>,
    pub(super) todo: [VecDeque<(Ask, Option<Chase>)>; 2],
    /// What was seen of each line.
    pub seen: Seen,
    tries: HashMap<(Span, bool), u8>,
    pub(super) kinds: HashSet<u64>,
    /// Requests that behaved as none before.
    pub kept: Vec<Ask>,
    pub(super) useful: HashSet<(bool, u16, Option<std::net::IpAddr>)>,
    /// How many were asked.
    pub asked: usize,
    /// Why it ended early.
    pub stopped: Option<Stopped>,
}

impl<'s> Search<'s> {
    /// Of a site that starts.
    pub(crate) fn new(site: &'s Site, run: Run, terms: Terms, purse: Purse) -> Search<'s> {
        let solver = Solver::default();
        let directives: Vec<Directive<'_>> = site.directives().collect();
        let doors = doors(&run, &solver);
        let tree = entries(site, &run, &directives);
        let mut search = Search {
            site,
            run,
            varied: variations(&directives, &terms),
            terms,
            purse,
            rounds: Rounds::new(purse.jobs),
            solver,
            doors,
            tree_whole: tree.whole,
            tree_finite: tree.finite,
            tree: tree.entries,
            maps: Maps::stated(&directives),
            mapped: OnceCell::new(),
            points: Vec::new(),
            passed: Passed::default(),
            made: HashMap::new(),
            proofs: HashMap::new(),
            entered: HashMap::new(),
            caveats: HashSet::new(),
            pointed: false,
            by_line: HashMap::new(),
            read: 0,
            met: HashSet::new(),
            todo: Default::default(),
            seen: Seen::default(),
            tries: HashMap::new(),
            kinds: HashSet::new(),
            kept: Vec::new(),
            useful: HashSet::new(),
            asked: 0,
            stopped: None,
        };
        search.passed = Passed::of(&search.run, &directives);
        search.add_points(points(&directives, None));
        search
    }

    fn add_points(&mut self, new: Vec<Point>) -> std::ops::Range<usize> {
        let first = self.points.len();
        for (index, point) in new.into_iter().enumerate() {
            if let Some(line) = point.line {
                self.by_line.entry(line).or_default().push(first + index);
            }
            self.points.push(point);
        }
        first..self.points.len()
    }

    /// Asks, until all that it knows of has been asked or `take` breaks. `first` are lines that it goes for first.
    pub(crate) fn run(&mut self, first: &[Span], take: &mut Take<'_>) {
        let _ = self.phases(first, take);
    }

    fn phases(&mut self, first: &[Span], take: &mut Take<'_>) -> ControlFlow<()> {
        self.front(take)?;
        for line in first {
            for point in self.by_line.get(line).cloned().unwrap_or_default() {
                self.go_for(point);
            }
        }
        self.drain(take)?;
        let rest: Vec<usize> = (0..self.points.len()).filter(|point| !self.entered.contains_key(point)).collect();
        for points in rest.chunks(TOGETHER) {
            points.iter().for_each(|point| self.go_for(*point));
            self.drain(take)?;
        }
        self.pointed = true;
        self.turn_again(take)?;
        self.files(take)?;
        self.drain(take)?;
        self.climb(take)?;
        self.cross(take)?;
        self.spell(take)?;
        self.drain(take)?;
        self.besiege(first, take)
    }

    /// Asks what shows how URLs lead to files: `first`, each way in, each line's own requests, and the files.
    pub(crate) fn learn(&mut self, first: &[Ask], take: &mut Take<'_>) {
        let _ = self.learning(first, take);
    }

    fn learning(&mut self, first: &[Ask], take: &mut Take<'_>) -> ControlFlow<()> {
        self.front(take)?;
        self.each(first.iter().cloned(), take)?;
        self.drain(take)?;
        (0..self.points.len()).for_each(|point| self.go_for(point));
        self.drain(take)?;
        self.files(take)?;
        self.drain(take)?;
        self.climb(take)
    }

    /// What is waiting, and what that brings.
    pub(crate) fn drain(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        while let Some(waiting) = self.todo.iter_mut().find(|waiting| !waiting.is_empty()) {
            let some = waiting.drain(..waiting.len().min(ROUND)).collect();
            self.round(some, take)?;
        }
        ControlFlow::Continue(())
    }

    /// What a request that showed something new leads to.
    pub(super) fn follow(&mut self, ask: &Ask, outcome: &Outcome, notes: &[Note], news: bool, chase: Option<Chase>) {
        if let Some(chase) = chase {
            self.chase(chase, outcome, notes);
        }
        if !news {
            return;
        }
        self.kept.push(ask.clone());
        let server = self.doors.iter().find(|d| d.host == ask.host && d.port == ask.port).and_then(|d| d.server);
        if let Some(mapping) = self.maps.learn(ask, outcome, server) {
            self.mapped.take();
            self.mapped(&mapping, ask);
        }
        self.turn(ask, outcome, notes);
    }

    /// Requests for which patterns go the other way than they always went.
    pub(super) fn turn(&mut self, ask: &Ask, outcome: &Outcome, notes: &[Note]) {
        let mut left = TURNS;
        for (index, note) in notes.iter().enumerate() {
            let want = !note.matched;
            // a line that has its own request comes to its turn by that
            let later = want && !self.pointed && self.by_line.contains_key(&note.line);
            if later || left == 0 || self.seen.has(note.line, Mark::Tried(want)) {
                continue;
            }
            let tries = self.tries.entry((note.line, want)).or_default();
            if *tries >= TRIES {
                continue;
            }
            *tries += 1;
            left -= 1;
            let hosts = &self.run.server().hosts;
            let turned = place::turned(
                &self.solver,
                &self.maps,
                hosts,
                ask,
                outcome,
                note,
                &notes[index.saturating_sub(BEFORE)..index],
            );
            self.todo[0].extend(turned.into_iter().map(|ask| (ask, None)));
        }
    }

    /// Makes a line's request again, without what matched instead.
    fn chase(&mut self, chase: Chase, outcome: &Outcome, notes: &[Note]) {
        let Some(point) = self.points.get(chase.point) else { return };
        let line = point.line;
        let decided = outcome.decided_by.iter().any(|d| Some(d.span) == line);
        let matched = notes.iter().any(|n| Some(n.line) == line && n.matched);
        if decided || matched || chase.left == 0 {
            return;
        }
        let mut not = chase.not.clone();
        for note in notes.iter().filter(|n| n.matched && n.origin == Origin::Path && Some(n.line) != line) {
            if outcome.decided_by.iter().any(|d| d.span == note.line) {
                let want = Want::no(note.kind, note.pattern.clone());
                if !not.iter().any(|(known, _)| *known == want) && self.solver.knows(&want) {
                    not.push((want, note.line));
                }
            }
        }
        if not.len() > chase.not.len() {
            let next = Chase { not, left: chase.left - 1, ..chase };
            self.make(next);
        }
    }

    /// Each line's own requests, in the order of the lines.
    pub(crate) fn made_for(&self) -> impl Iterator<Item = (Span, &[Ask])> {
        let made =
            self.points.iter().enumerate().filter_map(|(number, point)| Some((point.line?, self.made.get(&number)?)));
        made.map(|(line, asks)| (line, asks.as_slice()))
    }

    /// The terms of the search.
    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The lines of .htaccess files that were read meanwhile.
    pub(super) fn read_more(&mut self) {
        while let Some(id) = self.seen.files().get(self.read).copied() {
            self.read += 1;
            if !self.site.is_htaccess(id) {
                continue;
            }
            let file = self.run.sources().file(id);
            let nodes = self.run.htaccess_nodes(id);
            let directives: Vec<Directive<'_>> = Directive::of(&nodes).collect();
            let Some(at) = file.name.rfind('/') else { continue };
            let directory = file.name.as_bytes()[..=at].to_vec();
            for vary in variations(&directives, &self.terms) {
                if !self.varied.contains(&vary) {
                    self.varied.push(vary);
                }
            }
            let range = self.add_points(points(&directives, Some(&directory)));
            range.for_each(|point| self.go_for(point));
        }
    }

    /// The lines whose patterns match a request, and those that apply to it.
    pub(crate) fn matched(&self, request: &Request) -> Vec<Span> {
        let mut matched = Matched::default();
        self.run.observe(request, &mut matched);
        matched.0
    }

    /// Whether a file's name is one of those that httpd reads in each directory.
    pub(super) fn is_htaccess(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let mut said = self.run.server().servers.iter().filter_map(|server| server.core().access_name.as_ref());
        name == b".htaccess" || said.any(|names| names.value.iter().any(|own| own.as_slice() == name))
    }

    /// A path that is as wanted.
    pub(crate) fn path(&self, wants: &[Want]) -> Solved {
        self.solver.path(wants)
    }

    /// The site.
    pub(crate) fn site(&self) -> &'s Site {
        self.site
    }
}
