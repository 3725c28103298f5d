//! The directives that are known, and what is made of each of them.

mod about;

use crate::modules;
#[cfg(feature = "cli")]
use crate::server::module::Part;
use crate::server::module::{self, Module};

pub use crate::server::module::{Args, Effect};

/// A directive of a module: what `routesim directives` lists. Two modules may have one of the same name.
///
/// ```
/// use routesim::directives::{self, Effect};
///
/// let alias = directives::all().find(|row| row.name() == "Alias").expect("there is one");
/// assert_eq!((alias.module(), alias.effect()), ("mod_alias.c", Effect::Modelled));
/// assert!(alias.context().contains(&"virtual host") && !alias.context().contains(&".htaccess"));
/// ```
#[derive(Clone, Copy)]
pub struct Row {
    module: &'static Module,
    row: &'static module::Directive,
}

impl Row {
    /// Its name; a section's without `<`.
    pub fn name(&self) -> &'static str {
        self.row.name.trim_matches(['<', '>'])
    }

    /// Whether it is a section.
    pub fn is_section(&self) -> bool {
        self.row.name.starts_with('<')
    }

    /// The source file of its module (`mod_alias.c`).
    pub fn module(&self) -> &'static str {
        self.module.name
    }

    /// What it means to an answer.
    pub fn effect(&self) -> Effect {
        self.row.effect
    }

    /// What it does, in one or two sentences; not every directive has some.
    pub fn about(&self) -> Option<&'static str> {
        about::sentences(self.name())
    }

    /// Where its manual is: the address of a page, with the place in it.
    pub fn manual(&self) -> String {
        about::manual(self.module(), self.name())
    }

    /// How it takes part in answering a request.
    #[cfg(feature = "cli")]
    pub(crate) fn part(&self) -> Part {
        self.row.part
    }

    /// How it takes its arguments.
    pub fn args(&self) -> Args {
        self.row.args
    }

    /// httpd's help on it, where it has one.
    pub fn usage(&self) -> &'static str {
        self.row.usage
    }

    /// Where it may stand: `server`, `virtual host`, `section`, `proxy section`, `.htaccess`.
    pub fn context(&self) -> Vec<&'static str> {
        self.row.row.context()
    }

    /// The class of AllowOverride that lets it stand in .htaccess; `any class` where each does.
    pub fn class(&self) -> Option<&'static str> {
        self.row.row.class()
    }
}

/// All directives of all modules, in no certain order.
pub fn all() -> impl Iterator<Item = Row> {
    modules::all().flat_map(|module| module.directives.iter().map(move |row| Row { module, row }))
}

/// The module that has a directive of that name, loaded or not; modules that are not httpd's own among them.
pub fn module_of(directive: &str) -> Option<&'static str> {
    modules::module_of(directive)
}
