//! `denial-by-case`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "denial-by-case",
    level: Severity::Warning,
    group: "access control",
    finds: "A mapping takes names in any case, and the denial of its URLs takes one.",
    why: "Whoever writes a letter of the URL in the other case gets what is denied.",
    help: "write `(?i)` in a LocationMatch, or deny the directory in a Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AliasMatch "(?i)^/docs/(.*)$" /srv/www/docs/$1
# finding
<Location /docs/board>
  Require all denied
</Location>
"##,
        files: &["/srv/www/docs/board/minutes.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AliasMatch "(?i)^/docs/(.*)$" /srv/www/docs/$1
<LocationMatch "(?i)^/docs/board">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/docs/board/minutes.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_gap(rule, facts, Gap::Case, |past| {
        format!("this refuses `{}`, and `{}` gets the same", past.denial.ask.path, url(&past.found.ask))
    })
}
