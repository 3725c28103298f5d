//! Which rules made the result: those without which the list comes to something else. A line that is taken out leaves
//! its conditions to the next rule, so that even a rule that did not match can be what keeps the next one going.

use super::list::{Action, Pass, run};
use super::points::{Gone, Points, suppose};
use super::settings::flag;
use super::{FORCED_HANDLER, FORCED_TYPE, State};
use crate::limits;
use crate::outcome::Decision;
use crate::server::doubts::Alike;
use crate::server::module::Phase;
use crate::server::request::Request;
use crate::server::setting::{self, Set};
use crate::server::table::Table;
use crate::vfs::Kind;
use bstr::{BStr, BString};
use smallvec::SmallVec;
use std::rc::Rc;

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

/// Whether rules are weighed: not while one is, and not in subrequests of subrequests.
pub(super) fn is_wanted(r: &Request<'_>) -> bool {
    r.engine.gives_reasons() && !r.engine.is_supposing() && r.main.as_ref().is_none_or(|m| m.main.is_none())
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

/// Whether a list says itself what the answer is: a status, a redirect, a back-end.
fn is_final(action: Action, filename: &Option<BString>) -> bool {
    let local = |f: &BString| f.starts_with(b"/") || f.starts_with(b"passthrough:/");
    match action {
        Action::Status | Action::StatusSet => true,
        Action::Unchanged => false,
        Action::Normal | Action::NoEscape => !filename.as_ref().is_some_and(local),
    }
}

/// Whether what comes after a list may undo the difference between what it came to and what it would have come to else,
/// an action and a file name each; if so, of which answers.
fn doubt(
    r: &Request<'_>,
    perdir: bool,
    actual: (Action, &Option<BString>),
    other: (Action, &Option<BString>),
) -> Option<Alike> {
    let is_proxied = |file: &Option<BString>| file.as_ref().is_some_and(|f| f.starts_with(b"proxy:"));
    match (is_final(actual.0, actual.1), is_final(other.0, other.1)) {
        (false, false) => {}
        // another module may lead to the same back-end
        (true, false) if is_proxied(actual.1) => return Some(Alike::Unserved),
        _ => return None,
    }
    if actual.1 == other.1 {
        return Some(Alike::Any);
    }
    let file = other.1.as_ref().filter(|_| perdir);
    let Some(file) = file.map(|f| f.strip_prefix(b"passthrough:").unwrap_or(f)) else { return Some(Alike::Unserved) };
    let is_regular = |file: &[u8]| r.engine.stat(file).is_ok_and(|stat| stat.kind == Kind::Regular);
    if is_regular(file) || other.0 == Action::Unchanged && r.engine.stat(file).is_err() {
        return Some(Alike::file(file));
    }
    // what begins with a slash is the path of a URL
    let root = r.document_root();
    let below = [root.strip_suffix(b"/").unwrap_or(&root), file].concat();
    Some(if is_regular(&below) { Alike::file(&below) } else { Alike::Any })
}

/// Names the line that switches the engine on, after a list came to `action` on a request that was for the file `original`.
pub(super) fn name_engine(
    r: &mut Request<'_>,
    phase: Phase,
    state: &Option<Set<bool>>,
    action: Action,
    original: &Option<BString>,
) {
    let Some(span) = setting::decisive(state, &false) else { return };
    let perdir = phase == Phase::Fixups;
    if action == Action::Unchanged {
        // what stays behind of the list at a server's level is a file name, if no other comes
        if !perdir {
            r.engine.doubt(Decision::new(phase, span), Alike::Unmapped);
        }
        return;
    }
    r.decide(phase, span);
    if let Some(alike) = doubt(r, perdir, (action, &r.filename), (Action::Unchanged, original)) {
        r.engine.doubt(Decision::new(phase, span), alike);
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

/// Names the lines without which the list would come to something else, and the options by which rules are here.
pub(super) fn name_deciders(r: &mut Request<'_>, pass: &Pass<'_>, mut points: Points, original: Option<BString>) {
    let Some(first) = points.list.first().and_then(|p| pass.rules.get(p.gone.index())) else { return };
    if let Some(deciders) = plain_deciders(r, pass, &points, &original) {
        return name(r, pass, deciders);
    }
    if points.list.iter().any(|p| p.saved.is_none()) {
        points.settle(&Rc::new(Saved::of(r)));
    }
    let end = Saved::take(r);
    let perdir = pass.perdir.is_some();
    let actual = Upshot::of(&end, perdir, pass.applied.action, &original);
    let mut deciders = Deciders::new();
    suppose(r, first.rule.span, |r| {
        for point in points.list {
            let mut without = Pass {
                rules: pass.rules,
                perdir: pass.perdir,
                next: match point.gone {
                    Gone::Rule(index) => index + 1,
                    Gone::Cond(index, _) => index,
                },
                without: Some(point.gone),
                round: point.round,
                applied: point.applied,
                reads_env: pass.reads_env.clone(),
            };
            if pass.round > limits::ROUNDS_WEIGHED {
                deciders.push((point.gone, None));
                continue;
            }
            let Some(saved) = point.saved else { continue };
            let mut now = Rc::unwrap_or_clone(saved);
            // without the last one, all stays as it was before it
            if without.next < pass.rules.len() {
                now.restore(r);
                run(r, &mut without, None);
                now = Saved::take(r);
            }
            let upshot = Upshot::of(&now, perdir, without.applied.action, &original);
            if upshot != actual {
                let [actual, other] = [&actual, &upshot].map(|upshot| (upshot.action, upshot.filename));
                deciders.push((point.gone, doubt(r, perdir, actual, other)));
            }
        }
    });
    end.restore(r);
    name(r, pass, deciders);
}

/// The same where it is known without going through the list again: nothing was changed, and the conditions that kept rules
/// from applying did so for rules that each lead to one path.
fn plain_deciders(r: &Request<'_>, pass: &Pass<'_>, points: &Points, original: &Option<BString>) -> Option<Deciders> {
    let is_short = r.server.core().limit_request_line.is_none() && !r.is_proxied();
    if !is_short || pass.perdir.is_none() || pass.applied.action != Action::Unchanged || pass.round > 1 {
        return None;
    }
    let mut deciders = Deciders::new();
    for point in &points.list {
        let Gone::Cond(index, _) = point.gone else { return None };
        let rule = &pass.rules.get(index)?.rule;
        let path = rule.leads_to().filter(|_| point.saved.is_none())?;
        if !rule.has(flag::LAST) && index + 1 < pass.rules.len() {
            return None;
        }
        let other = Some(path.clone());
        if other != *original {
            let doubt = doubt(r, true, (Action::Unchanged, original), (Action::Normal, &other));
            deciders.push((point.gone, doubt));
        }
    }
    Some(deciders)
}

/// Lines that decide, each with what may undo the difference.
type Deciders = SmallVec<[(Gone, Option<Alike>); 4]>;

fn name(r: &mut Request<'_>, pass: &Pass<'_>, mut deciders: Deciders) {
    let (engine, phase) = (r.engine, if pass.perdir.is_some() { Phase::Fixups } else { Phase::TranslateName });
    // conditions come before their rule
    deciders.sort_by_key(|(gone, _)| (gone.index(), std::cmp::Reverse(*gone)));
    for (gone, doubt) in deciders {
        let Some(entry) = pass.rules.get(gone.index()) else { continue };
        let span = match gone {
            Gone::Rule(_) => entry.rule.span,
            Gone::Cond(_, cond) => entry.rule.conds.get(cond).map_or(entry.rule.span, |c| c.span),
        };
        r.decide(phase, span);
        match doubt {
            Some(alike) if entry.inherited.is_none() => engine.doubt(Decision::new(phase, span), alike),
            _ => r.decide_if(phase, entry.inherited),
        }
    }
}
