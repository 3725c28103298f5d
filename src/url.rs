//! URLs as people write them, and addresses of servers.

use std::net::IpAddr;

/// The host that a URL without one is asked of.
pub(crate) const HOST: &str = "localhost";

/// A URL's parts that a request is made of, as written.
///
/// ```
/// use routesim::suite::split_url;
///
/// let parts = split_url("https://www.example.com:8443/a?b");
/// assert_eq!((parts.https, parts.authority, parts.port), (true, "www.example.com:8443", 8443));
/// assert_eq!((parts.target, split_url("/a?b").authority), ("/a?b", "localhost"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlParts<'u> {
    /// The authority: name and, where given, port.
    pub authority: &'u str,
    /// The port: the given one, else the scheme's.
    pub port: u16,
    /// Path and query (with whatever else follows the authority).
    pub target: &'u str,
    /// Whether the scheme is https.
    pub https: bool,
}

/// Takes a URL apart. One that doesn't begin with `http://` or `https://` is a target, asked of `localhost`.
pub fn split_url(url: &str) -> UrlParts<'_> {
    let (https, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return UrlParts { authority: HOST, port: 80, target: url, https: false },
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let port = split_port(authority).1.unwrap_or(if https { 443 } else { 80 });
    UrlParts { authority, port, target: if target.is_empty() { "/" } else { target }, https }
}

/// Takes `name:port` or `[address]:port` apart.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
            Ok(port) if !port_has_sign(authority) => (name, Some(port)),
            _ => (authority, None),
        },
        _ => (authority, None),
    }
}

/// An authority without its port.
pub(crate) fn host_of(authority: &str) -> &str {
    split_port(authority).0
}

/// `+80` is a number to Rust, but no port.
fn port_has_sign(authority: &str) -> bool {
    authority.contains(":+")
}

/// `ADDRESS`, `ADDRESS:PORT`, an IPv6 address bare or (with a port, always) in brackets.
pub fn parse_server(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(ip) = text.parse() {
        return Some((ip, None));
    }
    let (name, port) = split_port(text);
    let ip = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    match ip {
        Some(ip) => Some((IpAddr::V6(ip.parse().ok()?), port)),
        None => Some((IpAddr::V4(name.parse().ok()?), Some(port?))),
    }
}

impl<'u> UrlParts<'u> {
    /// The host name that a TLS client asks for: the authority without port; none for an address.
    pub(crate) fn tls_name(&self) -> Option<&'u str> {
        let name = host_of(self.authority);
        let address = name.starts_with('[') || name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        (!address).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, authority, port, target) in [
            ("http://example.com", "example.com", 80, "/"),
            ("https://example.com:8443/a?b", "example.com:8443", 8443, "/a?b"),
            ("https://[::1]/", "[::1]", 443, "/"),
            ("http://[::1]:81?q", "[::1]:81", 81, "?q"),
            ("http://h:x/#f", "h:x", 80, "/#f"),
            ("/a b", "localhost", 80, "/a b"),
            ("*", "localhost", 80, "*"),
            ("", "localhost", 80, ""),
        ] {
            let parts = split_url(url);
            assert_eq!((parts.authority, parts.port, parts.target), (authority, port, target), "{url}");
        }
    }

    #[test]
    fn server_addresses() {
        let ip = |t: &str| t.parse::<IpAddr>().unwrap();
        for (text, want) in [
            ("192.0.2.7", Some((ip("192.0.2.7"), None))),
            ("192.0.2.7:81", Some((ip("192.0.2.7"), Some(81)))),
            ("[2001:db8::2]:81", Some((ip("2001:db8::2"), Some(81)))),
            ("[2001:db8::2]", Some((ip("2001:db8::2"), None))),
            ("2001:db8::2", Some((ip("2001:db8::2"), None))),
            ("example.com:80", None),
            ("192.0.2.7:http", None),
            ("192.0.2.7:99999", None),
            ("", None),
        ] {
            assert_eq!(parse_server(text), want, "{text}");
        }
    }
}
