//! `nonfatal-drops-denial`

use super::htaccess_not_read::{allowing, is_by};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::denial::refusing;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "nonfatal-drops-denial",
    level: Severity::Error,
    group: ".htaccess",
    finds: "With AllowOverride Nonfatal, a line of an .htaccess file that is not permitted is skipped, and it was the denial.",
    why: "Without Nonfatal the directory would be answered 500, and the mistake would be seen: so it is open.",
    help: "permit the class of the line, or deny in a Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride FileInfo Nonfatal=Override
</Directory>
"##,
        files: &["/srv/www/private/.htaccess: Require all denied", "/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride AuthConfig Nonfatal=Override
</Directory>
"##,
        files: &["/srv/www/private/.htaccess: Require all denied", "/srv/www/private/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let nonfatal = |word: &bstr::BString| word.to_ascii_lowercase().starts_with(b"nonfatal");
    let lines: Vec<_> = facts.named(&["AllowOverride"]).filter(|line| line.words().iter().any(nonfatal)).collect();
    let mut found = Vec::new();
    for text in facts.htaccess.iter().filter(|_| !lines.is_empty()) {
        let within =
            |line: &&&crate::site::Directive<'_>| line.directory().is_some_and(|own| text.directory.starts_with(&own));
        let Some(by) = lines.iter().rfind(within) else { continue };
        let Some(other) = asked.changed(&[allowing(facts, &text.directory)]) else { continue };
        let path = facts.site.sources().file(text.file).name.clone().into();
        let shown =
            asked.files.iter().filter(|file| file.path.starts_with(&text.directory)).take(40).find_map(|file| {
                let then = other.ask(&file.ask.request());
                let denied = !refusing(&other, &then).is_empty() && is_by(&other, &then, &path);
                let denial = then.decided_by.iter().map(|d| d.span).find(|span| {
                    span.is_some() && other.sources().file(span.file).name.as_bytes() == path.as_bytes()
                })?;
                denied.then_some((file, denial))
            });
        let Some((file, denial)) = shown else { continue };
        // the same line of this site
        let line = text.directives().map(|d| d.span()).find(|span| span.line == denial.line);
        let Some(line) = line else { continue };
        let message = format!("this line is not permitted, and skipped without a word: `{}` is open", file.ask.path);
        let finding = rule.shown(line, message, &file.ask, &file.outcome);
        found.push(finding.related(by.span(), "Nonfatal has it skipped"));
    }
    found
}
