//! `denial-on-the-raw-request-line`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "denial-on-the-raw-request-line",
    level: Severity::Warning,
    group: "access control",
    finds: "A condition on THE_REQUEST denies by URL.",
    why: "That text is what the client sent: neither decoded nor cleaned of doubled slashes and dots, and it names no index file.",
    help: "test REQUEST_URI, or deny the directory in a Directory or Files section",
    safe: None,
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
    by_gap(rule, facts, Gap::RequestLine, |past| {
        let how = if past.found.ask.target.is_some() { "asked for in absolute form" } else { "spelled so" };
        format!(
            "the request line is tested as it was sent: `{}` is refused, and `{}`, {how}, gets the same",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    })
}
