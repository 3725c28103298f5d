//! What a search asks, one after the other: the front pages, the files, each request by each way in and varied, other
//! spellings, and all of it at once for lines that nothing less reached.

use super::ask::Ask;
use super::doors::Door;
use super::explore::{Search, Take};
use super::maps::Mapping;
use super::notes::Notes;
use super::vary::{Vary, spellings};
use crate::clock;
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
/// How many requests are looked at again for what has not been turned.
const AGAIN: usize = 300;

impl Search<'_> {
    /// What was kept is looked at again, for the lines that have not gone both ways yet.
    pub(super) fn turn_again(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let kept: Vec<Ask> = self.kept.iter().take(AGAIN).cloned().collect();
        for ask in kept {
            if clock::is_over(self.purse.until) {
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

    pub(super) fn front(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
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

    /// All files, through all mappings.
    pub(super) fn files(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
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

    /// Whether there is an answer by a way in.
    pub(crate) fn is_open(&self, door: &Door) -> bool {
        self.useful.is_empty() || self.useful.contains(&(door.tls, door.port, door.local))
    }

    /// Each request that was kept, by each way in and each variation; then what is in more than one way special.
    pub(super) fn cross(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
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
}
