//! Which server answers: server/vhost.c.
//!
//! An address leads to a chain of virtual hosts; within a chain of two or more the host name decides. All chains are
//! built from the last virtual host to the first, so that the first of the configuration ends in front.

use super::engine::Engine;
use super::index::{self, Index};
use crate::outcome::observer::{Origin, PatternKind};
use crate::pattern;
use crate::server::captures::tried;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;

/// An address of a `<VirtualHost>`: httpd's `server_addr_rec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address; none for `*` and `_default_`.
    pub ip: Option<IpAddr>,
    /// The port; 0 for any.
    pub port: u16,
    /// As written, without the port.
    pub virthost: BString,
}

/// What ServerName says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerName {
    /// The name.
    pub host: BString,
    /// The port; 0 when none was given.
    pub port: u16,
    /// The scheme; empty when none was given.
    pub scheme: BString,
    /// Where it says so.
    pub span: Option<Span>,
}

/// Names by which a virtual host is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// ServerName.
    pub server_hostname: BString,
    /// ServerAlias without wildcards.
    pub names: Vec<(BString, Span)>,
    /// ServerAlias with wildcards.
    pub wild_names: Vec<(BString, Span)>,
}

/// How a name was found to be a virtual host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// By ServerName.
    ServerName,
    /// By the ServerAlias at that place.
    ServerAlias(Span),
    /// By the address in the section's own argument.
    Address,
}

impl Names {
    /// httpd's `matches_aliases`.
    pub(crate) fn matches(&self, host: &[u8]) -> Option<NameMatch> {
        self.matches_without(host, Span::NONE)
    }

    /// The same, with the ServerAlias at `skip` taken out.
    pub(crate) fn matches_without(&self, host: &[u8], skip: Span) -> Option<NameMatch> {
        if self.server_hostname.eq_ignore_ascii_case(host) {
            return Some(NameMatch::ServerName);
        }
        let plain = self.names.iter().find(|(n, span)| n.eq_ignore_ascii_case(host) && *span != skip);
        let found =
            plain.or_else(|| self.wild_names.iter().find(|(n, s)| pattern::strcasecmp_match(host, n) && *s != skip));
        found.map(|(_, span)| NameMatch::ServerAlias(*span))
    }
}

/// One link: a virtual host under one of its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The server.
    pub server: usize,
    /// The port of that address; 0 for any.
    pub port: u16,
    /// The address as written.
    pub virthost: BString,
}

/// Virtual hosts of one address and port: httpd's `ipaddr_chain`.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    ip: Option<IpAddr>,
    port: u16,
    /// The first of the configuration: the default.
    pub server: usize,
    links: Vec<Link>, // from the last of the configuration to the first
    by_name: OnceLock<Option<Box<Index>>>,
}

impl Chain {
    /// Its address; none for `*` and `_default_`.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// Its port; 0 for any.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its virtual hosts, in the order of the configuration.
    pub(crate) fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().rev()
    }

    /// The virtual hosts to choose from by name, in the order of the configuration; none when there is but one.
    pub(crate) fn names(&self) -> Option<impl Iterator<Item = &Link>> {
        (self.links.len() > 1).then(|| self.links.iter().rev())
    }
}

/// The tables that a connection's address is looked up in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    by_ip: HashMap<IpAddr, Vec<Chain>>,
    default_list: Vec<Chain>, // httpd puts new ones in front: searched from the back
}

/// A chain's index: by address, or in the default list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainId {
    /// Under an address.
    Ip(IpAddr, usize),
    /// In the list of `*` and `_default_`.
    Default(usize),
}

