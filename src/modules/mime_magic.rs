//! mod_mime_magic.c: types guessed from what files hold. What it would guess is not modelled, only when it would.

use crate::server::cmd::Cmd;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_mime_magic.c",
    identifier: "mime_magic_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[Hook { after: &["mod_mime.c"], ..hook(Phase::TypeChecker, order::MIDDLE, find_type) }];

static DIRECTIVES: &[Directive] = &[row(
    "MimeMagicFile",
    Args::Take1,
    RSRC_CONF,
    Modelled,
    "Path to MIME Magic file (in file(1) format)",
    magic_file,
)];

/// Settings per server: where the file is named, if it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    named: Option<Span>,
}

impl Settings for Server {
    /// `merge_magic_server_config`
    fn merge(base: &Server, add: &Server) -> Server {
        Server { named: add.named.or(base.named) }
    }
}

/// `set_magicfile`
fn magic_file(cmd: &mut Cmd<'_>, _: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    cmd.server_slot(|s| &mut s.mime_magic).named = Some(span);
    Ok(())
}

/// `magic_find_ct`: asked for a file that mod_mime knows no type of. A handler that is set stays, whatever the type.
fn find_type(r: &mut Request<'_>) -> Verdict {
    let named = r.server.settings.mime_magic.as_ref().and_then(|s| s.named);
    if let Some(span) = named
        && r.finfo.is_some()
        && r.content_type.is_none()
        && r.handler.is_none()
    {
        r.caveat("MimeMagicFile", span, "this file's type is guessed from its content");
    }
    Verdict::Declined
}
