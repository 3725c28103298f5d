//! `routesim explain URL`

use super::given::{self, Given};
use super::output::Streams;
use super::{End, Failure, failure};
use crate::outcome;
use crate::report::explain::{self, Explained, Level};
use crate::report::json;
use crate::request::Request;
use crate::run::Run;
use crate::suite::{RequestSpec, parse_server};
use std::io::Write;
use std::net::IpAddr;

/// What becomes of one request, and why.
#[derive(clap::Args)]
pub(super) struct Explain {
    /// The URL, or only its path; sent exactly as written
    #[arg(required_unless_present = "list")]
    url: Option<String>,

    #[command(flatten)]
    given: Given,

    #[command(flatten)]
    request: RequestArgs,

    /// Print only the one-line result
    #[arg(long, conflicts_with = "all")]
    brief: bool,

    /// Also show what did not match
    #[arg(long)]
    all: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// List the built-in scenarios
    #[arg(long)]
    list: bool,
}

/// How the request is made.
#[derive(clap::Args)]
#[command(next_help_heading = "Request options")]
struct RequestArgs {
    /// Request method
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,

    /// Client address [default: 203.0.113.1, an outside visitor]
    #[arg(long, value_name = "ADDRESS")]
    client: Option<IpAddr>,

    /// Server address that the client connects to [default: 192.0.2.1 and the URL's port; with -c, where the virtual host is]
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = server)]
    server: Option<(IpAddr, Option<u16>)>,

    /// Request header to send; may be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,

    /// Credentials for Basic authentication
    #[arg(long, value_name = "NAME:PASSWORD")]
    user: Option<String>,

    /// Use TLS (an https URL by itself only means port 443)
    #[arg(long)]
    tls: bool,

    /// HTTP version
    #[arg(long, value_name = "PROTOCOL", default_value = "HTTP/1.1")]
    protocol: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Text,
    /// The outcome with its trace, as one JSON object
    Json,
}

fn server(text: &str) -> Result<(IpAddr, Option<u16>), String> {
    parse_server(text).ok_or_else(|| "write ADDRESS or ADDRESS:PORT, an IPv6 address with a port in brackets".into())
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.trim_matches([' ', '\t']).into())),
        _ => Err("write `Name: value`".into()),
    }
}

impl Explain {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if self.list {
            return given::list(streams);
        }
        let mut spec = self.spec()?;
        let opened = self.given.open(streams, Some(vec![spec.clone()]))?;
        let Some(run) = &opened.run else {
            if self.format == Format::Json
                && let Some(error) = opened.refusal()
            {
                writeln!(streams.out, "{}", outcome::json::config_error(error, &opened.sources))?;
            }
            streams.out.flush()?;
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        streams.remarks(&opened.diagnostics, &opened.sources);
        if opened.real {
            place(&mut spec, run);
        }
        let ask = Request::of(&spec, 0);
        let (outcome, steps) = run.explain(&ask);
        let sources = run.sources();
        match self.format {
            Format::Json => {
                streams.json(&json::explained(&outcome, &steps, sources))?;
            }
            Format::Text => {
                let explained = Explained::of(run, &ask, &outcome, &steps);
                streams.out.write_all(explain::render(&explained, self.level(), streams.paint).as_bytes())?;
            }
        }
        Ok(End::Fine)
    }

    fn level(&self) -> Level {
        match (self.brief, self.all) {
            (true, _) => Level::Brief,
            (_, true) => Level::All,
            _ => Level::Story,
        }
    }

    fn spec(&self) -> Result<RequestSpec, Failure> {
        let url = self.url.clone().unwrap_or_default();
        let r = &self.request;
        let mut parts = vec![("URL", url.as_str()), ("method", r.method.as_str()), ("protocol", r.protocol.as_str())];
        parts.extend(r.header.iter().flat_map(|(n, v)| [("header", n.as_str()), ("header", v.as_str())]));
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
            url,
            method: r.method.clone(),
            client: r.client,
            server: r.server,
            tls: r.tls,
            headers: r.header.clone(),
            user: r.user.clone(),
            protocol: r.protocol.clone(),
            ..RequestSpec::default()
        })
    }
}

/// Lets the connection come in where a real configuration would have it.
pub(super) fn place(spec: &mut RequestSpec, run: &Run) {
    if spec.server.is_some() {
        return;
    }
    let parts = spec.url_parts();
    let host = match parts.authority.rsplit_once(':') {
        Some((host, _)) if !parts.authority.ends_with(']') => host,
        _ => parts.authority,
    };
    let local = run.default_local(host, parts.port);
    spec.server = local.map(|(ip, port)| (ip, Some(port)));
}
