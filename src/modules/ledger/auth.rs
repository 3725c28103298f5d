//! Who a user is and what he may do: logins by form, databases, FastCGI authorizers.

use super::checks::{auth, socache};
use super::{handlers, handling, module, row};
use crate::module::Args::{Argv, Flag, Iterate, Raw, Take1};
use crate::module::Effect::{Blind, Inert};
use crate::module::allowed::{ACCESS_CONF, OR_AUTHCFG, OR_FILEINFO, RSRC_CONF};
use crate::module::{Directive, Module};
use crate::rule::Rule::{Arg, By, NotIn};
use crate::rule::Test::{Long, Text, Without};
use crate::server::build::forbid;

const FORM: &str = "logging in by a form is not modelled";

#[rustfmt::skip]
const AUTH_FORM: &[Directive] = &[
    row("AuthFormProvider", Iterate, OR_AUTHCFG, Blind(FORM),
        "specify the auth providers for a directory or location")
        .must(&[By(auth::form_provider)]),
    row("AuthFormUsername", Take1, OR_AUTHCFG, Blind(FORM),
        "The field of the login form carrying the username")
        .must(&[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")]),
    row("AuthFormPassword", Take1, OR_AUTHCFG, Blind(FORM),
        "The field of the login form carrying the password")
        .must(&[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")]),
    row("AuthFormLocation", Take1, OR_AUTHCFG, Blind(FORM),
        "The field of the login form carrying the URL to redirect on successful login.")
        .must(&[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")]),
    row("AuthFormMethod", Take1, OR_AUTHCFG, Blind(FORM),
        "The field of the login form carrying the original request method.")
        .must(&[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")]),
    row("AuthFormMimetype", Take1, OR_AUTHCFG, Blind(FORM),
        "The field of the login form carrying the original request mimetype.")
        .must(&[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")]),
    row("AuthFormBody", Take1, OR_AUTHCFG, Blind(FORM),
        "The field of the login form carrying the urlencoded original request body.")
        .must(&[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")]),
    row("AuthFormSize", Take1, ACCESS_CONF, Blind(FORM), "Maximum size of body parsed by the form parser")
        .must(&[Arg(0, Long(0, i64::MAX), "AuthCookieFormSize must be a size in bytes, or zero.")]),
    row("AuthFormLoginRequiredLocation", Take1, OR_AUTHCFG, Blind(FORM),
        "If set, redirect the browser to this URL rather than return 401 Not Authorized.")
        .must(&[Arg(0, Text, "Could not parse login required expression '{}': {error}")]),
    row("AuthFormLoginSuccessLocation", Take1, OR_AUTHCFG, Blind(FORM),
        "If set, redirect the browser to this URL when a login processed by the login handler is successful.")
        .must(&[Arg(0, Text, "Could not parse login success expression '{}': {error}")]),
    row("AuthFormLogoutLocation", Take1, OR_AUTHCFG, Blind(FORM),
        "The URL of the logout successful page. An attempt to access an URL handled by the handler \
        form-logout-handler will result in an redirect to this page after logout.")
        .must(&[Arg(0, Text, "Could not parse logout required expression '{}': {error}")]),
    row("AuthFormSitePassphrase", Take1, OR_AUTHCFG, Blind(FORM),
        "If set, use this passphrase to determine whether the user should be authenticated. Bypasses the user \
        authentication check on every website hit, and is useful for high traffic sites."),
    row("AuthFormAuthoritative", Flag, OR_AUTHCFG, Blind(FORM),
        "Set to 'Off' to allow access control to be passed along to lower modules if the UserID is not known to \
        this module"),
    row("AuthFormFakeBasicAuth", Flag, OR_AUTHCFG, Inert,
        "Set to 'On' to pass through authentication to the rest of the server as a basic authentication header."),
    row("AuthFormDisableNoStore", Flag, OR_AUTHCFG, Inert,
        "Set to 'on' to stop the sending of a Cache-Control no-store header with the login screen. This allows \
        the browser to cache the credentials, but at the risk of it being possible for the login form to be \
        resubmitted and revealed to the backend server through XSS. Use at own risk."),
];

#[rustfmt::skip]
const AUTHN_DBD: &[Directive] = &[
    row("AuthDBDUserPWQuery", Take1, ACCESS_CONF, Blind("passwords come from a database"),
        "Query used to fetch password for user")
        .must(&[NotIn(forbid::HTACCESS)]),
    row("AuthDBDUserRealmQuery", Take1, ACCESS_CONF, Blind("passwords come from a database"),
        "Query used to fetch password for user+realm")
        .must(&[NotIn(forbid::HTACCESS)]),
];

#[rustfmt::skip]
const AUTHN_DBM: &[Directive] = &[
    row("AuthDBMUserFile", Take1, OR_AUTHCFG, Blind("passwords come from a dbm file"),
        "dbm database file containing user IDs and passwords"),
    row("AuthDBMType", Take1, OR_AUTHCFG, Blind("passwords come from a dbm file"),
        "what type of DBM file the user file is"),
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
    row("AuthnzFcgiDefineProvider", Argv, RSRC_CONF, Blind("a FastCGI program decides who may enter"),
        "Define a FastCGI authn and/or authz provider")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(auth::define)]),
    row("AuthnzFcgiCheckAuthnProvider", Argv, OR_FILEINFO, Blind("a FastCGI program decides who may enter"),
        "Enable/disable a FastCGI authorizer to handle check_authn phase")
        .must(&[By(auth::check)]),
];

#[rustfmt::skip]
const AUTHZ_DBD: &[Directive] = &[
    row("AuthzDBDLoginToReferer", Flag, ACCESS_CONF, Blind("a login may end in a redirect that a database names"),
        "Whether to redirect to referer on successful login"),
    row("AuthzDBDQuery", Take1, ACCESS_CONF, Blind("groups come from a database"),
        "SQL query for DBD Authz or login")
        .must(&[NotIn(forbid::HTACCESS)]),
    row("AuthzDBDRedirectQuery", Take1, ACCESS_CONF, Blind("a login may end in a redirect that a database names"),
        "SQL query to get per-user redirect URL after login")
        .must(&[NotIn(forbid::HTACCESS)]),
];

#[rustfmt::skip]
const AUTHZ_DBM: &[Directive] = &[
    row("AuthDBMGroupFile", Take1, OR_AUTHCFG, Blind("groups come from a dbm file"),
        "database file containing group names and member user IDs"),
    row("AuthzDBMType", Take1, OR_AUTHCFG, Blind("groups come from a dbm file"),
        "what type of DBM file the group file is"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    handling(module("mod_auth_form.c", "auth_form_module", AUTH_FORM), handlers::AUTH_FORM),
    module("mod_authn_dbd.c", "authn_dbd_module", AUTHN_DBD),
    module("mod_authn_dbm.c", "authn_dbm_module", AUTHN_DBM),
    module("mod_authn_socache.c", "authn_socache_module", AUTHN_SOCACHE),
    module("mod_authnz_fcgi.c", "authnz_fcgi_module", AUTHNZ_FCGI),
    module("mod_authz_dbd.c", "authz_dbd_module", AUTHZ_DBD),
    module("mod_authz_dbm.c", "authz_dbm_module", AUTHZ_DBM),
];
