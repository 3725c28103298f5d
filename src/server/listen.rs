//! Where httpd takes connections: server/listen.c.

use super::build::{Cmd, forbid};
use super::vhost::{self, Address};
use crate::address::{addresses, numeric_host};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::net::IpAddr;

/// A Listen line.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    /// The address; none for all.
    pub ip: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Whether its protocol is https: said, or by its port.
    pub https: bool,
    /// The line; none where it is taken to be there.
    pub span: Option<Span>,
}

impl Listen {
    /// All addresses of a port.
    pub(crate) fn on(port: u16) -> Listen {
        Listen { ip: None, port, https: port == 443, span: None }
    }

    fn takes(&self, ip: IpAddr, port: u16) -> bool {
        self.port == port && self.ip.is_none_or(|own| own == ip)
    }
}

/// Whether a connection to an address is taken.
pub(crate) fn is_open(listens: &[Listen], ip: IpAddr, port: u16) -> bool {
    listens.iter().any(|listen| listen.takes(ip, port))
}

/// The line by which a virtual host speaks https where nothing else is said (`ap_setup_listeners`).
pub(crate) fn https<'l>(listens: &'l [Listen], addrs: &[Address]) -> Option<&'l Listen> {
    let same = |addr: &Address| listens.iter().find(|listen| listen.ip == addr.ip && listen.port == addr.port);
    addrs.iter().find_map(same).filter(|listen| listen.https)
}

/// `ap_set_listener`
pub(crate) fn set(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let (address, protocol) = match a {
        [address] => (address, None),
        [address, protocol] => (address, Some(protocol)),
        _ => return Err("Listen requires 1 or 2 arguments.".into()),
    };
    let (host, port) = vhost::parse_address(address.as_bstr()).ok_or("Invalid address or port")?;
    if port == 0 {
        return Err("Port must be specified".into());
    }
    let host = host.filter(|host| *host != "*");
    let (ip, known) = match host {
        None => (None, true),
        Some(host) => match numeric_host(host).or_else(|| addresses(&cmd.build.hosts, host).first().copied()) {
            Some(ip) => (Some(ip), true),
            None if cmd.build.hosts_complete => return Err("Listen setup failed".into()),
            None => (None, false),
        },
    };
    let (listens, span) = (&mut cmd.build.listens, Some(cmd.node.span));
    if listens.last().is_some_and(|last| last.span == span) {
        // each MPM has this directive, and only here can there be more than one of them
        return Ok(());
    }
    if known && listens.iter().any(|l| (l.ip, l.port) == (ip, port)) {
        return Err("Cannot define multiple Listeners on the same IP:port".into());
    }
    let https = protocol.map_or(port == 443, |p| p.eq_ignore_ascii_case(b"https"));
    listens.push(Listen { ip, port, https, span });
    Ok(())
}
