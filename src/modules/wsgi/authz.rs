//! Scripts that decide who may: they are never run, so what they say is not known.

use super::NAME;
use crate::conf::args;
use crate::module::Verdict;
use crate::modules::authz::{Parsed, Provider};
use crate::modules::authz_core::Status;
use crate::server::build::Cmd;
use crate::server::request::Request;
use bstr::BStr;

/// `Require wsgi-group`
pub(in crate::modules) static PROVIDERS: &[Provider] =
    &[Provider { name: "wsgi-group", module: NAME, parse, check, blind: None }];

fn parse(_: &mut Cmd<'_>, text: &BStr) -> Result<Parsed, String> {
    Ok(Parsed::Words(args::split(text)))
}

/// `wsgi_check_authorization`
fn check(r: &mut Request<'_>, _: &Parsed) -> Status {
    if r.user.is_none() {
        return Status::DeniedNoUser;
    }
    match r.per_dir.wsgi.as_ref().and_then(|d| d.auth_group_script.as_ref()).map(|s| s.span) {
        Some(span) => r.caveat("WSGIAuthGroupScript", span, "the script that names a user's groups is not run"),
        None => r.error("", "location of the WSGI group authorization script not provided"),
    }
    Status::Denied
}

/// `wsgi_hook_access_checker`
pub(super) fn access_checker(r: &mut Request<'_>) -> Verdict {
    if let Some(span) = r.per_dir.wsgi.as_ref().and_then(|d| d.access_script.as_ref()).map(|s| s.span) {
        r.caveat("WSGIAccessScript", span, "the script that lets clients in or not is not run");
    }
    Verdict::Declined
}
