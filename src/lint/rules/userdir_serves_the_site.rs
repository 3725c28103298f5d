//! `userdir-serves-the-site`

use super::elsewhere::{by_another, led_past, told};
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::denial::Denial;
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::Fix;
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "userdir-serves-the-site",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "UserDir opens a second way to a directory that a site guards.",
    why: "The rules by URL of that site do not hold for `/~NAME/`, which every virtual host has.",
    help: "write `UserDir disabled`, and `UserDir enabled NAME` for those who are meant",
    safe: Some(true),
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

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let users: Vec<Span> = facts.named(&["UserDir"]).map(|d| d.span()).collect();
    if users.is_empty() {
        return Vec::new();
    }
    let by_url = |line: &Span| {
        let own = facts.directives.iter().find(|d| d.span() == *line);
        own.is_some_and(|d| {
            !d.sections().iter().any(|s| {
                let name = s.name.to_ascii_lowercase();
                name.starts_with(b"directory") || name.starts_with(b"files")
            }) || is_named(d, &["Redirect", "RedirectMatch"])
        })
    };
    let counts = |seen: &Seen, lines: &[Span]| !seen.ask.path.starts_with("/~") && lines.iter().any(by_url);
    let led = led_past(facts, asked, counts, |denied| another(asked, denied, &users));
    let told = led.iter().map(|led| {
        let message = format!("`{}` gives what a site refuses at `{}`", led.seen.ask.path, led.refused.ask.url());
        let finding = told(rule, led.by, message, &led.seen, &led.lines, "this rule does not hold there");
        Finding { fix: fix(facts, &finding), ..finding }
    });
    told.collect()
}

/// The user's home page switched off.
fn fix(facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
    let (ask, _) = finding.witness.as_ref()?;
    let name = ask.path.strip_prefix("/~")?.split('/').next().filter(|name| is_plain(name))?;
    let edits = vec![edits::below(facts.site.sources(), finding.line, &format!("UserDir disabled {name}"))];
    let home = format!("/~{name}");
    let trial = Trial {
        message: "give this user no home page",
        edits,
        gone: &|then| is_refusal(then),
        meant: &|seen, _| seen.ask.path == home || seen.ask.path.starts_with(&format!("{home}/")),
    };
    trial.fix(facts, finding)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A home page's URL that gets the same.
fn another(asked: &Asked<'_>, denied: &Denial, users: &[Span]) -> Option<(Seen, Span)> {
    let Thing::File(path) = &denied.thing else { return None };
    let ways = asked.ground.routes.to(path).into_iter().filter(|way| way.path.starts_with("/~"));
    by_another(asked, denied, ways.take(8), 8, |seen| {
        let line = seen.outcome.decided_by.iter().map(|d| d.span).find(|line| users.contains(line));
        line.or_else(|| users.first().copied())
    })
}
