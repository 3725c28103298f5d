//! `wsgi-script-behind-shorter`

use super::shadowed::out_of_order;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "wsgi-script-behind-shorter",
    level: Severity::Error,
    group: "shadowed lines",
    finds: "A WSGIScriptAlias stands behind a shorter one that takes its URLs.",
    why: "The list is walked in order: the longer URL does not win, and the second application is never called.",
    help: "put the line above the shorter one",
    safe: Some(true),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
WSGIScriptAlias / /srv/shop/shop.wsgi
# finding
WSGIScriptAlias /admin /srv/admin/admin.wsgi
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/admin/admin.wsgi"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
WSGIScriptAlias /admin /srv/admin/admin.wsgi
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/admin/admin.wsgi"],
    },
    find,
};

const MOUNTS: [&str; 2] = ["WSGIScriptAlias", "WSGIScriptAliasMatch"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    out_of_order(rule, facts, &MOUNTS, &MOUNTS)
}
