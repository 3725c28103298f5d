//! mod_authn_core.c: AuthType, AuthName, and who nobody asks.

use crate::expr::Expr;
use crate::server::cmd::Cmd;
use crate::server::expr_context;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::BString;
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_authn_core.c",
    identifier: "authn_core_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| {
        let dir = r.per_dir.authn_core.as_deref();
        lines.extend(auth_type_line(r));
        lines.extend(dir.and_then(|dir| dir.auth_name.as_ref()).map(|name| name.span));
    });
    functions.auth_type = auth_type;
    functions.name_user = super::name_deciders;
}

static HOOKS: &[Hook] = &[hook(Phase::CheckUserId, order::LAST, authenticate_no_user)];

static DIRECTIVES: &[Directive] = &[
    row("AuthType", Args::Take1, OR_AUTHCFG, Modelled, "an HTTP authorization type (e.g., \"Basic\")", set_auth_type),
    row(
        "AuthName",
        Args::Take1,
        OR_AUTHCFG,
        Modelled,
        "the authentication realm (e.g. \"Members Only\")",
        set_auth_name,
    ),
    row(
        "<AuthnProviderAlias",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "container for grouping an authentication provider's directives under a provider alias",
        super::alias_section,
    ),
];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// AuthType.
    pub auth_type: Option<Set<Arc<Expr>>>,
    /// AuthName.
    pub auth_name: Option<Set<Arc<Expr>>>,
}

impl Settings for Dir {
    /// `merge_authn_core_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            auth_type: Set::merge(&base.auth_type, &add.auth_type),
            auth_name: Set::merge(&base.auth_name, &add.auth_name),
        }
    }
}

fn text(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<Arc<Expr>, String> {
    let name = cmd.row.name;
    let expr = cmd.expr(&a[0], true).map_err(|e| format!("Cannot parse expression '{}' in {name}: {e}", a[0]))?;
    Ok(Arc::new(expr))
}

/// `set_authtype`
fn set_auth_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (value, span) = (text(cmd, a)?, cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authn_core).auth_type, value, span);
    Ok(())
}

/// `set_authname`
fn set_auth_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (value, span) = (text(cmd, a)?, cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authn_core).auth_name, value, span);
    Ok(())
}

/// The line that says the AuthType.
pub(crate) fn auth_type_line(r: &Request<'_>) -> Option<Span> {
    r.per_dir.authn_core.as_ref()?.auth_type.as_ref().map(|set| set.span)
}

/// `ap_auth_type`: the AuthType in force; `None` is none.
pub(crate) fn auth_type(r: &mut Request<'_>) -> Option<BString> {
    let dir = r.per_dir.authn_core.clone()?;
    match expr_context::string(r, without(&dir.auth_type, r.without)?) {
        Ok(value) => (!value.eq_ignore_ascii_case(b"none")).then_some(value),
        Err(e) => {
            r.error("AH02834", format!("AuthType expression could not be evaluated: {e}"));
            None
        }
    }
}

/// `ap_auth_name`: the AuthName in force, its quotes escaped.
pub(crate) fn auth_name(r: &mut Request<'_>) -> Option<BString> {
    let dir = r.per_dir.authn_core.clone()?;
    match expr_context::string(r, without(&dir.auth_name, r.without)?) {
        Ok(value) => Some(escape_quotes(&value)),
        Err(e) => {
            r.error("AH02835", format!("AuthName expression could not be evaluated: {e}"));
            None
        }
    }
}

/// `ap_escape_quotes`: a backslash before each quote that has none.
fn escape_quotes(text: &[u8]) -> BString {
    let mut out = BString::default();
    let mut bytes = text.iter().copied().peekable();
    while let Some(b) = bytes.next() {
        match (b, bytes.peek()) {
            (b'\\', Some(&next)) => {
                out.extend_from_slice(&[b, next]);
                bytes.next();
            }
            (b'"', _) => out.extend_from_slice(b"\\\""),
            _ => out.push(b),
        }
    }
    out
}

/// `authenticate_no_user`
pub(crate) fn authenticate_no_user(r: &mut Request<'_>) -> Verdict {
    match auth_type(r) {
        None => Verdict::Ok,
        Some(kind) if !r.engine.server.loaded.strangers().is_empty() => {
            let said = r.per_dir.authn_core.as_ref().and_then(|dir| dir.auth_type.as_ref());
            let span = said.map_or(Span::NONE, |set| set.span);
            let why = format!("a module that is not httpd's own may know the type `{kind}`: it would ask for a login");
            r.caveat("AuthType", span, why);
            Verdict::Status(401)
        }
        Some(kind) => {
            r.error("AH01796", format!("AuthType {kind} configured without corresponding module"));
            Verdict::Status(500)
        }
    }
}
