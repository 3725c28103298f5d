//! What the rules about denials by URL have in common: the same denial as a section for what is behind the URL.

use super::access::{BY_URL, RULES};
use crate::lint::Finding;
use crate::lint::edits::sections::at_server;
use crate::lint::edits::sections::dedented;
use crate::lint::edits::{Trial, below, outermost, quoted, section};
use crate::lint::facts::{Facts, Seen, is_named, whole};
use crate::lint::lines::is_status;
use crate::lint::rewriting::{Level, rewrites};
use crate::outcome::Outcome;
use crate::search::ask::{Ask, decoded};
use crate::search::denial::{Denial, denial};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::{Directive, Fix};
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// What a section says of who is let in, beside its access rules.
const NAMES: [&str; 12] = [
    "AuthType",
    "AuthName",
    "AuthBasicProvider",
    "AuthDigestProvider",
    "AuthDigestDomain",
    "AuthFormProvider",
    "AuthUserFile",
    "AuthGroupFile",
    "AuthDBMUserFile",
    "AuthDBMGroupFile",
    "AuthDBMType",
    "AuthMerging",
];

/// The denial of a request by some lines, as a section for what the URL leads to, at the level of the server: it keeps out
/// whom the finding is about, and nobody who is let in where the lines are asked.
pub(super) fn guard(facts: &Facts<'_>, finding: &Finding, lines: &[Span], refused: &Ask) -> Option<Fix> {
    let asked = facts.asked.as_ref()?;
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let line = lines.iter().find_map(|line| all.iter().find(|d| d.span() == *line))?;
    // an .htaccess file holds for its folder however that is reached
    if facts.site.is_htaccess(line.span().file) {
        return None;
    }
    let (text, own) = match by_url(facts, line) {
        Some(Own { of: Of::Url(url), body, at }) => {
            let denied = denial(facts.site, &asked.ground.search.run, refused).ok()?;
            (for_target(facts, finding, &denied, &url, &body, line)?, at)
        }
        Some(Own { of: Of::Names(pattern), body, at }) => {
            (section(&format!("FilesMatch {}", quoted_pattern(&pattern)?), &texts(&body)), at)
        }
        None => for_files(facts, line)?,
    };
    let edits = vec![below(facts.site.sources(), at_server(facts, line), &text)];
    let is_asked = |seen: &Seen| seen.met.contains(&own) || seen.outcome.decided_by.iter().any(|d| d.span == own);
    let meant = |seen: &Seen, then: &Outcome| is_refusal(then) && !is_asked(seen);
    let message = "deny what the URL leads to, too";
    Trial { message, edits, gone: &is_refusal, meant: &meant }.guess(facts, finding)
}

/// A denial by URL.
struct Own {
    of: Of,
    /// What it says of who is let in.
    body: Vec<String>,
    /// The section, or the line.
    at: Span,
}

/// What a denial is for.
enum Of {
    /// A URL, and all below.
    Url(BString),
    /// The ends of names, by a pattern.
    Names(BString),
}

impl Of {
    /// Of a pattern for URLs; none where it is for something else.
    fn pattern(pattern: &[u8], icase: bool) -> Option<Of> {
        if pattern.starts_with(b"\\.") && pattern.ends_with(b"$") && !pattern.contains(&b'/') {
            return Some(Of::Names([if icase { &b"(?i)"[..] } else { b"" }, pattern].concat().into()));
        }
        let url = pattern.strip_prefix(b"^")?;
        let url = url.strip_prefix(b"/?").or(url.strip_prefix(b"/"))?;
        let url = ENDS.iter().find_map(|end| url.strip_suffix(end.as_bytes())).unwrap_or(url);
        let plain = !url.is_empty() && url.iter().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(b));
        (plain && !icase).then(|| Of::Url([b"/", url].concat().into()))
    }
}

/// What patterns have behind a URL for all that is below.
const ENDS: [&str; 7] = ["(/.*)?$", "(/|$)", "/.*$", "/.*", ".*$", ".*", "/"];

fn texts(body: &[String]) -> Vec<&str> {
    body.iter().map(String::as_str).collect()
}

/// A pattern between quotes, as it is.
fn quoted_pattern(pattern: &[u8]) -> Option<String> {
    let plain = pattern.find_byteset(b"\"\n\r").is_none();
    pattern.to_str().ok().filter(|_| plain).map(|pattern| format!("\"{pattern}\""))
}

