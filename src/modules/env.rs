//! mod_env.c: SetEnv, PassEnv and UnsetEnv. They speak at fixups: too late for access and mapping.

use crate::server::cmd::Cmd;
use crate::server::environ;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::table::Table;
use crate::source::Span;
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_env.c", identifier: "env_module", directives: DIRECTIVES, hooks: HOOKS, ..Module::NONE };

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::MIDDLE, fixup)];

static DIRECTIVES: &[Directive] = &[
    row("PassEnv", Args::Iterate, OR_FILEINFO, Modelled, "a list of environment variables to pass to CGI.", pass_env),
    row(
        "SetEnv",
        Args::Take12,
        OR_FILEINFO,
        Modelled,
        "an environment variable name and optional value to pass to CGI.",
        set_env,
    ),
    row(
        "UnsetEnv",
        Args::Iterate,
        OR_FILEINFO,
        Modelled,
        "a list of variables to remove from the CGI environment.",
        unset_env,
    ),
];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    vars: Table,
    unset: Vec<BString>,
    /// The lines that set variables, in order.
    lines: Vec<(BString, Span)>,
}

impl crate::server::settings::Settings for Settings {
    /// `merge_env_dir_configs`: what a section takes away is taken from the sections before it only.
    fn merge(base: &Settings, add: &Settings) -> Settings {
        let mut vars = base.vars.clone();
        for name in &add.unset {
            vars.unset(name);
        }
        for (name, value) in add.vars.iter() {
            vars.set(name, value);
        }
        Settings { vars, unset: Vec::new(), lines: [base.lines.as_slice(), &add.lines].concat() }
    }
}

/// `add_env_module_vars_passed`
fn pass_env(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    match cmd.build.env.get(&a[0]).cloned() {
        Some(value) => put(cmd, &a[0], value),
        None => cmd.warn("AH01506", format!("PassEnv variable {} was undefined", a[0])),
    }
    Ok(())
}

/// `add_env_module_vars_set`
fn set_env(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let parts: Vec<_> = a[0].split(|b| *b == b'=').filter(|p| !p.is_empty()).map(bstr::BStr::new).collect();
    if a[0].contains(&b'=') {
        let name = parts.first().copied().unwrap_or_default();
        let value = parts.get(1).copied().unwrap_or_default();
        let message = format!(
            "Spurious usage of '=' in an environment variable name. '{} {name} {value}' expected instead?",
            cmd.row.name
        );
        cmd.warn("AH10032", message);
    }
    put(cmd, &a[0], a.get(1).cloned().unwrap_or_default());
    Ok(())
}

fn put(cmd: &mut Cmd<'_>, name: &BString, value: BString) {
    let span = cmd.span();
    let settings = cmd.slot(|d| &mut d.env);
    settings.vars.set(name.clone(), value);
    settings.lines.push((name.clone(), span));
}

/// `add_env_module_vars_unset`
fn unset_env(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let settings = cmd.slot(|d| &mut d.env);
    settings.unset.push(a[0].clone());
    settings.vars.unset(&a[0]);
    Ok(())
}

/// `fixup_env_module`: the variables go beneath those that the request has, whose values stand.
fn fixup(r: &mut Request<'_>) -> Verdict {
    let Some(settings) = r.per_dir.env.as_deref().filter(|s| !s.vars.is_empty()) else { return Verdict::Declined };
    for (name, value) in settings.vars.iter() {
        r.env.add(name, value);
    }
    if environ::is_read(r) {
        let there = settings.lines.iter().filter(|(name, _)| settings.vars.get(name).is_some());
        r.environ.lines.extend(there.cloned());
    }
    Verdict::Ok
}
