//! `proxypass-in-pattern-section`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::lines::matching;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "proxypass-in-pattern-section",
    level: Severity::Error,
    group: "proxy",
    finds: "A ProxyPass stands in a LocationMatch, or in a Location with `~`.",
    why: "It takes the section's pattern for a plain URL, which no request begins with: nothing is sent to the back-end.",
    help: "write ProxyPassMatch",
    safe: Some(false),
    bad: Example {
        config: r##"<LocationMatch "^/(shop|blog)/">
  # finding
  ProxyPass http://127.0.0.1:9000
</LocationMatch>
"##,
        files: &[],
    },
    good: Example {
        config: r##"<LocationMatch "^(/(shop|blog)/.*)">
  ProxyPassMatch http://127.0.0.1:9000$1
</LocationMatch>
<Location /forum/>
  ProxyPass http://127.0.0.1:9000/forum/
</Location>
"##,
        files: &[],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["ProxyPass"]) {
        let Some(section) = line.sections().iter().rev().find(|s| s.name.to_ascii_lowercase().starts_with(b"location"))
        else {
            continue;
        };
        let words = section.words();
        let pattern = match words.as_slice() {
            [pattern] if section.name.eq_ignore_ascii_case(b"LocationMatch") => pattern,
            [tilde, pattern] if *tilde == "~" => pattern,
            _ => continue,
        };
        let (Some(url), Some(door)) = (matching(asked, pattern), asked.doors(line).next()) else { continue };
        let seen = asked.ask(door.ask(&url));
        let proxied = |outcome: &Outcome| outcome.file.as_ref().is_some_and(|file| file.starts_with(b"proxy:"));
        if proxied(&seen.outcome) || line.words().first().is_some_and(|word| *word == "!") {
            continue;
        }
        let at = line.span();
        let name = Span { end: at.start + "ProxyPass".len() as u32, ..at };
        let edits = vec![Edit::replace(name, "ProxyPassMatch")];
        let then = asked.changed(&edits).map(|other| other.ask(&seen.ask.request()));
        if !then.is_some_and(|outcome| proxied(&outcome)) || !is_named(line, &["ProxyPass"]) {
            continue;
        }
        let message = "this line takes the section's pattern for a plain URL: nothing is sent to the back-end";
        let fix = Fix { message: "write ProxyPassMatch".into(), safety: Safety::Unsafe, edits };
        found.push(Finding { fix: Some(fix), ..rule.seen(at, message, &seen) });
    }
    found
}
