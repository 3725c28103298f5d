//! How a connection speaks.

use super::checks::{bodies, reqtimeout};
use super::{module, row};
use crate::server::module::Args::{Flag, Raw, Take1, Take2, Take23, Take123};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{ACCESS_CONF, OR_AUTHCFG, OR_FILEINFO, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::ON_OFF;
use crate::server::rule::Rule::{Arg, By, Warn};
use crate::server::rule::Test::{Int, Never, OneOf, Time};

#[rustfmt::skip]
const DIALUP: &[Directive] = &[
    row("ModemStandard", Take1, ACCESS_CONF, Unmodelled("files are sent by mod_dialup instead of the default handler"),
        "Modem Standard to.. simulate. Must be one of: 'V.21', 'V.26bis', 'V.32', 'V.34', or 'V.92'")
        .must(&[
            Arg(0, OneOf(&["V.21", "V.26bis", "V.32", "V.34", "V.92"]), "mod_dialup: Unknown Modem Standard specified."),
        ]),
];

#[rustfmt::skip]
const ECHO: &[Directive] = &[
    row("ProtocolEcho", Flag, RSRC_CONF, Unmodelled("what the client sends is echoed, no request is read"),
        "Run an echo server on this host"),
];

// HTTP/2 changes how an answer travels, not which one it is.
#[rustfmt::skip]
const HTTP2: &[Directive] = &[
    row("H2MaxSessionStreams", Take1, RSRC_CONF, Inert, "maximum number of open streams per session")
        .must(&[Arg(0, Int(1, i32::MAX), "value must be > 0")]),
    row("H2WindowSize", Take1, RSRC_CONF, Inert, "window size on client DATA")
        .must(&[Arg(0, Int(1024, i32::MAX), "value must be >= 1024")]),
    row("H2MinWorkers", Take1, RSRC_CONF, Inert, "minimum number of worker threads per child")
        .must(&[Arg(0, Int(1, i32::MAX), "value must be > 0")]),
    row("H2MaxWorkers", Take1, RSRC_CONF, Inert, "maximum number of worker threads per child")
        .must(&[Arg(0, Int(1, i32::MAX), "value must be > 0")]),
    row("H2MaxWorkerIdleSeconds", Take1, RSRC_CONF, Inert,
        "maximum number of idle seconds before a worker shuts down")
        .must(&[Arg(0, Time(0, i64::MAX), "Invalid idle limit value")]),
    row("H2StreamMaxMemSize", Take1, RSRC_CONF, Inert,
        "maximum number of bytes buffered in memory for a stream")
        .must(&[Arg(0, Int(1024, i32::MAX), "value must be >= 1024")]),
    row("H2SerializeHeaders", Take1, RSRC_CONF, Inert, "disabled, this directive has no longer an effect."),
    row("H2ModernTLSOnly", Take1, RSRC_CONF, Inert, "off to not impose RFC 7540 restrictions on TLS")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2Upgrade", Take1, OR_AUTHCFG | RSRC_CONF, Inert, "on to allow HTTP/1 Upgrades to h2/h2c")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2Direct", Take1, RSRC_CONF, Inert, "on to enable direct HTTP/2 mode")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2SessionExtraFiles", Take1, RSRC_CONF, Inert,
        "number of extra file a session might keep open (obsolete)")
        .must(&[Warn(0, Never, "obsolete", "{name} is obsolete and will be ignored")]),
    row("H2TLSWarmUpSize", Take1, RSRC_CONF, Inert,
        "number of bytes on TLS connection before doing max writes"),
    row("H2TLSCoolDownSecs", Take1, RSRC_CONF, Inert, "seconds of idle time on TLS before shrinking writes"),
    row("H2Push", Take1, OR_AUTHCFG | RSRC_CONF, Inert, "off to disable HTTP/2 server push")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2PushPriority", Take23, RSRC_CONF, Inert, "define priority of PUSHed resources per content type")
        .must(&[By(bodies::push_priority)]),
    row("H2PushDiarySize", Take1, RSRC_CONF, Inert, "size of push diary").must(&[By(bodies::push_diary)]),
    row("H2CopyFiles", Take1, OR_FILEINFO, Inert, "on to perform copy of file data")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2PushResource", Take123, OR_FILEINFO | OR_AUTHCFG, Inert,
        "add a resource to be pushed in this location/on this server.")
        .must(&[By(bodies::push)]),
    row("H2EarlyHints", Take1, RSRC_CONF, Inert, "on to enable interim status 103 responses")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2Padding", Take1, RSRC_CONF, Inert, "set payload padding")
        .must(&[
            Arg(0, Int(0, i32::MAX), "number of bits must be >= 0"),
            Arg(0, Int(0, 8), "number of bits must be <= 8"),
        ]),
    row("H2OutputBuffering", Take1, RSRC_CONF, Inert, "set stream output buffer on/off")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2StreamTimeout", Take1, RSRC_CONF, Inert, "set stream timeout")
        .must(&[Arg(0, Time(0, i64::MAX), "Invalid timeout value")]),
    row("H2MaxDataFrameLen", Take1, RSRC_CONF, Inert, "maximum number of bytes in a single HTTP/2 DATA frame")
        .must(&[Arg(0, Int(0, i32::MAX), "value must be 0 or larger")]),
    row("H2MaxHeaderBlockLen", Take1, RSRC_CONF, Inert, "maximum number of bytes in a response header block")
        .must(&[Arg(0, Int(0, i32::MAX), "value must be 0 or larger")]),
    row("H2MaxStreamErrors", Take1, RSRC_CONF, Inert, "maximum number of flow control errors tolerated")
        .must(&[Arg(0, Int(0, i32::MAX), "value must be 0 or larger")]),
    row("H2EarlyHint", Take2, OR_FILEINFO | OR_AUTHCFG, Inert,
        "add a a 'Link:' header for a 103 Early Hints response."),
    row("H2ProxyRequests", Take1, OR_FILEINFO, Inert, "Enables forward proxy requests via HTTP/2")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
    row("H2WebSockets", Take1, RSRC_CONF, Inert, "off to disable WebSockets over HTTP/2")
        .must(&[Arg(0, ON_OFF, "value must be On or Off")]),
];

#[rustfmt::skip]
const REQTIMEOUT: &[Directive] = &[
    row("RequestReadTimeout", Raw, RSRC_CONF, Inert,
        "Set various timeout parameters for TLS handshake and/or reading request headers and body")
        .must(&[By(reqtimeout::set)]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_dialup.c", "dialup_module", DIALUP),
    module("mod_echo.c", "echo_module", ECHO),
    module("mod_http2.c", "http2_module", HTTP2),
    module("mod_reqtimeout.c", "reqtimeout_module", REQTIMEOUT),
];
