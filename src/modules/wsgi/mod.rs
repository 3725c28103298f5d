//! mod_wsgi 4.9 (src/server/mod_wsgi.c): Python applications, within httpd's children or in daemon processes.
//!
//! `alias` leads from a URL to a script, `group` says where that runs, `handler` runs it. What a script answers
//! is not known here: it is asked of [`Programs`](crate::server::engine::Programs).

mod alias;
mod authz;
mod daemon;
mod environment;
mod functions;
mod group;
mod handler;
mod options;
mod proxies;
mod remote;
mod rows;
mod setters;

use crate::address::IpSubnet;
use crate::named::Named;
use crate::server::functions::Functions;
use crate::server::index::Indexed;
use crate::server::module::{Hook, Module, Phase, hook, order};
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BStr, BString};
use std::sync::Arc;

pub(super) use authz::{AUTHN_PROVIDER, PROVIDERS};

const NAME: &str = "mod_wsgi.c";

/// The handler of WSGI scripts.
pub(crate) const HANDLER: &str = "wsgi-script";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "wsgi_module",
    directives: rows::DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.wsgi.iter().flat_map(|dir| dir.auth_user_span())));
}

/// `wsgi_register_hooks`
static HOOKS: &[Hook] = &[
    Hook {
        after: &["mod_alias.c"],
        before: &["mod_userdir.c", "mod_vhost_alias.c"],
        ..hook(Phase::TranslateName, order::MIDDLE, alias::intercept)
    },
    hook(Phase::Handler, order::MIDDLE, handler::handler),
    Hook {
        after: &["mod_ssl.c"],
        before: &["mod_authz_host.c"],
        ..hook(Phase::AccessChecker, order::MIDDLE, authz::access_checker)
    },
];

/// A script that is named in the configuration, and where it stands.
type Script = Option<Set<BString>>;

/// What may be set for a server and for a directory alike.
#[derive(Clone, Debug, Default)]
struct Common {
    /// WSGIRestrictProcess.
    restrict_process: Option<Set<Arc<Vec<BString>>>>,
    /// WSGIProcessGroup.
    process_group: Option<Set<BString>>,
    /// WSGIApplicationGroup.
    application_group: Option<Set<BString>>,
    /// WSGICallableObject.
    callable_object: Option<Set<BString>>,
    /// WSGIChunkedRequest.
    chunked_request: Option<Set<bool>>,
    /// WSGIPassAuthorization.
    pass_authorization: Option<Set<bool>>,
    /// WSGIMapHEADToGET; none: `Auto`.
    map_head_to_get: Option<Set<Option<bool>>>,
    /// WSGIDispatchScript.
    dispatch_script: Script,
    /// WSGITrustedProxyHeaders, as variables of the environment.
    trusted_proxy_headers: Option<Arc<Vec<BString>>>,
    /// WSGITrustedProxies.
    trusted_proxies: Option<Arc<Vec<IpSubnet>>>,
    /// WSGIHandlerScript, in the order of the configuration: the last of a name counts.
    handler_scripts: Arc<Vec<setters::HandlerScript>>,
}

impl Common {
    /// The part of `wsgi_merge_server_config` and `wsgi_merge_dir_config` that is the same in both.
    fn merge(base: &Common, add: &Common) -> Common {
        Common {
            restrict_process: Set::merge(&base.restrict_process, &add.restrict_process),
            process_group: Set::merge(&base.process_group, &add.process_group),
            application_group: Set::merge(&base.application_group, &add.application_group),
            callable_object: Set::merge(&base.callable_object, &add.callable_object),
            chunked_request: Set::merge(&base.chunked_request, &add.chunked_request),
            pass_authorization: Set::merge(&base.pass_authorization, &add.pass_authorization),
            map_head_to_get: Set::merge(&base.map_head_to_get, &add.map_head_to_get),
            dispatch_script: Set::merge(&base.dispatch_script, &add.dispatch_script),
            trusted_proxy_headers: add.trusted_proxy_headers.clone().or_else(|| base.trusted_proxy_headers.clone()),
            trusted_proxies: add.trusted_proxies.clone().or_else(|| base.trusted_proxies.clone()),
            handler_scripts: join(&base.handler_scripts, &add.handler_scripts),
        }
    }
}

