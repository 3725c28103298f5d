//! From a tree of directives to a compiled server: `ap_walk_config`, `invoke_cmd` and `ap_process_config_tree`
//! (server/config.c).
//!
//! httpd stops at the first error. Here the walk goes on, so that every error is reported.

use super::cmd::{ALL_METHODS, Cmd};
use super::foreign::{self, Foreign};
use super::listen::Listens;
use super::settings::{PerDir, PerServer, slot};
use super::unmodelled::Unmodelled;
use super::world::World;
use super::{Loaded, vhost};
use crate::conf::Node;
use crate::conf::args;
use crate::diagnostic::{Diagnostic, Findings};
use crate::pattern::Flags;
use crate::server::core;
use crate::server::module::{Effect, allowed};
use crate::source::{SourceMap, Span};
use crate::suggest;
use crate::version;
use crate::vfs::{Cred, Vfs};
use bstr::{BString, ByteSlice};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

/// What is being built: everything that outlives the reading of the configuration.
pub(crate) struct Build {
    /// Where httpd runs: its fields are read as this one's.
    pub world: Arc<World>,
    /// All texts.
    pub sources: SourceMap,
    /// What was found wrong so far.
    pub diagnostics: Findings,
    /// The modules, and which directive is whose.
    pub loaded: Arc<Loaded>,
    /// The main server, then the virtual hosts in the order of the configuration.
    pub servers: Vec<Draft>,
    /// ServerRoot, as it stands when a directive is carried out.
    pub server_root: BString,
    /// The file system, for what is looked at when the configuration is read.
    pub vfs: Arc<dyn Vfs>,
    /// Who httpd serves as.
    pub cred: Cred,
    /// The names of that user and group.
    pub run_as: (BString, BString),
    /// Methods that `<Limit>` and kin registered, after httpd's own.
    pub methods: Vec<BString>,
    /// Whether an .htaccess file is being read.
    pub htaccess: bool,
    /// Errors that httpd finds once it has read everything, the latest place first.
    pub late: Vec<Diagnostic>,
    /// WSGIDaemonProcess, by name, as far as the configuration has been read: the server, and the place in its list.
    pub daemons: HashMap<BString, (usize, usize)>,
    /// Aliases of providers, as far as the configuration has been read.
    pub aliases: super::settings::Aliases,
    /// A missing DocumentRoot (of the main server) or map file is a note only: files may be elsewhere.
    pub lenient_paths: bool,
    /// Directives of modules that are not loaded are passed over, and are caveats.
    pub assume_modules: bool,
    /// What httpd would stop at is left out.
    pub past_errors: bool,
    /// The modules whose directives were met without them, by the names of their sources.
    pub lacking: BTreeSet<&'static str>,
    /// What each regular expression is compiled with from here on: RegexDefaultOptions.
    pub regex_defaults: Flags,
    /// Whether a directive has something done before the path is decoded: in pre_translate_name.
    pub acts_early: bool,
    /// Commands that nobody knows, so far.
    pub unknown: usize,
    /// The files of RewriteMaps.
    pub maps: super::settings::MapFiles,
    /// Directives, so far.
    pub size: u64,
    /// Listen.
    pub listens: Listens,
    /// Names of charsets that xml2EncAlias gave.
    pub charsets: Vec<BString>,
    /// Output filters that ExtFilterDefine and LuaOutputFilter gave, in lower case; none: they are not known.
    pub filters: Option<HashSet<BString>>,
}

/// Directives that say who gets in, besides Require and its sections.
const ACCESS: [&str; 5] = ["order", "allow", "deny", "limit", "limitexcept"];

/// So many commands that nobody knows are helped with; a text with more is no configuration.
const HELPED: usize = 200;

/// A server under construction.
#[derive(Default)]
pub(crate) struct Draft {
    /// Where its section opens; none for the main server.
    pub span: Option<Span>,
    /// ServerName, its port and its scheme.
    pub name: Option<vhost::ServerName>,
    /// ServerAlias without wildcards.
    pub names: Vec<(BString, Span)>,
    /// ServerAlias with wildcards.
    pub wild_names: Vec<(BString, Span)>,
    /// ServerPath.
    pub path: Option<(BString, Span)>,
    /// The addresses of its section.
    pub addrs: Vec<vhost::Address>,
    /// Settings by module.
    pub settings: PerServer,
    /// Settings outside any section: httpd's lookup_defaults.
    pub defaults: PerDir,
    /// CacheDirLevels and CacheDirLength.
    pub cache_directories: Option<[i64; 2]>,
}

