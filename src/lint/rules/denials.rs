//! What the rules about denials that can be got past have in common: which of them speaks of which way past.

use super::access::BY_URL;
use crate::conf::args;
use crate::lint::facts::{Asked, Facts, is_named};
use crate::lint::past::Past;
use crate::lint::{Finding, Rule};
use crate::search::ask::Ask;
use crate::search::shown::Thing;
use crate::search::turns::By;
use crate::site::{Directive, Edit};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// What a denial forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Another URL of the same.
    Url,
    /// Another case.
    Case,
    /// A path behind a script's.
    PathInfo,
    /// Other spellings of the request line.
    RequestLine,
    /// Other spellings of the URL, before it is decoded.
    Undecoded,
    /// Doubled slashes.
    Slashes,
    /// What is decoded once more later.
    Twice,
    /// Look-ups for an index file, a fallback or a name without its extension.
    Lookup,
    /// What the visitor says of himself.
    Said,
}

/// The way past a denial, by what it forgets, and the line to blame.
struct Way<'f> {
    gap: Gap,
    line: Span,
    past: &'f Past,
}

/// Findings for each line that has such a gap, the one that the plainest request shows first.
pub(super) fn by_gap(rule: &Rule, facts: &Facts<'_>, gap: Gap, message: impl Fn(&Past) -> String) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    if asked.past().is_empty() {
        return Vec::new();
    }
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let mut ways: Vec<Way<'_>> = asked.past().iter().flat_map(|past| of(facts, asked, &all, past)).collect();
    ways.retain(|way| way.gap == gap);
    ways.sort_by_key(|way| way.past.found.ask.weight());
    let mut found: Vec<Finding> = Vec::new();
    // another rule may say more of some ways to another URL, and the first of the others is what is shown
    let mut known = HashSet::new();
    for way in ways {
        let result = &way.past.found;
        let key = (way.line, (gap == Gap::Url).then(|| (result.by, result.outcome.vhost.clone())));
        if known.contains(&key) {
            continue;
        }
        let shut = way.gap == Gap::Said || is_shut_by_file(asked, way.past);
        if !shut {
            continue;
        }
        known.insert(key);
        let Past { denial, found: result } = way.past;
        let mut finding = rule.shown(way.line, message(way.past), &result.ask, &result.outcome);
        let refused = denial.lines.iter().find(|line| **line != way.line && !within(&all, **line, way.line));
        if let Some(line) = refused {
            finding = finding.related(*line, format!("this refuses `{}`", denial.ask.path));
        }
        found.push(finding);
    }
    if !found.is_empty() {
        let kept_back = asked.kept_back();
        found.iter_mut().for_each(|finding| finding.kept_back.clone_from(&kept_back));
    }
    found
}

/// Whether a line is in a section.
fn within(all: &[Directive<'_>], line: Span, section: Span) -> bool {
    all.iter().any(|d| d.span() == line && d.sections().iter().any(|around| around.span == section))
}

/// What the lines that a request gets past forget.
fn of<'f>(facts: &Facts<'_>, asked: &Asked<'_>, all: &[Directive<'_>], past: &'f Past) -> Vec<Way<'f>> {
    let mut ways: Vec<Way<'f>> = Vec::new();
    for missed in &past.found.missed {
        let Some(at) = all.iter().position(|d| d.span() == *missed) else { continue };
        if let Some((gap, line)) = gap(facts, asked, all, at, past)
            && !ways.iter().any(|way| way.gap == gap && way.line == line)
        {
            ways.push(Way { gap, line, past });
        }
    }
    // one cause is one finding
    ways.truncate(1);
    ways
}

