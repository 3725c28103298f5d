//! `redirect-takes-all-below`

use crate::diagnostic::Severity;
use crate::lint::edits;
use crate::lint::edits::Trial;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::escaped;
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "redirect-takes-all-below",
    level: Severity::Note,
    group: "redirecting",
    finds: "A Redirect, or an Alias in a Location, that reads as if it were for one page.",
    why: "Both are for all URLs below, too: Redirect puts the rest behind its target, and an Alias with one argument gives one file for all of them.",
    help: "write RedirectMatch or LocationMatch with `^...$` where one page is meant",
    safe: Some(false),
    bad: Example {
        config: r##"# finding
Redirect 301 /old.html /new.html
"##,
        files: &[],
    },
    good: Example {
        config: r##"RedirectMatch 301 ^/old\.html$ /new.html
Redirect 301 /docs/ /manual/
Redirect 301 /files https://files.example.org/files
"##,
        files: &[],
    },
    find,
};

/// How many fixes are tried at once, of the many redirects that there may be.
const TRIED: usize = 24;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["Redirect", "RedirectPermanent", "RedirectTemp"]) {
        let words = line.words();
        let at = words.len().saturating_sub(2);
        let (Some(path), Some(target)) = (words.get(at), words.get(at + 1)) else { continue };
        if !is_page(path, target) {
            continue;
        }
        let Some(seen) = below(asked, &line, path) else { continue };
        let Some(location) = seen.outcome.leads_to().filter(|location| location.ends_with(b"/zq")) else { continue };
        let message = format!("this is for all URLs below, too: `{}` leads to `{location}`", seen.ask.path);
        let finding = Finding { level: Severity::Note, ..rule.seen(line.span(), message, &seen) };
        let fix = (found.len() < TRIED).then(|| one_page(facts, asked, &finding, &line, path, target)).flatten();
        found.push(Finding { fix, ..finding });
    }
    for line in facts.named(&["Alias", "ScriptAlias"]) {
        let Some(section) = line.sections().last().filter(|s| s.name.eq_ignore_ascii_case(b"Location")) else {
            continue;
        };
        let (words, around) = (line.words(), section.words());
        let ([file], [path]) = (words.as_slice(), around.as_slice()) else { continue };
        let Some(seen) = below(asked, line, path) else { continue };
        if seen.outcome.file.as_ref() == Some(file) && is_named(line, &["Alias"]) {
            let message = format!("`{}` and all other URLs below lead to this one file", seen.ask.path);
            let finding = Finding { level: Severity::Note, ..rule.seen(line.span(), message, &seen) };
            let fix = one_url(facts, &finding, line, path);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// The redirect for the one page.
fn one_page(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    finding: &Finding,
    line: &Directive<'_>,
    path: &[u8],
    target: &BString,
) -> Option<Fix> {
    // in the target of a pattern these are something else
    if target.find_byteset(b"$&\\").is_some() {
        return None;
    }
    let (sources, words) = (facts.site.sources(), line.words());
    let at = words.len() - 2;
    let pattern = whole_pattern(path)?;
    let status = match () {
        () if is_named(line, &["RedirectPermanent"]) => " permanent",
        () if is_named(line, &["RedirectTemp"]) => " temp",
        () => "",
    };
    let name = Span { end: line.span().start + line.name().len() as u32, ..line.span() };
    let place = line.arg_span(sources, at);
    let edits = vec![Edit::replace(name, format!("RedirectMatch{status}")), Edit::replace(place, pattern)];
    // the page itself is redirected as before
    let page = finding.witness.as_ref()?.0.at(escaped(path));
    let (now, then) = (asked.ask(page.clone()).outcome, asked.changed(&edits)?.ask(&page.request()));
    if place == line.span() || (now.status, &now.location) != (then.status, &then.location) {
        return None;
    }
    let gone = |then: &Outcome| then.leads_to().is_none();
    Trial { message: "redirect the one page", edits, gone: &gone, meant: &|_, _| false }.guess(facts, finding)
}

/// The section for the one URL, where there is nothing else in it.
fn one_url(facts: &Facts<'_>, finding: &Finding, line: &Directive<'_>, path: &[u8]) -> Option<Fix> {
    let around = line.sections().last()?.span;
    let section = facts.directives.iter().find(|d| d.span() == around)?;
    let (end, sources) = (section.end()?, facts.site.sources());
    let name = "Location".len() as u32;
    let put = |at: u32, place: Span| {
        Edit::replace(Span { start: place.start + at, end: place.start + at + name, ..place }, "LocationMatch")
    };
    let edits = vec![put(1, around), Edit::replace(section.arg_span(sources, 0), whole_pattern(path)?), put(2, end)];
    if facts.within(section).count() > 1 || section.arg_span(sources, 0) == around {
        return None;
    }
    let file = finding.witness.as_ref()?.1.file.clone();
    let gone = |then: &Outcome| then.file != file;
    let meant = |seen: &Seen, _: &Outcome| seen.outcome.file == file && seen.ask.path.as_bytes() != path;
    Trial { message: "write LocationMatch for the one URL", edits, gone: &gone, meant: &meant }.guess(facts, finding)
}

/// The pattern for just this URL.
fn whole_pattern(path: &[u8]) -> Option<String> {
    let text = path.to_str().ok().filter(|text| !text.contains(['"', ' ', '\\', '\t']))?;
    Some(format!("^{}$", edits::escaped(text.as_bytes())))
}

/// Whether a redirect looks like one of a page.
fn is_page(path: &BString, target: &BString) -> bool {
    let bare = target.split_once_str("://").and_then(|(_, rest)| rest.find_byte(b'/').map(|at| &rest[at..]));
    let target = bare.unwrap_or(target);
    let folder = |path: &[u8]| path.is_empty() || path.ends_with(b"/") || path.contains(&b'?');
    path.starts_with(b"/") && target.starts_with(b"/") && !folder(path) && !folder(target) && *path != target
}

fn below(asked: &Asked<'_>, line: &Directive<'_>, path: &[u8]) -> Option<Seen> {
    let door = asked.doors(line).next()?;
    let seen = asked.ask(door.ask(&format!("{}/zq", escaped(path))));
    seen.outcome.decided_by.iter().any(|d| d.span == line.span()).then_some(seen)
}
