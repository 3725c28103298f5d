//! What is found out about a request.

use super::{module, row};
use crate::server::module::Args::{Flag, Take1};
use crate::server::module::Effect::Inert;
use crate::server::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::server::module::{Directive, Module};

// The name that identd tells is logged, not trusted.
#[rustfmt::skip]
const IDENT: &[Directive] = &[
    row("IdentityCheck", Flag, ACCESS_CONF | RSRC_CONF, Inert, "Enable identd (RFC 1413) user lookups - SLOW"),
    row("IdentityCheckTimeout", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "Identity check (RFC 1413) timeout duration (sec)"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] =
    &[module("mod_ident.c", "ident_module", IDENT), module("mod_unique_id.c", "unique_id_module", &[])];
