//! URIs: apr_uri_parse (apr-util, uri/apr_uri.c), and the escaping and normalising of paths (server/util.c).

use crate::filepath;
use bstr::{BString, ByteSlice};

/// A URI taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// `http`.
    pub scheme: Option<BString>,
    /// `user:password`.
    pub userinfo: Option<BString>,
    /// `host:port`.
    pub hostinfo: Option<BString>,
    /// The host, without the brackets of an IPv6 literal.
    pub hostname: Option<BString>,
    /// The port.
    pub port: Option<u16>,
    /// The path; none when it is empty.
    pub path: Option<BString>,
    /// What follows `?`.
    pub query: Option<BString>,
    /// What follows `#`.
    pub fragment: Option<BString>,
}

/// Takes a URI apart. `None`: apr_uri_parse refuses it (a port that is no number).
pub(crate) fn parse(uri: &[u8]) -> Option<Parts> {
    let mut parts = Parts::default();
    let mut rest = uri;
    if rest.first() != Some(&b'/')
        && let Some(colon) = rest.find(":")
        && colon > 0
        && rest[0].is_ascii_alphabetic()
        && rest[..colon].iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
    {
        parts.scheme = Some(rest[..colon].into());
        rest = &rest[colon + 1..];
        if let Some(authority) = rest.strip_prefix(b"//") {
            let end = authority.find_byteset(b"/?#").unwrap_or(authority.len());
            hostinfo(&authority[..end], &mut parts)?;
            rest = &authority[end..];
        }
    }
    if let Some(hash) = rest.find_byte(b'#') {
        // a fragment ends the query, but not what stands before the query
        parts.fragment = Some(rest[hash + 1..].into());
        rest = &rest[..hash];
    }
    if let Some(q) = rest.find_byte(b'?') {
        parts.query = Some(rest[q + 1..].into());
        rest = &rest[..q];
    }
    if !rest.is_empty() {
        parts.path = Some(rest.into());
    }
    Some(parts)
}

/// Whether a URI is nothing but a path, as most are.
pub(crate) fn is_path_alone(uri: &[u8]) -> bool {
    // each byte is looked at, without a way out: so the compiler looks at many at once
    let more = uri.iter().fold(false, |more, b| more | (*b == b'?') | (*b == b'#'));
    uri.first() == Some(&b'/') && !more
}

fn hostinfo(text: &[u8], parts: &mut Parts) -> Option<()> {
    let mut host = text;
    if let Some(at) = host.rfind_byte(b'@') {
        parts.userinfo = Some(host[..at].into());
        host = &host[at + 1..];
    }
    parts.hostinfo = Some(host.into());
    let (name, port): (&[u8], Option<&[u8]>) = if host.first() == Some(&b'[') {
        let end = host.find_byte(b']')?;
        let after = &host[end + 1..];
        match after.first() {
            None => (&host[1..end], None),
            Some(b':') => (&host[1..end], Some(&after[1..])),
            Some(_) => return None,
        }
    } else {
        match host.find_byte(b':') {
            None => (host, None),
            Some(i) => (&host[..i], Some(&host[i + 1..])),
        }
    };
    parts.hostname = Some(name.into());
    if let Some(port) = port.filter(|p| !p.is_empty()) {
        if !port.iter().all(u8::is_ascii_digit) {
            return None;
        }
        // as httpd, a port that is too large wraps
        let n = port.iter().fold(0u64, |n, d| n.wrapping_mul(10).wrapping_add(u64::from(d - b'0')));
        parts.port = Some(n as u16);
    }
    Some(())
}

/// How [`normalize`] works: AP_NORMALIZE_*.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Normalize {
    /// Decode what needs no encoding.
    pub decode_unreserved: bool,
    /// Collapse `//`.
    pub merge_slashes: bool,
    /// Take a path that does not begin with a slash.
    pub allow_relative: bool,
    /// See no dot segment in one whose second dot is encoded.
    pub plain_dots: bool,
    /// Leave a percent sign alone that no number follows.
    pub lax_escapes: bool,
}

fn hex(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

fn escape_at(path: &[u8], i: usize) -> Option<u8> {
    match (path.get(i), path.get(i + 1), path.get(i + 2)) {
        (Some(b'%'), Some(&h), Some(&l)) => Some(hex(h)? << 4 | hex(l)?),
        _ => None,
    }
}

/// RFC 3986's unreserved characters.
pub(crate) fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~".contains(&b)
}

