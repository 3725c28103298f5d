//! From text to a compiled server: `ap_read_config` and what httpd does with its result before it serves.

use super::build::{Build, Scope};
use super::catalogue::Catalogue;
pub(crate) use super::files::{Beside, VfsFiles};
pub(crate) use super::loading::Known;
pub use super::loading::Modules;
use super::settings::{Merged, PerDir, PerServer, slot};
use super::world::World;
use super::{Compiled, Server, hooks::Hooks, vhost};
use crate::conf::{self, LoadedModule, Node};
use crate::diagnostic::{Diagnostic, Severity, UNREAD};
use crate::pattern::Flags;
use crate::source::{FileId, Paths, SourceMap, Span};
use crate::version::{self, Version};
use crate::vfs::{Users, Vfs};
use bstr::BString;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

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
    /// Where lines at which httpd would stop are left out: the modules without what that assumes.
    pub past_errors: Option<Modules>,
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
            past_errors: None,
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
    /// The modules whose directives were met without them, by the names of their sources.
    pub lacking: BTreeSet<&'static str>,
}

impl Output {
    /// The error at which httpd stops.
    pub(crate) fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.first)
    }
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
        past_errors: input.past_errors.is_some(),
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
    let refused = !build.past_errors && build.diagnostics.iter().any(|d| d.severity == Severity::Error);
    let lacking = std::mem::take(&mut build.lacking);
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
        lacking,
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
    if !build.past_errors && build.diagnostics.iter().any(|d| d.severity == Severity::Error) {
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
        past_errors: build.past_errors,
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
