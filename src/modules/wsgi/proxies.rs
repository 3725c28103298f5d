//! What a proxy in front says of the request, where it is trusted: `wsgi_process_proxy_headers`.

use crate::address::IpSubnet;
use crate::server::request::Request;
use crate::server::script;
use bstr::{BStr, BString, ByteSlice};
use std::net::IpAddr;

/// What a header tells of, and the variables of those that do. Of each kind none but the trusted one is left.
const KINDS: [(Kind, &[&str]); 4] = [
    (Kind::Client, &["HTTP_X_FORWARDED_FOR", "HTTP_X_CLIENT_IP", "HTTP_X_REAL_IP"]),
    (
        Kind::Scheme,
        &[
            "HTTP_X_FORWARDED_HTTPS",
            "HTTP_X_FORWARDED_PROTO",
            "HTTP_X_FORWARDED_SCHEME",
            "HTTP_X_FORWARDED_SSL",
            "HTTP_X_HTTPS",
            "HTTP_X_SCHEME",
        ],
    ),
    (Kind::Host, &["HTTP_X_FORWARDED_HOST", "HTTP_X_HOST"]),
    (Kind::ScriptName, &["HTTP_X_SCRIPT_NAME", "HTTP_X_FORWARDED_SCRIPT_NAME"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    Scheme,
    Host,
    ScriptName,
}

/// Changes the environment by the headers that WSGITrustedProxyHeaders names, if the client is one of `proxies`, or any.
pub(super) fn process(r: &mut Request<'_>, headers: &[BString], proxies: Option<&[IpSubnet]>) {
    let names: Vec<BString> = headers.iter().map(|h| script::header_variable(h)).collect();
    let is_trusted = |proxies| r.env.get("REMOTE_ADDR").and_then(address).is_some_and(|ip| is_one_of(ip, proxies));
    let mut trusted: Vec<(Kind, &BString)> = Vec::new();
    if proxies.is_none_or(is_trusted) {
        for name in &names {
            let Some(value) = r.env.get(name).map(|v| v.to_owned()) else { continue };
            take(r, name, &value, proxies);
            if let Some(kind) = kind_of(name) {
                trusted.push((kind, name));
            }
        }
    }
    for (kind, variables) in KINDS {
        if names.iter().any(|name| kind_of(name) == Some(kind)) {
            // the last that is there counts
            let kept = trusted.iter().rev().find(|(k, _)| *k == kind).map(|(_, name)| *name);
            for variable in variables.iter().filter(|v| kept.is_none_or(|kept| *kept != **v)) {
                r.env.unset(variable);
            }
        }
    }
}

fn kind_of(name: &BString) -> Option<Kind> {
    KINDS.iter().find(|(_, variables)| variables.iter().any(|v| name == v)).map(|(kind, _)| *kind)
}

/// What one header changes.
fn take(r: &mut Request<'_>, name: &BString, value: &BString, proxies: Option<&[IpSubnet]>) {
    let is = |words: &[&str]| words.iter().any(|w| value.eq_ignore_ascii_case(w.as_bytes()));
    let copied = match name.as_slice() {
        b"HTTP_X_FORWARDED_FOR" => return forwarded_for(r, value, proxies),
        b"HTTP_X_CLIENT_IP" | b"HTTP_X_REAL_IP" => "REMOTE_ADDR",
        b"HTTP_X_FORWARDED_HOST" | b"HTTP_X_HOST" => "HTTP_HOST",
        b"HTTP_X_FORWARDED_SERVER" => "SERVER_NAME",
        b"HTTP_X_FORWARDED_PORT" => "SERVER_PORT",
        b"HTTP_X_SCRIPT_NAME" | b"HTTP_X_FORWARDED_SCRIPT_NAME" => "SCRIPT_NAME",
        b"HTTP_X_FORWARDED_PROTO" | b"HTTP_X_FORWARDED_SCHEME" | b"HTTP_X_SCHEME" => {
            return set_https(r, is(&["https"]), is(&["http"]));
        }
        b"HTTP_X_FORWARDED_HTTPS" | b"HTTP_X_FORWARDED_SSL" | b"HTTP_X_HTTPS" => {
            return set_https(r, is(&["on", "true", "1"]), is(&["off", "false", "0"]));
        }
        _ => return,
    };
    r.env.set(copied, value.clone());
}

fn set_https(r: &mut Request<'_>, on: bool, off: bool) {
    if on {
        r.env.set("HTTPS", "1");
    } else if off {
        r.env.unset("HTTPS");
    }
}

/// `wsgi_process_forwarded_for`: the address before the first trusted one counts; the first of all where none is said to be
/// trusted.
fn forwarded_for(r: &mut Request<'_>, value: &BString, proxies: Option<&[IpSubnet]>) {
    let mut addresses: Vec<&[u8]> = value.split(|b| *b == b',').map(|a| a.trim()).collect();
    // nothing follows the last comma
    if addresses.last().is_some_and(|last| last.is_empty()) {
        addresses.pop();
    }
    let Some(last) = addresses.len().checked_sub(1) else { return };
    let Some(proxies) = proxies else {
        r.env.set("REMOTE_ADDR", addresses[0]);
        return;
    };
    let trusted = addresses.iter().rev().take_while(|a| address(a.as_bstr()).is_some_and(|ip| is_one_of(ip, proxies)));
    let client = match trusted.count() {
        0 => last,
        trusted => (last + 1 - trusted).saturating_sub(1),
    };
    r.env.set("REMOTE_ADDR", addresses[client]);
    r.env.set("HTTP_X_FORWARDED_FOR", addresses[client..].join(&b", "[..]));
}

fn address(text: &BStr) -> Option<IpAddr> {
    text.to_str().ok()?.parse().ok()
}

fn is_one_of(ip: IpAddr, networks: &[IpSubnet]) -> bool {
    networks.iter().any(|n| n.contains(ip))
}