/// The section for URLs that a line is in, or a line that refuses URLs itself.
fn by_url(facts: &Facts<'_>, line: &Directive<'_>) -> Option<Own> {
    let is_it = |name: &[u8]| BY_URL.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
    if let Some(around) = line.sections().iter().rev().find(|s| is_it(&s.name)) {
        let words = around.words();
        let [url] = words.as_slice() else { return None };
        let of = match around.name.eq_ignore_ascii_case(b"LocationMatch") {
            true => Of::pattern(url, false)?,
            false => Of::Url(url.clone()),
        };
        let section = facts.directives.iter().find(|d| d.span() == around.span)?;
        let own = facts.within(section).filter(|d| is_named(d, &RULES) || is_named(d, &NAMES));
        let body = own.map(|d| dedented(facts.site.sources(), whole(d))).collect();
        return Some(Own { of, body, at: around.span });
    }
    let words = line.words();
    let of = if is_named(line, &["RewriteRule"]) {
        let all = rewrites(facts);
        let rule = all.iter().find(|rule| rule.span() == line.span() && rule.level == Level::Server)?;
        let plain = rule.refuses() && !rule.not && rule.conditions.is_empty();
        plain.then(|| Of::pattern(&rule.pattern, rule.has(&["nc", "nocase"])))??
    } else if is_named(line, &["RedirectMatch"]) {
        Of::pattern(words.iter().find(|word| !is_status(word))?, false)?
    } else if is_named(line, &["Redirect"]) {
        Of::Url(words.iter().find(|word| !is_status(word)).filter(|url| url.starts_with(b"/"))?.clone())
    } else {
        return None;
    };
    Some(Own { of, body: vec!["Require all denied".into()], at: line.span() })
}

/// The section for what a URL leads to, by the denial of something below it.
fn for_target(
    facts: &Facts<'_>,
    finding: &Finding,
    denied: &Denial,
    url: &BString,
    body: &[String],
    line: &Directive<'_>,
) -> Option<String> {
    if body.is_empty() || url.find_byteset(b"*?[").is_some() {
        return None;
    }
    let url = url.trim_end_with(|c| c == '/').as_bytes();
    let path = decoded(&denied.ask.path);
    let rest = path.strip_prefix(url)?;
    let lines = texts(body);
    match &denied.thing {
        Thing::Backend(target) => {
            let target = target.strip_prefix(b"proxy:").unwrap_or(target);
            let target = target.strip_suffix(rest).filter(|target| target.ends_with(url))?;
            Some(section(&format!("Proxy {}", quoted(target)?), &lines))
        }
        Thing::File(real) => {
            let file = denied.meant.file.as_ref().filter(|file| file.starts_with(b"/")).unwrap_or(real);
            let mounted = denied.meant.script_name.as_ref().is_some_and(|name| name.trim_end_with(|c| c == '/') == url);
            let for_path = |file: &[u8]| for_path(facts, file, if mounted { b"" } else { rest }, &lines, line);
            let first = for_path(file)?;
            // a link is another path to the same
            let other = finding.witness.as_ref().and_then(|(_, outcome)| outcome.file.as_ref());
            let second = other.and_then(|other| for_path(other)).filter(|second| *second != first);
            Some(second.map_or_else(|| first.clone(), |second| format!("{first}\n{second}")))
        }
        Thing::Handler(_) => None,
    }
}

/// The section for the folder, or the file, whose path goes on as the URL does.
fn for_path(facts: &Facts<'_>, file: &[u8], rest: &[u8], lines: &[&str], line: &Directive<'_>) -> Option<String> {
    let bare = |path: &[u8]| -> BString { path.trim_end_with(|c| c == '/').into() };
    let is_folder = |path: &[u8]| {
        let path = [path, b"/"].concat();
        facts.asked.as_ref().is_some_and(|asked| asked.ground.tree.iter().any(|entry| entry.dir && entry.path == path))
    };
    let (file, rest, index) = (bare(file), bare(rest), rest.ends_with(b"/"));
    let (parent, name) = file.rsplit_once_str("/")?;
    let folder = match file.strip_suffix(rest.as_slice()) {
        Some(folder) if is_folder(folder) => folder,
        // the file is what the URL of its folder is answered with
        _ if index => parent.strip_suffix(rest.as_slice()).filter(|folder| is_folder(folder))?,
        // the URL is a file's
        Some(_) if rest.is_empty() => {
            let inner = section(&format!("Files {}", quoted(name)?), lines);
            return Some(section(&format!("Directory {}", quoted(parent)?), &[&inner]));
        }
        _ => return None,
    };
    // all of another site is nothing that a rule of this one is about
    let is_root =
        |d: &&Directive<'_>| d.virtual_host() != line.virtual_host() && d.words().iter().any(|w| bare(w) == folder);
    let others = facts.named(&["DocumentRoot"]).find(is_root).is_some();
    (folder.len() > 1 && !others)
        .then(|| quoted(folder))
        .flatten()
        .map(|path| section(&format!("Directory {path}"), lines))
}

/// The section for a folder or files that a virtual host has, as others lack it.
fn for_files(facts: &Facts<'_>, line: &Directive<'_>) -> Option<(String, Span)> {
    line.virtual_host()?;
    let sources = facts.site.sources();
    let at = outermost(line, &facts.directives);
    let section = line.parents().map(|(_, span)| span).find(|span| span.start == at.start)?;
    let name = sources.directive_name(section).to_ascii_lowercase();
    let by_file = ["directory", "directorymatch", "files", "filesmatch"].contains(&name.as_str());
    by_file.then(|| (dedented(sources, at), section))
}
