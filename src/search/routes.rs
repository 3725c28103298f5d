//! The tree in reverse: the requests that may lead to a file. Which of them do is the engine's to say.

use super::ask::{Ask, escaped};
use super::by_name::{format, host};
use super::climbing::{Climb, is_url, line};
use super::doors::Door;
use super::image::Image;
use super::maps::Maps;
use super::solve::Solver;
use super::tables::tables;
use super::tree::Entry;
use crate::filepath;
use crate::run::Run;
use crate::site::{Directive, Site};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashSet;
use std::net::IpAddr;

/// How many beginnings and rules are kept.
const MOST: usize = 4_000;

/// Of which servers a way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// All of them.
    Any,
    /// This one; none is the main server.
    Server(Option<Span>),
}

impl Scope {
    fn of(host: Option<Span>) -> Scope {
        host.map_or(Scope::Any, |host| Scope::Server(Some(host)))
    }

    /// Whether requests that come in by a door may take it.
    pub(crate) fn takes(self, door: &Door) -> bool {
        match self {
            Scope::Any => true,
            Scope::Server(server) => door.server == server,
        }
    }

    fn meets(self, other: Scope) -> bool {
        self == Scope::Any || other == Scope::Any || self == other
    }
}

/// A way to a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    /// The path as it is in a URL.
    pub path: String,
    /// The host, where it must be that one.
    pub host: Option<String>,
    /// The address that the connection comes in on, where it must be that one.
    pub local: Option<IpAddr>,
    /// Whose it is.
    pub scope: Scope,
}

impl Way {
    /// A request that goes this way, through a door.
    pub(crate) fn ask(&self, door: &Door) -> Ask {
        let mut ask = door.ask(&self.path);
        if let Some(host) = &self.host {
            ask.host.clone_from(host);
        }
        ask.local = self.local.or(ask.local);
        ask
    }
}

/// URLs that begin so lead to files whose paths begin so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Beginning {
    url: BString,
    file: BString,
    host: Option<String>,
    local: Option<IpAddr>,
    scope: Scope,
}

/// A rule that makes a path of a path.
struct Rule {
    image: Image,
    /// Where its groups leave the directory that they are put below.
    climb: Option<Climb>,
    scope: Scope,
    /// The directory that it is for, with its slash, where it is one's.
    directory: Option<BString>,
    /// What a table of the rule's makes of keys: each output, and the same with the key.
    table: Vec<(BString, BString)>,
}

impl Rule {
    /// The texts that the rule makes this one of.
    fn leading_to(&self, target: &[u8]) -> Vec<Vec<u8>> {
        let mut found: Vec<Vec<u8>> = self.image.leading_to(target).into_iter().collect();
        let keys = self.table.iter().filter(|(output, _)| *output == *target);
        found.extend(keys.filter_map(|(_, with_key)| self.image.leading_to(with_key)));
        found
    }

    /// The texts that the rule makes a path of with a dot segment, which leads to this one all the same.
    fn climbing_to(&self, target: &[u8]) -> Vec<Vec<u8>> {
        let all = self.climb.iter().flat_map(|climb| climb.of(target));
        let found = all.filter_map(|path| self.image.leading_to(&path));
        // httpd takes those of the URL out before any rule is tried
        found.filter(|text| is_url(text) || !text.starts_with(b"/")).collect()
    }
}

/// All ways to files.
#[derive(Default)]
pub(crate) struct Routes {
    beginnings: Vec<Beginning>,
    rules: Vec<Rule>,
    known: HashSet<Span>,
    /// Tables of rewrite maps: name, key and value.
    tables: Vec<super::tables::Line>,
    /// Whether names without their extensions may be looked up.
    pub multiviews: bool,
}

