//! URLs and paths as mod_rewrite takes them apart and puts them together.

use super::settings::{Rule, flag, option};
use crate::filepath;
use crate::pattern::begins_nocase;
use crate::server::module::Phase;
use crate::server::redirect::take_marks;
use crate::server::request::Request;
use crate::server::{method, uri};
use crate::version;
use bstr::{BStr, BString, ByteSlice};

/// The schemes that mod_rewrite knows, and whether a query makes sense with them.
const SCHEMES: &[(&str, bool)] = &[
    ("ajp://", true),
    ("balancer://", true),
    ("ftp://", false),
    ("fcgi://", true),
    ("gopher://", false),
    ("http://", true),
    ("https://", true),
    ("h2://", true),
    ("h2c://", true),
    ("ldap://", false),
    ("mailto:", true),
    ("news:", false),
    ("nntp://", false),
    ("scgi://", true),
    ("ws://", true),
    ("wss://", true),
    ("unix:", true),
];

/// `is_absolute_uri`: the length of a scheme with what parts it from the rest, and whether it takes a query.
pub(super) fn scheme(text: &[u8]) -> Option<(usize, bool)> {
    if text.first() == Some(&b'/') || text.len() <= 5 {
        return None;
    }
    let (name, query) = SCHEMES.iter().find(|(s, _)| begins_nocase(text, s.as_bytes()))?;
    let length = if *name == "unix:" && text[5..].starts_with(b"//") { 7 } else { name.len() };
    Some((length, *query))
}

/// `escape_absolute_uri`: escapes what follows the scheme (`skip` bytes) and the host.
pub(super) fn escape_absolute(text: &[u8], skip: usize) -> BString {
    let mut head = skip.min(text.len());
    if text[..head].ends_with(b"/") {
        let Some(slash) = text[head..].find_byte(b'/').filter(|i| head + i + 1 < text.len()) else {
            return text.into();
        };
        head += slash + 1;
        if begins_nocase(text, b"ldap") {
            let parts: Vec<BString> =
                text[head..].splitn(5, |b| *b == b'?').map(|p| uri::escape_path(p, true)).collect();
            return [&text[..head], &bstr::join("?", parts)].concat().into();
        }
    }
    [&text[..head], &uri::escape_path(&text[head..], true)].concat().into()
}

/// `splitout_queryargs`: cuts the query off the rewritten file name, and makes it the request's.
pub(super) fn split_query(r: &mut Request<'_>, rule: &Rule) {
    if rule.has(flag::QS_NONE) {
        r.args = None;
        return;
    }
    let Some(mut filename) = r.filename.take() else { return };
    cut_query(r, rule, &mut filename);
    r.filename = Some(filename);
}

fn cut_query(r: &mut Request<'_>, rule: &Rule, filename: &mut BString) {
    let skip = match scheme(filename) {
        Some((_, false)) => {
            r.args = None;
            return;
        }
        Some((skip, true)) => skip,
        None => 0,
    };
    if rule.has(flag::QS_DISCARD) {
        r.args = None;
    }
    let rest = &filename[skip..];
    let found = if rule.has(flag::QS_LAST) { rest.rfind_byte(b'?') } else { rest.find_byte(b'?') };
    let Some(at) = found.map(|i| i + skip) else { return };
    let query = BString::from(&filename[at + 1..]);
    filename.truncate(at);
    if !rule.has(flag::QS_APPEND) {
        r.args = Some(query);
    } else if !query.is_empty() {
        let mut joined = query;
        joined.push(b'&');
        joined.extend_from_slice(r.args.as_deref().map_or(&b""[..], |a| a));
        r.args = Some(joined);
    }
    if let Some(args) = &mut r.args {
        if args.ends_with(b"&") {
            args.pop();
        } else if args.is_empty() {
            r.args = None;
        }
    }
}

/// `reduce_uri`: a URL of this very server becomes a path.
pub(super) fn reduce(r: &mut Request<'_>) {
    let Some(filename) = &r.filename else { return };
    let scheme = r.scheme().as_bytes();
    let Some(rest) = filename
        .get(scheme.len()..)
        .filter(|_| begins_nocase(filename, scheme))
        .and_then(|rest| rest.strip_prefix(b"://"))
        .filter(|rest| !rest.is_empty())
    else {
        return;
    };
    let end = rest.find_byteset(b"/:").unwrap_or(rest.len());
    let host = &rest[..end];
    let (port, path) = match rest.get(end) {
        Some(b':') => {
            let after = &rest[end + 1..];
            let slash = after.find_byte(b'/').unwrap_or(after.len());
            (crate::server::core::atoi(&after[..slash]) as u16, &after[slash..])
        }
        _ => (r.default_port(), &rest[end..]),
    };
    if !r.matches_vhost(host, port) {
        return;
    }
    r.filename = Some(if path.is_empty() { "/".into() } else { path.into() });
    if !is_legacy(r) {
        r.notes.set("mod_rewrite_uri_reduced", "true");
    }
}

