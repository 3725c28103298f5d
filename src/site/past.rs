//! Which modules there are where a configuration is read past what httpd stops at.

use crate::server::compile::{Input, Modules, Output};

/// Modules of which each server has one at least: a configuration that loads none of them is a part of another's.
const OF_EACH: [&[u8]; 8] = [
    b"mpm_prefork_module",
    b"mpm_worker_module",
    b"mpm_event_module",
    b"authz_core_module",
    b"authz_host_module",
    b"access_module",
    b"unixd_module",
    b"dir_module",
];

/// The same ones where httpd starts with them. All of them, where the configuration's own LoadModule lines are a part's; else
/// those besides whose directives are there.
pub(super) fn modules(input: &Input, loaded: &Output) -> Modules {
    let lacking = loaded.lacking.iter().filter_map(|source| input.catalogue.by_source(source));
    let lacking = lacking.map(|module| module.name.to_string());
    let part = !loaded.modules.iter().any(|module| OF_EACH.contains(&module.identifier.as_slice()));
    match &input.modules {
        same if loaded.server.is_some() => same.clone(),
        Modules::Own | Modules::OwnElseDefault if part => Modules::All,
        Modules::Own | Modules::OwnElseDefault => Modules::OwnAnd(lacking.collect()),
        Modules::OwnAnd(names) => Modules::OwnAnd(names.iter().cloned().chain(lacking).collect()),
        // who names the modules means them
        named @ (Modules::Default | Modules::Pick(_) | Modules::All) => named.clone(),
    }
}
