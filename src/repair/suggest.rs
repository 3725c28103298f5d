//! One small change that gives a better answer, or the one that a test fits: the first of the likeliest candidates.

use super::causes::{of_cause, of_near};
use super::change::Change;
use crate::outcome::Outcome;
use crate::reason::{self, Case, Cause, Near};
use crate::run::Run;
use crate::site::Edit;
use crate::source::{SourceMap, Span};

/// How many candidates are tried at most, and how many lines are read again for them in all.
const TRIED: usize = 12;
const LINES: usize = 100_000;
/// How many are offered.
const OFFERED: usize = 2;

/// A change that was tried.
#[derive(Clone, Debug)]
pub(crate) struct Suggestion {
    /// What is done.
    pub change: Change,
    /// The edits that do it.
    pub edits: Vec<Edit>,
    /// The answer with them.
    pub outcome: Outcome,
    /// The texts with them, which that answer's places are in.
    pub sources: SourceMap,
}

/// Changes that give a better answer, the likeliest first.
pub(crate) fn suggestions(case: &Case<'_>, causes: &[Cause], near: &[Near]) -> Vec<Suggestion> {
    // where an answer is not certain, another one would not be either
    if !case.outcome.caveats.is_empty() {
        return Vec::new();
    }
    let most = (LINES / case.site.directives().take(LINES).count().max(1)).min(TRIED);
    let candidates = causes.iter().flat_map(|c| of_cause(case, c)).chain(near.iter().flat_map(|n| of_near(case, n)));
    let mut found: Vec<Suggestion> = Vec::new();
    for change in candidates.take(most) {
        let edits = change.edits(case);
        let Some((outcome, sources)) = tried(case, &edits) else { continue };
        if is_better(case.outcome, &outcome) && !found.iter().any(|f| f.edits == edits) {
            found.push(Suggestion { change, edits, outcome, sources });
        }
        if found.len() == OFFERED {
            break;
        }
    }
    found
}

/// The first change with which a run of the site is as `fits` wants it: without a line that decided, else one of those that
/// are suggested otherwise.
pub(crate) fn fitting(
    case: &Case<'_>,
    causes: &[Cause],
    near: &[Near],
    fits: &dyn Fn(&Run) -> bool,
) -> Option<Suggestion> {
    let most = (LINES / case.site.directives().take(LINES).count().max(1)).min(TRIED);
    let mut deciders: Vec<Span> = case.outcome.decided_by.iter().map(|d| d.span).collect();
    deciders.sort_by_key(|line| reason::is_usual(case.sources, *line));
    let deciders = deciders.into_iter().map(|line| Change::Remove { line });
    let others = near.iter().flat_map(|n| of_near(case, n)).chain(causes.iter().flat_map(|c| of_cause(case, c)));
    deciders.chain(others).take(most).find_map(|change| {
        let edits = change.edits(case);
        let run = case.site.with(&edits).ok().filter(|_| !edits.is_empty())?.start().ok()?;
        fits(&run).then(|| {
            let (outcome, sources) = (run.ask(case.ask), run.sources().clone());
            Suggestion { change, edits, outcome, sources }
        })
    })
}

/// The answer with some edits; none where httpd would not start with them.
fn tried(case: &Case<'_>, edits: &[Edit]) -> Option<(Outcome, SourceMap)> {
    if edits.is_empty() {
        return None;
    }
    let site = case.site.with(edits).ok()?;
    let run = site.start().ok()?;
    Some((run.ask(case.ask), run.sources().clone()))
}

fn is_better(before: &Outcome, after: &Outcome) -> bool {
    let served = |o: &Outcome| (1..400).contains(&o.status);
    let same = before.status == after.status
        && before.handler == after.handler
        && before.file == after.file
        && before.location == after.location;
    served(after) && !same && after.caveats.is_empty() && after.location != Some(before.url.clone())
}