impl Tables {
    /// Builds the tables (`ap_fini_vhost_config`) of the servers' addresses; index 0 is the main server, which is in none.
    pub(crate) fn new(addrs: &[Vec<Address>]) -> Tables {
        let mut t = Tables::default();
        for (server, addrs) in addrs.iter().enumerate().skip(1).rev() {
            let mut previous: Option<&Address> = None;
            for a in addrs {
                let link = Link { server, port: a.port, virthost: a.virthost.clone() };
                match a.ip {
                    None => {
                        let found = t.find_default(a.port).filter(|&i| t.default_list[i].port == a.port);
                        if let Some(i) = found {
                            if previous.is_none_or(|p| p.ip.is_some() || p.port != a.port) {
                                t.default_list[i].push(link);
                            }
                        } else {
                            t.default_list.push(Chain {
                                ip: None,
                                port: a.port,
                                server,
                                links: vec![link],
                                by_name: OnceLock::new(),
                            });
                        }
                    }
                    Some(ip) => {
                        // most addresses have one chain
                        let chains = t.by_ip.entry(ip).or_insert_with(|| Vec::with_capacity(1));
                        match find(chains, a.port).filter(|&i| chains[i].port == a.port) {
                            Some(i) => chains[i].push(link),
                            None => chains.push(Chain {
                                ip: a.ip,
                                port: a.port,
                                server,
                                links: vec![link],
                                by_name: OnceLock::new(),
                            }),
                        }
                    }
                }
                previous = Some(a);
            }
        }
        t
    }

    fn find_default(&self, port: u16) -> Option<usize> {
        let at = |p: u16| self.default_list.iter().rposition(|c| c.port == p);
        at(port).or_else(|| at(0))
    }

    /// The chain for a connection that comes in on an address (`ap_update_vhost_given_ip`); none leaves the main server.
    pub(crate) fn lookup(&self, ip: IpAddr, port: u16) -> Option<ChainId> {
        if let Some(i) = self.by_ip.get(&ip).and_then(|chains| find(chains, port)) {
            return Some(ChainId::Ip(ip, i));
        }
        self.find_default(port).map(ChainId::Default)
    }

    /// All chains: by address, then those of `*`, by port.
    pub(crate) fn chains(&self) -> impl Iterator<Item = &Chain> {
        let mut all: Vec<&Chain> = self.by_ip.values().flatten().chain(&self.default_list).collect();
        all.sort_by_key(|chain| (chain.ip.is_none(), chain.ip, chain.port));
        all.into_iter()
    }

    /// The chain of that index.
    pub(crate) fn chain(&self, id: ChainId) -> Option<&Chain> {
        match id {
            ChainId::Ip(ip, i) => self.by_ip.get(&ip)?.get(i),
            ChainId::Default(i) => self.default_list.get(i),
        }
    }
}

impl Chain {
    /// The places (in the order of the configuration) of the virtual hosts that may bear a name; none: search all.
    fn candidates(&self, names: &[Names], host: &[u8]) -> Option<Vec<u32>> {
        let index = self.by_name.get_or_init(|| {
            let own = |link: &Link| {
                let names = names.get(link.server);
                let mut own = vec![backwards(&link.virthost)];
                own.extend(names.map(|n| backwards(&n.server_hostname)));
                own.extend(names.into_iter().flat_map(|n| &n.names).map(|(name, _)| backwards(name)));
                own.extend(names.into_iter().flat_map(|n| &n.wild_names).map(|(name, _)| {
                    let end = name.rfind_byteset(b"*?").map_or(0, |i| i + 1);
                    backwards(&name[end..])
                }));
                own
            };
            let all = || self.links.iter().rev().enumerate().flat_map(|(i, l)| own(l).into_iter().map(move |n| (i, n)));
            (self.links.len() >= index::WORTH).then(|| Box::new(Index::new(all())))
        });
        index.as_ref().map(|index| index.of(&backwards(host)))
    }

    fn push(&mut self, link: Link) {
        self.server = link.server;
        self.links.push(link);
    }

    /// How the chain's address reads in a configuration.
    pub(crate) fn address(&self) -> String {
        let host = match self.ip {
            None => "*".to_string(),
            Some(IpAddr::V6(ip)) => format!("[{ip}]"),
            Some(ip) => ip.to_string(),
        };
        match self.port {
            0 => format!("{host}:*"),
            port => format!("{host}:{port}"),
        }
    }
}

/// A name from its end, in lower case: what names with a wildcard in front begin with.
fn backwards(name: &[u8]) -> Vec<u8> {
    name.iter().rev().map(u8::to_ascii_lowercase).collect()
}

/// `find_ipaddr`: the port itself, else a chain for any port. Later chains stand in front in httpd.
fn find(chains: &[Chain], port: u16) -> Option<usize> {
    let at = |p: u16| chains.iter().rposition(|c| c.port == p);
    at(port).or_else(|| if port == 0 { chains.len().checked_sub(1) } else { at(0) })
}

