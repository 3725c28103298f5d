//! `htaccess-not-read`

use super::overrides::{classes, permitted};
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::search::points::points;
use crate::site::{Directive, Edit, Fix};
use crate::source::{FileId, SourceMap, Span};
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "htaccess-not-read",
    level: Severity::Warning,
    group: ".htaccess",
    finds: "An .htaccess file is in a directory where AllowOverride None keeps httpd from reading it.",
    why: "What it denies is open, and what it rewrites is not rewritten.",
    help: "name the classes that it uses in an AllowOverride line, or put its lines into a Directory section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride None
</Directory>
"##,
        files: &["/srv/www/private/.htaccess: Require all denied", "/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride AuthConfig
</Directory>
"##,
        files: &["/srv/www/private/.htaccess: Require all denied", "/srv/www/private/a.txt"],
    },
    find,
};

/// How many are looked at.
const MOST: usize = 40;
/// How many requests below each.
const BELOW: usize = 24;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let unread: Vec<&BString> = asked
        .ground
        .tree
        .iter()
        .filter(|entry| !entry.dir && entry.path.ends_with(b"/.htaccess"))
        .map(|entry| &entry.path)
        .filter(|path| !facts.htaccess.iter().any(|text| sources.file(text.file).name.as_bytes() == path.as_slice()))
        .take(MOST)
        .collect();
    // httpd looks for another name
    let named = facts.named(&["AccessFileName"]).filter(|d| !d.words().iter().any(|name| *name == ".htaccess"));
    let named: Vec<Span> = named.map(|d| d.span()).collect();
    let renamed: Vec<Edit> = named.iter().map(|line| Edit::replace(*line, "AccessFileName .htaccess")).collect();
    let mut found = Vec::new();
    for path in unread {
        let directory = &path[..path.len() - b".htaccess".len()];
        let asks = below(asked, directory);
        if asks.is_empty() {
            continue;
        }
        let edits: Vec<Edit> = std::iter::once(allowing(facts, directory)).chain(renamed.clone()).collect();
        let Some(other) = asked.changed(&edits) else { continue };
        let Ok(text) = resolve::read(facts.site.vfs(), &Cred::root(), path) else { continue };
        let file = sources.add_once(&path.to_string(), &text);
        let Some(line) = first_line(sources, file) else { continue };
        let harmed = |seen: &&Seen| {
            let then = other.ask(&seen.ask.request());
            // it is about what that file says
            differ(&seen.outcome, &then).is_some() && is_by(&other, &then, path)
        };
        let seen: Vec<Seen> = asks.into_iter().map(|ask| asked.ask(ask)).collect();
        let seen: Vec<Seen> =
            for_its_lines(asked, &other, &seen, path, directory).chain(seen.iter().cloned()).collect();
        let denies = |seen: &&Seen| harmed(seen) && other.ask(&seen.ask.request()).status >= 400;
        let Some(shown) = seen.iter().find(denies).or_else(|| seen.iter().find(harmed)) else { continue };
        let (url, then) = (&shown.ask.path, other.ask(&shown.ask.request()));
        let message = match then.status {
            401 | 403 | 404 | 410 => format!(
                "this file is not read, and what it denies is open: `{url}` is answered {}",
                shown.outcome.status
            ),
            500 => format!("this file is not read; it could not be, either: with it `{url}` would be answered 500"),
            _ => format!("this file is not read: `{url}` is answered as if it were not there"),
        };
        let mut finding = rule.seen(line, message, shown);
        if let Some(by) = named.first() {
            finding = finding.related(*by, "this line has httpd look for another name");
        } else if let Some(by) = override_line(facts, directory) {
            finding = finding.related(by, "this line keeps httpd from reading it");
        }
        finding.fix = if named.is_empty() { fix(facts, asked, &finding, path, &other) } else { None };
        found.push(finding);
    }
    found
}

/// The classes that the file uses, permitted in its directory.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, path: &BString, read: &Run) -> Option<Fix> {
    let directory = &path[..path.len() - b".htaccess".len()];
    let files = read.sources().files_from(0);
    let number = files.iter().position(|file| file.name.as_bytes() == path.as_slice())?;
    let nodes = read.htaccess_nodes(FileId(number as u32));
    let classes = classes(Directive::of(&nodes))?;
    let edits = vec![permitted(facts, directory, &classes)?];
    let other = asked.changed(&edits)?;
    let trial = Trial {
        message: "permit the classes that it uses",
        edits,
        gone: &|then| then.status != 500 && is_by(&other, then, path),
        meant: &|_, then| then.status >= 400 && then.status != 500 && is_by(&other, then, path),
    };
    trial.guess(facts, finding)
}

