//! Why this server answers: the address chooses a group of virtual hosts, the name one of the group.

use super::page::{Mark, Page};
use super::{Connection, Level};
use crate::outcome::step::{Detail, Step};
use crate::report::paint::{Tone, clean};
use crate::report::words;
use crate::server::Compiled;
use crate::server::vhost::{Link, Names};
use crate::source::Span;

/// The steps of the choice, and what can be said of it.
pub(super) fn write(page: &mut Page<'_>, steps: &[&Step], level: Level, connection: Option<Connection<'_>>) {
    let mut whys = Vec::new();
    let mut said = None;
    for step in steps {
        collect(step, page, &mut whys, &mut said);
    }
    if let Some(span) = said {
        page.directive(Mark::Plain, 0, span);
    }
    match connection {
        Some(c) => group(page, level, &c, &whys, said),
        None => whys.iter().for_each(|w| page.prose(0, Tone::Plain, &w.words)),
    }
}

/// The innermost reasons, and the last section named.
fn collect(step: &Step, page: &Page<'_>, whys: &mut Vec<Why>, span: &mut Option<Span>) {
    *span = step.rule.or(*span);
    if step.children.is_empty() {
        let chosen = matches!(step.detail, Detail::Host(..));
        whys.push(Why { chosen, words: words::why(step, page.sources()) });
    }
    step.children.iter().for_each(|c| collect(c, page, whys, span));
}

/// A reason for the choice.
struct Why {
    /// Whether there were several to choose from.
    chosen: bool,
    words: String,
}

fn group(page: &mut Page<'_>, level: Level, c: &Connection<'_>, whys: &[Why], chosen: Option<Span>) {
    let Connection { server, ip, port } = *c;
    let Some(chain) = server.tables.lookup(ip, port).and_then(|id| server.tables.chain(id)) else {
        let why = match server.servers.len() {
            0 | 1 => "there are no virtual hosts: the main server answers".to_string(),
            _ => format!("no virtual host is on port {port} of {ip}: the main server answers"),
        };
        return page.note(Tone::Plain, &why);
    };
    let address = chain.address();
    let Some(links) = chain.names() else {
        return page.prose(
            0,
            Tone::Plain,
            &format!("the only virtual host on {address}: it answers for any host name"),
        );
    };
    let links: Vec<&Link> = links.collect();
    for why in whys.iter().filter(|w| w.chosen) {
        page.prose(0, Tone::Plain, &why.words);
    }
    if level < Level::All {
        return page.prose(0, Tone::Dim, &format!("one of {} on {address} (use --all to show)", hosts(&links)));
    }
    page.note(Tone::Dim, &format!("on {address}, in the order in which they are tried:"));
    let mut last = None;
    for link in links {
        if last == Some(link.server) {
            continue;
        }
        last = Some(link.server);
        let names = server.names.get(link.server).map(names).unwrap_or_default();
        match server.servers.get(link.server).and_then(|v| v.span) {
            Some(span) if Some(span) == chosen => page.directive(Mark::Plain, 0, span),
            Some(span) => page.directive(Mark::Missed, 0, span),
            None => page.note(Tone::Plain, "a virtual host"),
        }
        page.prose(0, Tone::Dim, &names);
    }
}

fn hosts(links: &[&Link]) -> usize {
    let mut servers: Vec<usize> = links.iter().map(|l| l.server).collect();
    servers.dedup();
    servers.len()
}

fn names(names: &Names) -> String {
    let aliases = names.names.iter().chain(&names.wild_names).map(|(name, _)| name);
    let all = std::iter::once(&names.server_hostname).chain(aliases);
    all.map(|n| clean(n.as_slice())).collect::<Vec<_>>().join(" ")
}

/// Where a connection comes in.
pub(super) fn connection(server: &Compiled, local: std::net::SocketAddr) -> Connection<'_> {
    Connection { server, ip: local.ip(), port: local.port() }
}

/// The line of the virtual host that answers, and why it is this one; no reason where there is no virtual host.
pub(super) fn chosen(page: &Page<'_>, steps: &[&Step], c: Connection<'_>) -> (Option<Span>, Option<String>) {
    let mut whys = Vec::new();
    let mut line = None;
    steps.iter().for_each(|step| collect(step, page, &mut whys, &mut line));
    let Connection { server, ip, port } = c;
    if server.servers.len() < 2 {
        return (None, None);
    }
    let why = match server.tables.lookup(ip, port).and_then(|id| server.tables.chain(id)) {
        None => format!("no virtual host is on port {port} of {ip}, the main server answers"),
        Some(chain) if chain.names().is_none() => {
            format!("the only one on {}, it answers for any host name", chain.address())
        }
        Some(_) => whys.iter().find(|w| w.chosen).map(|w| w.words.clone()).unwrap_or_default(),
    };
    (line, Some(why))
}
