//! From text to a compiled server: `ap_read_config` and what httpd does with its result before it serves.

use super::build::{Build, Scope};
use super::catalogue::{Catalogue, Known as KnownModule, Loading as When};
use super::settings::{Merged, PerDir, PerServer, slot};
use super::world::World;
use super::{Compiled, Loaded, Server, hooks::Hooks, vhost};
use crate::conf::row::Row;
use crate::conf::{self, FileKind, Knowledge, LoadedModule, Loading, Node};
use crate::diagnostic::{Diagnostic, Severity, UNREAD};
use crate::filepath;
use crate::pattern::Flags;
use crate::server::module::Module;
use crate::source::{FileId, Paths, SourceMap, Span};
use crate::version::{self, Version};
use crate::vfs::{Cred, Kind, Users, Vfs, resolve};
use bstr::{BString, ByteSlice};
use std::collections::BTreeMap;
use std::net::IpAddr;
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

/// What a run begins with.
#[derive(Clone)]
pub(crate) struct Input {
    /// The configuration's name in messages.
    pub name: String,
    /// Its text.
    pub text: BString,
    /// The httpd that reads it.
    pub version: Version,
    /// The modules that there are.
    pub catalogue: &'static Catalogue,
    /// Where the server's files are on this machine.
    pub paths: Paths,
    /// Modules.
    pub modules: Modules,
    /// Names of -D.
    pub defines: Vec<String>,
    /// Where httpd runs. Its users are read from the files.
    pub world: World,
    /// The file system.
    pub vfs: Arc<dyn Vfs>,
    /// What relative Includes find besides.
    pub beside: Option<Beside>,
    /// ServerRoot.
    pub server_root: BString,
    /// A missing DocumentRoot (of the main server) or map file is a note only: files may be elsewhere.
    pub lenient_paths: bool,
    /// Directives of modules that are not loaded are passed over with a caveat.
    pub assume_modules: bool,
    /// Ports that httpd listens on, besides those of Listen lines.
    pub ports: Vec<u16>,
    /// Whether a connection to any other port is refused (where there is a Listen line at all).
    pub own_ports: bool,
}

impl Input {
    /// A configuration named `config`, over a file system, with the modules that a scenario has.
    pub(crate) fn new(text: impl Into<BString>, vfs: Arc<dyn Vfs>, catalogue: &'static Catalogue) -> Input {
        Input {
            name: "config".into(),
            text: text.into(),
            version: Version::default(),
            catalogue,
            paths: Paths::default(),
            modules: Modules::Default,
            defines: Vec::new(),
            world: World::default(),
            vfs,
            beside: None,
            server_root: "/etc/apache2".into(),
            lenient_paths: false,
            assume_modules: false,
            ports: vec![80],
            own_ports: false,
        }
    }
}

/// What reading a configuration came to.
pub(crate) struct Output {
    /// All texts.
    pub sources: SourceMap,
    /// What was found, in order; `first` marks the error at which httpd stops.
    pub diagnostics: Vec<Diagnostic>,
    /// The server; none when httpd would refuse to start.
    pub server: Option<Arc<Compiled>>,
    /// The directives, as they were read.
    pub nodes: Vec<Node>,
    /// Those that were carried out before all of them.
    pub executed: Vec<Node>,
    /// The parts whose condition does not hold.
    pub skipped: Vec<conf::Skipped>,
    /// The modules that LoadModule lines name.
    pub modules: Vec<LoadedModule>,
    /// How many Listen lines there are.
    pub listens: usize,
    /// ServerRoot at the end.
    pub server_root: BString,
    /// Files that were found beside the configuration, by the paths where httpd looks for them.
    pub beside: Vec<(BString, FileId)>,
}

impl Output {
    /// The error at which httpd stops.
    pub(crate) fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.first)
    }
}

