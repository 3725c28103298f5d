//! From a path to the URL that it is proxied to (mod_proxy.c).

use super::{Alias, Mapping, schemes, servlet};
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Detail, Judgement, Step, Winner};
use crate::pattern::{self, Captures, begins_nocase};
use crate::server::captures;
use crate::server::method;
use crate::server::module::{Phase, Verdict};
use crate::server::request::{ProxyReq, Request};
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// `proxy_detect`: a request for another server's URL is a forward proxy's.
pub(super) fn detect(r: &mut Request<'_>) -> Verdict {
    let requests = r.server.settings.proxy.as_ref().and_then(|c| c.requests.as_ref()).filter(|s| s.value);
    let Some(span) = requests.map(|s| s.span) else { return Verdict::Declined };
    let uri = &r.parsed_uri;
    let forward = match (&uri.scheme, &uri.hostname) {
        (Some(scheme), Some(host)) => {
            let own_scheme = scheme.eq_ignore_ascii_case(r.scheme().as_bytes());
            !own_scheme || !r.matches_vhost(host, uri.port.unwrap_or_else(|| r.default_port()))
        }
        (Some(_), None) => true,
        (None, host) => r.method_number == method::CONNECT && host.is_some() && uri.port.is_some(),
    };
    if forward {
        r.decide(Phase::PostReadRequest, span);
        r.proxyreq = ProxyReq::Proxy;
        r.uri = r.unparsed_uri.clone();
        r.filename = Some([b"proxy:", r.uri.as_slice()].concat().into());
        r.handler = Some("proxy-server".into());
        r.handler_span = Some(span);
    }
    Verdict::Declined
}

/// `proxy_pre_translate_name`: `mapping=encoded` and `mapping=servlet`.
pub(super) fn pre_translate(r: &mut Request<'_>) -> Verdict {
    if r.proxyreq != ProxyReq::None { Verdict::Done } else { trans(r, Phase::PreTranslateName) }
}

/// `proxy_translate_name`
pub(super) fn translate(r: &mut Request<'_>) -> Verdict {
    if r.proxyreq != ProxyReq::None { Verdict::Ok } else { trans(r, Phase::TranslateName) }
}

/// What one ProxyPass makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// It is not proxied.
    Excluded,
    /// The substitution is too long.
    TooLong,
    /// It is proxied to that URL.
    Url { url: BString, nocanon: bool, mismatch: bool, path: Option<BString> },
}

/// `proxy_trans`: the section's own ProxyPass, then those of the server in order.
fn trans(r: &mut Request<'_>, phase: Phase) -> Verdict {
    let section = r.per_dir.proxy.as_ref().and_then(|d| d.alias.clone());
    let conf = super::of(&r.server.settings);
    if section.is_none() && conf.aliases.is_empty() {
        return Verdict::Declined;
    }
    if r.unparsed_uri == "*" || r.uri.first() != Some(&b'/') || r.env.get("no-proxy").is_some() {
        return Verdict::Declined;
    }
    let early = phase == Phase::PreTranslateName;
    let in_time = |a: &Alias| (a.mapping != Mapping::Decoded) == early;
    let mut winner: Option<(&Alias, Found)> = None;
    // what would be, were it not for the winner, tells whether it makes a difference
    let mut next: Option<Found> = None;
    if let Some(set) = section.as_ref().filter(|s| in_time(&s.value)) {
        let found = try_alias(r, &set.value);
        tell(r, phase, &set.value, found.as_ref(), None);
        winner = found.map(|f| (&*set.value, f));
        let covered = set.under.as_ref().filter(|_| winner.is_some()).map(|u| u.value.clone());
        next = covered.filter(|a| in_time(a)).and_then(|a| try_alias(r, &a));
    }
    // who watches is told of those that miss, too
    let list = if r.watched() { conf.aliases.all() } else { conf.aliases.of_path(&r.uri) };
    for alias in list.iter().map(|(_, alias)| alias).filter(|a| in_time(a)) {
        if next.is_some() && !r.traced() {
            break;
        }
        let found = if next.is_none() { try_alias(r, alias) } else { r.for_trace(|r| try_alias(r, alias)) };
        tell(r, phase, alias, found.as_ref(), winner.as_ref().map(|(winner, _)| winner.span));
        match (found, &winner) {
            (None, _) => {}
            (Some(found), None) => winner = Some((alias, found)),
            (Some(found), Some(_)) => drop(next.get_or_insert(found)),
        }
    }
    let Some((alias, found)) = winner else { return Verdict::Declined };
    if next.unwrap_or(Found::Excluded) != found {
        r.decide(phase, alias.span);
    }
    if let Some(set) = interpolates(r, alias)
        && [&alias.fake, &alias.real].into_iter().any(|t| interpolate_env(r, t) != *t)
    {
        r.decide(phase, set);
    }
    take(r, alias, found)
}

/// The line by which variables in a ProxyPass are filled in.
fn interpolates(r: &Request<'_>, alias: &Alias) -> Option<Span> {
    let set = r.per_dir.proxy.as_ref()?.interpolate_env.as_ref()?;
    (set.value && alias.interpolate).then_some(set.span)
}

