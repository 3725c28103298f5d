//! The modules that there are. The engine names none of them: it is handed a catalogue, and asks it by name.

use super::module::Module;

/// When a module is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loading {
    /// Part of httpd's binary.
    CompiledIn,
    /// Loaded whatever a scenario asks for.
    Always,
    /// Loaded where a scenario doesn't pick.
    Default,
    /// Loaded where it is asked for.
    OnDemand,
    /// Loaded only in another's stead (mpm_event for mpm_prefork): never among all modules.
    Instead,
}

/// A module's names and when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name in a list of modules: `alias`, `php8.2`.
    pub name: &'static str,
    /// Its identifier, which LoadModule takes: `alias_module`.
    pub identifier: &'static str,
    /// Its source file: `mod_alias.c`.
    pub source: &'static str,
    /// When it is there.
    pub loading: Loading,
}

impl Known {
    /// Whether it is in httpd's binary.
    pub(crate) fn compiled_in(&self) -> bool {
        self.loading == Loading::CompiledIn
    }

    /// Whether a scenario that doesn't pick its modules has it.
    pub(crate) fn by_default(&self) -> bool {
        self.loading <= Loading::Default
    }
}

/// What is known of modules, loaded or not.
#[derive(Clone, Copy)]
pub(crate) struct Catalogue {
    /// The modules of the reference server, in the order in which they are loaded.
    pub known: &'static [Known],
    /// A module of that list by its name there.
    pub by_name: fn(&str) -> Option<&'static Known>,
    /// A module by its identifier.
    pub module: fn(&str) -> Option<&'static Module>,
    /// The module that another is by an older name: PHP 5 and 7 are what PHP 8 is.
    pub same_as: fn(&str) -> Option<&'static Module>,
    /// The module that has a directive of that name; third parties' too.
    pub owner: fn(&str) -> Option<&'static str>,
    /// The module that has it, where that is none of httpd's own.
    pub third_party: fn(&str) -> Option<&'static str>,
    /// What to use instead of a directive that older releases had.
    pub replacement: fn(&str) -> Option<&'static str>,
    /// Whether a directive of that name is httpd's own and can't matter to an answer.
    pub is_inert: fn(&str) -> bool,
}

impl Catalogue {
    /// Nothing at all.
    pub(crate) const EMPTY: Catalogue = Catalogue {
        known: &[],
        by_name: |_| None,
        module: |_| None,
        same_as: |_| None,
        owner: |_| None,
        third_party: |_| None,
        replacement: |_| None,
        is_inert: |_| false,
    };

    /// The module made from this source file.
    pub(crate) fn by_source(&self, source: &str) -> Option<&'static Known> {
        self.known.iter().find(|k| k.source == source)
    }
}

impl Default for &'static Catalogue {
    fn default() -> &'static Catalogue {
        &Catalogue::EMPTY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::CATALOGUE;
    use crate::run::Run;
    use crate::server::asked::Request;
    use crate::server::compile::{Input, Modules, compile};
    use crate::server::engine::RealPrograms;
    use crate::vfs::Memory;
    use std::sync::Arc;

    /// All that there is of a module that answers 410 for a handler of its own, but for a line below.
    mod made_up {
        use crate::server::module::Effect::Modelled;
        use crate::server::module::allowed::RSRC_CONF;
        use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};

        pub(super) static MODULE: Module = Module {
            name: "mod_made_up.c",
            identifier: "made_up_module",
            directives: DIRECTIVES,
            hooks: HOOKS,
            ..Module::NONE
        };

        static DIRECTIVES: &[Directive] = &[row("MadeUp", Args::Flag, RSRC_CONF, Modelled, "On or Off", |_, a| {
            if a[0].eq_ignore_ascii_case(b"on") { Ok(()) } else { Err("it can only be On".into()) }
        })];

        static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, |r| match r.handler_among(&["made-up"]) {
            Some(_) => Verdict::Status(410),
            None => Verdict::Declined,
        })];
    }

    static WITH_ONE_MORE: Catalogue = Catalogue {
        module: |name| if name == "made_up_module" { Some(&made_up::MODULE) } else { (CATALOGUE.module)(name) },
        ..CATALOGUE
    };

    #[test]
    fn a_module_more_is_a_file_and_a_line() {
        let config = "LoadModule made_up_module modules/mod_made_up.so\nMadeUp On\n<Location /a>\n  SetHandler made-up\n</Location>\n";
        let vfs = Arc::new(Memory::new());
        let loaded = compile(Input::new(config, vfs.clone(), &WITH_ONE_MORE));
        let run = Run::new(loaded.server.expect("httpd starts"), vfs, Arc::new(RealPrograms));
        let status = |url: &str| run.ask(&Request::get(url)).status;
        assert_eq!((status("/a"), status("/b")), (410, 404));
    }

    #[test]
    fn two_names_of_one_module_bring_its_rows_once() {
        for own in ["php5_module", "php7_module", "php_module"] {
            let config = format!("LoadModule {own} a.so\nLoadModule php7_module b.so\nLoadModule php5_module c.so\n");
            let input = Input::new(config, Arc::new(Memory::new()), &CATALOGUE);
            let loaded = compile(Input { modules: Modules::Own, ..input });
            let server = loaded.server.expect("httpd starts");
            assert_eq!(server.loaded.rows(b"PHPINIDir", false).len(), 1, "{own}");
        }
    }
}
