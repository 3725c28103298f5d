//! By what a request gets past a refusal: what tells it from the one that is refused.

use super::ask::{Ask, decoded};
use super::denial::{Denial, normal};
use super::shown::Thing;
use crate::outcome::Outcome;
use crate::source::SourceMap;
use bstr::ByteSlice;

/// The ways past a refusal, the plainest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum By {
    Alias,
    Symlink,
    Userdir,
    Index,
    Negotiation,
    Rewrite,
    Slashes,
    Case,
    PathInfo,
    Encoding,
    Port,
    Host,
    Method,
    Header,
    Protocol,
}

impl By {
    /// As results have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            By::Alias => "alias",
            By::Symlink => "symlink",
            By::Userdir => "userdir",
            By::Index => "index",
            By::Negotiation => "negotiation",
            By::Rewrite => "rewrite",
            By::Slashes => "slashes",
            By::Case => "case",
            By::PathInfo => "path-info",
            By::Encoding => "encoding",
            By::Port => "port",
            By::Host => "host",
            By::Method => "method",
            By::Header => "header",
            By::Protocol => "protocol",
        }
    }
}

/// What tells a request that gets through from the refused one.
pub(crate) fn by(denial: &Denial, ask: &Ask, outcome: &Outcome, sources: &SourceMap) -> By {
    let first = &denial.ask;
    let path = if ask.path == first.path { None } else { Some(by_path(denial, ask, outcome, sources)) };
    let host = ask.host != first.host || ask.local != first.local;
    let port = ask.port != first.port || ask.tls != first.tls;
    match path {
        Some(by @ (By::Userdir | By::Symlink)) => return by,
        Some(by) if !host && !port => return by,
        // the same file by another site's own URL
        _ => {}
    }
    let names = |ask: &Ask| {
        ask.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Host")).cloned().collect::<Vec<_>>()
    };
    match () {
        () if host => By::Host,
        () if port => By::Port,
        () if ask.method != first.method => By::Method,
        () if ask.target != first.target || ask.protocol != first.protocol => By::Protocol,
        () if names(ask) != names(first) || ask.user != first.user || ask.client != first.client => By::Header,
        () => path.unwrap_or(By::Rewrite),
    }
}

fn by_path(denial: &Denial, ask: &Ask, outcome: &Outcome, sources: &SourceMap) -> By {
    let (old, new) = (&denial.ask.path, &ask.path);
    let decided = |names: &[&str]| {
        outcome
            .decided_by
            .iter()
            .any(|d| names.iter().any(|name| sources.directive_name(d.span).eq_ignore_ascii_case(name)))
    };
    if new.starts_with("/~") && decided(&["UserDir"]) {
        return By::Userdir;
    }
    let (plain, other) = (normal(old), normal(new));
    if plain == other {
        let raw = |path: &str| path.bytes().filter(|b| *b == b'%').count();
        let dots = |path: &str| path.contains("/./") || path.contains("/../") || path.ends_with("/.");
        let doubled = new.contains("//") && raw(new) <= raw(old);
        return if !doubled && (raw(new) > raw(old) || dots(new)) { By::Encoding } else { By::Slashes };
    }
    let again = |path: &[u8]| path.to_str().map(normal).unwrap_or_else(|_| path.to_vec());
    // encoded twice, or a slash that is encoded
    if new.contains('%') && again(&again(&decoded(new))) == again(&plain) {
        return By::Encoding;
    }
    if plain.eq_ignore_ascii_case(&other) {
        return By::Case;
    }
    if let Some(rest) = other.strip_prefix(plain.as_slice())
        && rest.starts_with(b"/")
        && !outcome.path_info.is_empty()
    {
        return By::PathInfo;
    }
    // another beginning that leads to a link's target
    let real = |outcome: &Outcome| match (&denial.thing, &outcome.file) {
        (Thing::File(real), Some(file)) => file.strip_suffix(b"/").unwrap_or(file) == real.as_slice(),
        _ => true,
    };
    let aliases = ["Alias", "AliasMatch", "ScriptAlias", "ScriptAliasMatch", "WSGIScriptAlias", "WSGIScriptAliasMatch"];
    let file = outcome.file.as_ref().map(|f| f.as_slice()).unwrap_or_default();
    if !real(outcome) && real(&denial.meant) {
        return By::Symlink;
    }
    let index = new.ends_with('/') && !old.ends_with('/') && !file.ends_with(b"/") && outcome.path_info.is_empty();
    let below = |path: &[u8], of: &[u8]| of.strip_prefix(path).is_some_and(|rest| !rest.contains(&b'/'));
    if index && (below(&other, &plain) || !decided(&["RewriteRule"])) {
        return By::Index;
    }
    let name = |path: &[u8]| path.rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
    let (own, named) = (name(&other), name(file));
    if !own.is_empty()
        && own != named
        && named.starts_with(&[own.as_slice(), b"."].concat())
        && !decided(&["RewriteRule"])
    {
        return By::Negotiation;
    }
    if decided(&["RewriteRule"])
        && !denial.meant.decided_by.iter().any(|d| {
            outcome
                .decided_by
                .iter()
                .any(|o| o.span == d.span && sources.directive_name(o.span).eq_ignore_ascii_case("RewriteRule"))
        })
    {
        return By::Rewrite;
    }
    if !decided(&aliases) && !outcome.path_info.is_empty() && denial.meant.path_info != outcome.path_info {
        return By::PathInfo;
    }
    if decided(&["RewriteRule"]) && !decided(&aliases) { By::Rewrite } else { By::Alias }
}
