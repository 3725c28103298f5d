//! Where a `Location` leads: a URL as browsers read it (the URL standard), for http and https.

use crate::url::{UrlParts, split_url};
use bstr::ByteSlice;

/// The URL that `location`, answered to `base`, leads to, with its fragment, or else that of `base`; none where it is no http
/// or https URL.
pub(super) fn resolve(base: &str, location: &[u8]) -> Option<String> {
    let text = location.trim_with(|c| c.is_ascii_control() || c == ' ');
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\t' | b'\r' | b'\n')).collect();
    let from = split_url(base);
    let (https, rest) = match scheme(&text) {
        None => (from.https, text.as_slice()),
        Some(name) if name.eq_ignore_ascii_case(b"http") => (false, &text[5..]),
        Some(name) if name.eq_ignore_ascii_case(b"https") => (true, &text[6..]),
        Some(_) => return None,
    };
    let (rest, fragment) = match rest.split_once_str("#") {
        Some((rest, fragment)) => (rest, Some(encoded(fragment, b"\"<>`"))),
        None => (rest, base.split_once('#').map(|(_, fragment)| fragment.to_string())),
    };
    let (path, query) = match rest.split_once_str("?") {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    // a backslash is a slash to browsers
    let path = path.replace("\\", "/");
    let slashes = path.iter().take_while(|b| **b == b'/').count();
    let is_absolute = rest.len() < text.len() && scheme(&text).is_some();
    let (authority, path) = if is_absolute || slashes >= 2 {
        let (authority, path) =
            path[slashes..].split_at(path[slashes..].find_byte(b'/').unwrap_or(path.len() - slashes));
        (authority_of(authority, https)?, path.to_vec())
    } else {
        (from.authority.to_string(), relative(from, &path, query.is_some()))
    };
    // an empty reference has the query of what it is relative to
    let kept = if rest.is_empty() { own_query(from) } else { None };
    let query = query.map(|q| encoded(q, b"\"<>'")).or(kept);
    let scheme = if https { "https" } else { "http" };
    let mut url = format!("{scheme}://{authority}{}", encoded(&without_dots(&path), b"\"<>^`{}"));
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part {
            url.push(mark);
            url.push_str(&part);
        }
    }
    Some(url)
}

/// What is before the first colon, where it may be a scheme.
fn scheme(text: &[u8]) -> Option<&[u8]> {
    let name = &text[..text.find_byte(b':')?];
    let rest = |b: &u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    (name.first()?.is_ascii_alphabetic() && name.iter().all(rest)).then_some(name)
}

/// Host and port, without credentials and the scheme's own port.
fn authority_of(text: &[u8], https: bool) -> Option<String> {
    let text = text.rsplit_once_str("@").map_or(text, |(_, host)| host).to_str_lossy().to_ascii_lowercase();
    let own = if https { ":443" } else { ":80" };
    let text = text.strip_suffix(own).unwrap_or(&text).trim_end_matches(':');
    (!text.is_empty()).then(|| text.to_string())
}

fn own_query(from: UrlParts<'_>) -> Option<String> {
    from.target.split('#').next()?.split_once('?').map(|(_, query)| query.to_string())
}

/// A path that is relative to that of `from`.
fn relative(from: UrlParts<'_>, path: &[u8], has_query: bool) -> Vec<u8> {
    if path.first() == Some(&b'/') {
        return path.to_vec();
    }
    let own = from.target.split(['?', '#']).next().unwrap_or_default().as_bytes();
    if path.is_empty() && (has_query || !own.is_empty()) {
        return own.to_vec();
    }
    let directory = own.rfind_byte(b'/').map_or(&b"/"[..], |at| &own[..=at]);
    [directory, path].concat()
}

/// A path without `.` and `..`, which may be written with `%2e`.
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.strip_prefix(b"/").unwrap_or(path).split_str("/").peekable();
    while let Some(segment) = segments.next() {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        let is_last = segments.peek().is_none();
        match plain.as_slice() {
            b"." => {}
            b".." => drop(kept.pop()),
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push(b"");
        }
    }
    [b"/".as_slice(), &kept.join(&b"/"[..])].concat()
}

/// Percent-encodes what is no ASCII, control characters, spaces and `others`.
fn encoded(text: &[u8], others: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        if byte.is_ascii_graphic() && !others.contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_browsers_have_it() {
        for (base, location, want) in [
            ("http://h/a/b?q#f", "c", "http://h/a/c#f"),
            ("http://h/a/b?q#f", "?x", "http://h/a/b?x#f"),
            ("http://h/a/b?q#f", "#g", "http://h/a/b?q#g"),
            ("http://h/a/b?q", "", "http://h/a/b?q"),
            ("http://h/a/b", "../../../c/./d/..", "http://h/c/"),
            ("http://h/a", "/%2e%2E/x", "http://h/x"),
            ("https://h/a", "//o/p", "https://o/p"),
            ("https://h/a", "HTTP://User:pw@O:80", "http://o/"),
            ("http://h/", "https://o:443?q", "https://o/?q"),
            ("http://h/", "https:\\\\o\\p\\?a\\b", "https://o/p/?a\\b"),
            ("/a/b", "/c d/\u{e9}?x y<", "http://localhost/c%20d/%C3%A9?x%20y%3C"),
            ("http://h/a", "  b\tc\n", "http://h/bc"),
            ("http://h/a", "x/y:z", "http://h/x/y:z"),
            ("http://[::1]:81/a", "/b//c", "http://[::1]:81/b//c"),
        ] {
            assert_eq!(resolve(base, location.as_bytes()).as_deref(), Some(want), "{location} of {base}");
        }
        for location in ["ftp://h/", "mailto:a@b", "http://", "https:///"] {
            assert_eq!(resolve("http://h/", location.as_bytes()), None, "{location}");
        }
    }
}
