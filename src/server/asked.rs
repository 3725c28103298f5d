//! A request, as whoever asks has it.

use super::protocol::Incoming;
use super::table::Table;
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
