//! mod_info.c: the page that tells how the server is configured.

use crate::server::byterange::Body;
use crate::server::module::Effect::Inert;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain};
use crate::server::request::Request;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_info.c", identifier: "info_module", directives: DIRECTIVES, hooks: HOOKS, ..Module::NONE };

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handler)];

static DIRECTIVES: &[Directive] =
    &[plain("AddModuleInfo", Args::Take2, RSRC_CONF, Inert, "a module name and additional information on that module")];

/// `display_info`
fn handler(r: &mut Request<'_>) -> Verdict {
    let served = super::status::serve(r, &["server-info"]);
    if served == Verdict::Ok {
        r.replies_page("text/html; charset=ISO-8859-1");
    }
    // the whole of it is too long to be sent in one piece
    if served == Verdict::Ok && r.args.is_some() {
        r.body = Body::page_even_for_head(r);
    }
    served
}
