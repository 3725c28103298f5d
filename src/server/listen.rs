//! Where httpd takes connections: server/listen.c.

use super::build::{Cmd, forbid};
use super::vhost::{self, Address};
use crate::address::{addresses, numeric_host};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};
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

/// All of them, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listens {
    list: Vec<Listen>,
    places: HashMap<(Option<IpAddr>, u16), usize>,
    ports: HashSet<u16>,
}

impl Listens {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Takes a port to be listened on at all addresses, unless a line has it.
    pub(crate) fn imply(&mut self, port: u16) {
        if !self.ports.contains(&port) {
            self.push(Listen { ip: None, port, https: port == 443, span: None });
        }
    }

    fn push(&mut self, listen: Listen) {
        self.ports.insert(listen.port);
        self.places.entry((listen.ip, listen.port)).or_insert(self.list.len());
        self.list.push(listen);
    }

    fn at(&self, ip: Option<IpAddr>, port: u16) -> Option<&Listen> {
        self.list.get(*self.places.get(&(ip, port))?)
    }

    /// Whether a connection to an address is taken.
    pub(crate) fn is_open(&self, ip: IpAddr, port: u16) -> bool {
        self.at(None, port).or_else(|| self.at(Some(ip), port)).is_some()
    }

    /// Whether a port is taken at an address (none: at any), or any port where it is 0.
    pub(crate) fn takes_any(&self, ip: Option<IpAddr>, port: u16) -> bool {
        match ip {
            _ if port == 0 => !self.list.is_empty(),
            Some(ip) => self.is_open(ip, port),
            None => self.ports.contains(&port),
        }
    }

    /// The first address that takes a port where none takes it for all.
    pub(crate) fn only_at(&self, port: u16) -> Option<IpAddr> {
        match self.at(None, port) {
            Some(_) => None,
            None => self.list.iter().find(|listen| listen.port == port)?.ip,
        }
    }

    /// The line by which a virtual host speaks https where nothing else is said (`ap_setup_listeners`).
    pub(crate) fn https(&self, addrs: &[Address]) -> Option<&Listen> {
        addrs.iter().find_map(|addr| self.at(addr.ip, addr.port)).filter(|listen| listen.https)
    }
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
    if listens.list.last().is_some_and(|last| last.span == span) {
        // each MPM has this directive, and only here can there be more than one of them
        return Ok(());
    }
    if known && listens.at(ip, port).is_some() {
        return Err("Cannot define multiple Listeners on the same IP:port".into());
    }
    let https = protocol.map_or(port == 443, |p| p.eq_ignore_ascii_case(b"https"));
    listens.push(Listen { ip, port, https, span });
    Ok(())
}