/// The file system as the reader of configurations sees it: as root, who starts httpd.
pub(crate) struct VfsFiles<'v> {
    /// The files.
    pub vfs: &'v dyn Vfs,
    /// What relative Includes find besides.
    pub beside: Option<&'v Beside>,
}

impl conf::Files for VfsFiles<'_> {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        resolve::read(self.vfs, &Cred::root(), path).map(|t| t.to_vec()).map_err(|e| e.to_string())
    }
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, String> {
        resolve::list(self.vfs, &Cred::root(), path).map_err(|e| e.to_string())
    }
    fn kind(&self, path: &[u8], follow: bool) -> Option<FileKind> {
        let root = Cred::root();
        let found = if follow { resolve::stat(self.vfs, &root, path) } else { resolve::lstat(self.vfs, &root, path) };
        Some(match found.ok()?.kind {
            Kind::Regular => FileKind::File,
            Kind::Directory => FileKind::Dir,
            _ => FileKind::Other,
        })
    }
    fn beside(&self) -> Option<&dyn conf::Files> {
        self.beside.map(|beside| beside as &dyn conf::Files)
    }
}

/// The directory that a scenario's configuration file is in.
#[derive(Clone)]
pub(crate) struct Beside {
    /// Its files.
    pub vfs: Arc<dyn Vfs>,
    /// What places call it.
    pub name: BString,
}

impl Beside {
    /// The path of one of its files by the file's name.
    pub(crate) fn path(&self, name: &str) -> BString {
        let path = name.as_bytes().strip_prefix(self.name.as_slice()).unwrap_or_default();
        filepath::join(b"/", path.strip_prefix(b"/").unwrap_or(path))
    }

    fn files(&self) -> VfsFiles<'_> {
        VfsFiles { vfs: &*self.vfs, beside: None }
    }
}

