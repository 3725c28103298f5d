//! mod_usertrack.c: the cookie by which a visitor is known again.

use super::ledger::checks::session;
use crate::outcome::step::By;
use crate::server::cmd::Cmd;
use crate::server::module::Args::{Flag, Take1};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::OR_FILEINFO;
use crate::server::module::{Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::Request;
use crate::server::response::UNKNOWN;
use crate::server::rule::Rule::{Arg, By as Check};
use crate::server::rule::Test::OneOf;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::server::told;
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_usertrack.c",
    identifier: "usertrack_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::REALLY_FIRST, spot_cookie)];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    plain("CookieExpires", Take1, OR_FILEINFO, Inert, "an expiry date code").must(&[Check(session::expires)]),
    plain("CookieDomain", Take1, OR_FILEINFO, Inert, "domain to which this cookie applies")
        .must(&[Check(session::domain)]),
    row("CookieStyle", Take1, OR_FILEINFO, Modelled, "'Netscape', 'Cookie' (RFC2109), or 'Cookie2' (RFC2965)", style)
        .must(&[
            Arg(0, OneOf(&["Netscape", "Cookie", "RFC2109", "Cookie2", "RFC2965"]), "Invalid {name} keyword: '{}'"),
        ]),
    row("CookieTracking", Flag, OR_FILEINFO, Modelled, "whether or not to enable cookies", tracking),
    row("CookieName", Take1, OR_FILEINFO, Modelled, "name of the tracking cookie", name),
    plain("CookieSameSite", Take1, OR_FILEINFO, Inert, "SameSite setting")
        .must(&[Arg(0, OneOf(&["Strict", "Lax", "None"]), "CookieSameSite accepts 'Strict', 'Lax', or 'None'")]),
    plain("CookieSecure", Flag, OR_FILEINFO, Inert, "is cookie secure"),
    plain("CookieHttpOnly", Flag, OR_FILEINFO, Inert, "is cookie http only"),
];

/// Settings per directory: `cookie_dir_rec`. A section with any of the directives has no more of those around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    enabled: Option<Set<bool>>,
    name: Option<BString>,
    /// CookieStyle Cookie2: the cookie has a header of its own.
    has_own_header: bool,
}

impl Settings for Dir {}

fn tracking(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.usertrack).enabled, a[0].eq_ignore_ascii_case(b"on"), span);
    Ok(())
}

fn name(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.usertrack).name = Some(a[0].clone());
    Ok(())
}

fn style(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let own = ["Cookie2", "RFC2965"].iter().any(|style| a[0].eq_ignore_ascii_case(style.as_bytes()));
    cmd.slot(|d| &mut d.usertrack).has_own_header = own;
    Ok(())
}

/// `spot_cookie`: a visitor without the cookie gets one. Its value is a random number and the time.
fn spot_cookie(r: &mut Request<'_>) -> Verdict {
    if !r.engine.responds() || r.main.is_some() {
        return Verdict::Declined;
    }
    let Some(dir) = r.per_dir.usertrack.clone() else { return Verdict::Declined };
    let Some(on) = dir.enabled.as_ref().filter(|set| set.value) else { return Verdict::Declined };
    let name = dir.name.as_ref().map_or(&b"Apache"[..], |name| name.as_slice());
    if r.headers_in.get("Cookie").is_some_and(|cookies| has(cookies, name)) {
        return Verdict::Declined;
    }
    let header = if dir.has_own_header { "Set-Cookie2" } else { "Set-Cookie" };
    r.err_headers_out.add(header, UNKNOWN);
    told::tell_set_always(r, By::Module("mod_usertrack.c"), Some(on.span), header);
    Verdict::Ok
}

/// Whether a header of cookies has one of that name that is not empty: it begins the header, or follows a `,` or `;`.
fn has(cookies: &[u8], name: &[u8]) -> bool {
    let begins = |text: &[u8]| {
        let value = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"="));
        value.and_then(|value| value.first()).is_some_and(|first| !matches!(first, b';' | b','))
    };
    let later = cookies.split(|b| matches!(b, b';' | b',')).skip(1);
    // a value ends where the next cookie begins: a part has no more of the header than the pattern looks at
    begins(cookies) || later.map(|part| part.trim_start_with(|c| c == ' ' || c == '\t')).any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies() {
        for (cookies, found) in [
            ("Apache=1", true),
            ("a=b; Apache=1", true),
            ("a=b;Apache=1; c=d", true),
            ("a=b,\t Apache=1", true),
            (" Apache=1", false),
            ("Apache=", false),
            ("Apache=;Apache=2", true),
            ("apache=1", false),
            ("xApache=1", false),
            ("a=Apache=1", false),
            ("", false),
        ] {
            assert_eq!(has(cookies.as_bytes(), b"Apache"), found, "{cookies}");
        }
    }
}
