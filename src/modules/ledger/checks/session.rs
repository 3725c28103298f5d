//! Names of cookies: mod_session_cookie and mod_session_dbd (modules/session), mod_usertrack (modules/metadata).

use super::Done;
use crate::conf::args;
use crate::modules::expires::{Wrong, duration};
use crate::server::cmd::Cmd;
use bstr::BString;

/// `SessionCookieName`: `check_string` of mod_session_cookie.c.
pub(crate) fn cookie_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let name = a[0].split(|b| matches!(b, b' ' | b'\t')).find(|w| !w.is_empty()).unwrap_or_default();
    if name.is_empty() || name.contains(&b'=') || name.contains(&b'&') {
        return Err(format!("{} cannot be empty, or contain '=' or '&'.", cmd.node.name));
    }
    Ok(())
}

/// `SessionDBDCookieName`: `set_cookie_name` of mod_session_dbd.c.
pub(crate) fn dbd_cookie_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let name = args::split(&a[0]).into_iter().next().unwrap_or_default();
    if name.is_empty() {
        return Err(format!("{} requires at least one argument!", cmd.node.name));
    }
    if name.iter().any(|b| matches!(b, b'=' | b';' | b'&')) {
        return Err(format!("{} cannot contain '=', ';' or '&'.", cmd.node.name));
    }
    Ok(())
}

/// `CookieExpires`: `set_cookie_exp`, seconds or `[plus] {number unit}...`.
pub(crate) fn expires(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let text = &a[0];
    if text.first().is_some_and(u8::is_ascii_digit) && text.last().is_some_and(u8::is_ascii_digit) {
        return Ok(());
    }
    let words = args::split(text).into_iter().take_while(|w| !w.is_empty());
    let seconds = duration(words);
    seconds.map(|_| ()).map_err(|wrong| {
        let what = match wrong {
            Wrong::Number(_) => "numeric value expected.",
            Wrong::NoUnit => "missing <type>",
            Wrong::Unit(_) => "unrecognized type",
        };
        format!("bad expires code, {what}")
    })
}

/// `CookieDomain`: `set_cookie_domain`.
pub(crate) fn domain(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match a[0].strip_prefix(b".") {
        None => Err("CookieDomain values must begin with a dot".into()),
        Some(rest) if !rest.contains(&b'.') => Err("CookieDomain values must contain at least one embedded dot".into()),
        Some(_) => Ok(()),
    }
}
