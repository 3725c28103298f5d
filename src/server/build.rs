//! From a tree of directives to a compiled server: `ap_walk_config`, `invoke_cmd` and `ap_process_config_tree`
//! (server/config.c), with the contexts that `ap_check_cmd_context` (server/core.c) guards.
//!
//! httpd stops at the first error. Here the walk goes on, so that every error is reported.

use super::foreign::{self, Foreign};
use super::listen::Listens;
use super::settings::{PerDir, PerServer, Slot, slot};
use super::world::World;
use super::{Loaded, vhost};
use crate::conf::Node;
use crate::conf::args::{self, before_closing};
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::pattern::{Flags, Regex};
use crate::server::core;
use crate::server::module::{Directive, Effect, allowed};
use crate::source::{SourceMap, Span};
use crate::suggest;
use crate::version;
use crate::vfs::{Cred, Kind, Vfs, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

/// Places in which a directive may be forbidden: `ap_check_cmd_context`'s bits.
pub(crate) mod forbid {
    /// NOT_IN_VIRTUALHOST
    pub(crate) const VIRTUALHOST: u32 = 1;
    /// NOT_IN_LIMIT
    pub(crate) const LIMIT: u32 = 2;
    /// NOT_IN_DIRECTORY
    pub(crate) const DIRECTORY: u32 = 4;
    /// NOT_IN_LOCATION
    pub(crate) const LOCATION: u32 = 8;
    /// NOT_IN_FILES
    pub(crate) const FILES: u32 = 16;
    /// NOT_IN_HTACCESS
    pub(crate) const HTACCESS: u32 = 32;
    /// NOT_IN_PROXY
    pub(crate) const PROXY: u32 = 64;
    /// NOT_IN_DIR_LOC_FILE
    pub(crate) const DIR_LOC_FILE: u32 = DIRECTORY | LOCATION | FILES;
    /// NOT_IN_DIR_CONTEXT
    pub(crate) const DIR_CONTEXT: u32 = LIMIT | DIR_LOC_FILE | PROXY;
    /// GLOBAL_ONLY
    pub(crate) const GLOBAL_ONLY: u32 = VIRTUALHOST | DIR_CONTEXT;
}

/// All methods: no `<Limit>` is around.
pub(crate) const ALL_METHODS: u64 = u64::MAX;

/// A directive in force that is not modelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unmodelled {
    /// Its row's name; as it is written where no row has it.
    pub directive: Cow<'static, str>,
    /// Its module.
    pub module: &'static str,
    /// Its place.
    pub span: Span,
    /// Why it could change an answer.
    pub why: &'static str,
}

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

/// What a setter works with: httpd's `cmd_parms`.
pub(crate) struct Cmd<'b> {
    /// Everything being built.
    pub build: &'b mut Build,
    /// The server (0: the main one).
    pub server: usize,
    /// The section's settings.
    pub dir: &'b mut PerDir,
    /// The section's path; none at a server's own level.
    pub path: Option<BString>,
    /// What may stand here ([`allowed`]).
    pub overrides: u32,
    /// Options that may be set here.
    pub override_opts: u32,
    /// AllowOverrideList, in .htaccess.
    pub override_list: Option<Arc<Vec<BString>>>,
    /// Methods that the enclosing `<Limit>` leaves.
    pub limited: u64,
    /// The directive.
    pub node: &'b Node,
    /// Its row.
    pub row: &'static Directive,
    /// The sections around it, outermost first.
    pub parents: Vec<&'b Node>,
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
            }
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

impl<'b> Cmd<'b> {
    /// The directive's place.
    pub(crate) fn span(&self) -> Span {
        self.node.span
    }

    /// The server's settings, in the making.
    pub(crate) fn server(&mut self) -> &mut Draft {
        &mut self.build.servers[self.server]
    }

    /// Whether this is in a `<VirtualHost>`.
    pub(crate) fn is_virtual(&self) -> bool {
        self.server > 0
    }

    /// A module's per-directory settings here, made where there are none.
    pub(crate) fn slot<T: super::settings::Settings>(
        &mut self,
        pick: impl FnOnce(&mut PerDir) -> &mut Slot<T>,
    ) -> &mut T {
        slot(pick(self.dir), self.path.as_ref().map(|p| p.as_bstr()))
    }

