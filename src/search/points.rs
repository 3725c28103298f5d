//! What a line asks of a request, as far as its text says: where a search begins. What comes of it is the engine's to say.

use super::solve::Want;
use crate::conf::args;
use crate::outcome::observer::PatternKind as Kind;
use crate::site::Directive;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;

/// A condition's line, what it asks, and whether the next one is an alternative.
type Condition = (Span, Vec<(Of, Want)>, bool);

/// What of a request a pattern is held against.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Of {
    Path,
    Query,
    Host,
    Client,
    Method,
    Header(String),
    /// The file's path.
    File,
    /// The last part of it.
    Name,
}

/// A line, and what it asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    /// The line.
    pub line: Option<Span>,
    /// The virtual host that it is in.
    pub server: Option<Span>,
    /// The sections around it, the outermost first, and itself where it is one.
    pub sections: Vec<Span>,
    /// Whether one of those around it is an `<If>` or `<ElseIf>`.
    pub under_if: bool,
    /// What must hold.
    pub wants: Vec<(Of, Want)>,
    /// The method, where it asks for one.
    pub methods: Vec<String>,
    /// Whether it has a pattern of its own.
    pub tried: bool,
    /// Which of `wants` that is.
    pub own: Option<usize>,
    /// The rule before it in the same section that always matches, and ends there.
    pub behind: Option<Span>,
    /// Whether it is a condition on whether the connection is TLS, and the one before it that it is an alternative to.
    pub secure: bool,
    pub or_secure: Option<Span>,
    /// How the rule of that file makes another path of what it matched: for each file of the tree, what leads to it.
    pub image: Option<(BString, BString)>,
}

/// The rules of a section, or of none.
#[derive(Default)]
struct Block {
    /// The first that always matches and ends there.
    ended: Option<Span>,
    /// Whether one may go past those behind it.
    skips: bool,
}

impl Block {
    fn rule(&mut self, line: Span, words: &[BString], unconditional: bool) {
        let (Some(pattern), Some(_)) = (words.first(), words.get(1)) else { return };
        let flags = words.get(2).map(|word| args::flags(word)).unwrap_or_default();
        let has = |names: &[&str]| {
            let name = |flag: &BString| flag.split(|b| *b == b'=').next().unwrap_or_default().to_vec();
            flags.iter().any(|flag| names.iter().any(|own| name(flag) == own.as_bytes()))
        };
        let ends = has(&["l", "last", "end", "f", "forbidden", "g", "gone"]);
        let odd = has(&["ns", "nosubreq", "n", "next", "c", "chain", "s", "skip"]);
        const ALL: [&str; 9] = ["^", "$", ".*", "^.*", ".*$", "^.*$", "(.*)", "^(.*)", "^(.*)$"];
        let all = ALL.iter().any(|all| pattern == all);
        if self.ended.is_none() && !self.skips && unconditional && all && ends && !odd {
            self.ended = Some(line);
        }
        self.skips |= has(&["c", "chain", "s", "skip"]);
    }
}

fn name_of(directive: &Directive<'_>) -> Vec<u8> {
    directive.name().to_ascii_lowercase()
}

const REGEX: Kind = Kind::Regex { icase: false };

