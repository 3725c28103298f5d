//! `allow-empties-default-deny`

use super::access::{grants, rules};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;

pub(super) static RULE: Rule = Rule {
    name: "allow-empties-default-deny",
    level: Severity::Note,
    group: "access control",
    finds: "`Order Allow,Deny` with `Allow from all` and nothing denied.",
    why: "The order says that what isn't allowed is denied, and everything is allowed: it reads as a denial and is none.",
    help: "take it out, or say what is to be denied",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /static>
  # finding
  Order Allow,Deny
  Allow from all
</Location>
"##,
        files: &["/srv/www/static/a.css"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /static>
  Order Allow,Deny
  Allow from all
  Deny from 192.0.2.0/24
</Location>
"##,
        files: &["/srv/www/static/a.css"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for section in facts.directives.iter().filter(|d| d.is_section()) {
        let order = facts.within(section).find(|d| {
            let words = d.words();
            is_named(d, &["Order"]) && words.first().is_some_and(|word| word.eq_ignore_ascii_case(b"Allow,Deny"))
        });
        let Some(order) = order else { continue };
        let denies = facts.within(section).any(|d| is_named(d, &["Deny", "Require", "Satisfy"]));
        if denies || grants(facts, section).is_empty() {
            continue;
        }
        let met: Vec<_> = asked.pool.iter().filter(|seen| seen.met.contains(&section.span())).collect();
        let Some(other) = asked.without(&rules(facts, section)) else { continue };
        let same = met.iter().all(|seen| differ(&seen.outcome, &other.ask(&seen.ask.request())).is_none());
        if same && !met.is_empty() {
            found.push(rule.at(order.span(), "everything is allowed: the denial by default never comes to it"));
        }
    }
    found
}
