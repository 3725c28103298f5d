//! The engine: a compiled configuration, and the way of a request through it.
//!
//! [`process`] is the page to read first.

pub(crate) mod answer;
pub(crate) mod asked;
pub(crate) mod budget;
pub(crate) mod build;
pub(crate) mod byterange;
mod canonical;
pub(crate) mod captures;
pub(crate) mod catalogue;
pub(crate) mod cmd;
pub(crate) mod compile;
pub(crate) mod conditions;
pub(crate) mod core;
pub(crate) mod dbm;
pub(crate) mod directory_walk;
pub(crate) mod doubts;
mod encoders;
pub(crate) mod engine;
pub(crate) mod environ;
mod error_page;
pub(crate) mod etag;
pub(crate) mod expr_context;
pub(crate) mod file_walk;
mod files;
pub(crate) mod filters;
pub(crate) mod foreign;
pub(crate) mod functions;
mod help;
pub(crate) mod hooks;
mod hostname;
pub(crate) mod htaccess;
pub(crate) mod http_request;
pub(crate) mod if_walk;
pub(crate) mod index;
pub(crate) mod listen;
mod loading;
pub(crate) mod location_walk;
pub(crate) mod marks;
pub(crate) mod method;
pub(crate) mod module;
mod observed;
pub(crate) mod process;
pub(crate) mod protocol;
pub(crate) mod redirect;
mod remarks;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod rule;
pub(crate) mod script;
pub(crate) mod section;
pub(crate) mod sendable;
pub(crate) mod setting;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod subrequest;
pub(crate) mod table;
pub(crate) mod told;
pub(crate) mod trace;
pub(crate) mod unmodelled;
pub(crate) mod uri;
pub(crate) mod vhost;
pub(crate) mod walk_cache;
pub(crate) mod world;

use crate::outcome::NoAnswer;
use crate::server::module::{Directive, Module};
use crate::source::{SourceMap, Span};
use crate::version::{Kind, Version};
use crate::vfs::Cred;
use bstr::BString;
use catalogue::Catalogue;
use functions::Functions;
use section::Section;
use settings::{Merged, PerServer};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use world::World;

/// The modules of a run, in load order, and whose each directive is.
#[derive(Clone, Default)]
pub(crate) struct Loaded {
    /// The httpd that they are of.
    pub version: Version,
    /// What else there is.
    pub catalogue: &'static Catalogue,
    /// What they do where the engine asks.
    pub functions: Functions,
    /// In load order.
    pub modules: Vec<&'static Module>,
    /// Their source files and identifiers.
    names: HashSet<&'static str>,
    by_name: HashMap<Vec<u8>, Vec<(&'static Module, &'static Directive)>>,
    /// Those that nobody here knows.
    strangers: Vec<&'static Module>,
    /// Whether a list says what is loaded, as a scenario's `modules` does.
    pub listed: bool,
}

impl Loaded {
    /// The modules of that list, which must be in load order, as a version of httpd has them.
    pub(crate) fn new(modules: Vec<&'static Module>, version: Version, catalogue: &'static Catalogue) -> Loaded {
        let mut loaded = Loaded { version, catalogue, ..Loaded::default() };
        modules.into_iter().for_each(|m| loaded.push(m));
        loaded
    }

    /// Loads one that nobody here knows.
    pub(crate) fn push_stranger(&mut self, m: &'static Module) {
        self.push(m);
        self.strangers.push(m);
    }

    /// The modules that nobody here knows, as they were loaded.
    pub(crate) fn strangers(&self) -> &[&'static Module] {
        &self.strangers
    }

    /// Loads one more. It is asked first, as httpd's list of modules grows at its head.
    pub(crate) fn push(&mut self, m: &'static Module) {
        self.modules.push(m);
        self.names.extend([m.name, m.identifier]);
        (m.register)(&mut self.functions);
        let version = self.version;
        for row in m.directives.iter().filter(|row| version.lacks(Kind::Directive, row.name.as_bytes()).is_none()) {
            let rows = self.by_name.entry(row.name.to_ascii_lowercase().into()).or_default();
            let own = rows.iter().take_while(|(other, _)| std::ptr::eq(*other, m)).count();
            rows.insert(own, (m, row));
        }
    }

    /// The rows of a directive, by any spelling of its name.
    pub(crate) fn rows(&self, name: &[u8], section: bool) -> &[(&'static Module, &'static Directive)] {
        let mut key = Vec::with_capacity(name.len() + 1);
        if section {
            key.push(b'<');
        }
        key.extend(name.iter().map(u8::to_ascii_lowercase));
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }

    /// All directives' names, as written in the rows.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.by_name.values().flatten().map(|(_, row)| row.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The modules that bring names to expressions.
    pub(crate) fn expr_providers(&self) -> crate::expr::Providers {
        crate::expr::Providers { ssl: self.has("ssl_module"), proxy_hcheck: self.has("proxy_hcheck_module") }
    }

