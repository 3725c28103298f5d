//! The requests of a scenario, and what is sent for each.

use super::expect::Expectation;
use crate::base64;
use crate::named::{Name, Named};
use crate::run::Run;
use crate::server::asked::Request;
use crate::url::{UrlParts, host_of, split_url};
use bstr::{BStr, BString};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The visitor's address, where none is given.
pub(crate) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
/// The same towards an IPv6 server address.
pub(super) const CLIENT6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
/// The server's address, where none is given.
pub(crate) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// One request, as the scenario writes it.
///
/// ```
/// use routesim::Request;
/// use routesim::suite::RequestSpec;
///
/// let tls = RequestSpec::short("POST https://www.example.com/a");
/// assert_eq!((tls.method.as_str(), tls.target(), tls.tls_name()), ("POST", "/a", Some("www.example.com")));
/// let ask = Request::of(&tls, 0);
/// assert_eq!((ask.tls, ask.local_port, ask.sni.as_deref()), (true, 443, Some("www.example.com")));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RequestSpec {
    /// The URL (absolute, or a path), as asked.
    pub url: String,
    /// The request target, where it differs from the URL's path and query.
    pub target: Option<String>,
    /// The method.
    pub method: String,
    /// The visitor's address.
    pub client: Option<IpAddr>,
    /// The address and port that the connection comes in on.
    pub server: Option<(IpAddr, Option<u16>)>,
    /// Whether the connection is TLS; where it isn't said, an https URL is.
    pub tls: Option<bool>,
    /// What mod_ssl's variables are, by their names without `SSL_`.
    pub ssl: Vec<(String, String)>,
    /// Headers sent besides the default ones.
    pub headers: Vec<(String, String)>,
    /// Basic credentials, `NAME:PASSWORD`.
    pub user: Option<String>,
    /// How many bytes its body has: what a Content-Length header says.
    pub body_length: Option<u64>,
    /// The protocol.
    pub protocol: String,
    /// What is expected of the outcome.
    pub expect: Vec<Expectation>,
    /// What it is called, where it has a name.
    pub name: Option<String>,
    /// Why it is not asked.
    pub skip: Option<String>,
    /// By which it can be chosen.
    pub tags: Vec<String>,
    /// Whether redirects are followed: then what is expected is of the last answer.
    pub follow: bool,
    /// 1-based line in the scenario.
    pub line: u32,
    /// 1-based column in the scenario, in characters.
    pub column: u32,
}

/// A header that is sent: its name, and its value.
struct Header(String, String);

impl Name for Header {
    fn name(&self) -> Cow<'_, BStr> {
        BStr::new(&self.0).into()
    }
}

impl Default for RequestSpec {
    fn default() -> RequestSpec {
        RequestSpec {
            url: "/".into(),
            target: None,
            method: "GET".into(),
            client: None,
            server: None,
            tls: None,
            ssl: Vec::new(),
            headers: Vec::new(),
            user: None,
            body_length: None,
            protocol: "HTTP/1.1".into(),
            expect: Vec::new(),
            name: None,
            skip: None,
            tags: Vec::new(),
            follow: false,
            line: 0,
            column: 0,
        }
    }
}

impl RequestSpec {
    /// The same, with nothing expected, wherever it stands.
    pub(crate) fn unexpecting(&self) -> RequestSpec {
        RequestSpec { expect: Vec::new(), line: 0, column: 0, ..self.clone() }
    }

    /// What is asked alone, without what a suite says of it.
    pub(crate) fn bare(&self) -> RequestSpec {
        RequestSpec { name: None, skip: None, tags: Vec::new(), follow: false, ..self.unexpecting() }
    }

    /// From the short form, `METHOD URL` or a URL alone.
    pub fn short(text: &str) -> RequestSpec {
        let (method, url) = text.rsplit_once(' ').unwrap_or(("", text));
        let method = method.trim();
        let method = if method.is_empty() { "GET" } else { method };
        RequestSpec { url: url.into(), method: method.into(), ..RequestSpec::default() }
    }

