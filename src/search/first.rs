//! The requests of a first suite: the hosts, mappings and sections of a site, and what must not be served.

use super::points::{self, Of};
use super::solve::Want;
use crate::conf::args;
use crate::outcome::observer::PatternKind;
use crate::pattern::witness;
use crate::site::{Directive, Site};
use crate::source::Span;
use crate::source::directive_text;
use crate::vfs::{Cred, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashSet;

/// How many requests a group has at most.
const MOST: usize = 60;
/// How many entries of a document root are looked at for what must not be served.
const LOOKED_AT: usize = 5_000;
/// How deep.
const DEEPEST: usize = 4;

/// Requests about one thing.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What they are about.
    pub title: String,
    /// The section that they are of.
    pub line: Option<Span>,
    /// What is asked.
    pub requests: Vec<Asked>,
    /// Whether none of it is to be served.
    pub secret: bool,
    /// The DocumentRoot, where it is not there.
    pub missing: Option<BString>,
}

/// A request, and the line that it is made for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// What is asked.
    pub url: String,
    /// The line, with its place.
    pub line: Option<String>,
}

/// A host of the site.
struct Host {
    base: String,
    name: String,
    root: Option<BString>,
    section: Option<Span>,
}

/// Paths that are asked for everywhere, and are nobody's business.
const SECRET: [&str; 6] = ["/.htaccess", "/.htpasswd", "/.git/HEAD", "/.env", "/server-status", "/server-info"];

/// The groups of a site's first suite.
pub(crate) fn groups(site: &Site) -> Vec<Group> {
    let directives: Vec<Directive<'_>> = site.directives().collect();
    let hosts = hosts(&directives);
    let mut seen = HashSet::new();
    let mut groups = Vec::new();
    for (number, host) in hosts.iter().enumerate() {
        let mut requests = Vec::new();
        let mut ask = |path: &str, line: Option<String>| {
            let url = format!("{}{path}", host.base);
            if path.starts_with('/') && requests.len() < MOST && seen.insert(url.clone()) {
                requests.push(Asked { url, line });
            }
        };
        ask("/", None);
        for directive in &directives {
            let own = directive.virtual_host();
            if own == host.section || own.is_none() && number == 0 {
                let (text, place) =
                    (directive_text(site.sources(), directive.span()), site.sources().place(directive.span()));
                for path in paths(site, host, directive) {
                    ask(&path, Some(format!("{text} ({place})")));
                }
            }
        }
        for (path, line) in htaccess(site, host) {
            ask(&path, Some(line));
        }
        ask("/no-such-page", None);
        let is_there = |root: &BString| resolve::stat(site.vfs(), &Cred::root(), root).is_ok_and(|stat| stat.is_dir());
        let missing = host.root.clone().filter(|root| root.starts_with(b"/") && !is_there(root));
        groups.push(Group { title: host.name.clone(), line: host.section, requests, secret: false, missing });
        let mut requests = Vec::new();
        let secrets = SECRET.iter().map(|path| path.to_string()).chain(secrets(site, host));
        for url in secrets.map(|path| format!("{}{path}", host.base)) {
            if requests.len() < MOST && seen.insert(url.clone()) {
                requests.push(Asked { url, line: None });
            }
        }
        let title = format!("{}: what must not be served", host.name);
        groups.push(Group { title, line: None, requests, secret: true, missing: None });
    }
    groups.retain(|group| !group.requests.is_empty());
    groups
}

fn is(directive: &Directive<'_>, name: &str) -> bool {
    directive.name().eq_ignore_ascii_case(name.as_bytes())
}

