//! Requests that get what others are refused: for each group of lines that refuse, a short hunt.

use super::facts::{Seen, Shown};
use crate::clock;
use crate::search::ask::Ask;
use crate::search::denial::{Denial, denial, denial_by, named, opened, refusing};
use crate::search::explore::Purse;
use crate::search::ground::Ground;
use crate::search::hunt::{Found, Hunt};
use crate::search::space::Terms;
use crate::site::Site;
use crate::source::Span;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// How many requests all hunts together may ask.
const TOGETHER: usize = 60_000;
/// How many refusals by the same lines are hunted for, and how many there may be in all.
const EACH: usize = 3;
const ALL: usize = 240;
/// How many refusals are looked into by themselves, where the site that refuses nobody doesn't tell.
const ALONE: usize = 12;
/// How many requests a hunt may ask.
const REQUESTS: usize = 1_500;

/// How many requests find out by which other URLs files that are had are refused.
const OTHERS: usize = 4_000;

/// A request that gets through.
pub(crate) struct Past {
    /// What it gets past.
    pub denial: Rc<Denial>,
    pub found: Found,
}

/// For all that is refused in a pool of requests.
pub(super) fn hunt(site: &Site, ground: &Ground<'_>, pool: &[Seen], files: &[Shown], purse: Purse) -> Vec<Past> {
    let run = &ground.search.run;
    let late = || clock::is_over(purse.until);
    let mut groups: BTreeMap<Vec<(String, u32)>, Vec<Ask>> = BTreeMap::new();
    let mut all: Vec<Span> = Vec::new();
    let mut put = |ask: &Ask, lines: Vec<Span>| {
        if !lines.is_empty() {
            all.extend(&lines);
        }
        // what is refused for an odd header, query or method is no denial of what is behind the URL
        if !lines.is_empty() && is_plain(ask) {
            let group = groups.entry(named(run.sources(), &lines)).or_default();
            if group.len() < 8 * EACH && !group.contains(ask) {
                group.push(ask.clone());
            }
        }
    };
    for ask in elsewhere(ground, files) {
        put(&ask, refusing(run, &run.ask(&ask.request())));
    }
    pool.iter().for_each(|seen| put(&seen.ask, refusing(run, &seen.outcome)));
    all.sort_unstable();
    all.dedup();
    let Some(open) = opened(site, run, &all) else { return Vec::new() };
    let (lore, solver, terms) = (ground.lore(), &ground.search.solver, Terms::default());
    let (mut found, mut left, mut alone, mut requests) = (Vec::new(), ALL, ALONE, TOGETHER);
    for group in groups.into_values() {
        let mut known: Vec<Rc<Denial>> = Vec::new();
        for ask in group {
            if known.len() >= EACH || left == 0 || requests == 0 || late() {
                break;
            }
            let one = denial_by(site, run, &open, &ask).or_else(|| {
                alone = alone.checked_sub(1)?;
                denial(site, run, &ask).ok()
            });
            let Some(one) = one else { continue };
            if known.iter().any(|other| other.thing == one.thing && other.part == one.part) {
                continue;
            }
            left -= 1;
            let one = Rc::new(one);
            known.push(one.clone());
            let (results, asked, _) =
                Hunt::new(&lore, run, solver, &one, &terms, Purse { requests: REQUESTS.min(requests), ..purse })
                    .plain();
            requests = requests.saturating_sub(asked);
            let mut met = HashSet::new();
            let results = results.into_iter().filter(|result| result.proved && met.insert(result.by));
            found.extend(results.map(|result| Past { denial: one.clone(), found: result }));
        }
    }
    found
}

/// Other requests for files that are had.
pub(super) fn elsewhere(ground: &Ground<'_>, files: &[Shown]) -> Vec<Ask> {
    let mut found = Vec::new();
    for file in files {
        for way in ground.routes.to(&file.path) {
            let doors = ground.doors.iter().filter(|door| way.scope.takes(door)).take(8);
            found.extend(doors.map(|door| way.ask(door)).filter(|ask| *ask != file.ask));
        }
        if found.len() >= OTHERS {
            break;
        }
    }
    found
}

fn is_plain(ask: &Ask) -> bool {
    ask.weight().0 == usize::from(ask.local.is_some())
}
