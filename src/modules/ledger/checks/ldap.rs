//! mod_authnz_ldap (modules/aaa/mod_authnz_ldap.c) and mod_ldap (modules/ldap/util_ldap.c).

use super::Done;
use crate::pattern::{after_nocase, begins_nocase};
use crate::server::cmd::Cmd;
use crate::server::rule::{Test, time};
use bstr::BString;

/// Types of certificates (`util_ldap_parse_cert_type`).
pub(crate) const CERTIFICATES: Test = Test::OneOf(&[
    "CA_DER",
    "CA_BASE64",
    "CA_CERT7_DB",
    "CA_SECMOD",
    "CERT_DER",
    "CERT_BASE64",
    "CERT_KEY3_DB",
    "CERT_NICKNAME",
    "CERT_PFX",
    "KEY_DER",
    "KEY_BASE64",
    "KEY_PFX",
]);

/// Those that a client may have.
pub(crate) const CLIENT: Test = Test::OneOf(&[
    "CA_DER",
    "CA_BASE64",
    "CERT_DER",
    "CERT_BASE64",
    "CERT_NICKNAME",
    "KEY_DER",
    "KEY_BASE64",
    "KEY_PFX",
]);

/// `AuthLDAPURL`: the scheme, as `apr_ldap_url_parse` has it.
pub(crate) fn url(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let url = a[0].strip_prefix(b"<").unwrap_or(&a[0]);
    let url = after_nocase(url, b"URL:").unwrap_or(url);
    if ["ldap://", "ldaps://", "ldapi://"].iter().any(|scheme| begins_nocase(url, scheme.as_bytes())) {
        return Ok(());
    }
    Err("The scheme was not recognised as a valid LDAP URL scheme.".into())
}

/// `AuthLDAPDereferenceAliases`: `mod_auth_ldap_set_deref`; `on` and `off` in any case, the others as they are.
pub(crate) fn dereference(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let exact = matches!(a[0].as_slice(), b"never" | b"searching" | b"finding" | b"always");
    if exact || a[0].eq_ignore_ascii_case(b"on") || a[0].eq_ignore_ascii_case(b"off") {
        return Ok(());
    }
    Err("Unrecognized value for AuthLDAPDereferenceAliases directive".into())
}

/// `LDAPConnectionPoolTTL`: what begins with a minus has no end.
pub(crate) fn pool_ttl(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if a[0].starts_with(b"-") || time(&a[0]).is_some() {
        return Ok(());
    }
    Err(format!("{} has wrong format", cmd.row.name))
}

/// The file of `LDAPTrustedGlobalCert`.
pub(crate) fn global_certificate(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    certificate(cmd, a, "Invalid global certificate file path")
}

/// The file of `LDAPTrustedClientCert`.
pub(crate) fn client_certificate(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    certificate(cmd, a, "Invalid client certificate file path")
}

fn certificate(cmd: &mut Cmd<'_>, a: &[BString], message: &str) -> Done {
    if a[0].eq_ignore_ascii_case(b"CERT_NICKNAME") {
        return Ok(());
    }
    let path = cmd.server_root_relative(&a[1]);
    cmd.there(&path, false, message.into())
}
