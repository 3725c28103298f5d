//! The settings of all modules, per directory and per server: httpd's configuration vectors.
//!
//! A section holds settings only of the modules whose directives stand in it, and merging goes module by module,
//! each with its own rule, as `ap_merge_per_dir_configs` and `merge_server_configs` (server/config.c) do.

use crate::modules;
pub(super) use crate::modules::authn::Aliases;
pub(super) use crate::modules::mime::Exceptions as MimeExceptions;
pub(super) use crate::modules::rewrite::{MapFiles, State as RewriteState};
use bstr::BStr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Settings of one module. Its `Default` is the identity of its merge.
pub(crate) trait Settings: Clone + Default {
    /// Fresh settings for a section whose path is `path`; `None` is a server's own level.
    fn create(_path: Option<&BStr>) -> Self {
        Self::default()
    }

    /// `add`'s settings, over `base`'s. Modules without a merge rule in httpd take `add` whole.
    fn merge(_base: &Self, add: &Self) -> Self {
        add.clone()
    }
}

/// A module's place in a vector: empty until one of its directives is met.
pub(crate) type Slot<T> = Option<Arc<T>>;

/// The settings at a slot, made where there are none.
pub(crate) fn slot<'a, T: Settings>(slot: &'a mut Slot<T>, path: Option<&BStr>) -> &'a mut T {
    Arc::make_mut(slot.get_or_insert_with(|| Arc::new(T::create(path))))
}

/// What a module's settings come to, one over another.
pub(crate) fn merge_slot<T: Settings>(base: &Slot<T>, add: &Slot<T>) -> Slot<T> {
    match (base, add) {
        (base, None) => base.clone(),
        (None, add) => add.clone(),
        (Some(base), Some(add)) => Some(Arc::new(T::merge(base, add))),
    }
}

macro_rules! vector {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $module:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        #[allow(missing_docs)]
        pub(crate) struct $name {
            $(pub $field: Slot<$type>,)*
            /// How many directives they come from.
            pub lines: usize,
        }

        #[allow(dead_code, reason = "one of them needs less")]
        impl $name {
            /// Whether no module has a setting.
            pub(crate) fn is_empty(&self) -> bool {
                true $(&& self.$field.is_none())*
            }

            /// `add` over `base`, module by module.
            pub(crate) fn merge(base: &$name, add: &$name) -> $name {
                $name {
                    $($field: merge_slot(&base.$field, &add.$field),)*
                    lines: base.lines.saturating_add(add.lines),
                }
            }

            /// Makes a module's settings where there are none: `ap_set_config_vectors` does so for each directive
            /// that is met, before it is carried out or refused.
            pub(crate) fn touch(&mut self, module: &str, path: Option<&BStr>) {
                match module {
                    $($module => {
                        slot(&mut self.$field, path);
                    })*
                    _ => {}
                }
            }
        }
    };
}

vector! {
    /// Settings per directory: what a section, an .htaccess file or a merge of them holds.
    PerDir {
        core: super::core::Dir = "core.c",
        alias: modules::alias::Dir = "mod_alias.c",
        dir: modules::dir::Dir = "mod_dir.c",
        mime: modules::mime::Dir = "mod_mime.c",
        rewrite: modules::rewrite::Dir = "mod_rewrite.c",
        authz_core: modules::authz_core::Dir = "mod_authz_core.c",
        authz_dbm: super::dbm::Named = "mod_authz_dbm.c",
        authz_groupfile: modules::authz::groupfile::Dir = "mod_authz_groupfile.c",
        authn_core: modules::authn::core::Dir = "mod_authn_core.c",
        authn_dbm: super::dbm::Named = "mod_authn_dbm.c",
        authn_file: modules::authn::file::Dir = "mod_authn_file.c",
        authn_anon: modules::authn::anon::Dir = "mod_authn_anon.c",
        auth_basic: modules::auth_basic::Dir = "mod_auth_basic.c",
        auth_digest: modules::auth_digest::Dir = "mod_auth_digest.c",
        auth_form: modules::auth_form::Dir = "mod_auth_form.c",
        session: modules::session::Dir = "mod_session.c",
        session_cookie: modules::session::CookieDir = "mod_session_cookie.c",
        allowmethods: modules::allowmethods::Dir = "mod_allowmethods.c",
        access_compat: modules::access_compat::Dir = "mod_access_compat.c",
        autoindex: modules::autoindex::Dir = "mod_autoindex.c",
        actions: modules::actions::Dir = "mod_actions.c",
        cern_meta: modules::cern_meta::Dir = "mod_cern_meta.c",
        expires: modules::expires::Dir = "mod_expires.c",
        filter: modules::filter::Dir = "mod_filter.c",
        imagemap: modules::imagemap::Dir = "mod_imagemap.c",
        include: modules::include::Dir = "mod_include.c",
        negotiation: modules::negotiation::Dir = "mod_negotiation.c",
        php: modules::php::Dir = "mod_php.c",
        wsgi: modules::wsgi::Dir = "mod_wsgi.c",
        setenvif: modules::setenvif::Settings = "mod_setenvif.c",
        headers: modules::headers::Dir = "mod_headers.c",
        ssl: modules::ssl::Dir = "mod_ssl.c",
        env: modules::env::Settings = "mod_env.c",
        proxy: modules::proxy::Dir = "mod_proxy.c",
        suexec: modules::suexec::Dir = "mod_suexec.c",
        speling: modules::speling::Dir = "mod_speling.c",
        dav: modules::dav::Dir = "mod_dav.c",
        usertrack: modules::usertrack::Dir = "mod_usertrack.c",
    }
}

vector! {
    /// Settings per server.
    PerServer {
        core: super::core::ServerConf = "core.c",
        alias: modules::alias::Server = "mod_alias.c",
        mime: modules::mime::Server = "mod_mime.c",
        mime_magic: modules::mime_magic::Server = "mod_mime_magic.c",
        rewrite: modules::rewrite::Server = "mod_rewrite.c",
        php: modules::php::Server = "mod_php.c",
        wsgi: modules::wsgi::Server = "mod_wsgi.c",
        setenvif: modules::setenvif::Settings = "mod_setenvif.c",
        ssl: modules::ssl::Server = "mod_ssl.c",
        proxy: modules::proxy::Server = "mod_proxy.c",
        proxy_express: modules::proxy::Express = "mod_proxy_express.c",
        file_cache: modules::file_cache::Server = "mod_file_cache.c",
        remoteip: modules::remoteip::Server = "mod_remoteip.c",
        dav: modules::dav::Server = "mod_dav_fs.c",
        userdir: modules::userdir::Server = "mod_userdir.c",
        vhost_alias: modules::vhost_alias::Server = "mod_vhost_alias.c",
    }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A vector of per-directory settings with an identity: a section's own, or a merge. Two requests have the
/// same settings just when the ids are equal, as httpd compares pointers.
pub(crate) struct Merged {
    /// Unique in the process.
    pub id: u64,
    /// The settings.
    pub settings: PerDir,
}

impl std::fmt::Debug for Merged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Merged({})", self.id)
    }
}

impl Merged {
    /// Gives settings an identity.
    pub(crate) fn new(settings: PerDir) -> Arc<Merged> {
        Arc::new(Merged { id: NEXT.fetch_add(1, Ordering::Relaxed), settings })
    }
}

impl Deref for Merged {
    type Target = PerDir;
    fn deref(&self) -> &PerDir {
        &self.settings
    }
}
