//! A text that is wanted somewhere on a request's way, put back to where it comes from.

use super::ask::{Ask, decoded, escaped};
use super::doors::HOST;
use super::maps::Maps;
use super::notes::Note;
use super::solve::{Solved, Solver, Want};
use crate::address::{IpSubnet, addresses};
use crate::outcome::Outcome;
use crate::outcome::observer::{Origin, PatternKind};
use crate::pattern;
use bstr::{BStr, ByteSlice};
use std::net::IpAddr;

/// A path as httpd sees it: no doubled slashes, no dot segments.
pub(crate) const PATH: &str = r"(?-u)^/(?:(?:[^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+)(?:/(?:[^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+))*/?)?$";
/// A request target.
const TARGET: &str = r"(?-u)^/[!-~]*$";
const QUERY: &str = r"(?-u)^[!-~]*$";
const METHOD: &str = r"(?-u)^[A-Z]+$";
const VALUE: &str = r"(?-u)^[!-~](?:[ -~]*[!-~])?$";
const V4: &str = r"(?-u)^(?:[1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])(?:\.(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])){3}$";
const NAME: &str = r"(?-u)^[^/\x00]+$";

/// What a text of an origin may be.
fn domain(origin: Origin) -> &'static str {
    match origin {
        Origin::Path | Origin::File => PATH,
        Origin::Target => TARGET,
        Origin::Query => QUERY,
        Origin::Host => HOST,
        Origin::Client => V4,
        Origin::Method => METHOD,
        Origin::FileName => NAME,
        _ => VALUE,
    }
}

/// The names of hosts, both ways.
pub(crate) type Hosts<'h> = &'h [(IpAddr, String)];

/// Requests like `ask` that give the note another turn: its pattern matches where it didn't, and doesn't where it did.
/// `before` are the notes of the same request.
pub(crate) fn turned(
    solver: &Solver,
    maps: &Maps,
    hosts: Hosts<'_>,
    ask: &Ask,
    outcome: &Outcome,
    note: &Note,
    before: &[Note],
) -> Vec<Ask> {
    let want = Want { kind: note.kind, pattern: note.pattern.clone(), yes: !note.matched };
    match note.origin {
        Origin::Client => return clients(solver, hosts, ask, note, &want),
        Origin::ClientName => {
            let named = hosts.iter().filter(|(_, name)| {
                let note_want = Want { yes: true, ..want.clone() };
                solver.matches(&note_want, name.as_bytes()) == Some(want.yes)
            });
            return named.map(|(ip, _)| Ask { client: Some(*ip), ..ask.clone() }).collect();
        }
        _ => {}
    }
    let same = |other: &&Note| other.origin == note.origin && other.name == note.name && other.subject == note.subject;
    let others: Vec<&Note> = before.iter().filter(same).filter(|o| o.line != note.line).collect();
    let known = |o: &&&Note| solver.knows(&Want::yes(o.kind, o.pattern.clone()));
    let as_before = |o: &&Note| Want { kind: o.kind, pattern: o.pattern.clone(), yes: o.matched };
    let matched: Vec<Want> = others.iter().filter(|o| o.matched).filter(known).map(as_before).collect();
    let missed: Vec<Want> = others.iter().filter(|o| !o.matched).filter(known).map(as_before).take(16).collect();
    let (domain, cut) = match note.origin {
        // the part of the path that was cut off stays
        Origin::File if !note.name.is_empty() => (r"(?-u)^(?:[^/\x00].*)?$".to_string(), note.name.as_bstr()),
        Origin::Other | Origin::Proxied => match within(ask, note.subject.as_bstr()) {
            Some((domain, _, _)) => (domain, BStr::new("")),
            None => return Vec::new(),
        },
        origin => (domain(origin).to_string(), BStr::new("")),
    };
    let mut found = Vec::new();
    let all = [matched.clone(), missed].concat();
    let sets = [all.as_slice(), matched.as_slice(), &[]];
    for (n, others) in sets.into_iter().enumerate() {
        if n > 0 && others.len() == sets[n - 1].len() {
            continue;
        }
        let wants: Vec<Want> = [std::slice::from_ref(&want), others].concat();
        let text = match solver.text(&domain, &wants) {
            Solved::Found(text) => text,
            Solved::Empty => continue,
            Solved::Unknown if n == 2 => match loosely(&want) {
                Some(text) => text,
                None => continue,
            },
            Solved::Unknown => continue,
        };
        found.extend(put(maps, ask, outcome, note, cut, &text));
    }
    found.dedup();
    found
}

/// A text for a pattern that is no regular language: what look-around asks for is left out, and the engine will see.
fn loosely(want: &Want) -> Option<bstr::BString> {
    let PatternKind::Regex { icase } = want.kind else { return None };
    let plain = without_looks(want.pattern.to_str().ok()?)?;
    let want = Want { kind: PatternKind::Regex { icase }, pattern: plain.into(), yes: want.yes };
    match Solver::default().text("(?-u)^[!-~]*$", &[want]) {
        Solved::Found(text) => Some(text),
        _ => None,
    }
}

