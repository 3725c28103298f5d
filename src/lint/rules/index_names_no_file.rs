//! `index-names-no-file`

use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Level, level};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::{Ask, escaped};
use crate::search::shown::{How, Thing};
use crate::site::{Edit, Fix};
use crate::source::Span;
use bstr::{BStr, ByteSlice};
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "index-names-no-file",
    level: Severity::Note,
    group: "options",
    finds: "A directory's index file has a name that DirectoryIndex lacks, or that comes after another one that is there, too.",
    why: "The directory is refused or listed, or shows the other page.",
    help: "write the name in DirectoryIndex, at its place",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
DirectoryIndex index.php
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
DirectoryIndex index.php index.html
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// Names of index files.
const NAMES: [&str; 12] = [
    "index.html",
    "index.htm",
    "index.php",
    "index.xhtml",
    "index.shtml",
    "index.cgi",
    "index.pl",
    "index.py",
    "default.html",
    "default.htm",
    "default.php",
    "home.html",
];
/// How many directories are looked at.
const FOLDERS: usize = 200;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let lines: Vec<_> = facts.anywhere(&["DirectoryIndex"]).collect();
    // the line that is in force, where none is for a part of the site
    let alone = lines.iter().all(|(line, of)| level(line, *of) == Level::Server).then(|| lines.last()).flatten();
    let mut folders: BTreeMap<&[u8], Vec<&BStr>> = BTreeMap::new();
    for entry in asked.ground.tree.iter().filter(|entry| !entry.dir) {
        let Some(at) = entry.path.rfind_byte(b'/') else { continue };
        let name = entry.path[at + 1..].as_bstr();
        if NAMES.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes())) {
            folders.entry(&entry.path[..=at]).or_default().push(name);
        }
    }
    let mut found: Vec<Finding> = Vec::new();
    for (folder, names) in folders.into_iter().take(FOLDERS) {
        let Some(seen) = shows(asked, folder) else { continue };
        let file = seen.outcome.file.clone().unwrap_or_default();
        let is = |name: &BStr| file.ends_with(&[b"/", name.as_bytes()].concat());
        let naming = |name: &BStr| lines.iter().rfind(|(line, _)| line.words().iter().any(|word| word == name));
        let other = names.iter().find(|name| !is(name));
        let refused = seen.outcome.status == 403 && seen.outcome.log == Some("AH01276");
        let by_line = lines.iter().rfind(|(line, _)| seen.outcome.decided_by.iter().any(|d| d.span == line.span()));
        let (line, message) = match other.map(|name| (name, naming(name))) {
            Some((name, None)) if refused => {
                let message =
                    format!("`{}{name}` is no index by this line: the directory is refused", folder.as_bstr());
                (by_line.or(alone), message)
            }
            Some((name, line)) if names.iter().any(|name| is(name)) => {
                (line, format!("`{}{name}` is never the index: `{file}` comes before it", folder.as_bstr()))
            }
            _ => continue,
        };
        let Some((line, _)) = line.filter(|(line, _)| found.iter().all(|f| f.line != line.span())) else { continue };
        let span: Span = line.span();
        let finding = rule.seen(span, message, &seen);
        // at which place it is to come before another one nobody said
        let fix = other.filter(|name| refused && naming(name).is_none()).and_then(|name| fix(facts, &finding, name));
        found.push(Finding { level: Severity::Note, fix, ..finding });
    }
    found
}

/// The name as the last of the line.
fn fix(facts: &Facts<'_>, finding: &Finding, name: &BStr) -> Option<Fix> {
    let asked = facts.asked.as_ref()?;
    let name = name.to_str().ok().filter(|name| name.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))?;
    let end = Span { start: finding.line.end, ..finding.line };
    let index = |path: &[u8]| path.ends_with(format!("/{name}").as_bytes());
    let (ask, _) = finding.witness.as_ref()?;
    let trial = Trial {
        message: "write the name in DirectoryIndex",
        edits: vec![Edit::replace(end, format!(" {name}"))],
        gone: &|then| matches!(asked.gives(ask, then), Some((Thing::File(path), How::Static | How::Program)) if index(&path)),
        meant: &|seen, then| seen.outcome.status == 403 && then.file.as_ref().is_some_and(|file| index(file)),
    };
    trial.guess(facts, finding)
}

/// The directory's own URL with its answer.
fn shows(asked: &Asked<'_>, folder: &[u8]) -> Option<Seen> {
    let ways = asked.ground.routes.to(folder);
    let asks: Vec<Ask> =
        ways.iter().take(2).flat_map(|way| asked.ground.doors.iter().take(3).map(|door| way.ask(door))).collect();
    let name = escaped(folder.trim_end_with(|c| c == '/').rsplit(|b| *b == b'/').next().unwrap_or_default());
    let seen = asks.into_iter().filter(|ask| ask.path.ends_with('/')).map(|ask| asked.ask(ask));
    let mut own = seen.filter(|seen| {
        let file = seen.outcome.file.as_ref();
        file.is_some_and(|file| file.starts_with(folder.trim_end_with(|c| c == '/').as_bytes()))
    });
    own.find(|seen| seen.ask.path == "/" || seen.ask.path.contains(&name) || seen.outcome.status == 200)
}