/// The hosts: the virtual ones, or the main server where there are none.
fn hosts(directives: &[Directive<'_>]) -> Vec<Host> {
    let of = |section: Option<Span>, name: &str| {
        let mut found = directives
            .iter()
            .filter(|d| d.virtual_host() == section && d.parents().count() == usize::from(section.is_some()));
        found.find(|d| is(d, name)).and_then(|d| d.words().into_iter().next())
    };
    let host = |section: Option<Span>, port: u16| {
        let written = of(section, "ServerName").or_else(|| of(None, "ServerName")).map(|name| name.to_string());
        let written = written.unwrap_or_else(|| "localhost".into());
        let name = written.rsplit("://").next().unwrap_or_default().split(':').next().unwrap_or_default().to_string();
        let tls = of(section, "SSLEngine").map_or(port == 443, |on| on.eq_ignore_ascii_case(b"on"));
        let usual = if tls { 443 } else { 80 };
        let at = if port == usual { String::new() } else { format!(":{port}") };
        let base = format!("http{}://{name}{at}", if tls { "s" } else { "" });
        let root = of(section, "DocumentRoot").or_else(|| of(None, "DocumentRoot"));
        Host { name: base.clone(), base, root, section }
    };
    let mut hosts: Vec<Host> = Vec::new();
    for directive in directives.iter().filter(|d| is(d, "VirtualHost")) {
        let addresses = directive.words();
        let port = addresses.first().and_then(|address| port_of(address)).unwrap_or(80);
        hosts.push(host(Some(directive.span()), port));
    }
    // where no virtual host is, the main server answers
    let listens = directives.iter().filter(|d| is(d, "Listen")).filter_map(|d| port_of(d.words().first()?));
    let ports: Vec<u16> = directives
        .iter()
        .filter(|d| is(d, "VirtualHost"))
        .flat_map(Directive::words)
        .map(|address| port_of(&address).unwrap_or(80))
        .collect();
    let mut main: Vec<u16> = listens.filter(|port| !ports.contains(port)).collect();
    if hosts.is_empty() && main.is_empty() {
        main.push(80);
    }
    main.dedup();
    main.into_iter().map(|port| host(None, port)).chain(hosts).collect()
}

fn port_of(address: &[u8]) -> Option<u16> {
    address.to_str().ok()?.trim_end_matches('>').rsplit(':').next()?.parse().ok().filter(|port| *port > 0)
}

/// The URL paths by which a directive is reached.
fn paths(site: &Site, host: &Host, directive: &Directive<'_>) -> Vec<String> {
    let (name, words) = (directive.name().to_ascii_lowercase(), directive.words());
    if matches!(name.as_slice(), b"alias" | b"scriptalias") && words.len() == 2 {
        return below(site, &words[0].to_string(), words[1].as_bstr());
    }
    let directory = directive.directory();
    leading_to(host, &name, &words, directive.is_section(), directory.as_ref().map(|d| d.as_slice()))
}

/// The URL paths that a line is about, as far as its text says.
fn leading_to(host: &Host, name: &[u8], words: &[BString], section: bool, directory: Option<&[u8]>) -> Vec<String> {
    // what is noted of many requests leads nowhere
    if name == b"rewritecond" || name.starts_with(b"setenvif") {
        return Vec::new();
    }
    let root = host.root.as_ref().map(|root| root.trim_end_with(|c| c == '/'));
    let below_root = |path: &[u8]| Some(path.strip_prefix(root?)?.to_str().ok()?.to_string());
    let path = |(of, want): (Of, Want)| {
        let text = want.pattern.to_str().ok()?;
        match (of, want.kind) {
            (Of::Path, PatternKind::Prefix) => Some(text.to_string()),
            (Of::Path, PatternKind::Regex { .. }) => witness(text),
            (Of::File, PatternKind::Regex { .. }) => below_root(witness(text)?.as_bytes()),
            (Of::File, PatternKind::Prefix) if section => Some(format!("{}/", below_root(text.as_bytes())?)),
            (Of::Name, PatternKind::Text) => Some(format!("/{text}")),
            _ => None,
        }
    };
    points::of_line(name, words, directory).wants.into_iter().filter_map(path).collect()
}

/// A directory's URL, and one of a file in it; a file's URL.
fn below(site: &Site, url: &str, target: &BStr) -> Vec<String> {
    let is_dir = resolve::stat(site.vfs(), &Cred::root(), target).is_ok_and(|stat| stat.is_dir());
    if !is_dir {
        return vec![url.to_string()];
    }
    let directory = format!("{}/", url.trim_end_matches('/'));
    let mut names = resolve::list(site.vfs(), &Cred::root(), target).unwrap_or_default();
    names.sort();
    let is_file = |name: &&BString| {
        let path = [target.as_bytes(), b"/", name.as_slice()].concat();
        !name.starts_with(b".")
            && is_plain(name)
            && resolve::stat(site.vfs(), &Cred::root(), &path).is_ok_and(|s| s.is_file())
    };
    let file = names.iter().find(is_file).map(|name| format!("{directory}{name}"));
    [directory].into_iter().chain(file).collect()
}

/// Whether a name can stand in a URL as it is.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(b))
}

