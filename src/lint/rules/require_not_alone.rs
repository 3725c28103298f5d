//! `require-not-alone`

use super::access::broken;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "require-not-alone",
    level: Severity::Error,
    group: "access control",
    finds: "A `Require not` line stands alone, or outside of RequireAll.",
    why: "It can only take away from what another line grants: httpd does not start.",
    help: "write `<RequireAll>` around it, with `Require all granted` before it",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /private>
  # finding
  Require not ip 192.0.2.7
</Location>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /private>
  <RequireAll>
    Require all granted
    Require not ip 192.0.2.7
  </RequireAll>
</Location>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let negative = |message: &str| {
        message.contains("negative Require directive has no effect")
            || message.contains("contains only negative authorization directives")
            || message.contains("<RequireNone> directive has no effect in")
    };
    let in_folders = broken(facts, negative).into_iter().map(|(line, seen)| {
        rule.seen(line, "this takes away from what nothing grants: every request below is answered 500", seen)
    });
    let wrong = facts.site.diagnostics().iter().filter(|d| d.severity == Severity::Error && negative(&d.message));
    let message = "this takes away from what nothing grants: httpd does not start";
    wrong.map(|d| rule.refused(d.span, message)).chain(in_folders).collect()
}