impl conf::Files for Beside {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        self.files().read(path)
    }
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, String> {
        self.files().list(path)
    }
    fn kind(&self, path: &[u8], follow: bool) -> Option<FileKind> {
        self.files().kind(path, follow)
    }
    fn name(&self, path: &[u8]) -> BString {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        filepath::join(&self.name, path)
    }
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
    fn is_own(modules: &Modules) -> bool {
        matches!(modules, Modules::Own | Modules::OwnAnd(_) | Modules::OwnElseDefault)
    }

    /// With the modules that are there before the configuration is read.
    fn new(modules: &Modules, version: Version, catalogue: &'static Catalogue) -> Known {
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

/// Reads and compiles a configuration.
pub(crate) fn compile(mut input: Input) -> Output {
    let sources = SourceMap::with_paths(input.paths.clone());
    let file = sources.add(input.name.clone(), std::mem::take(&mut input.text));
    let complete = !input.lenient_paths;
    let mut options = conf::Options { env: input.world.env.clone(), complete, ..Default::default() };
    options.state.server_root = input.server_root.clone();
    for name in &input.defines {
        options.state.define(name.as_bytes(), None);
    }
    let files = VfsFiles { vfs: &*input.vfs, beside: input.beside.as_ref() };
    let read = |modules: &Modules, options: &conf::Options, mpm: bool| {
        let mut know = Known::new(modules, input.version, input.catalogue);
        if let Some(event) = (input.catalogue.module)("mpm_event_module").filter(|_| mpm) {
            Arc::make_mut(&mut know.loaded).push(event);
        }
        let tree = conf::read(&sources, file, &files, &mut know, options);
        (tree, know)
    };
    let (mut tree, mut know) = read(&input.modules, &options, false);
    // a configuration that loads nothing at all, its includes neither, is taken for a part of one that does
    let instead = match input.modules {
        Modules::Own => Some(Modules::All),
        Modules::OwnElseDefault => Some(Modules::Default),
        _ => None,
    };
    let instead = instead.filter(|_| tree.loaded.is_empty());
    // one that loads modules and no MPM is for an httpd that has one compiled in
    let no_mpm = Known::is_own(&input.modules)
        && !tree.loaded.is_empty()
        && !tree.loaded.iter().any(|m| m.identifier.starts_with(b"mpm_"))
        && !know.loaded.names().contains(&"Listen");
    if no_mpm {
        options.known = std::mem::take(&mut tree).included;
        (tree, know) = read(&input.modules, &options, true);
    }
    let no_module = matches!(instead, Some(Modules::All));
    if let Some(modules) = instead {
        // the same files again: their texts are there
        options.known = std::mem::take(&mut tree).included;
        (tree, know) = read(&modules, &options, false);
    }
    let mut missed = Vec::new();
    input.world.users = Users::read(&*input.vfs, |path, errno| {
        if errno.is_limit() {
            let message = errno.unread(&sources.shown(path.as_bytes()));
            missed.push(Diagnostic::warning(UNREAD, message, Span::NONE).help("users and groups are not known"));
        }
    });
    let world = Arc::new(std::mem::take(&mut input.world));
    let mut build = Build {
        diagnostics: tree.diagnostics,
        server_root: tree.state.server_root.clone(),
        run_as: ("www-data".into(), "www-data".into()),
        lenient_paths: input.lenient_paths,
        assume_modules: input.assume_modules,
        regex_defaults: Flags { no_dotall: !know.loaded.version.has(&version::DOT_IS_ANY), ..Flags::NONE },
        filters: Some(Default::default()),
        ..Build::new(world, sources.clone(), know.loaded, input.vfs.clone())
    };
    if build.users.uid(b"www-data").is_some() {
        build.cred = build.users.cred(b"www-data", b"www-data");
    }
    build.diagnostics.extend(missed);
    if no_module {
        let span = Span { file, line: 1, start: 0, end: 0 };
        let note = "no LoadModule line: all modules are taken to be loaded";
        build.diagnostics.push(Diagnostic::note("all-modules", note, span));
    }
    // what stands before any configuration
    build.servers[0].name = Some(vhost::ServerName { host: "localhost".into(), ..Default::default() });
    let mut defaults = PerDir::default();
    slot(&mut defaults.core, None);
    // there always, as in httpd: what a virtual host adds and removes is merged onto it
    slot(&mut defaults.mime, None);
    build.walk(&tree.executed, &mut defaults, &Scope::server());
    build.walk(&tree.nodes, &mut defaults, &Scope::server());
    build.servers[0].defaults = defaults;
    check_config(&mut build);
    mark_first(&mut build.diagnostics);
    let listens = build.listens.len();
    let is_closed = input.own_ports && listens > 0;
    input.ports.into_iter().for_each(|port| build.listens.imply(port));
    let refused = build.diagnostics.iter().any(|d| d.severity == Severity::Error);
    let diagnostics = std::mem::take(&mut build.diagnostics).all();
    let server_root = build.server_root.clone();
    let server = (!refused).then(|| Arc::new(finish(build, tree.state, is_closed)));
    Output {
        sources,
        diagnostics,
        server,
        nodes: tree.nodes,
        executed: tree.executed,
        skipped: tree.skipped,
        modules: tree.loaded,
        listens,
        server_root,
        beside: tree.beside,
    }
}

/// Marks the error at which httpd stops, unless the reader did.
fn mark_first(diagnostics: &mut [Diagnostic]) {
    if diagnostics.iter().any(|d| d.first) {
        return;
    }
    if let Some(d) = diagnostics.iter_mut().find(|d| d.severity == Severity::Error) {
        d.first = true;
    }
}

/// What is checked once the whole configuration is read.
fn check_config(build: &mut Build) {
    if build.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return;
    }
    let late = std::mem::take(&mut build.late);
    build.diagnostics.extend(late);
    let mut all = build.loaded.functions.check_config.clone();
    all.sort_by_key(|(order, _)| *order);
    all.into_iter().for_each(|(_, check)| check(build));
}

