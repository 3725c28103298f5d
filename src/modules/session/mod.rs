//! mod_session.c: what is kept for a visitor between requests. mod_session_cookie.c keeps it in a cookie; what
//! mod_session_dbd.c keeps in a database, or mod_session_crypto.c has encrypted, is not known here.

mod cookie;
mod rows;
mod save;

pub(crate) use cookie::Dir as CookieDir;
pub(crate) use rows::{COOKIE, CRYPTO, MODULE};
pub(crate) use save::clear;

use crate::server::module::Verdict;
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::server::settings;
use crate::server::table::Table;
use crate::server::uri::{self, Slashes};
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// Settings per directory: `session_dir_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// Session.
    enabled: Option<Set<bool>>,
    /// SessionEnv.
    env: Option<bool>,
    /// SessionMaxAge, in seconds.
    max_age: Option<i64>,
    /// SessionExpiryUpdateInterval, in seconds.
    update_interval: Option<i64>,
    /// SessionInclude.
    includes: Vec<(BString, Span)>,
    /// SessionExclude.
    excludes: Vec<(BString, Span)>,
    /// SessionCryptoPassphrase and its kin: where sessions are encrypted.
    encrypted: Option<Span>,
}

impl settings::Settings for Dir {
    /// `merge_session_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let both = |base: &[(BString, Span)], add: &[(BString, Span)]| [base, add].concat();
        Dir {
            enabled: Set::merge(&base.enabled, &add.enabled),
            env: add.env.or(base.env),
            max_age: add.max_age.or(base.max_age),
            update_interval: add.update_interval.or(base.update_interval),
            includes: both(&base.includes, &add.includes),
            excludes: both(&base.excludes, &add.excludes),
            encrypted: add.encrypted.or(base.encrypted),
        }
    }
}

impl Dir {
    /// `session_included`: whether a path has a session.
    fn includes(&self, uri: &[u8], without: Option<Span>) -> bool {
        let named = |list: &[(BString, Span)]| {
            list.iter().filter(|(_, span)| Some(*span) != without).any(|(prefix, _)| uri.starts_with(prefix))
        };
        let included = self.includes.is_empty() || named(&self.includes);
        included && !named(&self.excludes)
    }

    /// The places of the settings that decide whether there is a session.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        let lists = self.includes.iter().chain(&self.excludes).map(|(_, span)| *span);
        self.enabled.iter().map(|s| s.span).chain(lists)
    }
}

/// `ap_session_load`: what the session holds; none where there is no session at all.
pub(crate) fn load(r: &mut Request<'_>) -> Option<Table> {
    let dir = r.per_dir.session.clone()?;
    let enabled = without(&dir.enabled, r.without).copied().unwrap_or(false);
    if !enabled || !dir.includes(&r.uri, r.without) {
        return None;
    }
    let Some(kept) = cookie::load(r) else {
        if r.engine.server.loaded.has("session_dbd_module") && r.headers_in.get("Cookie").is_some() {
            let span = dir.enabled.as_ref().map_or(Span::NONE, |s| s.span);
            r.caveat("Session", span, "a session may be in a database: the request is taken to have none");
        }
        return None;
    };
    save::lasts(r, &dir);
    let encoded = kept.unwrap_or_default();
    if let Some(span) = dir.encrypted.filter(|_| !encoded.is_empty() && r.engine.server.loaded.has(CRYPTO.name)) {
        r.caveat("SessionCryptoPassphrase", span, "the cookie is not decrypted: it is taken to hold no session");
        return Some(Table::default());
    }
    let entries = decode(&encoded);
    let ended = end(&entries).is_some_and(|end| end < r.engine.now());
    Some(if ended { Table::default() } else { entries })
}

/// When a session ends, in seconds; it is written in microseconds.
fn end(entries: &Table) -> Option<i64> {
    entries.get("expiry").map(|text| crate::server::core::atoi(text) / 1_000_000).filter(|end| *end != 0)
}

/// `session_identity_decode`: names and values as a form has them.
fn decode(text: &[u8]) -> Table {
    let mut entries = Table::default();
    for pair in text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        let pair = pair.trim_start_with(|c| c == '=');
        let Some((key, value)) = pair.split_once_str("=") else { continue };
        if value.is_empty() {
            entries.unset(key);
        } else if let (Some(key), Some(value)) = (unescape(key), unescape(value)) {
            entries.set(key, value);
        }
    }
    entries
}

/// `ap_unescape_urlencoded`
fn unescape(text: &[u8]) -> Option<BString> {
    let mut text = BString::from(text.replace("+", " "));
    uri::unescape(&mut text, Slashes::Decode, false).is_ok().then_some(text)
}

/// `session_fixups`: programs find the session in their environment.
fn fixup(r: &mut Request<'_>) -> Verdict {
    if r.per_dir.session.is_none() {
        return Verdict::Declined;
    }
    let entries = load(r);
    if r.per_dir.session.as_ref().is_some_and(|dir| dir.env == Some(true)) {
        let encoded = entries.iter().flat_map(Table::iter).map(|(key, value)| [escape(key), escape(value)].join(&b'='));
        let encoded = bstr::join("&", encoded.collect::<Vec<_>>());
        if entries.is_some() {
            r.env.set("HTTP_SESSION", BString::from(encoded));
        }
        r.headers_in.unset("Session");
    }
    if r.main.is_none() {
        // the filter that keeps the session loads it again
        load(r);
    }
    Verdict::Ok
}

/// `ap_escape_urlencoded_buffer`
fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &b in text {
        match b {
            b' ' => out.push(b'+'),
            b if b.is_ascii_alphanumeric() || b"*-._".contains(&b) => out.push(b),
            b => out.extend_from_slice(format!("%{b:02x}").as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_read_as_forms() {
        let entries = decode(b"private-user=alice&&private-pw=a%26b+c&empty=&=odd=1&bad=%zz");
        let all: Vec<_> = entries.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let pair = |k: &str, v: &str| (k.to_string(), v.to_string());
        assert_eq!(all, [pair("private-user", "alice"), pair("private-pw", "a&b c"), pair("odd", "1")]);
        assert_eq!(escape(b"a b/\xe9"), b"a+b%2f%e9");
    }
}
