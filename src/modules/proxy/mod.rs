//! mod_proxy.c: requests that other servers answer. Those servers are never asked: what is modelled is which request
//! goes where, what mod_proxy refuses by itself, and what PHP-FPM makes of a request.
//!
//! The modules for the schemes (mod_proxy_http and kin) have no hooks of their own: `canon` and `handler` ask
//! which of them are loaded.

mod backend;
mod balancer;
mod canon;
mod express;
mod fcgi;
mod fpm;
mod handler;
mod hosts;
mod params;
mod pass;
mod rows;
mod schemes;
mod section;
mod servlet;
mod setters;
mod translate;
mod worker;

use crate::named::Named;
use crate::pattern::{Regex, begins_nocase};
use crate::server::build::Build;
use crate::server::functions::Functions;
use crate::server::index::{Beginning, Indexed};
use crate::server::module::{Hook, Module, Phase, hook, order};
use crate::server::section::Section;
use crate::server::setting::Set;
use crate::server::settings::{self, PerServer};
use crate::server::uri;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

pub(crate) use balancer::Balancer;
pub(crate) use express::{EXPRESS, Express};
pub(crate) use fcgi::FCGI;
pub(crate) use hosts::{Blocked, Direct};
pub(crate) use schemes::{CONNECT, WSTUNNEL};
pub(crate) use worker::Workers;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_proxy.c",
    identifier: "proxy_module",
    directives: rows::DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.check_config.push((order::LAST, check_config));
}

static HOOKS: &[Hook] = &[
    hook(Phase::Handler, order::FIRST, handler::handler),
    hook(Phase::PreTranslateName, order::MIDDLE, translate::pre_translate),
    Hook { after: &["mod_rewrite.c"], ..hook(Phase::TranslateName, order::FIRST, translate::translate) },
    hook(Phase::MapToStorage, order::FIRST, section::map_location),
    Hook { after: &["mod_rewrite.c"], ..hook(Phase::Fixups, order::FIRST, canon::fixup) },
    hook(Phase::PostReadRequest, order::FIRST, translate::detect),
];

/// One ProxyPass or ProxyPassMatch: httpd's `proxy_alias`.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    /// Its place.
    pub span: Span,
    /// The path that it stands for.
    pub fake: BString,
    /// Where that leads, without the path of a socket; `!` for nowhere.
    pub real: BString,
    /// In place of the path.
    pub regex: Option<Regex>,
    /// `nocanon`
    pub nocanon: bool,
    /// `interpolate`
    pub interpolate: bool,
    /// `noquery`
    pub noquery: bool,
    /// `mapping=`
    pub mapping: Mapping,
}

impl Alias {
    /// Whether it keeps requests from being proxied.
    pub(crate) fn excludes(&self) -> bool {
        self.real == "!"
    }
}

impl Beginning for Alias {
    fn beginning(&self) -> Vec<u8> {
        match &self.regex {
            Some(regex) => regex.beginning().into(),
            // variables, and a servlet container's parameters, leave nothing certain
            None if self.interpolate || self.mapping == Mapping::Servlet => Vec::new(),
            None => uri::single_slashes(&self.fake).into(),
        }
    }
}

/// `mapping=` of ProxyPass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mapping {
    /// The decoded path.
    #[default]
    Decoded,
    /// The path as sent.
    Encoded,
    /// The path as sent, as a servlet container reads it.
    Servlet,
}

/// ProxyRemote: httpd's `proxy_remote`.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    /// Its place.
    pub span: Span,
    /// A scheme, the beginning of a URL, or `*`.
    pub scheme: BString,
    /// In place of these.
    pub regex: Option<Regex>,
}

/// Settings per server: httpd's `proxy_server_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// ProxyPass, in the order of the configuration.
    pub aliases: Arc<Indexed<Alias>>,
    /// `<Proxy>` sections.
    pub sections: Arc<Vec<Arc<Section>>>,
    /// ProxyRemote.
    pub remotes: Arc<Vec<Remote>>,
    /// ProxyBlock.
    pub blocked: Arc<Named<Blocked>>,
    /// NoProxy.
    pub direct: Arc<Named<Direct>>,
    /// ProxyRequests.
    pub requests: Option<Set<bool>>,
    /// ProxyDomain.
    pub domain: Option<Set<BString>>,
    /// ProxyPassInherit.
    pub pass_inherit: Option<bool>,
    /// BalancerInherit.
    pub inherit: Option<bool>,
    /// Back-ends.
    pub workers: Arc<Workers>,
    /// Groups of back-ends.
    pub balancers: Arc<Named<Balancer>>,
    /// AllowCONNECT: the first and last port of each range.
    pub connect_ports: Arc<Vec<(u16, u16, Span)>>,
}

