//! Every file with the request that gets it.

use super::ask::Ask;
use super::doors::Door;
use super::ground::is_refusal;
use super::routes::{Routes, Way};
use super::shown::{How, Thing, shown};
use super::space::Terms;
use super::tree::Entry;
use crate::clock;
use crate::run::Run;
use crate::site::Site;
use bstr::BString;
use std::collections::BTreeMap;
use std::time::Instant;

/// How many entries are gone through at a time.
pub(crate) const PIECE: usize = 400;

/// What is known of the files.
#[derive(Default)]
pub(crate) struct Reached {
    /// Each file or directory that a visitor gets, by its path without links.
    pub shown: BTreeMap<BString, (How, Ask)>,
    /// Entries that no request got, by their numbers, with the first request that was refused, or else asked.
    pub kept: BTreeMap<usize, Option<Ask>>,
    /// How many requests were asked.
    pub asked: usize,
    /// Whether there was time for all.
    pub whole: bool,
}

impl Reached {
    /// Notes what a request got: a file that is sent says more than one that is run.
    pub(crate) fn note(&mut self, file: BString, how: How, ask: Ask) {
        match self.shown.get_mut(&file) {
            Some((known, first)) => {
                if (how, ask.weight(), &ask) < (*known, first.weight(), &*first) {
                    (*known, *first) = (how, ask);
                }
            }
            None => drop(self.shown.insert(file, (how, ask))),
        }
    }

    /// Adds what another piece found.
    pub(crate) fn add(&mut self, other: Reached) {
        for (file, (how, ask)) in other.shown {
            self.note(file, how, ask);
        }
        self.kept.extend(other.kept);
        self.asked += other.asked;
        self.whole &= other.whole;
    }
}

/// What the pieces have in common.
pub(crate) struct Pass<'p> {
    pub site: &'p Site,
    pub routes: &'p Routes,
    pub doors: &'p [Door],
    pub terms: &'p Terms,
    pub until: Option<Instant>,
    /// How many requests a piece may ask.
    pub most: usize,
}

impl Pass<'_> {
    /// Goes through entries, each with its number, by all ways.
    pub(crate) fn through(&self, run: &Run, entries: &[(usize, Entry)]) -> Reached {
        let mut reached = Reached { whole: true, ..Reached::default() };
        if clock::is_over(self.until) {
            reached.whole = false;
            return reached;
        }
        for (number, entry) in entries {
            let mut ways = self.routes.to(&entry.path);
            // what MultiViews would find by a shorter name comes last
            let mut shorter: Vec<Way> = ways.clone();
            shorter.retain_mut(|way| self.routes.multiviews && !entry.dir && without_extensions(&mut way.path));
            ways.extend(shorter);
            self.entry(run, *number, entry, &ways, &mut reached);
        }
        reached
    }

    fn entry(&self, run: &Run, number: usize, entry: &Entry, ways: &[Way], reached: &mut Reached) {
        let mut refused: Option<(bool, Ask)> = None;
        let mut got = false;
        'ways: for way in ways {
            for door in self.doors.iter().filter(|door| way.scope.takes(door)) {
                if reached.asked >= self.most {
                    reached.whole = false;
                    break 'ways;
                }
                let Some(ask) = self.terms.within(way.ask(door)) else { continue };
                reached.asked += 1;
                clock::tick();
                let outcome = run.ask(&ask.request());
                let own = outcome.file.as_ref().is_some_and(|file| {
                    file.strip_suffix(b"/").unwrap_or(file) == entry.path.strip_suffix(b"/").unwrap_or(&entry.path)
                });
                match shown(self.site, &ask.method, &outcome) {
                    Some((Thing::File(file), how)) => {
                        got |= own;
                        reached.note(file, how, ask);
                        if own && how != How::Program || entry.dir && how == How::Static {
                            break 'ways;
                        }
                    }
                    Some(_) => {}
                    None => {
                        let telling = own && is_refusal(&outcome);
                        if refused.as_ref().is_none_or(|(known, _)| telling && !known) {
                            refused = Some((telling, ask));
                        }
                    }
                }
            }
        }
        if !got {
            reached.kept.insert(number, refused.map(|(_, ask)| ask));
        }
    }
}

/// Cuts the extensions off. Whether there were any.
fn without_extensions(path: &mut String) -> bool {
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let dot = path[start..].char_indices().skip(1).find(|(_, c)| *c == '.').map(|(at, _)| start + at);
    dot.map(|at| path.truncate(at)).is_some()
}
