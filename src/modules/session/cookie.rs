//! mod_session_cookie.c: sessions in cookies, and how a cookie is read (server/util_cookies.c).

use crate::server::request::Request;
use crate::server::setting::{Set, value, without};
use crate::server::settings;
use crate::version;
use bstr::{BString, ByteSlice};

/// Settings per directory: `session_cookie_dir_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// SessionCookieName.
    pub(super) name: Option<Set<BString>>,
    /// SessionCookieName2, which goes first.
    pub(super) name2: Option<Set<BString>>,
    /// SessionCookieRemove.
    pub(super) remove: Option<Set<bool>>,
}

impl settings::Settings for Dir {
    /// `merge_session_cookie_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            name: Set::merge(&base.name, &add.name),
            name2: Set::merge(&base.name2, &add.name2),
            remove: Set::merge(&base.remove, &add.remove),
        }
    }
}

impl Dir {
    /// The places of the settings that say where a session is.
    pub(crate) fn spans(&self) -> impl Iterator<Item = crate::source::Span> {
        self.name.iter().chain(&self.name2).map(|s| s.span)
    }
}

/// A note: the text of a cookie that was taken out of the headers.
const TAKEN: &str = "session-cookie-taken";
/// A note of the whole exchange: what the cookie of that name came to, `=` and its text, or nothing.
pub(super) const READ: &str = "session-cookie-read:";

/// `session_cookie_load`: the cookie's text, if it was sent; none where sessions are in no cookie. httpd reads it each time, so
/// that one which is taken out is gone for those who come later: a subrequest, a redirect, a program's environment. Up to
/// 2.4.68 it kept what it had read first.
pub(super) fn load(r: &mut Request<'_>) -> Option<Option<BString>> {
    let dir = r.per_dir.session_cookie.clone()?;
    let name = without(&dir.name2, r.without).or_else(|| without(&dir.name, r.without))?;
    if r.without.is_some() {
        // asked once more, for the reasons: the cookie may be taken out already
        let taken = r.notes.get(TAKEN).map(BString::from);
        return Some(taken.or_else(|| read(r, name, false)));
    }
    let remove = value(&dir.remove, false);
    let note = [READ.as_bytes(), name.as_slice()].concat();
    let known = r.notes.get(&note).map(|known| known.strip_prefix(b"=").map(BString::from));
    if let Some(known) = known
        && known != read(r, name, false)
        && !r.has(&version::COOKIE_READ_AGAIN)
    {
        return Some(known);
    }
    let found = read(r, name, remove);
    r.notes.set(note, found.as_ref().map_or(BString::default(), |text| [b"=", text.as_slice()].concat().into()));
    if let Some(text) = found.as_ref().filter(|_| remove) {
        r.notes.set(TAKEN, text.clone());
    }
    const PRIVATE: &str = "no-cache, private";
    if super::save::note(r).is_some_and(|note| r.notes.get(&note).is_none()) {
        r.headers_out.add("Cache-Control", PRIVATE);
    }
    Some(found)
}

/// `ap_cookie_read`: the value of a cookie; `remove` takes it out of the request's headers.
fn read(r: &mut Request<'_>, name: &BString, remove: bool) -> Option<BString> {
    let mut found: Option<BString> = None;
    let mut rest = Vec::new();
    let headers = r.headers_in.clone();
    for (header, line) in headers.iter() {
        if !header.eq_ignore_ascii_case(b"Cookie") && !header.eq_ignore_ascii_case(b"Cookie2") {
            continue;
        }
        let line = Line::read(line, name);
        for value in line.values {
            if found.as_ref().is_some_and(|known| *known != value) {
                let uri = r.uri.clone();
                r.error("AH00011", format!("client submitted cookie '{name}' more than once: {uri}"));
                return None;
            }
            found = Some(value);
        }
        rest.extend(line.rest.map(|rest| (header.to_owned(), rest)));
    }
    if remove {
        r.headers_in.unset("Cookie");
        r.headers_in.unset("Cookie2");
        rest.into_iter().for_each(|(header, line)| r.headers_in.add(header, line));
    }
    found
}

/// A header of cookies.
struct Line {
    /// The values of the cookie that is looked for.
    values: Vec<BString>,
    /// The header without it; none where no other cookie is in it.
    rest: Option<BString>,
}

impl Line {
    /// `extract_cookie_line`
    fn read(text: &[u8], name: &[u8]) -> Line {
        let mut values = Vec::new();
        let mut rest = BString::default();
        let (mut others, mut eat) = (false, false);
        let mut separator: &[u8] = b"";
        for part in text.split(|b| *b == b',').filter(|part| !part.is_empty()) {
            for cookie in part.split(|b| *b == b';').filter(|cookie| !cookie.is_empty()) {
                let trimmed = cookie.trim_start();
                match trimmed.strip_prefix(name).and_then(|t| t.strip_prefix(b"=")) {
                    Some(value) => {
                        values.push(value.into());
                        eat = true;
                    }
                    None => {
                        // what begins with a dollar sign belongs to the cookie before
                        if !trimmed.starts_with(b"$") {
                            (others, eat) = (true, false);
                        }
                        if !eat {
                            rest.extend_from_slice(separator);
                            rest.extend_from_slice(cookie);
                        }
                    }
                }
                separator = b";";
            }
            separator = b",";
        }
        Line { values, rest: others.then_some(rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_taken_out() {
        let read = |text: &str| {
            let line = Line::read(text.as_bytes(), b"session");
            (line.values.iter().map(ToString::to_string).collect::<Vec<_>>(), line.rest.map(|r| r.to_string()))
        };
        assert_eq!(read("a=1; session=x; b=2"), (vec!["x".into()], Some("a=1; b=2".into())));
        assert_eq!(read("session=x;$Path=/"), (vec!["x".into()], None));
        assert_eq!(read("Session=x"), (vec![], Some("Session=x".into())));
        assert_eq!(read("session=x,session=y"), (vec!["x".into(), "y".into()], None));
    }
}
