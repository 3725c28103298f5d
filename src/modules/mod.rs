//! httpd's modules: one file (or folder) each, with its rows, its settings and their merge rule, and its hooks.

pub(crate) mod access_compat;
pub(crate) mod actions;
pub(crate) mod alias;
pub(crate) mod allowmethods;
pub(crate) mod asis;
pub(crate) mod auth_basic;
pub(crate) mod auth_digest;
pub(crate) mod auth_form;
pub(crate) mod authn;
pub(crate) mod authz;
pub(crate) mod authz_core;
pub(crate) mod autoindex;
pub(crate) mod cern_meta;
pub(crate) mod cgi;

pub(crate) mod dav;
pub(crate) mod dir;
pub(crate) mod env;
pub(crate) mod expires;
pub(crate) mod file_cache;
pub(crate) mod filter;
pub(crate) mod headers;
pub(crate) mod imagemap;
pub(crate) mod include;
pub(crate) mod info;
pub(crate) mod known;
pub(crate) mod ledger;
pub(crate) mod macro_version;
pub(crate) mod mime;
pub(crate) mod mime_magic;
pub(crate) mod negotiation;
pub(crate) mod php;
pub(crate) mod proxy;
pub(crate) mod quiet;
pub(crate) mod remoteip;
pub(crate) mod rewrite;
pub(crate) mod session;
pub(crate) mod setenvif;
pub(crate) mod speling;
pub(crate) mod ssl;
pub(crate) mod status;
pub(crate) mod suexec;
pub(crate) mod unixd;
pub(crate) mod userdir;
pub(crate) mod usertrack;
pub(crate) mod vhost_alias;
pub(crate) mod wsgi;

use crate::server::catalogue::Catalogue;
use crate::server::module::{Effect, Module};
use crate::server::settings::modules;

// The modules that are modelled, each with the settings that it keeps per directory and per server, where it has any. Their
// order means nothing: load order does.
modules! {
    crate::server::core::MODULES[0], dir core: crate::server::core::Dir, server core: crate::server::core::ServerConf;
    crate::server::core::MODULES[1];
    crate::server::core::MODULES[2];
    access_compat::MODULE, dir access_compat: access_compat::Dir;
    actions::MODULE, dir actions: actions::Dir;
    alias::MODULE, dir alias: alias::Dir, server alias: alias::Server;
    allowmethods::MODULE, dir allowmethods: allowmethods::Dir;
    asis::MODULE;
    auth_basic::MODULE, dir auth_basic: auth_basic::Dir;
    auth_digest::MODULE, dir auth_digest: auth_digest::Dir;
    auth_form::MODULE, dir auth_form: auth_form::Dir;
    authn::anon::MODULE, dir authn_anon: authn::anon::Dir;
    authn::core::MODULE, dir authn_core: authn::core::Dir;
    authn::dbm::MODULE, dir authn_dbm: crate::server::dbm::Named;
    authn::file::MODULE, dir authn_file: authn::file::Dir;
    authz::dbm::MODULE, dir authz_dbm: crate::server::dbm::Named;
    authz::groupfile::MODULE, dir authz_groupfile: authz::groupfile::Dir;
    authz::host::MODULE;
    authz::owner::MODULE;
    authz::user::MODULE;
    authz_core::MODULE, dir authz_core: authz_core::Dir;
    autoindex::MODULE, dir autoindex: autoindex::Dir;
    cern_meta::MODULE, dir cern_meta: cern_meta::Dir;
    cgi::DAEMON;
    cgi::MODULE;
    dav::FS, server dav: dav::Server;
    dav::LOCK;
    dav::MODULE, dir dav: dav::Dir;
    dir::MODULE, dir dir: dir::Dir;
    env::MODULE, dir env: env::Settings;
    file_cache::MODULE, server file_cache: file_cache::Server;
    filter::MODULE, dir filter: filter::Dir;
    headers::MODULE, dir headers: headers::Dir;
    expires::MODULE, dir expires: expires::Dir;
    imagemap::MODULE, dir imagemap: imagemap::Dir;
    include::MODULE, dir include: include::Dir;
    info::MODULE;
    mime::MODULE, dir mime: mime::Dir, server mime: mime::Server;
    mime_magic::MODULE, server mime_magic: mime_magic::Server;
    negotiation::MODULE, dir negotiation: negotiation::Dir;
    php::MODULE, dir php: php::Dir, server php: php::Server;
    proxy::CONNECT;
    proxy::EXPRESS, server proxy_express: proxy::Express;
    proxy::FCGI;
    proxy::MODULE, dir proxy: proxy::Dir, server proxy: proxy::Server;
    proxy::WSTUNNEL;
    macro_version::MACRO;
    macro_version::VERSION;
    remoteip::MODULE, server remoteip: remoteip::Server;
    rewrite::MODULE, dir rewrite: rewrite::Dir, server rewrite: rewrite::Server;
    session::COOKIE, dir session_cookie: session::CookieDir;
    session::CRYPTO;
    session::MODULE, dir session: session::Dir;
    setenvif::MODULE, dir setenvif: setenvif::Settings, server setenvif: setenvif::Settings;
    speling::MODULE, dir speling: speling::Dir;
    ssl::MODULE, dir ssl: ssl::Dir, server ssl: ssl::Server;
    status::MODULE;
    suexec::MODULE, dir suexec: suexec::Dir;
    unixd::MODULE;
    userdir::MODULE, server userdir: userdir::Server;
    usertrack::MODULE, dir usertrack: usertrack::Dir;
    vhost_alias::MODULE, server vhost_alias: vhost_alias::Server;
    wsgi::MODULE, dir wsgi: wsgi::Dir, server wsgi: wsgi::Server;
}

