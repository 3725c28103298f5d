//! mod_setenvif.c: environment variables by what a request says of itself.
//!
//! The server's own lines run before the URI is looked at (post_read_request), those of sections and .htaccess files
//! once the settings are merged (header_parser); subrequests see neither.

use crate::conf::args;
use crate::expr::{Backrefs, Expr};
use crate::named::{Name, Named};
use crate::outcome::observer::{Origin, PatternKind, Whence};
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::pattern::{Captures, Flags, Regex, substitute_with};
use crate::server::build::Cmd;
use crate::server::captures;
use crate::server::expr_context;
use crate::server::index::{self, Index};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::source::Span;
use aho_corasick::AhoCorasick;
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

const NAME: &str = "mod_setenvif.c";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "setenvif_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    does_without: true,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[
    hook(Phase::HeaderParser, order::MIDDLE, match_section_lines),
    hook(Phase::PostReadRequest, order::MIDDLE, match_server_lines),
];

static DIRECTIVES: &[Directive] = &[
    row("SetEnvIf", Args::Raw, OR_FILEINFO, Modelled, "A header-name, regex and a list of variables.", |c, a| {
        set_env_if(c, a, false)
    })
    .tried(),
    row("SetEnvIfNoCase", Args::Raw, OR_FILEINFO, Modelled, "a header-name, regex and a list of variables.", |c, a| {
        set_env_if(c, a, true)
    })
    .tried(),
    row("SetEnvIfExpr", Args::Raw, OR_FILEINFO, Modelled, "an expression and a list of variables.", set_env_if_expr)
        .tried(),
    row("BrowserMatch", Args::Raw, OR_FILEINFO, Modelled, "A browser regex and a list of variables.", |c, a| {
        browser_match(c, a, false)
    })
    .tried(),
    row("BrowserMatchNoCase", Args::Raw, OR_FILEINFO, Modelled, "A browser regex and a list of variables.", |c, a| {
        browser_match(c, a, true)
    })
    .tried(),
];

/// What a line looks at.
#[derive(Clone, Debug)]
enum Attribute {
    RemoteAddr,
    RemoteHost,
    RequestUri,
    RequestMethod,
    RequestProtocol,
    ServerAddr,
    /// A request header, else an environment variable.
    Named,
    /// Request headers whose name matches.
    Headers(Regex),
}

/// How a line decides.
#[derive(Clone, Debug)]
enum Test {
    /// The value has this in it; case aside or not (then it is in lower case).
    Text(BString, bool),
    Regex(Regex),
    Expr(Arc<Expr>),
}

/// A line, or several with the same attribute and pattern in a row: httpd's `sei_entry`.
#[derive(Clone, Debug)]
struct Entry {
    span: Span,
    /// The attribute's name. Lines of one section that name it alike share it: then its value is not read again.
    name: Option<Arc<BString>>,
    attribute: Attribute,
    pattern: BString,
    icase: bool,
    test: Test,
    /// What is set, and by which line.
    features: Named<Feature>,
}

/// A variable that is set, or taken away where there is no value.
#[derive(Clone, Debug)]
struct Feature {
    name: BString,
    value: Option<BString>,
    span: Span,
}

impl Name for Feature {
    fn name(&self) -> Cow<'_, BStr> {
        BString::from(self.name.to_ascii_lowercase()).into()
    }
}

impl Entry {
    /// Where the value comes from that it looks at.
    fn whence(&self) -> Whence<'_> {
        let name = self.name.as_ref().map_or(&b""[..], |name| name);
        match self.attribute {
            Attribute::RemoteAddr => (Origin::Client, b""),
            Attribute::RequestUri => (Origin::Path, b""),
            Attribute::RequestMethod => (Origin::Method, b""),
            // a variable of that name is looked for where there is no such header
            Attribute::Named if name.eq_ignore_ascii_case(b"Host") => (Origin::Host, b""),
            Attribute::Named => (Origin::Header, name),
            _ => Whence::default(),
        }
    }
}

/// Settings, per server and per directory alike.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    entries: Vec<Entry>,
    /// The attributes' names in lower case, as the first of these lines writes them.
    names: HashMap<BString, Arc<BString>>,
    /// Made when they are first asked for.
    runs: OnceLock<Vec<Run>>,
}

