//! `proxy_handler` (mod_proxy.c): up to the point where a back-end would be asked.

use super::backend::Asked;
use super::balancer::{self, Choice};
use super::schemes::{self, Speaker};
use super::worker::{Sort, Worker};
use super::{Server, canon, fcgi, hosts};
use crate::outcome::observer::Origin;
use crate::pattern::begins_nocase;
use crate::server::core::Trace;
use crate::server::module::{Phase, Verdict};
use crate::server::request::{ProxyReq, Request};
use crate::server::uri::{self, Slashes};
use crate::server::{method, script};
use crate::version;
use bstr::{BString, ByteSlice};

/// `ap_proxyerror`
fn error(r: &mut Request<'_>, status: u16, message: &str) -> Verdict {
    let uri = r.uri.clone();
    let escaped = script::escape_html(message.into());
    let notes = format!("The proxy server could not handle the request<p>Reason: <strong>{escaped}</strong></p>");
    r.notes.set("error-notes", notes);
    r.error("AH00898", format!("{message} returned by {uri}"));
    Verdict::Status(status)
}

pub(super) fn handler(r: &mut Request<'_>) -> Verdict {
    if r.proxyreq == ProxyReq::None && !r.handler.as_ref().is_some_and(|h| h.starts_with(b"proxy:")) {
        return Verdict::Declined;
    }
    let Some(filename) = r.filename.clone() else { return Verdict::Declined };
    if r.proxyreq == ProxyReq::None {
        let handler = r.handler.clone().unwrap_or_default();
        r.proxyreq = ProxyReq::Reverse;
        r.filename = Some([handler.as_bytes(), filename.as_slice()].concat().into());
        r.notes.set(canon::BY_HANDLER, "1");
        let given = r.filename.clone();
        let verdict = canon::canon_url(r);
        let differs = verdict != Verdict::Ok || r.filename != given;
        if differs && r.notes.get("uds_path").is_none() && !r.has(&version::HANDLER_CANON) {
            // asked as it is: whoever speaks the scheme takes it, or nobody does
            r.filename = given;
        } else if verdict != Verdict::Ok {
            r.filename = Some(filename);
            r.proxyreq = ProxyReq::None;
            return verdict;
        }
    }
    let Some(url) = canon::proxied_url(r) else { return Verdict::Declined };
    if !url.contains(&b':') {
        return Verdict::Status(400);
    }
    if let Some(verdict) = refused(r) {
        return verdict;
    }
    let conf = super::of(&r.server.settings);
    if let Some(verdict) = needs_domain(r, conf) {
        return verdict;
    }
    r.served_by = Some(r.handler.clone().unwrap_or_else(|| "proxy-server".into()));
    match forward(r, conf, url) {
        Ok((Speaker::Fcgi, asked)) => fcgi::answer(r, &asked),
        Ok((speaker, asked)) => asked.answer(r, speaker),
        Err(verdict) => verdict,
    }
}

/// Max-Forwards, and TRACE.
fn refused(r: &mut Request<'_>) -> Option<Verdict> {
    let hops = r.headers_in.get("Max-Forwards").map(BString::from);
    if let Some(hops) = hops {
        let left = hops.trim_start().to_str().ok().and_then(|t| t.parse::<i64>().ok()).filter(|n| *n >= 0);
        match left {
            None => {
                r.error("AH10188", format!("Max-Forwards value '{hops}' could not be parsed"));
                return Some(error(r, 400, "Max-Forwards request header could not be parsed"));
            }
            Some(0) if matches!(r.method_number, method::TRACE | method::OPTIONS) => {
                r.proxyreq = ProxyReq::None;
                let off = r.server.core().trace_enable.as_ref().is_some_and(|s| s.value == Trace::Off);
                let trace = r.method_number == method::TRACE;
                return Some(if trace && off { Verdict::Status(405) } else { Verdict::Done });
            }
            Some(0) => return Some(error(r, 400, "Max-Forwards has reached zero - proxy loop?")),
            Some(_) => {}
        }
    }
    let off = r.server.core().trace_enable.clone().filter(|s| s.value == Trace::Off);
    if let Some(off) = off.filter(|_| r.method_number == method::TRACE) {
        r.decide(Phase::Handler, off.span);
        r.error("AH01139", "TRACE forbidden by server configuration");
        return Some(Verdict::Status(405));
    }
    None
}

