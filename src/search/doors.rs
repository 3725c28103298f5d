//! Where a request may come in: the hosts, ports and addresses of a site.

use super::ask::Ask;
use crate::outcome::observer::PatternKind;
use crate::run::Run;
use crate::search::solve::{Solved, Solver, Want};
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashSet;
use std::net::IpAddr;

/// A name that no site has.
const STRANGER: &str = "unknown.example";
/// How many there are at most.
const MOST: usize = 3_000;
/// What a host may be.
pub(crate) const HOST: &str = "(?-u)^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$";

/// A way in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Door {
    /// Whether it is TLS.
    pub tls: bool,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address, where it is one of its own.
    pub local: Option<IpAddr>,
    /// The virtual host that it is meant for; none for the main server.
    pub server: Option<Span>,
}

impl Door {
    /// A request that comes in by it.
    pub(crate) fn ask(&self, path: &str) -> Ask {
        Ask { tls: self.tls, port: self.port, local: self.local, path: path.into(), ..Ask::front(&self.host) }
    }

    /// The same request, by this way.
    pub(crate) fn moved(&self, ask: &Ask) -> Ask {
        let Door { tls, port, local, .. } = *self;
        Ask { tls, port, local, host: self.host.clone(), ..ask.clone() }
    }
}

/// All ways in, those of the main server last.
pub(crate) fn doors(run: &Run, solver: &Solver) -> Vec<Door> {
    let server = run.server();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |door: Door| {
        if found.len() < MOST
            && run.is_listened(door.local.unwrap_or(crate::suite::SERVER), door.port)
            && seen.insert(door.clone())
        {
            found.push(door);
        }
    };
    let at = |ip: Option<IpAddr>, host: &str, port: u16| {
        let local = ip.or_else(|| run.default_local(host, port).map(|(ip, _)| ip));
        local.filter(|ip| *ip != crate::suite::SERVER)
    };
    let mut ports: Vec<u16> = server.servers.iter().flat_map(|s| &s.addrs).map(|a| a.port).filter(|p| *p > 0).collect();
    ports.extend(server.listens.iter().flat_map(|listens| listens.ports()));
    ports.extend([80, 443]);
    ports.sort_unstable();
    ports.dedup();
    let main = plain(server.servers.first().map(|s| s.hostname.as_bstr()).unwrap_or_default());
    // those of virtual hosts first: what is in them is what people ask for
    let order = (1..server.servers.len()).chain([0]);
    for (index, own) in order.filter_map(|index| Some((index, server.servers.get(index)?))) {
        let mut hosts: Vec<String> = vec![plain(own.hostname.as_bstr()).unwrap_or_else(|| "localhost".into())];
        if let Some(names) = server.names.get(index) {
            hosts.extend(names.names.iter().filter_map(|(name, _)| plain(name.as_bstr())));
            for (name, _) in &names.wild_names {
                let want = Want::yes(PatternKind::NameWildcards, name.clone());
                if let Solved::Found(host) = solver.text(HOST, &[want]) {
                    hosts.push(host.to_string());
                }
            }
        }
        let addrs: Vec<(Option<IpAddr>, u16)> = match index {
            0 => ports.iter().map(|port| (None, *port)).collect(),
            _ => own.addrs.iter().map(|a| (a.ip, a.port)).collect(),
        };
        for (ip, port) in addrs {
            let all = if port > 0 { vec![port] } else { ports.clone() };
            for port in all {
                for host in &hosts {
                    for tls in [false, true] {
                        let local = at(ip, host, port);
                        add(Door { tls, host: host.clone(), port, local, server: own.span });
                    }
                }
            }
        }
    }
    // where an address of one's own stands before `*`, those for any address are come to by another one
    if let Some(other) = elsewhere(run) {
        let own: HashSet<IpAddr> = server.servers.iter().flat_map(|s| &s.addrs).filter_map(|a| a.ip).collect();
        let mut moved: Vec<Door> = found.clone();
        moved.retain(|door| door.local.is_none_or(|local| own.contains(&local)));
        for door in moved {
            let any = |a: &crate::server::vhost::Address| a.ip.is_none() && [0, door.port].contains(&a.port);
            let listed = server.servers.iter().find(|s| s.span == door.server);
            if door.server.is_none() || listed.is_some_and(|s| s.addrs.iter().any(any)) {
                let new = Door { local: Some(other), ..door };
                if found.len() < MOST && run.is_listened(other, new.port) && seen.insert(new.clone()) {
                    found.push(new);
                }
            }
        }
    }
    // names that nobody has, and the connection's own
    let ways: Vec<Door> = {
        let mut ways = HashSet::new();
        found.iter().filter(|d| ways.insert((d.tls, d.port, d.local))).cloned().collect()
    };
    let mut more = Vec::new();
    for way in ways {
        for host in [Some(STRANGER.to_string()), main.clone()].into_iter().flatten() {
            more.push(Door { host, ..way.clone() });
        }
    }
    more.retain(|door| seen.insert(door.clone()));
    found.extend(more);
    found
}

/// An address that no virtual host names, where others do.
fn elsewhere(run: &Run) -> Option<IpAddr> {
    let named: HashSet<IpAddr> = run.server().servers.iter().flat_map(|s| &s.addrs).filter_map(|a| a.ip).collect();
    let free = |last: &u8| !named.contains(&IpAddr::from([192, 0, 2, *last]));
    let last = (9..=254).find(free).filter(|_| !named.is_empty())?;
    Some(IpAddr::from([192, 0, 2, last]))
}

/// A name that can stand in a URL.
fn plain(name: &BStr) -> Option<String> {
    let text: BString = name.to_ascii_lowercase().into();
    let fine = !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(b));
    fine.then(|| text.to_string())
}
