//! mod_unixd.c: who httpd's children are, and so what they may read.

use crate::server::cmd::{Cmd, forbid};
use crate::server::module::Effect::{Modelled, Unmodelled};
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Module, plain, row};
use crate::server::rule::Rule;
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_unixd.c", identifier: "unixd_module", directives: DIRECTIVES, hooks: &[], ..Module::NONE };

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("User", Args::Take1, RSRC_CONF, Modelled, "Effective user id for this server", user).at_start(),
    row("Group", Args::Take1, RSRC_CONF, Modelled, "Effective group id for this server", group).at_start(),
    plain("ChrootDir", Args::Take1, RSRC_CONF, Unmodelled("paths are looked up within another root"), "The directory to chroot(2) into")
        .must(&[Rule::NotIn(forbid::GLOBAL_ONLY), Rule::By(chroot_dir)]),
    plain("Suexec", Args::Flag, RSRC_CONF, Unmodelled("scripts run under suexec, which refuses those that break its rules"), "Enable or disable suEXEC support")
        .must(&[Rule::NotIn(forbid::GLOBAL_ONLY)]),
];

/// `unixd_set_chroot_dir`
fn chroot_dir(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.there(&a[0], true, "ChrootDir must be a valid directory".into())
}

fn user(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    if cmd.build.users.user(&a[0]).is_some_and(|u| u.uid == 0) || a[0] == "#0" {
        return Err("Error:\tApache has not been designed to serve pages while\n\trunning as root".into());
    }
    if cmd.build.users.uid(&a[0]).is_none() {
        cmd.note("user", format!("no user `{}` in /etc/passwd: it is taken for one that owns no files", a[0]));
    }
    cmd.build.run_as.0 = a[0].clone();
    run_as(cmd);
    Ok(())
}

fn group(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    if cmd.build.users.gid(&a[0]).is_none() {
        cmd.note("user", format!("no group `{}` in /etc/group: it is taken for one that owns no files", a[0]));
    }
    cmd.build.run_as.1 = a[0].clone();
    run_as(cmd);
    Ok(())
}

/// A user or group that the machine lacks stops httpd there, but says nothing of the configuration: it is one that owns
/// nothing.
fn run_as(cmd: &mut Cmd<'_>) {
    let (user, group) = &cmd.build.run_as;
    cmd.build.cred = cmd.build.users.cred(user, group);
}
