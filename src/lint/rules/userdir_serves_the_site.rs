//! `userdir-serves-the-site`

use super::elsewhere::keeps_something;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::denial::{Denial, denial, refusing};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::source::Span;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    name: "userdir-serves-the-site",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "UserDir opens a second way to a folder that a site guards.",
    why: "The rules by URL of that site do not hold for `/~NAME/`, which every virtual host has.",
    help: "write `UserDir disabled`, and `UserDir enabled NAME` for those who are meant",
    safe: None,
    bad: Example {
        config: r##"# finding
UserDir /srv/people/*/www
<Directory /srv/people>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
<VirtualHost *:80>
  ServerName ann.example.com
  DocumentRoot /srv/people/ann/www
  <Location />
    Require all denied
  </Location>
</VirtualHost>
"##,
        files: &["/srv/people/ann/www/plan.html", "/srv/www/index.html"],
    },
    good: Example {
        config: r##"UserDir /srv/people/*/www
<Directory /srv/people>
  Require all granted
</Directory>
<Directory /srv/people/ann/www>
  Require all denied
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
<VirtualHost *:80>
  ServerName ann.example.com
  DocumentRoot /srv/people/ann/www
</VirtualHost>
"##,
        files: &["/srv/people/ann/www/plan.html", "/srv/www/index.html"],
    },
    find,
};

/// How many requests are tried for each set of lines that refuse, and how many refusals are looked into.
const TRIED: usize = 4;
const MOST: usize = 40;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let users: Vec<Span> = facts.named(&["UserDir"]).map(|d| d.span()).collect();
    let mut found: Vec<Finding> = Vec::new();
    if users.is_empty() {
        return found;
    }
    let run = &asked.ground.search.run;
    let by_url = |line: &Span| {
        let own = facts.directives.iter().find(|d| d.span() == *line);
        own.is_some_and(|d| {
            !d.sections().iter().any(|s| {
                let name = s.name.to_ascii_lowercase();
                name.starts_with(b"directory") || name.starts_with(b"files")
            }) || is_named(d, &["Redirect", "RedirectMatch"])
        })
    };
    let mut tried: HashMap<Vec<Span>, usize> = HashMap::new();
    for seen in asked.pool.iter().filter(|seen| is_refusal(&seen.outcome) && !seen.ask.path.starts_with("/~")) {
        let lines = refusing(run, &seen.outcome);
        if !lines.iter().any(by_url) || tried.len() >= MOST {
            continue;
        }
        let count = tried.entry(lines.clone()).or_default();
        if *count >= TRIED || !keeps_something(asked, seen, &lines) {
            continue;
        }
        *count += 1;
        let Ok(denied) = denial(facts.site, run, &seen.ask) else { continue };
        let Some((other, line)) = another(asked, &denied, &users) else { continue };
        if found.iter().all(|finding| finding.line != line) {
            let message = format!("`{}` gives what a site refuses at `{}`", other.ask.path, seen.ask.url());
            let mut finding = rule.seen(line, message, &other);
            for line in lines.iter().take(1) {
                finding = finding.related(*line, "this rule does not hold there");
            }
            found.push(finding);
        }
    }
    found
}

/// A home page's URL that gets the same.
fn another(asked: &Asked<'_>, denied: &Denial, users: &[Span]) -> Option<(Seen, Span)> {
    let Thing::File(path) = &denied.thing else { return None };
    let ways = asked.ground.routes.to(path).into_iter().filter(|way| way.path.starts_with("/~"));
    ways.take(8).find_map(|way| {
        let doors = asked.ground.doors.iter().filter(|door| way.scope.takes(door)).take(8);
        doors.map(|door| Ask { client: denied.ask.client, ..way.ask(door) }).find_map(|ask| {
            let seen = asked.ask(ask);
            let same = asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == denied.thing);
            let line = seen.outcome.decided_by.iter().map(|d| d.span).find(|line| users.contains(line));
            let line = line.or_else(|| users.first().copied()).filter(|_| same)?;
            Some((seen, line))
        })
    })
}
