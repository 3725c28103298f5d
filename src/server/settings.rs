//! The settings of all modules, per directory and per server: httpd's configuration vectors.
//!
//! A section holds settings only of the modules whose directives stand in it, and merging goes module by module,
//! each with its own rule, as `ap_merge_per_dir_configs` and `merge_server_configs` (server/config.c) do.

use crate::modules;
use bstr::BStr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Settings of one module. Its `Default` is the identity of its merge.
pub trait Settings: Clone + Default {
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
pub type Slot<T> = Option<Arc<T>>;

/// The settings at a slot, made where there are none.
pub fn slot<'a, T: Settings>(slot: &'a mut Slot<T>, path: Option<&BStr>) -> &'a mut T {
    Arc::make_mut(slot.get_or_insert_with(|| Arc::new(T::create(path))))
}

fn merge_slot<T: Settings>(base: &Slot<T>, add: &Slot<T>) -> Slot<T> {
    match (base, add) {
        (base, None) => base.clone(),
        (None, add) => add.clone(),
        (Some(base), Some(add)) => Some(Arc::new(T::merge(base, add))),
    }
}

macro_rules! vector {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        #[allow(missing_docs)]
        pub struct $name { $(pub $field: Slot<$type>,)* }

        impl $name {
            /// Whether no module has a setting.
            pub fn is_empty(&self) -> bool {
                true $(&& self.$field.is_none())*
            }

            /// `add` over `base`, module by module.
            pub fn merge(base: &$name, add: &$name) -> $name {
                $name { $($field: merge_slot(&base.$field, &add.$field),)* }
            }
        }
    };
}

vector! {
    /// Settings per directory: what a section, an .htaccess file or a merge of them holds.
    PerDir {
        core: modules::core::Dir,
        alias: modules::alias::Dir,
        dir: modules::dir::Dir,
        mime: modules::mime::Dir,
        rewrite: modules::rewrite::Dir,
        authz_core: modules::authz_core::Dir,
        authz_groupfile: modules::authz::groupfile::Dir,
        authn_core: modules::authn::core::Dir,
        authn_file: modules::authn::file::Dir,
        authn_anon: modules::authn::anon::Dir,
        auth_basic: modules::auth_basic::Dir,
        auth_digest: modules::auth_digest::Dir,
        allowmethods: modules::allowmethods::Dir,
        access_compat: modules::access_compat::Dir,
        autoindex: modules::autoindex::Dir,
        actions: modules::actions::Dir,
        imagemap: modules::imagemap::Dir,
        negotiation: modules::negotiation::Dir,
        php: modules::php::Dir,
        wsgi: modules::wsgi::Dir,
        setenvif: modules::setenvif::Settings,
        headers: modules::headers::Dir,
        ssl: modules::ssl::Dir,
        env: modules::env::Settings,
        proxy: modules::proxy::Dir,
        speling: modules::speling::Dir,
        dav: modules::dav::Dir,
    }
}

vector! {
    /// Settings per server.
    PerServer {
        core: modules::core::Server,
        alias: modules::alias::Server,
        mime: modules::mime::Server,
        rewrite: modules::rewrite::Server,
        php: modules::php::Server,
        wsgi: modules::wsgi::Server,
        setenvif: modules::setenvif::Settings,
        ssl: modules::ssl::Server,
        proxy: modules::proxy::Server,
        remoteip: modules::remoteip::Server,
        dav: modules::dav::Server,
        userdir: modules::userdir::Server,
        vhost_alias: modules::vhost_alias::Server,
    }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A vector of per-directory settings with an identity: a section's own, or a merge. Two requests have the
/// same settings just when the ids are equal, as httpd compares pointers.
pub struct Merged {
    /// Unique in the process.
    pub id: u64,
    /// The settings.
    pub settings: PerDir,
}

impl Merged {
    /// Gives settings an identity.
    pub fn new(settings: PerDir) -> Arc<Merged> {
        Arc::new(Merged { id: NEXT.fetch_add(1, Ordering::Relaxed), settings })
    }
}

impl Deref for Merged {
    type Target = PerDir;
    fn deref(&self) -> &PerDir {
        &self.settings
    }
}
