//! What mod_authz_core itself brings: all, env, method, expr.

use super::{Parsed, Provider};
use crate::conf::args;
use crate::modules::authz_core::Status;
use crate::server::cmd::Cmd;
use crate::server::expr_context;
use crate::server::method;
use crate::server::request::Request;
use bstr::{BStr, ByteSlice};
use std::sync::Arc;

const MODULE: &str = "mod_authz_core.c";

pub(super) static PROVIDERS: &[Provider] = &[
    Provider { name: "all", module: MODULE, parse: parse_all, check: check_all, unmodelled: None },
    Provider { name: "env", module: MODULE, parse: parse_words, check: check_env, unmodelled: None },
    Provider { name: "method", module: MODULE, parse: parse_methods, check: check_method, unmodelled: None },
    Provider { name: "expr", module: MODULE, parse: parse_expr, check: check_expr, unmodelled: None },
];

fn granted(yes: bool) -> Status {
    if yes { Status::Granted } else { Status::Denied }
}

fn parse_all(_: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    match text {
        t if t.eq_ignore_ascii_case(b"granted") => Ok(Parsed::All(true)),
        t if t.eq_ignore_ascii_case(b"denied") => Ok(Parsed::All(false)),
        _ => Err("Argument for 'Require all' must be 'granted' or 'denied'".into()),
    }
}

fn check_all(_: &mut Request<'_>, parsed: &Parsed) -> Status {
    granted(matches!(parsed, Parsed::All(true)))
}

/// Reads words.
pub(super) fn parse_words(_: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    Ok(Parsed::Words(args::split(text)))
}

fn check_env(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Parsed::Words(words) = parsed else { return Status::Denied };
    granted(words.iter().take_while(|w| !w.is_empty()).any(|w| r.env.get(w).is_some()))
}

fn parse_methods(cmd: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    let mut methods = 0;
    for word in args::split(text) {
        match method::number(&word, &cmd.build.methods) {
            None => return Err(format!("Invalid Method '{word}'")),
            Some(n) => methods |= method::bit(n),
        }
    }
    Ok(Parsed::Methods(methods))
}

fn check_method(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Parsed::Methods(methods) = parsed else { return Status::Denied };
    granted(methods & method::bit(r.method_number) != 0)
}

fn parse_expr(cmd: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    let quoted = text.len() > 1 && text.starts_with(b"\"") && text.ends_with(b"\"");
    let text = if quoted { text[1..text.len() - 1].as_bstr() } else { text };
    let expr = cmd.expr(text, false).map_err(|e| format!("Cannot parse expression in require line: {e}"))?;
    let wants_user = expr.mentions(crate::expr::Var::RemoteUser);
    Ok(Parsed::Expr(Arc::new(expr), wants_user))
}

fn check_expr(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Parsed::Expr(expr, wants_user) = parsed else { return Status::Denied };
    match expr_context::condition(r, expr) {
        Ok(true) => Status::Granted,
        Ok(false) if *wants_user => Status::DeniedNoUser,
        Ok(false) => Status::Denied,
        Err(e) => {
            r.error("AH02320", format!("Error evaluating expression in 'Require expr': {e}"));
            Status::GeneralError
        }
    }
}
