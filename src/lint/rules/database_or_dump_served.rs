//! `database-or-dump-served`

use super::exposed::of_kind_denied;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::Sensitive;
use crate::site::Safety;

pub(super) static RULE: Rule = Rule {
    name: "database-or-dump-served",
    level: Severity::Error,
    group: "exposure",
    finds: "A database file or a dump is served.",
    why: "Whoever asks for its URL has all that is in it.",
    help: "move it out of what URLs lead to, or deny it in a Files section",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
# finding
Alias /media /srv/shop
"##,
        files: &["/srv/shop/logo.png", "/srv/shop/orders.sqlite"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
  <Files *.sqlite>
    Require all denied
  </Files>
</Directory>
Alias /media /srv/shop
"##,
        files: &["/srv/shop/logo.png", "/srv/shop/orders.sqlite"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = of_kind_denied(rule, facts, "a database", Sensitive::Database, |_| Vec::new());
    // a dump may be there for everybody
    found.iter_mut().filter_map(|finding| finding.fix.as_mut()).for_each(|fix| fix.safety = Safety::Unsafe);
    found
}
