//! Trying changes until some give the answer that is wanted: one at first, then two.

use super::change::{Change, whole_line};
use super::goal::Goal;
use super::ground::Ground;
use super::guard::Guard;
use super::pool::Others;
use super::{causes, compose, lines, settle, usual, wanted};
use crate::clock;
use crate::cores::Rounds;
use crate::outcome::Outcome;
use crate::reason::{self, Case};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::{Edit, Site};
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;
use std::time::Instant;

/// How many changes are tried at most, and how many lines are read again for them in all.
const TRIED: usize = 4_000;
const LINES: usize = 2_000_000;
/// How many that fit are enough to choose from.
const ENOUGH: usize = 24;
/// How many are tried at a time.
const ROUND: usize = 16;
/// How many first steps are gone on from, and how many second ones are tried for each.
const FIRST: usize = 8;
const SECOND: usize = 300;

/// What gives the answer that is wanted.
pub(crate) struct Repair {
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// The edits of the texts as they are.
    pub edits: Vec<Edit>,
    /// The answer with them.
    pub outcome: Outcome,
    /// The texts with them, which that answer's places are in.
    pub sources: SourceMap,
    /// The other requests that are answered otherwise, by their numbers, each with its answer then.
    pub also: Vec<(usize, Outcome)>,
}

/// One change, and the texts that it is made in.
#[derive(Clone)]
pub(crate) struct Step {
    /// What is done.
    pub change: Change,
    /// The texts before it.
    pub sources: SourceMap,
    /// What was edited before it, in the first texts.
    before: Option<(SourceMap, Vec<Edit>)>,
}

impl Step {
    /// A line by the name that it has in the first texts.
    pub(crate) fn place(&self, span: Span) -> String {
        let Some((sources, edits)) = &self.before else { return self.sources.place(span) };
        let name = self.sources.file(span.file).shown().to_string();
        match compose::line_before(sources, edits, &self.sources, (span.file, span.start)) {
            Some(line) => format!("{name}:{line}"),
            None => "added".into(),
        }
    }
}

/// What came of the search.
pub(crate) struct Found {
    /// What fits, that which changes least else first.
    pub repairs: Vec<Repair>,
    /// How many changes were tried.
    pub tried: usize,
    /// The line that closes on purpose what some changes would have opened.
    pub closed: Option<Span>,
    /// Whether some would have opened what is closed on purpose.
    pub withheld: usize,
    /// Why not all were tried.
    pub stopped: Option<Stopped>,
}

/// Why a search ended before all was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stopped {
    /// There are enough.
    Limit,
    /// It would take too many tries.
    Budget,
    /// The time is over.
    Time,
    /// Whoever waited for it wanted no more.
    Interrupted,
}

/// A change that is to be tried, with the edits that make it: of the texts that it is made in, and of the first ones.
struct Attempt {
    change: Change,
    own: Vec<Edit>,
    edits: Vec<Edit>,
}

/// What becomes of the site.
struct Made {
    site: Site,
    run: Run,
    outcome: Outcome,
    /// How much is missing.
    score: (usize, u8),
    /// The other requests that are answered otherwise, where nothing is missing.
    also: Vec<(usize, Outcome)>,
}

/// A change that was tried.
struct Tried {
    steps: Vec<Step>,
    edits: Vec<Edit>,
    made: Made,
}

/// An edit: its file, its range and its text.
type Key = (u32, u32, u32, Vec<u8>);

struct Search<'a> {
    goal: &'a Goal,
    guard: Guard<'a>,
    seen: HashSet<Vec<Key>>,
    tried: usize,
    most: usize,
    withheld: usize,
    until: Option<Instant>,
    late: bool,
    others: &'a Others,
    rounds: Rounds,
}