/// Lines in a row that look at the same attribute, and so at the same value.
#[derive(Debug)]
struct Run {
    entries: Range<usize>,
    index: Option<RunIndex>,
}

/// Which lines of a long run can match a value at all.
#[derive(Debug)]
struct RunIndex {
    /// By what the value must begin with.
    beginnings: Index,
    /// By the text that it must have in it.
    exact: Texts,
    /// The same, case aside.
    any_case: Texts,
}

impl RunIndex {
    fn new(entries: &[Entry]) -> RunIndex {
        let texts = |aside: bool| {
            let of = |(i, e): (usize, &Entry)| match &e.test {
                Test::Text(text, icase) if *icase == aside => Some((i as u32, text.clone())),
                _ => None,
            };
            Texts::new(entries.iter().enumerate().filter_map(of).unzip(), aside)
        };
        let rest = entries.iter().enumerate().filter(|(_, e)| !matches!(e.test, Test::Text(..)));
        let beginnings = Index::new(rest.map(|(i, e)| (i, e.beginning())));
        RunIndex { beginnings, exact: texts(false), any_case: texts(true) }
    }

    /// Their numbers, in order.
    fn of(&self, value: &[u8]) -> Vec<u32> {
        let mut found = self.beginnings.of(value);
        self.exact.find(value, &mut found);
        self.any_case.find(value, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// So many texts are one automaton: to build it can take the square of their number, where texts begin one another.
const TEXTS: usize = 2048;

/// Texts that are looked for all at once.
#[derive(Debug)]
struct Texts(Vec<Chunk>);

/// Some of them.
#[derive(Debug)]
struct Chunk {
    numbers: Vec<u32>,
    /// None where it is too much text for an automaton.
    automaton: Option<AhoCorasick>,
}

impl Texts {
    fn new((numbers, texts): (Vec<u32>, Vec<BString>), case_aside: bool) -> Texts {
        let chunks = numbers.chunks(TEXTS).zip(texts.chunks(TEXTS));
        let build = |texts| AhoCorasick::builder().ascii_case_insensitive(case_aside).build(texts).ok();
        Texts(chunks.map(|(n, texts)| Chunk { numbers: n.to_vec(), automaton: build(texts) }).collect())
    }

    fn find(&self, value: &[u8], found: &mut Vec<u32>) {
        for chunk in &self.0 {
            match &chunk.automaton {
                None => found.extend_from_slice(&chunk.numbers),
                Some(automaton) => {
                    let matches = automaton.find_overlapping_iter(value);
                    found.extend(matches.filter_map(|m| chunk.numbers.get(m.pattern().as_usize())));
                }
            }
        }
    }
}

impl Clone for Settings {
    fn clone(&self) -> Settings {
        Settings { names: self.names.clone(), ..self.entries.clone().into() }
    }
}

impl From<Vec<Entry>> for Settings {
    fn from(entries: Vec<Entry>) -> Settings {
        Settings { entries, names: HashMap::new(), runs: OnceLock::new() }
    }
}

impl Settings {
    fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        self.runs = OnceLock::new();
    }

    fn runs(&self) -> &[Run] {
        self.runs.get_or_init(|| {
            let alike = |a: &Entry, b: &Entry| match (&a.name, &b.name) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                _ => false,
            };
            let mut at = 0;
            let run = |entries: &[Entry]| {
                let index = (entries.len() >= index::WORTH).then(|| RunIndex::new(entries));
                at += entries.len();
                Run { entries: at - entries.len()..at, index }
            };
            self.entries.chunk_by(alike).map(run).collect()
        })
    }

    /// The lines of a run that may match, in order. Who watches is told of those that can't, too.
    fn fitting<'s>(&'s self, run: &'s Run, value: &[u8], watched: bool) -> impl Iterator<Item = &'s Entry> + use<'s> {
        let entries = self.entries.get(run.entries.clone()).unwrap_or_default();
        let numbers = run.index.as_ref().filter(|_| !watched).map(|index| index.of(value));
        let count = numbers.as_ref().map_or(entries.len(), Vec::len);
        (0..count).filter_map(move |place| {
            entries.get(numbers.as_ref().map_or(Some(place), |n| n.get(place).map(|n| *n as usize))?)
        })
    }
}

