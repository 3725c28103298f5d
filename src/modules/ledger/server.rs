//! Processes, and as whom they run.

use super::{checked, module, row};
use crate::module::Args::{Argv, Take1, Take2};
use crate::module::Effect::{Blind, Inert, Modelled};
use crate::module::allowed::RSRC_CONF;
use crate::module::{Directive, Module};
use crate::server::listen;

const LISTEN: Directive = Directive {
    effect: Modelled,
    ..checked(
        row(
            "Listen",
            Argv,
            RSRC_CONF,
            Inert,
            "A port number or a numeric IP address and a port number, and an optional protocol",
        ),
        listen::set,
    )
};

#[rustfmt::skip]
const PREFORK: &[Directive] = &[
    row("ListenBacklog", Take1, RSRC_CONF, Inert,
        "Maximum length of the queue of pending connections, as used by listen(2)"),
    row("ListenCoresBucketsRatio", Take1, RSRC_CONF, Inert,
        "Ratio between the number of CPU cores (online) and the number of listeners buckets"),
    LISTEN,
    row("SendBufferSize", Take1, RSRC_CONF, Inert, "Send buffer size in bytes"),
    row("ReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size in bytes"),
    row("ListenTCPDeferAccept", Take1, RSRC_CONF, Inert,
        "Value set for the socket option TCP_DEFER_ACCEPT if it is set"),
    row("StartServers", Take1, RSRC_CONF, Inert, "Number of child processes launched at server startup"),
    row("MinSpareServers", Take1, RSRC_CONF, Inert,
        "Minimum number of idle children, to handle request spikes"),
    row("MaxSpareServers", Take1, RSRC_CONF, Inert, "Maximum number of idle children"),
    row("MaxClients", Take1, RSRC_CONF, Inert, "Deprecated name of MaxRequestWorkers"),
    row("MaxRequestWorkers", Take1, RSRC_CONF, Inert, "Maximum number of children alive at the same time"),
    row("ServerLimit", Take1, RSRC_CONF, Inert, "Maximum value of MaxRequestWorkers for this run of Apache"),
    row("GracefulShutdownTimeout", Take1, RSRC_CONF, Inert,
        "Maximum time in seconds to wait for child processes to complete transactions during shutdown"),
];

#[rustfmt::skip]
const EVENT: &[Directive] = &[
    row("ListenBacklog", Take1, RSRC_CONF, Inert,
        "Maximum length of the queue of pending connections, as used by listen(2)"),
    row("ListenCoresBucketsRatio", Take1, RSRC_CONF, Inert,
        "Ratio between the number of CPU cores (online) and the number of listeners buckets"),
    LISTEN,
    row("SendBufferSize", Take1, RSRC_CONF, Inert, "Send buffer size in bytes"),
    row("ReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size in bytes"),
    row("ListenTCPDeferAccept", Take1, RSRC_CONF, Inert,
        "Value set for the socket option TCP_DEFER_ACCEPT if it is set"),
    row("StartServers", Take1, RSRC_CONF, Inert, "Number of child processes launched at server startup"),
    row("ServerLimit", Take1, RSRC_CONF, Inert, "Maximum number of child processes for this run of Apache"),
    row("MinSpareThreads", Take1, RSRC_CONF, Inert, "Minimum number of idle threads, to handle request spikes"),
    row("MaxSpareThreads", Take1, RSRC_CONF, Inert, "Maximum number of idle threads"),
    row("MaxClients", Take1, RSRC_CONF, Inert, "Deprecated name of MaxRequestWorkers"),
    row("MaxRequestWorkers", Take1, RSRC_CONF, Inert, "Maximum number of threads alive at the same time"),
    row("ThreadsPerChild", Take1, RSRC_CONF, Inert, "Number of threads each child creates"),
    row("ThreadLimit", Take1, RSRC_CONF, Inert,
        "Maximum number of worker threads per child process for this run of Apache - Upper limit for \
        ThreadsPerChild"),
    row("AsyncRequestWorkerFactor", Take1, RSRC_CONF, Inert,
        "How many additional connects will be accepted per idle worker thread"),
    row("GracefulShutdownTimeout", Take1, RSRC_CONF, Inert,
        "Maximum time in seconds to wait for child processes to complete transactions during shutdown"),
];

#[rustfmt::skip]
const WORKER: &[Directive] = &[
    row("ListenBacklog", Take1, RSRC_CONF, Inert,
        "Maximum length of the queue of pending connections, as used by listen(2)"),
    row("ListenCoresBucketsRatio", Take1, RSRC_CONF, Inert,
        "Ratio between the number of CPU cores (online) and the number of listeners buckets"),
    LISTEN,
    row("SendBufferSize", Take1, RSRC_CONF, Inert, "Send buffer size in bytes"),
    row("ReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size in bytes"),
    row("ListenTCPDeferAccept", Take1, RSRC_CONF, Inert,
        "Value set for the socket option TCP_DEFER_ACCEPT if it is set"),
    row("StartServers", Take1, RSRC_CONF, Inert, "Number of child processes launched at server startup"),
    row("MinSpareThreads", Take1, RSRC_CONF, Inert, "Minimum number of idle threads, to handle request spikes"),
    row("MaxSpareThreads", Take1, RSRC_CONF, Inert, "Maximum number of idle threads"),
    row("MaxRequestWorkers", Take1, RSRC_CONF, Inert, "Maximum number of threads alive at the same time"),
    row("MaxClients", Take1, RSRC_CONF, Inert, "Deprecated name of MaxRequestWorkers"),
    row("ThreadsPerChild", Take1, RSRC_CONF, Inert, "Number of threads each child creates"),
    row("ServerLimit", Take1, RSRC_CONF, Inert, "Maximum number of child processes for this run of Apache"),
    row("ThreadLimit", Take1, RSRC_CONF, Inert,
        "Maximum number of worker threads per child process for this run of Apache - Upper limit for \
        ThreadsPerChild"),
    row("GracefulShutdownTimeout", Take1, RSRC_CONF, Inert,
        "Maximum time in seconds to wait for child processes to complete transactions during shutdown"),
];

// As whom httpd serves decides which files it may read: the file system is asked as that user.
#[rustfmt::skip]
const SUEXEC: &[Directive] = &[
    row("SuexecUserGroup", Take2, RSRC_CONF,
        Blind("scripts run under suexec, which refuses those that break its rules"),
        "User and group for spawned processes"),
];

#[rustfmt::skip]
const WATCHDOG: &[Directive] = &[
    row("WatchdogInterval", Take1, RSRC_CONF, Inert, "Watchdog interval in seconds"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("prefork.c", "mpm_prefork_module", PREFORK),
    module("event.c", "mpm_event_module", EVENT),
    module("worker.c", "mpm_worker_module", WORKER),
    module("mod_suexec.c", "suexec_module", SUEXEC),
    module("mod_watchdog.c", "watchdog_module", WATCHDOG),
];