/// Tells of a line that was tried; `earlier` is one that took the request before.
fn tell(r: &Request<'_>, phase: Phase, alias: &Alias, found: Option<&Found>, earlier: Option<Span>) {
    r.tell(|| {
        let judgement = match (found, earlier) {
            (None, _) => Judgement::Missed,
            (Some(_), None) => Judgement::Matched,
            (Some(_), Some(earlier)) => Judgement::Shadowed(Winner::Rule(earlier)),
        };
        let detail = match found {
            Some(Found::Url { url, .. }) if r.traced() => Detail::Proxied(url.clone()),
            Some(Found::Excluded) => Detail::NotProxied,
            _ => Detail::Nothing,
        };
        Step::new(phase, By::Module("mod_proxy.c"), Some(alias.span), judgement).with(detail)
    });
}

/// `ap_proxy_trans_match`, without its effects; `None` where it doesn't match.
fn try_alias(r: &mut Request<'_>, alias: &Alias) -> Option<Found> {
    match map(r, alias)? {
        Found::Url { url, .. } if needs_upgrade(r, &url) => None,
        found => Some(found),
    }
}

fn map(r: &mut Request<'_>, alias: &Alias) -> Option<Found> {
    let (fake, real) = if interpolates(r, alias).is_some() {
        (interpolate_env(r, &alias.fake), interpolate_env(r, &alias.real))
    } else {
        (alias.fake.clone(), alias.real.clone())
    };
    let excluded = real == "!";
    let raw = r.unparsed_uri.clone();
    let mut mismatch = false;
    if let Some(regex) = &alias.regex {
        let uri = r.uri.clone();
        let mut caps = Captures::default();
        if !captures::search(r, regex, alias.span, &uri, (Origin::Path, b""), &mut caps) {
            return None;
        }
        if excluded {
            return Some(Found::Excluded);
        }
        let mut subject = &uri;
        if alias.nocanon {
            let mut raw_caps = Captures::default();
            mismatch = !captures::search(r, regex, alias.span, &raw, (Origin::Target, b""), &mut raw_caps);
            if !mismatch {
                (subject, caps) = (&raw, raw_caps);
            }
        }
        let Some(url) = pattern::substitute(&real, subject, &caps) else { return Some(Found::TooLong) };
        let url = if url == real { [real.as_slice(), subject].concat().into() } else { url };
        return Some(Found::Url { url, nocanon: alias.nocanon, mismatch, path: None });
    }
    if alias.mapping == Mapping::Servlet {
        let (path, covered) = servlet::matches(&r.uri, &fake)?;
        if excluded {
            return Some(Found::Excluded);
        }
        // httpd cuts the path as sent
        let rest = if alias.nocanon { raw.get(covered..) } else { r.uri.get(covered..) };
        let url = [real.as_slice(), rest.unwrap_or_default()].concat().into();
        return Some(Found::Url { url, nocanon: false, mismatch: false, path: Some(path) });
    }
    let covered = pattern::alias_matches(&r.uri, &fake);
    r.engine
        .pattern(|| captures::tried(alias.span, PatternKind::Prefix, &fake, &r.uri, (Origin::Path, b""), covered > 0));
    if covered == 0 {
        return None;
    }
    if excluded {
        return Some(Found::Excluded);
    }
    mismatch = alias.nocanon && covered != pattern::alias_matches(&raw, &fake);
    let rest = if alias.nocanon && !mismatch { raw.get(covered..) } else { r.uri.get(covered..) };
    let url = [real.as_slice(), rest.unwrap_or_default()].concat().into();
    Some(Found::Url { url, nocanon: alias.nocanon, mismatch, path: None })
}

/// The effects of a match.
fn take(r: &mut Request<'_>, alias: &Alias, found: Found) -> Verdict {
    let (url, nocanon, mismatch, path) = match found {
        Found::Excluded => return Verdict::Declined,
        Found::TooLong => {
            r.error("AH01135", "Substitution in regular expression failed. Replacement too long?");
            return Verdict::Status(500);
        }
        Found::Url { url, nocanon, mismatch, path } => (url, nocanon, mismatch, path),
    };
    if mismatch {
        r.error("AH01136", "Unescaped URL path matched ProxyPass; ignoring unsafe nocanon");
    }
    r.filename = Some([b"proxy:", url.as_slice()].concat().into());
    r.handler = Some("proxy-server".into());
    r.handler_span = None;
    r.proxyreq = ProxyReq::Reverse;
    if nocanon && !mismatch {
        r.notes.set("proxy-nocanon", "1");
    }
    if alias.noquery {
        r.notes.set("proxy-noquery", "1");
    }
    let encoded = alias.mapping != Mapping::Decoded;
    if encoded {
        r.notes.set("proxy-noencode", "1");
    }
    if let Some(path) = path {
        r.uri = path;
    }
    if encoded { Verdict::Done } else { Verdict::Ok }
}

/// `ap_proxy_interpolate`: `${name}` is the value of an environment variable.
fn interpolate_env(r: &Request<'_>, text: &[u8]) -> BString {
    let mut out = BString::default();
    let mut rest = text;
    while let Some(start) = rest.find(b"${") {
        let Some(end) = rest[start..].find_byte(b'}').map(|i| start + i) else { break };
        out.extend_from_slice(&rest[..start]);
        if let Some(value) = r.env.get(&rest[start + 2..end])
            && r.affords(value)
        {
            out.extend_from_slice(value);
        }
        rest = &rest[end + 1..];
    }
    out.extend_from_slice(rest);
    out
}

/// `proxy_wstunnel_check_trans`: whether mod_proxy_wstunnel leaves a request to other mappings.
fn needs_upgrade(r: &Request<'_>, url: &[u8]) -> bool {
    let ws = begins_nocase(url, b"ws:") || begins_nocase(url, b"wss:");
    ws && schemes::tunnels(r) && r.headers_in.get("Upgrade").is_none()
}
