//! `allow-empties-default-deny`

use super::access::{RULES, says};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, is_named, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "allow-empties-default-deny",
    level: Severity::Note,
    group: "access control",
    finds: "`Order Allow,Deny` with `Allow from all` and nothing denied.",
    why: "The order says that what isn't allowed is denied, and everything is allowed: it reads as a denial and is none.",
    help: "take it out, or say what is to be denied",
    safe: Some(false),
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
            let finding = rule.at(order.span(), "everything is allowed: the denial by default never comes to it");
            found.push(Finding { fix: Some(fix(facts, &all, &beside)), ..finding });
        }
    }
    found
}

/// The lines taken out, and their section where nothing else is in it.
fn fix(facts: &Facts<'_>, all: &[Directive<'_>], lines: &[&Directive<'_>]) -> Fix {
    let around = lines.first().and_then(|line| line.sections().last().copied());
    let section = around.and_then(|around| all.iter().find(|d| d.span() == around.span));
    let only = section.filter(|section| {
        let text = facts.site.sources().text(whole(section));
        let inside = all.iter().filter(|d| d.sections().last().is_some_and(|s| s.span == section.span()));
        let removable = !section.name().eq_ignore_ascii_case(b"VirtualHost");
        removable && inside.count() == lines.len() && text.lines().all(|line| !line.trim_ascii().starts_with(b"#"))
    });
    let edits = match only {
        Some(section) => vec![Edit::delete(whole(section))],
        None => lines.iter().map(|line| Edit::delete(line.span())).collect(),
    };
    Fix { message: "take it out".into(), safety: Safety::Unsafe, edits }
}
