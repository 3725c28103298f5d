//! Modules that are not httpd's own and that the configuration loads: what their directives do is not known here. Their
//! directives, handlers and words are taken as they are, and an answer that they bear on says so.

use super::Loaded;
use super::module::Module;
use super::request::Request;
use crate::source::Span;

/// What is not known of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// Its name.
    pub module: &'static str,
    /// What it could change.
    pub why: &'static str,
    /// Whether that it is this module's is only a guess.
    pub guessed: bool,
}

/// What the modules do that are met most.
const EFFECTS: &[(&[&str], &str)] = &[
    (&["jk", "weblogic", "cluster", "mono", "uwsgi"], "it may pass the request on to an application server"),
    (&["passenger", "fcgid", "fastcgi", "ruby", "python", "rivet"], "it may run a program for the request"),
    (&["dav_svn", "authz_svn", "tile", "mapcache"], "it may answer from a repository of its own"),
    (&["security"], "its rules may refuse the request"),
    (&["evasive", "qos", "limitipconn", "bw", "cband"], "it may refuse requests when there are many"),
    (&["geoip", "maxminddb"], "it sets variables by the client's address"),
    (&["xsendfile"], "a program's answer may name another file to send"),
    (&["perl"], "its handlers may run in any phase"),
    (&["pagespeed"], "it may change what is sent, and answer URLs of its own"),
    (&["cloudflare", "rpaf"], "it may take another client's address from a header"),
    (
        &[
            "shib",
            "auth_openidc",
            "auth_cas",
            "auth_mellon",
            "auth_kerb",
            "auth_gssapi",
            "auth_mysql",
            "auth_pgsql",
            "auth_radius",
            "authnz_external",
            "authnz_pam",
            "auth_tkt",
            "cosign",
            "webauth",
            "oauth2",
            "nss",
        ],
        "it may ask for a login, or let somebody in",
    ),
];

const UNKNOWN: &str = "what it does is not known here";

/// A module's name without what builds put around it: `security` of `security2_module`.
fn stem(identifier: &str) -> &str {
    let name = identifier.trim_start_matches("mod_");
    let name = name.trim_end_matches(".c").trim_end_matches("_module");
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The loaded module that a directive is of, which no module has that is known here. One that nobody is known to have is of
/// the module that was loaded last.
pub(crate) fn of(loaded: &Loaded, directive: &str) -> Option<Foreign> {
    let last = *loaded.strangers().last()?;
    let owner = (loaded.catalogue.third_party)(directive).map(stem);
    let module = match owner {
        Some(owner) => loaded.strangers().iter().find(|m| stem(m.identifier) == owner)?,
        // a directive of httpd's own, today's or an old one, is no other module's
        None if (loaded.catalogue.owner)(directive).is_some() => return None,
        None if (loaded.catalogue.replacement)(directive).is_some() => return None,
        None => last,
    };
    Some(told(module, owner.is_none()))
}

fn told(module: &'static Module, guessed: bool) -> Foreign {
    let own = stem(module.identifier);
    let why = EFFECTS.iter().find(|(names, _)| names.contains(&own)).map_or(UNKNOWN, |(_, why)| why);
    Foreign { module: module.name, why, guessed }
}

/// Says so where a file is served for want of a handler that is known here.
#[inline]
pub(crate) fn note_handler(r: &mut Request<'_>) {
    if !r.engine.server.loaded.strangers().is_empty() {
        say_handler(r);
    }
}

#[cold]
fn say_handler(r: &mut Request<'_>) {
    let Some(handler) = r.handler.as_ref().map(|h| h.to_string()) else { return };
    if !handler.is_empty() && !handler.contains('/') && handler != "default-handler" {
        let why = format!("the handler `{handler}` is not known here: a module that is not httpd's own may have it");
        r.caveat("SetHandler", Span::NONE, why);
    }
}
