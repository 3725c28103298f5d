//! What is written down about a request.

use super::checks::log;
use super::{module, row};
use crate::server::module::Args::{Flag, Take1, Take12, Take23, Take123};
use crate::server::module::Effect::Inert;
use crate::server::module::allowed::{ACCESS_CONF, OR_ALL, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::By;

#[rustfmt::skip]
const DUMPIO: &[Directive] = &[
    row("DumpIOInput", Flag, RSRC_CONF, Inert, "Enable I/O Dump on Input Data"),
    row("DumpIOOutput", Flag, RSRC_CONF, Inert, "Enable I/O Dump on Output Data"),
];

#[rustfmt::skip]
const LOG_CONFIG: &[Directive] = &[
    row("CustomLog", Take23, RSRC_CONF, Inert,
        "a file name, a custom log format string or format name, and an optional \"env=\" or \"expr=\" clause \
        (see docs)")
        .must(&[By(log::custom)]),
    row("GlobalLog", Take23, RSRC_CONF, Inert, "Same as CustomLog, but forces virtualhosts to inherit the log")
        .must(&[By(log::custom)]),
    row("TransferLog", Take1, RSRC_CONF, Inert, "the filename of the access log"),
    row("LogFormat", Take12, RSRC_CONF, Inert, "a log format string (see docs) and an optional format name")
        .must(&[By(log::format)]),
    row("BufferedLogs", Flag, RSRC_CONF, Inert, "Enable Buffered Logging (experimental)"),
];

// Its lines are no reasons of refusal.
#[rustfmt::skip]
const LOG_DEBUG: &[Directive] = &[
    row("LogMessage", Take123, ACCESS_CONF | RSRC_CONF, Inert,
        "Log a debug message to the error log if this config block is used for  a request")
        .must(&[By(log::message)]),
];

#[rustfmt::skip]
const LOG_FORENSIC: &[Directive] = &[
    row("ForensicLog", Take1, RSRC_CONF, Inert, "the filename of the forensic log"),
];

#[rustfmt::skip]
const LOGIO: &[Directive] = &[
    row("LogIOTrackTTFB", Flag, OR_ALL, Inert, "Set to 'ON' to enable tracking time to first byte"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_dumpio.c", "dumpio_module", DUMPIO),
    module("mod_log_config.c", "log_config_module", LOG_CONFIG),
    module("mod_log_debug.c", "log_debug_module", LOG_DEBUG),
    module("mod_log_forensic.c", "log_forensic_module", LOG_FORENSIC),
    module("mod_logio.c", "logio_module", LOGIO),
];