    /// What it is called: its name, else `METHOD URL`.
    pub(crate) fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{} {}", self.method, self.url))
    }

    /// The URL's parts.
    pub fn url_parts(&self) -> UrlParts<'_> {
        split_url(&self.url)
    }

    /// What stands in the request line.
    pub fn target(&self) -> &str {
        self.target.as_deref().unwrap_or_else(|| self.url_parts().target)
    }

    /// The address and port that the connection comes in on.
    pub fn server(&self) -> (IpAddr, u16) {
        let (ip, port) = self.server.unwrap_or((SERVER, None));
        (ip, port.unwrap_or_else(|| self.url_parts().port))
    }

    /// The visitor's address.
    pub fn client(&self) -> IpAddr {
        self.client.unwrap_or(if self.server().0.is_ipv6() { CLIENT6 } else { CLIENT })
    }

    /// Whether the connection is TLS.
    pub fn is_tls(&self) -> bool {
        self.tls.unwrap_or_else(|| self.url_parts().https)
    }

    /// The host name that a TLS client asks for: the authority without port; none for an address.
    pub fn tls_name(&self) -> Option<&str> {
        self.url_parts().tls_name().filter(|_| self.is_tls())
    }

    /// The headers as they are sent, in order; `index` is the request's number in the scenario.
    pub fn sent_headers(&self, index: usize) -> Vec<(String, String)> {
        let mut sent: Named<Header> = Named::with_capacity(self.headers.len() + 4);
        let mut set = |name: &str, value: String| match sent.named(name.as_bytes()) {
            Some(header) => header.1 = value,
            None => {
                sent.push(Header(name.into(), value));
            }
        };
        set("Host", self.url_parts().authority.into());
        for (name, value) in &self.headers {
            set(name, value.clone());
        }
        if let Some(user) = self.user.as_deref().filter(|u| !u.is_empty()) {
            set("Authorization", format!("Basic {}", base64::encode(user.as_bytes())));
        }
        if let Some(length) = self.body_length {
            set("Content-Length", length.to_string());
        }
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Connection")) {
            set("Connection", "close".into());
        }
        set("X-Sim-Id", index.to_string());
        sent.into_iter().filter(|header| !header.1.is_empty()).map(|header| (header.0, header.1)).collect()
    }

    /// The request's head as bytes: request line, headers, empty line.
    pub fn head(&self, index: usize) -> BString {
        let mut head = format!("{} {} {}\r\n", self.method, self.target(), self.protocol);
        for (name, value) in self.sent_headers(index) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into()
    }

    /// The head with as much of the body as fits in a connection's buffers: what httpd refuses, it refuses unread.
    #[cfg(all(feature = "oracle", target_os = "linux"))]
    pub(crate) fn head_and_body(&self, index: usize) -> BString {
        const MOST: u64 = 1 << 16;
        let mut sent = self.head(index);
        let body = self.body_length.unwrap_or(0).min(MOST);
        sent.extend(std::iter::repeat_n(b'x', body as usize));
        sent
    }
}

impl Request {
    /// The request of a scenario, the `index`th.
    pub fn of(spec: &RequestSpec, index: usize) -> Request {
        let (local, local_port) = spec.server();
        Request {
            url: spec.url.clone(),
            method: spec.method.clone(),
            target: spec.target().to_string(),
            protocol: spec.protocol.clone(),
            client: spec.client(),
            local,
            local_port,
            tls: spec.is_tls(),
            sni: spec.tls_name().map(str::to_string),
            ssl: spec.ssl.clone(),
            headers: spec.sent_headers(index).into_iter().collect(),
        }
    }

    /// A plain GET for a URL, by an outside visitor.
    pub fn get(url: &str) -> Request {
        Request::of(&RequestSpec::short(url), 0)
    }
}

impl Run {
    /// Lets a request's connection come in where the configuration would have it, unless the request says where.
    pub(crate) fn place(&self, spec: &mut RequestSpec) {
        if spec.server.is_some() {
            return;
        }
        let parts = spec.url_parts();
        let local = self.default_local(host_of(parts.authority), parts.port);
        spec.server = local.map(|(ip, port)| (ip, Some(port)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent() {
        let header = |n: &str, v: &str| (n.to_string(), v.to_string());
        let request = RequestSpec {
            url: "http://Example.com:81/a".into(),
            headers: vec![header("host", "x"), header("Connection", "keep-alive"), header("Accept", "")],
            user: Some("alice:secret".into()),
            ..RequestSpec::default()
        };
        let head = "GET /a HTTP/1.1\r\nHost: Example.com:81\r\nhost: x\r\nConnection: keep-alive\r\n\
                    Authorization: Basic YWxpY2U6c2VjcmV0\r\nX-Sim-Id: 7\r\n\r\n";
        assert_eq!(request.head(7), head);
        let request = RequestSpec { headers: vec![header("Host", "")], target: Some("*".into()), ..request };
        assert!(request.head(0).starts_with(b"GET * HTTP/1.1\r\nAuthorization: "));
        assert_eq!(request.client(), CLIENT);
        let six = RequestSpec { server: crate::url::parse_server("[::2]"), ..request };
        assert_eq!((six.client(), six.server().1), (CLIENT6, 81));
        let tls = |url: &str| RequestSpec { url: url.into(), ..RequestSpec::default() }.tls_name().map(String::from);
        assert_eq!(tls("https://a.b:1/").as_deref(), Some("a.b"));
        assert_eq!((tls("https://192.0.2.1/"), tls("https://[::1]:1/"), tls("http://a.b/")), (None, None, None));
        let plain = RequestSpec { tls: Some(false), ..RequestSpec::short("https://a.b/") };
        assert_eq!((plain.is_tls(), plain.tls_name(), plain.server().1), (false, None, 443));
    }

    #[test]
    fn short_forms() {
        let parts = |t: &str| {
            let r = RequestSpec::short(t);
            (r.method, r.url)
        };
        assert_eq!(parts("/x"), ("GET".into(), "/x".into()));
        assert_eq!(parts("POST  /x"), ("POST".into(), "/x".into()));
    }
}
