//! `no-default-deny`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::run::Run;
use crate::site::{Directive, Edit};
use std::rc::Rc;

pub(super) static RULE: Rule = Rule {
    name: "no-default-deny",
    level: Severity::Warning,
    group: "access control",
    finds: "No section denies the whole file system.",
    why: "Whatever an alias, a rewrite or a link reaches is open, unless somebody remembers to deny it.",
    help: "write `<Directory /> Require all denied </Directory>`, and `Require all granted` for each directory that is meant",
    safe: None,
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
    found
}

/// Whether a line shows that the main server is here.
fn is_of_server(facts: &Facts<'_>, line: &Directive<'_>) -> bool {
    line.sections().is_empty()
        && facts.site.is_own(line.span().file)
        && is_named(line, &["DocumentRoot", "ServerRoot", "LoadModule", "Listen", "PidFile", "User"])
}

/// Whether a file that nobody speaks of is open.
fn is_open_outside(asked: &Asked<'_>) -> bool {
    let Some(edit) = asked.at_end(OUTSIDE) else { return false };
    let Some(with) = asked.changed(&[edit]) else { return false };
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