/// Merges the virtual hosts onto the main server and builds the tables: `ap_fixup_virtual_hosts`,
/// `ap_core_reorder_directories`, `ap_fini_vhost_config`.
fn finish(build: Build, state: conf::State, is_closed: bool) -> Compiled {
    let addrs: Vec<_> = build.servers.iter().map(|s| s.addrs.clone()).collect();
    let main_name = build.servers[0].name.clone().unwrap_or_default();
    let main_settings = build.servers[0].settings.clone();
    let main_defaults = Merged::new(build.servers[0].defaults.clone());
    let mut servers = Vec::new();
    let mut names = Vec::new();
    for (index, draft) in build.servers.into_iter().enumerate() {
        let settings = if index == 0 { draft.settings } else { PerServer::merge(&main_settings, &draft.settings) };
        let mut settings = settings;
        if let Some(listen) = build.listens.https(&draft.addrs) {
            (build.loaded.functions.tls.by_default)(&mut settings, listen);
        }
        let lookup_defaults = if index == 0 {
            main_defaults.clone()
        } else {
            Merged::new(PerDir::merge(&main_defaults.settings, &draft.defaults))
        };
        let first_port = draft.addrs.first().map_or(0, |a| a.port);
        let named = draft.name.clone();
        let hostname = match &named {
            Some(n) => n.host.clone(),
            None => unnamed(&draft.addrs, &main_name.host, &build.world.hosts),
        };
        // the section's address gives the port, unless a later ServerName does
        let port = match &named {
            Some(n) => n.port,
            None if first_port != 0 => first_port,
            None => main_name.port,
        };
        let core = settings.core.clone().unwrap_or_default();
        let mut sec_dir = core.sec_dir.clone();
        sec_dir.sort_by_key(|s| (s.regex.is_some(), s.components));
        names.push(vhost::Names {
            server_hostname: hostname.clone(),
            names: draft.names,
            wild_names: draft.wild_names,
        });
        servers.push(Server {
            index,
            span: draft.span,
            hostname,
            name_span: named.as_ref().and_then(|n| n.span),
            port,
            scheme: named.map(|n| n.scheme).unwrap_or_default(),
            path: draft.path,
            addrs: draft.addrs,
            sec_dir: sec_dir.into(),
            sec_url: core.sec_url.clone().into(),
            tls: (build.loaded.functions.tls.speaks)(&settings),
            settings,
            lookup_defaults,
        });
    }
    // a pattern's named groups stay in the environment, whichever walk it was that it matched in
    let names_groups = |v: &Server| v.sec_url.iter().filter_map(|s| s.regex.as_ref()).any(|r| !r.names().is_empty());
    Compiled {
        size: build.size,
        walks_early: build.acts_early || servers.iter().any(names_groups),
        world: build.world,
        sources: build.sources,
        hooks: Hooks::new(&build.loaded.modules),
        // those that registered by ap_hook_access_checker and kin, not by ap_hook_check_access
        auth_per_settings: !["mod_wsgi.c", "mod_allowmethods.c", "mod_lua.c"].iter().any(|m| build.loaded.has(m)),
        loaded: build.loaded,
        tables: vhost::Tables::new(&addrs),
        servers,
        names,
        server_root: build.server_root,
        cred: build.cred,
        methods: build.methods,
        regex_defaults: build.regex_defaults,
        state,
        aliases: build.aliases,
        assume_modules: build.assume_modules,
        listens: is_closed.then_some(build.listens),
    }
}

/// The name of a virtual host without ServerName.
fn unnamed(addrs: &[vhost::Address], main: &BString, hosts: &[(IpAddr, String)]) -> BString {
    if addrs.iter().any(|a| a.ip.is_none()) {
        return main.clone();
    }
    let Some(ip) = addrs.first().and_then(|a| a.ip) else { return "bogus_host_without_forward_dns".into() };
    match hosts.iter().find(|(i, _)| *i == ip) {
        Some((_, name)) => name.as_str().into(),
        None => "bogus_host_without_reverse_dns".into(),
    }
}