/// Changes with which a case's answer is as wanted; none is tried that is not begun before `until`.
pub(crate) fn repair(
    case: &Case<'_>,
    goal: &Goal,
    others: &Others,
    until: Option<Instant>,
    jobs: Option<usize>,
) -> Found {
    let why = reason::causes(case);
    let length = case.site.directives().take(LINES).count().max(1);
    let guard = Guard::of(case, &why);
    let most = (LINES / length).clamp(50, TRIED);
    let (seen, rounds, late) = (HashSet::new(), Rounds::new(jobs), false);
    let mut search = Search { goal, guard, seen, tried: 0, most, withheld: 0, until, late, others, rounds };
    let ground = Ground::of(case, goal);
    let (mut fits, mut partial) = (Vec::new(), Vec::new());
    let base = score(goal, case.outcome, case.sources);
    let stages: [&dyn Fn() -> Vec<Change>; 3] = [&|| wanted::root(&ground), &|| likely(&ground), &|| possible(&ground)];
    for stage in stages.iter().filter(|_| base.0 > 0) {
        if fits.is_empty() {
            search.stage(&ground, stage(), None, base, &mut fits, &mut partial);
        }
    }
    if fits.is_empty() && base.0 > 0 {
        partial.sort_by_key(|t: &Tried| t.made.score);
        let mut seen = HashSet::new();
        partial.retain(|Tried { made: Made { outcome, score, .. }, .. }| {
            let handler = outcome.handler.as_ref().map(ToString::to_string);
            seen.insert((outcome.status, outcome.file.clone(), handler, *score))
        });
        for first in partial.into_iter().take(FIRST) {
            search.second(case, &first, &mut fits);
            if search.late || fits.len() >= ENOUGH {
                break;
            }
        }
    }
    if fits.is_empty() && base.0 > 0 {
        search.stage(&ground, wanted::forced(&ground), None, base, &mut fits, &mut Vec::new());
    }
    let stopped = match () {
        () if fits.len() >= ENOUGH => Some(Stopped::Limit),
        () if search.late && clock::is_interrupted() => Some(Stopped::Interrupted),
        () if search.late => Some(Stopped::Time),
        () if search.tried >= search.most => Some(Stopped::Budget),
        () => None,
    };
    let (closed, withheld, tried) = (search.guard.line(), search.withheld, search.tried);
    Found { repairs: ranked(fits), tried, closed, withheld, stopped }
}

/// What an administrator would look at first.
fn likely(ground: &Ground<'_>) -> Vec<Change> {
    let case = ground.case;
    let (why, near) = (reason::causes(case), reason::nearly(case));
    let mut found = wanted::access(ground);
    found.extend(why.iter().flat_map(|cause| causes::of_cause(case, cause)));
    found.extend(near.iter().flat_map(|near| causes::of_near(case, near)));
    found.extend(near.iter().flat_map(|near| causes::bolder(case, near)));
    found.extend(wanted::changes(ground));
    found.extend(lines::changes(ground));
    found
}

/// What might be missing whatever is wanted.
fn possible(ground: &Ground<'_>) -> Vec<Change> {
    let mut found = wanted::by_url(ground);
    found.extend(usual::changes(ground));
    found.extend(lines::copied(ground));
    found.extend(lines::in_sections(ground));
    found
}

/// How far an answer is from what is wanted: less is nearer.
fn score(goal: &Goal, outcome: &Outcome, sources: &SourceMap) -> (usize, u8) {
    let missing = goal.missing(outcome, sources);
    let served = goal.status().is_some_and(|status| status < 400);
    let stage = match outcome.status {
        _ if !served => 0,
        401 | 403 => 1,
        400.. => 2,
        _ => 0,
    };
    (missing, stage)
}

impl Search<'_> {
    /// Tries changes of a ground; those that fit go to `fits`, those that are nearer than `base` to `partial`.
    fn stage(
        &mut self,
        ground: &Ground<'_>,
        changes: Vec<Change>,
        before: Option<(&Case<'_>, &Tried)>,
        base: (usize, u8),
        fits: &mut Vec<Tried>,
        partial: &mut Vec<Tried>,
    ) {
        let case = ground.case;
        let mut changes = changes.into_iter();
        loop {
            let room = self.most.saturating_sub(self.tried).min(ROUND);
            let some: Vec<Attempt> =
                changes.by_ref().filter_map(|change| self.attempt(ground, change, before)).take(room).collect();
            if some.is_empty() || fits.len() >= ENOUGH {
                return;
            }
            self.tried += some.len();
            let (goal, others, guard, until, site, ask) =
                (self.goal, self.others, &self.guard, self.until, case.site, case.ask);
            let all = self.rounds.map_until(until, case.run, &some, |_, attempt| {
                clock::tick();
                made(goal, others, guard, site, ask, &attempt.own)
            });
            for (attempt, made) in some.into_iter().zip(all) {
                let Some(made) = made else {
                    self.late = true;
                    return;
                };
                let Some(made) = made.filter(|_| fits.len() < ENOUGH) else { continue };
                let wanted = made.score.0 == 0;
                if wanted && self.guard.is_opened(&made.outcome) {
                    self.withheld += 1;
                } else if wanted {
                    fits.push(tried(case, attempt, made, before));
                } else if made.score < base && partial.len() < FIRST * 8 {
                    partial.push(tried(case, attempt, made, before));
                }
            }
        }
    }

    /// The edits of a change, where it can be made and was not tried yet.
    fn attempt(&mut self, ground: &Ground<'_>, change: Change, before: Option<(&Case<'_>, &Tried)>) -> Option<Attempt> {
        let case = ground.case;
        let change = settle::settled(ground, change);
        let own: Vec<Edit> = change.edits(case).into_iter().map(|edit| whole_line(case.sources, edit)).collect();
        if own.is_empty() || own.iter().any(|edit| !case.site.is_own(edit.file)) {
            return None;
        }
        let edits = match before {
            Some((first, tried)) => compose::compose(first.sources, &tried.edits, case.sources, &own)?,
            None => own.clone(),
        };
        let key = edits.iter().map(|e| (e.file.0, e.range.start, e.range.end, e.text.to_vec())).collect();
        self.seen.insert(key).then_some(Attempt { change, own, edits })
    }

    /// Goes on from a first step.
    fn second(&mut self, first: &Case<'_>, tried: &Tried, fits: &mut Vec<Tried>) {
        let (outcome, steps) = tried.made.run.explain(first.ask);
        let case = Case {
            site: &tried.made.site,
            run: &tried.made.run,
            ask: first.ask,
            outcome: &outcome,
            steps: &steps,
            sources: tried.made.run.sources(),
        };
        let ground = Ground::of(&case, self.goal);
        let most = self.most;
        self.most = most.min(self.tried + SECOND);
        let mut changes = likely(&ground);
        changes.extend(usual::changes(&ground));
        self.stage(&ground, changes, Some((first, tried)), (0, 0), fits, &mut Vec::new());
        self.most = most;
    }
}