/// One list before another.
fn join<T: Clone>(first: &Arc<Vec<T>>, then: &Arc<Vec<T>>) -> Arc<Vec<T>> {
    match (first.is_empty(), then.is_empty()) {
        (true, _) => then.clone(),
        (_, true) => first.clone(),
        _ => Arc::new(first.iter().chain(then.iter()).cloned().collect()),
    }
}

/// Settings per directory: WSGIDirectoryConfig.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    common: Common,
    /// WSGIAccessScript.
    access_script: Script,
    /// WSGIAuthUserScript.
    auth_user_script: Script,
    /// WSGIAuthGroupScript.
    auth_group_script: Script,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            common: Common::merge(&base.common, &add.common),
            access_script: Set::merge(&base.access_script, &add.access_script),
            auth_user_script: Set::merge(&base.auth_user_script, &add.auth_user_script),
            auth_group_script: Set::merge(&base.auth_group_script, &add.auth_group_script),
        }
    }
}

impl Dir {
    /// The place of WSGIAuthUserScript.
    pub(crate) fn auth_user_span(&self) -> Option<Span> {
        self.auth_user_script.as_ref().map(|s| s.span)
    }
}

/// Settings per server: WSGIServerConfig.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    common: Common,
    /// WSGIScriptAlias, in the order in which they are tried: a virtual host's own first.
    aliases: Arc<Indexed<alias::Entry>>,
    /// WSGIDaemonProcess. The daemons are the whole run's: each knows its server.
    daemons: Arc<Named<daemon::Daemon>>,
    /// WSGIRestrictEmbedded: the main server's counts.
    restrict_embedded: Option<Set<bool>>,
}

impl Settings for Server {
    fn merge(base: &Server, add: &Server) -> Server {
        Server {
            common: Common::merge(&base.common, &add.common),
            aliases: Indexed::join(&add.aliases, &base.aliases),
            daemons: add.daemons.clone(),
            restrict_embedded: None,
        }
    }
}

/// The settings in force for a request: its directory's, then its server's (`wsgi_create_req_config`).
struct InForce<'a> {
    dir: Option<&'a Dir>,
    server: Option<&'a Server>,
}

impl<'a> InForce<'a> {
    fn of(r: &Request<'a>) -> InForce<'a> {
        InForce { dir: r.per_dir.wsgi.as_deref(), server: r.server.settings.wsgi.as_deref() }
    }

    /// The levels, the more special first.
    fn levels(&self) -> impl Iterator<Item = &Common> {
        let dir = self.dir.as_ref().map(|d| &d.common);
        dir.into_iter().chain(self.server.as_ref().map(|s| &s.common))
    }

    /// All values that a setting was given, the one in force first: each is what would hold without those before it.
    fn values<T: Clone + 'static>(&self, pick: fn(&Common) -> &Option<Set<T>>) -> impl Iterator<Item = &Set<T>> {
        self.levels().flat_map(move |c| std::iter::successors(pick(c).as_ref(), |s| s.under.as_deref()))
    }

    /// The value in force.
    fn value<T: Clone + 'static>(&self, pick: fn(&Common) -> &Option<Set<T>>) -> Option<&Set<T>> {
        self.values(pick).next()
    }

    /// The script behind a handler of that name.
    fn handler_script(&self, name: &BStr) -> Option<&setters::HandlerScript> {
        self.levels().flat_map(|c| c.handler_scripts.iter().rev()).find(|s| s.name == *name)
    }

    /// The line without which a setting would be another one, once both are made into what counts (`meaning`).
    fn decisive<T: Clone + 'static, M: PartialEq>(
        &self,
        pick: fn(&Common) -> &Option<Set<T>>,
        mut meaning: impl FnMut(Option<&T>) -> M,
    ) -> Option<Span> {
        let mut values = self.values(pick);
        let now = values.next()?;
        let beneath = values.next();
        (meaning(Some(&now.value)) != meaning(beneath.map(|s| &s.value))).then_some(now.span)
    }
}
