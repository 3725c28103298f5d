//! mod_authz_user.c: user, valid-user.

use super::{Parsed, Provider, host};
use crate::conf::args;
use crate::modules::authz_core::Status;
use crate::server::expr_context;
use crate::server::module::Module;
use crate::server::request::Request;

const NAME: &str = "mod_authz_user.c";

/// The module.
pub(crate) static MODULE: Module =
    Module { name: NAME, identifier: "authz_user_module", directives: &[], hooks: &[], ..Module::NONE };

pub(super) static PROVIDERS: &[Provider] = &[
    Provider { name: "user", module: NAME, parse: host::parse_text, check: check_user, unmodelled: None },
    Provider {
        name: "valid-user",
        module: NAME,
        parse: host::parse_nothing,
        check: check_valid_user,
        unmodelled: None,
    },
];

/// `user_check_authorization`
fn check_user(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Some(user) = r.user.clone() else { return Status::DeniedNoUser };
    let Parsed::Text(expr) = parsed else { return Status::Denied };
    match expr_context::string(r, expr) {
        Ok(names) => {
            let named = args::split(&names).iter().take_while(|w| !w.is_empty()).any(|w| *w == user);
            if named { Status::Granted } else { Status::Denied }
        }
        Err(e) => {
            r.error("AH02594", format!("authz_user authorize: require user: Can't evaluate require expression: {e}"));
            Status::Denied
        }
    }
}

/// `validuser_check_authorization`
fn check_valid_user(r: &mut Request<'_>, _: &Parsed) -> Status {
    if r.user.is_some() { Status::Granted } else { Status::DeniedNoUser }
}
