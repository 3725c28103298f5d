//! `log-served`

use super::exposed::{OPEN, of_kind};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::Sensitive;

pub(super) static RULE: Rule = Rule {
    name: "log-served",
    level: Severity::Warning,
    group: "exposure",
    finds: "A log file is served.",
    why: "Logs name visitors, paths and queries, session keys among them.",
    help: "move it out of what URLs lead to, or deny it in a Files section",
    safe: None,
    bad: Example { config: OPEN, files: &["/srv/www/index.html", "/srv/www/debug.log"] },
    good: Example {
        config: r##"DocumentRoot /srv/www/public
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/public/index.html", "/srv/www/debug.log"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    of_kind(rule, facts, "logs", Sensitive::Log)
}
