//! Users and groups in a directory server.

use super::checks::ldap;
use super::{handlers, handling, module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::{Flag, Iterate, Take1, Take2, Take12, Take23};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{OR_AUTHCFG, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::{Int, Long, Number, OneOf, Pattern, Time};

const LDAP: &str = "users and groups are looked up in a directory server";

#[rustfmt::skip]
const AUTHNZ_LDAP: &[Directive] = &[
    row("AuthLDAPURL", Take12, OR_AUTHCFG, Unmodelled(LDAP),
        "URL to define LDAP connection. This should be an RFC 2255 compliant\nURL of the form \
        ldap://host[:port]/basedn[?attrib[?scope[?filter]]].\n<ul>\n<li>Host is the name of the LDAP server. Use \
        a space separated list of hosts \nto specify redundant servers.\n<li>Port is optional, and specifies the \
        port to connect to.\n<li>basedn specifies the base DN to start searches from\n<li>Attrib specifies what \
        attribute to search for in the directory. If not provided, it defaults to <b>uid</b>.\n<li>Scope is the \
        scope of the search, and can be either <b>sub</b> or <b>one</b>. If not provided, the default is \
        <b>sub</b>.\n<li>Filter is a filter to use in the search. If not provided, defaults to \
        <b>(objectClass=*)</b>.\n</ul>\nSearches are performed using the attribute and the filter combined. For \
        example, assume that the\nLDAP URL is <b>ldap://ldap.airius.com/ou=People, \
        o=Airius?uid?sub?(posixid=*)</b>. Searches will\nbe done using the filter \
        <b>(&((posixid=*))(uid=<i>username</i>))</b>, where <i>username</i>\nis the user name passed by the HTTP \
        client. The search will be a subtree search on the branch <b>ou=People, o=Airius</b>.")
        .must(&[
            By(ldap::url),
            Arg(1, OneOf(&["NONE", "SSL", "TLS", "STARTTLS"]), "Invalid LDAP connection mode setting: must be one of NONE, SSL, or TLS/STARTTLS"),
        ]),
    row("AuthLDAPBindDN", Take1, OR_AUTHCFG, Unmodelled(LDAP),
        "DN to use to bind to LDAP server. If not provided, will do an anonymous bind."),
    row("AuthLDAPBindPassword", Take1, OR_AUTHCFG, Unmodelled(LDAP),
        "Password to use to bind to LDAP server. If not provided, will do an anonymous bind."),
    row("AuthLDAPBindAuthoritative", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "Set to 'on' to return failures when user-specific bind fails - defaults to on."),
    row("AuthLDAPRemoteUserIsDN", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "Set to 'on' to set the REMOTE_USER environment variable to be the full DN of the remote user. By \
        default, this is set to off, meaning that the REMOTE_USER variable will contain whatever value the remote \
        user sent."),
    row("AuthLDAPRemoteUserAttribute", Take1, OR_AUTHCFG, Unmodelled(LDAP),
        "Override the user supplied username and place the contents of this attribute in the REMOTE_USER \
        environment variable."),
    row("AuthLDAPCompareDNOnServer", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "Set to 'on' to force auth_ldap to do DN compares (for the \"require dn\" directive) using the server, \
        and set it 'off' to do the compares locally (at the expense of possible false matches). See the \
        documentation for a complete description of this option."),
    row("AuthLDAPSubGroupAttribute", Iterate, OR_AUTHCFG, Unmodelled(LDAP),
        "Attribute labels used to define sub-group (or nested group) membership in groups - defaults to member \
        and uniqueMember"),
    row("AuthLDAPSubGroupClass", Iterate, OR_AUTHCFG, Unmodelled(LDAP),
        "LDAP objectClass values used to identify sub-group instances - defaults to groupOfNames and \
        groupOfUniqueNames"),
    row("AuthLDAPMaxSubGroupDepth", Take1, OR_AUTHCFG, Unmodelled(LDAP),
        "Maximum subgroup nesting depth to be evaluated - defaults to 10 (top-level group = 0)"),
    row("AuthLDAPGroupAttribute", Iterate, OR_AUTHCFG, Unmodelled(LDAP),
        "A list of attribute labels used to identify the user members of groups - defaults to member and \
        uniquemember"),
    row("AuthLDAPGroupAttributeIsDN", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "If set to 'on', auth_ldap uses the DN that is retrieved from the server for subsequent group \
        comparisons. If set to 'off', auth_ldap uses the string provided by the client directly. Defaults to \
        'on'."),
    row("AuthLDAPDereferenceAliases", Take1, OR_AUTHCFG, Unmodelled(LDAP),
        "Determines how aliases are handled during a search. Can be one of the values \"never\", \"searching\", \
        \"finding\", or \"always\". Defaults to always.")
        .must(&[By(ldap::dereference)]),
    row("AuthLDAPCharsetConfig", Take1, RSRC_CONF, Inert,
        "Character set conversion configuration file. If omitted, character set conversion is disabled."),
    row("AuthLDAPAuthorizePrefix", Take1, OR_AUTHCFG, Inert,
        "The prefix to add to environment variables set during successful authorization, default 'AUTHORIZE_'"),
    row("AuthLDAPInitialBindAsUser", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "Set to 'on' to perform the initial DN lookup with the basic auth credentials instead of anonymous or \
        hard-coded credentials"),
    row("AuthLDAPInitialBindPattern", Take2, OR_AUTHCFG, Unmodelled(LDAP),
        "The regex and substitution to determine a username that can bind based on an HTTP basic auth username")
        .must(&[Arg(0, Pattern, "AuthLDAPInitialBindPattern: cannot compile regular expression '{}'")]),
    row("AuthLDAPSearchAsUser", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "Set to 'on' to perform authorization-based searches with the users credentials, when this module has \
        also performed authentication.  Does not affect nested groups lookup."),
    row("AuthLDAPCompareAsUser", Flag, OR_AUTHCFG, Unmodelled(LDAP),
        "Set to 'on' to perform authorization-based compares with the users credentials, when this module has \
        also performed authentication.  Does not affect nested groups lookups."),
];

// How the directory server is reached; that it decides is said by mod_authnz_ldap's rows.
#[rustfmt::skip]
const UTIL_LDAP: &[Directive] = &[
    row("LDAPSharedCacheSize", Take1, RSRC_CONF, Inert,
        "Set the size of the shared memory cache (in bytes). Use 0 to disable the shared memory cache. (default: \
        500000)")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPSharedCacheFile", Take1, RSRC_CONF, Inert, "Set the file name for the shared memory cache.")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPCacheEntries", Take1, RSRC_CONF, Inert,
        "Set the maximum number of entries that are possible in the LDAP search cache. Use 0 or -1 to disable the \
        search cache (default: 1024)")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPCacheTTL", Take1, RSRC_CONF, Inert,
        "Set the maximum time (in seconds) that an item can be cached in the LDAP search cache. Use 0 for no \
        limit. (default 600)")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPOpCacheEntries", Take1, RSRC_CONF, Inert,
        "Set the maximum number of entries that are possible in the LDAP compare cache. Use 0 or -1 to disable \
        the compare cache (default: 1024)")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPOpCacheTTL", Take1, RSRC_CONF, Inert,
        "Set the maximum time (in seconds) that an item is cached in the LDAP operation cache. Use 0 for no \
        limit. (default: 600)")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPTrustedGlobalCert", Take23, RSRC_CONF, Inert,
        "Takes three arguments; the first argument is the cert type of the second argument, one of CA_DER, \
        CA_BASE64, CA_CERT7_DB, CA_SECMOD, CERT_DER, CERT_BASE64, CERT_KEY3_DB, CERT_NICKNAME, KEY_DER, or \
        KEY_BASE64. The second argument specifes the file and/or directory containing the trusted CA certificates \
        (and global client certs for Netware) used to validate the LDAP server. The third argument is an optional \
        passphrase if applicable.")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Arg(0, ldap::CERTIFICATES, "The certificate type {} is not recognised. It should be one of CA_DER, CA_BASE64, CA_CERT7_DB, CA_SECMOD, CERT_DER, CERT_BASE64, CERT_KEY3_DB, CERT_NICKNAME, KEY_DER, KEY_BASE64"),
            By(ldap::global_certificate),
        ]),
    row("LDAPTrustedClientCert", Take23, OR_AUTHCFG, Inert,
        "Takes three arguments: the first argument is the certificate type of the second argument, one of CA_DER, \
        CA_BASE64, CA_CERT7_DB, CA_SECMOD, CERT_DER, CERT_BASE64, CERT_KEY3_DB, CERT_NICKNAME, KEY_DER, or \
        KEY_BASE64. The second argument specifies the file and/or directory containing the client certificate, or \
        certificate ID used to validate this LDAP client.  The third argument is an optional passphrase if \
        applicable.")
        .must(&[
            Arg(0, ldap::CERTIFICATES, "The certificate type \"{}\" is not recognised. It should be one of CA_DER, CA_BASE64, CERT_DER, CERT_BASE64, CERT_NICKNAME, CERT_PFX, KEY_DER, KEY_BASE64, KEY_PFX"),
            Arg(0, ldap::CLIENT, "The certificate type \"{}\" is only valid within a LDAPTrustedGlobalCert directive. Only CA_DER, CA_BASE64, CERT_DER, CERT_BASE64, CERT_NICKNAME, KEY_DER, and KEY_BASE64 may be used."),
            By(ldap::client_certificate),
        ]),
    row("LDAPTrustedMode", Take1, RSRC_CONF, Inert,
        "Specify the type of security that should be applied to an LDAP connection. One of; NONE, SSL or \
        STARTTLS.")
        .must(&[
            Arg(0, OneOf(&["NONE", "SSL", "TLS", "STARTTLS"]), "Invalid LDAPTrustedMode setting: must be one of NONE, SSL, or TLS/STARTTLS"),
        ]),
    row("LDAPVerifyServerCert", Flag, RSRC_CONF, Inert,
        "Set to 'ON' requires that the server certificate be verified before a secure LDAP connection can be \
        establish.  Default 'ON'")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPConnectionTimeout", Take1, RSRC_CONF, Inert,
        "Specify the LDAP socket connection timeout in seconds (default: 10)")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPReferrals", Take1, OR_AUTHCFG, Inert,
        "Choose whether referrals are chased ['ON'|'OFF'|'DEFAULT'].  Default 'ON'")
        .must(&[Arg(0, OneOf(&["on", "off", "default"]), "LDAPReferrals must be 'on', 'off', or 'default'")]),
    row("LDAPReferralHopLimit", Take1, OR_AUTHCFG, Inert,
        "Limit the number of referral hops that LDAP can follow. (Integer value, Consult LDAP SDK documentation \
        for applicability and defaults")
        .must(&[
            Arg(0, Int(1, i32::MAX), "LDAPReferralHopLimit must be greater than zero (Use 'LDAPReferrals Off' to disable referral chasing)"),
        ]),
    row("LDAPLibraryDebug", Take1, RSRC_CONF, Inert,
        "Enable debugging in LDAP SDK (Default: off, values: SDK specific")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LDAPTimeout", Take1, RSRC_CONF, Inert,
        "Specify the LDAP bind/search timeout in seconds (0 = no limit). Default: 60")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Arg(0, Number, "Timeout not numerical"),
            Arg(0, Long(0, i64::MAX), "Timeout must be non-negative"),
        ]),
    row("LDAPConnectionPoolTTL", Take1, RSRC_CONF, Inert,
        "Specify the maximum amount of time a bound connection can sit idle and still be considered valid for \
        reuse(0 = no pool, -1 = no limit, n = time in seconds). Default: -1")
        .must(&[By(ldap::pool_ttl)]),
    row("LDAPRetries", Take1, RSRC_CONF, Inert,
        "Specify the number of times a failed LDAP operation should be retried (0 = no retries). Default: 3")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(0, i32::MAX), "LDAPRetries must be >= 0")]),
    row("LDAPRetryDelay", Take1, RSRC_CONF, Inert,
        "Specify the delay between retries of a failed LDAP operation (0 = no delay). Default: 0")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Time(0, i64::MAX), "LDAPRetryDelay has wrong format")]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_authnz_ldap.c", "authnz_ldap_module", AUTHNZ_LDAP),
    handling(module("util_ldap.c", "ldap_module", UTIL_LDAP), handlers::LDAP),
];
