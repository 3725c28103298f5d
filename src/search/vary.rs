//! What a request is varied by: methods, headers, protocols, spellings of its path.

use super::ask::Ask;
use super::space::{LOCAL, Terms};
use crate::address::IpSubnet;
use crate::site::Directive;
use bstr::BString;
use std::net::IpAddr;

/// One way in which a request is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Vary {
    Method(String),
    Header(String, String),
    Client(IpAddr),
    User(String),
    /// HTTP/1.0, with or without the Host header.
    Old(bool),
    /// The target as an absolute URL of this host.
    Absolute(Option<String>),
    Query(String),
}

impl Vary {
    /// The request varied.
    pub(crate) fn of(&self, ask: &Ask) -> Ask {
        let mut ask = ask.clone();
        match self {
            Vary::Method(method) => ask.method.clone_from(method),
            Vary::Header(name, value) => ask = ask.with_header(name, value),
            Vary::Client(ip) => ask.client = Some(*ip),
            Vary::User(user) => ask.user = Some(user.clone()),
            Vary::Old(host) => {
                ask.protocol = "HTTP/1.0".into();
                if !host {
                    ask.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Host"));
                    ask.headers.push(("Host".into(), String::new()));
                }
            }
            Vary::Absolute(host) => {
                let url = ask.url();
                let own = match host {
                    Some(host) => Ask { host: host.clone(), ..ask.clone() }.url(),
                    None => url,
                };
                ask.target = Some(own);
            }
            Vary::Query(query) => ask.query = Some(query.clone()),
        }
        ask
    }
}

/// An address that no configuration has reason to name.
const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 77));

