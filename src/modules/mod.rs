//! httpd's modules: one file (or folder) each, with its rows, its settings and their merge rule, and its hooks.

pub mod access_compat;
pub mod actions;
pub mod alias;
pub mod allowmethods;
pub mod asis;
pub mod auth_basic;
pub mod auth_digest;
pub mod authn;
pub mod authz;
pub mod authz_core;
pub mod autoindex;
pub mod cgi;
pub mod core;
pub mod dav;
pub mod dir;
pub mod env;
pub mod filter;
pub mod headers;
pub mod imagemap;
pub mod include;
pub mod info;
pub mod known;
pub mod ledger;
pub mod mime;
pub mod mime_magic;
pub mod negotiation;
pub mod php;
pub mod proxy;
pub mod quiet;
pub mod reading;
pub mod remoteip;
pub mod rewrite;
pub mod setenvif;
pub mod speling;
pub mod ssl;
pub mod status;
pub mod unixd;
pub mod userdir;
pub mod vhost_alias;
pub mod wsgi;

use crate::diagnostic::Diagnostic;
use crate::module::{Effect, Module};
use crate::server::build::Build;
use crate::server::settings::PerServer;
use crate::source::Span;

/// The modules that are modelled. Their order means nothing: load order does.
pub static MODELLED: &[&Module] = &[
    &core::MODULES[0],
    &core::MODULES[1],
    &core::MODULES[2],
    &access_compat::MODULE,
    &actions::MODULE,
    &alias::MODULE,
    &allowmethods::MODULE,
    &asis::MODULE,
    &auth_basic::MODULE,
    &auth_digest::MODULE,
    &authn::anon::MODULE,
    &authn::core::MODULE,
    &authn::file::MODULE,
    &authz::groupfile::MODULE,
    &authz::host::MODULE,
    &authz::owner::MODULE,
    &authz::user::MODULE,
    &authz_core::MODULE,
    &autoindex::MODULE,
    &cgi::DAEMON,
    &cgi::MODULE,
    &dav::FS,
    &dav::LOCK,
    &dav::MODULE,
    &dir::MODULE,
    &env::MODULE,
    &filter::MODULE,
    &headers::MODULE,
    &imagemap::MODULE,
    &include::MODULE,
    &info::MODULE,
    &mime::MODULE,
    &mime_magic::MODULE,
    &negotiation::MODULE,
    &php::MODULE,
    &proxy::CONNECT,
    &proxy::MODULE,
    &proxy::WSTUNNEL,
    &reading::MACRO,
    &reading::VERSION,
    &remoteip::MODULE,
    &rewrite::MODULE,
    &setenvif::MODULE,
    &speling::MODULE,
    &ssl::MODULE,
    &status::MODULE,
    &unixd::MODULE,
    &userdir::MODULE,
    &vhost_alias::MODULE,
    &wsgi::MODULE,
];

/// All modules.
pub fn all() -> impl Iterator<Item = &'static Module> {
    MODELLED.iter().copied().chain(ledger::modules())
}

/// The module of that identifier.
pub fn by_identifier(identifier: &str) -> Option<&'static Module> {
    all().find(|m| m.identifier == identifier)
}

/// The module that has a directive of that name, loaded or not; third parties' too.
pub fn module_of(directive: &str) -> Option<&'static str> {
    let own = all().find(|m| m.directives.iter().any(|d| d.name.eq_ignore_ascii_case(directive)));
    own.map(|m| m.name).or_else(|| ledger::third_party::module_of(directive))
}

/// Whether a directive of that name is httpd's own and can't matter to an answer.
pub fn is_inert(directive: &str) -> bool {
    let mut rows = all().flat_map(|m| m.directives).filter(|d| d.name.eq_ignore_ascii_case(directive)).peekable();
    rows.peek().is_some() && rows.all(|d| d.effect == Effect::Inert)
}

/// What httpd checks once the whole configuration is read (its check_config and post_config hooks).
pub fn check_config(build: &mut Build) {
    if build.diagnostics.iter().any(|d| d.severity == crate::diagnostic::Severity::Error) {
        return;
    }
    let late = std::mem::take(&mut build.late);
    build.diagnostics.extend(late);
    ssl::check_config(build);
    if build.loaded.has("mime_module")
        && let Err(message) = mime::read_types(build)
    {
        build.diagnostics.push(Diagnostic::note("AH01597", message, Span::NONE));
    }
    proxy::check_config(build);
}

/// Whether a server speaks TLS.
pub fn speaks_tls(settings: &PerServer) -> bool {
    ssl::engine(settings)
}
