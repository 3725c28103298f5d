//! Which modules are loaded: those that are there before the configuration is read, and those that LoadModule names (mod_so.c).

use super::Loaded;
use super::catalogue::{Catalogue, Known as KnownModule, Loading as When};
use crate::conf::row::Row;
use crate::conf::{Knowledge, Loading};
use crate::server::module::Module;
use crate::version::{self, Version};
use bstr::ByteSlice;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Which modules a run has before its configuration loads any.
///
/// ```
/// use routesim::Site;
/// use routesim::site::Modules;
///
/// let config = "LoadModule alias_module modules/mod_alias.so\nAlias /a /srv/a\nRewriteEngine on\n";
/// let site = Site::builder(config).load(Modules::Own).build()?;
/// let refused = site.start().err().expect("mod_rewrite is not loaded");
/// assert_eq!(site.sources().place(refused.span), "config:3");
/// assert!(Site::builder(config).load(Modules::OwnAnd(vec!["rewrite".into()])).build()?.start().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub enum Modules {
    /// A scenario's: the default set, or a pick of it.
    #[default]
    Default,
    /// A pick by name, with those that are always loaded.
    Pick(Vec<String>),
    /// Those that LoadModule names, and the compiled-in ones; all when there is no LoadModule.
    Own,
    /// All.
    All,
    /// Those that LoadModule names, and these.
    OwnAnd(Vec<String>),
    /// Those that LoadModule names, and the compiled-in ones; a scenario's default set when there is no LoadModule.
    OwnElseDefault,
}

/// What the reader knows of modules.
pub(crate) struct Known {
    /// Those loaded so far.
    pub loaded: Arc<Loaded>,
    /// Those that some builds have compiled in and others load: of these, what the configuration has not loaded yet.
    pub either: Vec<&'static str>,
}

impl Known {
    /// Whether the configuration itself says what is loaded.
    pub(super) fn is_own(modules: &Modules) -> bool {
        matches!(modules, Modules::Own | Modules::OwnAnd(_) | Modules::OwnElseDefault)
    }

    /// With the modules that are there before the configuration is read.
    pub(super) fn new(modules: &Modules, version: Version, catalogue: &'static Catalogue) -> Known {
        const EITHER: [&str; 5] =
            ["log_config_module", "logio_module", "unixd_module", "version_module", "watchdog_module"];
        let own = Known::is_own(modules);
        let either = if own { EITHER.to_vec() } else { Vec::new() };
        let listed = matches!(modules, Modules::Default | Modules::Pick(_) | Modules::OwnElseDefault);
        let loaded = Loaded { listed, ..Loaded::new(initial(modules, version, catalogue), version, catalogue) };
        Known { loaded: Arc::new(loaded), either }
    }
}

impl Knowledge for Known {
    fn directive(&self, name: &[u8]) -> Option<Row> {
        let (section, name) = match name.strip_prefix(b"<") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        self.loaded.rows(name, section).first().map(|(_, row)| row.row)
    }

    fn module_loaded(&self, name: &[u8]) -> bool {
        name.to_str().is_ok_and(|n| self.loaded.has(n))
    }

    fn version(&self) -> Version {
        self.loaded.version
    }

    fn load_module(&mut self, identifier: &[u8], path: &[u8]) -> Result<Loading, String> {
        let name = identifier.to_str_lossy();
        if self.loaded.version.lacks(version::Kind::Module, identifier).is_some() {
            let path = path.as_bstr();
            return Err(format!(
                "Cannot load {path} into server: {path}: cannot open shared object file: No such file or directory"
            ));
        }
        if let Some(at) = self.either.iter().position(|either| *either == name) {
            // where the configuration loads it, it is not compiled in
            self.either.remove(at);
            return Ok(Loading::Loaded);
        }
        if self.loaded.has(&name) {
            return Ok(Loading::Already);
        }
        // a module that nobody here knows is loaded all the same, with nothing in it
        let loaded = Arc::make_mut(&mut self.loaded);
        match (loaded.catalogue.module)(&name) {
            Some(module) => loaded.push(module),
            None => match (loaded.catalogue.same_as)(&name) {
                // PHP 5 and 7 are what PHP 8 is, by other names; beside it, or each other, they have nothing to add
                Some(same) => {
                    let is_new = same.directives.iter().all(|row| loaded.rows(row.name.as_bytes(), false).is_empty());
                    loaded.push(stranger(&name, is_new.then_some(same)));
                }
                None => {
                    loaded.push_stranger(stranger(&name, None));
                    return Ok(Loading::Stranger);
                }
            },
        }
        Ok(Loading::Loaded)
    }
}

/// A module that nobody here knows: one for each identifier, however often it is loaded.
fn stranger(identifier: &str, same: Option<&'static Module>) -> &'static Module {
    static MET: Mutex<BTreeMap<(String, bool), &'static Module>> = Mutex::new(BTreeMap::new());
    let mut met = MET.lock().unwrap_or_else(PoisonError::into_inner);
    met.entry((identifier.to_string(), same.is_some())).or_insert_with(|| made_up(identifier, same))
}

fn made_up(identifier: &str, same: Option<&'static Module>) -> &'static Module {
    let name: &'static str = Box::leak(
        format!("mod_{}.c", identifier.trim_start_matches("mod_").trim_end_matches("_module")).into_boxed_str(),
    );
    let identifier: &'static str = Box::leak(identifier.to_string().into_boxed_str());
    Box::leak(Box::new(Module { name, identifier, ..*same.unwrap_or(&Module::NONE) }))
}

/// The modules that are there before the configuration is read, in load order.
fn initial(modules: &Modules, version: Version, catalogue: &Catalogue) -> Vec<&'static Module> {
    let picked = |k: &KnownModule, names: &[String]| {
        names.iter().any(|n| (catalogue.by_name)(n).is_some_and(|b| b.identifier == k.identifier))
    };
    let wanted = |k: &KnownModule| match modules {
        Modules::Default => k.by_default(),
        Modules::Pick(names) => k.loading <= When::Always || k.by_default() && picked(k, names),
        Modules::All => k.loading != When::Instead,
        Modules::Own | Modules::OwnAnd(_) | Modules::OwnElseDefault => {
            let extra = if let Modules::OwnAnd(names) = modules { picked(k, names) } else { false };
            k.compiled_in() || extra
        }
    };
    let chosen = catalogue.known.iter().filter(|k| wanted(k));
    let mut list: Vec<_> = chosen.filter_map(|k| (catalogue.module)(k.identifier)).collect();
    // names outside the default set come after, in the order given
    if let Modules::Pick(names) = modules {
        for name in names {
            if let Some(k) = (catalogue.by_name)(name)
                && let Some(m) = (catalogue.module)(k.identifier)
                && !list.iter().any(|l| l.identifier == m.identifier)
            {
                list.push(m);
            }
        }
    }
    list.retain(|m| version.lacks(version::Kind::Module, m.identifier.as_bytes()).is_none());
    list
}