/// A pattern without its look-around groups.
pub(crate) fn without_looks(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    let mut cut = false;
    while let Some(at) = rest.find("(?") {
        let look = ["(?!", "(?=", "(?<!", "(?<="].iter().any(|look| rest[at..].starts_with(look));
        if !look {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let mut depth = 0;
        let mut escape = false;
        let end = rest[at..].char_indices().find_map(|(i, c)| {
            match c {
                _ if escape => escape = false,
                '\\' => escape = true,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(at + i + 1)
        })?;
        rest = &rest[end..];
        cut = true;
    }
    out.push_str(rest);
    cut.then_some(out)
}

fn clients(solver: &Solver, hosts: Hosts<'_>, ask: &Ask, note: &Note, want: &Want) -> Vec<Ask> {
    let with = |ip: IpAddr| Ask { client: Some(ip), ..ask.clone() };
    if note.kind != PatternKind::Network {
        return match solver.text(V4, std::slice::from_ref(want)) {
            Solved::Found(text) => text.to_str().ok().and_then(|t| t.parse().ok()).map(with).into_iter().collect(),
            _ => Vec::new(),
        };
    }
    let text = note.pattern.as_slice();
    let networks: Vec<IpAddr> = match IpSubnet::read(text) {
        Ok(network) if want.yes => network.first().into_iter().collect(),
        Ok(_) => vec![crate::suite::CLIENT],
        Err(_) => addresses(hosts, text),
    };
    networks.into_iter().map(with).collect()
}

/// The part of a text that is the request's own: the language of texts with another part there, and where the part is from.
fn within(ask: &Ask, subject: &BStr) -> Option<(String, &'static str, (usize, usize))> {
    let path = decoded(&ask.path);
    let pieces: [(&'static str, &[u8], &str); 3] = [
        ("path", &path, r"/(?:[^/.\x00?#][^/\x00?#]*(?:/[^/.\x00?#][^/\x00?#]*)*/?)?"),
        ("query", ask.query.as_deref().unwrap_or_default().as_bytes(), "[!-~]*"),
        ("host", ask.host.as_bytes(), "[a-z0-9.-]+"),
    ];
    pieces.iter().find_map(|(from, piece, language)| {
        if piece.is_empty() || *from == "path" && piece.len() == 1 && subject.len() > 1 && !subject.ends_with(b"/") {
            return None;
        }
        let at = subject.find(piece)?;
        let end = at + piece.len();
        let (before, after) = (pattern::escaped(&subject[..at]), pattern::escaped(&subject[end..]));
        Some((format!("(?-u)^{before}{language}{after}$"), *from, (at, subject.len() - end)))
    })
}

/// The request with `text` in the place of a note's subject.
fn put(maps: &Maps, ask: &Ask, outcome: &Outcome, note: &Note, cut: &BStr, text: &[u8]) -> Vec<Ask> {
    let as_text = || text.to_str().ok().map(str::to_string);
    match note.origin {
        Origin::Path => vec![ask.at(escaped(text))],
        Origin::Target => as_text()
            .map(|text| match text.split_once('?') {
                Some((path, query)) => Ask { query: Some(query.into()), ..ask.at(path) },
                None => Ask { query: None, ..ask.at(text) },
            })
            .into_iter()
            .collect(),
        Origin::Query => as_text()
            .map(|query| Ask { query: Some(query).filter(|q| !q.is_empty()), ..ask.clone() })
            .into_iter()
            .collect(),
        Origin::Host => as_text().map(|host| Ask { host, ..ask.clone() }).into_iter().collect(),
        Origin::Method => as_text().map(|method| Ask { method, ..ask.clone() }).into_iter().collect(),
        Origin::Header => match (note.name.to_str(), as_text()) {
            (Ok(name), Some(value)) => vec![ask.clone().with_header(name, &value)],
            _ => Vec::new(),
        },
        Origin::File => {
            let file = [cut.as_bytes(), text].concat();
            maps.urls(&file, ask, outcome).into_iter().map(|path| ask.at(path)).collect()
        }
        Origin::FileName => {
            let at = ask.path.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
            vec![ask.at(format!("{}{}", &ask.path[..at.min(ask.path.len())], escaped(text)))]
        }
        Origin::Other | Origin::Proxied => {
            let Some((_, from, (before, after))) = within(ask, note.subject.as_bstr()) else { return Vec::new() };
            let Some(own) = text.get(before..text.len().saturating_sub(after)) else { return Vec::new() };
            match (from, own.to_str()) {
                ("path", _) => vec![ask.at(escaped(own))],
                ("query", Ok(own)) => vec![Ask { query: Some(own.into()), ..ask.clone() }],
                ("host", Ok(own)) => vec![Ask { host: own.into(), ..ask.clone() }],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
