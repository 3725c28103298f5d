//! Modules whose turn has not come: their rows only. A directive of theirs in force is a caveat.

use crate::module::Effect::Blind;
use crate::module::allowed::*;
use crate::module::{Args, Module, plain};

const WHY: &str = "not modelled yet";

/// The modules.
pub static MODULES: &[Module] = &[
    Module { name: "mod_headers.c", identifier: "headers_module", directives: &[
        plain("Header", Args::Raw, OR_FILEINFO, Blind(WHY), "an optional condition, an action, header and value followed by optional env clause"),
        plain("RequestHeader", Args::Raw, OR_FILEINFO, Blind(WHY), "an action, header and value followed by optional env clause"),
    ], hooks: &[] },
];
