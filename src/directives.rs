//! The directives that are known, and what is made of each of them.

mod about;

use crate::modules;
#[cfg(feature = "cli")]
use crate::server::module::Part;
use crate::server::module::{self, Module, allowed};

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
        let bits = self.row.allowed;
        let mut places = Vec::new();
        // a server's own level takes what is for it, and what has a class but those of access
        let level = allowed::RSRC_CONF | allowed::OR_OPTIONS | allowed::OR_FILEINFO | allowed::OR_INDEXES;
        if bits & level != 0 {
            places.extend(["server", "virtual host"]);
        }
        if bits & (allowed::ACCESS_CONF | allowed::OR_ALL) != 0 {
            places.push("section");
        }
        if bits & allowed::PROXY_CONF != 0 {
            places.push("proxy section");
        }
        if bits & allowed::OR_ALL != 0 {
            places.push(".htaccess");
        }
        places
    }

    /// The class of AllowOverride that lets it stand in .htaccess; `any class` where each does.
    pub fn class(&self) -> Option<&'static str> {
        let classes = [
            (allowed::OR_LIMIT, "Limit"),
            (allowed::OR_OPTIONS, "Options"),
            (allowed::OR_FILEINFO, "FileInfo"),
            (allowed::OR_AUTHCFG, "AuthConfig"),
            (allowed::OR_INDEXES, "Indexes"),
        ];
        match self.row.allowed & allowed::OR_ALL {
            0 => None,
            allowed::OR_ALL => Some("any class"),
            bits => classes.iter().find(|(class, _)| bits & class != 0).map(|c| c.1),
        }
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
