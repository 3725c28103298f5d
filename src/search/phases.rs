//! What a search asks, one after the other: the front pages, the files, each request by each way in and varied, other
//! spellings, and all of it at once for lines that nothing less reached.

use super::ask::Ask;
use super::doors::Door;
use super::explore::{Search, Take};
use super::maps::Mapping;
use super::notes::Notes;
use super::round::ROUND;
use super::vary::{Vary, spellings};
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::ByteSlice;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

/// How many requests each phase makes at most, so that all have their turn.
const BESIEGED: usize = 40_000;
pub(super) const FILES: usize = 6_000;
const CROSSED: usize = 16_000;
const SPELLED: usize = 12_000;
/// How many files are gone through at a time.
const ENTRIES: usize = 256;
/// How many requests are looked at again for what has not been turned.
const AGAIN: usize = 300;

impl Search<'_> {
    /// What was kept is looked at again, for the lines that have not gone both ways yet.
    pub(super) fn turn_again(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let kept: Vec<Ask> = self.kept.iter().take(AGAIN).cloned().collect();
        for some in kept.chunks(ROUND) {
            let until = self.purse.until;
            let noted = self.rounds.map_until(until, &self.run, some, |run, ask| {
                let mut notes = Notes::default();
                (run.observe(&ask.request(), &mut notes), notes.0)
            });
            for (ask, noted) in some.iter().zip(noted) {
                let Some((outcome, notes)) = noted else { return ControlFlow::Continue(()) };
                self.turn(ask, &outcome, &notes);
                self.drain(take)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// All spellings and variations at once, for lines that nothing less reached.
    pub(super) fn besiege(&mut self, lines: &[Span], take: &mut Take<'_>) -> ControlFlow<()> {
        let mut left = BESIEGED / self.scale();
        for line in lines {
            let points = self.by_line.get(line).cloned().unwrap_or_default();
            let mut bases: Vec<Ask> =
                points.iter().filter_map(|point| self.made.get(point)).flatten().cloned().collect();
            bases.extend(self.kept.iter().filter(|ask| ask.weight().0 == 0).take(60).cloned());
            let varied = self.varied.clone();
            for base in &bases {
                let paths = std::iter::once(base.path.clone()).chain(spellings(&base.path));
                let all = paths.flat_map(|path| varied.iter().map(move |vary| vary.of(&base.at(path.clone()))));
                let some: Vec<Ask> = all.take(left).collect();
                left -= some.len();
                self.each(some, take)?;
            }
            self.drain(take)?;
        }
        ControlFlow::Continue(())
    }

    pub(super) fn front(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let users = self.site.directives().any(|d| d.name().eq_ignore_ascii_case(b"UserDir"));
        let mut paths: Vec<String> = vec!["/".into(), "/no-such-page".into()];
        if users {
            let root = Cred::root();
            let homes = resolve::list(self.site.vfs(), &root, b"/home").unwrap_or_default();
            let names = homes.iter().filter_map(|name| name.to_str().ok()).take(6).chain(["u", "www-data"]);
            paths.extend(names.flat_map(|name| [format!("/~{name}/"), format!("/~{name}/x")]));
        }
        let doors = self.doors.clone();
        self.each(doors.iter().flat_map(|door| paths.iter().map(|path| door.ask(path))), take)
    }

    /// How large the configuration is: a request costs as much more.
    pub(super) fn scale(&self) -> usize {
        (self.points.len() / 500).max(1)
    }

    /// The files of a mapping that was learned.
    pub(super) fn mapped(&mut self, mapping: &Mapping, ask: &Ask) {
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

    /// All files, through all mappings: those that were learned meanwhile, too.
    pub(super) fn files(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let doors = self.open_doors();
        let mut left = FILES / self.scale();
        for entries in self.tree.clone().chunks(ENTRIES) {
            let urls = entries.iter().flat_map(|entry| self.maps.to(&entry.path));
            let urls = urls.filter(|(_, url)| url.starts_with(b"/"));
            let asks = urls.flat_map(|(map, url)| {
                let own = |door: &&Door| map.server.is_none() || door.server == map.server;
                let url = super::ask::escaped(&url);
                doors.iter().filter(own).take(8).map(|door| door.ask(&url)).collect::<Vec<Ask>>()
            });
            let asks: Vec<Ask> = asks.take(left).collect();
            left -= asks.len();
            self.each(asks, take)?;
        }
        ControlFlow::Continue(())
    }

    /// The ways in by which there is an answer at all.
    pub(crate) fn open_doors(&self) -> Vec<Door> {
        let open = |d: &&Door| self.useful.contains(&(d.tls, d.port, d.local));
        self.doors.iter().filter(open).cloned().collect()
    }

    /// Whether there is an answer by a way in.
    pub(crate) fn is_open(&self, door: &Door) -> bool {
        self.useful.is_empty() || self.useful.contains(&(door.tls, door.port, door.local))
    }

    /// Each request that was kept, by each way in and each variation; then what is in more than one way special.
    pub(super) fn cross(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let doors = self.open_doors();
        let most = CROSSED / self.scale();
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
        let some = plain.len().min(most / 2 / special.len().max(1) + 1);
        for vary in &special {
            self.each(plain[..some].iter().map(|base| vary.of(base)), take)?;
            self.drain(take)?;
        }
        let moved = plain.iter().flat_map(|base| doors.iter().map(|door| door.moved(base)));
        self.each(moved.take(most.saturating_sub(some * special.len())), take)?;
        self.drain(take)?;
        // a second time over those that are special already
        let bases = bases.iter().filter(|ask| ask.weight().0 > 0);
        self.each(bases.flat_map(|base| special.iter().map(|vary| vary.of(base))).take(most / 2), take)?;
        self.drain(take)
    }

    /// Another order for another seed.
    pub(super) fn shuffle(&self, asks: &mut [Ask]) {
        if self.purse.seed > 0 {
            asks.sort_by_cached_key(|ask| {
                let mut hasher = DefaultHasher::new();
                (self.purse.seed, ask).hash(&mut hasher);
                hasher.finish()
            });
        }
    }

    /// Other spellings of what was kept.
    pub(super) fn spell(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let mut bases = self.kept.clone();
        bases.sort_by_key(Ask::weight);
        self.shuffle(&mut bases);
        let spelled = bases.iter().flat_map(|base| spellings(&base.path).into_iter().map(|path| base.at(path)));
        self.each(spelled.take(SPELLED / self.scale()), take)
    }
}