    /// Whether a module is loaded, by source file or identifier.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// A server: the main one or a virtual host.
pub(crate) struct Server {
    /// Its index; 0 is the main server.
    pub index: usize,
    /// Where its section opens.
    pub span: Option<Span>,
    /// ServerName (or what stands in for it): httpd's `server_hostname`.
    pub hostname: BString,
    /// Where ServerName stands.
    pub name_span: Option<Span>,
    /// The port of ServerName or of the first address; 0 for none.
    pub port: u16,
    /// The scheme of ServerName; empty for none.
    pub scheme: BString,
    /// ServerPath.
    pub path: Option<(BString, Span)>,
    /// The addresses of its section.
    pub addrs: Vec<vhost::Address>,
    /// Settings by module, those of the main server beneath.
    pub settings: PerServer,
    /// Settings outside any section: where each merge begins.
    pub lookup_defaults: Arc<Merged>,
    /// `<Directory>` sections in the order in which they are tried.
    pub sec_dir: index::Indexed<Arc<Section>>,
    /// `<Location>` sections in the order of the configuration.
    pub sec_url: index::Indexed<Arc<Section>>,
    /// Whether it speaks TLS (SSLEngine on).
    pub tls: bool,
}

impl Server {
    /// What of a URL path is below ServerPath.
    pub(crate) fn below_path<'p>(&self, uri: &'p [u8]) -> Option<&'p [u8]> {
        let (prefix, _) = self.path.as_ref()?;
        let rest = uri.strip_prefix(prefix.as_slice())?;
        (prefix.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &str {
        if self.scheme.eq_ignore_ascii_case(b"https") { "https" } else { "http" }
    }

    /// The core's settings.
    pub(crate) fn core(&self) -> &modules_core::ServerConf {
        static DEFAULT: std::sync::OnceLock<modules_core::ServerConf> = std::sync::OnceLock::new();
        self.settings.core.as_deref().unwrap_or_else(|| DEFAULT.get_or_init(Default::default))
    }
}

use crate::server::core as modules_core;

/// A compiled configuration. It is built once; requests only read it.
pub(crate) struct Compiled {
    /// Where it runs: its fields are read as this one's.
    pub world: Arc<World>,
    /// All texts.
    pub sources: SourceMap,
    /// The modules.
    pub loaded: Arc<Loaded>,
    /// Their hooks.
    pub hooks: hooks::Hooks,
    /// The servers; 0 is the main one.
    pub servers: Vec<Server>,
    /// Names of the servers, for the tables.
    pub names: Vec<vhost::Names>,
    /// Addresses.
    pub tables: vhost::Tables,
    /// ServerRoot.
    pub server_root: BString,
    /// Who httpd serves as.
    pub cred: Cred,
    /// Methods that `<Limit>` registered.
    pub methods: Vec<BString>,
    /// How many directives it has: what a subrequest may have to look at.
    pub size: u64,
    /// Whether anything can come of walking `<Location>` sections before pre_translate_name.
    pub walks_early: bool,
    /// What regular expressions are compiled with that come after all: RegexDefaultOptions.
    pub regex_defaults: crate::pattern::Flags,
    /// Whether all modules that check access do so by settings alone (`auth_internal_per_conf`).
    pub auth_per_settings: bool,
    /// What reading the configuration left: .htaccess files see its names and macros.
    pub state: crate::conf::State,
    /// Aliases of providers.
    pub aliases: settings::Aliases,
    /// Directives of modules that are not loaded are passed over with a caveat.
    pub assume_modules: bool,
    /// What httpd would stop at is left out, in .htaccess files too.
    pub past_errors: bool,
    /// Where it takes connections; none where it does on every port.
    pub listens: Option<listen::Listens>,
}

impl Deref for Compiled {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

/// A connection: httpd's `conn_rec`.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The client.
    pub client: IpAddr,
    /// The address it came in on.
    pub local: IpAddr,
    /// And the port.
    pub local_port: u16,
    /// Whether it is TLS.
    pub tls: bool,
    /// Whether the client speaks plain HTTP where TLS is spoken.
    pub plain_on_tls: bool,
    /// Why there is no answer.
    pub unanswered: Option<NoAnswer>,
    /// The name that the client asked for in its TLS handshake.
    pub sni: Option<BString>,
    /// What mod_ssl's variables are, where it is given, without `SSL_`.
    pub ssl: Vec<(String, String)>,
    /// The virtual hosts that share the address.
    pub chain: Option<vhost::ChainId>,
    /// The server before any name was seen: httpd's `base_server`.
    pub base_server: usize,
    /// Whether the client's name was looked up.
    pub named: Cell<bool>,
    /// Whether an answer could not be sent for one of its headers: the next such one is cut short.
    pub unsendable: Cell<bool>,
    /// The server whose settings the TLS handshake used.
    pub handshake: usize,
}
