//! mod_setenvif.c: environment variables by what a request says of itself.
//!
//! The server's own lines run before the URI is looked at (post_read_request), those of sections and .htaccess files
//! once the settings are merged (header_parser); subrequests see neither.

mod index;
mod matching;

use crate::conf::args;
use crate::expr::Expr;
use crate::named::{Name, Named};
use crate::outcome::observer::{Origin, Whence};
use crate::pattern::{Flags, Regex};
use crate::server::cmd::Cmd;
use crate::server::index::WORTH;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, hook, order, row};
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use index::RunIndex;
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
    hook(Phase::HeaderParser, order::MIDDLE, matching::match_section_lines),
    hook(Phase::PostReadRequest, order::MIDDLE, matching::match_server_lines),
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
                let index = (entries.len() >= WORTH).then(|| RunIndex::new(entries));
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
