//! Searching with a configuration's regular expressions, and what their named groups leave behind.

use super::request::Request;
use crate::pattern::{Captures, Regex};
use crate::source::Span;
use bstr::BString;

/// Searches `subject`. A search that is given up for its cost counts as no match, as in httpd, and is a caveat.
pub fn search(r: &mut Request<'_>, regex: &Regex, span: Span, subject: &[u8], caps: &mut Captures) -> bool {
    regex.captures(subject, caps).unwrap_or_else(|_| given_up(r, regex, span))
}

/// The same, for who asks for no groups.
pub fn is_match(r: &mut Request<'_>, regex: &Regex, span: Span, subject: &[u8]) -> bool {
    regex.is_match(subject).unwrap_or_else(|_| given_up(r, regex, span))
}

#[cold]
fn given_up(r: &mut Request<'_>, regex: &Regex, span: Span) -> bool {
    let name = r.engine.server.sources.directive_name(span);
    let why = format!("the regular expression `{}` backtracks without end on this subject", regex.pattern());
    r.caveat(&name, span, why);
    false
}

/// Whether a section's pattern matches; then what its named groups matched is set.
pub fn match_section(r: &mut Request<'_>, regex: &Regex, span: Span, subject: &[u8]) -> bool {
    if regex.names().is_empty() {
        return is_match(r, regex, span, subject);
    }
    let mut caps = Captures::default();
    let found = search(r, regex, span, subject, &mut caps);
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
            r.env.set(key, text);
        }
    }
}
