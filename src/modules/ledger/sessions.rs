//! Databases, and sessions in them.

use super::checks::session;
use super::{module, row};
use crate::server::module::Args::{Flag, Raw, Take1, Take12};
use crate::server::module::Effect::Inert;
use crate::server::module::allowed::{OR_AUTHCFG, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By};
use crate::server::rule::Test::{Digits, Exactly};

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
pub(super) static MODULES: &[Module] =
    &[module("mod_session_dbd.c", "session_dbd_module", SESSION_DBD), module("mod_dbd.c", "dbd_module", DBD)];
