//! The options that say how a request is made.

use super::{Failure, failure};
use crate::suite::RequestSpec;
use crate::url::parse_server;
use std::net::IpAddr;

/// How requests are made.
#[derive(clap::Args)]
#[command(next_help_heading = "Request options")]
pub(super) struct RequestArgs {
    /// Request method [default: GET, or POST with --data-length]
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<String>,

    /// Client address [default: 203.0.113.1, an outside visitor]
    #[arg(long, value_name = "ADDRESS")]
    client: Option<IpAddr>,

    /// Server address that the client connects to [default: 192.0.2.1 and the URL's port; with -c, where the virtual host is]
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = server)]
    server: Option<(IpAddr, Option<u16>)>,

    /// Request header to send; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,

    /// Credentials for Basic authentication
    #[arg(short = 'u', long, value_name = "NAME:PASSWORD", value_parser = user)]
    user: Option<String>,

    /// Send a body of so many bytes, which limits such as LimitRequestBody look at
    #[arg(long, value_name = "BYTES")]
    data_length: Option<u64>,

    /// Follow redirects as a browser does: those that lead to the same site, at most 20
    #[arg(short = 'L', long)]
    pub follow: bool,

    /// Use TLS whatever the URL's scheme is (an https URL uses it anyway)
    #[arg(long)]
    tls: bool,

    /// Speak plain HTTP, even for an https URL
    #[arg(long, conflicts_with = "tls")]
    no_tls: bool,

    /// HTTP version
    #[arg(long, value_name = "PROTOCOL", default_value = "HTTP/1.1")]
    protocol: String,
}

impl RequestArgs {
    /// The request for a URL.
    pub(super) fn spec(&self, url: &str) -> Result<RequestSpec, Failure> {
        let method = self.method.as_deref().unwrap_or(if self.data_length.is_some() { "POST" } else { "GET" });
        let mut parts = vec![("URL", url), ("method", method), ("protocol", self.protocol.as_str())];
        parts.extend(self.header.iter().flat_map(|(n, v)| [("header", n.as_str()), ("header", v.as_str())]));
        for (what, text) in parts {
            if let Some(at) = text.find(['\r', '\n']) {
                let instead = if what == "URL" { " (write %0D or %0A)" } else { "" };
                return failure(format!("the {what} has a line break at byte {at}: no request can hold one{instead}"));
            }
        }
        if url.is_empty() {
            return failure("the URL is empty: write `/` for the front page");
        }
        Ok(RequestSpec {
            url: url.into(),
            method: method.into(),
            body_length: self.data_length,
            client: self.client,
            server: self.server,
            tls: (self.tls || self.no_tls).then_some(self.tls),
            headers: self.header.clone(),
            user: self.user.clone(),
            protocol: self.protocol.clone(),
            ..RequestSpec::default()
        })
    }
}

/// What a browser would have made of a URL that is sent as it is here.
pub(super) fn hint(url: &str) -> Option<String> {
    let has_scheme = url.starts_with("http://") || url.starts_with("https://");
    let host = url.split('/').next().unwrap_or_default();
    if !has_scheme && !url.starts_with('/') && url != "*" && host.contains('.') {
        return Some(format!("`{url}` has no scheme and is sent as a path: write `https://{url}` for that host"));
    }
    if let Some(at) = url.find('#') {
        return Some(format!("a browser keeps `{}` to itself: what follows a `#` is not sent", &url[at..]));
    }
    url.contains(' ').then(|| "the URL has a space: a browser would send `%20`".into())
}

pub(super) fn server(text: &str) -> Result<(IpAddr, Option<u16>), String> {
    parse_server(text).ok_or_else(|| "write ADDRESS or ADDRESS:PORT, an IPv6 address with a port in brackets".into())
}

pub(super) fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.trim_matches([' ', '\t']).into())),
        _ => Err("write `Name: value`".into()),
    }
}

fn user(text: &str) -> Result<String, String> {
    match text.contains(':') {
        true => Ok(text.into()),
        false => Err("write NAME:PASSWORD".into()),
    }
}
