//! Modules whose turn has not come: their rows only. A directive of theirs in force is a caveat.

use crate::module::Effect::Blind;
use crate::module::allowed::*;
use crate::module::{Args, Module, plain};

const WHY: &str = "not modelled yet";

/// The modules.
pub static MODULES: &[Module] = &[
    Module {
        name: "mod_speling.c",
        identifier: "speling_module",
        directives: &[
            plain(
                "CheckSpelling",
                Args::Flag,
                OR_OPTIONS,
                Blind(WHY),
                "whether or not to fix miscapitalized/misspelled requests",
            ),
            plain(
                "CheckCaseOnly",
                Args::Flag,
                OR_OPTIONS,
                Blind(WHY),
                "whether or not to fix only miscapitalized requests",
            ),
            plain(
                "CheckBasenameMatch",
                Args::Flag,
                OR_OPTIONS,
                Blind(WHY),
                "whether or not to fix files with the same base name",
            ),
        ],
        hooks: &[],
    },
    Module {
        name: "mod_remoteip.c",
        identifier: "remoteip_module",
        directives: &[
            plain(
                "RemoteIPHeader",
                Args::Take1,
                RSRC_CONF,
                Blind(WHY),
                "Specifies a request header to trust as the client IP, e.g. X-Forwarded-For",
            ),
            plain(
                "RemoteIPProxiesHeader",
                Args::Take1,
                RSRC_CONF,
                Blind(WHY),
                "Specifies a request header to record proxy IP's, e.g. X-Forwarded-By; if not given then do not record",
            ),
            plain(
                "RemoteIPTrustedProxy",
                Args::Iterate,
                RSRC_CONF,
                Blind(WHY),
                "Specifies one or more proxies which are trusted to present IP headers",
            ),
            plain(
                "RemoteIPInternalProxy",
                Args::Iterate,
                RSRC_CONF,
                Blind(WHY),
                "Specifies one or more internal (transparent) proxies which are trusted to present IP headers",
            ),
            plain(
                "RemoteIPTrustedProxyList",
                Args::Take1,
                RSRC_CONF,
                Blind(WHY),
                "The filename to read the list of trusted proxies, see the RemoteIPTrustedProxy directive",
            ),
            plain(
                "RemoteIPInternalProxyList",
                Args::Take1,
                RSRC_CONF,
                Blind(WHY),
                "The filename to read the list of internal proxies, see the RemoteIPInternalProxy directive",
            ),
            plain(
                "RemoteIPProxyProtocol",
                Args::Flag,
                RSRC_CONF,
                Blind(WHY),
                "Enable PROXY protocol handling ('on', 'off')",
            ),
            plain(
                "RemoteIPProxyProtocolExceptions",
                Args::Argv,
                RSRC_CONF,
                Blind(WHY),
                "Disable PROXY protocol handling for this list of networks in CIDR format",
            ),
        ],
        hooks: &[],
    },
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
