//! `denial-decoded-again`

use super::denials::{Gap, by_gap, url};
use super::kept_back::denied_as_files;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "denial-decoded-again",
    level: Severity::Error,
    group: "access control",
    finds: "What a denial has checked is decoded once more behind it.",
    why: "A name that was encoded twice passes the check, and is the denied one afterwards.",
    help: "deny what the rule leads to, in a Files or Directory section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine On
RewriteMap plain int:unescape
# finding
RewriteRule ^/title/secret - [F]
RewriteRule ^/title/(.+)$ /srv/www/books/${plain:$1} [L]
"##,
        files: &["/srv/www/books/secret.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine On
RewriteRule ^/title/secret - [F]
RewriteRule ^/title/(.+)$ /srv/www/books/$1 [L]
"##,
        files: &["/srv/www/books/secret.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = by_gap(rule, facts, Gap::Twice, |past| {
        format!(
            "this refuses `{}`, and `{}`, which is decoded again behind it, gets the same",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    });
    for finding in &mut found {
        finding.fix = denied_as_files(facts, finding);
    }
    found
}
