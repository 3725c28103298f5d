//! How a connection speaks.

use super::{module, row};
use crate::module::Args::{Flag, Raw, Take1, Take2, Take23, Take123};
use crate::module::Effect::{Blind, Inert};
use crate::module::allowed::{ACCESS_CONF, OR_AUTHCFG, OR_FILEINFO, RSRC_CONF};
use crate::module::{Directive, Module};

#[rustfmt::skip]
const DIALUP: &[Directive] = &[
    row("ModemStandard", Take1, ACCESS_CONF, Blind("files are sent by mod_dialup instead of the default handler"),
        "Modem Standard to.. simulate. Must be one of: 'V.21', 'V.26bis', 'V.32', 'V.34', or 'V.92'"),
];

#[rustfmt::skip]
const ECHO: &[Directive] = &[
    row("ProtocolEcho", Flag, RSRC_CONF, Blind("what the client sends is echoed, no request is read"),
        "Run an echo server on this host"),
];

// HTTP/2 changes how an answer travels, not which one it is.
#[rustfmt::skip]
const HTTP2: &[Directive] = &[
    row("H2MaxSessionStreams", Take1, RSRC_CONF, Inert, "maximum number of open streams per session"),
    row("H2WindowSize", Take1, RSRC_CONF, Inert, "window size on client DATA"),
    row("H2MinWorkers", Take1, RSRC_CONF, Inert, "minimum number of worker threads per child"),
    row("H2MaxWorkers", Take1, RSRC_CONF, Inert, "maximum number of worker threads per child"),
    row("H2MaxWorkerIdleSeconds", Take1, RSRC_CONF, Inert,
        "maximum number of idle seconds before a worker shuts down"),
    row("H2StreamMaxMemSize", Take1, RSRC_CONF, Inert,
        "maximum number of bytes buffered in memory for a stream"),
    row("H2SerializeHeaders", Take1, RSRC_CONF, Inert, "disabled, this directive has no longer an effect."),
    row("H2ModernTLSOnly", Take1, RSRC_CONF, Inert, "off to not impose RFC 7540 restrictions on TLS"),
    row("H2Upgrade", Take1, OR_AUTHCFG | RSRC_CONF, Inert, "on to allow HTTP/1 Upgrades to h2/h2c"),
    row("H2Direct", Take1, RSRC_CONF, Inert, "on to enable direct HTTP/2 mode"),
    row("H2SessionExtraFiles", Take1, RSRC_CONF, Inert,
        "number of extra file a session might keep open (obsolete)"),
    row("H2TLSWarmUpSize", Take1, RSRC_CONF, Inert,
        "number of bytes on TLS connection before doing max writes"),
    row("H2TLSCoolDownSecs", Take1, RSRC_CONF, Inert, "seconds of idle time on TLS before shrinking writes"),
    row("H2Push", Take1, OR_AUTHCFG | RSRC_CONF, Inert, "off to disable HTTP/2 server push"),
    row("H2PushPriority", Take23, RSRC_CONF, Inert, "define priority of PUSHed resources per content type"),
    row("H2PushDiarySize", Take1, RSRC_CONF, Inert, "size of push diary"),
    row("H2CopyFiles", Take1, OR_FILEINFO, Inert, "on to perform copy of file data"),
    row("H2PushResource", Take123, OR_FILEINFO | OR_AUTHCFG, Inert,
        "add a resource to be pushed in this location/on this server."),
    row("H2EarlyHints", Take1, RSRC_CONF, Inert, "on to enable interim status 103 responses"),
    row("H2Padding", Take1, RSRC_CONF, Inert, "set payload padding"),
    row("H2OutputBuffering", Take1, RSRC_CONF, Inert, "set stream output buffer on/off"),
    row("H2StreamTimeout", Take1, RSRC_CONF, Inert, "set stream timeout"),
    row("H2MaxDataFrameLen", Take1, RSRC_CONF, Inert, "maximum number of bytes in a single HTTP/2 DATA frame"),
    row("H2MaxHeaderBlockLen", Take1, RSRC_CONF, Inert, "maximum number of bytes in a response header block"),
    row("H2MaxStreamErrors", Take1, RSRC_CONF, Inert, "maximum number of flow control errors tolerated"),
    row("H2EarlyHint", Take2, OR_FILEINFO | OR_AUTHCFG, Inert,
        "add a a 'Link:' header for a 103 Early Hints response."),
    row("H2ProxyRequests", Take1, OR_FILEINFO, Inert, "Enables forward proxy requests via HTTP/2"),
    row("H2WebSockets", Take1, RSRC_CONF, Inert, "off to disable WebSockets over HTTP/2"),
];

#[rustfmt::skip]
const REQTIMEOUT: &[Directive] = &[
    row("RequestReadTimeout", Raw, RSRC_CONF, Inert,
        "Set various timeout parameters for TLS handshake and/or reading request headers and body"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_dialup.c", "dialup_module", DIALUP),
    module("mod_echo.c", "echo_module", ECHO),
    module("mod_http2.c", "http2_module", HTTP2),
    module("mod_reqtimeout.c", "reqtimeout_module", REQTIMEOUT),
];
