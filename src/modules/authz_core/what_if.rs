//! Which lines decided on access: the decision made again with each of them taken out, whichever module it is of.

use super::settings::Section;
use super::{Logic, Status, apply};
use crate::limits;
use crate::modules::{access_compat, allowmethods, ssl};
use crate::outcome;
use crate::server::functions::{Functions, Lines};
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::settings::PerDir;
use crate::source::Span;
use smallvec::SmallVec;

/// Whether lines that may decide on access ask for more of a request than its method.
pub(crate) enum Asks {
    /// They don't.
    Nothing,
    /// They do where this says so of the settings.
    Where(fn(&PerDir) -> bool),
}

/// Registers lines of a module that may decide on access. That they decided is found out here.
pub(crate) fn may_decide(functions: &mut Functions, lines: Lines, asks: Asks) {
    functions.access_lines.push(lines);
    if let Asks::Where(asks) = asks {
        functions.access_asks.push(asks);
    }
    functions.name_access = name_deciders;
}

/// How access would be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Granted,
    /// To a user who had to say who it is.
    GrantedToUser,
    /// By AllowMethods.
    DeniedMethod,
    /// By SSLRequireSSL or SSLRequire.
    DeniedByTls,
    DeniedByCompat,
    Denied,
    /// To a user who said who it is.
    DeniedToUser,
    NeedsUser,
    Error,
}

impl Decision {
    /// What the client gets of it: the status, and whether there is a user. What is alike here differs in the error log
    /// alone.
    fn answer(self) -> (u16, bool) {
        match self {
            Decision::Granted => (200, false),
            Decision::GrantedToUser => (200, true),
            Decision::DeniedMethod => (405, false),
            Decision::DeniedByTls | Decision::DeniedByCompat | Decision::Denied => (403, false),
            Decision::DeniedToUser => (401, true),
            Decision::NeedsUser => (401, false),
            Decision::Error => (500, false),
        }
    }
}

/// The decision, with one line taken out: what it did to the environment is undone for the while.
fn decide(r: &mut Request<'_>, skip: Option<Span>) -> Decision {
    let env = skip.filter(|s| r.env_changes.iter().any(|c| c.span == *s)).map(|skip| {
        let env = r.env.clone();
        undo(r, skip);
        env
    });
    r.without = skip;
    let decision = decide_now(r, skip);
    r.without = None;
    if let Some(env) = env {
        r.env = env;
    }
    decision
}

/// Gives the variables that a line changed, and no later line did, their values back.
fn undo(r: &mut Request<'_>, skip: Span) {
    let changes = std::mem::take(&mut r.env_changes);
    for (i, change) in changes.iter().enumerate().rev().filter(|(_, c)| c.span == skip) {
        let later = changes.iter().skip(i + 1).any(|c| c.span != skip && c.name.eq_ignore_ascii_case(&change.name));
        match &change.before {
            _ if later => {}
            Some(value) => r.env.set(change.name.clone(), value.clone()),
            None => {
                r.env.unset(&change.name);
            }
        }
    }
    r.env_changes = changes;
}

/// What the `Require` lines say, who the user is being asked only where they can't say without.
fn required(r: &mut Request<'_>, section: &Section) -> Decision {
    let user = r.user.take();
    let known = user.is_some();
    let mut said = apply(r, section, Logic::And, false);
    r.user = user;
    let asked = known && said == Status::DeniedNoUser;
    if asked {
        said = apply(r, section, Logic::And, false);
    }
    match said {
        Status::Granted if asked => Decision::GrantedToUser,
        Status::Granted => Decision::Granted,
        Status::Denied | Status::Neutral if asked => Decision::DeniedToUser,
        Status::Denied | Status::Neutral => Decision::Denied,
        Status::DeniedNoUser => Decision::NeedsUser,
        Status::GeneralError => Decision::Error,
    }
}

fn decide_now(r: &mut Request<'_>, skip: Option<Span>) -> Decision {
    let compat = access_compat::check(r, skip);
    let section = match (r.per_dir.authz_core.as_deref(), skip) {
        (None, _) => None,
        (Some(dir), None) => dir.section.clone(),
        (Some(dir), Some(skip)) => dir.without(skip),
    };
    let required = match section {
        None => Decision::Granted,
        Some(s) => required(r, &s),
    };
    // the access checkers, in their order
    let refused = if allowmethods::refuses(r) {
        Some(Decision::DeniedMethod)
    } else if !compat.allowed {
        Some(Decision::DeniedByCompat)
    } else {
        ssl::refusal(r).map(|_| Decision::DeniedByTls)
    };
    match (compat.satisfy_any, refused) {
        (true, None) => Decision::Granted,
        (false, Some(refused)) => refused,
        _ => required,
    }
}

/// Names the lines without each of which the decision would be another one.
fn name_deciders(r: &mut Request<'_>, verdict: Verdict) {
    let phase = if verdict == Verdict::Ok { Phase::AccessCheckerEx } else { Phase::AccessChecker };
    let engine = r.engine;
    if !engine.gives_reasons() {
        return;
    }
    let of = (r.per_dir.id, r.method_number);
    let known = engine.deciders(of, || asks_nothing(r.functions(), r.per_dir).then(|| deciders(r).into_vec()));
    let found = if known.is_none() { deciders(r) } else { Deciders::new() };
    for &(span, only_log) in known.unwrap_or(&found) {
        r.name(outcome::Decision { phase, span, only_log });
    }
}

/// Whether the decision hangs on the settings and the method alone.
fn asks_nothing(functions: &Functions, settings: &PerDir) -> bool {
    !functions.access_asks.iter().any(|asks| asks(settings))
}

/// Lines that decide, and whether only the error log would be another one without them.
type Deciders = SmallVec<[(Span, bool); 4]>;

/// The lines without each of which the decision would be another one, and whether only the error log would tell.
fn deciders(r: &mut Request<'_>) -> Deciders {
    let mut lines = Vec::new();
    r.functions().access_lines.iter().for_each(|of| of(r, &mut lines));
    if lines.is_empty() {
        return Deciders::new();
    }
    lines.extend(r.env_changes.iter().map(|c| c.span));
    lines.sort_unstable();
    lines.dedup();
    if lines.len() > limits::ACCESS_LINES {
        return Deciders::new();
    }
    let log = r.log.len();
    let engine = r.engine;
    let deciders = engine.suppose(lines[0], || {
        let now = decide(r, None);
        let differing = |line: Span| {
            let other = decide(r, Some(line));
            (other != now).then(|| (line, other.answer() == now.answer()))
        };
        lines.into_iter().filter_map(differing).collect()
    });
    r.log.truncate(log);
    deciders
}