impl Entry {
    /// What every value that it matches begins with; empty where nothing is certain.
    fn beginning(&self) -> Vec<u8> {
        match &self.test {
            Test::Regex(regex) => regex.beginning().into(),
            _ => Vec::new(),
        }
    }
}

impl crate::server::settings::Settings for Settings {
    /// `merge_setenvif_config`
    fn merge(base: &Settings, add: &Settings) -> Settings {
        [base.entries.as_slice(), &add.entries].concat().into()
    }
}

/// The record that the place of the directive calls for.
fn record<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Settings {
    match cmd.path {
        Some(_) => cmd.slot(|d| &mut d.setenvif),
        None => cmd.server_slot(|s| &mut s.setenvif),
    }
}

const METACHARACTERS: &[u8] = b"^.$|()[]*+?{}";

/// `non_regex_pattern`: the text that a pattern without metacharacters looks for.
fn plain_text(pattern: &[u8]) -> Option<BString> {
    let mut text = BString::default();
    let mut escaped = false;
    for &b in pattern {
        match b {
            b'\\' if !escaped => {
                escaped = true;
                continue;
            }
            b'\\' => {}
            // a metacharacter must be escaped, and nothing else may be
            _ if escaped != METACHARACTERS.contains(&b) => return None,
            _ => {}
        }
        escaped = false;
        text.push(b);
    }
    Some(text)
}

/// `add_envvars`
fn features(cmd: &Cmd<'_>, mut rest: &[u8], into: &mut Named<Feature>) -> Result<(), String> {
    let span = cmd.span();
    let mut any = false;
    loop {
        let feature = args::word(&mut rest);
        if feature.is_empty() {
            break;
        }
        any = true;
        let (name, value) = match feature.find_byte(b'=') {
            Some(i) => (feature[..i].as_bstr(), feature[i..].trim_start_with(|c| c == '=').as_bstr()),
            None => (feature.as_bstr(), b"".as_bstr()),
        };
        let (name, value) = match (name.strip_prefix(b"!"), value.first()) {
            (_, Some(b'!')) => (name.as_bytes(), None),
            (_, Some(_)) => (name.as_bytes(), Some(value.into())),
            (Some(taken_away), None) => (taken_away, None),
            (None, None) => (name.as_bytes(), Some("1".into())),
        };
        match into.named(&name.to_ascii_lowercase()) {
            Some(known) => (known.value, known.span) = (value, span),
            None => {
                into.push(Feature { name: name.into(), value, span });
            }
        }
    }
    if any { Ok(()) } else { Err(format!("Missing envariable expression for {}", cmd.row.name)) }
}

fn attribute(cmd: &mut Cmd<'_>, name: &[u8], icase: bool) -> Result<Attribute, String> {
    Ok(match name.to_ascii_lowercase().as_slice() {
        b"remote_addr" => Attribute::RemoteAddr,
        b"remote_host" => Attribute::RemoteHost,
        b"request_uri" => Attribute::RequestUri,
        b"request_method" => Attribute::RequestMethod,
        b"request_protocol" => Attribute::RequestProtocol,
        b"server_addr" => Attribute::ServerAddr,
        n if n.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) => Attribute::Named,
        _ => {
            let regex = cmd.regex(name, Flags { icase, ..Flags::default() });
            Attribute::Headers(regex.map_err(|_| format!("{}Header name regex could not be compiled.", cmd.row.name))?)
        }
    })
}