/// Where a walk stands: what [`Cmd`] hands down to the directives within a section.
#[derive(Clone)]
pub(crate) struct Scope<'b> {
    /// The server.
    pub server: usize,
    /// The section's path.
    pub path: Option<BString>,
    /// What may stand here.
    pub overrides: u32,
    /// Options that may be set here.
    pub override_opts: u32,
    /// AllowOverrideList, in .htaccess.
    pub override_list: Option<Arc<Vec<BString>>>,
    /// Methods that the enclosing `<Limit>` leaves.
    pub limited: u64,
    /// The sections around.
    pub parents: Vec<&'b Node>,
}

impl Scope<'_> {
    /// The outermost scope of a server's configuration.
    pub(crate) fn server() -> Scope<'static> {
        Scope {
            server: 0,
            path: None,
            overrides: allowed::RSRC_CONF | allowed::OR_ALL & !allowed::OR_AUTHCFG & !allowed::OR_LIMIT,
            override_opts: core::options::ALL | core::options::SYM_OWNER | core::options::MULTI,
            override_list: None,
            limited: ALL_METHODS,
            parents: Vec::new(),
        }
    }
}

impl Deref for Build {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Build {
    /// Before the first directive.
    pub(crate) fn new(world: Arc<World>, sources: SourceMap, loaded: Arc<Loaded>, vfs: Arc<dyn Vfs>) -> Build {
        Build {
            world,
            sources,
            diagnostics: Findings::default(),
            loaded,
            servers: vec![Draft::default()],
            server_root: BString::default(),
            vfs,
            cred: Cred::default(),
            run_as: Default::default(),
            methods: Vec::new(),
            htaccess: false,
            late: Vec::new(),
            daemons: HashMap::new(),
            aliases: Default::default(),
            lenient_paths: false,
            assume_modules: false,
            past_errors: false,
            lacking: BTreeSet::new(),
            regex_defaults: Flags::NONE,
            acts_early: false,
            unknown: 0,
            maps: Default::default(),
            size: 0,
            listens: Listens::default(),
            charsets: Vec::new(),
            filters: None,
        }
    }

    /// Carries out directives, one after the other.
    pub(crate) fn walk(&mut self, nodes: &[Node], dir: &mut PerDir, scope: &Scope<'_>) {
        self.size += nodes.len() as u64;
        dir.lines += nodes.len();
        for node in nodes {
            let errors = self.diagnostics.len();
            if let Err(message) = self.directive(node, dir, scope) {
                let mut d = Diagnostic::error("AH00526", message, node.span);
                if d.message.starts_with("Invalid command") && self.unknown < HELPED {
                    self.unknown += 1;
                    d = self.explain_unknown(node, d);
                    self.walk_misspelt(node, dir, scope);
                }
                if d.help.is_none() {
                    d.help = super::help::of(node, &d.message, &self.loaded);
                }
                self.diagnostics.insert(errors, d);
                if self.past_errors {
                    self.close_for(node, dir, scope);
                }
            }
        }
    }

    /// Where a rule of access is left out, nobody knows whom it lets in: nobody.
    fn close_for(&mut self, node: &Node, dir: &mut PerDir, scope: &Scope<'_>) {
        let name = node.name.to_ascii_lowercase();
        let is_access = name.starts_with(b"require") || ACCESS.iter().any(|own| name == own.as_bytes());
        if is_access && (self.htaccess || !scope.parents.is_empty()) {
            let (name, args) = ("Require".into(), "all denied".into());
            let _ =
                self.directive(&Node { name, args, section: false, children: Vec::new(), ..node.clone() }, dir, scope);
        }
    }

