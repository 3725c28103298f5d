//! The modules for the schemes: which of them takes a URL, and the ports that go without saying.

use super::Server;
use crate::server::Loaded;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// mod_proxy_connect.c.
pub(crate) static CONNECT: Module = Module {
    name: "mod_proxy_connect.c",
    identifier: "proxy_connect_module",
    directives: &[ALLOW_CONNECT],
    hooks: &[],
    ..Module::NONE
};

/// mod_proxy_wstunnel.c.
pub(crate) static WSTUNNEL: Module = Module {
    name: "mod_proxy_wstunnel.c",
    identifier: "proxy_wstunnel_module",
    directives: &[WEBSOCKET_FALLBACK],
    hooks: &[],
    ..Module::NONE
};

const ALLOW_CONNECT: Directive = row(
    "AllowCONNECT",
    Args::Iterate,
    RSRC_CONF,
    Modelled,
    "A list of ports or port ranges which CONNECT may connect to",
    allow_connect,
);

const WEBSOCKET_FALLBACK: Directive = row(
    "ProxyWebsocketFallbackToProxyHttp",
    Args::Flag,
    ACCESS_CONF | RSRC_CONF,
    Modelled,
    "whether to let mod_proxy_http handle the upgrade and tunneling, On by default",
    websocket_fallback,
);

fn websocket_fallback(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.proxy).websocket_fallback = Some(a[0].eq_ignore_ascii_case(b"on"));
    Ok(())
}

/// `set_allowed_ports`
fn allow_connect(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let word = &a[0];
    if !word.first().is_some_and(u8::is_ascii_digit) {
        return Err("AllowCONNECT: port numbers must be numeric".into());
    }
    let (first, last) = match word.split_once_str("-") {
        Some((first, last)) => (first.as_bstr(), last.as_bstr()),
        None => (word.as_bstr(), word.as_bstr()),
    };
    if let Some(bad) = [first, last].iter().find(|p| p.is_empty() || !p.iter().all(u8::is_ascii_digit)) {
        return Err(format!("Cannot parse '{bad}' as port number"));
    }
    let port = |p| atoi(p).clamp(0, 65535) as u16;
    let range = (port(first), port(last), cmd.span());
    Arc::make_mut(&mut cmd.server_slot(|s| &mut s.proxy).connect_ports).push(range);
    Ok(())
}

impl Server {
    /// `allowed_port` (mod_proxy_connect.c): whether CONNECT may go to a port.
    pub(super) fn connects_to(&self, port: u16) -> bool {
        match self.connect_ports.is_empty() {
            true => matches!(port, 443 | 563),
            false => self.connect_ports.iter().any(|(first, last, _)| (*first..=*last).contains(&port)),
        }
    }
}

/// `ap_proxy_port_of_scheme`
pub(super) fn default_port(scheme: &[u8]) -> Option<u16> {
    Some(match scheme.to_ascii_lowercase().as_slice() {
        b"http" | b"h2c" | b"ws" => 80,
        b"https" | b"h2" | b"wss" => 443,
        b"ftp" => 21,
        b"gopher" => 70,
        b"ldap" => 389,
        b"nntp" => 119,
        b"snews" => 563,
        b"imap" => 143,
        b"pop" => 110,
        b"sip" => 5060,
        b"rtsp" => 554,
        b"wais" | b"z39.50r" | b"z39.50s" => 210,
        b"prospero" => 191,
        b"nfs" => 2049,
        b"tip" => 3372,
        b"acap" => 674,
        b"telnet" => 23,
        b"ssh" => 22,
        b"fcgi" => 8000,
        b"ajp" => 8009,
        b"scgi" => 4000,
        _ => return None,
    })
}

/// Who speaks to back-ends of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    Http,
    Http2,
    WebSocket,
    Ajp,
    Fcgi,
    Scgi,
    Uwsgi,
    Ftp,
    Fd,
    Balancer,
    Connect,
}

/// The loaded module that takes a URL, and the URL without its scheme. `scheme` comes back in lower case.
pub(super) fn speaker<'u>(r: &Request<'_>, url: &'u [u8]) -> Option<(Speaker, &'static str, &'u [u8])> {
    let has = |name: &str| r.engine.server.loaded.has(name);
    let by_scheme = url.find_byte(b':').and_then(|colon| {
        let (scheme, rest) = (url[..colon].to_ascii_lowercase(), &url[colon + 1..]);
        let authority = rest.starts_with(b"//");
        let (speaker, name) = match scheme.as_slice() {
            b"http" if has("proxy_http_module") => (Speaker::Http, "http"),
            b"https" if has("proxy_http_module") => (Speaker::Http, "https"),
            b"ws" if tunnels(r) => (Speaker::WebSocket, "ws"),
            b"wss" if tunnels(r) => (Speaker::WebSocket, "wss"),
            b"ws" if has("proxy_http_module") => (Speaker::Http, "ws"),
            b"wss" if has("proxy_http_module") => (Speaker::Http, "wss"),
            b"h2" if has("proxy_http2_module") => (Speaker::Http2, "h2"),
            b"h2c" if has("proxy_http2_module") => (Speaker::Http2, "h2c"),
            b"ajp" if has("proxy_ajp_module") => (Speaker::Ajp, "ajp"),
            b"fcgi" if has("proxy_fcgi_module") => (Speaker::Fcgi, "fcgi"),
            b"scgi" if authority && has("proxy_scgi_module") => (Speaker::Scgi, "scgi"),
            b"uwsgi" if authority && has("proxy_uwsgi_module") => (Speaker::Uwsgi, "uwsgi"),
            b"ftp" if has("proxy_ftp_module") => (Speaker::Ftp, "ftp"),
            b"fd" if authority && has("proxy_fdpass_module") => (Speaker::Fd, "fd"),
            b"balancer" if has("proxy_balancer_module") => (Speaker::Balancer, "balancer"),
            _ => return None,
        };
        Some((speaker, name, rest))
    });
    let connect = r.method_number == crate::server::method::CONNECT && has("proxy_connect_module");
    by_scheme.or_else(|| connect.then_some((Speaker::Connect, "", url)))
}

/// Whether mod_proxy_wstunnel does the tunneling itself, and doesn't leave it to mod_proxy_http.
pub(super) fn tunnels(r: &Request<'_>) -> bool {
    let loaded: &Loaded = &r.engine.server.loaded;
    let fallback = r.per_dir.proxy.as_ref().and_then(|d| d.websocket_fallback).unwrap_or(true);
    loaded.has("proxy_wstunnel_module") && !(fallback && loaded.has("proxy_http_module"))
}
