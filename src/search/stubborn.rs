//! Files that no plain request gets: of those that the same lines keep back, a few are hunted for; where there is a way past
//! the lines, it is tried for all of them.

use super::ask::Ask;
use super::denial::{denial, named, refusing};
use super::ground::Ground;
use super::hunt::Hunt;
use super::reach::Reached;
use super::shown::Thing;
use super::space::Terms;
use crate::vfs::{Cred, resolve};
use bstr::BString;
use std::collections::BTreeMap;
use std::time::Instant;

/// How many files of those that the same lines keep back are hunted for, and with how many requests.
const SAMPLES: usize = 3;
const EACH: usize = 1_500;
/// How many the way past is tried for.
const MEMBERS: usize = 2_000;

/// Files, each with a request that is refused.
type Members = Vec<(BString, Ask)>;

/// Adds what can be got past the lines that keep it back.
pub(crate) fn past(ground: &Ground<'_>, reached: &mut Reached, terms: &Terms, most: usize, until: Option<Instant>) {
    let site = ground.search.site();
    let run = &ground.search.run;
    let mut groups: BTreeMap<Vec<(String, u32)>, Members> = BTreeMap::new();
    for (number, ask) in &reached.kept {
        let (Some(ask), Some(entry)) = (ask, ground.tree.get(*number).filter(|entry| !entry.dir)) else { continue };
        let Ok(real) = resolve::realpath(site.vfs(), &Cred::root(), &entry.path) else { continue };
        if reached.shown.contains_key(&real) {
            continue;
        }
        let lines = refusing(run, &run.ask(&ask.request()));
        let key = named(run.sources(), &lines);
        let members = groups.entry(key).or_default();
        if !lines.is_empty() && members.len() < MEMBERS {
            members.push((real, ask.clone()));
        }
    }
    let mut left = most;
    let mut got: Vec<(BString, super::shown::How, Ask)> = Vec::new();
    for members in groups.values() {
        let step = (members.len() / SAMPLES).max(1);
        let mut sample = None;
        for (_, ask) in members.iter().step_by(step).take(SAMPLES) {
            let Ok(kept) = denial(site, run, ask) else { continue };
            let (found, asked, late) = Hunt::new(ground, &kept, terms, EACH.min(left), until).first();
            left = left.saturating_sub(asked);
            reached.asked += asked;
            reached.whole &= !late;
            if found.is_some_and(|found| found.proved) {
                sample = Some(kept);
                break;
            }
        }
        let Some(sample) = sample else { continue };
        for (real, ask) in members {
            let thing = Thing::File(real.clone());
            let kept = super::denial::Denial { ask: ask.clone(), thing, ..sample.clone() };
            let (found, asked, late) = Hunt::new(ground, &kept, terms, EACH.min(left), until).first();
            left = left.saturating_sub(asked);
            reached.asked += asked;
            reached.whole &= !late;
            if let Some((found, how)) = found.filter(|found| found.proved).and_then(|found| {
                let how = super::shown::shown(site, &found.ask.method, &found.outcome)?.1;
                Some((found, how))
            }) {
                got.push((real.clone(), how, found.ask));
            }
            if late || left == 0 {
                break;
            }
        }
    }
    for (real, how, ask) in got {
        reached.note(real, how, ask);
    }
}
