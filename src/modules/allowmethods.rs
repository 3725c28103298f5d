//! mod_allowmethods.c: which methods a place answers at all.

use super::authz_core::{Asks, denied_what, may_decide};
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::method;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::source::Span;
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_allowmethods.c",
    identifier: "allowmethods_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

/// It denies, too: lines that decide are looked for.
fn register(functions: &mut Functions) {
    let asks = Asks::Where(|settings| settings.allowmethods.is_some());
    may_decide(functions, |r, lines| lines.extend(r.per_dir.allowmethods.as_ref().and_then(|dir| dir.span())), asks);
}

static HOOKS: &[Hook] = &[hook(Phase::AccessChecker, order::REALLY_FIRST, check_access)];

static DIRECTIVES: &[Directive] =
    &[row("AllowMethods", Args::Argv, ACCESS_CONF, Modelled, "only allow specific methods", allow_methods)];

/// Settings per directory: the methods, as bits; none for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    allowed: Option<Set<u64>>,
}

impl crate::server::settings::Settings for Dir {
    /// `am_merge_conf`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { allowed: Set::merge(&base.allowed, &add.allowed) }
    }
}

/// `am_allowmethods`
fn allow_methods(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a.is_empty() {
        return Err("AllowMethods: No method or 'reset' keyword given".into());
    }
    let mut allowed = 0;
    if a.len() > 1 || !a[0].eq_ignore_ascii_case(b"reset") {
        for name in a {
            let Some(number) = method::number(name, &cmd.build.methods) else {
                return Err(format!("AllowMethods: Invalid Method '{name}'"));
            };
            allowed |= method::bit(number);
        }
        // a second line of the same section adds to the first
        allowed |= cmd.slot(|d| &mut d.allowmethods).allowed.as_ref().map_or(0, |s| s.value);
    }
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.allowmethods).allowed, allowed, span);
    Ok(())
}

impl Dir {
    /// The place of the line in force.
    pub(crate) fn span(&self) -> Option<Span> {
        self.allowed.as_ref().map(|s| s.span)
    }
}

/// Whether the method is refused.
pub(crate) fn refuses(r: &Request<'_>) -> bool {
    let Some(dir) = &r.per_dir.allowmethods else { return false };
    let allowed = without(&dir.allowed, r.without).copied().unwrap_or(0);
    allowed != 0 && allowed & method::bit(r.method_number) == 0
}

/// `am_check_access`
fn check_access(r: &mut Request<'_>) -> Verdict {
    let allowed = r.per_dir.allowmethods.as_ref().and_then(|d| d.allowed.as_ref()).map_or(0, |s| s.value);
    if allowed != 0 {
        r.allowed = allowed;
    }
    if !refuses(r) {
        return Verdict::Declined;
    }
    let (method, what) = (r.method.clone(), denied_what(r));
    r.error("AH01623", format!("client method denied by server configuration: '{method}' to {what}"));
    Verdict::Status(405)
}