/// All modules.
pub(crate) fn all() -> impl Iterator<Item = &'static Module> {
    MODELLED.iter().copied().chain(ledger::modules())
}

/// The module of that identifier.
pub(crate) fn by_identifier(identifier: &str) -> Option<&'static Module> {
    all().find(|m| m.identifier == identifier)
}

/// The module that has a directive of that name, loaded or not; third parties' too.
pub(crate) fn module_of(directive: &str) -> Option<&'static str> {
    let own = all().find(|m| m.directives.iter().any(|d| d.name.eq_ignore_ascii_case(directive)));
    own.map(|m| m.name).or_else(|| ledger::third_party::module_of(directive))
}

/// All that the engine is told of them.
pub(crate) static CATALOGUE: Catalogue = Catalogue {
    known: known::KNOWN,
    by_name: known::by_name,
    module: by_identifier,
    same_as: |identifier| by_identifier("php_module").filter(|_| matches!(identifier, "php5_module" | "php7_module")),
    owner: module_of,
    third_party: ledger::third_party::module_of,
    replacement: ledger::third_party::replacement,
    is_inert,
};

/// Whether a directive of that name is httpd's own and can't matter to an answer.
pub(crate) fn is_inert(directive: &str) -> bool {
    let mut rows = all().flat_map(|m| m.directives).filter(|d| d.name.eq_ignore_ascii_case(directive)).peekable();
    rows.peek().is_some() && rows.all(|d| d.effect == Effect::Inert)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::module::Phase;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// Each file or folder of src/modules is a module of httpd, or one of the few that serve them.
    #[test]
    fn modules_are_registered() {
        let helpers = BTreeSet::from(["mod", "authn", "authz", "known", "ledger", "quiet", "macro_version"]);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules");
        let known: BTreeSet<String> =
            MODELLED.iter().map(|m| m.name.trim_start_matches("mod_").trim_end_matches(".c").to_string()).collect();
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let name = entry.path().file_stem().expect("it has a name").to_string_lossy().into_owned();
            assert!(
                helpers.contains(name.as_str()) || known.contains(&name),
                "src/modules/{name} is in no list of src/modules/mod.rs"
            );
        }
    }

    /// No module stands twice, and identifiers are unique.
    #[test]
    fn modules_stand_once() {
        let mut seen = BTreeMap::new();
        for m in all() {
            assert!(seen.insert(m.identifier, m.name).is_none(), "{} is listed twice", m.identifier);
        }
        for known in known::KNOWN {
            assert!(seen.contains_key(known.identifier), "{} has no rows", known.identifier);
        }
    }

    /// Hooks name modules that there are.
    #[test]
    fn hooks_name_modules() {
        let names: BTreeSet<&str> = all().map(|m| m.name).collect();
        // names that httpd's own rows give although no such module is in this server
        let elsewhere = BTreeSet::from(["mod_auth.c", "mod_python.c", "mod_access.c"]);
        for m in all() {
            for hook in m.hooks {
                for other in hook.after.iter().chain(hook.before) {
                    assert!(
                        names.contains(other) || elsewhere.contains(other),
                        "{} {} names {other}",
                        m.name,
                        hook.phase.name()
                    );
                }
            }
        }
        assert_eq!(Phase::HOOKED.len(), 12);
    }
}
