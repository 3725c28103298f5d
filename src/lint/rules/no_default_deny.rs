//! `no-default-deny`

use super::access::RULES;
use crate::diagnostic::Severity;
use crate::lint::edits;
use crate::lint::facts::{Asked, Facts, Shown, is_named, whole};
use crate::lint::{Example, Finding, Rule};
use crate::run::Run;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;
use std::rc::Rc;

pub(super) static RULE: Rule = Rule {
    name: "no-default-deny",
    level: Severity::Warning,
    group: "access control",
    finds: "No section denies the whole file system.",
    why: "Whatever an alias, a rewrite or a link reaches is open, unless somebody remembers to deny it.",
    help: "write `<Directory /> Require all denied </Directory>`, and `Require all granted` for each directory that is meant",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
Alias /old /srv/old
"##,
        files: &["/srv/www/index.html", "/srv/old/report.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory />
  Require all denied
</Directory>
<Directory /srv/www>
  Require all granted
</Directory>
Alias /old /srv/old
<Directory /srv/old>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/old/report.txt"],
    },
    find,
};

/// A URL that nothing is at, and a file that every system has.
const OUTSIDE: &str = "\nAlias \"/zq-outside\" \"/etc/passwd\"\n";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    // sections and aliases alone, or one virtual host, are a part of a server that says it elsewhere
    let Some(first) = facts.directives.iter().find(|d| is_of_server(facts, d)) else { return Vec::new() };
    if !is_open_outside(asked) {
        return Vec::new();
    }
    let mut found: Vec<Finding> = Vec::new();
    if let Some(denied) = denied(facts, asked) {
        for file in asked.files.iter().filter(|file| !asked.by_link(file)) {
            // a root that nobody grants is as meant as one that is granted
            let sources = facts.site.sources();
            let line = asked.mapping(&file.outcome).filter(|line| {
                facts.site.is_own(line.file)
                    && !sources.directive_name(*line).to_ascii_lowercase().contains("documentroot")
            });
            let Some(line) = line else { continue };
            if found.iter().all(|known| known.line != line) && denied.ask(&file.ask.request()).status == 403 {
                let message = "no section opens what this leads to: it is open because nothing denies the file system";
                found.push(rule.shown(line, message, &file.ask, &file.outcome));
            }
        }
    }
    // one cause is one finding
    found.sort_by_key(|finding| finding.line);
    found.truncate(1);
    if found.is_empty() {
        let message = "nothing denies the file system: whatever an alias, a rewrite or a link reaches is open";
        found.push(rule.at(first.span(), message));
    }
    for finding in &mut found {
        finding.fix = fix(facts, asked, finding);
    }
    found
}

/// The two ways to say it: of 2.4, and of 2.2 where that is what the configuration speaks.
const WORDS: [(&str, &str); 2] = [
    ("Require all denied", "Require all granted"),
    ("Order deny,allow\nDeny from all", "Order allow,deny\nAllow from all"),
];
/// How many folders are opened at most.
const FOLDERS: usize = 40;

/// The denial, and a grant for each directory that visitors get something of without one; none where any answer changes.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding) -> Option<Fix> {
    WORDS.into_iter().find_map(|(denied, granted)| {
        let lines = [("/".to_string(), denied)];
        let first = asked.changed(&opened(facts, finding.line, &lines)?)?;
        let mut folders: Vec<String> = Vec::new();
        for file in &asked.files {
            if first.ask(&file.ask.request()).status == 403 {
                let folder = target(facts, asked, file)?;
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
        }
        // one that is below another one is opened by that
        let below = |own: &String, other: &String| own.starts_with(&format!("{other}/"));
        let outer = folders.iter().filter(|own| !folders.iter().any(|other| below(own, other)));
        let grants = outer.take(FOLDERS + 1).map(|folder| (folder.clone(), granted));
        let lines: Vec<(String, &str)> = lines.into_iter().chain(grants).collect();
        let edits = opened(facts, finding.line, &lines).filter(|_| lines.len() <= FOLDERS + 1)?;
        let other = asked.changed(&edits)?;
        let same = asked.changes_only(&other, |_| false) && !is_open(asked, &edits);
        let message = "deny the file system, and open what is meant".to_string();
        same.then_some(Fix { message, safety: Safety::Safe, edits })
    })
}

