//! mod_authz_host.c: ip, host, forward-dns, local. (forward-dns and host ask no resolver: the run's hosts are all
//! the names there are.)

use super::{Parsed, Provider};
use crate::address::IpSubnet;
use crate::conf::args;
use crate::modules::authz_core::Status;
use crate::server::cmd::Cmd;
use crate::server::expr_context;
use crate::server::module::Module;
use crate::server::request::Request;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

const NAME: &str = "mod_authz_host.c";

/// The module.
pub(crate) static MODULE: Module =
    Module { name: NAME, identifier: "authz_host_module", directives: &[], hooks: &[], ..Module::NONE };

pub(super) static PROVIDERS: &[Provider] = &[
    Provider { name: "ip", module: NAME, parse: parse_ip, check: check_ip, unmodelled: None },
    Provider { name: "host", module: NAME, parse: parse_text, check: check_host, unmodelled: None },
    Provider { name: "forward-dns", module: NAME, parse: parse_text, check: check_forward_dns, unmodelled: None },
    Provider { name: "local", module: NAME, parse: parse_nothing, check: check_local, unmodelled: None },
];

fn parse_ip(_: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    let mut networks = Vec::new();
    for word in args::split(text) {
        let network = IpSubnet::read(&word).map_err(|e| match e.detail() {
            None => format!("ip address '{word}' appears to be invalid"),
            Some(detail) => format!("ip address '{word}' appears to be invalid: {detail}"),
        })?;
        networks.push(network);
    }
    if networks.is_empty() {
        return Err("'require ip' requires an argument".into());
    }
    Ok(Parsed::Networks(networks))
}

fn check_ip(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    match parsed {
        Parsed::Networks(n) if r.client_is(|ip| n.iter().any(|n| n.contains(ip))) => Status::Granted,
        _ => Status::Denied,
    }
}

pub(super) fn parse_text(cmd: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    let expr = cmd.expr(text, true).map_err(|e| format!("Cannot parse expression in require line: {e}"))?;
    Ok(Parsed::Text(Arc::new(expr)))
}

pub(crate) fn parse_nothing(_: &mut Cmd<'_>, _: &BStr) -> Result<Parsed, String> {
    Ok(Parsed::Nothing)
}

fn words(r: &mut Request<'_>, parsed: &Parsed) -> Option<Vec<BString>> {
    let Parsed::Text(expr) = parsed else { return None };
    let text = expr_context::string(r, expr).ok()?;
    let end = text.find_byte(b'#').unwrap_or(text.len());
    (end > 0).then(|| args::split(&text[..end]))
}

fn check_host(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Some(words) = words(r, parsed) else { return Status::Denied };
    let Some(name) = crate::server::core::remote_host(r, "Require host", Span::NONE) else { return Status::Denied };
    let found = words.iter().take_while(|w| !w.is_empty()).any(|w| in_domain(w, &name));
    if found { Status::Granted } else { Status::Denied }
}

fn check_forward_dns(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Some(words) = words(r, parsed) else { return Status::Denied };
    for word in words {
        let name = word.to_str_lossy();
        let server = &r.engine.server;
        let ips = crate::address::addresses(&server.hosts, &word);
        if r.client_is(|ip| ips.contains(&ip)) {
            return Status::Granted;
        }
        if ips.is_empty() && !server.hosts_complete {
            r.caveat("Require forward-dns", Span::NONE, format!("the address of {name} is not known here"));
        }
    }
    Status::Denied
}

fn check_local(r: &mut Request<'_>, _: &Parsed) -> Status {
    let server = r.connection.local;
    let local = r.client_is(|ip| ip == server || ip.to_canonical().is_loopback());
    if local { Status::Granted } else { Status::Denied }
}

/// `in_domain`: whether `name` is `domain`, or below it.
pub(crate) fn in_domain(domain: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let Some(start) = name.len().checked_sub(domain.len()) else { return false };
    name[start..].eq_ignore_ascii_case(domain)
        && (start == 0 || domain.first() == Some(&b'.') || name[start - 1] == b'.')
}
