//! What stands behind mod_dav: resources and locks.

use super::{module, row};
use crate::module::Args::Take1;
use crate::module::Effect::Inert;
use crate::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::module::{Directive, Module};

// A fresh server holds no locks.
#[rustfmt::skip]
const DAV_FS: &[Directive] = &[
    row("DAVLockDB", Take1, RSRC_CONF, Inert, "specify a lock database"),
];

#[rustfmt::skip]
const DAV_LOCK: &[Directive] = &[
    row("DAVGenericLockDB", Take1, ACCESS_CONF, Inert, "specify a lock database"),
];

/// The modules of this group.
pub static MODULES: &[Module] =
    &[module("mod_dav_fs.c", "dav_fs_module", DAV_FS), module("mod_dav_lock.c", "dav_lock_module", DAV_LOCK)];