/// The directory that a line leads URLs to, of a file that is had by it.
fn target(facts: &Facts<'_>, asked: &Asked<'_>, file: &Shown) -> Option<String> {
    let path = file.outcome.file.as_ref()?;
    let line = asked.mapping(&file.outcome).and_then(|line| facts.directives.iter().find(|d| d.span() == line));
    let word = line.and_then(|line| line.words().into_iter().rfind(|word| word.starts_with(b"/")));
    let target = word.map(|word| word.trim_end_with(|c| c == '/').to_vec());
    let target =
        target.filter(|target| path.strip_prefix(target.as_slice()).is_some_and(|rest| rest.starts_with(b"/")));
    let own = path.rsplit_once_str("/").map(|(folder, _)| folder.to_vec());
    let folder = target.or(own).filter(|folder| !folder.is_empty())?;
    edits::quoted(&folder).map(|text| text.trim_matches('"').to_string())
}

/// Edits that say something of each of these directories: in the sections that are there, else in new ones before the first
/// section of the file, or at its end.
fn opened(facts: &Facts<'_>, line: Span, lines: &[(String, &str)]) -> Option<Vec<Edit>> {
    let sources = facts.site.sources();
    let top = |d: &&Directive<'_>| d.sections().is_empty();
    let (mut edits, mut new) = (Vec::new(), Vec::new());
    for (folder, text) in lines {
        let is = |d: &&Directive<'_>| {
            let path = d.words().into_iter().next().unwrap_or_default();
            let bare = path.trim_end_with(|c| c == '/');
            is_named(d, &["Directory"]) && bare == folder.trim_end_matches('/').as_bytes() && path.starts_with(b"/")
        };
        match facts.directives.iter().filter(top).find(is) {
            // what says who may come in says it on purpose
            Some(section) if facts.within(section).any(|d| is_named(d, &RULES)) => return None,
            Some(section) => edits.push(edits::at_end_of(sources, section, text)?),
            None => new.push(edits::section(&format!("Directory \"{folder}\""), &[text])),
        }
    }
    let text = new.join("\n");
    let own = |d: &&Directive<'_>| d.span().file == line.file;
    match facts.directives.iter().filter(top).filter(own).find(|d| is_named(d, &SECTIONS)) {
        _ if new.is_empty() => {}
        Some(section) => edits.push(edits::above(sources, section.span(), &text)),
        None => {
            let last = facts.directives.iter().filter(top).rfind(own)?;
            edits.push(edits::below(sources, whole(last), &text));
        }
    }
    Some(edits)
}

/// Sections before which others may stand.
const SECTIONS: [&str; 8] =
    ["Directory", "DirectoryMatch", "Files", "FilesMatch", "Location", "LocationMatch", "VirtualHost", "Proxy"];

/// Whether a line shows that the main server is here.
fn is_of_server(facts: &Facts<'_>, line: &Directive<'_>) -> bool {
    line.sections().is_empty()
        && facts.site.is_own(line.span().file)
        && is_named(line, &["DocumentRoot", "ServerRoot", "User"])
}

/// Whether a file that nobody speaks of is open.
fn is_open_outside(asked: &Asked<'_>) -> bool {
    is_open(asked, &[])
}

/// The same, with some edits.
fn is_open(asked: &Asked<'_>, edits: &[Edit]) -> bool {
    let Some(edit) = asked.at_end(OUTSIDE) else { return false };
    let Some(with) = asked.changed(&[edits, &[edit]].concat()) else { return false };
    let Some(door) = asked.ground.doors.first() else { return false };
    let outcome = with.ask(&door.ask("/zq-outside").request());
    outcome.file.as_ref().is_some_and(|file| *file == "/etc/passwd") && !matches!(outcome.status, 401 | 403)
}

/// The site with a denial of everything before all else.
fn denied(facts: &Facts<'_>, asked: &Asked<'_>) -> Option<Rc<Run>> {
    let first = facts.directives.iter().find(|d| d.sections().is_empty())?.span();
    let text = "<Directory />\nRequire all denied\n</Directory>\n";
    asked.changed(&[Edit { file: first.file, range: 0..0, text: text.into() }])
}
