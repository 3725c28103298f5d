//! `name-virtual-host`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "name-virtual-host",
    level: Severity::Note,
    group: "2.2 to 2.4",
    finds: "NameVirtualHost does nothing since httpd 2.4.",
    why: "Virtual hosts of one address are told apart by name anyway.",
    help: "take it out",
    safe: Some(true),
    bad: Example {
        config: r##"# finding
NameVirtualHost *:80
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let one = |line| Finding {
        fix: Some(Fix { message: "take it out".into(), safety: Safety::Safe, edits: vec![Edit::delete(line)] }),
        ..rule.at(line, "this line does nothing since httpd 2.4")
    };
    facts.named(&["NameVirtualHost"]).map(|d| one(d.span())).collect()
}
