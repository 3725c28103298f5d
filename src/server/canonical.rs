//! What a server calls itself in URLs: `ap_get_server_name` and its kin (server/core.c).

use super::request::Request;
use super::setting::{value, without};
use crate::phase::Phase;
use crate::server::core::CanonicalName;
use crate::source::Span;
use bstr::BString;

impl Request<'_> {
    /// `ap_get_server_name`
    pub(crate) fn server_name(&self) -> BString {
        self.name_without(None)
    }

    /// `ap_get_server_name_for_url`: an IPv6 literal in brackets.
    pub(crate) fn server_name_for_url(&self) -> BString {
        let name = self.server_name();
        if name.contains(&b':') { format!("[{name}]").into() } else { name }
    }

    fn name_without(&self, skip: Option<Span>) -> BString {
        match without(&self.core().use_canonical_name, skip) {
            Some(CanonicalName::On) => self.server.hostname.clone(),
            Some(CanonicalName::Dns) => {
                let local = self.connection.local;
                let found = self.engine.server.hosts.iter().find(|(ip, _)| *ip == local);
                found.map_or_else(|| self.server.hostname.clone(), |(_, n)| n.to_ascii_lowercase().into())
            }
            _ => self.hostname.clone().unwrap_or_else(|| self.server.hostname.clone()),
        }
    }

    /// `ap_get_server_port`
    pub(crate) fn server_port(&self) -> u16 {
        self.port_without(None, self.server.port)
    }

    fn port_without(&self, skip: Option<Span>, own: u16) -> u16 {
        let core = self.core();
        let physical = without(&core.use_canonical_phys_port, skip) == Some(&true);
        let canonical = without(&core.use_canonical_name, skip) == Some(&CanonicalName::On);
        let asked = self.parsed_uri.port.filter(|p| *p != 0);
        let local = Some(self.connection.local_port).filter(|p| *p != 0 && physical);
        let own = Some(own).filter(|p| *p != 0);
        let port = if canonical { own.or(local) } else { asked.or(local).or(own) };
        port.unwrap_or_else(|| self.default_port())
    }

    /// `ap_default_port`
    pub(crate) fn default_port(&self) -> u16 {
        if self.scheme() == "https" { 443 } else { 80 }
    }

    /// `ap_construct_url`: a path of this server as a whole URL.
    pub(crate) fn construct_url(&self, path: &[u8]) -> BString {
        let port = self.server_port();
        let mut url = BString::from(self.scheme());
        url.extend_from_slice(b"://");
        url.extend_from_slice(&self.server_name_for_url());
        if port != self.default_port() {
            url.extend_from_slice(format!(":{port}").as_bytes());
        }
        url.extend_from_slice(path);
        url
    }

    /// The same for a Location.
    pub(crate) fn locate(&mut self, phase: Phase, path: &[u8]) -> BString {
        self.name_canonical(phase);
        self.construct_url(path)
    }

    /// Names the lines that say how this server's URLs begin: UseCanonicalName, UseCanonicalPhysicalPort, and the ServerName
    /// whose name or port they have.
    pub(crate) fn name_canonical(&mut self, phase: Phase) {
        let (core, own) = (self.core(), self.server);
        let port = self.server_port();
        let lines =
            [core.use_canonical_name.as_ref().map(|s| s.span), core.use_canonical_phys_port.as_ref().map(|s| s.span)];
        for line in lines.into_iter().flatten() {
            let skip = Some(line);
            if self.port_without(skip, own.port) != port || self.name_without(skip) != self.server_name() {
                self.decide(phase, line);
            }
        }
        // without a ServerName, a virtual host has its section's port and a name that no one asks for
        let section = own.addrs.first().map_or(0, |a| a.port);
        let is_port = section != 0 && self.port_without(None, section) != port;
        // the name that was asked for is the client's, unless UseCanonicalName says otherwise
        let asked = self.hostname.as_ref();
        let is_own = || value(&core.use_canonical_name, CanonicalName::Off) != CanonicalName::Off || asked.is_none();
        let is_name = || asked != Some(&own.hostname) && is_own() && self.server_name() == own.hostname;
        if let Some(line) = own.name_span
            && (is_port || is_name())
        {
            self.decide(phase, line);
        }
    }
}
