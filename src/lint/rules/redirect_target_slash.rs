//! `redirect-target-slash`

use crate::conf::args;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::lines::Urls;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::{Ask, escaped};
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
    found.extend(by_pattern(rule, facts));
    found
}

/// RedirectMatch and rules that put what they matched right behind a host.
fn by_pattern(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (line, of) in facts.anywhere(&["RedirectMatch", "RewriteRule"]) {
        let words = line.words();
        let at = words.iter().position(|word| word.contains_str("://"));
        let Some((place, target)) = at.and_then(|at| Some((at, words.get(at)?))) else { continue };
        let flags = words.get(2).map(|word| args::flags(word)).unwrap_or_default();
        let proxies = flags.iter().any(|flag| flag == "p" || flag == "proxy");
        let Some(start) = target.find("://").map(|at| at + 3).filter(|_| !proxies) else { continue };
        // the host, and what is filled in straight behind it
        let Some(end) = target[start..].find_byte(b'$').map(|at| start + at) else { continue };
        let host = &target[start..end];
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-.:".contains(b);
        if host.is_empty() || !host.iter().all(plain) || !host.last().is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        let own = Urls::of(&line).map(|urls| urls.some(asked)).unwrap_or_default();
        let doors: Vec<_> = asked.doors(&line).take(2).collect();
        let mut asks: Vec<Ask> = asked.met(line.span()).take(24).map(|seen| seen.ask.clone()).collect();
        if of.is_none() {
            asks.extend(own.iter().flat_map(|url| doors.iter().map(move |door| door.ask(&format!("{url}zq")))));
        }
        let glued = |location: &[u8]| {
            let rest = location.find("://").and_then(|at| location[at + 3..].strip_prefix(host));
            rest.and_then(|rest| rest.first()).is_some_and(|b| !b"/?#:".contains(b))
        };
        let mut seen = asks.into_iter().map(|ask| asked.ask(ask));
        let by = |seen: &Seen| seen.outcome.decided_by.iter().any(|d| d.span == line.span());
        let Some(seen) = seen.find(|seen| by(seen) && seen.outcome.leads_to().is_some_and(|to| glued(to))) else {
            continue;
        };
        let sources = facts.site.sources();
        let span = line.arg_span(sources, place);
        let edit = sources.text(span).find(&target[..end]).map(|at| {
            let start = span.start + (at + end) as u32;
            Edit::replace(Span { start, end: start, ..span }, "/")
        });
        let location = seen.outcome.leads_to().cloned().unwrap_or_default();
        let message = format!("the rest of the URL is glued to the host: `{}` leads to `{location}`", seen.ask.path);
        let edits: Vec<Edit> = edit.into_iter().collect();
        let fix = Fix { message: "write a slash behind the host".into(), safety: Safety::Unsafe, edits };
        found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
    }
    found
}

/// Whether a target is one that nothing should follow straight.
fn is_glued(target: &BString) -> bool {
    let parameter = target.find_byteset(b"?#%$").is_some();
    !parameter && target.last().is_some_and(|b| b.is_ascii_alphanumeric())
}
