//! What is a visitor's to choose.

use super::ask::Ask;
use crate::address::IpSubnet;
use crate::suite::CLIENT;
use std::net::{IpAddr, Ipv4Addr};

/// Whose requests they are.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clients {
    /// An outside visitor's.
    #[default]
    Outside,
    /// Anyone's.
    Any,
    /// One's who is in this network.
    In(IpSubnet),
}

impl Clients {
    /// Whether an address may ask.
    pub(crate) fn may(&self, client: Option<IpAddr>) -> bool {
        match (self, client) {
            (_, None) => !matches!(self, Clients::In(_)),
            (Clients::Outside, Some(_)) => false,
            (Clients::Any, Some(_)) => true,
            (Clients::In(network), Some(client)) => network.contains(client),
        }
    }
}

/// The terms of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// Whose requests.
    pub clients: Clients,
    /// Credentials, each of which is tried; requests without are tried too.
    pub users: Vec<String>,
    /// What is held: a part of the request and its value.
    pub hold: Vec<Held>,
}

/// A part of a request that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Host(String),
    Port(u16),
    Method(String),
    Path(String),
    Query(String),
    Protocol(String),
    Tls(bool),
    Server(IpAddr),
    Header(String, String),
}

impl Held {
    /// From `KEY=VALUE`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn parse(text: &str) -> Result<Held, String> {
        let Some((key, value)) = text.split_once('=') else { return Err("write KEY=VALUE".into()) };
        let held = value.to_string();
        Ok(match key.to_ascii_lowercase().as_str() {
            "host" => Held::Host(held),
            "port" => Held::Port(value.parse().map_err(|_| format!("`{value}` is no port"))?),
            "method" => Held::Method(held),
            "path" => Held::Path(held),
            "query" => Held::Query(held),
            "protocol" => Held::Protocol(held),
            "tls" => Held::Tls(value.parse().map_err(|_| "`tls` is `true` or `false`".to_string())?),
            "server" => Held::Server(value.parse().map_err(|_| format!("`{value}` is no address"))?),
            _ => match key.split_once(':') {
                Some((kind, name)) if kind.eq_ignore_ascii_case("header") && !name.is_empty() => {
                    Held::Header(name.into(), held)
                }
                _ => {
                    return Err(format!(
                        "`{key}` can't be held: write host, port, method, path, query, protocol, tls, server or header:NAME"
                    ));
                }
            },
        })
    }
}

impl Terms {
    /// The request within the terms; none where it is not to be asked.
    pub(crate) fn within(&self, mut ask: Ask) -> Option<Ask> {
        for held in &self.hold {
            match held {
                Held::Host(host) => ask.host.clone_from(host),
                Held::Port(port) => ask.port = *port,
                Held::Method(method) => ask.method.clone_from(method),
                Held::Path(path) => ask.path.clone_from(path),
                Held::Query(query) => ask.query = Some(query.clone()),
                Held::Protocol(protocol) => ask.protocol.clone_from(protocol),
                Held::Tls(tls) => ask.tls = *tls,
                Held::Server(ip) => ask.local = Some(*ip),
                Held::Header(name, value) => ask = ask.with_header(name, value),
            }
        }
        // whoever asks where nothing is said
        if ask.client == Some(CLIENT) && !ask.local.is_some_and(|ip| ip.is_ipv6()) {
            ask.client = None;
        }
        if let Clients::In(network) = &self.clients
            && ask.client.is_none()
        {
            ask.client = network.first();
        }
        let may = self.clients.may(ask.client) && ask.user.as_ref().is_none_or(|user| self.users.contains(user));
        may.then_some(ask)
    }
}

/// An address that stands for this machine.
pub(crate) const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
