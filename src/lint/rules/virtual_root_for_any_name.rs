//! `virtual-root-for-any-name`

use super::elsewhere::{by_another, led_past, told};
use super::guards::guard;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::denial::Denial;
use crate::search::shown::Thing;
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "virtual-root-for-any-name",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "VirtualDocumentRoot makes a directory of a part of the host's name, and another virtual host guards that directory.",
    why: "Any name with that part leads to the directory, past the guarded host and its rules.",
    help: "use the whole name (`%0`), or put the rules into a Directory section outside of the virtual hosts",
    safe: Some(false),
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

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let roots: Vec<Span> = facts.named(&["VirtualDocumentRoot"]).map(|d| d.span()).collect();
    // the same by a rule whose condition takes a part of the name
    let by_name = |rewrite: &Rewrite<'_>| {
        let asks = |d: &Directive<'_>| d.args().to_ascii_uppercase().contains_str("HTTP_HOST");
        rewrite.is_local() && rewrite.output.contains_str("%") && rewrite.conditions.iter().any(asks)
    };
    let rules: Vec<Span> = rewrites(facts).iter().filter(|r| by_name(r)).map(|r| r.span()).collect();
    if roots.is_empty() && rules.is_empty() {
        return Vec::new();
    }
    let led = led_past(
        facts,
        asked,
        |_, lines| !lines.is_empty(),
        |denied| another(asked, denied, &roots).or_else(|| by_other_domain(asked, denied, &rules)),
    );
    let told = led.iter().map(|led| {
        let message = format!("`{}` gets what is refused at `{}`", led.seen.ask.url(), led.refused.ask.url());
        let finding = told(rule, led.by, message, &led.seen, &led.lines, "this rule does not hold there");
        let fix = guard(facts, &finding, &led.lines, &led.refused.ask);
        Finding { fix, ..finding }
    });
    told.collect()
}

/// Another name that leads to the same.
fn another(asked: &Asked<'_>, denied: &Denial, roots: &[Span]) -> Option<(Seen, Span)> {
    let Thing::File(path) = &denied.thing else { return None };
    let ways = asked.ground.routes.to(path).into_iter().filter(|way| way.host.is_some());
    by_another(asked, denied, ways.take(12), 4, |seen| {
        seen.outcome.decided_by.iter().map(|d| d.span).find(|line| roots.contains(line))
    })
}

/// The same, by the first label of the name in another domain.
fn by_other_domain(asked: &Asked<'_>, denied: &Denial, rules: &[Span]) -> Option<(Seen, Span)> {
    let label = denied.ask.host.split('.').next().filter(|_| !rules.is_empty())?;
    let ask = Ask { host: format!("{label}.zq-other.example"), ..denied.ask.clone() };
    let seen = asked.ask(ask);
    let same = asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == denied.thing);
    let line = seen.outcome.decided_by.iter().map(|d| d.span).find(|line| rules.contains(line))?;
    same.then_some((seen, line))
}
