//! What the rules about two virtual hosts over one folder have in common: what one refuses and the other gives.

use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Finding, Rule};
use crate::search::ask::Ask;
use crate::search::denial::{Denial, denial, refusing};
use crate::search::doors::Door;
use crate::search::ground::is_refusal;
use crate::search::routes::Way;
use crate::server::Server;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};

/// How many requests are tried for each set of lines that refuse.
const TRIED: usize = 4;
/// How many are looked at, to find those that keep something back.
const LOOKED: usize = 24;
/// How many refusals are looked into.
const MOST: usize = 40;

/// Something that one virtual host refuses, and another gives.
pub(super) struct Leak {
    /// The host that refuses, and its lines that do.
    pub host: Span,
    pub lines: Vec<Span>,
    /// The request that is refused.
    pub refused: Ask,
    /// The host that gives it, and the request that gets it.
    pub other: Span,
    pub seen: Seen,
}

/// What hosts refuse and others give. `relation` says for which two hosts it counts (the first refuses), and what stands
/// before the URL at the second.
pub(super) fn leaks(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    known: &[Known],
    relation: impl Fn(&Known, &Known) -> Option<String>,
) -> Vec<Leak> {
    let mut pairs: Vec<(Span, Span, String)> = Vec::new();
    for own in known {
        for other in known.iter().filter(|other| other.host != own.host) {
            pairs.extend(relation(own, other).map(|before| (own.host, other.host, before)));
        }
    }
    if pairs.is_empty() {
        return Vec::new();
    }
    let hosts: HashMap<Span, Span> =
        facts.directives.iter().filter_map(|d| Some((d.span(), d.virtual_host()?))).collect();
    let run = &asked.ground.search.run;
    let mut tried: HashMap<(Span, Vec<Span>), usize> = HashMap::new();
    let mut done: HashSet<(Span, Vec<Span>)> = HashSet::new();
    let mut found = Vec::new();
    for seen in asked.pool.iter().filter(|seen| is_refusal(&seen.outcome)) {
        let all = refusing(run, &seen.outcome);
        let own = all.iter().find_map(|line| hosts.get(line)).copied();
        let is_own = |line: &Span| match own {
            Some(host) => hosts.get(line) == Some(&host),
            // what an .htaccess file says is said by the host that reads it
            None => facts.site.is_htaccess(line.file),
        };
        let lines: Vec<Span> = all.into_iter().filter(is_own).collect();
        let Some(host) = own.or_else(|| host_of(asked, &seen.ask)).filter(|_| !lines.is_empty()) else { continue };
        for (_, other, before) in pairs.iter().filter(|(own, ..)| *own == host) {
            let key = (*other, lines.clone());
            let count = tried.entry(key.clone()).or_default();
            if *count >= TRIED || done.len() >= MOST || done.contains(&key) {
                continue;
            }
            if kept(asked, seen, &lines).is_none() {
                continue;
            }
            *count += 1;
            let Some(ask) = at(asked, &seen.ask, *other, before) else { continue };
            let got = asked.ask(ask);
            let Some(given) = asked.gives(&got.ask, &got.outcome) else { continue };
            let Ok(denied) = denial(facts.site, run, &seen.ask) else { continue };
            if (denied.thing, denied.how) == given {
                done.insert(key);
                found.push(Leak { host, lines: lines.clone(), refused: seen.ask.clone(), other: *other, seen: got });
            }
        }
    }
    found
}

/// What is refused, and had by way of another line.
pub(super) struct Led<'a> {
    /// The request that is refused, and the lines that refuse it.
    pub refused: &'a Seen,
    pub lines: Vec<Span>,
    /// The line that leads past them, and a request that goes that way.
    pub by: Span,
    pub seen: Seen,
}

/// What `another` finds of what is refused, where `counts` takes the request and the lines that refuse it.
pub(super) fn led_past<'a>(
    facts: &Facts<'_>,
    asked: &'a Asked<'_>,
    counts: impl Fn(&Seen, &[Span]) -> bool,
    another: impl Fn(&Denial) -> Option<(Seen, Span)>,
) -> Vec<Led<'a>> {
    let run = &asked.ground.search.run;
    let mut tried: HashMap<Vec<Span>, usize> = HashMap::new();
    let mut looked: HashMap<Vec<Span>, usize> = HashMap::new();
    let mut found = Vec::new();
    let mut candidates = Vec::new();
    for refused in asked.refused() {
        let lines = refusing(run, &refused.outcome);
        let count = looked.entry(lines.clone()).or_default();
        if *count < LOOKED
            && counts(refused, &lines)
            && let Some(kept) = kept(asked, refused, &lines)
        {
            *count += 1;
            candidates.push((kept, refused, lines));
        }
    }
    // what there is before what may be there
    candidates.sort_by_key(|(kept, ..)| *kept);
    for (_, refused, lines) in candidates {
        if tried.len() >= MOST {
            break;
        }
        let count = tried.entry(lines.clone()).or_default();
        if *count >= TRIED {
            continue;
        }
        *count += 1;
        let Ok(denied) = denial(facts.site, run, &refused.ask) else { continue };
        found.extend(another(&denied).map(|(seen, by)| Led { refused, lines, by, seen }));
    }
    found
}