    /// One directive: each module that knows it carries it out.
    fn directive(&mut self, node: &Node, dir: &mut PerDir, scope: &Scope<'_>) -> Result<(), String> {
        let loaded = self.loaded.clone();
        let rows = loaded.rows(&node.name, node.section);
        if rows.is_empty() {
            let name = if node.section { format!("<{}", node.name) } else { node.name.to_string() };
            if scope.overrides & allowed::NONFATAL_UNKNOWN != 0 {
                return Ok(());
            }
            if let Some(Foreign { module, why, guessed }) = foreign::of(&loaded, &name) {
                if guessed {
                    let message = format!("no directive `{name}` is known here: it is taken for one of {module}");
                    let near = suggest::closest(&name, loaded.names());
                    let note = Diagnostic::note("foreign-directive", message, node.span);
                    self.diagnostics.push(match near {
                        Some(near) => note.help(format!("did you mean `{near}`?")),
                        None => note,
                    });
                }
                let unmodelled = &mut slot(&mut dir.core, scope.path.as_ref().map(|p| p.as_bstr())).unmodelled;
                // one stands for all of its module
                if unmodelled.iter().all(|spot| spot.module != module) {
                    unmodelled.push(Unmodelled { directive: name.into(), module, span: node.span, why });
                }
                return Ok(());
            }
            if self.assume_modules
                && let Some(module) = (loaded.catalogue.owner)(&name)
            {
                if (loaded.catalogue.is_inert)(&name) {
                    return Ok(());
                }
                let why = "its module is not loaded, and what it would do is not known";
                let spot = Unmodelled { directive: name.into(), module, span: node.span, why };
                slot(&mut dir.core, scope.path.as_ref().map(|p| p.as_bstr())).unmodelled.push(spot);
                return Ok(());
            }
            self.lacking.extend((loaded.catalogue.owner)(&name));
            return Err(format!(
                "Invalid command '{name}', perhaps misspelled or defined by a module not included in the server configuration"
            ));
        }
        for &(module, row) in rows {
            dir.touch(module, scope.path.as_ref().map(|p| p.as_bstr()));
            let named = scope
                .override_list
                .as_ref()
                .is_some_and(|l| l.iter().any(|n| n.eq_ignore_ascii_case(row.name.as_bytes())));
            if scope.overrides & row.allowed == 0 && !named {
                if scope.overrides & allowed::NONFATAL_OVERRIDE != 0 {
                    continue;
                }
                return Err(match scope.parents.last() {
                    Some(parent) => format!("{} not allowed in <{}> context", row.name, parent.name),
                    None => format!("{} not allowed here", row.name),
                });
            }
            if let Effect::Unmodelled(why) = row.effect {
                let spot = Unmodelled { directive: row.name.into(), module: module.name, span: node.span, why };
                slot(&mut dir.core, scope.path.as_ref().map(|p| p.as_bstr())).unmodelled.push(spot);
            }
            let calls = args::calls(row.name, row.args, &node.args, row.usage)?;
            if row.rules.is_empty() && row.set.is_none() {
                continue;
            }
            for call in &calls {
                let mut cmd = Cmd {
                    build: &mut *self,
                    server: scope.server,
                    dir: &mut *dir,
                    path: scope.path.clone(),
                    overrides: scope.overrides,
                    override_opts: scope.override_opts,
                    override_list: scope.override_list.clone(),
                    limited: scope.limited,
                    node,
                    row,
                    parents: scope.parents.clone(),
                };
                row.rules.iter().try_for_each(|rule| rule.ask(&mut cmd, call))?;
                if let Some(set) = row.set {
                    set(&mut cmd, call)?;
                }
            }
        }
        Ok(())
    }

    /// What stands in a section whose name is misspelt is looked at all the same, as if it were spelt well.
    fn walk_misspelt(&mut self, node: &Node, dir: &mut PerDir, scope: &Scope<'_>) {
        let loaded = self.loaded.clone();
        let sections = loaded.names().into_iter().filter(|n| n.starts_with('<'));
        if !node.section || node.children.is_empty() {
            return;
        }
        if let Some(meant) = suggest::closest(&format!("<{}", node.name), sections) {
            let node = Node { name: meant.trim_start_matches('<').into(), ..node.clone() };
            let _ = self.directive(&node, dir, scope);
        }
    }

    /// Says which directive was probably meant, or which module is missing.
    fn explain_unknown(&self, node: &Node, d: Diagnostic) -> Diagnostic {
        let known = self.loaded.names();
        let name = if node.section { format!("<{}", node.name) } else { node.name.to_string() };
        let glued =
            known.iter().filter(|n| n.len() > 3 && name.to_ascii_lowercase().starts_with(&n.to_ascii_lowercase()));
        if let Some(n) = glued.max_by_key(|n| n.len())
            && name[n.len()..].starts_with(|c: char| !c.is_ascii_alphanumeric())
        {
            return d.help(format!("a space is missing: `{n} {}`", &name[n.len()..]));
        }
        if let Some(since) = self.loaded.version.lacks(version::Kind::Directive, name.as_bytes()) {
            return d.help(super::help::newer(&name, since, self.loaded.version));
        }
        if let Some(instead) = (self.loaded.catalogue.replacement)(&name) {
            return d.help(format!("httpd 2.4 has no `{name}`: {instead}"));
        }
        if let Some(module) = (self.loaded.catalogue.owner)(&name) {
            let missing = format!("`{name}` is a directive of {module}, which is not loaded");
            return d.help(match self.loaded.catalogue.by_source(module) {
                Some(k) => {
                    let (short, identifier, file) = (k.name, k.identifier, module.trim_end_matches(".c"));
                    let here = match self.loaded.listed {
                        true => format!("in a scenario, add `{short}` to `modules`"),
                        false => format!("`--modules {short}` tries it here"),
                    };
                    format!(
                        "{missing}: `a2enmod {short}` on Debian, elsewhere `LoadModule {identifier} modules/{file}.so`; {here}"
                    )
                }
                None if self.loaded.listed => missing,
                None => format!("{missing} (`--assume-modules` goes on without)"),
            });
        }
        match suggest::closest(&name, known.iter().copied()) {
            Some(n) => d.help(format!("did you mean `{n}`?")),
            None => d,
        }
    }
}
