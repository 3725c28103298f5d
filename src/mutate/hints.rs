//! What a line says of the requests that it is about: texts that its patterns match, and some that they nearly match.

use super::places::{edges, subnet};
use crate::conf::args;
use crate::outcome::observer::PatternKind;
use crate::pattern::{relative_witness, witness};
use crate::search::points::{self, Of};
use crate::search::solve::Want;
use crate::suite::RequestSpec;
use crate::url::{host_of, split_url};
use bstr::{BString, ByteSlice};
use std::net::IpAddr;

/// What a request is to be made with, besides.
pub(super) enum Turn {
    Client(IpAddr),
    Header(String, String),
    Query(String),
    Method(String),
    User(String),
    Https(bool),
    Protocol(&'static str),
}

impl Turn {
    pub(super) fn of(&self, spec: &RequestSpec) -> RequestSpec {
        let mut spec = spec.clone();
        match self {
            Turn::Client(client) => spec.client = Some(*client),
            Turn::Header(name, value) => {
                spec.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                spec.headers.push((name.clone(), value.clone()));
            }
            Turn::Query(query) => {
                let end = spec.url.find(['?', '#']).unwrap_or(spec.url.len());
                spec.url = format!("{}?{query}", &spec.url[..end]);
            }
            Turn::Method(method) => spec.method = method.clone(),
            Turn::User(user) => spec.user = Some(user.clone()),
            Turn::Https(https) => {
                let parts = split_url(&spec.url);
                let host = host_of(parts.authority);
                spec.url = format!("http{}://{host}{}", if *https { "s" } else { "" }, parts.target);
                (spec.tls, spec.server) = (None, spec.server.map(|(ip, _)| (ip, None)));
            }
            Turn::Protocol(protocol) => spec.protocol = (*protocol).into(),
        }
        spec
    }
}

/// What the lines that a mutant is about say of requests.
#[derive(Default)]
pub(super) struct Hints {
    /// Paths from the root.
    pub paths: Vec<String>,
    /// Paths from some directory.
    pub names: Vec<String>,
    /// Hosts.
    pub hosts: Vec<String>,
    /// What else they are to be made with.
    pub turns: Vec<Turn>,
    /// Whether credentials are looked at.
    credentials: bool,
}

impl Hints {
    /// Takes what a line says: what it asks ([`points::of_line`]), and what it does besides.
    pub(super) fn line(&mut self, line: &[u8]) {
        let line = line.trim_start_with(|c| c == '<').trim_end_with(|c| c == '>');
        let words: Vec<BString> = args::words(line).into_iter().map(|word| word.value).collect();
        let Some((name, words)) = words.split_first() else { return };
        let name = name.to_ascii_lowercase();
        let point = points::of_line(&name, words, None);
        point.wants.iter().for_each(|(of, want)| self.want(of, want));
        if !point.methods.is_empty() {
            self.methods(&point.methods);
        }
        let words: Vec<String> = words.iter().map(BString::to_string).collect();
        let word = |n: usize| words.get(n).map(String::as_str).unwrap_or_default();
        match name.to_str_lossy().as_ref() {
            "proxypass" | "redirect" | "redirectpermanent" | "redirecttemp" => {
                words.iter().take(2).skip(1).filter(|word| word.starts_with('/')).for_each(|path| self.path(path));
            }
            "rewritecond" => self.condition(word(0), word(1)),
            "setenvif" | "setenvifnocase" if word(0).eq_ignore_ascii_case("Request_Protocol") => {
                self.turns.push(Turn::Protocol("HTTP/1.0"));
            }
            "require" | "allow" | "deny" | "remoteipinternalproxy" | "remoteiptrustedproxy" => {
                for net in words.iter().filter_map(|word| subnet(word.as_bytes())) {
                    self.turns.extend(edges(&net).into_iter().map(Turn::Client));
                }
                let asks = |word: &String| word == "user" || word == "group" || word == "valid-user";
                self.credentials |= words.iter().any(asks);
            }
            "authtype" | "authname" | "authuserfile" | "authbasicprovider" | "satisfy" => self.credentials = true,
            "limitexcept" | "allowmethods" | "rewriteoptions" | "traceenable" | "script" => self.methods(&words),
            "servername" | "serveralias" => {
                self.hosts.extend(words.iter().map(|name| name.replace(['*', '?'], "x")));
            }
            "virtualhost" | "usecanonicalname" => self.hosts.push("unknown.example".into()),
            "remoteipheader" => {
                self.turns.push(Turn::Header(word(0).into(), "198.51.100.7".into()));
            }
            "addlanguage" | "languagepriority" => {
                let last = |word: &String| Turn::Header("Accept-Language".into(), word.clone());
                self.turns.extend(words.iter().take(4).map(last));
            }
            "addencoding" => self.turns.push(Turn::Header("Accept-Encoding".into(), "gzip".into())),
            _ => {}
        }
    }

