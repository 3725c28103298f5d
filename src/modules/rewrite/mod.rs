//! mod_rewrite.c: rules that rewrite URLs, for whole servers (`server`) and per directory (`perdir`).
//!
//! What stands in the configuration is read once (`parse`) into rules with their conditions (`settings`); texts
//! with variables in them are cut into pieces (`template`). A request runs through the list of rules (`list`),
//! each of which tests its pattern and conditions (`rule`, `condition`) and fills in its substitution (`expand`,
//! `variable`, `map`).

mod condition;
mod cookie;
mod expand;
mod flags;
mod list;
mod map;
mod maps;
mod parse;
mod perdir;
mod points;
mod rule;
mod server;
mod settings;
mod table;
mod template;
mod trace;
mod url;
mod variable;
mod weigh;

pub(crate) use map::Files as MapFiles;
pub(crate) use settings::{Dir, Server};

use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::{OR_FILEINFO, RSRC_CONF};
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::redirect;
use crate::server::request::Request;
use crate::source::Span;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_rewrite.c",
    identifier: "rewrite_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    does_without: true,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[
    hook(Phase::Handler, order::MIDDLE, handler_redirect),
    Hook { before: &["mod_proxy.c"], ..hook(Phase::TranslateName, order::FIRST, server::hook_uri2file) },
    Hook { before: &["mod_proxy.c"], ..hook(Phase::Fixups, order::FIRST, perdir::hook_fixup) },
    hook(Phase::Fixups, order::LAST, hook_mimetype),
];

static DIRECTIVES: &[Directive] = &[
    row(
        "RewriteEngine",
        Args::Flag,
        OR_FILEINFO,
        Modelled,
        "On or Off to enable or disable (default) the whole rewriting engine",
        parse::engine,
    ),
    row("RewriteOptions", Args::Iterate, OR_FILEINFO, Modelled, "List of option strings to set", parse::options),
    row("RewriteBase", Args::Take1, OR_FILEINFO, Modelled, "the base URL of the per-directory context", parse::base),
    row(
        "RewriteCond",
        Args::Raw,
        OR_FILEINFO,
        Modelled,
        "an input string and a to be applied regexp-pattern",
        parse::cond,
    )
    .tried(),
    row(
        "RewriteRule",
        Args::Raw,
        OR_FILEINFO,
        Modelled,
        "an URL-applied regexp-pattern and a substitution URL",
        parse::rule,
    )
    .tried(),
    row("RewriteMap", Args::Take23, RSRC_CONF, Modelled, "a mapname and a filename and options", maps::rewrite_map),
];

/// The handler of rewritten requests: an internal redirect.
const REDIRECT_HANDLER: &str = "redirect-handler";
/// Where `[T=...]` is remembered.
const FORCED_TYPE: &str = "rewrite-forced-mimetype";
/// Where `[H=...]` is remembered.
const FORCED_HANDLER: &str = "rewrite-forced-handler";

/// What mod_rewrite keeps for a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// `[END]` was met: no more rules, for the requests that this one is redirected to neither.
    pub end: bool,
    /// The rule by which the request is redirected internally.
    pub redirected_by: Option<Span>,
    /// The rule whose `[T=...]` is in force.
    pub type_span: Option<Span>,
    /// The rule whose `[H=...]` is in force.
    pub handler_span: Option<Span>,
    /// What was rewritten begins with this server's own name: the rule has a path alone.
    pub qualified: bool,
}

/// `hook_mimetype`: carries out `[T=...]` and `[H=...]`.
fn hook_mimetype(r: &mut Request<'_>) -> Verdict {
    if let Some(forced) = r.notes.get(FORCED_TYPE).filter(|t| !t.is_empty()).map(|t| t.to_owned()) {
        if r.content_type.as_ref().is_none_or(|t| *t != forced) {
            r.handler_span = r.rewrite.type_span.or(r.handler_span);
        }
        r.set_content_type(Some(forced.into()), true);
    }
    if let Some(forced) = r.notes.get(FORCED_HANDLER).filter(|t| !t.is_empty()).map(|t| t.to_owned()) {
        if r.handler.as_ref().is_none_or(|h| *h != forced) {
            r.handler_span = r.rewrite.handler_span.or(r.handler_span);
        }
        r.handler = Some(forced.into());
    }
    Verdict::Ok
}

/// `handler_redirect`: what was rewritten per directory starts anew as a URL.
fn handler_redirect(r: &mut Request<'_>) -> Verdict {
    if r.handler.as_ref().is_none_or(|h| h != REDIRECT_HANDLER) {
        return Verdict::Declined;
    }
    let Some(target) = r.filename.as_ref().and_then(|f| f.strip_prefix(b"redirect:")) else {
        return Verdict::Declined;
    };
    let mut target = target.to_vec();
    if let Some(args) = &r.args {
        target.push(b'?');
        target.extend_from_slice(args);
    }
    redirect::internal_redirect(r, &target);
    Verdict::Ok
}
