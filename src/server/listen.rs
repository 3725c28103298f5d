//! Where httpd takes connections: server/listen.c.

use super::cmd::{Cmd, forbid};
use super::vhost::{self, Address};
use crate::address::{addresses, numeric_host};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

    /// Whether a connection to an address is taken. 0.0.0.0 takes each of IPv4; `::` takes IPv4 as well, where httpd is built
    /// with IPv4-mapped addresses, as it is on Linux.
    pub(crate) fn is_open(&self, ip: IpAddr, port: u16) -> bool {
        let (v4, v6) = (Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into());
        [None, Some(ip), Some(v6)].into_iter().any(|own| self.at(own, port).is_some())
            || ip.is_ipv4() && self.at(Some(v4), port).is_some()
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
        let mut here = self.list.iter().filter(|listen| listen.port == port);
        let for_all = here.clone().any(|listen| listen.ip.is_none_or(|ip| ip.is_unspecified()));
        if for_all { None } else { here.next()?.ip }
    }

    /// The ports that it takes connections on.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.list.iter().map(|listen| listen.port)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_stand_for_all() {
        let (v4, v6): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), Ipv6Addr::LOCALHOST.into());
        for (ip, takes) in [
            (None, [true, true]),
            (Some(Ipv4Addr::UNSPECIFIED.into()), [true, false]),
            (Some(Ipv6Addr::UNSPECIFIED.into()), [true, true]),
            (Some(v4), [true, false]),
        ] {
            let mut listens = Listens::default();
            listens.push(Listen { ip, port: 80, https: false, span: None });
            assert_eq!([v4, v6].map(|to| listens.is_open(to, 80)), takes, "{ip:?}");
            assert_eq!(listens.only_at(80), ip.filter(|ip| *ip == v4));
        }
    }
}
