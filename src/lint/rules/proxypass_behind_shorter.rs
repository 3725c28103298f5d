//! `proxypass-behind-shorter`

use super::shadowed::out_of_order;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "proxypass-behind-shorter",
    level: Severity::Error,
    group: "shadowed lines",
    finds: "A ProxyPass, or an exclusion (`!`), is never used: another one takes its URLs.",
    why: "Of lines the first that fits counts, of Location sections the last: the longer URL does not win.",
    help: "put the line above the shorter one, a Location section below it",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
ProxyPass / http://127.0.0.1:9000/
# finding
ProxyPass /static !
"##,
        files: &["/srv/www/static/a.css"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
ProxyPass /static !
ProxyPass / http://127.0.0.1:9000/
"##,
        files: &["/srv/www/static/a.css"],
    },
    find,
};

const PASSES: [&str; 2] = ["ProxyPass", "ProxyPassMatch"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    out_of_order(rule, facts, &PASSES, &PASSES)
}
