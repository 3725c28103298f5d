//! `pattern-counts-slashes`

use super::denials::{Gap, by_gap, url};
use super::kept_back::repatterned;
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
    safe: Some(true),
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
    let mut found = by_gap(rule, facts, Gap::Slashes, |past| {
        format!(
            "this refuses `{}`, and `{}` gets the same: slashes are not merged",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    });
    for finding in &mut found {
        finding.fix = repatterned(facts, finding, "take more slashes", any_slashes);
    }
    found
}

/// A pattern in which one slash stands for any number of them.
fn any_slashes(pattern: &str) -> Option<String> {
    let (mut new, mut class, mut after) = (String::new(), false, '\0');
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = after == '\\';
        new.push(c);
        match c {
            '[' if !escaped => class = true,
            ']' if !escaped && class => class = false,
            '/' if !class && !rest.peek().is_some_and(|next| ['+', '*', '?', '{'].contains(next)) => new.push('+'),
            _ => {}
        }
        after = if escaped { '\0' } else { c };
    }
    Some(new)
}
