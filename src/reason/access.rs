//! Reasons that lie in access control.

use super::{Case, Cause, What};
use crate::outcome::Access;
use crate::outcome::step::{Authorization, Detail, Judgement, Password, Required, Step};
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;

/// Adds those that hold.
pub(super) fn causes(case: &Case<'_>, found: &mut Vec<Cause>) {
    let o = case.outcome;
    match o.access {
        Access::AuthRequired => login(case, found),
        Access::Denied if o.status >= 400 => denied(case, found),
        _ => {}
    }
}

fn login(case: &Case<'_>, found: &mut Vec<Cause>) {
    let places = asking(case);
    let failed = Step::walk(case.steps).find_map(|step| match &step.detail {
        Detail::Password(user, Password::Wrong) => Some((user.clone(), true)),
        Detail::Password(user, Password::NoUser) => Some((user.clone(), false)),
        _ => None,
    });
    let refused = || {
        Step::walk(case.steps).find_map(|step| match &step.detail {
            Detail::Password(user, Password::Right) => Some(user.clone()),
            _ => None,
        })
    };
    let what = match failed {
        Some((user, known)) => What::WrongLogin { user, known },
        None => refused().map_or(What::Login, |user| What::UserRefused { user }),
    };
    found.push(Cause { what, places });
}

/// The lines that ask for a user.
fn asking(case: &Case<'_>) -> Vec<Span> {
    let asks = |step: &&Step| {
        matches!(step.detail, Detail::Require(Required::Line(..), Authorization::DeniedNoUser | Authorization::Denied))
    };
    let lines = Step::walk(case.steps).filter(asks).filter(|s| !s.lost()).filter_map(|s| s.rule);
    let mut lines: Vec<Span> = lines.collect();
    lines.dedup();
    lines
}

fn denied(case: &Case<'_>, found: &mut Vec<Cause>) {
    let refuses = |step: &&Step| match &step.detail {
        Detail::Deny => step.matched(),
        Detail::Tls(_) | Detail::SslRequire => !step.matched(),
        Detail::Require(Required::Line(..), result) => *result == Authorization::Denied,
        _ => false,
    };
    let mut places: Vec<Span> = Vec::new();
    for step in Step::walk(case.steps).filter(|s| !s.lost()).filter(refuses) {
        places.extend(step.rule.filter(|rule| !places.contains(rule)));
    }
    // a line without which the answer would be another one comes first
    let decides = |line: &Span| case.outcome.decided_by.iter().any(|d| d.span == *line);
    places.sort_by_key(|line| !decides(line));
    let what = match places.first() {
        Some(line) => {
            let section = case.section_of(*line);
            let compat = ["Deny", "Order", "Allow"].contains(&case.sources.directive_name(*line).as_str());
            // Require is not asked once mod_access_compat has refused
            let applied = case.sections();
            let grants = |d: &Directive<'_>| {
                d.args().trim().eq_ignore_ascii_case(b"all granted")
                    && d.parents().last().is_some_and(|(_, section)| applied.contains(&section))
            };
            let beside_grant = compat && case.lines("Require").any(|d| grants(&d));
            What::Denied { section, meant: is_meant(case, section), beside_grant }
        }
        None => What::NoGrant,
    };
    if places.is_empty() {
        places = ended_by(case);
    }
    found.push(Cause { what, places });
}

/// The lines by which access control ended the request, where none refused by itself (`Order`, `<Limit>`).
fn ended_by(case: &Case<'_>) -> Vec<Span> {
    use crate::phase::Phase::{AccessChecker, AccessCheckerEx, AuthChecker};
    let ended = |step: &&Step| matches!(step.judgement, Judgement::Ended(_));
    let rules = Step::walk(case.steps).filter(ended).filter_map(|s| s.rule);
    let mut places: Vec<Span> = case.decided_in(&[AccessChecker, AccessCheckerEx, AuthChecker]);
    places.extend(rules.filter(|r| !places.contains(r)).collect::<Vec<_>>());
    places
}

/// Whether a denial looks meant: of a secret, or said for this very file, directory or name.
fn is_meant(case: &Case<'_>, section: Option<Span>) -> bool {
    let Some(file) = case.file() else { return section.is_some() };
    if is_secret(file) {
        return true;
    }
    let Some(section) = section else { return true };
    let name = case.sources.directive_name(section);
    if !name.eq_ignore_ascii_case("Directory") {
        return true;
    }
    // the nearest section above the file says so itself
    let nearest =
        case.sections().into_iter().rev().find(|s| case.sources.directive_name(*s).eq_ignore_ascii_case("Directory"));
    nearest == Some(section) && !case.sources.text(section).eq_ignore_ascii_case(b"<Directory />")
}

/// Whether a path is of what no visitor is to have: version control, keys, what configures or authenticates.
pub(crate) fn is_secret(path: &[u8]) -> bool {
    const SECRETS: [&str; 6] = [".git", ".svn", ".hg", ".bzr", ".env", ".ssh"];
    let secret = |part: &[u8]| {
        part.starts_with(b".ht")
            || SECRETS.iter().any(|s| part == s.as_bytes())
            || part.ends_with(b".key")
            || part.ends_with(b".pem")
    };
    path.split(|b| *b == b'/').any(secret)
}
