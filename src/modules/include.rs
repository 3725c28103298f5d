//! mod_include.c, as far as it chooses who serves: a page with server-side includes is the default handler's.

use crate::module::Effect::Inert;
use crate::module::allowed::*;
use crate::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::build::Cmd;
use crate::server::request::Request;
use bstr::BString;

/// The module.
pub static MODULE: Module =
    Module { name: "mod_include.c", identifier: "include_module", directives: DIRECTIVES, hooks: HOOKS };

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::LAST, fixup)];

static DIRECTIVES: &[Directive] = &[
    row("XBitHack", Args::Take1, OR_OPTIONS, Inert, "Off, On, or Full", xbithack),
    plain("SSIErrorMsg", Args::Take1, OR_ALL, Inert, "a string"),
    plain("SSITimeFormat", Args::Take1, OR_ALL, Inert, "a strftime(3) formatted string"),
    row("SSIStartTag", Args::Take1, RSRC_CONF, Inert, "SSI Start String Tag", tag),
    row("SSIEndTag", Args::Take1, RSRC_CONF, Inert, "SSI End String Tag", tag),
    plain("SSIUndefinedEcho", Args::Take1, OR_ALL, Inert, "String to be displayed if an echoed variable is undefined"),
    plain("SSILegacyExprParser", Args::Flag, OR_LIMIT, Inert, LEGACY),
    plain("SSILastModified", Args::Flag, OR_LIMIT, Inert, MODIFIED),
    plain("SSIEtag", Args::Flag, OR_LIMIT, Inert, ETAG),
];

const LEGACY: &str = "Whether to use the legacy expression parser compatible with <= 2.2.x. Limited to 'on' or 'off'";
const MODIFIED: &str =
    "Whether to set the last modified header or respect an existing header. Limited to 'on' or 'off'";
const ETAG: &str = "Whether to allow the generation of ETags within the server. Existing ETags will be preserved. \
                    Limited to 'on' or 'off'";

fn xbithack(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let known = ["off", "on", "full"].iter().any(|w| a[0].eq_ignore_ascii_case(w.as_bytes()));
    if known { Ok(()) } else { Err("XBitHack must be set to Off, On, or Full".into()) }
}

fn tag(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a[0].iter().any(|b| crate::conf::args::is_space(*b)) {
        return Err(format!("{} may not contain any whitespaces", cmd.row.name));
    }
    Ok(())
}

/// `include_fixup`: the filter that it adds makes another page, but no other answer.
fn fixup(r: &mut Request<'_>) -> Verdict {
    if r.handler.as_ref().is_some_and(|h| h == "server-parsed") {
        if r.content_type.as_ref().is_none_or(|t| t.is_empty()) {
            r.set_content_type(Some("text/html".into()), true);
        }
        r.handler = Some("default-handler".into());
    }
    Verdict::Declined
}
