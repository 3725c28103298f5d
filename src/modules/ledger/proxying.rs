//! mod_proxy's satellites: schemes, balancing, health checks.

use super::checks::proxy;
use super::{handlers, handling, module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::{Flag, Raw, Take1};
use crate::server::module::Effect::Inert;
use crate::server::module::allowed::{ACCESS_CONF, OR_FILEINFO, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::Int;

// Which member of a balancer is taken.
#[rustfmt::skip]
const LBMETHOD_HEARTBEAT: &[Directive] = &[
    row("HeartbeatStorage", Take1, RSRC_CONF, Inert, "Path to read heartbeat data.")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
];

#[rustfmt::skip]
const PROXY_FTP: &[Directive] = &[
    row("ProxyFtpListOnWildcard", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Whether wildcard characters in a path cause mod_proxy_ftp to list the files instead of trying to get \
        them. Defaults to on."),
    row("ProxyFtpEscapeWildcards", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Whether the proxy should escape wildcards in paths before sending them to the FTP server.  Defaults to \
        on, but most FTP servers will need it turned off if you need to manage paths that contain wildcard \
        characters."),
    row("ProxyFtpDirCharset", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "Define the character set for proxied FTP listings"),
];

#[rustfmt::skip]
const PROXY_HCHECK: &[Directive] = &[
    row("ProxyHCTemplate", Raw, OR_FILEINFO, Inert, "Health check template")
        .must(&[NotIn(forbid::HTACCESS), By(proxy::template)]),
    row("ProxyHCExpr", Raw, OR_FILEINFO, Inert, "Define a health check condition ruleset expression")
        .must(&[NotIn(forbid::HTACCESS), By(proxy::condition)]),
    row("ProxyHCTPsize", Take1, RSRC_CONF, Inert, "Set size of health check thread pool")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Arg(0, Int(0, i32::MAX), "Invalid ProxyHCTPsize parameter. Parameter must be >= 0"),
        ]),
];

// What a back-end's headers ask for: no back-end is asked.
#[rustfmt::skip]
const PROXY_SCGI: &[Directive] = &[
    row("ProxySCGISendfile", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The name of the X-Sendfile pseudo response header or On or Off"),
    row("ProxySCGIInternalRedirect", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The name of the pseudo response header or On or Off"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_lbmethod_bybusyness.c", "lbmethod_bybusyness_module", &[]),
    module("mod_lbmethod_byrequests.c", "lbmethod_byrequests_module", &[]),
    module("mod_lbmethod_bytraffic.c", "lbmethod_bytraffic_module", &[]),
    module("mod_lbmethod_heartbeat.c", "lbmethod_heartbeat_module", LBMETHOD_HEARTBEAT),
    module("mod_proxy_ajp.c", "proxy_ajp_module", &[]),
    handling(module("mod_proxy_balancer.c", "proxy_balancer_module", &[]), handlers::BALANCER),
    module("mod_proxy_fdpass.c", "proxy_fdpass_module", &[]),
    module("mod_proxy_ftp.c", "proxy_ftp_module", PROXY_FTP),
    module("mod_proxy_hcheck.c", "proxy_hcheck_module", PROXY_HCHECK),
    module("mod_proxy_http.c", "proxy_http_module", &[]),
    module("mod_proxy_http2.c", "proxy_http2_module", &[]),
    module("mod_proxy_scgi.c", "proxy_scgi_module", PROXY_SCGI),
    module("mod_proxy_uwsgi.c", "proxy_uwsgi_module", &[]),
];
