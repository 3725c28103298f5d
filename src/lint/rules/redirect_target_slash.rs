//! `redirect-target-slash`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "redirect-target-slash",
    level: Severity::Error,
    group: "redirecting",
    finds: "A Redirect whose path ends in a slash, and whose target does not.",
    why: "What follows the path is glued to the target: to the host's name, or to the name of a page.",
    help: "end the target in a slash too",
    safe: Some(true),
    bad: Example {
        config: r##"# finding
Redirect permanent / https://www.example.org
"##,
        files: &[],
    },
    good: Example {
        config: r##"Redirect permanent /old/ https://www.example.org/search?q=
Redirect permanent / https://www.example.org/
"##,
        files: &[],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["Redirect", "RedirectPermanent", "RedirectTemp"]) {
        let words = line.words();
        let at = match words.len() {
            2 => 0,
            3 => 1,
            _ => continue,
        };
        let [path, target] = [&words[at], &words[at + 1]];
        if !path.starts_with(b"/") || !path.ends_with(b"/") || !is_glued(target) {
            continue;
        }
        let Some(door) = asked.doors(&line).next() else { continue };
        let seen = asked.ask(door.ask(&format!("{}about", escaped(path))));
        let Some(location) = seen.outcome.leads_to().filter(|location| location.ends_with(b"about")) else { continue };
        let place = line.arg_span(sources, at + 1);
        let end = place.end - u32::from(sources.text(place).ends_with(b"\""));
        let edits = vec![Edit::replace(Span { start: end, end, ..place }, "/")];
        let mended = asked.changed(&edits).map(|other| other.ask(&seen.ask.request()));
        let Some(mended) = mended.filter(|then| then.leads_to().is_some_and(|other| other != location)) else {
            continue;
        };
        let should = mended.leads_to().cloned().unwrap_or_default();
        let message = format!(
            "the rest of the URL is glued to the target: `{}` leads to `{location}`, not to `{should}`",
            seen.ask.path
        );
        let fix = Fix { message: "end the target in a slash".into(), safety: Safety::Safe, edits };
        found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
    }
    found
}

/// Whether a target is one that nothing should follow straight.
fn is_glued(target: &BString) -> bool {
    let parameter = target.find_byteset(b"?#%$").is_some();
    !parameter && target.last().is_some_and(|b| b.is_ascii_alphanumeric())
}
