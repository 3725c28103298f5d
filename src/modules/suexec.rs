//! mod_suexec.c: programs run as another user, by a wrapper that refuses what breaks its rules.

use crate::server::cmd::{Cmd, forbid};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::rule::Rule::NotIn;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_suexec.c", identifier: "suexec_module", directives: DIRECTIVES, hooks: &[], ..Module::NONE };

static DIRECTIVES: &[Directive] =
    &[row("SuexecUserGroup", Args::Take2, RSRC_CONF, Modelled, "User and group for spawned processes", user_group)
        .must(&[NotIn(forbid::DIR_CONTEXT)])];

/// Settings per directory: where they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dir(Span);

impl Default for Dir {
    fn default() -> Dir {
        Dir(Span::NONE)
    }
}

impl Settings for Dir {}

fn user_group(cmd: &mut Cmd<'_>, _: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    *cmd.slot(|d| &mut d.suexec) = Dir(span);
    Ok(())
}

/// Says that the wrapper may refuse a program: its rules hang on how it was built.
pub(crate) fn note(r: &mut Request<'_>) {
    if let Some(Dir(span)) = r.per_dir.suexec.as_deref().copied() {
        let why = "suexec runs the program, and refuses one that breaks its rules: owner, modes and directories";
        r.caveat("SuexecUserGroup", span, why);
    }
}
