//! `location-overridden-by-later-location`

use super::access::{BY_URL, rules, same_server};
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::edits::sections::moved_behind;
use crate::lint::facts::{Asked, Facts, Seen, whole};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::compare::differ;
use crate::search::ground::is_refusal;
use crate::site::{Directive, Fix};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "location-overridden-by-later-location",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "The access rules of a Location or LocationMatch section are replaced by those of a later one that covers its URLs.",
    why: "Such sections are merged in the order in which they stand: the longer path does not win.",
    help: "put the general section first, or these rules into a section behind it",
    safe: Some(false),
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
        if let Some((later, seen)) = replaced(asked, facts, &sections[n..], &own, &met) {
            let served =
                asked.gives(&seen.ask, &seen.outcome).map(|_| format!(": `{}` is open to anyone", seen.ask.path));
            let served = served.unwrap_or_default();
            let message = format!(
                "the access rules of this section never decide, as a later section covers all of its URLs{served}"
            );
            let finding = rule.seen(section.span(), message, seen).related(later, "these rules decide");
            let fix = fix(facts, &finding, section, later);
            found.push(Finding { fix, ..finding });
        } else if let Some((later, seen)) = opened(asked, facts, &sections, section, &own, &met) {
            let url = &seen.ask.path;
            let message = format!("these access rules do not hold for `{url}`: a more general section is merged later");
            let finding = rule.seen(section.span(), message, seen).related(later, "these rules decide");
            let fix = fix(facts, &finding, section, later);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// The section behind the general one, where its rules then decide; they may refuse more, and open nothing.
fn fix(facts: &Facts<'_>, finding: &Finding, section: &Directive<'_>, later: Span) -> Option<Fix> {
    let later = facts.directives.iter().find(|d| d.span() == later)?;
    let level = |d: &Directive<'_>| d.parents().last().map(|(_, span)| span);
    let (_, outcome) = finding.witness.as_ref().filter(|_| level(section) == level(later))?;
    let edits = moved_behind(facts.site.sources(), whole(section), whole(later))?;
    let gone = |then: &Outcome| differ(outcome, then).is_some();
    let meant = |seen: &Seen, then: &Outcome| seen.met.contains(&section.span()) && is_refusal(then);
    Trial { message: "put the general section first", edits, gone: &gone, meant: &meant }.guess(facts, finding)
}

/// A later section that covers all URLs of the first one, whose own rules then never decide, and a request that shows it.
fn replaced<'a>(
    asked: &'a Asked<'_>,
    facts: &Facts<'_>,
    sections: &[&Directive<'_>],
    own: &[Span],
    met: &[&'a Seen],
) -> Option<(Span, &'a Seen)> {
    let (section, rest) = sections.split_first()?;
    let covers = |later: &&&Directive<'_>| {
        same_server(section, later) && met.iter().all(|seen| seen.met.contains(&later.span()))
    };
    let later: Vec<_> = rest.iter().filter(covers).collect();
    if later.is_empty() {
        return None;
    }
    // without it, all is the same
    let alone = asked.without(own)?;
    if met.iter().any(|seen| differ(&seen.outcome, &alone.ask(&seen.ask.request())).is_some()) {
        return None;
    }
    later.into_iter().find_map(|later| {
        let theirs = rules(facts, later);
        let both: Vec<Span> = own.iter().chain(&theirs).copied().collect();
        if theirs.is_empty() {
            return None;
        }
        let (first, none) = (asked.without(&theirs)?, asked.without(&both)?);
        // where the later one is gone, it decides
        let decides = met.iter().find(|seen| {
            let request = seen.ask.request();
            let answer = first.ask(&request);
            let lost = !is_refusal(&seen.outcome) || !is_refusal(&answer);
            lost && differ(&answer, &none.ask(&request)).is_some()
        })?;
        Some((later.span(), *decides))
    })
}

/// A later section, not only for URLs of this one, whose rules open what this one refuses, and a request that shows it.
fn opened<'a>(
    asked: &'a Asked<'_>,
    facts: &Facts<'_>,
    sections: &[&Directive<'_>],
    section: &Directive<'_>,
    own: &[Span],
    met: &[&'a Seen],
) -> Option<(Span, &'a Seen)> {
    let at = |d: &Directive<'_>| (d.virtual_host().is_some(), d.span().file, d.span().start);
    let own_host = section.virtual_host();
    let later = sections.iter().filter(|later| {
        let host = later.virtual_host();
        // sections of a virtual host are merged behind those of the main server
        later.span() != section.span()
            && (host == own_host && at(later) > at(section) || own_host.is_none() && host.is_some())
    });
    let mut later = later.filter(|later| asked.met(later.span()).any(|seen| !seen.met.contains(&section.span())));
    later.find_map(|later| {
        let theirs = rules(facts, later);
        let both: Vec<Span> = own.iter().chain(&theirs).copied().collect();
        let mut given = met
            .iter()
            .filter(|seen| seen.met.contains(&later.span()) && asked.gives(&seen.ask, &seen.outcome).is_some())
            .peekable();
        if theirs.is_empty() || given.peek().is_none() {
            return None;
        }
        let (without, neither) = (asked.without(&theirs)?, asked.without(&both)?);
        let shown = given.find(|seen| {
            let request = seen.ask.request();
            is_refusal(&without.ask(&request)) && asked.gives(&seen.ask, &neither.ask(&request)).is_some()
        })?;
        Some((later.span(), *shown))
    })
}