const METHODS: [&str; 7] = ["POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "FOO"];

/// What the directives give reason to try.
pub(crate) fn variations(directives: &[Directive<'_>], terms: &Terms) -> Vec<Vary> {
    let mut found: Vec<Vary> = Vec::new();
    let mut add = |vary: Vary| {
        if !found.contains(&vary) {
            found.push(vary);
        }
    };
    terms.users.iter().for_each(|user| add(Vary::User(user.clone())));
    let mut methods: Vec<String> = Vec::new();
    let mut clients: Vec<IpAddr> = Vec::new();
    let mut forwarded: Vec<String> = Vec::new();
    let mut languages: Vec<(&str, String)> = Vec::new();
    for directive in directives {
        let words = directive.words();
        let text = |n: usize| words.get(n).map(|w| w.to_string()).unwrap_or_default();
        let name = directive.name().to_ascii_lowercase();
        match name.as_slice() {
            b"limit" | b"limitexcept" | b"allowmethods" => methods.extend(words.iter().map(|w| w.to_string())),
            b"require" if text(0).eq_ignore_ascii_case("method") => {
                methods.extend(words.iter().skip(1).map(|w| w.to_string()))
            }
            b"remoteipheader" => forwarded.push(text(0)),
            b"addlanguage" | b"languagepriority" | b"defaultlanguage" => languages.push(("Accept-Language", text(0))),
            b"addcharset" => languages.push(("Accept-Charset", text(0))),
            b"addencoding" => languages.push(("Accept-Encoding", text(0))),
            b"dav" => methods.extend(["PROPFIND".into(), "MKCOL".into()]),
            _ => {}
        }
        if [&b"require"[..], b"allow", b"deny", b"remoteipinternalproxy", b"remoteiptrustedproxy"]
            .contains(&name.as_slice())
        {
            clients.extend(words.iter().filter_map(network).take(4));
            if words.iter().any(|w| w.eq_ignore_ascii_case(b"local") || w.eq_ignore_ascii_case(b"localhost")) {
                clients.push(LOCAL);
            }
        }
    }
    // and somebody from elsewhere
    if !clients.is_empty() {
        clients.push(ELSEWHERE);
    }
    clients.dedup();
    methods.extend(METHODS.map(String::from));
    methods
        .iter()
        .filter(|m| m.bytes().all(|b| b.is_ascii_alphanumeric()) && *m != "GET")
        .take(20)
        .for_each(|m| add(Vary::Method(m.clone())));
    clients.iter().filter(|ip| terms.clients.may(Some(**ip))).take(40).for_each(|ip| add(Vary::Client(*ip)));
    for header in forwarded {
        for ip in [LOCAL].iter().chain(&clients).take(12) {
            add(Vary::Header(header.clone(), ip.to_string()));
        }
    }
    languages
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .take(16)
        .for_each(|(n, v)| add(Vary::Header(n.into(), v)));
    add(Vary::Old(false));
    add(Vary::Old(true));
    add(Vary::Absolute(None));
    add(Vary::Query("x=1".into()));
    found
}

fn network(word: &BString) -> Option<IpAddr> {
    IpSubnet::read(word).ok()?.first()
}

/// Other spellings of a path, the plainest first.
pub(crate) fn spellings(path: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if text != path && text.starts_with('/') && !found.contains(&text) {
            found.push(text);
        }
    };
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let put = |at: usize, text: &str| format!("{}{text}{}", &path[..at], &path[at..]);
    match path.strip_suffix('/') {
        Some(bare) if !bare.is_empty() => add(bare.into()),
        _ => add(format!("{path}/")),
    }
    if let Some(at) = slashes.last() {
        add(path[..=*at].into());
    }
    slashes.iter().for_each(|at| add(put(*at, "/")));
    slashes.iter().for_each(|at| add(put(*at, "/.")));
    add(path.to_ascii_uppercase());
    // each segment with its first letter, or all, in the other case
    for (i, at) in slashes.iter().enumerate() {
        let end = slashes.get(i + 1).copied().unwrap_or(path.len());
        let segment = &path[at + 1..end];
        let mut letters = segment.chars();
        if let Some(first) = letters.next().filter(|c| c.is_ascii_alphabetic()) {
            let turned =
                if first.is_ascii_lowercase() { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() };
            add(format!("{}/{turned}{}{}", &path[..*at], letters.as_str(), &path[end..]));
        }
        add(format!("{}/{}{}", &path[..*at], segment.to_ascii_uppercase(), &path[end..]));
        if let Some(dot) = segment.rfind('.').filter(|dot| *dot > 0) {
            let (stem, extension) = segment.split_at(dot);
            add(format!("{}/{stem}{}{}", &path[..*at], extension.to_ascii_uppercase(), &path[end..]));
            add(format!("{}/{stem}{}", &path[..*at], &path[end..]));
        }
    }
    add(format!("{path}/x"));
    add(format!("{path}/a.jpg"));
    add(format!("{path}/x.css"));
    // a letter of each segment, and each slash, encoded, once and twice
    for (i, at) in slashes.iter().enumerate() {
        let end = slashes.get(i + 1).copied().unwrap_or(path.len());
        if let Some(byte) = path.as_bytes().get(at + 1).filter(|_| end > at + 1) {
            let (before, after) = (&path[..=*at], &path[at + 2..]);
            if byte.is_ascii_alphanumeric() || *byte == b'.' {
                add(format!("{before}%{byte:02x}{after}"));
                add(format!("{before}%25{byte:02x}{after}"));
            }
        }
        if i > 0 {
            add(format!("{}%2F{}", &path[..*at], &path[at + 1..]));
            add(format!("{}%252F{}", &path[..*at], &path[at + 1..]));
        }
    }
    slashes.iter().for_each(|at| add(put(*at, "/x/..")));
    for end in [".", "%20", "%00", "%3f", ";x", "/.", "//", "%2f", "%0a", "/%2e", "~", ".html", ".php"] {
        add(format!("{path}{end}"));
    }
    if let Some(at) = slashes.last().filter(|at| **at > 0) {
        add(format!("{};x{}", &path[..*at], &path[*at..]));
        add(format!("{}/%2e{}", &path[..*at], &path[*at..]));
        add(format!("{}/x/%2e%2e{}", &path[..*at], &path[*at..]));
    }
    found
}
