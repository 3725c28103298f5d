//! Modules whose turn has not come: their rows only. A directive of theirs in force is a caveat.

use crate::module::Effect::Blind;
use crate::module::allowed::*;
use crate::module::{Args, Module, plain};

const WHY: &str = "not modelled yet";

/// The modules.
pub static MODULES: &[Module] = &[
    Module {
        name: "mod_dav.c",
        identifier: "dav_module",
        directives: &[
            plain("DAV", Args::Take1, ACCESS_CONF, Blind(WHY), "specify the DAV provider for a directory or location"),
            plain("DAVBasePath", Args::Take1, ACCESS_CONF, Blind(WHY), "specify the DAV repository base URL"),
            plain("DAVMinTimeout", Args::Take1, ACCESS_CONF | RSRC_CONF, Blind(WHY), "specify minimum allowed timeout"),
            plain(
                "DAVDepthInfinity",
                Args::Flag,
                ACCESS_CONF | RSRC_CONF,
                Blind(WHY),
                "allow Depth infinity PROPFIND requests",
            ),
            plain(
                "DAVLockDiscovery",
                Args::Flag,
                ACCESS_CONF | RSRC_CONF,
                Blind(WHY),
                "allow lock discovery by PROPFIND requests",
            ),
        ],
        hooks: &[],
    },
    Module {
        name: "mod_macro.c",
        identifier: "macro_module",
        directives: &[
            plain(
                "<Macro",
                Args::Raw,
                OR_ALL | EXEC_ON_READ,
                crate::module::Effect::Modelled,
                "Beginning of a macro definition section.",
            ),
            plain("Use", Args::Raw, OR_ALL | EXEC_ON_READ, crate::module::Effect::Modelled, "Use of a macro."),
            plain(
                "UndefMacro",
                Args::Take1,
                OR_ALL | EXEC_ON_READ,
                crate::module::Effect::Modelled,
                "Remove a macro definition.",
            ),
            plain(
                "MacroIgnoreEmptyArgs",
                Args::Raw,
                OR_ALL | EXEC_ON_READ,
                crate::module::Effect::Modelled,
                "Globally ignore warnings about empty arguments.",
            ),
            plain(
                "MacroIgnoreBadNesting",
                Args::Raw,
                OR_ALL | EXEC_ON_READ,
                crate::module::Effect::Modelled,
                "Globally ignore warnings about bad nesting.",
            ),
        ],
        hooks: &[],
    },
    Module {
        name: "mod_version.c",
        identifier: "version_module",
        directives: &[plain(
            "<IfVersion",
            Args::Take123,
            OR_ALL | EXEC_ON_READ,
            crate::module::Effect::Modelled,
            "a comparison operator, a version (and a delimiter)",
        )],
        hooks: &[],
    },
];
