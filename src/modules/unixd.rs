//! mod_unixd.c: who httpd's children are, and so what they may read.

use crate::module::Effect::{Blind, Modelled};
use crate::module::allowed::RSRC_CONF;
use crate::module::{Args, Directive, Module, plain, row};
use crate::server::build::{Cmd, forbid};
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_unixd.c", identifier: "unixd_module", directives: DIRECTIVES, hooks: &[] };

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("User", Args::Take1, RSRC_CONF, Modelled, "Effective user id for this server", user),
    row("Group", Args::Take1, RSRC_CONF, Modelled, "Effective group id for this server", group),
    plain("ChrootDir", Args::Take1, RSRC_CONF, Blind("paths are looked up within another root"), "The directory to chroot(2) into"),
    plain("Suexec", Args::Flag, RSRC_CONF, Blind("scripts run under suexec, which refuses those that break its rules"), "Enable or disable suEXEC support"),
];

fn user(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    if cmd.build.users.user(&a[0]).is_some_and(|u| u.uid == 0) || a[0] == "#0" {
        return Err("Error:\tApache has not been designed to serve pages while\n\trunning as root".into());
    }
    cmd.build.run_as.0 = a[0].clone();
    run_as(cmd)
}

fn group(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    cmd.build.run_as.1 = a[0].clone();
    run_as(cmd)
}

/// A user or group that the machine lacks stops httpd there, but says nothing of the configuration.
fn run_as(cmd: &mut Cmd<'_>) -> Result<(), String> {
    let (user, group) = cmd.build.run_as.clone();
    match cmd.build.users.cred(&user, &group) {
        Some(cred) => cmd.build.cred = cred,
        None => {
            cmd.note("user", format!("user `{user}` or group `{group}` is not known here: files are read as before"))
        }
    }
    Ok(())
}
