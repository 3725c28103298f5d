//! `default-deny-covers-section-only`

use super::access::{BY_URL, grants};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::sensitive;
use crate::search::shown::How;
use crate::site::Edit;
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

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for section in facts.named(&BY_URL) {
        let orders = facts.within(section).any(|d| {
            let words = d.words();
            is_named(d, &["Order"]) && words.first().is_some_and(|word| word.eq_ignore_ascii_case(b"Allow,Deny"))
        });
        let denies = facts.within(section).any(|d| is_named(d, &["Deny", "Require", "Satisfy"]));
        if !orders || denies || grants(facts, section).is_empty() {
            continue;
        }
        // what it opens, by the line that leads there
        let inside = asked
            .pool
            .iter()
            .filter(|seen| seen.met.contains(&section.span()) && asked.gives(&seen.ask, &seen.outcome).is_some());
        let lines: Vec<Span> = inside.filter_map(|seen| asked.mapping(&seen.outcome)).collect();
        // the same default, for everything: of the end of the server, so that no section comes after it
        let sources = facts.site.sources();
        let host = facts.directives.iter().find(|d| Some(d.span()) == section.virtual_host());
        let end = match host.and_then(|host| host.end()) {
            Some(end) => Edit::replace(Span { end: end.start, ..end }, ""),
            None => {
                let end = sources.file(section.span().file).text.len() as u32;
                Edit::replace(Span { start: end, end, ..section.span() }, "")
            }
        };
        let shut = "\n<LocationMatch \".*\">\nOrder Allow,Deny\n</LocationMatch>\n";
        let Some(other) = asked.changed(&[Edit { text: shut.into(), ..end }]) else { continue };
        let outside = asked.files.iter().find(|file| {
            file.how == How::Static
                && !asked.by_link(file)
                && sensitive(&file.path, file.how).is_some()
                && asked.mapping(&file.outcome).is_some_and(|line| lines.contains(&line))
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