fn gap(facts: &Facts<'_>, asked: &Asked<'_>, all: &[Directive<'_>], at: usize, past: &Past) -> Option<(Gap, Span)> {
    let (line, by) = (&all[at], past.found.by);
    // what is gone may well be there under another name
    if past.denial.outcome.status == 410 {
        return None;
    }
    let spelled = matches!(by, By::Encoding | By::Slashes | By::Index | By::Protocol | By::Negotiation | By::PathInfo);
    if is_named(line, &["RewriteRule"])
        && let Some(condition) = conditions(all, at).find(|d| tests(d, b"THE_REQUEST"))
        && spelled
    {
        return Some((Gap::RequestLine, condition.span()));
    }
    let asks = |section: &&&crate::conf::Node| {
        let is = [&b"if"[..], b"elseif"].contains(&section.name.to_ascii_lowercase().as_slice());
        is && section.args.to_ascii_uppercase().contains_str("THE_REQUEST")
    };
    if spelled && let Some(section) = line.sections().iter().find(asks) {
        return Some((Gap::RequestLine, section.span));
    }
    if spelled && let Some(setter) = setter_of_url(all, line) {
        return Some((Gap::Undecoded, setter));
    }
    // its section, where that goes by the URL, or itself
    let section =
        line.sections().iter().rev().find(|s| BY_URL.iter().any(|n| s.name.eq_ignore_ascii_case(n.as_bytes())));
    let rule = is_named(line, &["RewriteRule", "Redirect", "RedirectMatch"]);
    let own = section.map(|section| section.span).or(rule.then(|| line.span()));
    let in_folder = facts.site.is_htaccess(line.span().file) || line.directory().is_some();
    let gap = match by {
        By::Rewrite if past.found.ask.path == past.denial.ask.path => return None,
        By::Alias | By::Symlink | By::Userdir | By::Rewrite => Gap::Url,
        By::Host | By::Port if is_elsewhere(asked, past) => Gap::Url,
        By::Case => Gap::Case,
        By::PathInfo => Gap::PathInfo,
        By::Slashes => Gap::Slashes,
        By::Encoding => Gap::Twice,
        By::Index | By::Negotiation if rule && (!in_folder || is_for_requests_only(line)) => Gap::Lookup,
        By::Header | By::Host => return said(asked, all, past).map(|line| (Gap::Said, line)),
        _ => return None,
    };
    Some((gap, own?))
}

/// The conditions of a rule.
fn conditions<'a, 'd>(all: &'a [Directive<'d>], rule: usize) -> impl Iterator<Item = &'a Directive<'d>> {
    all[..rule].iter().rev().take_while(|d| is_named(d, &["RewriteCond"]))
}

/// Whether a condition is about a variable.
fn tests(condition: &Directive<'_>, variable: &[u8]) -> bool {
    condition.words().first().is_some_and(|word| word.to_ascii_uppercase().contains_str(variable))
}

/// Whether a rule is not for subrequests.
fn is_for_requests_only(rule: &Directive<'_>) -> bool {
    let flags = rule.words().get(2).map(|word| args::flags(word)).unwrap_or_default();
    flags.iter().any(|flag| flag == "ns" || flag == "nosubreq")
}

/// The names of variables that a line about access asks for.
pub(super) fn variables(line: &Directive<'_>) -> Vec<BString> {
    let words = line.words();
    if is_named(line, &["Allow", "Deny"]) {
        return words
            .iter()
            .filter_map(|w| w.strip_prefix(b"env="))
            .map(|w| w.trim_start_with(|c| c == '!').into())
            .collect();
    }
    let mut rest = words.iter().skip_while(|word| word.eq_ignore_ascii_case(b"not"));
    match rest.next() {
        Some(kind) if is_named(line, &["Require"]) && kind.eq_ignore_ascii_case(b"env") => rest.cloned().collect(),
        _ => Vec::new(),
    }
}

/// Whether a line sets one of these variables.
fn sets(line: &Directive<'_>, from: usize, names: &[BString]) -> bool {
    line.words().iter().skip(from).any(|word| {
        let name = word.split_once_str("=").map_or(word.as_slice(), |(name, _)| name);
        names.iter().any(|own| own == name.trim_start_with(|c| c == '!'))
    })
}

/// The SetEnvIf line on the URL that a line about access hangs on.
fn setter_of_url(all: &[Directive<'_>], line: &Directive<'_>) -> Option<Span> {
    let names = variables(line);
    if names.is_empty() {
        return None;
    }
    let on_url = |d: &&Directive<'_>| {
        is_named(d, &["SetEnvIf", "SetEnvIfNoCase"])
            && d.words().first().is_some_and(|word| word.eq_ignore_ascii_case(b"Request_URI"))
            && sets(d, 2, &names)
    };
    all.iter().find(on_url).map(|d| d.span())
}

/// Whether another host gets the same by a mapping of its own.
fn is_elsewhere(asked: &Asked<'_>, past: &Past) -> bool {
    let sources = asked.ground.search.run.sources();
    let mapped = |line: Span| {
        let name = sources.directive_name(line).to_ascii_lowercase();
        ["alias", "aliasmatch", "scriptalias", "scriptaliasmatch", "userdir", "wsgiscriptalias", "proxypass"]
            .contains(&name.as_str())
    };
    let mut lines = past.found.outcome.decided_by.iter().map(|d| d.span).filter(Span::is_some);
    past.found.ask.path != past.denial.ask.path
        && lines.any(|line| mapped(line) && past.denial.meant.decided_by.iter().all(|d| d.span != line))
}

