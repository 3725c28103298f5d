//! `routesim vhosts`: who answers where, as `httpd -S` tells and more.

use super::given::Given;
use super::output::{OutputFormat, Streams};
use super::{End, Failure};
use crate::report::paint::{Paint, Tone, clean};
use crate::run::Run;
use crate::server::vhost::{Chain, by_name};
use crate::server::{Compiled, Server};
use crate::source::Span;
use bstr::ByteSlice;
use serde_json::{Value, json};
use std::io::Write;

/// The virtual hosts of each address, in the order in which they are tried.
#[derive(clap::Args)]
pub(super) struct Vhosts {
    #[command(flatten)]
    given: Given,

    /// Output format; JSON is a list of addresses
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// How far the names of a virtual host are from the margin.
const NAMES: usize = 13;

/// A name that a virtual host has.
struct Named {
    directive: &'static str,
    name: String,
    place: Option<String>,
    /// The virtual host that answers to it instead.
    hidden_by: Option<usize>,
}

/// A virtual host of an address.
struct Host<'s> {
    server: &'s Server,
    names: Vec<Named>,
}

impl Vhosts {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let opened = self.given.open(streams, None)?;
        let Some(run) = &opened.run else {
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        let server = run.server();
        match self.format {
            OutputFormat::Json => {
                let all: Vec<Value> = server.tables.chains().map(|chain| value(run, chain)).collect();
                streams.json(&all)?;
            }
            OutputFormat::Text => {
                for chain in server.tables.chains() {
                    let text = address(run, chain, streams.paint);
                    streams.out.write_all(text.as_bytes())?;
                }
                let main = &server.servers[0];
                let paint = streams.paint;
                writeln!(
                    streams.out,
                    "{}  {}  DocumentRoot {}",
                    paint.tone(Tone::Head, "everything else"),
                    clean(&main.hostname),
                    clean(main.core().document_root())
                )?;
            }
        }
        Ok(End::Fine)
    }
}

fn hosts<'s>(run: &'s Run, chain: &Chain) -> Vec<Host<'s>> {
    let server = run.server();
    let mut found: Vec<Host<'s>> = Vec::new();
    for link in chain.links() {
        if found.iter().any(|host| host.server.index == link.server) {
            continue;
        }
        let own = &server.servers[link.server];
        found.push(Host { server: own, names: names(run, chain, own, link.port) });
    }
    found
}

fn names(run: &Run, chain: &Chain, own: &Server, port: u16) -> Vec<Named> {
    let server = run.server();
    let Some(all) = server.names.get(own.index) else { return Vec::new() };
    let place = |span: Option<Span>| span.map(|span| run.sources().place(span));
    let named = |directive, name: &[u8], span: Option<Span>| {
        let plain = !name.contains(&b'*') && !name.contains(&b'?');
        let found = plain.then(|| by_name(chain, &server.names, name, port, Span::NONE)).flatten();
        let hidden_by = found.map(|(index, _)| index).filter(|index| *index != own.index);
        Named { directive, name: clean(name), place: place(span), hidden_by }
    };
    let first = own.name_span.map(|span| named("ServerName", &all.server_hostname, Some(span)));
    let aliases = all.names.iter().chain(&all.wild_names);
    first.into_iter().chain(aliases.map(|(name, span)| named("ServerAlias", name, Some(*span)))).collect()
}

/// Whether any Listen takes an address's port; none where that is not known.
fn is_listened(server: &Compiled, chain: &Chain) -> Option<bool> {
    server.listens.as_ref().map(|listens| listens.takes_any(chain.ip(), chain.port()))
}

fn address(run: &Run, chain: &Chain, paint: Paint) -> String {
    let mut out = paint.tone(Tone::Head, &chain.address());
    if is_listened(run.server(), chain) == Some(false) {
        out.push_str("  ");
        out.push_str(&paint.tone(Tone::Bad, "no Listen takes this port: it is never asked"));
    }
    out.push('\n');
    let hosts = hosts(run, chain);
    let only = hosts.len() == 1;
    for (i, host) in hosts.iter().enumerate() {
        let role = match (i, only) {
            (0, true) => "any name ",
            (0, false) => "default  ",
            _ => "         ",
        };
        let place = host.server.span.map(|span| run.sources().place(span)).unwrap_or_default();
        out.push_str("  ");
        out.push_str(&paint.tone(Tone::Key, role));
        let root = format!("DocumentRoot {}", clean(host.server.core().document_root()));
        let parts = [(Tone::Plain, clean(&host.server.hostname)), (Tone::Dim, place), (Tone::Plain, root)];
        row(&mut out, paint, 11, &parts);
        for name in &host.names {
            let aside = match name.hidden_by {
                Some(index) => {
                    let other = &run.server().servers[index];
                    let at = other.span.map(|span| run.sources().place(span)).unwrap_or_default();
                    format!("never reached: {} at {at} answers to it", clean(&other.hostname))
                }
                None => String::new(),
            };
            if name.directive == "ServerAlias" || name.hidden_by.is_some() {
                out.push_str(&" ".repeat(NAMES));
                let named = format!("{} {}", name.directive, name.name);
                row(&mut out, paint, NAMES, &[(Tone::Plain, named), (Tone::Bad, aside)]);
            }
        }
    }
    out
}

/// The rest of a line that has come as far as `at`: its parts, and those that a terminal has no room for below.
fn row(out: &mut String, paint: Paint, at: usize, parts: &[(Tone, String)]) {
    let mut used = at;
    for (i, (tone, part)) in parts.iter().filter(|(_, part)| !part.is_empty()).enumerate() {
        let length = part.chars().count();
        if i == 0 {
            used += length;
        } else if paint.width.is_some() && used + 2 + length > paint.columns() {
            out.push('\n');
            out.push_str(&" ".repeat(NAMES));
            used = NAMES + length;
        } else {
            out.push_str("  ");
            used += 2 + length;
        }
        out.push_str(&paint.tone(*tone, part));
    }
    out.push('\n');
}

fn value(run: &Run, chain: &Chain) -> Value {
    let place = |span: Option<Span>| span.map(|span| run.sources().place(span));
    let hosts: Vec<Value> = hosts(run, chain)
        .iter()
        .enumerate()
        .map(|(i, host)| {
            let names: Vec<Value> = host
                .names
                .iter()
                .map(|n| {
                    let by = n.hidden_by.map(|index| place(run.server().servers[index].span));
                    json!({"directive": n.directive, "name": n.name, "place": n.place, "hidden_by": by})
                })
                .collect();
            json!({
                "vhost": host.server.hostname.to_str_lossy(),
                "place": place(host.server.span),
                "default": i == 0,
                "names": names,
                "document_root": host.server.core().document_root().to_str_lossy(),
                "tls": host.server.tls,
            })
        })
        .collect();
    json!({"address": chain.address(), "listen": is_listened(run.server(), chain), "hosts": hosts})
}