/// `proxy_needsdomain`
fn needs_domain(r: &mut Request<'_>, conf: &Server) -> Option<Verdict> {
    let domain = conf.domain.as_ref()?;
    let host = r.parsed_uri.hostname.clone()?;
    if r.method_number != method::GET || host.find_byteset(b".:").is_some() || host.eq_ignore_ascii_case(b"localhost") {
        return None;
    }
    r.decide(Phase::Handler, domain.span);
    let whole = uri::parse(&r.unparsed_uri);
    let scheme = r.parsed_uri.scheme.clone().unwrap_or_default();
    let mut to: BString = [scheme.as_slice(), b"://"].concat().into();
    if let Some(user) = &r.parsed_uri.userinfo {
        to.extend_from_slice(&[user.as_slice(), b"@"].concat());
    }
    to.extend_from_slice(&[host.as_slice(), domain.value.as_slice()].concat());
    if let Some(port) = r.parsed_uri.port.filter(|p| Some(*p) != schemes::default_port(&scheme)) {
        to.extend_from_slice(format!(":{port}").as_bytes());
    }
    if let Some(whole) = whole {
        to.extend_from_slice(whole.path.as_deref().map_or(b"", |p| p.as_slice()));
        if let Some(query) = &whole.query {
            to.extend_from_slice(&[b"?", query.as_slice()].concat());
        }
    }
    r.headers_out.set("Location", to);
    Some(Verdict::Status(301))
}

/// Finds who would be asked, and how, and refuses what mod_proxy refuses before it asks.
fn forward(r: &mut Request<'_>, conf: &Server, mut url: BString) -> Result<(Speaker, Asked), Verdict> {
    let mut member: Option<Worker> = None;
    if r.engine.server.loaded.has("proxy_balancer_module")
        && balancer::is_balancer(&url, balancer::PREFIX.len())
        && let Some(b) = balancer::find(&conf.balancers, &url).and_then(|i| conf.balancers.get(i))
    {
        // a session may be named in the query too
        let whole: BString = match &r.args {
            Some(args) => [url.as_slice(), b"?", args].concat().into(),
            None => url.clone(),
        };
        let chosen = match b.choose(r, &whole) {
            Choice::Nobody(code, message) => {
                r.error_by(code, message, Some(b.span));
                return Err(Verdict::Status(503));
            }
            Choice::Member { member, only, routed, session } => {
                b.tell(r, member, routed, session);
                if !only {
                    let why = format!("{} has several members: which one is asked depends on earlier requests", b.name);
                    r.caveat("BalancerMember", member.span, why);
                }
                r.decide(Phase::Handler, member.span);
                member.clone()
            }
        };
        let host = balancer::PREFIX.len();
        let path = url[host..].find_byte(b'/').map_or(&b""[..], |i| &url[host + i..]);
        let of_member = [chosen.name.as_slice(), path].concat();
        if r.engine.server.loaded.version.has(&version::MEMBERS_URL) {
            r.filename = Some([b"proxy:", of_member.as_slice()].concat().into());
            match canon::canon_url(r) {
                Verdict::Ok => {}
                verdict => return Err(verdict),
            }
            url = canon::proxied_url(r).unwrap_or_default();
        } else {
            url = of_member.into();
        }
        member = Some(chosen);
    }
    let remote = match conf.direct.iter().any(|d| d.matches(r)) {
        true => None,
        false => remote(r, conf, &url),
    };
    let plain_ftp = remote.is_some() && begins_nocase(&url, b"ftp:");
    let speaker = match schemes::speaker(r, &url) {
        Some((Speaker::Balancer, ..)) | None if !plain_ftp => return Err(nobody(r, &url)),
        Some((speaker, ..)) => speaker,
        None => Speaker::Http,
    };
    let tls = begins_nocase(&url, b"https:") || begins_nocase(&url, b"wss:");
    if speaker == Speaker::Http && tls && !r.engine.server.loaded.has("ssl_module") {
        return Err(nobody(r, &url));
    }
    if speaker == Speaker::Uwsgi {
        decode_path(r, member.is_some(), &url)?;
    }
    if speaker == Speaker::Ftp && r.method_number != method::GET {
        return Err(Verdict::Status(501));
    }
    let found = member.or_else(|| {
        let i = conf.workers.find(&url, Sort::Any)?;
        conf.workers.get(i).cloned()
    });
    if let Some(w) = found.as_ref().filter(|w| !w.usable()) {
        r.decide(Phase::Handler, w.span);
        r.error_by("AH00940", format!("disabled connection for ({})", w.name), Some(w.span));
        return Err(Verdict::Status(503));
    }
    if speaker == Speaker::WebSocket {
        upgrades(r, found.as_ref(), &url)?;
    }
    if tls {
        speaks_tls(r, &url)?;
    }
    reachable(r, conf, &url, speaker, remote.is_some())?;
    Ok((speaker, Asked::new(r, &url, found.as_ref())))
}

/// `uwsgi_handler` decodes the path where it stands: in the file too, unless a balancer made a URL of its own.
fn decode_path(r: &mut Request<'_>, copied: bool, url: &[u8]) -> Result<(), Verdict> {
    let host = b"uwsgi://".len();
    let Some(slash) = url.get(host..).and_then(|u| u.find_byte(b'/')).map(|i| host + i) else { return Ok(()) };
    let mut path = BString::from(&url[slash..]);
    if uri::unescape(&mut path, Slashes::Forbid, false).is_err() {
        r.error("AH10100", format!("unable to decode uwsgi uri: {}", url.as_bstr()));
        return Err(Verdict::Status(500));
    }
    if !copied {
        r.filename = Some([b"proxy:", &url[..slash], path.as_slice()].concat().into());
    }
    Ok(())
}