    /// A module's per-server settings here, made where there are none.
    pub(crate) fn server_slot<T: super::settings::Settings>(
        &mut self,
        pick: impl FnOnce(&mut PerServer) -> &mut Slot<T>,
    ) -> &mut T {
        slot(pick(&mut self.build.servers[self.server].settings), None)
    }

    /// A module's settings for the main server, made where there are none.
    pub(crate) fn main_server_slot<T: super::settings::Settings>(
        &mut self,
        pick: impl FnOnce(&mut PerServer) -> &mut Slot<T>,
    ) -> &mut T {
        slot(pick(&mut self.build.servers[0].settings), None)
    }

    /// A warning at this directive.
    pub(crate) fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        let span = self.span();
        self.build.diagnostics.push(Diagnostic::warning(code, message, span));
    }

    /// A note at this directive.
    pub(crate) fn note(&mut self, code: &'static str, message: impl Into<String>) {
        let span = self.span();
        self.build.diagnostics.push(Diagnostic::note(code, message, span));
    }

    /// Notes that something of this directive is not modelled, for the requests that it is in force for.
    pub(crate) fn unmodelled(&mut self, directive: &'static str, module: &'static str, why: &'static str) {
        let span = self.span();
        let spot = Unmodelled { directive: directive.into(), module, span, why };
        slot(&mut self.dir.core, self.path.as_ref().map(|p| p.as_bstr())).unmodelled.push(spot);
    }

    /// The enclosing section of one of these names (lower case, without `<`), innermost first.
    pub(crate) fn parent(&self, names: &[&str]) -> Option<&'b Node> {
        self.parents.iter().rev().find(|p| names.iter().any(|n| p.name.eq_ignore_ascii_case(n.as_bytes()))).copied()
    }

    /// httpd's `ap_check_cmd_context`: refuses the directive in the places of `forbidden` ([`forbid`]).
    pub(crate) fn forbid(&self, forbidden: u32) -> Result<(), String> {
        let name = match self.row.name {
            n if n.starts_with('<') && !n.ends_with('>') => format!("{n}>"),
            n => n.to_string(),
        };
        if forbidden & forbid::VIRTUALHOST != 0 && self.is_virtual() {
            return Err(format!("{name} cannot occur within <VirtualHost> section"));
        }
        if forbidden & forbid::DIR_CONTEXT != 0 && self.limited != ALL_METHODS {
            return Err(format!("{name} cannot occur within <Limit> or <LimitExcept> section"));
        }
        if forbidden & forbid::HTACCESS != 0 && self.build.htaccess {
            return Err(format!("{name} cannot occur within htaccess files"));
        }
        if forbidden & forbid::DIR_LOC_FILE == forbid::DIR_LOC_FILE {
            if self.path.is_some() {
                return Err(format!("{name} cannot occur within directory context"));
            }
            if self.row.allowed & allowed::EXEC_ON_READ != 0 {
                return Ok(());
            }
        }
        let places: [(u32, &[&str]); 4] = [
            (forbid::DIRECTORY, &["directory", "directorymatch"]),
            (forbid::LOCATION, &["location", "locationmatch"]),
            (forbid::FILES, &["files", "filesmatch", "if", "elseif", "else"]),
            (forbid::PROXY, &["proxy", "proxymatch"]),
        ];
        for (bit, names) in places {
            if forbidden & bit != 0
                && let Some(found) = self.parent(names)
            {
                return Err(format!("{name} cannot occur within <{}> section", found.name));
            }
        }
        Ok(())
    }

    /// A section's argument, which it must have.
    pub(crate) fn section_argument(&self, raw: &BStr) -> Result<BString, String> {
        match before_closing(self.row.name, raw)? {
            [] => Err(format!("{}> directive requires additional arguments", self.row.name)),
            argument => Ok(argument.into()),
        }
    }

    /// Carries out what stands within the section: fresh settings for it.
    pub(crate) fn section(&mut self, path: &BStr, overrides: u32) -> PerDir {
        let mut settings = PerDir::default();
        slot(&mut settings.core, Some(path));
        self.children(&mut settings, Some(path.into()), overrides, self.limited, self.server);
        (self.build.loaded.functions.check_section)(self, &settings);
        settings
    }

    /// Carries out what stands within, on the settings around it (`<Limit>`, `<RequireAll>`); whether httpd would go on
    /// after it.
    pub(crate) fn within(&mut self, limited: u64) -> bool {
        let said = self.build.diagnostics.len();
        let mut dir = std::mem::take(self.dir);
        self.children(&mut dir, self.path.clone(), self.overrides, limited, self.server);
        *self.dir = dir;
        self.build.diagnostics.iter().skip(said).all(|d| d.severity != Severity::Error)
    }

    /// Carries out the section's directives on `dir`.
    pub(crate) fn children(
        &mut self,
        dir: &mut PerDir,
        path: Option<BString>,
        overrides: u32,
        limited: u64,
        server: usize,
    ) {
        let mut parents = self.parents.clone();
        parents.push(self.node);
        let scope = Scope {
            server,
            path,
            overrides,
            override_opts: self.override_opts,
            override_list: self.override_list.clone(),
            limited,
            parents,
        };
        self.build.walk(&self.node.children, dir, &scope);
    }

    /// A regular expression of the configuration.
    pub(crate) fn regex(&mut self, pattern: &[u8], flags: Flags) -> Result<Regex, String> {
        if let Some((typed, meant)) = lookalike(pattern) {
            let span = self.span();
            let d = Diagnostic::warning(
                "lookalike",
                format!("`{typed}` in the regular expression is a letter, no `{meant}`"),
                span,
            )
            .help(format!("it matches no path; type `{meant}` itself"));
            self.build.diagnostics.push(d);
        }
        match Regex::new(pattern, flags.with(self.build.regex_defaults)) {
            Ok(r) => Ok(r),
            Err(e) => {
                let note = format!("`{}`: {} (at offset {})", pattern.as_bstr(), e.message, e.offset);
                self.note("regex", note);
                Err("Regex could not be compiled".into())
            }
        }
    }

    /// A path made absolute under ServerRoot: `ap_server_root_relative`.
    pub(crate) fn server_root_relative(&self, path: &[u8]) -> BString {
        crate::filepath::merge(Some(self.build.server_root.as_bstr()), path).unwrap_or_else(|| path.into())
    }

    /// Refuses what is not on the machine, with httpd's message: a directory, or anything of that path. Where files may be
    /// elsewhere, that is a note.
    pub(crate) fn there(&mut self, path: &[u8], directory: bool, message: String) -> Result<(), String> {
        let found = resolve::stat(&*self.build.vfs, &Cred::root(), path);
        if found.is_ok_and(|stat| !directory || stat.kind == Kind::Directory) {
            return Ok(());
        }
        if self.build.lenient_paths {
            self.note("missing-file", message);
            return Ok(());
        }
        Err(message)
    }

    /// The number of a method, registered when it is new: `ap_method_number_of`, `ap_method_register`.
    pub(crate) fn method_number(&mut self, method: &[u8]) -> Result<u32, String> {
        if let Some(n) = super::method::number(method, &self.build.methods) {
            return Ok(n);
        }
        if self.build.htaccess {
            return Err(format!(
                "Could not register method '{}' for {} from .htaccess configuration",
                method.as_bstr(),
                self.row.name
            ));
        }
        if !super::method::has_room(&self.build.methods) {
            let message =
                format!("Maximum new request methods 62 reached while registering method {}.", method.as_bstr());
            self.warn("AH01610", message);
            return Ok(super::method::INVALID);
        }
        self.build.methods.push(method.into());
        Ok(super::method::BUILT_IN.len() as u32 + self.build.methods.len() as u32)
    }
}

/// A character that word processors put in the place of one that patterns are made of.
fn lookalike(pattern: &[u8]) -> Option<(char, char)> {
    let pairs = [
        ('\u{2c6}', '^'),
        ('\u{201c}', '"'),
        ('\u{201d}', '"'),
        ('\u{2018}', '\''),
        ('\u{2019}', '\''),
        ('\u{2013}', '-'),
    ];
    let text = pattern.to_str().ok()?;
    pairs.into_iter().find(|(typed, _)| text.contains(*typed))
}
