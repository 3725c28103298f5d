//! The ledger: the modules that are not modelled, each directive with what it means to an answer.
//!
//! A row is `Inert` when no request of the kind that is simulated here (its head known, without a body, on a
//! server just started) can tell whether it is there. It is `Unmodelled`, with a reason, when one could.

mod auth;
mod caching;
pub(crate) mod checks;
mod cluster;
mod filters;
mod handlers;
mod ldap;
mod logging;
mod metadata;
mod protocols;
pub(crate) mod providers;
mod proxying;
mod scripting;
mod server;
mod sessions;
pub(crate) mod third_party;
mod tls;

use crate::server::module::{Args, Directive, Effect, Hook, Module};

/// The modules, in groups.
pub(crate) static GROUPS: &[&[Module]] = &[
    auth::MODULES,
    caching::MODULES,
    cluster::MODULES,
    filters::MODULES,
    ldap::MODULES,
    logging::MODULES,
    metadata::MODULES,
    protocols::MODULES,
    proxying::MODULES,
    scripting::MODULES,
    server::MODULES,
    sessions::MODULES,
    tls::MODULES,
];

/// All modules of the ledger.
pub(crate) fn modules() -> impl Iterator<Item = &'static Module> {
    GROUPS.iter().copied().flatten()
}

const fn row(name: &'static str, args: Args, allowed: u32, effect: Effect, usage: &'static str) -> Directive {
    crate::server::module::plain(name, args, allowed, effect, usage)
}

const fn module(name: &'static str, identifier: &'static str, directives: &'static [Directive]) -> Module {
    Module { name, identifier, directives, hooks: &[], ..Module::NONE }
}

/// A module that has handlers, too.
const fn handling(module: Module, hooks: &'static [Hook]) -> Module {
    Module { hooks, ..module }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::known;
    use crate::server::module::allowed;

    #[test]
    fn every_module_is_known_by_both_names() {
        for m in modules() {
            let k = known::KNOWN.iter().find(|k| k.source == m.name);
            let k = k.unwrap_or_else(|| panic!("{} is unknown", m.name));
            assert_eq!(k.identifier, m.identifier);
        }
    }

    #[test]
    fn a_module_stands_once_and_a_row_once_in_it() {
        let mut names: Vec<_> = modules().map(|m| m.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|w| w[0] != w[1]));
        for m in modules() {
            let mut rows: Vec<_> = m.directives.iter().map(|d| d.name).collect();
            rows.sort_unstable();
            assert!(rows.windows(2).all(|w| w[0] != w[1]), "{}", m.name);
        }
    }

    #[test]
    fn rows_say_where_they_stand_and_why_they_matter() {
        for d in modules().flat_map(|m| m.directives) {
            assert_ne!(d.allowed, allowed::OR_NONE, "{}", d.name);
            match d.effect {
                Effect::Unmodelled(why) => {
                    assert!(!why.is_empty() && !why.ends_with('.') && why.len() <= 80, "{}: {why}", d.name);
                }
                Effect::Inert => {}
                Effect::Modelled => assert_eq!(d.name, "Listen", "it is not modelled here"),
            }
        }
    }
}
