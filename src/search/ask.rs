//! A request that a search may make, in the parts that it varies.

use crate::server::asked::Request;
use crate::suite::RequestSpec;
use bstr::ByteSlice;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// A request. What is none or empty is as in a scenario that doesn't say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ask {
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The host of the URL.
    pub host: String,
    /// The port of the URL.
    pub port: u16,
    /// The address that the connection comes in on.
    pub local: Option<IpAddr>,
    /// The URL's path, as sent.
    pub path: String,
    /// What follows `?`.
    pub query: Option<String>,
    /// The request target, where it is another one than path and query.
    pub target: Option<String>,
    /// The method.
    pub method: String,
    /// The protocol.
    pub protocol: String,
    /// Headers besides those that are always sent.
    pub headers: Vec<(String, String)>,
    /// The visitor's address.
    pub client: Option<IpAddr>,
    /// Credentials, `NAME:PASSWORD`.
    pub user: Option<String>,
}

impl Ask {
    /// What tells it from others.
    pub(super) fn hashed(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// A GET of the front page.
    pub(crate) fn front(host: &str) -> Ask {
        Ask {
            tls: false,
            host: host.into(),
            port: 80,
            local: None,
            path: "/".into(),
            query: None,
            target: None,
            method: "GET".into(),
            protocol: "HTTP/1.1".into(),
            headers: Vec::new(),
            client: None,
            user: None,
        }
    }

    /// From a request as it is written.
    pub(crate) fn of(spec: &RequestSpec) -> Ask {
        let parts = spec.url_parts();
        let (path, query) = match parts.target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_string())),
            None => (parts.target, None),
        };
        Ask {
            tls: spec.is_tls(),
            host: crate::url::host_of(parts.authority).into(),
            port: parts.port,
            local: spec.server.map(|(ip, _)| ip),
            path: path.into(),
            query,
            target: spec.target.clone(),
            method: spec.method.clone(),
            protocol: spec.protocol.clone(),
            headers: spec.headers.clone(),
            client: spec.client,
            user: spec.user.clone(),
        }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        let mut url = format!("http{}://{}", if self.tls { "s" } else { "" }, self.host);
        if self.port != usual {
            _ = write!(url, ":{}", self.port);
        }
        url.push_str(&self.path);
        if let Some(query) = &self.query {
            url.push('?');
            url.push_str(query);
        }
        url
    }

    /// As it is written in a scenario.
    pub(crate) fn spec(&self) -> RequestSpec {
        RequestSpec {
            url: self.url(),
            target: self.target.clone(),
            method: self.method.clone(),
            client: self.client,
            server: self.local.map(|ip| (ip, None)),
            headers: self.headers.clone(),
            user: self.user.clone(),
            protocol: self.protocol.clone(),
            ..RequestSpec::default()
        }
    }

    /// As it is put to a run.
    pub(crate) fn request(&self) -> Request {
        Request::of(&self.spec(), 0)
    }

    /// The same with a header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Ask {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.into(), value.into()));
        }
        self
    }

    /// The same with another path.
    pub(crate) fn at(&self, path: impl Into<String>) -> Ask {
        Ask { path: path.into(), target: None, ..self.clone() }
    }

    /// How plain it is: the least is the plainest.
    pub(crate) fn weight(&self) -> (usize, usize) {
        let odd = usize::from(self.method != "GET")
            + self.headers.len()
            + usize::from(self.client.is_some())
            + usize::from(self.local.is_some())
            + usize::from(self.user.is_some())
            + usize::from(self.query.is_some())
            + usize::from(self.protocol != "HTTP/1.1")
            + 2 * usize::from(self.target.is_some());
        (odd, self.path.len())
    }
}

/// A path as it stands in a URL.
pub(crate) fn escaped(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(*byte)),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
            | b':' | b'@' | b'/' => out.push(char::from(*byte)),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

/// A path of a URL as httpd decodes it.
pub(crate) fn decoded(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|h| h.to_str().ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
