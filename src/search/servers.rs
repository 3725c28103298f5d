//! Which virtual hosts a request can come to at all: the tables are finite, and the first that bears a name takes it.

use crate::server::Compiled;
use crate::server::vhost::{Chain, Names};

/// Of each server, by its index, whether a request may come to it. Where that is not sure, it may.
pub(super) fn reachable(server: &Compiled) -> Vec<bool> {
    let mut found: Vec<bool> = server.servers.iter().map(|own| own.path.is_some()).collect();
    if let Some(main) = found.first_mut() {
        *main |= !takes_all(server);
    }
    for chain in server.tables.chains() {
        let links: Vec<(usize, &[u8])> = chain.links().map(|link| (link.server, link.virthost.as_slice())).collect();
        for (place, (index, virthost)) in links.iter().enumerate() {
            let before = &links[..place];
            let reached = is_default(chain, *index) || !is_hidden(&server.names, *index, virthost, before);
            if let Some(own) = found.get_mut(*index) {
                *own |= reached;
            }
        }
    }
    found
}

/// Whether no connection is left to the main server: a virtual host is for any address and port.
fn takes_all(server: &Compiled) -> bool {
    let any = |port: u16| server.tables.chains().any(|chain| chain.ip().is_none() && [0, port].contains(&chain.port()));
    match &server.listens {
        Some(listens) => listens.ports().all(any),
        None => any(0),
    }
}

fn is_default(chain: &Chain, index: usize) -> bool {
    chain.server == index
}

/// Whether each of a server's names is one of those before it in the same chain.
fn is_hidden(names: &[Names], index: usize, virthost: &[u8], before: &[(usize, &[u8])]) -> bool {
    let Some(own) = names.get(index) else { return false };
    let others: Vec<&Names> = before.iter().filter(|(i, _)| *i != index).filter_map(|(i, _)| names.get(*i)).collect();
    let taken = |name: &[u8]| others.iter().any(|other| other.matches(name).is_some());
    let wild = |name: &[u8]| {
        others.iter().any(|other| other.wild_names.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)))
    };
    taken(&own.server_hostname)
        && own.names.iter().all(|(name, _)| taken(name))
        && own.wild_names.iter().all(|(name, _)| wild(name))
        && before.iter().any(|(_, other)| other.eq_ignore_ascii_case(virthost))
}