/// The points of some directives; `directory` is that of the .htaccess file that they are from, with its slash.
pub(crate) fn points(directives: &[Directive<'_>], directory: Option<&[u8]>) -> Vec<Point> {
    let mut found = Vec::new();
    let mut conditions: Vec<Condition> = Vec::new();
    let mut blocks: HashMap<Vec<Span>, Block> = HashMap::new();
    let mut or_secure = None;
    for directive in directives {
        let mut point = Point { line: Some(directive.span()), server: directive.virtual_host(), ..Point::default() };
        point.sections = directive.sections().iter().map(|section| section.span).collect();
        if directive.is_section() {
            point.sections.push(directive.span());
        }
        for section in directive.sections() {
            let name = section.name.to_ascii_lowercase();
            point.under_if |= name.ends_with(b"if");
            within(&name, &section.words(), &mut point);
        }
        if let Some(directory) = directory {
            point.wants.push((Of::File, Want::yes(Kind::Prefix, directory.trim_end_with(|c| c == '/'))));
        }
        let (name, words) = (name_of(directive), directive.words());
        let around_it = point.wants.len() + point.methods.len();
        let first = point.wants.len();
        if directive.is_section() {
            within(&name, &words, &mut point);
        }
        match name.as_slice() {
            b"rewritecond" => {
                let (wants, or) = condition(&words);
                point.wants.extend(wants.clone());
                point.behind = blocks.get(&point.sections).and_then(|block| block.ended);
                point.secure = words.first().is_some_and(|test| test.eq_ignore_ascii_case(b"%{HTTPS}"));
                point.or_secure = or_secure;
                or_secure = or_secure.or(Some(directive.span()).filter(|_| point.secure)).filter(|_| or);
                point.tried = true;
                point.own = (!wants.is_empty()).then_some(first);
                conditions.push((directive.span(), wants, or));
            }
            b"rewriterule" => {
                let scope = directory.map(BString::from).or_else(|| directive.directory());
                rule(&words, scope.as_ref().map(|scope| scope.as_slice()), &mut point);
                let block = blocks.entry(point.sections.clone()).or_default();
                point.behind = block.ended;
                block.rule(directive.span(), &words, conditions.is_empty());
                or_secure = None;
                point.tried = true;
                point.own = (point.wants.len() > first).then_some(first);
                // of alternatives, each in turn
                let own = point.wants.clone();
                let mut all = vec![own.clone()];
                let mut alternatives: Vec<Vec<(Of, Want)>> = Vec::new();
                for (_, wants, or) in &conditions {
                    alternatives.push(wants.clone());
                    if !or {
                        let before = std::mem::take(&mut all);
                        all = before
                            .into_iter()
                            .flat_map(|w| alternatives.iter().map(move |a| w.iter().chain(a).cloned().collect()))
                            .take(12)
                            .collect();
                        alternatives.clear();
                    }
                }
                for wants in all {
                    found.push(Point { wants, ..point.clone() });
                }
                for (line, _, _) in conditions.drain(..) {
                    let own = Point { line: Some(line), wants: own.clone(), own: None, ..point.clone() };
                    // what it says of itself is its own point's
                    let known = found.iter().rev().find(|known| known.line == Some(line));
                    let (secure, or_secure) = known.map(|known| (known.secure, known.or_secure)).unwrap_or_default();
                    found.push(Point { secure, or_secure, ..own });
                }
                continue;
            }
            _ => {
                own(&name, &words, &mut point);
                // what a name's extension says is looked up, and not tried
                point.tried = point.wants.len() + point.methods.len() > around_it && !name.starts_with(b"add");
                point.own = (point.wants.len() > first).then_some(first);
            }
        }
        found.push(point);
    }
    found
}

/// What a line asks by itself, by its name in lower case and its words; `directory` is where a rewrite rule's path begins.
pub(crate) fn of_line(name: &[u8], words: &[BString], directory: Option<&[u8]>) -> Point {
    let mut point = Point::default();
    match name {
        b"rewritecond" => point.wants = condition(words).0,
        b"rewriterule" => rule(words, directory, &mut point),
        _ => {
            within(name, words, &mut point);
            own(name, words, &mut point);
        }
    }
    point
}

fn path(kind: Kind, pattern: &[u8]) -> (Of, Want) {
    (Of::Path, Want::yes(kind, pattern))
}

fn has_wildcards(pattern: &[u8]) -> bool {
    pattern.find_byteset(b"*?[").is_some()
}

/// What a section asks of the requests that what is in it applies to.
fn within(name: &[u8], words: &[BString], point: &mut Point) {
    let Some(first) = words.first() else { return };
    let second = words.get(1).map(|w| w.as_slice()).unwrap_or_default();
    match name {
        b"location" if *first == "~" => point.wants.push(path(REGEX, second)),
        b"locationmatch" => point.wants.push(path(REGEX, first)),
        b"location" if has_wildcards(first) => point.wants.push(path(Kind::Wildcards, first)),
        b"location" => point.wants.push(path(Kind::Prefix, first)),
        b"directory" if *first == "~" => point.wants.push((Of::File, Want::yes(REGEX, second))),
        b"directorymatch" => point.wants.push((Of::File, Want::yes(REGEX, first.as_slice()))),
        b"directory" if has_wildcards(first) => {
            let pattern = [first.trim_end_with(|c| c == '/'), b"/*"].concat();
            point.wants.push((Of::File, Want::yes(Kind::AnyWildcards, pattern)));
        }
        b"directory" if first.len() > 1 => {
            point.wants.push((Of::File, Want::yes(Kind::Prefix, first.trim_end_with(|c| c == '/'))));
        }
        b"files" if *first == "~" => point.wants.push((Of::Name, Want::yes(REGEX, second))),
        b"filesmatch" => point.wants.push((Of::Name, Want::yes(REGEX, first.as_slice()))),
        b"files" if has_wildcards(first) => point.wants.push((Of::Name, Want::yes(Kind::AnyWildcards, first.clone()))),
        b"files" => point.wants.push((Of::Name, Want::yes(Kind::Text, first.clone()))),
        b"limit" => point.methods = words.iter().map(|w| w.to_string()).collect(),
        b"limitexcept" => {
            let all = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"];
            let kept = all.iter().filter(|m| !words.iter().any(|w| w.eq_ignore_ascii_case(m.as_bytes())));
            point.methods = kept.map(|m| m.to_string()).collect();
        }
        _ => {}
    }
}

/// What a directive asks.
fn own(name: &[u8], words: &[BString], point: &mut Point) {
    let text = |n: usize| words.get(n).map(|w| w.as_slice()).unwrap_or_default();
    match name {
        b"alias" | b"scriptalias" | b"wsgiscriptalias" | b"proxypass" if words.len() > 1 => {
            point.wants.push(path(Kind::Prefix, text(0)));
        }
        b"aliasmatch" | b"scriptaliasmatch" | b"wsgiscriptaliasmatch" | b"proxypassmatch" if words.len() > 1 => {
            point.wants.push(path(REGEX, text(0)));
            point.image = Some((text(0).into(), text(1).into()));
        }
        b"redirect" | b"redirectpermanent" | b"redirecttemp" => {
            if let Some(from) = words.iter().find(|w| w.starts_with(b"/")) {
                point.wants.push(path(Kind::Prefix, from));
            }
        }
        b"redirectmatch" => {
            let first = text(0);
            let status = words.len() > 1
                && (first.iter().all(u8::is_ascii_digit)
                    || [&b"permanent"[..], b"temp", b"seeother", b"gone"]
                        .iter()
                        .any(|s| first.eq_ignore_ascii_case(s)));
            point.wants.push(path(REGEX, text(usize::from(status))));
        }
        b"setenvif" | b"setenvifnocase" if words.len() > 1 => {
            let kind = Kind::Regex { icase: name == b"setenvifnocase" };
            let attribute = text(0).to_ascii_lowercase();
            let of = match attribute.as_slice() {
                b"request_uri" => Of::Path,
                b"request_method" => Of::Method,
                b"remote_addr" => Of::Client,
                b"host" => Of::Host,
                b"remote_host" | b"server_addr" | b"request_protocol" => return,
                _ => match text(0).to_str() {
                    Ok(name) if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => Of::Header(name.into()),
                    _ => return,
                },
            };
            point.wants.push((of, Want::yes(kind, text(1))));
        }
        b"browsermatch" | b"browsermatchnocase" => {
            let kind = Kind::Regex { icase: name == b"browsermatchnocase" };
            point.wants.push((Of::Header("User-Agent".into()), Want::yes(kind, text(0))));
        }
        b"require" => match text(0).to_ascii_lowercase().as_slice() {
            b"ip" => point
                .wants
                .extend(words.iter().skip(1).take(1).map(|n| (Of::Client, Want::yes(Kind::Network, n.clone())))),
            b"method" => point.methods = words.iter().skip(1).map(|w| w.to_string()).collect(),
            _ => {}
        },
        b"allow" | b"deny" => {
            let from = words.get(2).filter(|n| n.first().is_some_and(u8::is_ascii_digit));
            point.wants.extend(from.map(|n| (Of::Client, Want::yes(Kind::Network, n.clone()))));
        }
        b"addtype" | b"addhandler" | b"addlanguage" | b"addcharset" | b"addencoding" | b"addoutputfilter"
        | b"addinputfilter" => {
            if let Some(extension) = words.get(1) {
                let pattern = [b"*.", extension.trim_start_with(|c| c == '.')].concat();
                point.wants.push((Of::Name, Want::yes(Kind::AnyWildcards, pattern)));
            }
        }
        _ => {}
    }
}

/// What a rewrite rule asks.
fn rule(words: &[BString], directory: Option<&[u8]>, point: &mut Point) {
    let (Some(pattern), Some(output)) = (words.first(), words.get(1)) else { return };
    let flags = words.get(2).map(|word| args::flags(word)).unwrap_or_default();
    let icase = flags.iter().any(|f| *f == "nc" || *f == "nocase");
    let (not, pattern) = match pattern.strip_prefix(b"!") {
        Some(rest) => (true, rest),
        None => (false, pattern.as_slice()),
    };
    point.wants.push(rewritten(pattern, directory, icase, !not));
    if !not && output != "-" {
        point.image = Some((pattern.into(), output.clone()));
    }
}

/// What a rule's pattern asks: of the URL's path, or of what of a file's path is below the directory.
pub(crate) fn rewritten(pattern: &[u8], directory: Option<&[u8]>, icase: bool, yes: bool) -> (Of, Want) {
    let kind = Kind::Regex { icase };
    match directory {
        Some(directory) => (Of::File, Want { kind, pattern: relative(pattern, directory), yes }),
        None => (Of::Path, Want { kind, pattern: pattern.into(), yes }),
    }
}

/// A pattern of what is below a directory, as one of the whole path.
fn relative(pattern: &[u8], directory: &[u8]) -> BString {
    let before = crate::pattern::escaped(directory);
    match pattern.strip_prefix(b"^") {
        // `^a|b` binds less than the directory would
        Some(rest) if !rest.contains(&b'|') => [b"^", before.as_bytes(), rest].concat().into(),
        _ if pattern.starts_with(b"^") => [b"^", before.as_bytes(), b"(?:", &pattern[1..], b")"].concat().into(),
        _ => [b"^", before.as_bytes(), b".*(?:", pattern, b")"].concat().into(),
    }
}

/// What a condition asks, and whether the next one is an alternative.
fn condition(words: &[BString]) -> (Vec<(Of, Want)>, bool) {
    let (Some(test), Some(pattern)) = (words.first(), words.get(1)) else { return (Vec::new(), false) };
    let flags = words.get(2).map(|word| args::flags(word)).unwrap_or_default();
    let has = |names: [&str; 2]| flags.iter().any(|f| names.iter().any(|name| f == name));
    let (icase, or) = (has(["nc", "nocase"]), has(["or", "ornext"]));
    let of = test.strip_prefix(b"%{").and_then(|rest| rest.strip_suffix(b"}")).and_then(variable);
    let (yes, pattern) = match pattern.strip_prefix(b"!") {
        Some(rest) => (false, rest),
        None => (true, pattern.as_slice()),
    };
    let want = match pattern.first() {
        Some(b'=') => Want { kind: Kind::Text, pattern: pattern[1..].trim_with(|c| c == '"').into(), yes },
        Some(b'-' | b'<' | b'>') => return (Vec::new(), or),
        _ => Want { kind: Kind::Regex { icase }, pattern: pattern.into(), yes },
    };
    (of.map(|of| (of, want)).into_iter().collect(), or)
}

/// What a variable is of.
fn variable(name: &[u8]) -> Option<Of> {
    let upper = name.to_ascii_uppercase();
    Some(match upper.as_slice() {
        b"REQUEST_URI" => Of::Path,
        b"QUERY_STRING" => Of::Query,
        b"HTTP_HOST" | b"SERVER_NAME" => Of::Host,
        b"REMOTE_ADDR" => Of::Client,
        b"REQUEST_METHOD" => Of::Method,
        b"REQUEST_FILENAME" | b"SCRIPT_FILENAME" => Of::File,
        _ => {
            let header = name.get(5..).filter(|_| upper.starts_with(b"HTTP:") || upper.starts_with(b"HTTP_"))?;
            let header = header.to_str().ok()?;
            Of::Header(match upper.starts_with(b"HTTP_") {
                true => capitals(header),
                false => header.into(),
            })
        }
    })
}

/// `USER_AGENT` as a header is written.
fn capitals(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().into_iter().chain(letters.as_str().to_ascii_lowercase().chars()).collect::<String>()
    };
    name.split('_').map(part).collect::<Vec<_>>().join("-")
}
