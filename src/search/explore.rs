//! The loop: a request is asked, the patterns that it was held against are seen, and for each that always went the same way
//! a request is made for which it goes the other. What behaves as nothing before is varied further.

use super::ask::Ask;
use super::doors::{Door, doors};
use super::maps::{self, Mapping, Maps};
use super::notes::{Glance, Mark, Matched, Note, Notes, Seen, kind_of};
use super::place::{self, PATH};
use super::points::{Of, Point, points};
use super::solve::{Solved, Solver, Want};
use super::space::Terms;
use super::tree::{Entry, entries};
use super::vary::{Vary, spellings, variations};
use crate::outcome::Outcome;
use crate::outcome::observer::{Origin, PatternKind};
use crate::request::Request;
use crate::run::Run;
use crate::site::{Directive, Site};
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::time::Instant;

/// How often a request is made for one turn of one line.
const TRIES: u8 = 6;
/// How often a line's request is made again without what stood before it.
const CHASES: u8 = 8;
/// How many patterns of one request are turned, and how many before each are heeded.
const TURNS: usize = 200;
const BEFORE: usize = 300;
/// How many requests are looked at again for what has not been turned.
const AGAIN: usize = 300;
/// From how many lines on each has but one request.
const MANY: usize = 2_000;
/// How many caveats are kept.
const CAVEATS: usize = 50;
/// How many requests of a point are kept.
const MADE: usize = 24;
/// How many requests each phase makes at most, so that all have their turn.
const BESIEGED: usize = 40_000;
const FILES: usize = 6_000;
const CROSSED: usize = 16_000;
const SPELLED: usize = 12_000;

/// What two answers of the same kind have in common.
pub(crate) fn kind(outcome: &Outcome) -> u64 {
    kind_of(outcome)
}

/// Why a search ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// As many requests were asked as may be.
    Budget,
    /// Its time is over.
    Time,
    /// Enough was found.
    Limit,
}

impl Stopped {
    /// As the summary has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Stopped::Budget => "budget",
            Stopped::Time => "time",
            Stopped::Limit => "limit",
        }
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
struct Chase {
    point: usize,
    door: usize,
    not: Vec<(Want, Span)>,
    left: u8,
}

