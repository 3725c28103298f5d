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

/// The modules that are modelled. Their order means nothing: load order does.
pub(crate) static MODELLED: &[&Module] = &[
    &crate::server::core::MODULES[0],
    &crate::server::core::MODULES[1],
    &crate::server::core::MODULES[2],
    &access_compat::MODULE,
    &actions::MODULE,
    &alias::MODULE,
    &allowmethods::MODULE,
    &asis::MODULE,
    &auth_basic::MODULE,
    &auth_digest::MODULE,
    &auth_form::MODULE,
    &authn::anon::MODULE,
    &authn::core::MODULE,
    &authn::dbm::MODULE,
    &authn::file::MODULE,
    &authz::dbm::MODULE,
    &authz::groupfile::MODULE,
    &authz::host::MODULE,
    &authz::owner::MODULE,
    &authz::user::MODULE,
    &authz_core::MODULE,
    &autoindex::MODULE,
    &cern_meta::MODULE,
    &cgi::DAEMON,
    &cgi::MODULE,
    &dav::FS,
    &dav::LOCK,
    &dav::MODULE,
    &dir::MODULE,
    &env::MODULE,
    &file_cache::MODULE,
    &filter::MODULE,
    &headers::MODULE,
    &expires::MODULE,
    &imagemap::MODULE,
    &include::MODULE,
    &info::MODULE,
    &mime::MODULE,
    &mime_magic::MODULE,
    &negotiation::MODULE,
    &php::MODULE,
    &proxy::CONNECT,
    &proxy::EXPRESS,
    &proxy::FCGI,
    &proxy::MODULE,
    &proxy::WSTUNNEL,
    &macro_version::MACRO,
    &macro_version::VERSION,
    &remoteip::MODULE,
    &rewrite::MODULE,
    &session::COOKIE,
    &session::CRYPTO,
    &session::MODULE,
    &setenvif::MODULE,
    &speling::MODULE,
    &ssl::MODULE,
    &status::MODULE,
    &suexec::MODULE,
    &unixd::MODULE,
    &userdir::MODULE,
    &usertrack::MODULE,
    &vhost_alias::MODULE,
    &wsgi::MODULE,
];

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
