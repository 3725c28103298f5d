//! Sessions, and the databases they may lie in.

use super::{module, row};
use crate::module::Args::{Flag, Iterate, Raw, Take1, Take12};
use crate::module::Effect::Inert;
use crate::module::allowed::{ACCESS_CONF, OR_AUTHCFG, RSRC_CONF};
use crate::module::{Directive, Module};

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
        disable"),
];

#[rustfmt::skip]
const SESSION_COOKIE: &[Directive] = &[
    row("SessionCookieName", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2109 cookie carrying the session"),
    row("SessionCookieName2", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2965 cookie carrying the session"),
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
    row("SessionCryptoDriver", Raw, RSRC_CONF, Inert, "The underlying crypto library driver to use"),
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
        "The name of the RFC2109 cookie carrying the session key"),
    row("SessionDBDCookieName2", Raw, OR_AUTHCFG | RSRC_CONF, Inert,
        "The name of the RFC2965 cookie carrying the session key"),
];

#[rustfmt::skip]
const DBD: &[Directive] = &[
    row("DBDriver", Take1, RSRC_CONF, Inert, "SQL Driver"),
    row("DBDParams", Take1, RSRC_CONF, Inert, "SQL Driver Params"),
    row("DBDPersist", Flag, RSRC_CONF, Inert, "Use persistent connection/pool"),
    row("DBDPrepareSQL", Take12, RSRC_CONF, Inert,
        "SQL statement to prepare (or nothing, to override statement inherited from main server) and label"),
    row("DBDInitSQL", Take1, RSRC_CONF, Inert, "SQL statement to be executed after connection is created"),
    row("DBDMin", Take1, RSRC_CONF, Inert, "Minimum number of connections"),
    row("DBDKeep", Take1, RSRC_CONF, Inert, "Maximum number of sustained connections"),
    row("DBDMax", Take1, RSRC_CONF, Inert, "Maximum number of connections"),
    row("DBDExptime", Take1, RSRC_CONF, Inert, "Keepalive time for idle connections"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_session.c", "session_module", SESSION),
    module("mod_session_cookie.c", "session_cookie_module", SESSION_COOKIE),
    module("mod_session_crypto.c", "session_crypto_module", SESSION_CRYPTO),
    module("mod_session_dbd.c", "session_dbd_module", SESSION_DBD),
    module("mod_dbd.c", "dbd_module", DBD),
];