/// Chooses among a chain's virtual hosts by name (`update_server_from_aliases`), with the ServerAlias at `skip` taken
/// out.
pub(crate) fn by_name(
    chain: &Chain,
    names: &[Names],
    host: &[u8],
    port: u16,
    skip: Span,
) -> Option<(usize, NameMatch)> {
    if chain.links.len() < 2 {
        return None;
    }
    let mut by_address = None;
    let mut last = None;
    let candidates = chain.candidates(names, host);
    let places = candidates.as_ref().map_or(chain.links.len(), Vec::len);
    let number = |place: usize| candidates.as_ref().map_or(Some(place), |c| c.get(place).map(|n| *n as usize));
    let count = chain.links.len();
    let links = (0..places).filter_map(|place| chain.links.get(count.checked_sub(number(place)? + 1)?));
    for link in links {
        if link.port != 0 && link.port != port {
            continue;
        }
        if last != Some(link.server)
            && let Some(how) = names.get(link.server).and_then(|n| n.matches_without(host, skip))
        {
            return Some((link.server, how));
        }
        if by_address.is_none() && link.virthost.eq_ignore_ascii_case(host) {
            by_address = Some((link.server, NameMatch::Address));
        }
        last = Some(link.server);
    }
    by_address
}

/// Tells an observer of the names that are tried, in their order, up to the one that matches.
pub(crate) fn tell_names(engine: &Engine, chain: &Chain, host: &[u8], port: u16) {
    let Some(links) = chain.names() else { return };
    let mut last = None;
    for link in links.filter(|link| link.port == 0 || link.port == port) {
        if last == Some(link.server) {
            continue;
        }
        last = Some(link.server);
        let Some(names) = engine.server.names.get(link.server) else { continue };
        let own = engine.server.servers[link.server].name_span.map(|span| (&names.server_hostname, span));
        let plain = own.into_iter().chain(names.names.iter().map(|(name, span)| (name, *span)));
        let plain = plain.map(|(name, span)| (name, span, PatternKind::Name));
        let wild = names.wild_names.iter().map(|(name, span)| (name, *span, PatternKind::NameWildcards));
        for (name, span, kind) in plain.chain(wild) {
            let matched = match kind {
                PatternKind::NameWildcards => pattern::strcasecmp_match(host, name),
                _ => name.eq_ignore_ascii_case(host),
            };
            engine.pattern(|| tried(span, kind, name, host, (Origin::Host, b""), matched));
            if matched {
                return;
            }
        }
    }
}

/// A host and port as `apr_parse_addr_port` splits them: `None` for what it refuses. No host: a bare number is a port.
pub(crate) fn parse_address(text: &BStr) -> Option<(Option<&BStr>, u16)> {
    if text.is_empty() {
        return None;
    }
    let digits_from = text.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |i| i + 1);
    let mut host = text;
    let mut port = 0u32;
    if digits_from == 0 {
        port = text.to_str().ok()?.parse().ok()?;
        if port == 0 || port > 65535 {
            return None;
        }
        return Some((None, port as u16));
    }
    if digits_from < text.len() && text[digits_from - 1] == b':' {
        if digits_from == 1 {
            return None;
        }
        port = text[digits_from..].to_str().ok()?.parse().ok()?;
        if port == 0 || port > 65535 {
            return None;
        }
        host = text[..digits_from - 1].as_bstr();
    } else if text.ends_with(b":") {
        return None;
    }
    if host.first() == Some(&b'[') {
        let end = host.find_byte(b']')?;
        if end + 1 != host.len() {
            return None;
        }
        let inner = &host[1..end];
        let literal = inner.find_byte(b'%').map_or(inner, |i| &inner[..i]);
        literal.to_str().ok()?.parse::<std::net::Ipv6Addr>().ok()?;
        if literal.len() != inner.len() {
            return None;
        }
        return Some((Some(inner.as_bstr()), port as u16));
    }
    // the port's own digits may be all that the colon before them leaves of an unbracketed IPv6 address
    Some((Some(host), port as u16))
}