/// A search.
pub(crate) struct Search<'s> {
    site: &'s Site,
    /// The site's run.
    pub run: Run,
    terms: Terms,
    purse: Purse,
    pub(super) solver: Solver,
    /// Where requests come in.
    pub doors: Vec<Door>,
    /// In what else they are varied.
    pub varied: Vec<Vary>,
    /// The files that requests may lead to, and whether these are all.
    pub tree: Vec<Entry>,
    pub tree_whole: bool,
    /// How URLs lead to them.
    pub maps: Maps,
    /// Whether a directive lets the request say where.
    pub(super) leads_anywhere: bool,
    pub(super) points: Vec<Point>,
    /// The requests that were made for each.
    pub(super) made: HashMap<usize, Vec<Ask>>,
    /// Where a point's path was shown to be out of reach: by which way in, and for which lines.
    pub(super) proofs: HashMap<usize, Vec<(usize, Vec<Span>)>>,
    /// The ways in that were tried for each point.
    entered: HashMap<usize, usize>,
    pub(super) caveats: HashSet<(Span, String)>,
    /// Whether the lines' own requests have been asked.
    pointed: bool,
    pub(super) by_line: HashMap<Span, Vec<usize>>,
    /// How many of the files that were seen were looked at.
    read: usize,
    met: HashSet<u64>,
    todo: [VecDeque<(Ask, Option<Chase>)>; 2],
    /// What was seen of each line.
    pub seen: Seen,
    tries: HashMap<(Span, bool), u8>,
    kinds: HashSet<u64>,
    /// Requests that behaved as none before.
    pub kept: Vec<Ask>,
    useful: HashSet<(bool, u16, Option<std::net::IpAddr>)>,
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
        let (tree, tree_whole) = entries(site, &run, &directives);
        let mut search = Search {
            site,
            run,
            varied: variations(&directives, &terms),
            terms,
            purse,
            solver,
            doors,
            tree,
            tree_whole,
            maps: Maps::stated(&directives),
            leads_anywhere: directives.iter().any(maps::leads_anywhere),
            points: Vec::new(),
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
        for point in rest {
            self.go_for(point);
            self.drain(take)?;
        }
        self.pointed = true;
        self.turn_again(take)?;
        self.files(take)?;
        self.drain(take)?;
        self.cross(take)?;
        self.spell(take)?;
        self.drain(take)?;
        self.besiege(first, take)
    }

    /// What was kept is looked at again, for the lines that have not gone both ways yet.
    fn turn_again(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let kept: Vec<Ask> = self.kept.iter().take(AGAIN).cloned().collect();
        for ask in kept {
            if self.purse.until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
            let request = ask.request();
            let mut notes = Notes::default();
            let outcome = self.run.observe(&request, &mut notes);
            self.turn(&ask, &outcome, &notes.0);
            self.drain(take)?;
        }
        ControlFlow::Continue(())
    }

    /// All spellings and variations at once, for lines that nothing less reached.
    fn besiege(&mut self, lines: &[Span], take: &mut Take<'_>) -> ControlFlow<()> {
        let mut left = BESIEGED / self.scale();
        for line in lines {
            let points = self.by_line.get(line).cloned().unwrap_or_default();
            let mut bases: Vec<Ask> =
                points.iter().filter_map(|point| self.made.get(point)).flatten().cloned().collect();
            bases.extend(self.kept.iter().filter(|ask| ask.weight().0 == 0).take(60).cloned());
            let varied = self.varied.clone();
            for base in &bases {
                let paths = std::iter::once(base.path.clone()).chain(spellings(&base.path));
                for path in paths {
                    for vary in &varied {
                        let Some(rest) = left.checked_sub(1) else { return self.drain(take) };
                        left = rest;
                        self.one(vary.of(&base.at(path.clone())), None, take)?;
                    }
                }
            }
            self.drain(take)?;
        }
        ControlFlow::Continue(())
    }

    /// Asks what shows how URLs lead to files: `first`, each way in, each line's own requests, and the files.
    pub(crate) fn learn(&mut self, first: &[Ask], take: &mut Take<'_>) {
        let _ = self.learning(first, take);
    }

    fn learning(&mut self, first: &[Ask], take: &mut Take<'_>) -> ControlFlow<()> {
        self.front(take)?;
        for ask in first {
            self.one(ask.clone(), None, take)?;
        }
        self.drain(take)?;
        (0..self.points.len()).for_each(|point| self.go_for(point));
        self.drain(take)?;
        self.files(take)?;
        self.drain(take)
    }

    fn front(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let users = self.site.directives().any(|d| d.name().eq_ignore_ascii_case(b"UserDir"));
        let mut paths: Vec<String> = vec!["/".into(), "/no-such-page".into()];
        if users {
            let root = Cred::root();
            let homes = resolve::list(self.site.vfs(), &root, b"/home").unwrap_or_default();
            let names = homes.iter().filter_map(|name| name.to_str().ok()).take(6).chain(["u", "www-data"]);
            paths.extend(names.flat_map(|name| [format!("/~{name}/"), format!("/~{name}/x")]));
        }
        for door in self.doors.clone() {
            for path in &paths {
                self.one(door.ask(path), None, take)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// How large the configuration is: a request costs as much more.
    fn scale(&self) -> usize {
        (self.points.len() / 500).max(1)
    }

    /// What is waiting, and what that brings.
    pub(crate) fn drain(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        loop {
            let next = self.todo.iter_mut().find_map(VecDeque::pop_front);
            let Some((ask, chase)) = next else { return ControlFlow::Continue(()) };
            self.one(ask, chase, take)?;
        }
    }

    fn one(&mut self, ask: Ask, chase: Option<Chase>, take: &mut Take<'_>) -> ControlFlow<()> {
        let Some(ask) = self.terms.within(ask) else { return ControlFlow::Continue(()) };
        let mut hasher = DefaultHasher::new();
        ask.hash(&mut hasher);
        // one that was asked already is looked at again for the line's sake
        if !self.met.insert(hasher.finish()) && chase.is_none() {
            return ControlFlow::Continue(());
        }
        if self.asked >= self.purse.requests {
            self.stopped = Some(Stopped::Budget);
            return ControlFlow::Break(());
        }
        if self.purse.until.is_some_and(|until| Instant::now() >= until) {
            self.stopped = Some(Stopped::Time);
            return ControlFlow::Break(());
        }
        self.asked += 1;
        let request = ask.request();
        let line = chase.as_ref().and_then(|chase| self.points.get(chase.point)?.line);
        let mut glance = Glance { seen: &mut self.seen, news: false, line, hit: false };
        let outcome = self.run.observe(&request, &mut glance);
        let (news, chase) = (glance.news, chase.filter(|_| !glance.hit));
        let answered = outcome.connection.is_none() && outcome.log != Some("AH02032");
        if answered {
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
        let new_kind = self.kinds.insert(kind_of(&outcome));
        if news || new_kind || chase.is_some() {
            self.follow(&ask, &request, &outcome, news || new_kind, chase);
        }
        self.read_more();
        ControlFlow::Continue(())
    }

    /// What a request that showed something new leads to.
    fn follow(&mut self, ask: &Ask, request: &Request, outcome: &Outcome, news: bool, chase: Option<Chase>) {
        let mut notes = Notes::default();
        self.run.observe(request, &mut notes);
        let notes = notes.0;
        if let Some(chase) = chase {
            self.chase(chase, outcome, &notes);
        }
        if !news {
            return;
        }
        self.kept.push(ask.clone());
        let server = self.doors.iter().find(|d| d.host == ask.host && d.port == ask.port).and_then(|d| d.server);
        if let Some(mapping) = self.maps.learn(ask, outcome, server) {
            self.mapped(&mapping, ask);
        }
        self.turn(ask, outcome, &notes);
    }

    /// Requests for which patterns go the other way than they always went.
    fn turn(&mut self, ask: &Ask, outcome: &Outcome, notes: &[Note]) {
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

    /// The ways in that a point is tried by.
    pub(super) fn fitting(&self, point: usize) -> Vec<usize> {
        let Some(server) = self.points.get(point).map(|p| p.server) else { return Vec::new() };
        let fits = |door: &usize| {
            let door = &self.doors[*door];
            let open = self.useful.is_empty() || self.useful.contains(&(door.tls, door.port, door.local));
            (server.is_none() || door.server == server) && open
        };
        (0..self.doors.len()).filter(fits).take(if server.is_some() { 4 } else { 6 }).collect()
    }

    /// Whether a text is as wanted.
    pub(super) fn fits_text(&self, want: &Want, text: &[u8]) -> Option<bool> {
        self.solver.matches(want, text)
    }

    /// The terms of the search.
    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Whether a point's own pattern matches whatever is asked.
    pub(super) fn never_fails(&self, point: usize) -> bool {
        let Some((of, want)) = self.points.get(point).and_then(|p| p.wants.last()) else { return false };
        // a directory that all files are below
        if *of == Of::File && want.kind == PatternKind::Prefix {
            let below = |file: &[u8]| {
                file.starts_with(&want.pattern) && matches!(file.get(want.pattern.len()), None | Some(b'/'))
            };
            return want.pattern.is_empty() || self.maps.all().iter().all(|mapping| below(&mapping.file));
        }
        let domain = match of {
            Of::Path | Of::File => PATH,
            _ => return false,
        };
        self.solver.text(domain, &[Want { yes: !want.yes, ..want.clone() }]) == Solved::Empty
    }

    /// Requests for a line.
    fn go_for(&mut self, point: usize) {
        let fits = self.fitting(point);
        *self.entered.entry(point).or_default() += fits.len();
        for door in fits {
            self.make(Chase { point, door, not: Vec::new(), left: CHASES });
        }
    }

    /// Makes a line's requests, by one way in.
    fn make(&mut self, chase: Chase) {
        let (point, door) = (&self.points[chase.point], &self.doors[chase.door]);
        let of = |what: fn(&Of) -> bool| {
            point.wants.iter().filter(move |(of, _)| what(of)).map(|(_, want)| want.clone()).collect::<Vec<Want>>()
        };
        let mut base = door.ask("/");
        let hosts = of(|of| *of == Of::Host);
        if !hosts.is_empty()
            && let Solved::Found(host) = self.solver.text(super::doors::HOST, &hosts)
        {
            base.host = host.to_string();
        }
        let queries = of(|of| *of == Of::Query);
        if let (false, Solved::Found(query)) = (queries.is_empty(), self.solver.text("(?-u)^[!-~]*$", &queries)) {
            base.query = Some(query.to_string()).filter(|q| !q.is_empty());
        }
        let methods = of(|of| *of == Of::Method);
        if let (false, Solved::Found(method)) = (methods.is_empty(), self.solver.text("(?-u)^[A-Z]+$", &methods)) {
            base.method = method.to_string();
        }
        let headers: HashSet<&String> = point
            .wants
            .iter()
            .filter_map(|(of, _)| if let Of::Header(name) = of { Some(name) } else { None })
            .collect();
        let mut headers: Vec<&String> = headers.into_iter().collect();
        headers.sort();
        for name in headers {
            let wants: Vec<Want> =
                point.wants.iter().filter(|(of, _)| *of == Of::Header(name.clone())).map(|(_, w)| w.clone()).collect();
            let text = self.solver.text("(?-u)^(?:[!-~](?:[ -~]*[!-~])?)?$", &wants);
            if let Solved::Found(value) = text {
                base = base.with_header(name, &value.to_string());
            }
        }
        for want in of(|of| *of == Of::Client) {
            let note = Note {
                line: Span::NONE,
                kind: want.kind,
                pattern: want.pattern.clone(),
                subject: BString::default(),
                origin: Origin::Client,
                name: BString::default(),
                matched: !want.yes,
            };
            let none = Outcome::default();
            if let Some(turned) =
                place::turned(&self.solver, &self.maps, &self.run.server().hosts, &base, &none, &note, &[]).pop()
            {
                base = turned;
            }
        }
        let mut paths = of(|of| *of == Of::Path);
        let own_paths = paths.clone();
        paths.extend(chase.not.iter().map(|(want, _)| want.clone()));
        let files = of(|of| *of == Of::File);
        let names = of(|of| *of == Of::Name);
        let mut urls: Vec<String> = Vec::new();
        if let Some((pattern, output)) = &point.image {
            urls.extend(self.images(pattern, output, &paths, door.server));
        }
        if files.is_empty() && names.is_empty() {
            match self.solver.text(PATH, &paths) {
                Solved::Found(text) => {
                    urls.push(super::ask::escaped(&text));
                    // and what is below it, and not the thing itself
                    if self.points.len() > MANY {
                        return self.push(chase, base, urls);
                    }
                    let longer = [paths.as_slice(), &[Want::no(PatternKind::Text, text)]].concat();
                    if let Solved::Found(text) = self.solver.text(PATH, &longer) {
                        urls.push(super::ask::escaped(&text));
                    }
                }
                Solved::Unknown => urls.extend(self.loose(&paths)),
                Solved::Empty => {
                    let blockers = self.blockers(&own_paths, &chase.not);
                    self.proofs.entry(chase.point).or_default().push((chase.door, blockers));
                }
            }
        } else {
            urls.extend(self.files_for(&files, &names, &paths, door.server));
        }
        self.push(chase, base, urls);
    }

    /// Requests for a line, at these paths.
    fn push(&mut self, chase: Chase, base: Ask, urls: Vec<String>) {
        let many = self.points.len() > MANY;
        let Some(point) = self.points.get(chase.point) else { return };
        let methods: Vec<String> = point.methods.iter().take(3).cloned().chain([base.method.clone()]).collect();
        for url in urls.into_iter().take(12) {
            for method in &methods {
                let ask = Ask { method: method.clone(), ..base.at(url.clone()) };
                let made = self.made.entry(chase.point).or_default();
                if made.len() < MADE && !made.contains(&ask) {
                    made.push(ask.clone());
                }
                // what follows a file's name, and a directory without its slash
                let other = match ask.path.strip_suffix('/') {
                    Some(bare) if !bare.is_empty() => ask.at(bare),
                    Some(_) => ask.at("/x"),
                    None => ask.at(format!("{}/x", ask.path)),
                };
                self.todo[1].push_back((ask, Some(chase.clone())));
                if !many {
                    self.todo[1].push_back((other, None));
                }
            }
        }
    }

    /// The lines without which there would be a path, none of which can be left out.
    fn blockers(&self, own: &[Want], not: &[(Want, Span)]) -> Vec<Span> {
        let mut kept = not.to_vec();
        for one in not {
            let less: Vec<(Want, Span)> = kept.iter().filter(|other| *other != one).cloned().collect();
            let wants: Vec<Want> = own.iter().cloned().chain(less.iter().map(|(want, _)| want.clone())).collect();
            if self.solver.text(PATH, &wants) == Solved::Empty {
                kept = less;
            }
        }
        kept.into_iter().map(|(_, line)| line).collect()
    }

    /// Paths for patterns with look-around, which the engine will judge.
    fn loose(&self, wants: &[Want]) -> Vec<String> {
        let plain: Vec<Want> = wants
            .iter()
            .filter_map(|want| match self.solver.knows(want) {
                true => Some(want.clone()),
                false => {
                    let text = place::without_looks(want.pattern.to_str().ok()?)?;
                    Some(Want { pattern: text.into(), ..want.clone() })
                }
            })
            .collect();
        match self.solver.text(PATH, &plain) {
            Solved::Found(text) => vec![super::ask::escaped(&text)],
            _ => Vec::new(),
        }
    }

    /// The URLs of files that are as wanted.
    fn files_for(&self, files: &[Want], names: &[Want], paths: &[Want], server: Option<Span>) -> Vec<String> {
        let fits =
            |wants: &[Want], text: &[u8]| wants.iter().all(|want| self.solver.matches(want, text) != Some(false));
        let mut found: Vec<String> = Vec::new();
        let add = |file: &[u8], found: &mut Vec<String>| {
            for (mapping, url) in self.maps.to(file) {
                let own = mapping.server.is_none() || mapping.server == server;
                if own && url.starts_with(b"/") && fits(paths, &url) {
                    let url = super::ask::escaped(&url);
                    if !found.contains(&url) {
                        found.push(url);
                    }
                }
            }
        };
        for entry in &self.tree {
            let name = entry.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
            let inner = entry.path.trim_end_with(|c| c == '/');
            let own = if entry.dir { &entry.path[..] } else { inner };
            if (names.is_empty() || !entry.dir && fits(names, name)) && (fits(files, own) || fits(files, inner)) {
                add(&entry.path, &mut found);
            }
            if found.len() > 8 {
                return found;
            }
        }
        // a file that is not there
        let name = match names.is_empty() {
            true => Some(BString::from("no-such-file")),
            false => match self.solver.text("(?-u)^[^/\\x00]+$", names) {
                Solved::Found(name) => Some(name),
                _ => None,
            },
        };
        if let Some(name) = name {
            for entry in self.tree.iter().filter(|e| e.dir) {
                let path = [entry.path.as_slice(), &name].concat();
                if fits(files, &path) {
                    add(&path, &mut found);
                }
                if found.len() > 12 {
                    return found;
                }
            }
        }
        // a path that is as wanted, whether it is there or not
        if found.is_empty()
            && let Solved::Found(path) = self.solver.text(PATH, files)
        {
            add(&path, &mut found);
        }
        found
    }

    /// URLs that a rule makes the paths of files of.
    fn images(&self, pattern: &[u8], output: &[u8], paths: &[Want], server: Option<Span>) -> Vec<String> {
        let mut found = Vec::new();
        let Some(image) = super::image::Image::new(pattern, output) else { return found };
        for entry in self.tree.iter().take(FILES) {
            let targets =
                self.maps.to(&entry.path).filter(|(m, _)| m.server.is_none() || m.server == server).map(|(_, url)| url);
            for target in targets.chain([entry.path.to_vec()]) {
                let Some(text) = image.leading_to(&target) else { continue };
                let text = if text.starts_with(b"/") { text } else { [b"/".as_slice(), &text].concat() };
                if paths.iter().all(|want| self.solver.matches(want, &text) != Some(false)) {
                    found.push(super::ask::escaped(&text));
                }
            }
            if found.len() >= 4 {
                break;
            }
        }
        found
    }

    /// The files of a mapping that was learned.
    fn mapped(&mut self, mapping: &Mapping, ask: &Ask) {
        let inside = self.tree.iter().filter(|entry| entry.path.starts_with(mapping.file.as_slice()));
        let new: Vec<Ask> = inside
            .take(200)
            .filter_map(|entry| {
                let rest = entry.path.strip_prefix(mapping.file.as_slice())?;
                let url = [mapping.url.as_slice(), rest].concat();
                url.starts_with(b"/").then(|| ask.at(super::ask::escaped(&url)))
            })
            .collect();
        self.todo[1].extend(new.into_iter().map(|ask| (ask, None)));
    }

    /// All files, through all mappings.
    fn files(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let doors = self.open_doors();
        let mut left = FILES / self.scale();
        for entry in self.tree.clone() {
            let urls: Vec<(Option<Span>, Vec<u8>)> =
                self.maps.to(&entry.path).map(|(m, url)| (m.server, url)).collect();
            for (server, url) in urls {
                if !url.starts_with(b"/") {
                    continue;
                }
                let url = super::ask::escaped(&url);
                for door in doors.iter().filter(|d| server.is_none() || d.server == server).take(8) {
                    if left == 0 {
                        return ControlFlow::Continue(());
                    }
                    left -= 1;
                    self.one(door.ask(&url), None, take)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// The ways in by which there is an answer at all.
    pub(crate) fn open_doors(&self) -> Vec<Door> {
        let open = |d: &&Door| self.useful.contains(&(d.tls, d.port, d.local));
        self.doors.iter().filter(open).cloned().collect()
    }

    /// Each request that was kept, by each way in and each variation; then what is in more than one way special.
    fn cross(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let doors = self.open_doors();
        let mut left = CROSSED / self.scale();
        let bases = self.kept.clone();
        // headers, methods and clients that made a difference anywhere
        let mut special: Vec<Vary> = self.varied.clone();
        for ask in &bases {
            let mut add = |vary: Vary| {
                if special.len() < 80 && !special.contains(&vary) {
                    special.push(vary);
                }
            };
            ask.headers.iter().for_each(|(n, v)| add(Vary::Header(n.clone(), v.clone())));
            ask.client.into_iter().for_each(|ip| add(Vary::Client(ip)));
            ask.query.iter().for_each(|q| add(Vary::Query(q.clone())));
            if ask.method != "GET" {
                add(Vary::Method(ask.method.clone()));
            }
        }
        let mut plain: Vec<Ask> = bases
            .iter()
            .map(|ask| Ask { headers: Vec::new(), client: None, user: None, method: "GET".into(), ..ask.clone() })
            .collect();
        plain.sort_by_key(Ask::weight);
        plain.dedup();
        self.shuffle(&mut plain);
        for vary in &special {
            for base in plain.iter().take(CROSSED / self.scale() / 2 / special.len().max(1) + 1) {
                left = left.saturating_sub(1);
                self.one(vary.of(base), None, take)?;
            }
            self.drain(take)?;
        }
        'doors: for base in &plain {
            for door in &doors {
                if left == 0 {
                    break 'doors;
                }
                left -= 1;
                self.one(door.moved(base), None, take)?;
            }
        }
        self.drain(take)?;
        // a second time over those that are special already
        let mut left = CROSSED / 2 / self.scale();
        for base in bases.iter().filter(|ask| ask.weight().0 > 0) {
            for vary in &special {
                if left == 0 {
                    return self.drain(take);
                }
                left -= 1;
                self.one(vary.of(base), None, take)?;
            }
        }
        self.drain(take)
    }

    /// Another order for another seed.
    fn shuffle(&self, asks: &mut [Ask]) {
        if self.purse.seed > 0 {
            asks.sort_by_cached_key(|ask| {
                let mut hasher = DefaultHasher::new();
                (self.purse.seed, ask).hash(&mut hasher);
                hasher.finish()
            });
        }
    }

    /// Other spellings of what was kept.
    fn spell(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let mut left = SPELLED / self.scale();
        let mut bases = self.kept.clone();
        bases.sort_by_key(Ask::weight);
        self.shuffle(&mut bases);
        for base in bases {
            for path in spellings(&base.path) {
                if left == 0 {
                    return ControlFlow::Continue(());
                }
                left -= 1;
                self.one(base.at(path), None, take)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// The lines of .htaccess files that were read meanwhile.
    fn read_more(&mut self) {
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

    /// The site.
    pub(crate) fn site(&self) -> &'s Site {
        self.site
    }
}
