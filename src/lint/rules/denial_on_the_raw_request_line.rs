//! `denial-on-the-raw-request-line`

use super::denials::{Gap, by_gap, url};
use super::kept_back::{denied_as_files, kept_out};
use crate::diagnostic::Severity;
use crate::lint::edits;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Directive, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "denial-on-the-raw-request-line",
    level: Severity::Warning,
    group: "access control",
    finds: "A condition on THE_REQUEST denies by URL.",
    why: "That text is what the client sent: neither decoded nor cleaned of doubled slashes and dots, and it names no index file.",
    help: "test REQUEST_URI, or deny the directory in a Directory or Files section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine On
# finding
RewriteCond %{THE_REQUEST} " /private/"
RewriteRule ^ - [F]
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine On
RewriteCond %{REQUEST_URI} ^/private/
RewriteRule ^ - [F]
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = by_gap(rule, facts, Gap::RequestLine, |past| {
        let how = if past.found.ask.target.is_some() { "asked for in absolute form" } else { "spelled so" };
        format!(
            "the request line is tested as it was sent: `{}` is refused, and `{}`, {how}, gets the same",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    });
    for finding in &mut found {
        finding.fix = fix(facts, finding);
    }
    found
}

/// The condition on the path, where its pattern says how that begins; else the denial of the files.
fn fix(facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let sources = facts.site.sources();
    let condition = all.iter().find(|d| d.span() == finding.line).filter(|d| is_named(d, &["RewriteCond"]));
    let by_path = condition.and_then(|line| {
        let words = line.words();
        let pattern = words.get(1)?.to_str().ok()?;
        let path = BEFORE.iter().find_map(|before| pattern.strip_prefix(before))?;
        let path =
            AFTER.iter().find_map(|after| path.strip_suffix(after)).map_or(path.into(), |path| format!("{path}$"));
        let pattern = edits::in_word(sources, line, 1, |_| Some(format!("\"^{path}\"")));
        let edits = vec![edits::in_word(sources, line, 0, |_| Some("%{REQUEST_URI}".into()))?, pattern?];
        (path.starts_with('/') && !path.contains(['"', ' ']))
            .then(|| kept_out(facts, finding, "test the path", edits))?
    });
    by_path.or_else(|| denied_as_files(facts, finding))
}

/// What stands before and behind the path in a pattern for the whole line.
const BEFORE: [&str; 12] = [
    "^[A-Z]+\\s",
    "^[A-Z]+\\ ",
    "^[A-Z]+ ",
    "^[A-Z]{3,}\\s",
    "^[A-Z]{3,9}\\s",
    "^[A-Z]{3,9}\\ ",
    "^GET\\s",
    "^GET\\ ",
    "^GET ",
    "\\s",
    "\\ ",
    " ",
];
const AFTER: [&str; 6] = ["\\sHTTP/", "\\ HTTP/", " HTTP/", "\\s", "\\ ", " "];
