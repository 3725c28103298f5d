//! The host that a request asks for: whether its name is well written, and the virtual host that is chosen by it
//! (server/vhost.c).

use super::request::Request;
use super::setting;
use super::vhost::{self, NameMatch};
use crate::outcome::step::{By, Detail, HostChoice, Judgement, Step};
use crate::server::module::Phase;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};

/// `ap_update_vhost_from_headers_ex`: whether a virtual host's name was found.
pub(super) fn update_vhost_from_headers(r: &mut Request<'_>, require_match: bool) -> bool {
    let strict = !setting::value(&r.server.core().unsafe_protocol, false);
    let header = r.headers_in.get("Host").map(|h| h.to_owned());
    let from_url = r.hostname.is_some();
    let has_header = header.is_some();
    if let Some(host) = r.hostname.take() {
        fix_hostname(r, host, false, strict);
    } else if let Some(header) = header {
        fix_hostname(r, header, true, strict);
    }
    if !require_match && r.status != 200 {
        return true;
    }
    if strict && from_url && has_header {
        let mut host = r.hostname.clone().unwrap_or_default();
        if host.contains(&b':') {
            host = format!("[{host}]").into();
        }
        if let Some(port) = r.parsed_uri.port {
            host = format!("{host}:{port}").into();
        }
        r.headers_in.set("Host", host);
    }
    let server = &r.engine.server;
    let chain = r.connection.chain.and_then(|id| server.tables.chain(id)).filter(|c| c.names().is_some());
    let Some(hostname) = r.hostname.take() else {
        if let Some(chain) = chain {
            check_server_path(r, chain);
        }
        return true;
    };
    let found = match chain {
        Some(chain) => choose_by_name(r, chain, &hostname),
        None => server.names[r.server.index].matches(&hostname).is_some(),
    };
    r.hostname = Some(hostname);
    found
}

/// Chooses among the virtual hosts of an address by the name that the client asks for; whether one bears it.
fn choose_by_name(r: &mut Request<'_>, chain: &vhost::Chain, hostname: &BString) -> bool {
    let server = &r.engine.server;
    let port = r.connection.local_port;
    if r.watched() {
        vhost::tell_names(r.engine, chain, hostname, port);
    }
    match vhost::by_name(chain, &server.names, hostname, port, Span::NONE) {
        Some((index, how)) => {
            if let NameMatch::ServerAlias(span) = how {
                let otherwise = vhost::by_name(chain, &server.names, hostname, port, span);
                if otherwise.map_or(chain.server, |(i, _)| i) != index {
                    r.decide(Phase::Vhost, span);
                }
            }
            r.server = &server.servers[index];
            let virtual_host = r.server;
            r.tell(|| {
                let choice = match how {
                    NameMatch::ServerName => HostChoice::ServerName,
                    NameMatch::ServerAlias(_) => HostChoice::ServerAlias,
                    NameMatch::Address => HostChoice::Address,
                };
                chose(virtual_host, choice, hostname)
            });
            true
        }
        None => {
            let virtual_host = r.server;
            r.tell(|| chose(virtual_host, HostChoice::First, hostname));
            false
        }
    }
}

fn chose(server: &super::Server, choice: HostChoice, hostname: &BString) -> Step {
    let step = Step::new(Phase::Vhost, By::Core, server.span, Judgement::Matched);
    step.with(Detail::Host(choice, hostname.clone()))
}

/// `check_serverpath`: without a host, ServerPath may choose.
fn check_server_path(r: &mut Request<'_>, chain: &vhost::Chain) {
    let Some(links) = chain.names() else { return };
    for link in links {
        if link.port != 0 && link.port != r.connection.local_port {
            continue;
        }
        let candidate = &r.engine.server.servers[link.server];
        if candidate.below_path(&r.uri).is_some() {
            r.server = candidate;
            return;
        }
    }
}

/// `fix_hostname`: lower case, no trailing dot, the port taken off. A bad one makes the status 400.
fn fix_hostname(r: &mut Request<'_>, source: BString, with_port: bool, strict: bool) {
    if source.is_empty() || is_usual_name(&source) {
        r.hostname = Some(source);
        return;
    }
    if source.iter().all(u8::is_ascii_digit) {
        if strict {
            r.error("AH02416", format!("[strict] purely numeric host names not allowed: {source}"));
            r.status = 400;
        } else {
            r.hostname = Some(source);
        }
        return;
    }
    let mut literal = source.contains(&b':');
    let mut host = source.as_bstr();
    let mut good = true;
    if with_port {
        match vhost::parse_address(source.as_bstr()) {
            Some((Some(h), port)) => {
                host = h;
                literal = source.starts_with(b"[");
                if port != 0 {
                    r.parsed_uri.port = Some(port);
                }
            }
            _ => good = false,
        }
    }
    let name = host.strip_suffix(b".").filter(|_| !literal).unwrap_or(host).as_bstr();
    good = good
        && match literal {
            true => is_v6_literal(host),
            false => is_plain(host) && (!strict || is_strict_name(name)),
        };
    if !good {
        r.error("AH00550", format!("Client sent malformed Host header: {source}"));
        r.status = 400;
        return;
    }
    let mut hostname = if name.len() == source.len() { source } else { name.to_owned() };
    hostname.make_ascii_lowercase();
    r.hostname = Some(hostname);
}

/// Whether a host is a name in small letters, to which nothing is to be done.
fn is_usual_name(host: &[u8]) -> bool {
    let mut label = None;
    let mut before = b'.';
    for b in host {
        if before == b'.' {
            label = Some(*b);
        }
        let good = matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-') || *b == b'.' && before != b'.';
        if !good {
            return false;
        }
        before = *b;
    }
    // the last part of an address begins with a digit
    label.is_some_and(|b| b.is_ascii_lowercase()) && before != b'.'
}

fn is_v6_literal(host: &BStr) -> bool {
    let mut doubled = false;
    for i in 0..host.len() {
        let next = host.get(i + 1);
        match host[i] {
            b if b.is_ascii_hexdigit() => {}
            b':' if next == Some(&b':') => {
                if doubled {
                    return false;
                }
                doubled = true;
            }
            b':' if next == Some(&b'.') => return false,
            b':' => {}
            b'.' if matches!(next, Some(b':' | b'.')) => return false,
            b'.' => {}
            _ => return false,
        }
    }
    true
}

fn is_plain(host: &BStr) -> bool {
    let mut before = 0;
    host.iter().all(|b| {
        let doubled = *b == b'.' && before == b'.';
        before = *b;
        !doubled && !matches!(b, b'/' | b'\\')
    })
}

/// `strict_hostname_check`
fn is_strict_name(host: &BStr) -> bool {
    let mut decimal = true;
    let mut leading_zeroes = false;
    let mut dots = 0;
    for (i, b) in host.iter().enumerate() {
        if b.is_ascii_alphabetic() || *b == b'-' || *b == b'_' {
            decimal = false;
        } else if *b == b'.' {
            dots += 1;
            if host.get(i + 1) == Some(&b'0') && host.get(i + 2).is_some_and(u8::is_ascii_digit) {
                leading_zeroes = true;
            }
        } else if !b.is_ascii_digit() {
            return false;
        }
    }
    if decimal {
        if host.first() == Some(&b'.') || host.first() == Some(&b'0') && host.get(1).is_some_and(u8::is_ascii_digit) {
            leading_zeroes = true;
        }
        return !leading_zeroes && dots == 3;
    }
    match host.rfind_byte(b'.') {
        Some(i) => host.get(i + 1).is_none_or(u8::is_ascii_alphabetic),
        None => true,
    }
}
