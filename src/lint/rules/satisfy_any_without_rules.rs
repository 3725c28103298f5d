//! `satisfy-any-without-rules`

use super::access::says;
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Directive, Edit};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "satisfy-any-without-rules",
    level: Severity::Error,
    group: "access control",
    finds: "Satisfy Any stands where one of the two access systems has no rules.",
    why: "The side without rules passes, and with Satisfy Any the other is then not asked.",
    help: "take Satisfy Any out, and say with Require alone who is let in",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  # finding
  Satisfy Any
  Require all granted
</Directory>
<Directory /srv/www/private>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Satisfy Any
  Order deny,allow
  Deny from all
  Allow from 192.0.2.0/24
  Require all granted
</Directory>
<Directory /srv/www/private>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let mut found = Vec::new();
    for line in all.iter().filter(|d| says(d, "Satisfy", &["any"])) {
        let Some(strict) = asked.without(&[line.span()]) else { continue };
        let opened: Vec<(&Seen, Outcome)> = asked
            .pool
            .iter()
            .filter(|seen| asked.gives(&seen.ask, &seen.outcome).is_some())
            .map(|seen| (seen, strict.ask(&seen.ask.request())))
            .filter(|(_, other)| matches!(other.status, 401 | 403))
            .collect();
        // the side that lets in has no rules: without all lines of its kind, the answer is the same
        let old: Vec<Span> = lines(&all, &["Order", "Allow", "Deny"]);
        let new: Vec<Span> = lines(&all, &["Require"]);
        let Some((seen, other)) = opened.iter().find(|(seen, other)| {
            let own = if other.log == Some("AH01797") { &new } else { &old };
            is_empty_side(asked, &all, seen, own)
        }) else {
            continue;
        };
        let (empty, shut) = match other.log {
            Some("AH01797") => ("Require", "Order, Allow and Deny"),
            _ => ("Order, Allow and Deny", "Require"),
        };
        let message = format!("nothing is said by {empty} here: that side passes, and what {shut} denies is not asked");
        let mut finding = rule.seen(line.span(), message, seen);
        let refuses = other.decided_by.iter().map(|d| d.span);
        let mut refuses =
            refuses.filter(|span| all.iter().any(|d| d.span() == *span && is_named(d, &["Require", "Deny", "Order"])));
        if let Some(refuses) = refuses.next() {
            finding = finding.related(refuses, "this denies it, and is not asked");
        }
        // what it lets in past the rules is refused, and nobody else
        let meant = |seen: &Seen, then: &Outcome| {
            matches!(then.status, 401 | 403) && asked.gives(&seen.ask, &seen.outcome).is_some()
        };
        let edits = vec![Edit::delete(line.span())];
        let gone = |then: &Outcome| matches!(then.status, 401 | 403);
        let fix = Trial { message: "take it out", edits, gone: &gone, meant: &meant }.guess(facts, &finding);
        found.push(Finding { fix, ..finding });
    }
    found
}

fn lines(all: &[Directive<'_>], names: &[&str]) -> Vec<Span> {
    all.iter().filter(|d| is_named(d, names)).map(|d| d.span()).collect()
}

/// Whether none of these lines is in force for a request: each that is in a section which applies would be.
fn is_empty_side(asked: &Asked<'_>, all: &[Directive<'_>], seen: &Seen, lines: &[Span]) -> bool {
    let applies = |line: &Span| {
        let Some(own) = all.iter().find(|d| d.span() == *line) else { return false };
        // of an .htaccess file, those of a folder that the request goes through
        let section = own.sections().last().map(|section| section.span);
        let file = seen.outcome.file.as_ref();
        let name = asked.ground.search.run.sources().file(line.file).name.clone();
        let through = name.rsplit_once('/').is_some_and(|(folder, base)| {
            base.starts_with(".ht") && file.is_some_and(|file| file.starts_with(format!("{folder}/").as_bytes()))
        });
        // a grant to everybody is no rule that anybody has to pass
        let grants = says(own, "Require", &["all", "granted"]) || says(own, "Order", &["deny,allow"]);
        !grants && (section.is_some_and(|section| seen.met.contains(&section)) || section.is_none() && through)
    };
    !lines.iter().any(applies)
}