/// Requests for what is in a directory, the plainest first.
fn below(asked: &Asked<'_>, directory: &[u8]) -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    let inside = |path: &[u8]| path.starts_with(directory);
    asks.extend(asked.files.iter().filter(|file| inside(&file.path)).take(BELOW).map(|file| file.ask.clone()));
    let reaches = |outcome: &Outcome| outcome.file.as_ref().is_some_and(|file| inside(file));
    asks.extend(asked.pool.iter().filter(|seen| reaches(&seen.outcome)).take(BELOW).map(|seen| seen.ask.clone()));
    asks.sort_by_key(|ask| (ask.weight(), ask.clone()));
    asks.dedup();
    // and what is not there, which rules may lead elsewhere
    let more: Vec<Ask> = asks
        .first()
        .map(|ask| {
            let at = ask.path.rfind('/').map_or(0, |at| at + 1);
            ["no-such-file", "x/y"].map(|name| ask.at(format!("{}{name}", &ask.path[..at]))).to_vec()
        })
        .unwrap_or_default();
    asks.extend(more);
    asks
}

/// Requests for what the file's lines ask.
fn for_its_lines<'a>(
    asked: &'a Asked<'_>,
    other: &Run,
    seen: &[Seen],
    path: &BString,
    directory: &[u8],
) -> impl Iterator<Item = Seen> + use<'a> {
    // it has to be read once
    seen.iter().take(2).for_each(|seen| drop(other.ask(&seen.ask.request())));
    let files = other.sources().files_from(0);
    let number = files.iter().position(|file| file.name.as_bytes() == path.as_slice());
    let nodes = number.map(|number| other.htaccess_nodes(FileId(number as u32))).unwrap_or_default();
    let lines: Vec<Directive<'_>> = Directive::of(&nodes).collect();
    let asks: Vec<Ask> = points(&lines, Some(directory))
        .iter()
        .filter(|point| point.tried)
        .take(BELOW)
        .flat_map(|point| asked.ground.search.asks_for(point).into_iter().take(4))
        .collect();
    asks.into_iter().map(|ask| asked.ask(ask))
}

/// The same configuration with everything allowed in that directory.
pub(super) fn allowing(facts: &Facts<'_>, directory: &[u8]) -> Edit {
    let first = facts.directives.iter().map(|d| d.span()).find(|span| facts.site.is_own(span.file));
    let file = facts
        .directives
        .iter()
        .rev()
        .find(|d| d.sections().is_empty())
        .map(|d| d.span().file)
        .or(first.map(|s| s.file));
    let file = file.unwrap_or(FileId(0));
    let end = facts.site.sources().file(file).text.len() as u32;
    let bare = directory.trim_end_with(|c| c == '/').as_bstr();
    let text = format!("\n<Directory \"{bare}\">\nAllowOverride All\n</Directory>\n");
    Edit { file, range: end..end, text: text.into() }
}

/// Whether an answer is by a line of that file.
pub(super) fn is_by(run: &Run, outcome: &Outcome, path: &BString) -> bool {
    let name = |span: Span| run.sources().file(span.file).name.clone();
    outcome.decided_by.iter().any(|d| d.span.is_some() && name(d.span).as_bytes() == path.as_slice())
}

/// The first directive of a text.
fn first_line(sources: &SourceMap, file: FileId) -> Option<Span> {
    let text = sources.file(file);
    (1..=text.lines() as u32).find_map(|number| {
        let line = text.line(number);
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(b"#") {
            return None;
        }
        let start = text.line_start(number) + line.find(bare)? as u32;
        Some(Span { file, line: number, start, end: start + bare.len() as u32 })
    })
}

/// The AllowOverride line that is in force in a directory.
pub(super) fn override_line(facts: &Facts<'_>, directory: &[u8]) -> Option<Span> {
    let within = |line: &&Directive<'_>| line.directory().is_some_and(|own| directory.starts_with(&own));
    let lines = facts.named(&["AllowOverride"]).filter(within);
    lines.max_by_key(|line| (line.directory().map(|own| own.len()), line.span())).map(|line| line.span())
}