/// `ap_normalize_path`: takes away `.`, `..` and doubled slashes. Whether the path is a good one.
pub(crate) fn normalize(path: &mut BString, how: Normalize) -> bool {
    if filepath::is_tidy(path) && !path.contains(&b'%') {
        return true;
    }
    let mut good = true;
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut l = 1;
    if path.first() == Some(&b'/') {
        out.push(b'/');
    } else {
        if *path == "*" {
            return true;
        }
        if !how.allow_relative || path.is_empty() {
            return false;
        }
        l = 0;
    }
    let end = |i: usize, p: &BString| i >= p.len() || p[i] == b'/';
    let mut p = path.clone();
    while l < p.len() {
        if how.decode_unreserved && p[l] == b'%' {
            match escape_at(&p, l) {
                Some(c) if is_unreserved(c) => {
                    l += 2;
                    p[l] = c;
                }
                Some(_) => {}
                None => good &= how.lax_escapes,
            }
        }
        if out.last().is_none_or(|b| *b == b'/') {
            if how.merge_slashes && p[l] == b'/' {
                while l < p.len() && p[l] == b'/' {
                    l += 1;
                }
                continue;
            }
            if p[l] == b'.' {
                if end(l + 1, &p) {
                    l += 2;
                    continue;
                }
                let second = if p[l + 1] == b'.' {
                    Some(l + 1)
                } else if how.decode_unreserved
                    && !how.plain_dots
                    && p[l + 1..].starts_with(b"%2")
                    && matches!(p.get(l + 3), Some(b'e' | b'E'))
                {
                    Some(l + 3)
                } else {
                    None
                };
                if let Some(n) = second
                    && end(n + 1, &p)
                {
                    if out.len() > 1 {
                        out.pop();
                        while out.last().is_some_and(|b| *b != b'/') {
                            out.pop();
                        }
                    } else {
                        good = false;
                    }
                    l = n + 2;
                    continue;
                }
            }
        }
        out.push(p[l]);
        l += 1;
    }
    *path = out.into();
    good
}

/// `ap_getparents`: takes the dot segments out of a decoded path, as RFC 1808 has it, in four passes.
#[cold]
pub(crate) fn get_parents(path: &mut BString) {
    let is_slash = |path: &[u8], i: usize| path.get(i) == Some(&b'/');
    let begins = |path: &[u8], i: usize| i == 0 || is_slash(path, i - 1);
    let parent = |path: &[u8], l: usize| path[..l].rfind_byte(b'/').map_or(0, |slash| slash + 1);
    let Some(first_dot) = path.find_byte(b'.') else { return };
    // `./` segments
    let (mut kept, mut l) = (BString::from(&path[..first_dot]), first_dot);
    while l < path.len() {
        if path[l] == b'.' && is_slash(path, l + 1) && begins(path, l) {
            l += 2;
        } else {
            kept.push(path[l]);
            l += 1;
        }
    }
    // a `.` at the end
    if kept.last() == Some(&b'.') && begins(&kept, kept.len() - 1) {
        kept.pop();
    }
    // `xx/../` segments
    l = first_dot;
    while l < kept.len() {
        if kept[l..].starts_with(b"../") && begins(&kept, l) {
            let start = if l >= 2 { parent(&kept, l - 1) } else { 0 };
            kept.drain(start..l + 3);
            l = start;
        } else {
            l += 1;
        }
    }
    // `xx/..` at the end
    if kept == ".." {
        kept.clear();
    } else if kept.ends_with(b"/..") {
        let end = kept.len();
        let start = if end >= 4 { parent(&kept, end - 3) } else { 0 };
        kept.truncate(start);
    }
    *path = kept;
}

/// What [`unescape`] does with an encoded slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slashes {
    /// Refuses it.
    Forbid,
    /// Leaves it encoded.
    Keep,
    /// Decodes it.
    Decode,
}

