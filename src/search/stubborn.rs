//! Files that no plain request gets: of those that the same lines keep back, a few are hunted for; where there is a way past
//! the lines, it is tried for all of them.

use super::ask::Ask;
use super::denial::{Denial, denial, named, refusing};
use super::explore::Purse;
use super::ground::{Ground, Lore};
use super::hunt::Hunt;
use super::reach::Reached;
use super::shown::{How, Thing, shown};
use super::solve::Solver;
use super::space::Terms;
use crate::cores;
use crate::run::Run;
use crate::vfs::{Cred, resolve};
use bstr::BString;
use std::collections::BTreeMap;

/// How many files of those that the same lines keep back are hunted for, and with how many requests.
const SAMPLES: usize = 3;
const EACH: usize = 1_500;
/// How many the way past is tried for.
const MEMBERS: usize = 2_000;

/// Files, each with a request that is refused.
type Members = Vec<(BString, Ask)>;

/// Adds what can be got past the lines that keep it back.
pub(crate) fn past(ground: &Ground<'_>, reached: &mut Reached, terms: &Terms, purse: Purse) {
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
    let groups: Vec<Members> = groups.into_values().collect();
    let lore = ground.lore();
    let one = Purse { jobs: Some(1), ..purse };
    let mut left = purse.requests;
    // that there is no budget left ends it
    let _ = cores::in_order(
        purse.jobs,
        run,
        &groups,
        |run, members| past_group(&lore, run, members, terms, one),
        |got: Got| {
            left = left.checked_sub(got.asked).ok_or(())?;
            reached.asked += got.asked;
            reached.whole &= !got.late;
            got.files.into_iter().for_each(|(real, how, ask)| reached.note(real, how, ask));
            Ok::<(), ()>(())
        },
    );
}

/// What was got of a group.
#[derive(Default)]
struct Got {
    files: Vec<(BString, How, Ask)>,
    asked: usize,
    /// Whether the time was over.
    late: bool,
}

fn past_group(lore: &Lore<'_>, run: &Run, members: &Members, terms: &Terms, purse: Purse) -> Got {
    let (site, solver) = (lore.site, Solver::default());
    let mut got = Got::default();
    let hunt = |kept: &Denial, got: &mut Got| {
        let requests = EACH.min(purse.requests.saturating_sub(got.asked));
        let (found, asked, late) = Hunt::new(lore, run, &solver, kept, terms, Purse { requests, ..purse }).first();
        got.asked += asked;
        got.late |= late;
        found.filter(|found| found.proved)
    };
    let step = (members.len() / SAMPLES).max(1);
    let sample = members.iter().step_by(step).take(SAMPLES).find_map(|(_, ask)| {
        let kept = denial(site, run, ask).ok()?;
        hunt(&kept, &mut got).map(|_| kept)
    });
    let Some(sample) = sample else { return got };
    for (real, ask) in members {
        let kept = Denial { ask: ask.clone(), thing: Thing::File(real.clone()), ..sample.clone() };
        if let Some(found) = hunt(&kept, &mut got)
            && let Some((_, how)) = shown(site, &found.ask.method, &found.outcome)
        {
            got.files.push((real.clone(), how, found.ask));
        }
        if got.late || got.asked >= purse.requests {
            break;
        }
    }
    got
}
