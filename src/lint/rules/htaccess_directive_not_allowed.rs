//! `htaccess-directive-not-allowed`

use super::htaccess_errors::{Wrong, errors};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "htaccess-directive-not-allowed",
    level: Severity::Error,
    group: ".htaccess",
    finds: "A directive in an .htaccess file that AllowOverride does not permit, that may not be in such a file, or that is wrong.",
    why: "httpd stops reading there: everything in the directory and below it is answered 500.",
    help: "permit the directive's class in AllowOverride, or take the line out",
    safe: None,
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
            rule.seen(at, format!("everything in this directory is answered 500: {message}"), &seen)
        })
        .collect()
}
