//! `default-deny-covers-section-only`

use super::access::{BY_URL, says};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::kinds::sensitive;
use crate::search::shown::How;
use crate::site::{Directive, Edit};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "default-deny-covers-section-only",
    level: Severity::Warning,
    group: "access control",
    finds: "A section that means to open one kind of URL and to shut the rest shuts nothing.",
    why: "The default of its Order is for the URLs of the section alone: what lies outside is asked elsewhere, or nowhere.",
    help: "deny the directory in a Directory section, and open what is meant in a deeper one",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
Alias / /srv/shop/
# finding
<Location /static>
  Order Allow,Deny
  Allow from all
</Location>
"##,
        files: &["/srv/shop/static/a.css", "/srv/shop/orders.sqlite"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all denied
</Directory>
<Directory /srv/shop/static>
  Require all granted
</Directory>
Alias / /srv/shop/
<Location /static>
  Order Allow,Deny
  Allow from all
</Location>
"##,
        files: &["/srv/shop/static/a.css", "/srv/shop/orders.sqlite"],
    },
    find,
};

/// Sections that go by a file's name.
const BY_NAME: [&str; 2] = ["Files", "FilesMatch"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    let all: Vec<Directive<'_>> = facts.lines().collect();
    for section in all.iter().filter(|d| is_named(d, &BY_URL) || is_named(d, &BY_NAME)) {
        let within = || all.iter().filter(|d| d.parents().last().is_some_and(|(_, span)| span == section.span()));
        let orders = within().any(|d| says(d, "Order", &["Allow,Deny"]) || says(d, "Order", &["Mutual-failure"]));
        let denies = within().any(|d| is_named(d, &["Deny", "Require", "Satisfy"]));
        if !orders || denies || !within().any(|d| says(d, "Allow", &["from", "all"])) {
            continue;
        }
        let by_name = is_named(section, &BY_NAME);
        // who denies other names beside it means no more than that
        let around = section.sections().last().map(|section| section.span);
        let shuts = |d: &&Directive<'_>| {
            let own =
                d.sections().last().filter(|own| BY_NAME.iter().any(|n| own.name.eq_ignore_ascii_case(n.as_bytes())));
            let outer = d.sections().iter().rev().nth(1).map(|section| section.span);
            own.is_some() && outer == around && d.span().file == section.span().file
        };
        if by_name && all.iter().filter(|d| says(d, "Deny", &["from"])).any(|d| shuts(&d)) {
            continue;
        }
        // what it opens, by the line that leads there
        let inside = asked
            .pool
            .iter()
            .filter(|seen| seen.met.contains(&section.span()) && asked.gives(&seen.ask, &seen.outcome).is_some());
        let way = |outcome: &Outcome| (asked.mapping(outcome), outcome.vhost.clone());
        let lines: Vec<_> = inside.map(|seen| way(&seen.outcome)).collect();
        let shut = if by_name { beside(section) } else { everywhere(facts, section) };
        let Some(other) = asked.changed(&[shut]) else { continue };
        let outside = asked.files.iter().find(|file| {
            file.how == How::Static
                && !asked.by_link(file)
                && sensitive(&file.path, file.how).is_some()
                && lines.contains(&way(&file.outcome))
                && !asked.ask(file.ask.clone()).met.contains(&section.span())
                && other.ask(&file.ask.request()).status == 403
        });
        if let Some(file) = outside {
            let message =
                "the denial by default holds for the URLs of this section alone: what lies beside them is open";
            found.push(rule.shown(section.span(), message, &file.ask, &file.outcome));
        }
    }
    found
}

/// The same default for everything, at the end of a section's server, so that no section comes after it.
fn everywhere(facts: &Facts<'_>, section: &Directive<'_>) -> Edit {
    let host = facts.directives.iter().find(|d| Some(d.span()) == section.virtual_host());
    let end = match host.and_then(|host| host.end()) {
        Some(end) => Edit::replace(Span { end: end.start, ..end }, ""),
        None => {
            let end = facts.site.sources().file(section.span().file).text.len() as u32;
            Edit::replace(Span { start: end, end, ..section.span() }, "")
        }
    };
    Edit { text: "\n<LocationMatch \".*\">\nOrder Allow,Deny\n</LocationMatch>\n".into(), ..end }
}

/// The same for all names, before a section that goes by names: that comes later, and opens its own.
fn beside(section: &Directive<'_>) -> Edit {
    let at = section.span();
    Edit::replace(Span { end: at.start, ..at }, "<FilesMatch \".*\">\nOrder Allow,Deny\n</FilesMatch>\n")
}
