//! Kinds of `Require` lines that modules bring which are not modelled. They are taken to refuse.

use super::{Parsed, Provider, host};
use crate::modules::authz_core::Status;
use crate::server::request::Request;

const fn blind(name: &'static str, module: &'static str, why: &'static str) -> Provider {
    Provider { name, module, parse: host::parse_nothing, check, blind: Some(why) }
}

const DIRECTORY: &str = "the directory that it asks is not known here";
const DATABASE: &str = "the database that it asks is not known here";

pub(super) static PROVIDERS: &[Provider] = &[
    blind("dbd-group", "mod_authz_dbd.c", DATABASE),
    blind("dbd-login", "mod_authz_dbd.c", DATABASE),
    blind("dbd-logout", "mod_authz_dbd.c", DATABASE),
    blind("ldap-attribute", "mod_authnz_ldap.c", DIRECTORY),
    blind("ldap-dn", "mod_authnz_ldap.c", DIRECTORY),
    blind("ldap-filter", "mod_authnz_ldap.c", DIRECTORY),
    blind("ldap-group", "mod_authnz_ldap.c", DIRECTORY),
    blind("ldap-search", "mod_authnz_ldap.c", DIRECTORY),
    blind("ldap-user", "mod_authnz_ldap.c", DIRECTORY),
];

fn check(r: &mut Request<'_>, _: &Parsed) -> Status {
    if r.user.is_some() { Status::Denied } else { Status::DeniedNoUser }
}
