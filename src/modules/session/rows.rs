//! The directives of mod_session.c, mod_session_cookie.c and mod_session_crypto.c.

use crate::modules::ledger::checks::session;
use crate::server::cmd::{Cmd, forbid};
use crate::server::functions::Functions;
use crate::server::module::Args::{Flag, Iterate, Raw, Take1};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::{ACCESS_CONF, OR_AUTHCFG, RSRC_CONF};
use crate::server::module::{Directive, Module, Phase, hook, order, plain, row};
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::Int;
use crate::server::rule::long;
use crate::server::setting::Set;
use bstr::BString;

/// mod_session.c.
pub(crate) static MODULE: Module = Module {
    name: "mod_session.c",
    identifier: "session_module",
    directives: SESSION,
    hooks: &[hook(Phase::Fixups, order::MIDDLE, super::fixup)],
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.session.iter().flat_map(|dir| dir.spans())));
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.session_cookie.iter().flat_map(|dir| dir.spans())));
    functions.carry_session = super::save::carry;
    functions.save_session = super::save::save;
}

/// mod_session_cookie.c.
pub(crate) static COOKIE: Module = Module {
    name: "mod_session_cookie.c",
    identifier: "session_cookie_module",
    directives: IN_COOKIES,
    hooks: &[],
    ..Module::NONE
};

/// mod_session_crypto.c.
pub(crate) static CRYPTO: Module = Module {
    name: "mod_session_crypto.c",
    identifier: "session_crypto_module",
    directives: ENCRYPTED,
    hooks: &[],
    ..Module::NONE
};

const PLACES: u32 = OR_AUTHCFG | RSRC_CONF;

#[rustfmt::skip]
const SESSION: &[Directive] = &[
    row("Session", Flag, PLACES, Modelled, "on if a session should be maintained for these URLs", enable),
    row("SessionMaxAge", Take1, PLACES, Modelled,
        "length of time for which a session should be valid. Zero to disable", max_age),
    plain("SessionHeader", Take1, PLACES, Inert,
        "output header, if present, whose contents will be injected into the session."),
    row("SessionEnv", Flag, PLACES, Modelled,
        "on if a session should be written to the CGI environment. Defaults to off", env),
    row("SessionInclude", Take1, PLACES, Modelled,
        "URL prefixes to include in the session. Defaults to all URLs", include),
    row("SessionExclude", Take1, PLACES, Modelled,
        "URL prefixes to exclude from the session. Defaults to no URLs", exclude),
    row("SessionExpiryUpdateInterval", Take1, PLACES, Modelled,
        "time interval for which a session's expiry time may change without having to be rewritten. Zero to \
        disable", update_interval)
        .must(&[Arg(0, Int(0, i32::MAX), "SessionExpiryUpdateInterval must be zero (disable) or a positive value")]),
];

#[rustfmt::skip]
const IN_COOKIES: &[Directive] = &[
    row("SessionCookieName", Raw, PLACES, Modelled, "The name of the RFC2109 cookie carrying the session", name)
        .must(&[By(session::cookie_name)]),
    row("SessionCookieName2", Raw, PLACES, Modelled, "The name of the RFC2965 cookie carrying the session", name2)
        .must(&[By(session::cookie_name)]),
    row("SessionCookieRemove", Flag, PLACES, Modelled,
        "Set to 'On' to remove the session cookie from the headers and hide the cookie from a backend server or \
        process", remove),
];

#[rustfmt::skip]
const ENCRYPTED: &[Directive] = &[
    row("SessionCryptoPassphrase", Iterate, PLACES, Modelled,
        "The passphrase(s) used to encrypt the session. First will be used for encryption, all phrases will be \
        accepted for decryption", encrypt),
    row("SessionCryptoPassphraseFile", Take1, ACCESS_CONF | RSRC_CONF, Modelled,
        "File containing passphrase(s) used to encrypt the session, one per line. First will be used for \
        encryption, all phrases will be accepted for decryption", encrypt),
    plain("SessionCryptoCipher", Take1, PLACES, Inert, "The underlying crypto cipher to use"),
    plain("SessionCryptoDriver", Raw, RSRC_CONF, Inert, "The underlying crypto library driver to use")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
];

type Done = Result<(), String>;

fn on(a: &[BString]) -> bool {
    a[0].eq_ignore_ascii_case(b"on")
}

fn enable(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.session).enabled, on(a), span);
    Ok(())
}

fn env(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.slot(|d| &mut d.session).env = Some(on(a));
    Ok(())
}

fn max_age(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.slot(|d| &mut d.session).max_age = Some(atol(&a[0]));
    Ok(())
}

fn update_interval(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.slot(|d| &mut d.session).update_interval = Some(atol(&a[0]));
    Ok(())
}

/// `atol`
fn atol(text: &[u8]) -> i64 {
    long(text).map_or(0, |(number, _)| number)
}

fn include(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let line = (a[0].clone(), cmd.span());
    cmd.slot(|d| &mut d.session).includes.push(line);
    Ok(())
}

fn exclude(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let line = (a[0].clone(), cmd.span());
    cmd.slot(|d| &mut d.session).excludes.push(line);
    Ok(())
}

/// The name; what follows it are the cookie's attributes.
fn first_word(a: &[BString]) -> BString {
    a[0].split(|b| matches!(b, b' ' | b'\t')).find(|w| !w.is_empty()).unwrap_or_default().into()
}

fn name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.session_cookie).name, first_word(a), span);
    Ok(())
}

fn name2(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.session_cookie).name2, first_word(a), span);
    Ok(())
}

fn remove(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.session_cookie).remove, on(a), span);
    Ok(())
}

fn encrypt(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    let span = cmd.span();
    cmd.slot(|d| &mut d.session).encrypted = Some(span);
    Ok(())
}
