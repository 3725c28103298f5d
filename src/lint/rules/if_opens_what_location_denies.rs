//! `if-opens-what-location-denies`

use super::access::{grants, rules};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ground::is_refusal;

pub(super) static RULE: Rule = Rule {
    name: "if-opens-what-location-denies",
    level: Severity::Warning,
    group: "access control",
    finds: "An If section grants on what the client sends, where a Location denies.",
    why: "If sections are merged after all Location sections: whoever sends what it asks for is let in.",
    help: "write the condition into the Location, as `Require expr` or in a RequireAny",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /admin>
  Require all denied
</Location>
# finding
<If "%{HTTP:X-Debug} == 'on'">
  Require all granted
</If>
"##,
        files: &["/srv/www/admin/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /admin>
  Require all denied
</Location>
<If "%{HTTP:X-Debug} == 'on'">
  Header set X-Seen yes
</If>
"##,
        files: &["/srv/www/admin/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for section in facts.named(&["If", "ElseIf"]) {
        if grants(facts, section).is_empty() {
            continue;
        }
        let own = rules(facts, section);
        let Some(other) = asked.without(&own) else { continue };
        // what only who sends something gets
        let opened = |ask: &crate::search::ask::Ask, outcome: &crate::outcome::Outcome| {
            asked.gives(ask, outcome).is_some() && is_refusal(&other.ask(&ask.request()))
        };
        let pool = asked.pool.iter().filter(|seen| seen.met.contains(&section.span()));
        let mut shown = pool.filter(|seen| opened(&seen.ask, &seen.outcome)).map(|seen| asked.ask(seen.ask.clone()));
        let by_hunt = asked.past().iter().filter(|past| opened(&past.found.ask, &past.found.outcome));
        let mut by_hunt = by_hunt.map(|past| asked.ask(past.found.ask.clone()));
        let Some(seen) = shown.next().or_else(|| by_hunt.find(|seen| seen.met.contains(&section.span()))) else {
            continue;
        };
        let answer = other.ask(&seen.ask.request());
        let refuses = answer.decided_by.iter().map(|d| d.span).find(|line| {
            facts.directives.iter().any(|d| {
                d.span() == *line && d.parents().any(|(name, _)| name.to_ascii_lowercase().starts_with(b"location"))
            })
        });
        let Some(refuses) = refuses else { continue };
        let message = "this is merged after all Location sections: who sends what it asks for gets what they deny";
        found.push(rule.seen(section.span(), message, &seen).related(refuses, "this denies it otherwise"));
    }
    found
}
