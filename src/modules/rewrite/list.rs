//! A list of rules: `apply_rewrite_list` (mod_rewrite.c).

use super::condition::Conds;
use super::expand::Context;
use super::points::{Gone, Points};
use super::rule::{self, Went};
use super::settings::{Entry, Rule, flag};
use super::trace;
use super::weigh;
use crate::limits;
use crate::outcome::step::{Judgement, Rewriting};
use crate::phase::Phase;
use crate::server::index::{Candidates, Indexed};
use crate::server::request::Request;
use bstr::BString;
use std::cell::OnceCell;
use std::sync::Arc;

/// What a list came to: httpd's `ACTION_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// No rule changed anything.
    Unchanged,
    /// Something was rewritten.
    Normal,
    /// The same, and the last rule says that nothing is to be escaped.
    NoEscape,
    /// A rule answers with `r.status`.
    Status,
    /// The same, and the status stays.
    StatusSet,
}

/// What a list came to, and by which rule.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    /// What is to be done.
    pub action: Action,
    /// The last rule that substituted.
    pub last: Option<Arc<Rule>>,
}

/// A list on its way.
pub(super) struct Pass<'p> {
    /// The rules.
    pub rules: &'p Indexed<Entry>,
    /// The folder.
    pub perdir: Option<&'p BString>,
    /// What is taken out, to see what would be without it.
    pub without: Option<Gone>,
    /// The next rule.
    pub next: usize,
    /// Rounds so far.
    pub round: i32,
    /// What it came to so far.
    pub applied: Applied,
    /// Whether a rule reads variables, found when it is first asked.
    pub reads_env: OnceCell<bool>,
}

/// Applies the rules, one after the other, and names those that made the result.
pub(super) fn apply(r: &mut Request<'_>, rules: &Indexed<Entry>, perdir: Option<&BString>) -> Applied {
    let applied = Applied { action: Action::Unchanged, last: None };
    let mut pass = Pass { rules, perdir, without: None, next: 0, round: 1, applied, reads_env: OnceCell::new() };
    if !weigh::is_wanted(r) {
        pass.without = r.engine.doubts.without().and_then(|line| Gone::of(line, rules));
        run(r, &mut pass, None);
        return pass.applied;
    }
    let original = r.filename.clone();
    let mut points = Points::default();
    run(r, &mut pass, Some(&mut points));
    weigh::name_deciders(r, &pass, points, original);
    pass.applied
}

/// Goes on with a list. `points` are filled with the places where a rule made a difference.
pub(super) fn run(r: &mut Request<'_>, pass: &mut Pass<'_>, mut points: Option<&mut Points>) {
    let mut ctx = Context { perdir: pass.perdir, ..Context::default() };
    ctx.uri = rule::subject(r, pass.perdir);
    let limit = 2 * r.server.core().limit_request_line.as_ref().map_or(8190, |s| s.value);
    // the last rule that did not match, whose conditions the next one would have if it were not there
    let mut missed = None;
    let mut fitting = fitting(r, pass, &ctx.uri);
    while let Some(index) = fitting.next(pass.next) {
        if let Some(before) = index.checked_sub(1).filter(|before| *before >= pass.next) {
            // those in between can't match
            let asks = |e: &&Entry| !e.rule.conds.is_empty() && !is_left_out(r, pass, before, e);
            missed = pass.rules.get(before).filter(asks).map(|_| before);
        }
        let Some(entry) = pass.rules.get(index) else { return };
        pass.next = index + 1;
        let rule = &entry.rule;
        if is_left_out(r, pass, index, entry) {
            continue;
        }
        let mut on_match = |r: &mut Request<'_>, ctx: &mut Context<'_>| {
            if let Some(points) = points.as_deref_mut() {
                points.applies(r, ctx, pass, index, missed.filter(|m| m + 1 == index));
            }
        };
        let conds = conditions(pass, index, rule);
        let engine = r.engine;
        let went = match pass.round {
            ..=limits::ROUNDS_TOLD => rule::apply(r, &mut ctx, rule, conds, &mut on_match),
            _ => engine.quietly(|| rule::apply(r, &mut ctx, rule, conds, &mut on_match)),
        };
        if let (Went::HeldBack(at), Some(points)) = (went, points.as_deref_mut()) {
            points.held_back(r, &mut ctx, pass, index, at);
        }
        if matches!(went, Went::NoMatch | Went::HeldBack(_)) {
            missed = (!rule.conds.is_empty()).then_some(index);
            // what is chained to it is passed over
            let mut chained = rule;
            while chained.has(flag::CHAIN)
                && let Some(next) = pass.rules.get(pass.next)
            {
                chained = &next.rule;
                pass.next += 1;
            }
            continue;
        }
        missed = None;
        if !carry_on(r, pass, rule, went, limit) {
            return;
        }
        if went == Went::Match {
            ctx.uri = rule::subject(r, pass.perdir);
            fitting = self::fitting(r, pass, &ctx.uri);
        }
    }
}

