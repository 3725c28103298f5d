//! Sessions, and the databases they may lie in.

use super::checks::session;
use super::{module, row};
use crate::module::Args::{Flag, Iterate, Raw, Take1, Take12};
use crate::module::Effect::Inert;
use crate::module::allowed::{ACCESS_CONF, OR_AUTHCFG, RSRC_CONF};
use crate::module::{Directive, Module};
use crate::rule::Rule::{Arg, By, NotIn};
use crate::rule::Test::{Digits, Exactly, Int};
use crate::server::build::forbid;

// A session is made from cookies and the answer's headers; no access rests on it but mod_auth_form's.
#[rustfmt::skip]
const SESSION: &[Directive] = &[
    row("Session", Flag, OR_AUTHCFG | RSRC_CONF, Inert, "on if a session should be maintained for these URLs"),
    row("SessionMaxAge", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "length of time for which a session should be valid. Zero to disable"),
    row("SessionHeader", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "output header, if present, whose contents will be injected into the session."),
    row("SessionEnv", Flag, OR_AUTHCFG | RSRC_CONF, Inert,
        "on if a session should be written to the CGI environment. Defaults to off"),
    row("SessionInclude", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "URL prefixes to include in the session. Defaults to all URLs"),
    row("SessionExclude", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "URL prefixes to exclude from the session. Defaults to no URLs"),
    row("SessionExpiryUpdateInterval", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "time interval for which a session's expiry time may change without having to be rewritten. Zero to \
        disable")
        .must(&[Arg(0, Int(0, i32::MAX), "SessionExpiryUpdateInterval must be zero (disable) or a positive value")]),
];

#[rustfmt::skip]
const SESSION_COOKIE: &[Directive] = &[
    row("SessionCookieName", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2109 cookie carrying the session")
        .must(&[By(session::cookie_name)]),
    row("SessionCookieName2", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2965 cookie carrying the session")
        .must(&[By(session::cookie_name)]),
    row("SessionCookieRemove", Flag, OR_AUTHCFG | RSRC_CONF, Inert,
        "Set to 'On' to remove the session cookie from the headers and hide the cookie from a backend server or \
        process"),
];

#[rustfmt::skip]
const SESSION_CRYPTO: &[Directive] = &[
    row("SessionCryptoPassphrase", Iterate, OR_AUTHCFG | RSRC_CONF, Inert,
        "The passphrase(s) used to encrypt the session. First will be used for encryption, all phrases will be \
        accepted for decryption"),
    row("SessionCryptoPassphraseFile", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "File containing passphrase(s) used to encrypt the session, one per line. First will be used for \
        encryption, all phrases will be accepted for decryption"),
    row("SessionCryptoCipher", Take1, OR_AUTHCFG | RSRC_CONF, Inert, "The underlying crypto cipher to use"),
    row("SessionCryptoDriver", Raw, RSRC_CONF, Inert, "The underlying crypto library driver to use")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
];

#[rustfmt::skip]
const SESSION_DBD: &[Directive] = &[
    row("SessionDBDSelectLabel", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "Query label used to select a new session"),
    row("SessionDBDInsertLabel", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "Query label used to insert a new session"),
    row("SessionDBDUpdateLabel", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "Query label used to update an existing session"),
    row("SessionDBDDeleteLabel", Take1, OR_AUTHCFG | RSRC_CONF, Inert,
        "Query label used to delete an existing session"),
    row("SessionDBDPerUser", Flag, OR_AUTHCFG | RSRC_CONF, Inert, "Save the session per user"),
    row("SessionDBDCookieRemove", Flag, OR_AUTHCFG | RSRC_CONF, Inert,
        "Remove the session cookie after session load. On by default."),
    row("SessionDBDCookieName", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2109 cookie carrying the session key")
        .must(&[By(session::dbd_cookie_name)]),
    row("SessionDBDCookieName2", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2965 cookie carrying the session key")
        .must(&[By(session::dbd_cookie_name)]),
];

#[rustfmt::skip]
const DBD: &[Directive] = &[
    row("DBDriver", Take1, RSRC_CONF, Inert, "SQL Driver")
        .must(&[
            Arg(0, Exactly(&["mysql", "pgsql", "sqlite3", "sqlite2", "oracle", "freetds", "odbc"]), "Can't load driver file apr_dbd_{}.so"),
        ]),
    row("DBDParams", Take1, RSRC_CONF, Inert, "SQL Driver Params"),
    row("DBDPersist", Flag, RSRC_CONF, Inert, "Use persistent connection/pool"),
    row("DBDPrepareSQL", Take12, RSRC_CONF, Inert,
        "SQL statement to prepare (or nothing, to override statement inherited from main server) and label"),
    row("DBDInitSQL", Take1, RSRC_CONF, Inert, "SQL statement to be executed after connection is created"),
    row("DBDMin", Take1, RSRC_CONF, Inert, "Minimum number of connections")
        .must(&[Arg(0, Digits, "Argument must be numeric!")]),
    row("DBDKeep", Take1, RSRC_CONF, Inert, "Maximum number of sustained connections")
        .must(&[Arg(0, Digits, "Argument must be numeric!")]),
    row("DBDMax", Take1, RSRC_CONF, Inert, "Maximum number of connections")
        .must(&[Arg(0, Digits, "Argument must be numeric!")]),
    row("DBDExptime", Take1, RSRC_CONF, Inert, "Keepalive time for idle connections")
        .must(&[Arg(0, Digits, "Argument must be numeric!")]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_session.c", "session_module", SESSION),
    module("mod_session_cookie.c", "session_cookie_module", SESSION_COOKIE),
    module("mod_session_crypto.c", "session_crypto_module", SESSION_CRYPTO),
    module("mod_session_dbd.c", "session_dbd_module", SESSION_DBD),
    module("mod_dbd.c", "dbd_module", DBD),
];
