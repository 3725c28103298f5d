//! A list of rules: `apply_rewrite_list` (mod_rewrite.c).

use super::expand::Context;
use super::rule::{self, Went};
use super::settings::{Entry, Rule, flag};
use crate::module::Phase;
use crate::server::request::Request;
use crate::source::Span;
use bstr::BString;
use std::sync::Arc;

/// Rounds after which a list is given up, whatever `[N=...]` allows.
const ROUNDS: i32 = 200_000;

/// What a list came to: httpd's `ACTION_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
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

/// What a list came to, and by which rules.
pub struct Applied {
    /// What is to be done.
    pub action: Action,
    /// The last rule that substituted.
    pub last: Option<Arc<Rule>>,
    /// The rules that made the result, and the options by which they are here.
    pub trail: Vec<Span>,
}

/// Applies the rules, one after the other.
pub fn apply(r: &mut Request<'_>, rules: &[Entry], perdir: Option<&BString>) -> Applied {
    let mut ctx = Context { perdir: perdir.cloned(), ..Context::default() };
    let mut applied = Applied { action: Action::Unchanged, last: None, trail: Vec::new() };
    let limit = 2 * r.server.core().limit_request_line.as_ref().map_or(8190, |s| s.value);
    let mut round = 1;
    let mut i = 0;
    ctx.uri = rule::subject(r, perdir);
    while let Some(entry) = rules.get(i) {
        i += 1;
        let rule = &entry.rule;
        if r.main.is_some() && rule.has(flag::NO_SUBREQ | flag::REDIRECT) {
            continue;
        }
        let went = rule::apply(r, &mut ctx, rule);
        if went == Went::NoMatch {
            // what is chained to it is passed over
            let mut chained = rule;
            while chained.has(flag::CHAIN)
                && let Some(next) = rules.get(i)
            {
                chained = &next.rule;
                i += 1;
            }
            continue;
        }
        if !rule.has(flag::NO_SUB) {
            applied.last = Some(rule.clone());
        }
        if went == Went::Match || rule.has(flag::STATUS) || went == Went::Refused {
            applied.trail.push(rule.span);
            applied.trail.extend(entry.inherited);
            ctx.uri = rule::subject(r, perdir);
        }
        if r.filename.as_ref().is_some_and(|f| f.len() > limit) {
            let message =
                format!("RewriteRule '{}' and URI '{}' exceeded maximum length ({limit})", rule.regex.pattern(), r.uri);
            return refuse(r, applied, rule, "", message);
        }
        if went == Went::Refused {
            applied.action = Action::StatusSet;
            return applied;
        }
        if rule.has(flag::STATUS) {
            applied.action = Action::Status;
            return applied;
        }
        if went != Went::NoSub {
            applied.action = if rule.has(flag::NO_ESCAPE) { Action::NoEscape } else { Action::Normal };
        }
        if rule.has(flag::PASS_THROUGH) {
            let passed = [b"passthrough:".as_slice(), r.filename.as_deref().map_or(&b""[..], |f| f)].concat();
            r.filename = Some(passed.into());
            applied.action = Action::Normal;
            applied.trail.push(rule.span);
            break;
        }
        if rule.has(flag::END) {
            r.rewrite.end = true;
            break;
        }
        if rule.has(flag::PROXY | flag::LAST) {
            break;
        }
        if rule.has(flag::NEXT) {
            round += 1;
            if round >= rule.max_rounds || round > ROUNDS {
                if round > ROUNDS {
                    r.caveat("RewriteRule", rule.span, "its rounds by [N] don't come to an end");
                }
                let message = format!(
                    "RewriteRule '{}' and URI '{}' exceeded maximum number of rounds ({}) via the [N] flag",
                    rule.regex.pattern(),
                    r.uri,
                    rule.max_rounds
                );
                return refuse(r, applied, rule, "AH02596", message);
            }
            i = 0;
            continue;
        }
        i += usize::try_from(rule.skip).unwrap_or(0);
    }
    applied
}

fn refuse(r: &mut Request<'_>, mut applied: Applied, rule: &Arc<Rule>, code: &'static str, message: String) -> Applied {
    r.error_by(code, message, Some(rule.span));
    r.status = 500;
    applied.action = Action::Status;
    applied
}

/// Names the rules that made the result.
pub fn name_deciders(r: &mut Request<'_>, phase: Phase, applied: &Applied) {
    for span in &applied.trail {
        r.decide(phase, *span);
    }
}