/// The rules whose patterns may match. Who watches is told of those that can't, too.
fn fitting<'p>(r: &Request<'_>, pass: &Pass<'p>, subject: &[u8]) -> Candidates<'p, Entry> {
    if r.watched() && pass.round <= limits::ROUNDS_TOLD { pass.rules.all() } else { pass.rules.of_text(subject) }
}

/// Whether a rule is not asked at all.
fn is_left_out(r: &Request<'_>, pass: &Pass<'_>, index: usize, entry: &Entry) -> bool {
    pass.without == Some(Gone::Rule(index)) || r.main.is_some() && entry.rule.has(flag::NO_SUBREQ | flag::REDIRECT)
}

/// The conditions of a rule: those of one before it that is not there come first.
fn conditions<'p>(pass: &Pass<'p>, index: usize, rule: &'p Rule) -> Conds<'p> {
    let own = Conds { carried: &[], own: &rule.conds, without: None };
    match pass.without {
        Some(Gone::Rule(gone)) if gone + 1 == index => {
            Conds { carried: pass.rules.get(gone).map_or(&[], |e| &e.rule.conds), ..own }
        }
        Some(Gone::Cond(of, gone)) if of == index => Conds { without: Some(gone), ..own },
        _ => own,
    }
}

/// What becomes of the list after a rule that matched: whether it goes on.
fn carry_on(r: &mut Request<'_>, pass: &mut Pass<'_>, rule: &Arc<Rule>, went: Went, limit: usize) -> bool {
    if !rule.has(flag::NO_SUB) {
        pass.applied.last = Some(rule.clone());
    }
    if r.filename.as_ref().is_some_and(|f| f.len() > limit) {
        let pattern = rule.regex.pattern();
        let message = format!("RewriteRule '{pattern}' and URI '{}' exceeded maximum length ({limit})", r.uri);
        return refuse(r, pass, rule, "", message);
    }
    if went == Went::Refused {
        pass.applied.action = Action::StatusSet;
        return false;
    }
    if rule.has(flag::STATUS) {
        pass.applied.action = Action::Status;
        return false;
    }
    if went != Went::NoSub {
        pass.applied.action = if rule.has(flag::NO_ESCAPE) { Action::NoEscape } else { Action::Normal };
    }
    if rule.has(flag::PASS_THROUGH) {
        let passed = [b"passthrough:".as_slice(), r.filename.as_deref().map_or(&b""[..], |f| f)].concat();
        r.filename = Some(passed.into());
        pass.applied.action = Action::Normal;
        return false;
    }
    if rule.has(flag::END) {
        r.rewrite.end = true;
        return false;
    }
    if rule.has(flag::PROXY | flag::LAST) {
        return false;
    }
    if rule.has(flag::NEXT) {
        return once_more(r, pass, rule);
    }
    pass.next = pass.next.saturating_add(usize::try_from(rule.skip).unwrap_or(0));
    true
}

/// `[N]`: from the first rule again, unless that was too often.
fn once_more(r: &mut Request<'_>, pass: &mut Pass<'_>, rule: &Arc<Rule>) -> bool {
    pass.round += 1;
    if !r.engine.budget.take_steps(pass.rules.len() as u64) {
        r.engine.budget.name(rule.span);
        return false;
    }
    if pass.round > limits::ROUNDS {
        r.caveat("RewriteRule", rule.span, "its rounds by [N] don't come to an end");
    } else if pass.round < rule.max_rounds {
        if pass.round == limits::ROUNDS_TOLD + 1 {
            let phase = if pass.perdir.is_some() { Phase::Fixups } else { Phase::TranslateName };
            trace::note(r, phase, Judgement::Matched, || Rewriting::MoreRounds);
        }
        pass.next = 0;
        return true;
    }
    let message = format!(
        "RewriteRule '{}' and URI '{}' exceeded maximum number of rounds ({}) via the [N] flag",
        rule.regex.pattern(),
        r.uri,
        rule.max_rounds
    );
    refuse(r, pass, rule, "AH02596", message)
}

fn refuse(r: &mut Request<'_>, pass: &mut Pass<'_>, rule: &Rule, code: &'static str, message: String) -> bool {
    r.error_by(code, message, Some(rule.span));
    r.status = 500;
    pass.applied.action = Action::Status;
    false
}
