//! `alias-behind-shorter-alias`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, same_line};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::escaped;
use crate::search::compare::differ;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "alias-behind-shorter-alias",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "An Alias can never match: an earlier one of the same server has a prefix of it.",
    why: "The list is walked in order: the longer URL does not win.",
    help: "put the line above the shorter one",
    safe: None,
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
/// What may stand behind its URL.
const BELOW: [&str; 3] = ["", "/x", "/x/y.z"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let run = &asked.ground.search.run;
    let mut found = Vec::new();
    for line in facts.named(&["Alias", "ScriptAlias"]) {
        let words = line.words();
        let [url, _, ..] = words.as_slice() else { continue };
        let Some(door) = asked.doors(line).next() else { continue };
        let url = escaped(url.trim_end_with(|c| c == '/'));
        let by = |outcome: &Outcome, line| outcome.decided_by.iter().any(|d| same_line(d.span, line));
        for earlier in facts.named(&ALIASES).take_while(|earlier| earlier.span() != line.span()) {
            if earlier.virtual_host() != line.virtual_host() {
                continue;
            }
            let Some(other) = asked.without(&[earlier.span()]) else { continue };
            let asks = BELOW.map(|below| door.ask(&format!("{url}{below}")));
            // each of its URLs goes to the earlier line, and without that to this one
            let taken = asks.iter().all(|ask| {
                let (now, then) = (run.ask(&ask.request()), other.ask(&ask.request()));
                by(&now, earlier.span()) && by(&then, line.span()) && differ(&now, &then).is_some()
            });
            if taken {
                let seen = asked.ask(asks[1].clone());
                let message = "this line is never used: an earlier one takes its URLs";
                found.push(rule.seen(line.span(), message, &seen).related(earlier.span(), "this one takes them"));
                break;
            }
        }
    }
    found
}
