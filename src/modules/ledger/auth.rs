//! Who a user is and what he may do: databases, FastCGI authorizers.

use super::checks::{auth, socache};
use super::{module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::{Argv, Flag, Iterate, Raw, Take1};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{ACCESS_CONF, OR_AUTHCFG, OR_FILEINFO, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{By, NotIn};

#[rustfmt::skip]
const AUTHN_DBD: &[Directive] = &[
    row("AuthDBDUserPWQuery", Take1, ACCESS_CONF, Unmodelled("passwords come from a database"),
        "Query used to fetch password for user")
        .must(&[NotIn(forbid::HTACCESS)]),
    row("AuthDBDUserRealmQuery", Take1, ACCESS_CONF, Unmodelled("passwords come from a database"),
        "Query used to fetch password for user+realm")
        .must(&[NotIn(forbid::HTACCESS)]),
];

// What is kept is what the other providers found, and a fresh server has nothing kept.
#[rustfmt::skip]
const AUTHN_SOCACHE: &[Directive] = &[
    row("AuthnCacheSOCache", Take1, RSRC_CONF, Inert, "socache provider for authn cache")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(socache::of_authn)]),
    row("AuthnCacheEnable", Raw, RSRC_CONF, Inert,
        "enable socache configuration in htaccess even if not enabled anywhere else")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("AuthnCacheProvideFor", Iterate, OR_AUTHCFG, Inert, "Determine what authn providers to cache for"),
    row("AuthnCacheTimeout", Take1, OR_AUTHCFG, Inert, "Timeout (secs) for cached credentials"),
    row("AuthnCacheContext", Take1, ACCESS_CONF, Inert, "Context for authn cache"),
];

#[rustfmt::skip]
const AUTHNZ_FCGI: &[Directive] = &[
    row("AuthnzFcgiDefineProvider", Argv, RSRC_CONF, Unmodelled("a FastCGI program decides who may enter"),
        "Define a FastCGI authn and/or authz provider")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(auth::define)]),
    row("AuthnzFcgiCheckAuthnProvider", Argv, OR_FILEINFO, Unmodelled("a FastCGI program decides who may enter"),
        "Enable/disable a FastCGI authorizer to handle check_authn phase")
        .must(&[By(auth::check)]),
];

#[rustfmt::skip]
const AUTHZ_DBD: &[Directive] = &[
    row("AuthzDBDLoginToReferer", Flag, ACCESS_CONF, Unmodelled("a login may end in a redirect that a database names"),
        "Whether to redirect to referer on successful login"),
    row("AuthzDBDQuery", Take1, ACCESS_CONF, Unmodelled("groups come from a database"),
        "SQL query for DBD Authz or login")
        .must(&[NotIn(forbid::HTACCESS)]),
    row("AuthzDBDRedirectQuery", Take1, ACCESS_CONF, Unmodelled("a login may end in a redirect that a database names"),
        "SQL query to get per-user redirect URL after login")
        .must(&[NotIn(forbid::HTACCESS)]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_authn_dbd.c", "authn_dbd_module", AUTHN_DBD),
    module("mod_authn_socache.c", "authn_socache_module", AUTHN_SOCACHE),
    module("mod_authnz_fcgi.c", "authnz_fcgi_module", AUTHNZ_FCGI),
    module("mod_authz_dbd.c", "authz_dbd_module", AUTHZ_DBD),
];
