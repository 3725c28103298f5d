//! A request, as whoever asks has it.

use crate::server::protocol::Incoming;
use crate::server::table::Table;
use crate::suite::RequestSpec;
use std::net::IpAddr;

/// A request to simulate.
///
/// An https URL is asked over TLS, unless [`Request::tls`] says otherwise.
///
/// ```
/// use routesim::outcome::Access;
/// use routesim::{Request, Site};
///
/// let config = "<Location />\nRequire ip 198.51.100.0/24\n</Location>\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let mut ask = Request::get("http://www.example.com/a?b=c");
/// assert_eq!((ask.target.as_str(), ask.headers.get("host")), ("/a?b=c", Some("www.example.com".into())));
/// assert_eq!(run.ask(&ask).access, Access::Denied);
/// ask.client = "198.51.100.7".parse()?;
/// assert_eq!(run.ask(&ask).access, Access::Granted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// How the answer is to name it.
    pub url: String,
    /// The method.
    pub method: String,
    /// The request target, as sent.
    pub target: String,
    /// `HTTP/1.1`.
    pub protocol: String,
    /// The client's address.
    pub client: IpAddr,
    /// The address that it connects to.
    pub local: IpAddr,
    /// And the port.
    pub local_port: u16,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The name asked for in the TLS handshake.
    pub sni: Option<String>,
    /// What mod_ssl's variables are, where it is given, by their names without `SSL_`.
    pub ssl: Vec<(String, String)>,
    /// The header lines, Host among them.
    pub headers: Table,
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

    /// Asks the same server for something else.
    pub fn point_at(&mut self, method: &str, url: &str, target: &str) {
        method.clone_into(&mut self.method);
        url.clone_into(&mut self.url);
        target.clone_into(&mut self.target);
    }

    pub(crate) fn incoming(&self) -> Incoming<'_> {
        Incoming {
            client: self.client,
            local: self.local,
            local_port: self.local_port,
            tls: self.tls,
            sni: self.sni.as_deref().map(str::as_bytes),
            ssl: &self.ssl,
            method: self.method.as_bytes(),
            target: self.target.as_bytes(),
            protocol: self.protocol.as_bytes(),
            headers: &self.headers,
        }
    }
}
