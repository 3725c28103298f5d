//! `redirect-takes-all-below`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::site::Directive;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "redirect-takes-all-below",
    level: Severity::Note,
    group: "redirecting",
    finds: "A Redirect, or an Alias in a Location, that reads as if it were for one page.",
    why: "Both are for all URLs below, too: Redirect puts the rest behind its target, and an Alias with one argument gives one file for all of them.",
    help: "write RedirectMatch or LocationMatch with `^...$` where one page is meant",
    safe: None,
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
        found.push(Finding { level: Severity::Note, ..rule.seen(line.span(), message, &seen) });
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
            found.push(Finding { level: Severity::Note, ..rule.seen(line.span(), message, &seen) });
        }
    }
    found
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