    /// Takes what is asked of a part of the request.
    fn want(&mut self, of: &Of, want: &Want) {
        let pattern = want.pattern.to_string();
        let is_regex = matches!(want.kind, PatternKind::Regex { .. });
        match of {
            Of::Path | Of::File | Of::Name if is_regex => self.regex(&pattern),
            Of::Path => self.path(&pattern.replace(['*', '?'], "x")),
            Of::Name => self.name(&pattern.replace(['*', '?'], "x")),
            // a directory: others lead to it
            Of::File => {}
            Of::Query => self.turns.extend(near(&pattern).into_iter().chain(["x=1".into()]).map(Turn::Query)),
            Of::Host => self.hosts.extend(near(&pattern)),
            Of::Method => self.turns.extend(near(&pattern).map(Turn::Method)),
            Of::Client if is_regex => self.turns.extend(address(&found_in(&pattern)).map(Turn::Client)),
            Of::Client => {}
            Of::Header(name) => {
                self.turns.extend(near(&pattern).map(|value| Turn::Header(name.clone(), value)));
            }
        }
    }

    fn methods(&mut self, words: &[String]) {
        let named = words.iter().filter(|word| word.bytes().all(|b| b.is_ascii_uppercase()));
        let named = named.map(String::as_str).chain(["POST", "OPTIONS", "DELETE"]);
        self.turns.extend(named.map(|method| Turn::Method(method.into())));
    }

    fn path(&mut self, path: &str) {
        let bare = path.trim_end_matches('/');
        self.paths
            .extend(["", "/", "/x", "x"].map(|end| format!("{bare}{end}")).into_iter().filter(|p| p.starts_with('/')));
        if let Some((above, _)) = bare.rsplit_once('/') {
            self.paths.extend([format!("{above}/"), format!("{above}/x")]);
        }
    }

    fn name(&mut self, name: &str) {
        let name = name.trim_start_matches('/');
        let cut: String = name.chars().take(name.chars().count().saturating_sub(1)).collect();
        self.names.extend([name.into(), format!("{name}x"), format!("{name}/x"), format!("x{name}"), cut]);
        self.names.push(name.to_ascii_uppercase());
    }

    fn regex(&mut self, pattern: &str) {
        let pattern = pattern.trim_start_matches('!');
        if let Some(found) = witness(pattern) {
            self.path(&found);
            self.paths.extend([format!("/x{found}"), found.replace('.', "x"), found.to_ascii_uppercase()]);
        }
        if let Some(found) = relative_witness(pattern).filter(|found| !found.starts_with('/')) {
            self.name(&found);
            self.names.push(found.replace('.', "x"));
        }
        self.names.extend(["".into(), "x".into()]);
    }

    /// What a condition looks at that is no text of the request, or only holds one.
    fn condition(&mut self, subject: &str, pattern: &str) {
        let inner = subject.strip_prefix("%{").and_then(|rest| rest.split('}').next()).unwrap_or_default();
        match inner.to_ascii_uppercase().as_str() {
            "HTTPS" | "REQUEST_SCHEME" | "SERVER_PORT" => self.turns.extend([true, false].map(Turn::Https)),
            "THE_REQUEST" => self.regex(pattern),
            // whether there is such a file
            "REQUEST_FILENAME" | "SCRIPT_FILENAME" => self.names.extend(["".into(), "x".into()]),
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, users: &[String]) {
        if self.credentials {
            let wrong = ["nobody:wrong".to_string()];
            self.turns.extend(users.iter().chain(&wrong).cloned().map(Turn::User));
        }
        self.hosts.retain(|host| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
        });
        let plain = |text: &String| text.bytes().all(|b| b.is_ascii_graphic());
        self.paths.retain(plain);
        self.names.retain(plain);
        self.turns.retain(|turn| match turn {
            Turn::Method(method) => !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphabetic()),
            Turn::Header(_, value) => value.bytes().all(|b| b.is_ascii_graphic() || b == b' '),
            Turn::Query(query) => query.bytes().all(|b| b.is_ascii_graphic()),
            _ => true,
        });
    }
}

/// A text that a pattern is found in; the pattern itself where it is none.
fn found_in(pattern: &str) -> String {
    relative_witness(pattern).unwrap_or_else(|| pattern.into())
}

/// A text that a pattern is found in, and some that are nearly it.
fn near(pattern: &str) -> [String; 4] {
    let found = found_in(pattern);
    [format!("{found}x"), format!("x{found}"), found.to_ascii_uppercase(), found]
}

/// Addresses that begin with a text.
fn address(text: &str) -> impl Iterator<Item = IpAddr> {
    let mut parts: Vec<&str> = text.split('.').filter(|part| !part.is_empty()).take(4).collect();
    while parts.len() < 4 {
        parts.push("7");
    }
    parts.join(".").parse().ok().into_iter()
}
