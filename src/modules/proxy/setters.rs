//! The setters of mod_proxy.c that stand alone.

use super::hosts::{Blocked, Direct};
use super::{Remote, Server};
use crate::pattern::Flags;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::setting::Set;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

type Done = Result<(), String>;

fn on(word: &BString) -> bool {
    word.eq_ignore_ascii_case(b"on")
}

fn conf<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Server {
    cmd.server_slot(|s| &mut s.proxy)
}

pub(super) fn requests(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    cmd.build.acts_early |= on(&a[0]);
    Set::put(&mut conf(cmd).requests, on(&a[0]), span);
    Ok(())
}

pub(super) fn inherit(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    conf(cmd).inherit = Some(on(&a[0]));
    Ok(())
}

pub(super) fn pass_inherit(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    conf(cmd).pass_inherit = Some(on(&a[0]));
    Ok(())
}

pub(super) fn interpolate_env(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.proxy).interpolate_env, on(&a[0]), span);
    Ok(())
}

/// `set_proxy_domain`
pub(super) fn domain(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if !a[0].starts_with(b".") {
        return Err("ProxyDomain: domain name must start with a dot.".into());
    }
    let span = cmd.span();
    Set::put(&mut conf(cmd).domain, a[0].clone(), span);
    Ok(())
}

/// `add_proxy`
pub(super) fn remote(cmd: &mut Cmd<'_>, a: &[BString], is_match: bool) -> Done {
    let name = if is_match { "ProxyRemoteMatch" } else { "ProxyRemote" };
    let bad = || format!("{name}: Bad syntax for a remote proxy server");
    let colon = a[1].find_byte(b':').ok_or_else(bad)?;
    let host = a[1][colon..].strip_prefix(b"://").filter(|h| !h.is_empty()).ok_or_else(bad)?;
    if let Some(i) = host.find_byte(b':') {
        let digits = host[i + 1..].trim_start();
        let port = atoi(digits);
        if !digits.first().is_some_and(u8::is_ascii_digit) || port > 65535 {
            return Err(format!("{} (bad port number)", bad()));
        }
    }
    let mut scheme = a[0].clone();
    let regex = match is_match {
        false => None,
        true => {
            let message = "Regular expression for ProxyRemoteMatch could not be compiled.";
            Some(cmd.regex(&scheme, Flags::default()).map_err(|_| message)?)
        }
    };
    if !is_match && !scheme.contains(&b':') {
        scheme.make_ascii_lowercase();
    }
    let span = cmd.span();
    Arc::make_mut(&mut conf(cmd).remotes).push(Remote { span, scheme, regex });
    Ok(())
}

/// `set_proxy_exclude`
pub(super) fn block(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    let addresses = cmd.build.resolve(&a[0]);
    let blocked = &mut conf(cmd).blocked;
    if blocked.find(&a[0].to_ascii_lowercase()).is_none() {
        Arc::make_mut(blocked).push(Blocked { span, name: a[0].clone(), addresses });
    }
    Ok(())
}

/// `set_proxy_dirconn`
pub(super) fn direct(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let known = !cmd.build.resolve(&a[0]).is_empty();
    let direct = &mut conf(cmd).direct;
    if direct.find(&a[0].to_ascii_lowercase()).is_none() {
        Arc::make_mut(direct).push(Direct::new(a[0].clone(), known));
    }
    Ok(())
}

/// ProxyReceiveBufferSize, ProxyIOBufferSize
pub(super) fn size(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    match atoi(&a[0]) {
        0 | 512.. => Ok(()),
        _ => Err(format!("{} must be >= 512 bytes, or 0 for system default.", cmd.row.name)),
    }
}

/// A word of a list, in any case.
pub(super) fn one_of(a: &[BString], name: &str, words: &[&str]) -> Done {
    match words.iter().any(|w| a[0].eq_ignore_ascii_case(w.as_bytes())) {
        true => Ok(()),
        false => Err(format!("{name} must be one of: {}", words.join(" | "))),
    }
}

/// `set_proxy_error_override`
pub(super) fn error_override(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (word, span) = (&a[0], cmd.span());
    let own = &mut cmd.slot(|d| &mut d.proxy).error_override;
    if word.eq_ignore_ascii_case(b"off") || on(word) {
        Set::put(&mut own.on, on(word), span);
        return Ok(());
    }
    match own.on.as_ref().map(|s| s.value) {
        None => Err("ProxyErrorOverride first parameter must be one of: off | on".into()),
        Some(_) if !word.first().is_some_and(u8::is_ascii_digit) => {
            Err("ProxyErrorOverride: status codes to intercept must be numeric".into())
        }
        Some(false) => Err("ProxyErrorOverride: status codes must follow a value of 'on'".into()),
        Some(true) => {
            match atoi(word) {
                code @ 400..600 => {
                    own.codes.push(code as u16);
                    Ok(())
                }
                _ => Err("ProxyErrorOverride: status codes to intercept must be valid HTTP Status Codes >=400 && <600"
                    .into()),
            }
        }
    }
}

pub(super) fn timeout(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    if atoi(&a[0]) < 1 { Err("Proxy Timeout must be at least 1 second.".into()) } else { Ok(()) }
}

pub(super) fn growth(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match atoi(&a[0]) {
        0..=1000 => Ok(()),
        _ => Err("BalancerGrowth must be between 0 and 1000".into()),
    }
}

/// `set_source_address`
pub(super) fn source_address(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    // a path is a socket's
    if !a[0].starts_with(b"/") && cmd.build.resolve(&a[0]).is_empty() {
        if cmd.build.has_no_address(&a[0]) {
            return Err("ProxySourceAddress invalid value".into());
        }
        cmd.note("host-name", format!("`{}` would have to be looked up: it is taken to have an address", a[0]));
    }
    Ok(())
}
