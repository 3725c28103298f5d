//! `grant-in-location`

use super::access::{BY_URL, grants, rules, same_server};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::shown::{How, Thing};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "grant-in-location",
    level: Severity::Error,
    group: "access control",
    finds: "A grant to everybody in a Location, LocationMatch or If section undoes a denial by Directory.",
    why: "These sections are merged after all that go by files: whatever file the URL leads to, by an alias, a link or a rewrite, is open.",
    help: "let the Directory section of the directory that is meant grant access",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all denied
</Directory>
Alias /shop /srv/shop
# finding
<Location /shop>
  Require all granted
</Location>
"##,
        files: &["/srv/shop/orders.csv"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location />
  Require all denied
</Location>
<Location /open>
  Require all granted
</Location>
"##,
        files: &["/srv/www/open/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    // without any rule by URL, what is left is said by Directory and Files
    let by_url = |d: &&crate::site::Directive<'_>| is_named(d, &BY_URL) || is_named(d, &["If", "ElseIf", "Else"]);
    let sections: Vec<_> = facts.directives.iter().filter(by_url).collect();
    let all: Vec<Span> = sections.iter().flat_map(|section| rules(facts, section)).collect();
    let mut found = Vec::new();
    for section in &sections {
        let own = rules(facts, section);
        if grants(facts, section).is_empty() || own.is_empty() {
            continue;
        }
        // a later section that grants as much hides what this one does, and does not make it better
        let later = sections.iter().filter(|other| other.span() > section.span() && same_server(section, other));
        let others: Vec<(Span, Vec<Span>)> =
            later.filter(|other| !grants(facts, other).is_empty()).map(|o| (o.span(), rules(facts, o))).collect();
        let mut seen = asked.pool.iter().filter(|seen| seen.met.contains(&section.span()) && is_file(asked, seen));
        let shown = seen.find_map(|seen| {
            let alone = undoes(asked, seen, &all, &own, &[]).then_some((seen, None));
            alone.or_else(|| {
                let (other, _) = others.iter().find(|(_, theirs)| undoes(asked, seen, &all, &own, theirs))?;
                Some((seen, Some(*other)))
            })
        });
        let Some((seen, other)) = shown else { continue };
        let message = "access is granted by URL, whatever file that leads to: a denial by Directory is undone";
        let mut finding = rule.seen(section.span(), message, seen);
        if let Some(other) = other {
            finding = finding.related(other, "this later section does the same");
        }
        found.push(finding);
    }
    found
}

fn is_file(asked: &Asked<'_>, seen: &Seen) -> bool {
    matches!(asked.gives(&seen.ask, &seen.outcome), Some((Thing::File(_), How::Static | How::Program)))
}

/// Whether a request is let in by the rules `own`, besides or in place of `theirs`, and is refused where no section by URL
/// has a say.
fn undoes(asked: &Asked<'_>, seen: &Seen, all: &[Span], own: &[Span], theirs: &[Span]) -> bool {
    let answer = |gone: &[Span]| Some(asked.without(gone)?.ask(&seen.ask.request()));
    let gone: Vec<Span> = own.iter().chain(theirs).copied().collect();
    let with = if theirs.is_empty() { Some(seen.outcome.clone()) } else { answer(theirs) };
    let lets_in = with.is_some_and(|outcome| outcome.status == 200);
    let refuses = |gone: &[Span]| {
        answer(gone).is_some_and(|outcome| outcome.status == 403 && matches!(outcome.log, Some("AH01630" | "AH01797")))
    };
    lets_in && refuses(&gone) && refuses(all)
}
