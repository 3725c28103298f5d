//! Requests for a line: what its text and the sections around it ask, put together.

use super::ask::{Ask, escaped};
use super::bounds::Bounds;
use super::explore::{Chase, Search};
use super::notes::Note;
use super::phases::FILES;
use super::place::{self, PATH};
use super::points::{Of, Point};
use super::solve::{Solved, Want};
use super::tree::Entry;
use crate::outcome::Outcome;
use crate::outcome::observer::{Origin, PatternKind};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

/// How often a line's request is made again without what stood before it.
const CHASES: u8 = 8;
/// From how many lines on each has but one request.
const MANY: usize = 2_000;
/// The last part of a path, and whatever there may be.
const NAME: &str = "(?-u)^[^/\\x00]*$";
const ANY: &str = "(?s-u)^.*$";
/// How many requests of a point are kept.
const MADE: usize = 24;

/// What requests are made of.
struct Plan {
    base: Ask,
    urls: Vec<String>,
    /// Where no path is left: the lines without which there would be one.
    blockers: Option<Vec<Span>>,
}

impl Search<'_> {
    /// The ways in that a point is tried by.
    pub(super) fn fitting(&self, point: usize) -> Vec<usize> {
        self.points.get(point).map(|p| self.ways_in(p.server)).unwrap_or_default()
    }

    fn ways_in(&self, server: Option<Span>) -> Vec<usize> {
        let fits = |door: &usize| {
            let door = &self.doors[*door];
            let open = self.useful.is_empty() || self.useful.contains(&(door.tls, door.port, door.local));
            (server.is_none() || door.server == server) && open
        };
        (0..self.doors.len()).filter(fits).take(if server.is_some() { 4 } else { 6 }).collect()
    }

    /// Whether a text is as wanted.
    pub(crate) fn fits_text(&self, want: &Want, text: &[u8]) -> Option<bool> {
        self.solver.matches(want, text)
    }

    /// Whether a point's own pattern matches whatever is asked.
    pub(super) fn never_fails(&self, point: usize, bounds: &Bounds) -> bool {
        let own = self.points.get(point).and_then(|p| p.wants.get(p.own?));
        let Some((of, want)) = own else { return false };
        let domain = match of {
            Of::File => bounds.files.as_deref().unwrap_or(ANY),
            Of::Path => self.passed.domain(self.points[point].line),
            Of::Name => NAME,
            _ => ANY,
        };
        self.solver.text(domain, &[Want { yes: false, ..want.clone() }]) == Solved::Empty
    }

    /// Requests for a line.
    pub(super) fn go_for(&mut self, point: usize) {
        let fits = self.fitting(point);
        *self.entered.entry(point).or_default() += fits.len();
        for door in fits {
            self.make(Chase { point, door, not: Vec::new(), left: CHASES });
        }
    }

    /// What the line asks of a request, each alternative in turn.
    pub(crate) fn points_of(&self, line: Span) -> impl Iterator<Item = &Point> {
        let own = self.by_line.get(&line).map(Vec::as_slice).unwrap_or_default();
        own.iter().filter_map(|point| self.points.get(*point))
    }

    /// Requests that ask what a point asks, whether a line of the site does or not.
    pub(crate) fn asks_for(&self, point: &Point) -> Vec<Ask> {
        let mut found = Vec::new();
        for door in self.ways_in(point.server).into_iter().take(3) {
            let Plan { base, urls, .. } = self.plan(point, door, &[]);
            let methods: Vec<String> = point.methods.iter().take(2).cloned().chain([base.method.clone()]).collect();
            for url in urls.into_iter().take(6) {
                found.extend(methods.iter().map(|method| Ask { method: method.clone(), ..base.at(url.clone()) }));
            }
        }
        found
    }

    /// Makes a line's requests, by one way in.
    pub(super) fn make(&mut self, chase: Chase) {
        let Plan { base, urls, blockers } = self.plan(&self.points[chase.point], chase.door, &chase.not);
        if let Some(blockers) = blockers {
            self.proofs.entry(chase.point).or_default().push((chase.door, blockers));
        }
        self.push(chase, base, urls);
    }

    /// What requests for a point are made of, by one way in and without what is in the way.
    fn plan(&self, point: &Point, door: usize, not: &[(Want, Span)]) -> Plan {
        let door = &self.doors[door];
        let mut blockers = None;
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
        paths.extend(not.iter().map(|(want, _)| want.clone()));
        let files = of(|of| *of == Of::File);
        let names = of(|of| *of == Of::Name);
        let mut urls: Vec<String> = Vec::new();
        if let Some((pattern, output)) = &point.image {
            urls.extend(self.images(pattern, output, &paths, door.server));
        }
        if files.is_empty() && names.is_empty() {
            match self.solver.text(PATH, &paths) {
                Solved::Found(text) => {
                    urls.extend(self.plainer(&paths, &text).map(|plainer| escaped(&plainer)));
                    urls.push(escaped(&text));
                    // and what is below it, and not the thing itself
                    let longer = [paths.as_slice(), &[Want::no(PatternKind::Text, text)]].concat();
                    if self.points.len() <= MANY
                        && let Solved::Found(text) = self.solver.text(PATH, &longer)
                    {
                        urls.push(escaped(&text));
                    }
                }
                Solved::Unknown => urls.extend(self.loose(&paths)),
                // the text that is tried may be none of a URL's
                Solved::Empty => {
                    let domain = self.passed.domain(point.line);
                    match self.solver.text(domain, &paths) {
                        Solved::Empty => blockers = Some(self.blockers(domain, &own_paths, not)),
                        Solved::Found(text) if text.starts_with(b"/") => urls.push(escaped(&text)),
                        _ => {}
                    }
                }
            }
        } else {
            urls.extend(self.files_for(&files, &names, &paths, door.server));
        }
        Plan { base, urls, blockers }
    }

    /// A path that is as wanted and has no hidden name, where the shortest has one: those are often refused for that.
    fn plainer(&self, wants: &[Want], shortest: &[u8]) -> Option<BString> {
        if !shortest.contains_str("/.") {
            return None;
        }
        let hidden = Want::no(PatternKind::Regex { icase: false }, r"/\.");
        match self.solver.text(PATH, &[wants, &[hidden]].concat()) {
            Solved::Found(text) => Some(text),
            _ => None,
        }
    }

    /// Requests for a line, at these paths.
    pub(super) fn push(&mut self, chase: Chase, base: Ask, urls: Vec<String>) {
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
    pub(super) fn blockers(&self, domain: &str, own: &[Want], not: &[(Want, Span)]) -> Vec<Span> {
        let mut kept = not.to_vec();
        for one in not {
            let less: Vec<(Want, Span)> = kept.iter().filter(|other| *other != one).cloned().collect();
            let wants: Vec<Want> = own.iter().cloned().chain(less.iter().map(|(want, _)| want.clone())).collect();
            if self.solver.text(domain, &wants) == Solved::Empty {
                kept = less;
            }
        }
        kept.into_iter().map(|(_, line)| line).collect()
    }

    /// Paths for patterns with look-around, which the engine will judge.
    pub(super) fn loose(&self, wants: &[Want]) -> Vec<String> {
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
            Solved::Found(text) => vec![escaped(&text)],
            _ => Vec::new(),
        }
    }

    /// The URLs of files that are as wanted.
    pub(super) fn files_for(
        &self,
        files: &[Want],
        names: &[Want],
        paths: &[Want],
        server: Option<Span>,
    ) -> Vec<String> {
        let [as_file, as_name, as_path] = [files, names, paths].map(|wants| self.solver.sieve(wants));
        let mut found: Vec<String> = Vec::new();
        let add = |file: &[u8], found: &mut Vec<String>| {
            for (mapping, url) in self.maps.to(file) {
                let own = mapping.server.is_none() || mapping.server == server;
                if own && url.starts_with(b"/") && as_path.passes(&url) {
                    let url = escaped(&url);
                    if !found.contains(&url) {
                        found.push(url);
                    }
                }
            }
        };
        for entry in self.mapped_entries() {
            let name = entry.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
            let inner = entry.path.trim_end_with(|c| c == '/');
            let own = if entry.dir { &entry.path[..] } else { inner };
            let is_named = names.is_empty() || !entry.dir && as_name.passes(name);
            if is_named && (as_file.passes(own) || as_file.passes(inner)) {
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
            for entry in self.mapped_entries().filter(|e| e.dir) {
                let path = [entry.path.as_slice(), &name].concat();
                if as_file.passes(&path) {
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
            if let Some(plainer) = self.plainer(files, &path) {
                add(&plainer, &mut found);
            }
            add(&path, &mut found);
        }
        found
    }

    /// The entries of the tree that a URL may lead to, by what is known.
    fn mapped_entries(&self) -> impl Iterator<Item = &Entry> {
        let all = self.mapped.get_or_init(|| {
            // those below the same directory stand together
            let mut below: Vec<Range<usize>> = Vec::new();
            let files: BTreeSet<&BString> = self.maps.all().iter().map(|mapping| &mapping.file).collect();
            for file in files {
                let first = self.tree.partition_point(|entry| entry.path < *file);
                let some = self.tree[first..].iter().take_while(|entry| entry.path.starts_with(file)).count();
                match below.last_mut().filter(|last| first <= last.end) {
                    Some(last) => last.end = last.end.max(first + some),
                    None => below.push(first..first + some),
                }
            }
            below
        });
        all.iter().flat_map(|some| self.tree.get(some.clone()).unwrap_or_default())
    }

    /// URLs that a rule makes the paths of files of.
    pub(super) fn images(&self, pattern: &[u8], output: &[u8], paths: &[Want], server: Option<Span>) -> Vec<String> {
        let mut found = Vec::new();
        let Some(image) = super::image::Image::new(pattern, output) else { return found };
        for entry in self.tree.iter().take(FILES) {
            let targets =
                self.maps.to(&entry.path).filter(|(m, _)| m.server.is_none() || m.server == server).map(|(_, url)| url);
            for target in targets.chain([entry.path.to_vec()]) {
                let Some(text) = image.leading_to(&target) else { continue };
                let text = if text.starts_with(b"/") { text } else { [b"/".as_slice(), &text].concat() };
                if paths.iter().all(|want| self.solver.matches(want, &text) != Some(false)) {
                    found.push(escaped(&text));
                }
            }
            if found.len() >= 4 {
                break;
            }
        }
        found
    }
}