/// `add_setenvif_core`
fn add(cmd: &mut Cmd<'_>, name: &[u8], mut rest: &[u8], icase: bool) -> Result<(), String> {
    let pattern = args::word(&mut rest);
    if pattern.is_empty() {
        return Err(format!("Missing regular expression for {}", cmd.row.name));
    }
    let settings = record(cmd);
    let shared =
        settings.names.entry(name.to_ascii_lowercase().into()).or_insert_with(|| Arc::new(name.into())).clone();
    let same = settings.entries.last().is_some_and(|e| {
        e.name.as_ref().is_some_and(|n| Arc::ptr_eq(n, &shared)) && e.icase == icase && e.pattern == pattern
    });
    if !same {
        let test = match plain_text(&pattern) {
            Some(text) if icase => Test::Text(text.to_ascii_lowercase().into(), icase),
            Some(text) => Test::Text(text, icase),
            None => {
                let regex = cmd.regex(&pattern, Flags { icase, ..Flags::default() });
                Test::Regex(regex.map_err(|_| format!("{} regex could not be compiled.", cmd.row.name))?)
            }
        };
        let attribute = attribute(cmd, name, icase)?;
        let span = cmd.span();
        let entry = Entry { span, name: Some(shared), attribute, pattern, icase, test, features: Named::default() };
        record(cmd).push(entry);
    }
    put_features(cmd, rest)
}

/// Gives the last entry what it is to set.
fn put_features(cmd: &mut Cmd<'_>, rest: &[u8]) -> Result<(), String> {
    let Some(mut entry) = record(cmd).entries.pop() else { return Ok(()) };
    let result = features(cmd, rest, &mut entry.features);
    record(cmd).push(entry);
    result
}

/// `add_setenvif`
fn set_env_if(cmd: &mut Cmd<'_>, a: &[BString], icase: bool) -> Result<(), String> {
    let mut rest = a[0].as_slice();
    let name = args::word(&mut rest);
    if name.is_empty() {
        return Err(format!("Missing header-field name for {}", cmd.row.name));
    }
    add(cmd, &name, rest, icase)
}

/// `add_browser`
fn browser_match(cmd: &mut Cmd<'_>, a: &[BString], icase: bool) -> Result<(), String> {
    add(cmd, b"User-Agent", &a[0], icase)
}

/// `add_setenvifexpr`
fn set_env_if_expr(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let mut rest = a[0].as_slice();
    let text = args::word(&mut rest);
    if text.is_empty() {
        return Err(format!("Missing expression for {}", cmd.row.name));
    }
    let expr = cmd.expr(&text, false).map_err(|e| format!("Could not parse expression \"{text}\": {e}"))?;
    let entry = Entry {
        span: cmd.span(),
        name: None,
        attribute: Attribute::Named,
        pattern: BString::default(),
        icase: false,
        test: Test::Expr(Arc::new(expr)),
        features: Named::default(),
    };
    record(cmd).push(entry);
    put_features(cmd, rest)
}

fn match_server_lines(r: &mut Request<'_>) -> Verdict {
    match r.server.settings.setenvif.as_deref() {
        Some(settings) => match_headers(r, settings, Phase::PostReadRequest),
        None => Verdict::Declined,
    }
}

fn match_section_lines(r: &mut Request<'_>) -> Verdict {
    match r.per_dir.setenvif.as_deref() {
        Some(settings) => match_headers(r, settings, Phase::HeaderParser),
        None => Verdict::Declined,
    }
}

fn value_of(r: &mut Request<'_>, entry: &Entry, name: &BString) -> BString {
    match &entry.attribute {
        Attribute::RemoteAddr => r.useragent_ip.to_string().into(),
        Attribute::ServerAddr => r.connection.local.to_string().into(),
        Attribute::RemoteHost => r.remote_name(entry.span),
        Attribute::RequestUri => r.uri.clone(),
        Attribute::RequestMethod => r.method.clone().into_owned(),
        Attribute::RequestProtocol => r.protocol.clone().into_owned(),
        Attribute::Named => {
            let found = r.headers_in.get(name).or_else(|| r.env.get(name));
            found.map(|v| v.to_owned()).unwrap_or_default()
        }
        Attribute::Headers(regex) => {
            // the last header that matches
            let mut found = BString::default();
            let headers = r.headers_in.clone();
            for (key, value) in headers.iter() {
                if captures::is_match(r, regex, entry.span, key, Whence::default()) {
                    found = value.to_owned();
                }
            }
            found
        }
    }
}

/// Whether `text` has `part` (in lower case, where case is aside) in it (apr_strmatch).
fn contains(text: &[u8], part: &[u8], icase: bool) -> bool {
    if icase { text.to_ascii_lowercase().contains_str(part) } else { text.contains_str(part) }
}

