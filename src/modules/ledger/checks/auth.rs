//! mod_authnz_fcgi (modules/aaa).

use super::Done;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use bstr::{BString, ByteSlice};

/// `AuthnzFcgiDefineProvider type name backend`: `fcgi_define_provider`.
pub(crate) fn define(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let name = cmd.row.name;
    let Some(kind) = a.first() else { return Err(format!("{name}: No type given")) };
    if !["authn", "authz", "authnz"].iter().any(|k| kind.eq_ignore_ascii_case(k.as_bytes())) {
        return Err(format!("{name}: Invalid provider type {kind}"));
    }
    if a.len() < 2 {
        return Err(format!("{name}: No provider name given"));
    }
    let Some(backend) = a.get(2) else { return Err(format!("{name}: No backend-address given")) };
    let port = backend
        .strip_prefix(b"fcgi://")
        .map(|rest| rest.trim_end_with(|c| c == '/'))
        .and_then(|rest| rest.rsplit_once_str(":"))
        .filter(|(host, port)| {
            !host.is_empty() && (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
        });
    match port {
        None => return Err(format!("{name}: backend-address '{backend}' has invalid form")),
        Some((_, port)) if atoi(port) > 65535 => {
            return Err(format!("{name}: backend-address '{backend}' has invalid port"));
        }
        Some(_) => {}
    }
    match a.get(3) {
        Some(more) => Err(format!("{name}: Unexpected parameter {more}")),
        None => Ok(()),
    }
}

/// `AuthnzFcgiCheckAuthnProvider name option value...`: `fcgi_check_authn_provider`.
pub(crate) fn check(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let name = cmd.row.name;
    let Some((provider, mut options)) = a.split_first() else {
        return Err(format!("{name}: No provider given"));
    };
    if provider.eq_ignore_ascii_case(b"none") && !options.is_empty() {
        return Err("Options aren't supported with \"None\"".into());
    }
    while let [option, rest @ ..] = options {
        let Some((value, rest)) = rest.split_first() else {
            return Err(format!("{name}: {option}needs an argument"));
        };
        options = rest;
        match option.to_ascii_lowercase().as_slice() {
            b"authoritative" | b"requirebasicauth" => {
                if !value.eq_ignore_ascii_case(b"on") && !value.eq_ignore_ascii_case(b"off") {
                    return Err(format!("{name}: Bad argument '{value}' to option '{option}'"));
                }
            }
            b"defaultuser" => {}
            b"userexpr" => {
                cmd.expr(value, true).map_err(|e| format!("{name}: Error parsing '{value}': '{e}'"))?;
            }
            _ => return Err(format!("{name}: Unexpected option '{option}'")),
        }
    }
    Ok(())
}
