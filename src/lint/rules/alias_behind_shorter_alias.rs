//! `alias-behind-shorter-alias`

use super::shadowed::{moved_fix, seen};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, same_line};
use crate::lint::lines::{Urls, above};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::compare::differ;

pub(super) static RULE: Rule = Rule {
    name: "alias-behind-shorter-alias",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "An Alias can never match: an earlier one of the same server has a prefix of it.",
    why: "The list is walked in order: the longer URL does not win.",
    help: "put the line above the shorter one",
    safe: Some(true),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
Alias /app /srv/app
# finding
Alias /app/special /srv/special
"##,
        files: &["/srv/app/a.txt", "/srv/special/i.txt"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
Alias /app/special /srv/special
Alias /app /srv/app
"##,
        files: &["/srv/app/a.txt", "/srv/special/i.txt"],
    },
    find,
};

const ALIASES: [&str; 4] = ["Alias", "AliasMatch", "ScriptAlias", "ScriptAliasMatch"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&ALIASES) {
        let Some(urls) = Urls::of(line) else { continue };
        let seen: Vec<Seen> = seen(asked, line, &urls);
        if seen.is_empty() {
            continue;
        }
        let by = |outcome: &Outcome, line| outcome.decided_by.iter().any(|d| same_line(d.span, line));
        for earlier in facts.named(&ALIASES).take_while(|earlier| earlier.span() != line.span()) {
            if earlier.virtual_host() != line.virtual_host() {
                continue;
            }
            if !seen.iter().all(|seen| by(&seen.outcome, earlier.span())) {
                continue;
            }
            let Some(other) = asked.without(&[earlier.span()]) else { continue };
            // each of its URLs goes to the earlier line, and without that to this one
            let taken = seen.iter().all(|seen| {
                let then = other.ask(&seen.ask.request());
                by(&then, line.span()) && differ(&seen.outcome, &then).is_some()
            });
            if taken && let Some(shown) = seen.get(1).or(seen.first()) {
                let message = "this line is never used: an earlier one takes its URLs";
                let finding = rule.seen(line.span(), message, shown).related(earlier.span(), "this one takes them");
                // all of its URLs are its own then
                let edits = above(facts.site, line, earlier).filter(|edits| {
                    let moved = asked.changed(edits);
                    let own =
                        |seen: &Seen| moved.as_ref().map(|run| differ(&seen.outcome, &run.ask(&seen.ask.request())));
                    seen.iter().all(|seen| own(seen).is_some_and(|kind| kind.is_some()))
                });
                let fix = edits.and_then(|edits| moved_fix(asked, &urls, (line, earlier), "above", edits));
                found.push(Finding { fix, ..finding });
                break;
            }
        }
    }
    found
}
