//! `htaccess-directive-not-allowed`

use super::htaccess_errors::{Wrong, errors};
use super::overrides::{classes, permitted};
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::Fix;
use crate::source::FileId;

pub(super) static RULE: Rule = Rule {
    name: "htaccess-directive-not-allowed",
    level: Severity::Error,
    group: ".htaccess",
    finds: "A directive in an .htaccess file that AllowOverride does not permit, that may not be in such a file, or that is wrong.",
    why: "httpd stops reading there: everything in the directory and below it is answered 500.",
    help: "permit the directive's class in AllowOverride, or take the line out",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride FileInfo
</Directory>
"##,
        files: &["/srv/www/.htaccess: Require all granted", "/srv/www/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride FileInfo
</Directory>
"##,
        files: &["/srv/www/.htaccess: ForceType text/plain", "/srv/www/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let wrong = errors(facts).into_iter().filter(|(_, kind, ..)| *kind == Wrong::Line);
    wrong
        .map(|(at, _, message, seen)| {
            let refused = message.contains("not allowed") || message.contains("forbidden");
            let allowed = message.ends_with("not allowed here");
            let finding = rule.seen(at, format!("everything in this directory is answered 500: {message}"), &seen);
            let help = if refused { rule.help } else { "write the line as httpd takes it, or take it out" };
            let fix = if allowed { fix(facts, &finding, at.file) } else { None };
            Finding { fix, help: help.into(), ..finding }
        })
        .collect()
}

/// The classes that the file uses, permitted in its directory.
fn fix(facts: &Facts<'_>, finding: &Finding, file: FileId) -> Option<Fix> {
    let text = facts.htaccess.iter().find(|text| text.file == file)?;
    // where no line says so, the file is not read at all
    let edits = vec![permitted(facts, &text.directory, &classes(text.directives())?)?];
    let trial = Trial {
        message: "permit the classes that it uses",
        edits,
        gone: &|then| then.status != 500,
        meant: &|seen, _| seen.outcome.status == 500,
    };
    trial.guess(facts, finding)
}