/// Whether RewriteOptions says LegacyPrefixDocRoot.
pub(super) fn is_legacy(r: &Request<'_>) -> bool {
    let conf = r.server.settings.rewrite.as_ref();
    conf.is_some_and(|s| s.options.decides(r, Phase::TranslateName, option::LEGACY_PREFIX_DOCROOT))
}

/// `fully_qualify_uri`: a path becomes a URL of this server.
pub(super) fn qualify(r: &mut Request<'_>) {
    let filename = r.filename.clone().unwrap_or_default();
    if r.method_number == method::CONNECT || scheme(&filename).is_some() {
        return;
    }
    let path = if filename.starts_with(b"/") { filename } else { [b"/", filename.as_slice()].concat().into() };
    r.filename = Some(r.construct_url(&path));
    r.rewrite.qualified = true;
}

/// `prefix_stat`: whether a path is one of the file system: its first folder exists, and is not there by the
/// request's doing.
pub(super) fn is_file_path(r: &mut Request<'_>, path: &[u8], rule: Option<&Rule>) -> bool {
    let Some(rest) = path.strip_prefix(b"/") else { return false };
    let rest = filepath::without_slashes_before(rest);
    let first = &rest[..rest.find_byte(b'/').unwrap_or(rest.len())];
    let Some(folder) = filepath::merge(Some(BStr::new("/")), first) else { return false };
    if r.engine.stat(&folder).is_err() {
        return false;
    }
    let Some(rule) = rule else { return true };
    rule.has(flag::UNSAFE_PREFIX_STAT)
        || rule.output.text.starts_with(&folder)
        || path.starts_with(&r.document_root())
        || r.context_root.as_ref().is_some_and(|root| path.starts_with(root.as_bytes()))
        || !r.has(&version::PREFIX_STAT)
}

/// `subst_prefix_path`: `input` with `subst` in the place of the folder `prefix`; `None` where it is not in it.
pub(super) fn replace_prefix(input: &[u8], prefix: &[u8], subst: &[u8]) -> Option<BString> {
    let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
    let rest = input.strip_prefix(prefix)?.strip_prefix(b"/")?;
    Some(filepath::join(subst, rest))
}

/// `expand_tildepaths`: `/~user` becomes that user's home folder.
pub(super) fn expand_tilde(r: &Request<'_>, path: BString) -> BString {
    let Some(rest) = path.strip_prefix(b"/~") else { return path };
    let end = rest.find_byte(b'/').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let Some(user) = r.engine.server.users.user(name).filter(|_| !name.is_empty()) else { return path };
    if after.is_empty() {
        return user.home.clone();
    }
    let home = user.home.strip_suffix(b"/").unwrap_or(&user.home);
    [home, after].concat().into()
}

/// Whether the rewritten query is refused: one with a blank or a control character that nobody `escapes`.
pub(super) fn refuses_query(r: &mut Request<'_>, escapes: bool) -> bool {
    let escapes = escapes && r.engine.server.loaded.version.has(&version::ESCAPED_QUERY);
    !escapes && r.args.as_ref().is_some_and(|a| is_raw(a)) && r.has(&version::STRICT_QUERY)
}

/// Whether a query has bytes that must not be in one: `ap_scan_vchar_obstext`.
fn is_raw(query: &[u8]) -> bool {
    query.iter().any(|b| *b <= b' ' || *b == 0x7f)
}

/// `subreq_ok`: a subrequest for the very URL that a subrequest is for would never end.
pub(super) fn subrequest_ok(r: &Request<'_>) -> bool {
    r.main.as_ref().is_none_or(|main| main.uri != r.uri)
}

/// Keeps what a subrequest left in the log, and its caveats.
pub(super) fn take_notice(r: &mut Request<'_>, sub: Request<'_>) {
    take_marks(r, sub.log, Vec::new(), sub.caveats);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        for (text, want) in [
            ("HTTP://x", Some((7, true))),
            ("https://", Some((8, true))),
            ("/http://x", None),
            ("ws:/x/", None),
            ("ldap://h/", Some((7, false))),
            ("unix:/s|fcgi://x", Some((5, true))),
            ("unix://s", Some((7, true))),
            ("news:", None),
        ] {
            assert_eq!(scheme(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn escaping_spares_the_host() {
        for (text, skip, want) in [
            ("http://h o/a b", 7, "http://h o/a%20b"),
            ("http://h o", 7, "http://h o"),
            ("mailto:a b", 7, "mailto:a%20b"),
            ("ldap://h/a b?c d?", 7, "ldap://h/a%20b?c%20d?"),
        ] {
            assert_eq!(escape_absolute(text.as_bytes(), skip), want);
        }
    }

    #[test]
    fn prefixes() {
        let replaced = |i: &str, p: &str, s: &str| replace_prefix(i.as_bytes(), p.as_bytes(), s.as_bytes());
        assert_eq!(replaced("/srv/www/a", "/srv/www/", "/x"), Some("/x/a".into()));
        assert_eq!(replaced("/srv/www/a", "/srv/www", ""), Some("a".into()));
        assert_eq!(replaced("/srv/wwwa", "/srv/www/", "/x"), None);
    }
}