/// The paths that the lines of the document root's .htaccess file are about.
fn htaccess(site: &Site, host: &Host) -> Vec<(String, String)> {
    let Some(root) = &host.root else { return Vec::new() };
    let directory = [root.trim_end_with(|c| c == '/'), b"/"].concat();
    let path = [directory.as_slice(), b".htaccess"].concat();
    let Ok(text) = resolve::read(site.vfs(), &Cred::root(), &path) else { return Vec::new() };
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<BString> = args::words(line.trim()).into_iter().map(|word| word.value).collect();
        let Some((name, words)) = words.split_first() else { continue };
        let name = name.to_ascii_lowercase();
        if !name.starts_with(b"redirect") && name != b"rewriterule" {
            continue;
        }
        let place = format!("{}:{}", site.sources().shown(&path), number + 1);
        let line = format!("{} ({place})", line.trim().as_bstr());
        let paths = leading_to(host, &name, words, false, Some(&directory));
        found.extend(paths.into_iter().map(|path| (path, line.clone())));
    }
    found
}

/// Files of the document root whose names say that they are not for visitors.
fn secrets(site: &Site, host: &Host) -> Vec<String> {
    let Some(root) = &host.root else { return Vec::new() };
    let mut found = Vec::new();
    let mut todo = vec![(BString::default(), 0)];
    let mut room = LOOKED_AT;
    while let Some((directory, depth)) = todo.pop() {
        let path = [root.as_slice(), directory.as_slice()].concat();
        let mut names = resolve::list(site.vfs(), &Cred::root(), &path).unwrap_or_default();
        names.sort();
        for name in names.iter().filter(|name| is_plain(name)) {
            let Some(left) = room.checked_sub(1) else { return found };
            room = left;
            let own: BString = [directory.as_slice(), b"/", name.as_slice()].concat().into();
            let Ok(stat) = resolve::lstat(site.vfs(), &Cred::root(), &[root.as_slice(), own.as_slice()].concat())
            else {
                continue;
            };
            if stat.is_dir() && depth < DEEPEST && name != ".git" && name != "node_modules" {
                todo.push((own, depth + 1));
            } else if stat.is_file() && is_secret(name) && found.len() < MOST {
                found.push(own.to_string());
            }
        }
    }
    found
}

fn is_secret(name: &BString) -> bool {
    let name = name.to_ascii_lowercase();
    let ends =
        [".bak", ".old", ".orig", ".save", ".swp", "~", ".sql", ".sqlite", ".key", ".pem", ".log", ".ini", ".wsgi"];
    let begins = [".env", ".ht", ".git", "wp-config.php", "id_rsa"];
    let names = ["composer.json", "composer.lock", "package.json", "dockerfile", "web.config"];
    ends.iter().any(|end| name.ends_with(end.as_bytes()))
        || begins.iter().any(|begin| name.starts_with(begin.as_bytes()))
        || names.iter().any(|known| name == known.as_bytes())
}
