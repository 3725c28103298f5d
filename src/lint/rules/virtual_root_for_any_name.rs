//! `virtual-root-for-any-name`

use super::elsewhere::keeps_something;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::denial::{Denial, denial, refusing};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::source::Span;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    name: "virtual-root-for-any-name",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "VirtualDocumentRoot makes a folder of a part of the host's name, and another virtual host guards that folder.",
    why: "Any name with that part leads to the folder, past the guarded host and its rules.",
    help: "use the whole name (`%0`), or put the rules into a Directory section outside of the virtual hosts",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv/sites>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName staff.example.com
  DocumentRoot /srv/sites/staff
  <Location />
    Require all denied
  </Location>
</VirtualHost>
<VirtualHost *:80>
  ServerName sites.example.com
  ServerAlias *
  # finding
  VirtualDocumentRoot /srv/sites/%1
</VirtualHost>
"##,
        files: &["/srv/sites/staff/list.html", "/srv/sites/blog/index.html"],
    },
    good: Example {
        config: r##"<Directory /srv/sites>
  Require all granted
</Directory>
<Directory /srv/sites/staff>
  Require all denied
</Directory>
<VirtualHost *:80>
  ServerName staff.example.com
  DocumentRoot /srv/sites/staff
</VirtualHost>
<VirtualHost *:80>
  ServerName sites.example.com
  ServerAlias *
  VirtualDocumentRoot /srv/sites/%1
</VirtualHost>
"##,
        files: &["/srv/sites/staff/list.html", "/srv/sites/blog/index.html"],
    },
    find,
};

/// How many requests are tried for each set of lines that refuse, and how many refusals are looked into.
const TRIED: usize = 4;
const MOST: usize = 40;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let roots: Vec<Span> = facts.named(&["VirtualDocumentRoot"]).map(|d| d.span()).collect();
    let mut found: Vec<Finding> = Vec::new();
    if roots.is_empty() {
        return found;
    }
    let run = &asked.ground.search.run;
    let mut tried: HashMap<Vec<Span>, usize> = HashMap::new();
    for seen in asked.pool.iter().filter(|seen| is_refusal(&seen.outcome)) {
        let lines = refusing(run, &seen.outcome);
        if lines.is_empty() || tried.len() >= MOST {
            continue;
        }
        let count = tried.entry(lines.clone()).or_default();
        if *count >= TRIED || !keeps_something(asked, seen, &lines) {
            continue;
        }
        *count += 1;
        let Ok(denied) = denial(facts.site, run, &seen.ask) else { continue };
        let Some((other, line)) = another(asked, &denied, &roots) else { continue };
        if found.iter().all(|finding| finding.line != line) {
            let message = format!("`{}` gets what is refused at `{}`", other.ask.url(), seen.ask.url());
            let mut finding = rule.seen(line, message, &other);
            for line in lines.iter().take(1) {
                finding = finding.related(*line, "this rule does not hold there");
            }
            found.push(finding);
        }
    }
    found
}

/// Another name that leads to the same.
fn another(asked: &Asked<'_>, denied: &Denial, roots: &[Span]) -> Option<(Seen, Span)> {
    let Thing::File(path) = &denied.thing else { return None };
    let ways = asked.ground.routes.to(path).into_iter().filter(|way| way.host.is_some());
    ways.take(12).find_map(|way| {
        let doors = asked.ground.doors.iter().filter(|door| way.scope.takes(door)).take(4);
        doors.map(|door| Ask { client: denied.ask.client, ..way.ask(door) }).find_map(|ask| {
            let seen = asked.ask(ask);
            let same = asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == denied.thing);
            let line = seen.outcome.decided_by.iter().map(|d| d.span).find(|line| roots.contains(line))?;
            same.then_some((seen, line))
        })
    })
}