/// One list, then the other.
fn chain<T: Clone, L: Deref<Target = [T]> + FromIterator<T>>(first: &Arc<L>, then: &Arc<L>) -> Arc<L> {
    match (first.is_empty(), then.is_empty()) {
        (true, _) => then.clone(),
        (_, true) => first.clone(),
        _ => Arc::new(first.iter().chain(then.iter()).cloned().collect()),
    }
}

impl settings::Settings for Server {
    /// `merge_proxy_config`: the main server's come first.
    fn merge(base: &Server, add: &Server) -> Server {
        let inherit = add.inherit.or(base.inherit);
        let pass_inherit = add.pass_inherit.or(base.pass_inherit);
        let pass = pass_inherit.unwrap_or(true);
        let all = pass || inherit.unwrap_or(true);
        Server {
            aliases: Indexed::join(&base.aliases, &add.aliases),
            sections: chain(&base.sections, &add.sections),
            remotes: if pass { chain(&base.remotes, &add.remotes) } else { add.remotes.clone() },
            blocked: chain(&base.blocked, &add.blocked),
            direct: chain(&base.direct, &add.direct),
            requests: Set::merge(&base.requests, &add.requests),
            domain: Set::merge(&base.domain, &add.domain),
            pass_inherit,
            inherit,
            workers: if all { chain(&base.workers, &add.workers) } else { add.workers.clone() },
            balancers: if all { balancer::merge(&base.balancers, &add.balancers) } else { add.balancers.clone() },
            connect_ports: chain(&base.connect_ports, &add.connect_ports),
        }
    }
}

/// Settings per directory: httpd's `proxy_dir_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// ProxyPass in a `<Location>`.
    pub alias: Option<Set<Arc<Alias>>>,
    /// ProxyPassInterpolateEnv.
    pub interpolate_env: Option<Set<bool>>,
    /// ProxyErrorOverride.
    error_override: backend::Override,
    /// The settings of mod_proxy_fcgi.
    fcgi: fcgi::Dir,
    /// ProxyWebsocketFallbackToProxyHttp.
    pub websocket_fallback: Option<bool>,
}

impl settings::Settings for Dir {
    /// `merge_proxy_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            alias: Set::merge(&base.alias, &add.alias),
            interpolate_env: Set::merge(&base.interpolate_env, &add.interpolate_env),
            error_override: backend::Override::merge(&base.error_override, &add.error_override),
            fcgi: fcgi::Dir::merge(&base.fcgi, &add.fcgi),
            websocket_fallback: add.websocket_fallback.or(base.websocket_fallback),
        }
    }
}

/// What mod_proxy does once the configuration is read: balancers need modules besides their own.
pub(crate) fn check_config(build: &mut Build) {
    if !build.loaded.has("proxy_balancer_module") {
        return;
    }
    if !build.loaded.has("slotmem_shm_module") {
        let message = "Failed to lookup provider 'shm' for 'slotmem': is mod_slotmem_shm loaded??";
        build.diagnostics.push(crate::diagnostic::Diagnostic::error("AH01177", message, Span::NONE));
        return;
    }
    for server in &build.servers {
        let balancers = server.settings.proxy.iter().flat_map(|p| p.balancers.iter());
        for b in balancers.filter(|b| !balancer::method_loaded(&build.loaded, &b.method)) {
            let message = format!("Cannot find LB Method: {}", b.method);
            build.diagnostics.push(crate::diagnostic::Diagnostic::error("AH02432", message, b.span));
        }
    }
}

/// The settings of a server.
fn of(settings: &PerServer) -> &Server {
    static NOTHING: LazyLock<Server> = LazyLock::new(Server::default);
    settings.proxy.as_deref().unwrap_or(&NOTHING)
}

/// `ap_proxy_de_socketfy`: a URL without the socket in front of it (`unix:/path|http://host/`). `None`: no scheme.
fn without_socket(url: &[u8]) -> Option<BString> {
    let bar = match url.find_byte(b'|') {
        Some(bar) if begins_nocase(url, b"unix:") => bar,
        _ => return Some(url.into()),
    };
    let rest = &url[bar + 1..];
    let after = &rest[rest.find_byte(b':')? + 1..];
    Some(match after {
        b"" => [rest, b"//localhost"].concat().into(),
        b"//" => [rest, b"localhost"].concat().into(),
        _ => rest.into(),
    })
}
