//! The lines held against a request.

use super::{Attribute, Entry, Feature, NAME, Settings, Test};
use crate::expr::Backrefs;
use crate::outcome::observer::{PatternKind, Whence};
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::pattern::{Captures, substitute_with};
use crate::server::captures;
use crate::server::expr_context;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

pub(super) fn match_server_lines(r: &mut Request<'_>) -> Verdict {
    match r.server.settings.setenvif.as_deref() {
        Some(settings) => match_headers(r, settings, Phase::PostReadRequest),
        None => Verdict::Declined,
    }
}

pub(super) fn match_section_lines(r: &mut Request<'_>) -> Verdict {
    match r.per_dir.setenvif.as_deref() {
        Some(settings) => match_headers(r, settings, Phase::HeaderParser),
        None => Verdict::Declined,
    }
}

fn value_of(r: &mut Request<'_>, entry: &Entry, name: &BString) -> BString {
    match &entry.attribute {
        Attribute::RemoteAddr => r.useragent_ip.to_string().into(),
        Attribute::ServerAddr => r.connection.local.to_string().into(),
        Attribute::RemoteHost => r.remote_name(entry.span),
        Attribute::RequestUri => r.uri.clone(),
        Attribute::RequestMethod => r.method.clone().into_owned(),
        Attribute::RequestProtocol => r.protocol.clone().into_owned(),
        Attribute::Named => {
            let found = r.headers_in.get(name).or_else(|| r.env.get(name));
            found.map(|v| v.to_owned()).unwrap_or_default()
        }
        Attribute::Headers(regex) => {
            // the last header that matches
            let mut found = BString::default();
            let headers = r.headers_in.clone();
            for (key, value) in headers.iter() {
                if captures::is_match(r, regex, entry.span, key, Whence::default()) {
                    found = value.to_owned();
                }
            }
            found
        }
    }
}

/// Whether `text` has `part` (in lower case, where case is aside) in it (apr_strmatch).
fn contains(text: &[u8], part: &[u8], icase: bool) -> bool {
    if icase { text.to_ascii_lowercase().contains_str(part) } else { text.contains_str(part) }
}

/// `match_headers`
fn match_headers(r: &mut Request<'_>, settings: &Settings, phase: Phase) -> Verdict {
    let mut last: Option<Arc<BString>> = None;
    let mut value = BString::default();
    // groups outlive their line: an expression without a pattern of its own uses those before it
    let mut groups = Backrefs::default();
    for run in settings.runs() {
        if let Some(entry) = settings.entries.get(run.entries.start)
            && let Some(name) = &entry.name
            && !last.as_ref().is_some_and(|l| Arc::ptr_eq(l, name))
        {
            last = Some(name.clone());
            value = value_of(r, entry, name);
        }
        for entry in settings.fitting(run, &value, r.watched()) {
            let matched = match &entry.test {
                Test::Text(text, icase) => {
                    let matched = contains(&value, text, *icase);
                    let kind = PatternKind::Within { icase: *icase };
                    r.engine.pattern(|| captures::tried(entry.span, kind, text, &value, entry.whence(), matched));
                    matched
                }
                Test::Regex(regex) => {
                    let mut caps = Captures::default();
                    let matched = captures::search(r, regex, entry.span, &value, entry.whence(), &mut caps);
                    if matched {
                        groups.set(&value, &caps);
                    }
                    matched
                }
                Test::Expr(expr) => {
                    groups.onto(&value);
                    let caveats = r.caveats.len();
                    let held = expr_context::condition_re(r, expr, &mut groups).unwrap_or(false);
                    if r.caveats.len() > caveats {
                        // it may matter to nothing that follows
                        let unsure = r.caveats.iter().skip(caveats).cloned().collect();
                        r.caveats.truncate(caveats);
                        r.engine.is_unsure(entry.span, unsure);
                    }
                    let held = held != r.engine.doubts.is_otherwise(entry.span);
                    value = groups.source().map(|source| source.to_owned()).unwrap_or_default();
                    held
                }
            };
            r.engine.budget.name(entry.span);
            if matched && let Err(name) = set_features(r, phase, entry, &groups) {
                r.error("AH01505", format!("Regular expression replacement failed for '{name}', value too long?"));
                return Verdict::Status(500);
            }
            r.tell(|| {
                let step = Step::new(phase, By::Module(NAME), Some(entry.span), Judgement::of(matched));
                match &entry.name {
                    Some(name) if r.traced() => step.with(Detail::Attribute(name.to_vec().into(), value.clone())),
                    _ => step,
                }
            });
        }
    }
    Verdict::Declined
}

/// Whether a text names a group of a pattern (`$1`), the whole match aside.
fn names_group(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair[0] == b'$' && matches!(pair[1], b'1'..=b'9'))
}

/// Sets what a line that matched sets; the error is the name whose value is too long.
fn set_features(r: &mut Request<'_>, phase: Phase, entry: &Entry, groups: &Backrefs) -> Result<(), BString> {
    // an expression that holds because a pattern does not match leaves no groups
    let literal = matches!(entry.test, Test::Text(..)) || groups.source().is_none();
    for Feature { name, value: template, span } in entry.features.iter() {
        if r.engine.doubts.is_without(*span) {
            continue;
        }
        let value = match template {
            None => None,
            Some(text) if literal => {
                if !matches!(entry.test, Test::Text(..)) && names_group(text) {
                    r.caveat(
                        "SetEnvIfExpr",
                        *span,
                        "httpd takes groups that no pattern found from memory it never set",
                    );
                }
                Some(text.clone())
            }
            Some(text) => Some(substitute_with(text, |n| groups.get(n)).ok_or_else(|| name.clone())?),
        };
        r.change_env(phase, name.as_bstr(), value, *span);
    }
    Ok(())
}
