//! Which lines made a user known or refused: the check done again with each of them taken out.

use crate::modules::{auth_basic, auth_digest, auth_form};
use crate::outcome::Decision;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::source::Span;
use bstr::BString;

/// How a check of the user ended.
#[derive(PartialEq, Eq)]
struct Answer {
    verdict: Verdict,
    code: Option<&'static str>,
    user: Option<BString>,
}

/// The lines of the settings that the check asks.
fn candidates(r: &Request<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    r.functions().user_lines.iter().for_each(|of| of(r, &mut spans));
    // a directive may have brought several settings
    spans.dedup();
    spans
}

/// The check of the user with a line taken out; the request is left as it was.
fn answer(r: &mut Request<'_>, skip: Option<Span>) -> Answer {
    let (user, auth_type) = (r.user.take(), r.auth_type.take());
    let (headers, error_headers) = (r.headers_out.clone(), r.err_headers_out.clone());
    let (log, caveats) = (r.log.len(), r.caveats.len());
    // no line stands nowhere: what is told of the check is told once
    r.without = Some(skip.unwrap_or(Span::NONE));
    let mut verdict = auth_basic::authenticate(r);
    if verdict == Verdict::Declined {
        verdict = auth_digest::authenticate(r);
    }
    if verdict == Verdict::Declined {
        verdict = auth_form::authenticate(r);
    }
    if verdict == Verdict::Declined {
        verdict = super::core::authenticate_no_user(r);
    }
    r.without = None;
    let code = r.log.get(log..).and_then(|l| l.last()).map(|l| l.code);
    r.log.truncate(log);
    r.caveats.truncate(caveats);
    (r.headers_out, r.err_headers_out) = (headers, error_headers);
    r.auth_type = auth_type;
    let found = std::mem::replace(&mut r.user, user);
    Answer { verdict, code, user: found }
}

/// Names the lines without each of which the check would end otherwise.
pub(crate) fn name_deciders(r: &mut Request<'_>, verdict: Verdict) {
    let lines = candidates(r);
    if lines.is_empty() {
        return;
    }
    let engine = r.engine;
    let deciders = engine.suppose(lines[0], || {
        let now = answer(r, None);
        // else another module said who the user is
        let ours = now.verdict == verdict;
        let differing = |span: Span| {
            let other = answer(r, Some(span));
            let only_log = (&other.verdict, &other.user) == (&now.verdict, &now.user);
            (other != now).then_some(Decision { phase: Phase::CheckUserId, span, only_log })
        };
        let lines = lines.into_iter().filter(|_| ours);
        lines.filter_map(differing).collect::<Vec<_>>()
    });
    deciders.into_iter().for_each(|decision| r.name(decision));
}