/// A request that gets what is denied by one of some ways, each tried at so many doors, and the line that leads it there.
pub(super) fn by_another(
    asked: &Asked<'_>,
    denied: &Denial,
    ways: impl Iterator<Item = Way>,
    doors: usize,
    by: impl Fn(&Seen) -> Option<Span>,
) -> Option<(Seen, Span)> {
    for way in ways {
        for door in asked.ground.doors.iter().filter(|door| way.scope.takes(door)).take(doors) {
            let seen = asked.ask(Ask { client: denied.ask.client, ..way.ask(door) });
            let same = asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == denied.thing);
            if same && let Some(line) = by(&seen) {
                return Some((seen, line));
            }
        }
    }
    None
}

/// A finding at the line that leads past others, with the first of those.
pub(super) fn told(rule: &Rule, at: Span, message: String, seen: &Seen, lines: &[Span], about: &str) -> Finding {
    let finding = rule.seen(at, message, seen);
    lines.iter().take(1).fold(finding, |finding, line| finding.related(*line, about))
}

/// The virtual host that a request is for.
fn host_of(asked: &Asked<'_>, ask: &Ask) -> Option<Span> {
    let own = |door: &&Door| (&door.host, door.port, door.tls, door.local) == (&ask.host, ask.port, ask.tls, ask.local);
    asked.open_doors().find(own)?.server
}

/// What is behind a refusal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Something,
    /// Another refusal, with whatever is behind that.
    Refused,
}

/// What there may be behind a refusal by these lines.
fn kept(asked: &Asked<'_>, seen: &Seen, lines: &[Span]) -> Option<Kept> {
    let then = asked.without(lines)?.ask(&seen.ask.request());
    match asked.gives(&seen.ask, &then) {
        Some(_) => Some(Kept::Something),
        None => (is_refusal(&then) && then.status != 404).then_some(Kept::Refused),
    }
}

/// The same request to another host.
fn at(asked: &Asked<'_>, ask: &Ask, host: Span, before: &str) -> Option<Ask> {
    let door = asked.open_doors().find(|door| door.server == Some(host))?;
    let mut moved = door.moved(ask);
    moved.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Host"));
    Some(moved.at(format!("{before}{}", ask.path)))
}

/// What is known of a host.
pub(super) struct Known {
    pub host: Span,
    /// Its names, in lower case.
    pub names: Vec<BString>,
    /// Its folder, and the line that says so.
    pub root: Option<(Span, BString)>,
    pub ports: Vec<u16>,
    pub tls: bool,
}

impl Known {
    /// All virtual hosts.
    pub(super) fn all(facts: &Facts<'_>, asked: &Asked<'_>) -> Vec<Known> {
        let server = asked.ground.search.run.server();
        let mut roots: HashMap<Span, (Span, BString)> = HashMap::new();
        for line in facts.named(&["DocumentRoot"]) {
            let (Some(section), Some(path)) = (line.sections().last(), line.words().into_iter().next()) else {
                continue;
            };
            roots.insert(section.span, (line.span(), path.trim_end_with(|c| c == '/').into()));
        }
        let known = |own: &Server| {
            let host = own.span?;
            let aliases = server.names.get(own.index).into_iter().flat_map(|names| names.names.iter());
            let names = own.name_span.map(|_| &own.hostname).into_iter().chain(aliases.map(|(name, _)| name));
            Some(Known {
                host,
                names: names.map(|name| name.to_ascii_lowercase().into()).collect(),
                root: roots.get(&host).cloned(),
                ports: own.addrs.iter().map(|address| address.port).collect(),
                // without its module the configuration does not say so
                tls: own.tls || own.addrs.iter().any(|address| address.port == 443),
            })
        };
        server.servers.iter().skip(1).filter_map(known).collect()
    }

    /// Whether two hosts have a name in common.
    pub(super) fn shares_a_name(&self, other: &Known) -> bool {
        self.names.iter().any(|name| other.names.contains(name))
    }

    /// The folders of both, where both say one.
    pub(super) fn roots<'k>(&'k self, other: &'k Known) -> Option<(&'k BString, &'k BString)> {
        Some((&self.root.as_ref()?.1, &other.root.as_ref()?.1))
    }
}

/// A host's name, as messages have it.
pub(super) fn name_of(asked: &Asked<'_>, host: Span) -> String {
    let servers = &asked.ground.search.run.server().servers;
    servers.iter().find(|s| s.span == Some(host)).map(|s| s.hostname.to_string()).unwrap_or_default()
}
