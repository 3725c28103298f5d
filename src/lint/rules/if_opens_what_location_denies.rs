//! `if-opens-what-location-denies`

use super::access::{grants, rules};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::search::ground::is_refusal;
use bstr::ByteSlice;

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

/// How many headers and values of an expression are tried, on how many requests.
const NAMES: usize = 4;
const VALUES: usize = 6;
const REFUSED: usize = 20;

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
        let opens = |seen: &Seen| seen.met.contains(&section.span()) && opened(&seen.ask, &seen.outcome);
        let found_by = shown.next().or_else(|| by_hunt.find(|seen| opens(seen)));
        let Some(seen) = found_by.or_else(|| saying(asked, section.args()).into_iter().find(|seen| opens(seen))) else {
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

/// Requests that are refused, and say in addition what an expression asks for: the headers that it names, with its texts.
fn saying(asked: &Asked<'_>, expression: &[u8]) -> Vec<Seen> {
    let Ok(text) = expression.to_str() else { return Vec::new() };
    let end = |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).unwrap_or(rest.len());
    let named = |mark: &'static str| text.match_indices(mark).map(move |(at, _)| &text[at + mark.len()..]);
    let names = ["%{HTTP:", "%{HTTP_", "req('", "http('", "req_novary('"].into_iter().flat_map(named);
    let names: Vec<String> =
        names.map(|rest| rest[..end(rest)].replace('_', "-")).filter(|name| !name.is_empty()).collect();
    let quoted = text.split(['\'', '"']).skip(1).step_by(2).filter(|text| text.bytes().all(|b| b.is_ascii_graphic()));
    let values: Vec<&str> = ["1"].into_iter().chain(quoted).take(VALUES).collect();
    let refused = asked.pool.iter().filter(|seen| is_refusal(&seen.outcome) && seen.ask.weight().0 == 0).take(REFUSED);
    let asks = refused.flat_map(|seen| {
        let said =
            |name: &String| values.iter().map(|value| seen.ask.clone().with_header(name, value)).collect::<Vec<_>>();
        names.iter().take(NAMES).flat_map(said).collect::<Vec<_>>()
    });
    asks.map(|ask| asked.ask(ask)).collect()
}
