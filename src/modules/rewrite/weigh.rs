//! Which rules made the result: those without which the list comes to something else. A line that is taken out leaves
//! its conditions to the next rule, so that even a rule that did not match can be what keeps the next one going.

use super::list::{Action, Applied, Pass, run};
use super::{FORCED_HANDLER, FORCED_TYPE, State};
use crate::limits;
use crate::module::Phase;
use crate::server::request::Request;
use crate::server::table::Table;
use bstr::{BStr, BString};

/// What of a request rules change.
#[derive(Clone)]
pub(super) struct Saved {
    filename: Option<BString>,
    args: Option<BString>,
    path_info: Option<BString>,
    status: u16,
    env: Table,
    notes: Table,
    state: State,
}

impl Saved {
    /// As it is now.
    pub(super) fn of(r: &Request<'_>) -> Saved {
        Saved {
            filename: r.filename.clone(),
            args: r.args.clone(),
            path_info: r.path_info.clone(),
            status: r.status,
            env: r.env.clone(),
            notes: r.notes.clone(),
            state: r.rewrite.clone(),
        }
    }

    /// The same, taken out of the request, which is to be restored.
    fn take(r: &mut Request<'_>) -> Saved {
        Saved {
            filename: r.filename.take(),
            args: r.args.take(),
            path_info: r.path_info.take(),
            status: r.status,
            env: std::mem::take(&mut r.env),
            notes: std::mem::take(&mut r.notes),
            state: r.rewrite.clone(),
        }
    }

    fn restore(self, r: &mut Request<'_>) {
        r.filename = self.filename;
        r.args = self.args;
        r.path_info = self.path_info;
        r.status = self.status;
        r.env = self.env;
        r.notes = self.notes;
        r.rewrite = self.state;
    }
}

/// A rule that may have made a difference, and how things stood before it.
pub(super) struct Point {
    index: usize,
    round: i32,
    applied: Applied,
    saved: Saved,
}

/// Whether rules are weighed: not while one is, and not in subrequests of subrequests.
pub(super) fn is_wanted(r: &Request<'_>) -> bool {
    !r.engine.is_supposing() && r.main.as_ref().is_none_or(|m| m.main.is_none())
}

/// Whether the rule at `index` is still to be noted.
pub(super) fn is_new(points: &[Point], index: usize) -> bool {
    points.len() < limits::RULES_WEIGHED && points.iter().all(|p| p.index != index)
}

/// Notes the rule at `index`, which leaves a trace: it matched, or it is the neighbour of one that did. `saved` is how things stood before.
pub(super) fn note(points: &mut Vec<Point>, pass: &Pass<'_>, index: usize, saved: impl FnOnce() -> Saved) {
    if is_new(points, index) {
        points.push(Point { index, round: pass.round, applied: pass.applied.clone(), saved: saved() });
    }
}

/// Whether a rule sets variables that nobody in the list reads, and does nothing else: without it all comes to the same.
pub(super) fn leaves_no_trace(pass: &Pass<'_>, index: usize) -> bool {
    pass.rules.get(index).is_some_and(|entry| entry.rule.only_sets_environment())
        && !*pass.reads_env.get_or_init(|| pass.rules.iter().any(|entry| entry.rule.reads_env))
}

/// What a list came to, as far as an answer can tell.
struct Upshot<'r> {
    action: Action,
    filename: &'r Option<BString>,
    args: &'r Option<BString>,
    status: u16,
    path_info: &'r Option<BString>,
    forced: [Option<&'r BStr>; 2],
}

impl PartialEq for Upshot<'_> {
    fn eq(&self, other: &Self) -> bool {
        // what is empty is not compared byte by byte: processors are slow at it
        let alike = |a: &Option<BString>, b: &Option<BString>| match (a, b) {
            (Some(a), Some(b)) => a.len() == b.len() && (a.is_empty() || a == b),
            (a, b) => a.is_none() && b.is_none(),
        };
        (self.action, self.status) == (other.action, other.status)
            && alike(self.filename, other.filename)
            && alike(self.args, other.args)
            && alike(self.path_info, other.path_info)
            && self.forced == other.forced
    }
}

impl<'r> Upshot<'r> {
    /// Of how things stand, after a list came to `action` on a request that was for the file `original`.
    fn of(now: &'r Saved, perdir: bool, mut action: Action, original: &Option<BString>) -> Upshot<'r> {
        // per directory, what is rewritten to what it was is not rewritten
        if perdir && action != Action::Status && action != Action::StatusSet && now.filename == *original {
            action = Action::Unchanged;
        }
        Upshot {
            action,
            filename: &now.filename,
            args: &now.args,
            status: now.status,
            path_info: &now.path_info,
            forced: [now.notes.get(FORCED_TYPE), now.notes.get(FORCED_HANDLER)],
        }
    }
}

/// Names the rules without which the list would come to something else, and the options by which they are here.
pub(super) fn name_deciders(r: &mut Request<'_>, pass: &Pass<'_>, points: Vec<Point>, original: Option<BString>) {
    let Some(first) = points.first().and_then(|p| pass.rules.get(p.index)) else { return };
    let phase = if pass.perdir.is_some() { Phase::Fixups } else { Phase::TranslateName };
    let end = Saved::take(r);
    let perdir = pass.perdir.is_some();
    let actual = Upshot::of(&end, perdir, pass.applied.action, &original);
    let (logged, doubts) = (r.log.len(), r.caveats.len());
    let engine = r.engine;
    let mut deciders = Vec::new();
    engine.suppose(first.rule.span, || {
        for point in points {
            let mut without = Pass {
                rules: pass.rules,
                perdir: pass.perdir,
                without: Some(point.index),
                next: point.index + 1,
                round: point.round,
                applied: point.applied,
                reads_env: pass.reads_env.clone(),
            };
            let differs = pass.round > limits::ROUNDS_WEIGHED || {
                point.saved.restore(r);
                run(r, &mut without, None);
                let now = Saved::take(r);
                Upshot::of(&now, perdir, without.applied.action, &original) != actual
            };
            if differs {
                deciders.extend(pass.rules.get(point.index));
            }
        }
    });
    end.restore(r);
    r.log.truncate(logged);
    r.caveats.truncate(doubts);
    for entry in deciders {
        r.decide(phase, entry.rule.span);
        r.decide_if(phase, entry.inherited);
    }
}
