//! Scripts that decide who may. They run in httpd's children, never in a daemon; what they say is not known.

use super::NAME;
use super::functions::{self, Function};
use crate::conf::args;
use crate::modules::access_compat::{self, Satisfy};
use crate::modules::authn::{self, Status as Authn};
use crate::modules::authz::{Parsed, Provider};
use crate::modules::authz_core::Status;
use crate::server::cmd::Cmd;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::setting::without;
use crate::source::Span;
use bstr::BStr;

/// `Require wsgi-group`
pub(in crate::modules) static PROVIDERS: &[Provider] =
    &[Provider { name: "wsgi-group", module: NAME, parse, check, unmodelled: None }];

/// `AuthBasicProvider wsgi`
pub(in crate::modules) static AUTHN_PROVIDER: authn::Provider = authn::Provider {
    name: "wsgi",
    module: NAME,
    check_password: Some(|r, _, _| ask_user_script(r, "check_password")),
    get_realm_hash: Some(|r, _, _| ask_user_script(r, "get_realm_hash")),
};

fn parse(_: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    Ok(Parsed::Words(args::split(text)))
}

/// `wsgi_check_authorization`
fn check(r: &mut Request<'_>, _: &Parsed) -> Status {
    if r.user.is_none() {
        return Status::DeniedNoUser;
    }
    let Some(script) = r.per_dir.wsgi.as_ref().and_then(|d| d.auth_group_script.clone()) else {
        r.error("", "location of the WSGI group authorization script not provided");
        return Status::Denied;
    };
    if functions::find_embedded(r, &script.value, &["groups_for_user"]) == Function::Named {
        r.caveat("WSGIAuthGroupScript", script.span, "the script that names a user's groups is not run");
    } else {
        r.error("", format!("no groups_for_user in the script {}", script.value));
    }
    Status::Denied
}

/// `wsgi_check_password`, `wsgi_get_realm_hash`
fn ask_user_script(r: &mut Request<'_>, function: &str) -> Authn {
    let dir = r.per_dir.wsgi.clone().unwrap_or_default();
    let Some(place) = without(&dir.auth_user_script, r.without) else {
        r.error("", "location of the WSGI user authentication script not provided");
        return Authn::GeneralError;
    };
    if functions::find_embedded(r, place, &[function]) != Function::Named {
        r.error("", format!("no {function} in the script {place}"));
        return Authn::GeneralError;
    }
    let span = dir.auth_user_span().unwrap_or(Span::NONE);
    r.caveat("WSGIAuthUserScript", span, "the script that knows the users is not run: they are taken to be refused");
    Authn::Denied
}

/// `wsgi_hook_access_checker`: without `allow_access`, nobody is let in.
pub(super) fn access_checker(r: &mut Request<'_>) -> Verdict {
    let Some(script) = r.per_dir.wsgi.as_ref().and_then(|d| d.access_script.clone()) else { return Verdict::Declined };
    if functions::find_embedded(r, &script.value, &["allow_access"]) == Function::Named {
        r.caveat("WSGIAccessScript", script.span, "the script that lets clients in or not is not run");
        return Verdict::Declined;
    }
    r.decide(Phase::AccessChecker, script.span);
    if access_compat::satisfies(r) != Satisfy::Any {
        r.error("", format!("client denied: no allow_access in the script {}", script.value));
    }
    Verdict::Status(403)
}
