//! The project's own order: what is there is registered, and what is registered is there.

use routesim::module::Phase;
use routesim::modules;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Each file or folder of src/modules is a module of httpd, or one of the few that serve them.
#[test]
fn modules_are_registered() {
    let helpers = BTreeSet::from(["mod", "authn", "authz", "known", "ledger", "quiet", "reading"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules");
    let known: BTreeSet<String> = modules::MODELLED
        .iter()
        .map(|m| m.name.trim_start_matches("mod_").trim_end_matches(".c").to_string())
        .collect();
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
    for m in modules::all() {
        assert!(seen.insert(m.identifier, m.name).is_none(), "{} is listed twice", m.identifier);
    }
    for known in modules::known::KNOWN {
        assert!(seen.contains_key(known.identifier), "{} has no rows", known.identifier);
    }
}

/// Hooks name modules that there are.
#[test]
fn hooks_name_modules() {
    let names: BTreeSet<&str> = modules::all().map(|m| m.name).collect();
    // names that httpd's own rows give although no such module is in this server
    let elsewhere = BTreeSet::from(["mod_auth.c", "mod_python.c", "mod_access.c"]);
    for m in modules::all() {
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
    assert_eq!(Phase::ALL.len(), 12);
}
