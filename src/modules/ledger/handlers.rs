//! The handlers of modules that are not modelled: what they take, what they refuse, and a caveat for the rest.

use crate::modules::status;
use crate::server::byterange::Body;
use crate::server::core::allow_methods;
use crate::server::method;
use crate::server::module::{Hook, Phase, Verdict, hook, order};
use crate::server::request::Request;
use crate::source::Span;
use crate::vfs::Kind;
use bstr::ByteSlice;

/// mod_proxy_balancer.c.
pub(super) const BALANCER: &[Hook] = &[hook(Phase::Handler, order::FIRST, balancer_manager)];
/// mod_heartmonitor.c.
pub(super) const HEARTMONITOR: &[Hook] = &[hook(Phase::Handler, order::FIRST, heartbeat)];
/// util_ldap.c.
pub(super) const LDAP: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, |r| status::serve(r, &["ldap-status"]))];
/// mod_lua.c.
pub(super) const LUA: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, lua_script)];
/// mod_md.c.
pub(super) const MD: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, md_status)];
/// mod_reflector.c.
pub(super) const REFLECTOR: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, reflector)];

/// Whether the handler is of that name; then it serves the request.
fn takes(r: &mut Request<'_>, name: &'static str) -> bool {
    let named = r.handler_among(&[name]);
    r.served_by = named.or(r.served_by.take());
    r.served_by.as_ref().is_some_and(|n| *n == name)
}

/// `balancer_handler`: what a POST, or a query with the page's nonce, changes holds for later requests.
fn balancer_manager(r: &mut Request<'_>) -> Verdict {
    if !r.handler.as_ref().is_some_and(|h| *h == "balancer-manager") {
        return Verdict::Declined;
    }
    r.allowed = 0;
    allow_methods(r, &[method::GET, method::POST]);
    if r.method_number != method::GET && r.method_number != method::POST {
        return Verdict::Declined;
    }
    takes(r, "balancer-manager");
    r.body = Body::page_even_for_head(r);
    Verdict::Ok
}

/// `hm_handler`
fn heartbeat(r: &mut Request<'_>) -> Verdict {
    match takes(r, "heartbeat") {
        false => Verdict::Declined,
        true if r.method_number != method::POST => Verdict::Status(405),
        true => {
            r.error("AH10561", "Heartbeat monitoring not active");
            let why =
                "with HeartbeatListen, the message in the body is read, which is not known: 503 is the answer without";
            r.caveat("heartbeat", Span::NONE, why);
            Verdict::Status(503)
        }
    }
}

/// `lua_handler`: a script without a function `handle` is none.
fn lua_script(r: &mut Request<'_>) -> Verdict {
    let is_script = r.finfo.is_some_and(|f| f.kind != Kind::Directory);
    if !is_script || !takes(r, "lua-script") {
        return Verdict::Declined;
    }
    if r.header_only {
        return Verdict::Ok;
    }
    let path = r.filename.clone().unwrap_or_default();
    match r.read_file(&path, None) {
        Ok(text) if text.contains_str("handle") => {
            r.caveat("lua-script", Span::NONE, "a Lua script is not run: it is taken to answer 200");
            r.body = Body::page(r);
            Verdict::Ok
        }
        _ => {
            r.error("AH01482", format!("Error loading {path}"));
            Verdict::Status(500)
        }
    }
}

/// `md_status_handler`
fn md_status(r: &mut Request<'_>) -> Verdict {
    if !takes(r, "md-status") {
        return Verdict::Declined;
    }
    if r.method_number != method::GET {
        return Verdict::Status(501);
    }
    r.body = Body::page(r);
    Verdict::Ok
}

/// `reflector_handler`
fn reflector(r: &mut Request<'_>) -> Verdict {
    if !takes(r, "reflector") {
        return Verdict::Declined;
    }
    r.allowed = 0;
    allow_methods(r, &[method::POST, method::OPTIONS]);
    match r.method_number {
        method::POST | method::OPTIONS => Verdict::Ok,
        _ => Verdict::Status(405),
    }
}
