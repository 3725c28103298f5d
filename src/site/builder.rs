//! A site out of a text and made-up files.

use super::Site;
use super::htaccess::{self, Checked};
use crate::server::compile::{Input, Modules};
use crate::server::engine::RealPrograms;
use crate::vfs::{Errno, Memory, Owner, Vfs};
use bstr::BString;
use std::net::IpAddr;
use std::sync::Arc;

/// What a site is made of.
///
/// ```
/// use routesim::site::Site;
///
/// let site = Site::builder("RewriteEngine on\nRewriteRule ^/a /b [R]\n").modules(&["alias", "rewrite"]).build()?;
/// assert!(site.diagnostics().is_empty());
/// # Ok::<(), routesim::vfs::Errno>(())
/// ```
pub struct SiteBuilder {
    input: Input,
    files: Memory,
    tree: Option<Arc<dyn Vfs>>,
    wrong: Option<Errno>,
}

impl SiteBuilder {
    pub(super) fn new(config: BString) -> SiteBuilder {
        let files = Memory::new();
        let input = Input::new(config, Arc::new(Memory::empty()), &crate::modules::CATALOGUE);
        SiteBuilder { input, files, tree: None, wrong: None }
    }

    /// The name that messages and places use for the configuration (`config` by default).
    pub fn name(mut self, name: &str) -> SiteBuilder {
        self.input.name = name.into();
        self
    }

    /// A file, readable for everybody; directories above it are made.
    pub fn file(mut self, path: &str, text: impl Into<Vec<u8>>) -> SiteBuilder {
        let added = self.files.add_file(path.as_bytes(), text.into(), 0o644, Owner::ROOT);
        self.wrong = self.wrong.or(added.err());
        self
    }

    /// Another tree, in place of a Debian root with the files that were added.
    pub fn tree(mut self, tree: Arc<dyn Vfs>) -> SiteBuilder {
        self.tree = Some(tree);
        self
    }

    /// The modules that are loaded, by name (`alias`), besides those of LoadModule lines.
    pub fn modules(mut self, names: &[&str]) -> SiteBuilder {
        self.input.modules = Modules::Pick(names.iter().map(|n| n.to_string()).collect());
        self
    }

    /// All modules that there are, or those of the configuration's own LoadModule lines, and the like.
    pub fn load(mut self, modules: Modules) -> SiteBuilder {
        self.input.modules = modules;
        self
    }

    /// Whether a missing DocumentRoot or map file is a note only: the files may be elsewhere.
    pub fn lenient(mut self, lenient: bool) -> SiteBuilder {
        self.input.lenient_paths = lenient;
        self
    }

    /// As httpd's `-D`.
    pub fn define(mut self, name: &str) -> SiteBuilder {
        self.input.defines.push(name.into());
        self
    }

    /// A variable of the environment that httpd is started in.
    pub fn env(mut self, name: &str, value: &str) -> SiteBuilder {
        self.input.world.env.insert(name.into(), value.into());
        self
    }

    /// A name that look-ups find, both ways.
    pub fn host(mut self, address: IpAddr, name: &str) -> SiteBuilder {
        self.input.world.hosts.push((address, name.into()));
        self
    }

    /// A port that httpd listens on, besides 80.
    pub fn port(mut self, port: u16) -> SiteBuilder {
        self.input.ports.push(port);
        self
    }

    /// The site.
    ///
    /// # Errors
    /// Where a file could not be put where it was to be.
    pub fn build(self) -> Result<Site, Errno> {
        match self.wrong {
            Some(errno) => Err(errno),
            None => Ok(Site::of(self.input(), Arc::new(RealPrograms))),
        }
    }

    /// What is wrong with the text as an .htaccess file, with everything allowed there.
    pub fn check_htaccess(self) -> Checked {
        htaccess::check(self.input())
    }

    fn input(self) -> Input {
        let vfs = self.tree.unwrap_or_else(|| Arc::new(self.files));
        Input { vfs, ..self.input }
    }
}
