//! `allow-empties-default-deny`

use super::access::{RULES, says};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, is_named, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::Directive;
use crate::source::Span;

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
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let around = |d: &Directive<'_>| (d.span().file, d.parents().last().map(|(_, span)| span));
    for order in all.iter().filter(|d| says(d, "Order", &["Allow,Deny"])) {
        let place = around(order);
        let beside: Vec<&Directive<'_>> = all.iter().filter(|d| is_named(d, &RULES) && around(d) == place).collect();
        let denies = beside.iter().any(|d| is_named(d, &["Deny", "Require", "Satisfy"]));
        if denies || !beside.iter().any(|d| says(d, "Allow", &["from", "all"])) {
            continue;
        }
        let file = facts.site.sources().file(place.0).name.clone();
        let directory = facts.site.is_htaccess(place.0).then(|| file.rsplit_once('/').map_or("", |(folder, _)| folder));
        let is_met = |seen: &&Seen| match (place.1, directory) {
            (Some(section), _) => seen.met.contains(&section),
            (None, Some(directory)) => {
                seen.outcome.file.as_ref().is_some_and(|file| file.starts_with(directory.as_bytes()))
            }
            (None, None) => false,
        };
        let met: Vec<&Seen> = asked.pool.iter().filter(is_met).collect();
        let lines: Vec<Span> = beside.iter().map(|d| whole(d)).collect();
        let Some(other) = asked.without(&lines) else { continue };
        let same = met.iter().all(|seen| differ(&seen.outcome, &other.ask(&seen.ask.request())).is_none());
        if same && !met.is_empty() {
            found.push(rule.at(order.span(), "everything is allowed: the denial by default never comes to it"));
        }
    }
    found
}
