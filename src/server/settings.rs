//! The settings of all modules, per directory and per server: httpd's configuration vectors.
//!
//! A section holds settings only of the modules whose directives stand in it, and merging goes module by module,
//! each with its own rule, as `ap_merge_per_dir_configs` and `merge_server_configs` (server/config.c) do.

pub(super) use crate::modules::authn::Aliases;
pub(super) use crate::modules::mime::Exceptions as MimeExceptions;
pub(super) use crate::modules::rewrite::{MapFiles, State as RewriteState};
pub(crate) use crate::modules::{PerDir, PerServer};
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

/// A vector of settings: a typed place for each module.
macro_rules! vector {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $module:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        #[allow(missing_docs)]
        pub(crate) struct $name {
            $(pub $field: $crate::server::settings::Slot<$type>,)*
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
                    $($field: $crate::server::settings::merge_slot(&base.$field, &add.$field),)*
                    lines: base.lines.saturating_add(add.lines),
                }
            }

            /// Makes a module's settings where there are none: `ap_set_config_vectors` does so for each directive
            /// that is met, before it is carried out or refused.
            pub(crate) fn touch(&mut self, module: &$crate::server::module::Module, path: Option<&bstr::BStr>) {
                $(if std::ptr::eq(module, &$module) {
                    $crate::server::settings::slot(&mut self.$field, path);
                })*
            }
        }
    };
}

/// Lists modules, a line each, and makes the vectors that hold what they keep (`PerDir`, `PerServer`): a module that isn't
/// listed has no place in them, and one that is has it typed.
macro_rules! modules {
    ($($module:expr $(, dir $dir:ident: $dir_type:ty)? $(, server $server:ident: $server_type:ty)?;)*) => {
        /// The modules that are listed.
        pub(crate) static MODELLED: &[&$crate::server::module::Module] = &[$(&$module),*];

        $crate::server::settings::vector! {
            /// Settings per directory: what a section, an .htaccess file or a merge of them holds.
            PerDir { $($($dir: $dir_type = $module,)?)* }
        }

        $crate::server::settings::vector! {
            /// Settings per server.
            PerServer { $($($server: $server_type = $module,)?)* }
        }
    };
}

pub(crate) use {modules, vector};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A vector of per-directory settings with an identity: a merge, or a section's own, which is a merge of one. Two requests
/// have the same settings just when the ids are equal, as httpd compares pointers. (What one module keeps is [`Settings`].)
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
