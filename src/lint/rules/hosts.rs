//! What the rules about virtual hosts have in common: which one bears a name, and requests that come in by it.

use crate::lint::facts::{Asked, Facts};
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::search::doors::Door;
use crate::server::vhost::{Chain, NameMatch, by_name};
use crate::site::Directive;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::net::IpAddr;

/// How many requests tell two virtual hosts apart at most.
const TRIED: usize = 60;

/// A name that a virtual host says it bears.
pub(super) struct Name {
    pub name: BString,
    /// Where it is said.
    pub at: Span,
    /// Whether by ServerName.
    pub own: bool,
}

/// A virtual host, under one of its addresses.
pub(super) struct Host<'f, 's> {
    pub section: &'f Directive<'s>,
    /// Its names without wildcards.
    pub names: Vec<Name>,
    /// Its place among the servers.
    pub server: usize,
}

/// The virtual hosts of an address, in order.
pub(super) fn hosts<'f, 's>(facts: &'f Facts<'s>, asked: &Asked<'s>, chain: &Chain) -> Vec<Host<'f, 's>> {
    let server = asked.ground.search.run.server();
    let mut found: Vec<Host<'f, 's>> = Vec::new();
    for link in chain.links() {
        let Some(own) = server.servers.get(link.server) else { continue };
        let Some(section) = facts.directives.iter().find(|d| Some(d.span()) == own.span) else { continue };
        if found.iter().any(|host| host.server == link.server) {
            continue;
        }
        let mut names: Vec<Name> = Vec::new();
        names.extend(own.name_span.map(|at| Name { name: own.hostname.clone(), at, own: true }));
        let aliases = server.names.get(link.server).into_iter().flat_map(|names| &names.names);
        names.extend(aliases.map(|(name, at)| Name { name: name.clone(), at: *at, own: false }));
        names.retain(|name| plain(&name.name));
        found.push(Host { section, names, server: link.server });
    }
    found
}

/// A name that can stand in a URL.
fn plain(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b))
}

/// The chains of virtual hosts that can be reached.
pub(super) fn chains<'a>(asked: &'a Asked<'_>) -> impl Iterator<Item = &'a Chain> {
    asked.ground.search.run.server().tables.chains()
}

/// Who answers to a name at an address, and by what.
pub(super) fn bearer(asked: &Asked<'_>, chain: &Chain, name: &[u8]) -> Option<(usize, NameMatch)> {
    let server = asked.ground.search.run.server();
    by_name(chain, &server.names, name, chain.port(), Span::NONE)
}

/// A way in to an address, by a name.
pub(super) fn way(asked: &Asked<'_>, chain: &Chain, name: &[u8]) -> Option<Door> {
    let at: Option<IpAddr> = chain.ip();
    let server = asked.ground.search.run.server();
    let own = |door: &&Door| {
        let fits = chain.port() == 0 || door.port == chain.port();
        let here = chain.links().any(|link| server.servers.get(link.server).is_some_and(|s| s.span == door.server));
        fits && here && (at.is_none() || door.local == at || door.local.is_none())
    };
    let door = asked.open_doors().find(own)?;
    Some(Door { host: name.to_str().ok()?.to_ascii_lowercase(), ..door.clone() })
}

/// Paths that are worth asking for at a virtual host: the front page, and what was asked of those around it.
pub(super) fn paths(asked: &Asked<'_>) -> Vec<String> {
    let mut found: Vec<String> = vec!["/".into()];
    for seen in asked.pool.iter().filter(|seen| seen.ask.weight().0 == 0) {
        if found.len() >= TRIED {
            break;
        }
        if !found.contains(&seen.ask.path) {
            found.push(seen.ask.path.clone());
        }
    }
    found
}

/// A request by a way in that is answered otherwise without these lines.
pub(super) fn shown(asked: &Asked<'_>, door: &Door, gone: &[Span]) -> Option<(Ask, Outcome)> {
    let other = asked.without(gone)?;
    let run = &asked.ground.search.run;
    paths(asked).iter().map(|path| door.ask(path)).find_map(|ask| {
        let request = ask.request();
        let now = run.ask(&request);
        differ(&now, &other.ask(&request)).is_some().then_some((ask, now))
    })
}