/// `unescape_url`: decodes a path in place. The error is a status: 400 for a bad escape, 404 for a NUL or a forbidden slash.
pub(crate) fn unescape(path: &mut BString, slashes: Slashes, keep_unreserved: bool) -> Result<(), u16> {
    let Some(first) = path.find_byte(b'%') else { return Ok(()) };
    let (mut bad_escape, mut bad_path) = (false, false);
    let mut out = Vec::with_capacity(path.len());
    out.extend_from_slice(&path[..first]);
    let mut i = first;
    while i < path.len() {
        if path[i] != b'%' {
            out.push(path[i]);
            i += 1;
            continue;
        }
        match escape_at(path, i) {
            None => {
                bad_escape = true;
                out.push(b'%');
                i += 1;
            }
            Some(c) => {
                if c == 0 || slashes == Slashes::Forbid && c == b'/' {
                    bad_path = true;
                    out.push(c);
                } else if keep_unreserved && is_unreserved(c) || slashes == Slashes::Keep && c == b'/' {
                    out.extend_from_slice(&path[i..i + 3]);
                } else {
                    out.push(c);
                }
                i += 3;
            }
        }
    }
    // as a C string, the path ends at its first NUL
    if let Some(nul) = out.find_byte(0) {
        out.truncate(nul);
    }
    *path = out.into();
    if bad_escape {
        Err(400)
    } else if bad_path {
        Err(404)
    } else {
        Ok(())
    }
}

/// `ap_escape_path_segment`: a name that stands between two slashes.
pub(crate) fn escape_segment(name: &[u8]) -> BString {
    let mut out = BString::default();
    for &byte in name {
        match byte {
            b if b.is_ascii_alphanumeric() || b"$-_.+!*'(),:@&=~".contains(&b) => out.push(b),
            b => out.extend_from_slice(format!("%{b:02x}").as_bytes()),
        }
    }
    out
}

/// `ap_os_escape_path` / `ap_escape_uri`: what a URL path must encode. `partial` leaves out the `./` that
/// keeps a leading `a:b` from looking like a scheme.
pub(crate) fn escape_path(path: &[u8], partial: bool) -> BString {
    let mut out = BString::default();
    if !partial {
        let colon = path.find_byte(b':');
        let slash = path.find_byte(b'/');
        if colon.is_some_and(|c| slash.is_none_or(|s| c < s)) {
            out.extend_from_slice(b"./");
        }
    }
    for &b in path {
        if b.is_ascii_alphanumeric() || b"$-_.+!*'(),:@&=/~;".contains(&b) {
            out.push(b);
        } else {
            out.extend_from_slice(format!("%{b:02x}").as_bytes());
        }
    }
    out
}

/// `ap_is_url`: a scheme, a colon, and something more.
pub(crate) fn is_url(text: &[u8]) -> bool {
    let end = text.iter().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(b))).unwrap_or(text.len());
    end > 0 && text.get(end) == Some(&b':') && text.len() > end + 1
}

/// `text` with each run of slashes as one: `ap_no2slash`.
pub(crate) fn single_slashes(text: &[u8]) -> BString {
    let mut out = BString::from(Vec::with_capacity(text.len()));
    for &byte in text {
        if byte != b'/' || out.last() != Some(&b'/') {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn normalizes_as_httpd() {
        let how = Normalize { decode_unreserved: true, merge_slashes: true, ..Normalize::default() };
        for (path, want, good) in [
            ("/a//b/./c/../d", "/a/b/d", true),
            ("/a/%2e%2e/b", "/b", true),
            ("/..", "/", false),
            ("/a/.%2E", "/", true),
            ("/%41%2f%zz", "/A%2f%zz", false),
            ("/.", "/", true),
            ("*", "*", true),
            ("a", "a", false),
        ] {
            let mut p = BString::from(path);
            assert_eq!((normalize(&mut p, how), p), (good, BString::from(want)), "{path}");
        }
    }

    #[test]
    fn takes_uris_apart() {
        let p = parse(b"http://u:p@[::1]:81/x?q#f").unwrap();
        assert_eq!(p.hostname.unwrap(), "::1");
        assert_eq!((p.port, p.path.unwrap(), p.query.unwrap()), (Some(81), "/x".into(), "q".into()));
        assert!(parse(b"http://h:x/").is_none());
    }

    proptest! {
        #[test]
        fn normalizing_twice_is_normalizing_once(path in "(/|/\\.|/\\.\\.|/[a-c%2eEfF]{0,4}){0,8}") {
            let how = Normalize { decode_unreserved: false, merge_slashes: true, ..Normalize::default() };
            let mut once = BString::from(format!("/{path}"));
            normalize(&mut once, how);
            let mut twice = once.clone();
            normalize(&mut twice, how);
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn unescaping_undoes_escaping(path in proptest::collection::vec(1u8.., 0..40)) {
            let mut text = escape_path(&path, true);
            prop_assert_eq!(unescape(&mut text, Slashes::Decode, false), Ok(()));
            prop_assert_eq!(text, BString::from(path));
        }
    }
}
