//! mod_status.c: the page that tells how the server fares.

use crate::server::byterange::Body;
use crate::server::method;
use crate::server::module::{Hook, Module, Phase, Verdict, hook, order};
use crate::server::request::Request;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_status.c", identifier: "status_module", directives: &[], hooks: HOOKS, ..Module::NONE };

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handler)];

/// `status_handler`
fn handler(r: &mut Request<'_>) -> Verdict {
    let served = serve(r, &["application/x-httpd-status", "server-status"]);
    if served == Verdict::Ok {
        r.replies_page("text/html; charset=ISO-8859-1");
        r.body = Body::page_even_for_head(r);
    }
    served
}

/// Answers GET with a page of the server's own, for a handler of one of these names.
pub(super) fn serve(r: &mut Request<'_>, names: &[&str]) -> Verdict {
    let Some(name) = r.handler_among(names) else {
        return Verdict::Declined;
    };
    crate::server::core::allow_methods(r, &[method::GET]);
    if r.method_number != method::GET {
        return Verdict::Declined;
    }
    r.served_by = Some(name);
    Verdict::Ok
}
