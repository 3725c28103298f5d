//! `pattern-counts-slashes`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "pattern-counts-slashes",
    level: Severity::Warning,
    group: "access control",
    finds: "MergeSlashes is off, and a pattern that denies counts on single slashes.",
    why: "A doubled slash names the same file, and the pattern doesn't match it.",
    help: "write `/+` for each slash in the pattern, or deny the directory in a Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
MergeSlashes Off
# finding
<LocationMatch "^/[^/]+/config/">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/shop/config/db.ini"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
MergeSlashes Off
<LocationMatch "^/+[^/]+/+config/">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/shop/config/db.ini"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_gap(rule, facts, Gap::Slashes, |past| {
        format!(
            "this refuses `{}`, and `{}` gets the same: slashes are not merged",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    })
}