/// `proxy_wstunnel_handler`: the client has to ask for the protocol that the back-end speaks.
fn upgrades(r: &mut Request<'_>, worker: Option<&Worker>, url: &[u8]) -> Result<(), Verdict> {
    let asked = r.headers_in.get("Upgrade").map(|v| v.to_owned());
    let named = worker.filter(|w| !w.upgrade.is_empty());
    let expected: BString = named.map_or("WebSocket".into(), |w| w.upgrade.clone());
    let fits = |asked: &BString| named.map_or(asked.eq_ignore_ascii_case(&expected), |w| w.can_upgrade(asked));
    if asked.as_ref().is_some_and(fits) {
        return Ok(());
    }
    let (url, asked) = (url.as_bstr(), asked.unwrap_or("missing".into()));
    let message = format!("require upgrade for URL {url} (Upgrade header is {asked}, expecting {expected})");
    r.error("AH02900", message);
    Err(Verdict::Status(426))
}

/// `ap_proxy_ssl_enable`: TLS to back-ends has to be allowed.
fn speaks_tls(r: &mut Request<'_>, url: &[u8]) -> Result<(), Verdict> {
    if (r.functions().tls.to_backends)(r) {
        return Ok(());
    }
    let server = r.server.hostname.clone();
    r.error("AH01961", format!("SSL Proxy requested for {server} but not enabled [Hint: SSLProxyEngine]"));
    r.error("AH00961", format!("failed to enable ssl support for {}", url.as_bstr()));
    Err(Verdict::Status(500))
}

/// No module speaks the scheme.
fn nobody(r: &mut Request<'_>, url: &[u8]) -> Verdict {
    let scheme = url[..url.find_byte(b':').unwrap_or(0)].as_bstr();
    let uri = r.uri.clone();
    let message = format!(
        "No protocol handler was valid for the URL {uri} (scheme '{scheme}'). If you are using a DSO version of \
         mod_proxy, make sure the proxy submodules are included in the configuration using LoadModule."
    );
    r.error("AH01144", message);
    r.served_by = None;
    Verdict::Status(500)
}

/// The ProxyRemote that is asked instead of the host itself.
fn remote<'c>(r: &mut Request<'_>, conf: &'c Server, url: &[u8]) -> Option<&'c super::Remote> {
    let scheme = url[..url.find_byte(b':')?].to_ascii_lowercase();
    conf.remotes.iter().find(|e| match &e.regex {
        _ if e.scheme == "*" => true,
        Some(regex) => crate::server::captures::is_match(r, regex, e.span, url, (Origin::Proxied, b"")),
        None if e.scheme.contains(&b':') => begins_nocase(url, &e.scheme),
        None => e.scheme.eq_ignore_ascii_case(&scheme),
    })
}

/// `ap_proxy_determine_connection`, and what mod_proxy_connect checks: hosts and ports that must not be connected to.
fn reachable(r: &mut Request<'_>, conf: &Server, url: &[u8], speaker: Speaker, remote: bool) -> Result<(), Verdict> {
    let connect = speaker == Speaker::Connect;
    let whole: BString = if connect { [b"http://", url].concat().into() } else { url.into() };
    let text = url.as_bstr();
    if speaker == Speaker::Fd {
        return Ok(());
    }
    let Some(parts) = uri::parse(&whole) else {
        return Err(error(r, 400, &format!("URI cannot be parsed: {text}")));
    };
    let Some(host) = parts.hostname.filter(|h| !h.is_empty()) else {
        return Err(error(r, 400, &format!("URI has no hostname: {text}")));
    };
    let socket = r.notes.get("uds_path").is_some();
    let addresses = if remote { Vec::new() } else { hosts::addresses(r, host.as_bstr()) };
    if !remote && !socket && addresses.is_empty() {
        let is_error = !connect && r.engine.server.loaded.version.has(&version::NAME_NOT_FOUND);
        let status = if is_error { 500 } else { 502 };
        if host.find_byteset(b":% ").is_some() {
            // no such name can be looked up
            return Err(error(r, status, &format!("DNS lookup failure for: {host}")));
        }
        // a client may name any host; one that the configuration names is taken to be there
        if r.proxyreq == ProxyReq::Proxy
            && let Some((_, span)) = r.core().error_document(status)
        {
            let why = format!(
                "`{host}` would have to be looked up: if it has no address, the answer is this page for {status}"
            );
            r.caveat("ErrorDocument", span, why);
        }
    }
    if let Some((blocked, code)) = hosts::blocked(&conf.blocked, &host, &addresses) {
        r.decide(Phase::Handler, blocked.span);
        r.error_by(code, format!("connect to remote machine {host} blocked"), Some(blocked.span));
        return Err(error(r, 403, "Connect to remote machine blocked"));
    }
    if connect && !conf.connects_to(parts.port.unwrap_or_default()) {
        conf.connect_ports.iter().for_each(|(_, _, span)| r.decide(Phase::Handler, *span));
        return Err(error(r, 403, "Connect to remote machine blocked"));
    }
    Ok(())
}
