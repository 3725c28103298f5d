//! Servers that tell each other how busy they are, and the memory they share.

use super::checks::server;
use super::{handlers, handling, module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::Take1;
use crate::server::module::Effect::Inert;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{By, NotIn};

#[rustfmt::skip]
const HEARTBEAT: &[Directive] = &[
    row("HeartbeatAddress", Take1, RSRC_CONF, Inert, "Address to send heartbeat requests")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::multicast)]),
];

#[rustfmt::skip]
const HEARTMONITOR: &[Directive] = &[
    row("HeartbeatListen", Take1, RSRC_CONF, Inert, "Address to listen for heartbeat requests")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::multicast)]),
    row("HeartbeatStorage", Take1, RSRC_CONF, Inert, "Path to store heartbeat data.")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("HeartbeatMaxServers", Take1, RSRC_CONF, Inert,
        "Max number of servers when using slotmem (instead file) to store heartbeat data.")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(server::most_servers)]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_heartbeat.c", "heartbeat_module", HEARTBEAT),
    handling(module("mod_heartmonitor.c", "heartmonitor_module", HEARTMONITOR), handlers::HEARTMONITOR),
    module("mod_slotmem_plain.c", "slotmem_plain_module", &[]),
    module("mod_slotmem_shm.c", "slotmem_shm_module", &[]),
];