/// The site with a change, where httpd starts with it.
fn made(goal: &Goal, others: &Others, guard: &Guard<'_>, site: &Site, ask: &Request, own: &[Edit]) -> Option<Made> {
    let site = site.with(own).ok()?;
    let mut run = site.start().ok()?;
    if goal.asks_for_response() {
        run = run.with_response();
    }
    let outcome = run.ask(ask);
    let score = score(goal, &outcome, run.sources());
    let fits = score.0 == 0 && !guard.is_opened(&outcome);
    let also = if fits { others.changed(&run) } else { Vec::new() };
    Some(Made { site, run, outcome, score, also })
}

fn tried(case: &Case<'_>, attempt: Attempt, made: Made, before: Option<(&Case<'_>, &Tried)>) -> Tried {
    let Attempt { change, edits, .. } = attempt;
    let mut steps = before.map(|(_, tried)| tried.steps.clone()).unwrap_or_default();
    let before = before.map(|(first, tried)| (first.sources.clone(), tried.edits.clone()));
    steps.push(Step { change, sources: case.sources.clone(), before });
    Tried { steps, edits, made }
}

/// By what else they change: the least first. Of those that change as much, one that is sure, and one that does not open
/// more than it must.
fn ranked(fits: Vec<Tried>) -> Vec<Repair> {
    let mut repairs: Vec<Repair> = Vec::new();
    for Tried { steps, edits, made: Made { run, outcome, also, .. } } in fits {
        repairs.push(Repair { steps, edits, outcome, sources: run.sources().clone(), also });
    }
    repairs.sort_by_key(|r| {
        (r.also.len(), !r.outcome.caveats.is_empty(), r.steps.iter().filter(|step| is_wide(step)).count())
    });
    // what does the same by the same kind of change is one
    let mut kept: Vec<Repair> = Vec::new();
    for repair in repairs {
        if !kept.iter().any(|other| effect(other) == effect(&repair)) {
            kept.push(repair);
        }
    }
    kept
}

type Told<'o> = (u16, Option<&'o BString>, Option<&'o BString>, Option<String>);

/// What a repair does, by what kind of changes.
fn effect(repair: &Repair) -> (Vec<&'static str>, Told<'_>, Vec<(usize, Told<'_>)>) {
    fn told(o: &Outcome) -> Told<'_> {
        (o.status, o.file.as_ref(), o.location.as_ref(), o.handler.as_ref().map(ToString::to_string))
    }
    let kinds = repair.steps.iter().map(|step| step.change.kind()).collect();
    (kinds, told(&repair.outcome), repair.also.iter().map(|(n, o)| (*n, told(o))).collect())
}

/// Whether a change takes out a refusal, or grants for the whole server.
fn is_wide(step: &Step) -> bool {
    match &step.change {
        Change::Remove { line } => {
            let text = step.sources.text(*line).to_ascii_lowercase();
            text.ends_with(b"denied") || text.starts_with(b"deny")
        }
        Change::Add { line, to: super::Place::SectionEnd(section) } => {
            let grants = line.contains("granted") || line.contains("Allow from all");
            grants && step.sources.text(*section).trim_end_with(|c| c == '>').ends_with(b" /")
        }
        _ => false,
    }
}
