//! Kinds of `Require` lines that modules bring which are not modelled. They are taken to refuse.

use super::{Parsed, Provider, host};
use crate::modules::authz_core::Status;
use crate::server::request::Request;
use crate::server::unmodelled;

type Check = fn(&mut Request<'_>, &Parsed) -> Status;

const fn unmodelled(name: &'static str, module: &'static str, check: Check, why: &'static str) -> Provider {
    Provider { name, module, parse: host::parse_nothing, check, unmodelled: Some(why) }
}

const DIRECTORY: &str = "the directory that it asks is not known here";
const DATABASE: &str = "the database that it asks is not known here";

pub(super) static PROVIDERS: &[Provider] = &[
    unmodelled("dbd-group", "mod_authz_dbd.c", check_database, DATABASE),
    unmodelled("dbd-login", "mod_authz_dbd.c", check_database, DATABASE),
    unmodelled("dbd-logout", "mod_authz_dbd.c", check_database, DATABASE),
    unmodelled("ldap-attribute", "mod_authnz_ldap.c", check_directory, DIRECTORY),
    unmodelled("ldap-dn", "mod_authnz_ldap.c", check_directory, DIRECTORY),
    unmodelled("ldap-filter", "mod_authnz_ldap.c", check_directory, DIRECTORY),
    unmodelled("ldap-group", "mod_authnz_ldap.c", check_directory, DIRECTORY),
    unmodelled("ldap-search", "mod_authnz_ldap.c", check_search, DIRECTORY),
    unmodelled("ldap-user", "mod_authnz_ldap.c", check_directory, DIRECTORY),
];

/// A directory is asked of users, and for `ldap-search` of anyone.
fn check_directory(r: &mut Request<'_>, _: &Parsed) -> Status {
    if r.user.is_none() {
        return Status::DeniedNoUser;
    }
    unmodelled::note_provider(r, "mod_authnz_ldap.c");
    Status::Denied
}

fn check_search(r: &mut Request<'_>, _: &Parsed) -> Status {
    unmodelled::note_provider(r, "mod_authnz_ldap.c");
    Status::Denied
}

fn check_database(r: &mut Request<'_>, _: &Parsed) -> Status {
    unmodelled::note_provider(r, "mod_authz_dbd.c");
    if r.user.is_some() { Status::Denied } else { Status::DeniedNoUser }
}
