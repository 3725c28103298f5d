//! Searching with a configuration's regular expressions, and what their named groups leave behind.

use super::budget::Limit;
use super::request::Request;
use crate::limits;
use crate::outcome::observer::{Origin, PatternKind, Tried, Whence};
use crate::pattern::{Captures, GivenUp, Regex};
use crate::source::Span;
use bstr::{BStr, BString};

/// Searches `subject`. A search that is given up for its cost counts as no match, as in httpd, and is a caveat.
pub(crate) fn search(
    r: &mut Request<'_>,
    regex: &Regex,
    span: Span,
    subject: &[u8],
    whence: Whence<'_>,
    caps: &mut Captures,
) -> bool {
    let found = captures(r, regex, span, subject, caps);
    note(r, regex, span, subject, whence, found);
    found
}

/// The same for a line that is told next.
pub(crate) fn search_told(
    r: &mut Request<'_>,
    regex: &Regex,
    span: Span,
    subject: &[u8],
    whence: Whence<'_>,
    caps: &mut Captures,
) -> bool {
    let found = captures(r, regex, span, subject, caps);
    r.engine.pattern_of_told(|| tried_regex(regex, span, subject, whence, found));
    found
}

#[inline(always)]
fn captures(r: &mut Request<'_>, regex: &Regex, span: Span, subject: &[u8], caps: &mut Captures) -> bool {
    let found = regex.captures_in(subject, caps, &r.engine.budget.steps);
    found.unwrap_or_else(|why| given_up(r, regex, span, why))
}

/// The same, for who asks for no groups.
pub(crate) fn is_match(r: &mut Request<'_>, regex: &Regex, span: Span, subject: &[u8], whence: Whence<'_>) -> bool {
    let found = regex.is_match_in(subject, &r.engine.budget.steps);
    let found = found.unwrap_or_else(|why| given_up(r, regex, span, why));
    note(r, regex, span, subject, whence, found);
    found
}

/// Notes a search for an observer.
#[inline]
pub(crate) fn note(r: &Request<'_>, regex: &Regex, span: Span, subject: &[u8], whence: Whence<'_>, found: bool) {
    r.engine.pattern(|| tried_regex(regex, span, subject, whence, found));
}

fn tried_regex<'t>(regex: &'t Regex, span: Span, subject: &'t [u8], whence: Whence<'t>, found: bool) -> Tried<'t> {
    let kind = PatternKind::Regex { icase: regex.flags().icase };
    tried(span, kind, regex.pattern(), subject, whence, found)
}

/// What is noted of a pattern that was tried.
pub(crate) fn tried<'t>(
    line: Span,
    kind: PatternKind,
    pattern: &'t [u8],
    subject: &'t [u8],
    (origin, name): Whence<'t>,
    matched: bool,
) -> Tried<'t> {
    let [pattern, subject, name] = [pattern, subject, name].map(BStr::new);
    Tried { line, kind, pattern, subject, origin, name, matched }
}

#[cold]
fn given_up(r: &mut Request<'_>, regex: &Regex, span: Span, why: GivenUp) -> bool {
    let pattern = regex.pattern();
    let why = match why {
        GivenUp::Request => {
            r.engine.budget.reach(Limit::Steps);
            r.engine.budget.name(span);
            return false;
        }
        GivenUp::AsHttpd => format!("the regular expression `{pattern}` backtracks without end on this subject"),
        GivenUp::Pattern => format!(
            "the regular expression `{pattern}` is given up after {} steps on this subject, and does not match here; httpd goes on for longer",
            limits::PATTERN_STEPS
        ),
    };
    let name = r.engine.server.sources.directive_name(span);
    r.caveat(&name, span, why);
    false
}

/// Whether a section's pattern matches; then what its named groups matched is set.
pub(crate) fn match_section(r: &mut Request<'_>, regex: &Regex, span: Span, subject: &[u8], origin: Origin) -> bool {
    if regex.names().is_empty() {
        return is_match(r, regex, span, subject, (origin, b""));
    }
    let mut caps = Captures::default();
    let found = search(r, regex, span, subject, (origin, b""), &mut caps);
    if found {
        set_captures(r, regex, &caps, subject);
    }
    found
}

/// Sets `MATCH_name` in the environment for each named group.
fn set_captures(r: &mut Request<'_>, regex: &Regex, caps: &Captures, subject: &[u8]) {
    for (group, name) in regex.names() {
        if let Some((start, end)) = caps.get(*group)
            && let Some(text) = subject.get(start..end)
        {
            let mut key = BString::from("MATCH_");
            key.extend(name.iter().map(u8::to_ascii_uppercase));
            if r.engine.budget.take_bytes(text.len()) {
                r.env.set(key, text);
            }
        }
    }
}