/// The line by which something that the visitor says lets him in.
fn said(asked: &Asked<'_>, all: &[Directive<'_>], past: &Past) -> Option<Span> {
    let first = &past.denial.ask;
    let got = &past.found.ask;
    let mut said = got.headers.iter().filter(|header| !first.headers.contains(header));
    // what a browser sends of itself, or a proxy of the connection
    let usual =
        ["accept", "accept-language", "accept-encoding", "accept-charset", "host", "range", "cookie", "authorization"];
    let own_name = asked.ground.search.doors.iter().any(|door| door.host == got.host);
    let host =
        got.path == first.path && got.host != first.host && past.found.outcome.vhost == past.denial.outcome.vhost;
    let name = match said.next() {
        // a name that is the server's own may be asked for
        None if host && !own_name => "http_host",
        None => return None,
        Some((name, _)) => name,
    };
    if usual.contains(&name.to_ascii_lowercase().as_str()) || name.to_ascii_lowercase().starts_with("x-forwarded-p") {
        return None;
    }
    let (refused, got) = (asked.ask(first.clone()), asked.ask(past.found.ask.clone()));
    let other = |d: &&Directive<'_>| refused.met.contains(&d.span()) != got.met.contains(&d.span());
    let kinds: [&[&str]; 3] = [
        &["SetEnvIf", "SetEnvIfNoCase", "SetEnvIfExpr", "BrowserMatch", "BrowserMatchNoCase"],
        &["If", "ElseIf"],
        &["Require", "Allow", "Deny"],
    ];
    let header = name.to_ascii_lowercase().replace('-', "_");
    let about = |d: &&Directive<'_>| d.args().to_ascii_lowercase().replace("-", "_").contains_str(&header);
    // a condition of a rule that refuses
    let rules = (0..all.len())
        .filter(|at| is_named(&all[*at], &["RewriteRule"]) && past.found.missed.contains(&all[*at].span()));
    let condition = rules.flat_map(|at| conditions(all, at)).find(about);
    condition.map(|d| d.span()).or_else(|| {
        kinds.iter().find_map(|names| all.iter().filter(|d| is_named(d, names)).find(other).map(|d| d.span()))
    })
}

/// Whether a denial of the file itself, or of what the back-end is asked for, would keep a request out.
fn is_shut_by_file(asked: &Asked<'_>, past: &Past) -> bool {
    let ask = &past.found.ask;
    let file = past.found.outcome.file.clone().unwrap_or_default();
    let shuts = |edit: Edit| {
        let answer = asked.changed(&[edit]).map(|other| other.ask(&ask.request()));
        // a look-up passes by what is denied
        answer.is_some_and(|outcome| asked.gives(ask, &outcome).is_none())
    };
    // a Location that grants is merged later than a Files section, and before If
    let last = || {
        let name = crate::pattern::escaped(file.rsplit(|b| *b == b'/').next()?);
        let text = format!("\n<If \"%{{REQUEST_FILENAME}} =~ m#/{name}$#\">\nRequire all denied\n</If>\n");
        asked.at_end(text)
    };
    shutting(asked, &past.denial.thing, &file).is_some_and(&shuts)
        || matches!(past.denial.thing, Thing::File(_)) && last().is_some_and(&shuts)
}

/// A section at the end that denies something, however it is asked for.
fn shutting(asked: &Asked<'_>, thing: &Thing, file: &[u8]) -> Option<Edit> {
    let denied = "Require all denied";
    let text = match thing {
        Thing::Backend(url) if url.starts_with(b"proxy:") => {
            return shutting(asked, &Thing::Backend(url[6..].into()), file);
        }
        Thing::Backend(url) => {
            format!("\n<ProxyMatch \"^{}\">\n{denied}\n</ProxyMatch>\n", plain(&crate::pattern::escaped(url))?)
        }
        Thing::File(real) if file.ends_with(b"/") || real.ends_with(b"/") => {
            let path = crate::pattern::escaped(file.trim_end_with(|c| c == '/'));
            format!("\n<DirectoryMatch \"^{}/?$\">\n{denied}\n</DirectoryMatch>\n", plain(&path)?)
        }
        Thing::File(real) => {
            let name = if file.is_empty() { real.as_slice() } else { file }.rsplit(|b| *b == b'/').next()?;
            format!("\n<FilesMatch \"^{}$\">\n{denied}\n</FilesMatch>\n", plain(&crate::pattern::escaped(name))?)
        }
        Thing::Handler(_) => return None,
    };
    asked.at_end(text)
}

/// A pattern that can stand between quotes.
fn plain(pattern: &str) -> Option<&str> {
    (!pattern.contains(['"', '\n', '$'])).then_some(pattern)
}

/// How a request is asked, for a message.
pub(super) fn url(ask: &Ask) -> String {
    ask.target.clone().unwrap_or_else(|| ask.path.clone())
}