impl Routes {
    /// What the configuration says, and what answers showed.
    pub(crate) fn new(site: &Site, run: &Run, directives: &[Directive<'_>], tree: &[Entry], maps: &Maps) -> Routes {
        let mut routes = Routes { tables: tables(site, run, directives), ..Routes::default() };
        for server in &run.server().servers {
            let file = filepath::without_slashes_after(server.core().document_root()).into();
            routes.add("".into(), file, Scope::Server(server.span));
        }
        for directive in directives {
            let scope = Scope::of(directive.virtual_host());
            let words = directive.words();
            let bare = |text: &BString| BString::from(text.trim_end_with(|c| c == '/'));
            match (directive.name().to_ascii_lowercase().as_slice(), words.as_slice()) {
                (b"alias" | b"scriptalias" | b"wsgiscriptalias", [url, file, ..]) => {
                    // `/a` and `/a/` lead to `/srv/x`, `/a/b` to `/srv/x/b`; `Alias /a/ /srv/x` leads from `/a/b` to `/srv/xb`
                    routes.add(bare(url), bare(file), scope);
                    routes.add_whole(url.clone(), file.clone(), scope);
                }
                (b"alias" | b"scriptalias" | b"wsgiscriptalias", [file]) => {
                    if let Some(url) = location(directive) {
                        routes.add(bare(&url), bare(file), scope);
                    }
                }
                (b"proxypass", [url, to, ..]) if url.starts_with(b"/") && *to != "!" => {
                    let to: BString = [b"proxy:".as_slice(), to].concat().into();
                    routes.add(bare(url), bare(&to), scope);
                }
                (b"proxypass", [to, ..]) if to.find(b"://").is_some() => {
                    if let Some(url) = location(directive) {
                        let to: BString = [b"proxy:".as_slice(), to].concat().into();
                        routes.add(bare(&url), bare(&to), scope);
                    }
                }
                (b"userdir", _) => routes.user_directories(run, &words, tree, scope),
                (b"virtualdocumentroot", [map]) => routes.virtual_roots(run, map, "", false, tree, scope),
                (b"virtualscriptalias", [map]) => routes.virtual_roots(run, map, "/cgi-bin", false, tree, scope),
                (b"virtualdocumentrootip", [map]) => routes.virtual_roots(run, map, "", true, tree, scope),
                (b"virtualscriptaliasip", [map]) => routes.virtual_roots(run, map, "/cgi-bin", true, tree, scope),
                _ => {}
            }
        }
        for mapping in maps.all() {
            routes.add(mapping.url.clone(), mapping.file.clone(), Scope::of(mapping.server));
        }
        routes.add_rules(directives, None);
        routes
    }

    fn add(&mut self, url: BString, file: BString, scope: Scope) {
        self.put(Beginning { url, file, host: None, local: None, scope });
    }

    fn put(&mut self, new: Beginning) {
        let follows = |old: &Beginning| {
            let rest = new.file.strip_prefix(old.file.as_slice());
            let same =
                old.host == new.host && old.local == new.local && (old.scope == new.scope || old.scope == Scope::Any);
            same && rest.is_some_and(|rest| {
                (rest.is_empty() || rest.starts_with(b"/")) && new.url.strip_prefix(old.url.as_slice()) == Some(rest)
            })
        };
        if self.beginnings.len() < MOST && !self.beginnings.iter().any(follows) {
            self.beginnings.push(new);
        }
    }

    /// Where one of the two ends with a slash and the other doesn't, names may go on where the beginning ends.
    fn add_whole(&mut self, url: BString, file: BString, scope: Scope) {
        let new = Beginning { url, file, host: None, local: None, scope };
        if new.url.ends_with(b"/") && self.beginnings.len() < MOST && !self.beginnings.contains(&new) {
            self.beginnings.push(new);
        }
    }

    /// Adds the rules of some lines, those of an .htaccess file in `directory`. Whether there are new ones.
    pub(crate) fn add_rules(&mut self, directives: &[Directive<'_>], directory: Option<&[u8]>) -> bool {
        let (before, views) = (self.rules.len(), self.multiviews);
        let solver = Solver::default();
        for directive in directives {
            self.multiviews |= directive.args().to_ascii_lowercase().contains_str("multiviews");
            if self.rules.len() >= MOST || !self.known.insert(directive.span()) {
                continue;
            }
            let words = directive.words();
            let (Some(from), Some(to)) = (words.first(), words.get(1)) else { continue };
            let name = directive.name().to_ascii_lowercase();
            let rewrites = name == b"rewriterule";
            let matches = [&b"aliasmatch"[..], b"scriptaliasmatch", b"wsgiscriptaliasmatch", b"proxypassmatch"];
            if !rewrites && !matches.contains(&name.as_slice()) || from.starts_with(b"!") || *to == "-" {
                continue;
            }
            let around = directory.map(BString::from).or_else(|| directive.directory());
            if let Some(image) = Image::new(from, to) {
                let directory = around.filter(|_| rewrites);
                let table = self.table(to);
                let climb = line(directive).and_then(|(from, to, icase)| Climb::new(&solver, &from, &to, icase));
                self.rules.push(Rule { image, climb, scope: Scope::of(directive.virtual_host()), directory, table });
            }
        }
        self.rules.len() > before || self.multiviews && !views
    }

    /// What a rule's output is for each key of the table that it asks.
    fn table(&self, output: &BString) -> Vec<(BString, BString)> {
        let Some((before, rest)) = output.split_once_str(b"${") else { return Vec::new() };
        let (Some((call, after)), true) = (rest.split_once_str(b"}"), before.find_byteset(b"$%").is_none()) else {
            return Vec::new();
        };
        let Some((name, _)) = call.split_once_str(b":") else { return Vec::new() };
        let entries = self.tables.iter().filter(|(own, ..)| own == name);
        let made = |text: &BString| BString::from([before, text.as_slice(), after].concat());
        entries.map(|(_, key, value)| (made(value), made(key))).collect()
    }

    /// `UserDir`: each user that is known, or whose directory is there.
    fn user_directories(&mut self, run: &Run, words: &[BString], tree: &[Entry], scope: Scope) {
        if words.first().is_some_and(|w| {
            [&b"disabled"[..], b"enabled", b"disable", b"enable"].iter().any(|s| w.eq_ignore_ascii_case(s))
        }) {
            return;
        }
        for word in words {
            let at = |user: &[u8]| BString::from([b"/~".as_slice(), user].concat());
            if !word.starts_with(b"/") {
                if word.find_byteset(b"*:").is_none() {
                    for user in run.server().users.all() {
                        self.add(at(&user.name), [user.home.as_slice(), b"/", word].concat().into(), scope);
                    }
                }
                continue;
            }
            let (before, after) = match word.split_once_str(b"*") {
                Some((before, after)) => (before.to_vec(), after.to_vec()),
                None => ([word.trim_end_with(|c| c == '/'), b"/"].concat(), Vec::new()),
            };
            for entry in tree.iter().filter(|e| e.dir) {
                let Some(rest) = entry.path.strip_prefix(before.as_slice()) else { continue };
                let end = rest.find_byte(b'/').unwrap_or(rest.len());
                let (user, rest) = rest.split_at(end);
                if !user.is_empty() && rest.strip_suffix(b"/") == Some(after.trim_end_with(|c| c == '/')) {
                    self.add(at(user), entry.path.trim_end_with(|c| c == '/').into(), scope);
                }
            }
        }
    }

    /// `VirtualDocumentRoot` and kin: the names of hosts that make the directories that are there.
    fn virtual_roots(&mut self, run: &Run, map: &BString, url: &str, by_address: bool, tree: &[Entry], scope: Scope) {
        let Some((finds, parts)) = format(map) else { return };
        let ends: Vec<String> = run
            .server()
            .names
            .iter()
            .flat_map(|names| &names.wild_names)
            .filter_map(|(name, _)| name.strip_prefix(b"*.")?.to_str().ok().map(str::to_ascii_lowercase))
            .collect();
        for entry in tree.iter().filter(|e| e.dir) {
            let bare = entry.path.trim_end_with(|c| c == '/');
            let Some(found) = finds.captures(bare) else { continue };
            let texts: Vec<&[u8]> = (1..=parts.len()).filter_map(|n| found.get(n).map(|g| g.as_bytes())).collect();
            let Some(name) = host(&parts, &texts) else { continue };
            let file = BString::from(bare);
            if by_address {
                if let Ok(ip) = name.parse() {
                    self.put(Beginning { url: url.into(), file, host: None, local: Some(ip), scope });
                }
                continue;
            }
            // names that a virtual host bears first
            let longer = ends.iter().map(|end| format!("{name}.{end}"));
            for host in longer.take(20).chain([name.clone()]) {
                self.put(Beginning { url: url.into(), file: file.clone(), host: Some(host), local: None, scope });
            }
        }
    }

    /// The ways that may lead to a file (a directory's path ends with a slash), or to what a back-end is asked for.
    pub(crate) fn to(&self, file: &[u8]) -> Vec<Way> {
        let mut found: Vec<Way> = Vec::new();
        let mut urls: Vec<(Vec<u8>, Scope)> = Vec::new();
        for beginning in &self.beginnings {
            let Some(url) = beginning.leading_to(file) else { continue };
            let way = Way {
                path: escaped(&url),
                host: beginning.host.clone(),
                local: beginning.local,
                scope: beginning.scope,
            };
            if !found.contains(&way) {
                found.push(way);
            }
            urls.push((url, beginning.scope));
        }
        let mut add = |url: &[u8], scope: Scope| {
            let url = if url.starts_with(b"/") { url.to_vec() } else { [b"/".as_slice(), url].concat() };
            let way = Way { path: escaped(&url), host: None, local: None, scope };
            if !found.contains(&way) {
                found.push(way);
            }
        };
        let whole = file.strip_prefix(b"proxy:").unwrap_or(file);
        let texts = |rule: &Rule, climbs: bool, target: &[u8]| match climbs {
            true => rule.climbing_to(target),
            false => rule.leading_to(target),
        };
        // what climbs comes last
        let climbing = self.rules.iter().filter(|rule| rule.climb.is_some()).map(|rule| (rule, true));
        for (rule, climbs) in self.rules.iter().map(|rule| (rule, false)).chain(climbing) {
            match &rule.directory {
                None => {
                    let own = urls.iter().filter(|(_, scope)| scope.meets(rule.scope)).map(|(url, _)| url.as_slice());
                    for target in std::iter::once(whole).chain(own) {
                        texts(rule, climbs, target).iter().for_each(|text| add(text, rule.scope));
                    }
                }
                Some(directory) => {
                    let below = file.strip_prefix(directory.as_slice());
                    let own = urls.iter().map(|(url, _)| url.as_slice());
                    let targets = below.into_iter().chain(own).chain([whole]);
                    for text in targets.flat_map(|target| texts(rule, climbs, target)) {
                        for beginning in self.beginnings.iter().filter(|b| b.scope.meets(rule.scope)) {
                            if let Some(url) = beginning.leading_to(directory) {
                                add(
                                    &[url.as_slice(), text.trim_start_with(|c| c == '/').as_bytes()].concat(),
                                    beginning.scope,
                                );
                            }
                        }
                    }
                }
            }
        }
        found
    }
}

impl Beginning {
    fn leading_to(&self, file: &[u8]) -> Option<Vec<u8>> {
        let rest = file.strip_prefix(self.file.as_slice())?;
        let whole = rest.is_empty() || rest.starts_with(b"/") || self.url.ends_with(b"/") || self.file.ends_with(b"/");
        let url = [self.url.as_slice(), rest].concat();
        (whole && (url.is_empty() || url.starts_with(b"/"))).then(|| if url.is_empty() { b"/".to_vec() } else { url })
    }
}

/// The path of the `<Location>` around a directive.
fn location(directive: &Directive<'_>) -> Option<BString> {
    let section = directive.sections().iter().rev().find(|s| s.name.eq_ignore_ascii_case(b"Location"))?;
    let path = section.words().into_iter().next()?;
    path.starts_with(b"/").then_some(path)
}