/// `match_headers`
fn match_headers(r: &mut Request<'_>, settings: &Settings, phase: Phase) -> Verdict {
    let mut last: Option<Arc<BString>> = None;
    let mut value = BString::default();
    // groups outlive their line: an expression without a pattern of its own uses those before it
    let mut groups = Backrefs::default();
    for run in settings.runs() {
        if let Some(entry) = settings.entries.get(run.entries.start)
            && let Some(name) = &entry.name
            && !last.as_ref().is_some_and(|l| Arc::ptr_eq(l, name))
        {
            last = Some(name.clone());
            value = value_of(r, entry, name);
        }
        for entry in settings.fitting(run, &value, r.watched()) {
            let matched = match &entry.test {
                Test::Text(text, icase) => {
                    let matched = contains(&value, text, *icase);
                    let kind = PatternKind::Within { icase: *icase };
                    r.engine.pattern(|| captures::tried(entry.span, kind, text, &value, entry.whence(), matched));
                    matched
                }
                Test::Regex(regex) => {
                    let mut caps = Captures::default();
                    let matched = captures::search(r, regex, entry.span, &value, entry.whence(), &mut caps);
                    if matched {
                        groups.set(&value, &caps);
                    }
                    matched
                }
                Test::Expr(expr) => {
                    groups.onto(&value);
                    let caveats = r.caveats.len();
                    let held = expr_context::condition_re(r, expr, &mut groups).unwrap_or(false);
                    if r.caveats.len() > caveats {
                        // it may matter to nothing that follows
                        let unsure = r.caveats.iter().skip(caveats).cloned().collect();
                        r.caveats.truncate(caveats);
                        r.engine.is_unsure(entry.span, unsure);
                    }
                    let held = held != r.engine.doubts.is_otherwise(entry.span);
                    value = groups.source().map(|source| source.to_owned()).unwrap_or_default();
                    held
                }
            };
            r.engine.budget.name(entry.span);
            if matched && let Err(name) = set_features(r, phase, entry, &groups) {
                r.error("AH01505", format!("Regular expression replacement failed for '{name}', value too long?"));
                return Verdict::Status(500);
            }
            r.tell(|| {
                let step = Step::new(phase, By::Module(NAME), Some(entry.span), Judgement::of(matched));
                match &entry.name {
                    Some(name) if r.traced() => step.with(Detail::Attribute(name.to_vec().into(), value.clone())),
                    _ => step,
                }
            });
        }
    }
    Verdict::Declined
}

/// Whether a text names a group of a pattern (`$1`), the whole match aside.
fn names_group(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair[0] == b'$' && matches!(pair[1], b'1'..=b'9'))
}

/// Sets what a line that matched sets; the error is the name whose value is too long.
fn set_features(r: &mut Request<'_>, phase: Phase, entry: &Entry, groups: &Backrefs) -> Result<(), BString> {
    // an expression that holds because a pattern does not match leaves no groups
    let literal = matches!(entry.test, Test::Text(..)) || groups.source().is_none();
    for Feature { name, value: template, span } in entry.features.iter() {
        if r.engine.doubts.is_without(*span) {
            continue;
        }
        let value = match template {
            None => None,
            Some(text) if literal => {
                if !matches!(entry.test, Test::Text(..)) && names_group(text) {
                    r.caveat(
                        "SetEnvIfExpr",
                        *span,
                        "httpd takes groups that no pattern found from memory it never set",
                    );
                }
                Some(text.clone())
            }
            Some(text) => Some(substitute_with(text, |n| groups.get(n)).ok_or_else(|| name.clone())?),
        };
        r.change_env(phase, name.as_bstr(), value, *span);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_without_metacharacters() {
        for (pattern, text) in [
            ("MSIE", Some("MSIE")),
            (r"a\.b", Some("a.b")),
            (r"a\\b", Some(r"a\b")),
            ("a.b", None),
            (r"\d", None),
            ("^/x", None),
        ] {
            assert_eq!(plain_text(pattern.as_bytes()), text.map(BString::from), "{pattern}");
        }
    }
}
