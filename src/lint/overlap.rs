//! One cause, one finding: where a rule speaks of a special case of what another one says in general, the general one is
//! silent about it.

use super::Finding;
use super::facts::Facts;
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;

/// A general rule, those that speak of its special cases, and whether two of their findings are of one cause.
type Pair = (&'static str, &'static [&'static str], fn(&[Directive<'_>], &Finding, &Finding) -> bool);

const PAIRS: [Pair; 5] = [
    ("redirect-escapes-twice", &["unescaped-back-reference"], is_among_its_lines),
    ("redirect-sends-decoded-path", &["unescaped-back-reference"], is_among_its_lines),
    ("application-code-served", &["program-without-handler", "script-source-served"], is_one_exposure),
    ("section-of-missing-module", &["program-without-handler", "php-switched-off-in-vain"], is_one_line),
    (
        "url-denial-has-another-url",
        &[
            "back-end-mounted-twice",
            "location-overridden-by-later-location",
            "root-inside-another-root",
            "same-root-fewer-rules",
            "userdir-serves-the-site",
            "virtual-root-for-any-name",
        ],
        is_one_way_past,
    ),
];

/// Findings without those whose cause a more special rule has said. A general rule may say several of one line: what is
/// left of them is for another cause.
pub(super) fn once(facts: &Facts<'_>, found: Vec<Finding>) -> Vec<Finding> {
    let said: Vec<&str> = PAIRS.iter().flat_map(|(_, special, _)| *special).copied().collect();
    if !found.iter().any(|finding| said.contains(&finding.rule)) {
        return found;
    }
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let is_said = |general: &Finding| {
        let mut pairs = PAIRS.iter().filter(|(name, ..)| *name == general.rule);
        pairs.any(|(_, special, same)| {
            found.iter().filter(|f| special.contains(&f.rule)).any(|special| same(&all, general, special))
        })
    };
    let said: Vec<bool> = found.iter().map(is_said).collect();
    found.into_iter().zip(said).filter(|(_, said)| !said).map(|(finding, _)| finding).collect()
}

fn is_one_line(_: &[Directive<'_>], general: &Finding, special: &Finding) -> bool {
    general.line == special.line
}

fn is_among_its_lines(_: &[Directive<'_>], general: &Finding, special: &Finding) -> bool {
    general.line == special.line || special.related.iter().any(|(line, _)| *line == general.line)
}

/// Whether both are of texts of one kind, below one directory or by one line.
fn is_one_exposure(_: &[Directive<'_>], general: &Finding, special: &Finding) -> bool {
    let (Some(own), Some(theirs)) = (file(general), file(special)) else { return false };
    let (Some((folder, name)), Some((_, other))) = (theirs.rsplit_once_str("/"), own.rsplit_once_str("/")) else {
        return false;
    };
    let suffix = |name: &[u8]| name.rsplit_once_str(".").map(|(_, suffix)| suffix.to_ascii_lowercase());
    let below = own.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"));
    suffix(name) == suffix(other) && (general.line == special.line || below)
}

fn file(finding: &Finding) -> Option<&[u8]> {
    finding.witness.as_ref()?.1.file.as_ref().map(|file| file.as_slice())
}

/// Whether both are about the same line that refuses, and a way past it by the line that the special one blames, or into
/// the virtual host where that shows it.
fn is_one_way_past(all: &[Directive<'_>], general: &Finding, special: &Finding) -> bool {
    let within = |line: Span| {
        let sections = all.iter().filter(|d| d.span() == line).flat_map(|d| d.sections());
        line == general.line || sections.into_iter().any(|section| section.span == general.line)
    };
    let (Some((ask, outcome)), Some((other, _))) = (&general.witness, &special.witness) else { return false };
    let by = outcome.decided_by.iter().any(|decision| decision.span == special.line);
    let same = ask.path == other.path && ask.host == other.host && ask.port == other.port;
    (by || same) && special.related.iter().any(|(line, _)| within(*line))
}
