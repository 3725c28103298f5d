//! `location-overridden-by-later-location`

use super::access::{BY_URL, rules, same_server};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::search::ground::is_refusal;
use crate::site::Directive;
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "location-overridden-by-later-location",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "The access rules of a Location or LocationMatch section are replaced by those of a later one that covers all of its URLs.",
    why: "Such sections are merged in the order in which they stand: the longer path does not win.",
    help: "put the general section first",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<Location /a/secret>
  Require all denied
</Location>
<Location /a>
  Require all granted
</Location>
"##,
        files: &["/srv/www/a/secret/x.txt", "/srv/www/a/y.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /a>
  Require all granted
</Location>
<Location /a/secret>
  Require all denied
</Location>
"##,
        files: &["/srv/www/a/secret/x.txt", "/srv/www/a/y.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sections: Vec<_> = facts.named(&BY_URL).collect();
    let mut found = Vec::new();
    for (n, section) in sections.iter().enumerate() {
        let own = rules(facts, section);
        let met: Vec<&Seen> = asked.met(section.span()).collect();
        if own.is_empty() || met.is_empty() {
            continue;
        }
        let covers = |later: &&&Directive<'_>| {
            same_server(section, later) && met.iter().all(|seen| seen.met.contains(&later.span()))
        };
        let later: Vec<_> = sections[n + 1..].iter().filter(covers).collect();
        if later.is_empty() {
            continue;
        }
        // without it, all is the same
        let Some(alone) = asked.without(&own) else { continue };
        if met.iter().any(|seen| differ(&seen.outcome, &alone.ask(&seen.ask.request())).is_some()) {
            continue;
        }
        for later in later {
            let theirs = rules(facts, later);
            let both: Vec<Span> = own.iter().chain(&theirs).copied().collect();
            if theirs.is_empty() {
                continue;
            }
            let (Some(first), Some(none)) = (asked.without(&theirs), asked.without(&both)) else { continue };
            // where the later one is gone, it decides
            let decides = met.iter().find(|seen| {
                let request = seen.ask.request();
                let answer = first.ask(&request);
                let lost = !is_refusal(&seen.outcome) || !is_refusal(&answer);
                lost && differ(&answer, &none.ask(&request)).is_some()
            });
            let Some(seen) = decides else { continue };
            let message = "the access rules of this section never decide: a later section covers all of its URLs";
            found.push(rule.seen(section.span(), message, seen).related(later.span(), "these rules decide"));
            break;
        }
    }
    found
}
