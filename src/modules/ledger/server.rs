//! Processes.

use super::checks::server;
use super::{module, row};
use crate::server::cmd::forbid;
use crate::server::listen;
use crate::server::module::Args::{Argv, Take1};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By, NotIn, Warn};
use crate::server::rule::Test::{Int, Time};

const LISTEN: Directive = Directive {
    effect: Modelled,
    ..row(
        "Listen",
        Argv,
        RSRC_CONF,
        Inert,
        "A port number or a numeric IP address and a port number, and an optional protocol",
    )
    .at_start()
    .must(&[By(listen::set)])
};

#[rustfmt::skip]
const PREFORK: &[Directive] = &[
    row("ListenBacklog", Take1, RSRC_CONF, Inert,
        "Maximum length of the queue of pending connections, as used by listen(2)")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    row("ListenCoresBucketsRatio", Take1, RSRC_CONF, Inert,
        "Ratio between the number of CPU cores (online) and the number of listeners buckets")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    LISTEN,
    row("SendBufferSize", Take1, RSRC_CONF, Inert, "Send buffer size in bytes")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::buffer_size)]),
    row("ReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size in bytes")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::buffer_size)]),
    row("ListenTCPDeferAccept", Take1, RSRC_CONF, Inert,
        "Value set for the socket option TCP_DEFER_ACCEPT if it is set")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    row("StartServers", Take1, RSRC_CONF, Inert, "Number of child processes launched at server startup")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Warn(0, Int(1, i32::MAX), "AH00184", "StartServers of {number} not allowed, increasing to 1."),
        ]),
    row("MinSpareServers", Take1, RSRC_CONF, Inert,
        "Minimum number of idle children, to handle request spikes")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Warn(0, Int(1, i32::MAX), "AH00186",
                "MinSpareServers of {number} not allowed, increasing to 1 to avoid almost certain server failure. Please \
                read the documentation."),
        ]),
    row("MaxSpareServers", Take1, RSRC_CONF, Inert, "Maximum number of idle children")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxClients", Take1, RSRC_CONF, Inert, "Deprecated name of MaxRequestWorkers")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Warn(0, Int(1, i32::MAX), "AH00182", "MaxRequestWorkers of {number} not allowed, increasing to 1."),
        ]),
    row("MaxRequestWorkers", Take1, RSRC_CONF, Inert, "Maximum number of children alive at the same time")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Warn(0, Int(1, i32::MAX), "AH00182", "MaxRequestWorkers of {number} not allowed, increasing to 1."),
        ]),
    row("ServerLimit", Take1, RSRC_CONF, Inert, "Maximum value of MaxRequestWorkers for this run of Apache")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Warn(0, Int(1, i32::MAX), "AH00177", "ServerLimit of {number} not allowed, increasing to 1."),
        ]),
    row("GracefulShutdownTimeout", Take1, RSRC_CONF, Inert,
        "Maximum time in seconds to wait for child processes to complete transactions during shutdown")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
];

#[rustfmt::skip]
const EVENT: &[Directive] = &[
    row("ListenBacklog", Take1, RSRC_CONF, Inert,
        "Maximum length of the queue of pending connections, as used by listen(2)")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    row("ListenCoresBucketsRatio", Take1, RSRC_CONF, Inert,
        "Ratio between the number of CPU cores (online) and the number of listeners buckets")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    LISTEN,
    row("SendBufferSize", Take1, RSRC_CONF, Inert, "Send buffer size in bytes")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::buffer_size)]),
    row("ReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size in bytes")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::buffer_size)]),
    row("ListenTCPDeferAccept", Take1, RSRC_CONF, Inert,
        "Value set for the socket option TCP_DEFER_ACCEPT if it is set")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    row("StartServers", Take1, RSRC_CONF, Inert, "Number of child processes launched at server startup")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("ServerLimit", Take1, RSRC_CONF, Inert, "Maximum number of child processes for this run of Apache")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MinSpareThreads", Take1, RSRC_CONF, Inert, "Minimum number of idle threads, to handle request spikes")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxSpareThreads", Take1, RSRC_CONF, Inert, "Maximum number of idle threads")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxClients", Take1, RSRC_CONF, Inert, "Deprecated name of MaxRequestWorkers")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxRequestWorkers", Take1, RSRC_CONF, Inert, "Maximum number of threads alive at the same time")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("ThreadsPerChild", Take1, RSRC_CONF, Inert, "Number of threads each child creates")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("ThreadLimit", Take1, RSRC_CONF, Inert,
        "Maximum number of worker threads per child process for this run of Apache - Upper limit for \
        ThreadsPerChild")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("AsyncRequestWorkerFactor", Take1, RSRC_CONF, Inert,
        "How many additional connects will be accepted per idle worker thread")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::worker_factor)]),
    row("GracefulShutdownTimeout", Take1, RSRC_CONF, Inert,
        "Maximum time in seconds to wait for child processes to complete transactions during shutdown")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
];

#[rustfmt::skip]
const WORKER: &[Directive] = &[
    row("ListenBacklog", Take1, RSRC_CONF, Inert,
        "Maximum length of the queue of pending connections, as used by listen(2)")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    row("ListenCoresBucketsRatio", Take1, RSRC_CONF, Inert,
        "Ratio between the number of CPU cores (online) and the number of listeners buckets")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    LISTEN,
    row("SendBufferSize", Take1, RSRC_CONF, Inert, "Send buffer size in bytes")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::buffer_size)]),
    row("ReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size in bytes")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::buffer_size)]),
    row("ListenTCPDeferAccept", Take1, RSRC_CONF, Inert,
        "Value set for the socket option TCP_DEFER_ACCEPT if it is set")
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Int(1, i32::MAX), "{name} must be > 0")]),
    row("StartServers", Take1, RSRC_CONF, Inert, "Number of child processes launched at server startup")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MinSpareThreads", Take1, RSRC_CONF, Inert, "Minimum number of idle threads, to handle request spikes")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxSpareThreads", Take1, RSRC_CONF, Inert, "Maximum number of idle threads")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxRequestWorkers", Take1, RSRC_CONF, Inert, "Maximum number of threads alive at the same time")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("MaxClients", Take1, RSRC_CONF, Inert, "Deprecated name of MaxRequestWorkers")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("ThreadsPerChild", Take1, RSRC_CONF, Inert, "Number of threads each child creates")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("ServerLimit", Take1, RSRC_CONF, Inert, "Maximum number of child processes for this run of Apache")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("ThreadLimit", Take1, RSRC_CONF, Inert,
        "Maximum number of worker threads per child process for this run of Apache - Upper limit for \
        ThreadsPerChild")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("GracefulShutdownTimeout", Take1, RSRC_CONF, Inert,
        "Maximum time in seconds to wait for child processes to complete transactions during shutdown")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
];

#[rustfmt::skip]
const WATCHDOG: &[Directive] = &[
    row("WatchdogInterval", Take1, RSRC_CONF, Inert, "Watchdog interval in seconds")
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Arg(0, Time(0, i64::MAX), "Unparse-able WatchdogInterval setting"),
            Arg(0, Time(100_000, i64::MAX), "Invalid WatchdogInterval: minimal value 100ms"),
        ]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("prefork.c", "mpm_prefork_module", PREFORK),
    module("event.c", "mpm_event_module", EVENT),
    module("worker.c", "mpm_worker_module", WORKER),
    module("mod_watchdog.c", "watchdog_module", WATCHDOG),
];
