//! mod_allowmethods.c: which methods a place answers at all.

use crate::module::Effect::Modelled;
use crate::module::allowed::*;
use crate::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::build::Cmd;
use crate::server::method;
use crate::server::request::Request;
use crate::server::setting::{Set, decisive};
use bstr::BString;

/// The module.
pub static MODULE: Module =
    Module { name: "mod_allowmethods.c", identifier: "allowmethods_module", directives: DIRECTIVES, hooks: HOOKS };

static HOOKS: &[Hook] = &[hook(Phase::AccessChecker, order::REALLY_FIRST, check_access)];

static DIRECTIVES: &[Directive] =
    &[row("AllowMethods", Args::Argv, ACCESS_CONF, Modelled, "only allow specific methods", allow_methods)];

/// Settings per directory: the methods, as bits; none for all.
#[derive(Clone, Debug, Default)]
pub struct Dir {
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
            allowed |= 1u64.checked_shl(number).unwrap_or(0);
        }
        // a second line of the same section adds to the first
        allowed |= cmd.slot(|d| &mut d.allowmethods).allowed.as_ref().map_or(0, |s| s.value);
    }
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.allowmethods).allowed, allowed, span);
    Ok(())
}

/// `am_check_access`
fn check_access(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.allowmethods.clone() else { return Verdict::Declined };
    let allowed = dir.allowed.as_ref().map_or(0, |s| s.value);
    let bit = 1u64.checked_shl(r.method_number).unwrap_or(0);
    let passes = |allowed: u64| allowed == 0 || allowed & bit != 0;
    let beneath = dir.allowed.as_ref().and_then(|s| s.under.as_ref()).map_or(0, |u| u.value);
    if passes(allowed) != passes(beneath) {
        r.decide_if(Phase::AccessChecker, decisive(&dir.allowed, &0));
    }
    if allowed == 0 {
        return Verdict::Declined;
    }
    r.allowed = allowed;
    if passes(allowed) {
        return Verdict::Declined;
    }
    let (method, what) = (r.method.clone(), super::authz_core::denied_what(r));
    r.error("AH01623", format!("client method denied by server configuration: '{method}' to {what}"));
    Verdict::Status(405)
}
