//! A run's network: a loopback device that has every address of the scenario.

use super::job::Job;
use super::wrapper;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::IpAddr;
use std::process::{Command, Stdio};

/// Gives the loopback device of this network namespace all addresses of `job`.
///
/// # Errors
/// When there is no `ip` to do it.
pub(super) fn set_up(job: &Job) -> Result<(), String> {
    let mut addresses: BTreeSet<IpAddr> = job.asks.iter().flat_map(|a| [a.client, a.server]).collect();
    addresses.extend(wrapper::addresses(&job.config));
    addresses.extend(job.hosts.iter().map(|h| h.0));
    let mut lines = String::from("link set lo up\n");
    for ip in addresses.iter().filter(|ip| is_to_be_given(ip)) {
        let rest = if ip.is_ipv6() { "/128 dev lo nodad" } else { "/32 dev lo" };
        lines.push_str(&format!("addr add {ip}{rest}\n"));
    }
    let mut command = Command::new("ip");
    command.args(["-force", "-batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("can't run `ip`: {e}"))?;
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(lines.as_bytes());
    }
    child.wait().map_err(|e| format!("`ip` failed: {e}"))?;
    Ok(())
}

/// Whether an address is one that a device can have, and that loopback hasn't of itself.
fn is_to_be_given(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(a) => {
            !(a.is_loopback()
                || a.is_unspecified()
                || a.is_broadcast()
                || a.is_multicast()
                || a.octets()[3] == 0
                || a.octets()[0] == 255)
        }
        IpAddr::V6(a) => !(a.is_loopback() || a.is_unspecified() || a.is_multicast() || a.to_ipv4_mapped().is_some()),
    }
}
