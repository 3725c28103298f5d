//! Reasons that lie in redirects, internal and external, and in .htaccess files that can't be used.

use super::{Case, Cause, What, path_of};
use crate::filepath;
use crate::follow;
use crate::outcome::step::{By, CondTest, Detail, Field, Judgement, Step};
use crate::phase::Phase;
use crate::site::Directive;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// Adds those that hold.
pub(super) fn causes(case: &Case<'_>, found: &mut Vec<Cause>) {
    let o = case.outcome;
    if case.is_loop() {
        found.push(endless(case));
    }
    if o.status == 500 {
        faulty(case, found);
    }
    oddities(case, found);
    if case.logs(&["AH02032"]) {
        let of_host =
            |d: &Directive<'_>| d.name().to_ascii_lowercase().starts_with(b"ssl") && d.parents().next().is_some();
        let lines: Vec<Directive<'_>> = case.site.directives().filter(of_host).collect();
        // what is said alike by several says nothing about their difference
        let same = |a: &Directive<'_>, b: &Directive<'_>| a.name() == b.name() && a.args() == b.args();
        let only = |d: &&Directive<'_>| lines.iter().filter(|other| same(d, other)).count() == 1;
        let host = case.host_section();
        let mut places: Vec<Span> = lines.iter().filter(only).map(|d| d.span()).collect();
        places.sort_by_key(|line| case.section_of(*line) != host);
        found.push(Cause { what: What::OtherTls, places });
    }
    let Some(location) = o.leads_to() else { return };
    if let Some(directory) = disk_path(case, location) {
        found.push(Cause { what: What::DiskPath { directory }, places: case.deciders(&["RewriteRule"]) });
    }
    if follow::leads_to_itself(case.run, case.ask) {
        let what = What::RedirectLoop { location: location.clone() };
        let places = case.deciders(&["RewriteRule", "Redirect", "RedirectMatch", "RedirectPermanent"]);
        found.push(Cause { what, places });
    } else if let Some(directory) = slash(case) {
        let places = case.deciders(&["DirectorySlash"]);
        found.push(Cause { what: What::Slash { directory }, places });
    }
}

/// Internal redirects without end.
fn endless(case: &Case<'_>) -> Cause {
    let to = Step::walk(case.steps).filter(|s| s.is_request()).flat_map(|s| &s.changes);
    let uris = to.filter(|c| c.field == Field::Uri).filter_map(|c| c.to.clone());
    let way: Vec<BString> = [path_of(&case.ask.target)].into_iter().chain(uris).collect();
    let found = case.walk().find_map(|step| match &step.detail {
        Detail::Loop(found) if !found.rules.is_empty() => Some((found.redirects as usize, found.rules.clone())),
        _ => None,
    });
    let others = || case.deciders(&["RewriteRule", "ErrorDocument", "Action", "FallbackResource", "DirectoryIndex"]);
    let (times, rules) = found.unwrap_or_else(|| (way.len() - 1, others()));
    Cause { what: What::Loop { times, way: way.into_iter().take(4).collect() }, places: rules }
}

/// An .htaccess file with an error.
fn faulty(case: &Case<'_>, found: &mut Vec<Cause>) {
    for (file, wrong) in case.run.htaccess_errors() {
        if case.outcome.decided_by.iter().any(|d| d.span == wrong.span) {
            let what = What::Htaccess { file: file.into(), message: wrong.message.clone(), help: wrong.help.clone() };
            found.push(Cause { what, places: vec![wrong.span] });
        }
    }
}

/// The directory whose name without its slash mod_dir answered.
fn slash(case: &Case<'_>) -> Option<BString> {
    let by_dir = |s: &Step| s.by == By::Module("mod_dir.c") && matches!(s.judgement, Judgement::Ended(301));
    let step = Step::walk(case.steps).find(|s| s.phase == Phase::Fixups && by_dir(s));
    step.and_then(|_| case.files().pop())
}

/// How many steps of a trace are looked at.
const STEPS: usize = 2000;

/// What is odd about the rules that were tried: an `[OR]` at the end, a map that is not there.
fn oddities(case: &Case<'_>, found: &mut Vec<Cause>) {
    for step in case.walk().take(STEPS) {
        let (Detail::RewriteRule(_), Some(line)) = (&step.detail, step.rule) else { continue };
        merged(case, step, found);
        let last = step.children.iter().rev().find_map(|c| match &c.detail {
            Detail::RewriteCond(cond) => Some((cond.or_next, c.rule?)),
            _ => None,
        });
        if let Some((true, cond)) = last {
            add(found, Cause { what: What::OrAtEnd, places: vec![cond] });
        }
        if step.matched()
            && let Some(name) = map_of(&case.sources.text(line))
            && !case.lines("RewriteMap").any(|d| d.args().fields().next().is_some_and(|n| n == name.as_slice()))
        {
            add(found, Cause { what: What::NoMap { name }, places: vec![line] });
        }
    }
}

/// A condition's pattern that looks for slashes in a row, where they were made one before.
fn merged(case: &Case<'_>, step: &Step, found: &mut Vec<Cause>) {
    let asked = case.ask.target.split(['?', '#']).next().unwrap_or_default();
    if !asked.trim_start_matches("http://").trim_start_matches("https://").contains("//") {
        return;
    }
    for cond in &step.children {
        let (Detail::RewriteCond(tried), Some(line)) = (&cond.detail, cond.rule) else { continue };
        let CondTest::Pattern(pattern) = &tried.test else { continue };
        let looks = pattern.find_iter("//").any(|at| !pattern[..at].ends_with(b":"));
        if looks && tried.input.starts_with(b"/") && !tried.input.contains_str("//") {
            let what = What::MergedSlashes { pattern: pattern.clone() };
            match found.iter_mut().find(|cause| cause.what == what) {
                Some(known) if known.places.contains(&line) => {}
                Some(known) => known.places.push(line),
                None => found.push(Cause { what, places: vec![line] }),
            }
        }
    }
}

fn add(found: &mut Vec<Cause>, cause: Cause) {
    if !found.contains(&cause) {
        found.push(cause);
    }
}

/// The map that a rule's line asks, `${NAME:key}`.
fn map_of(line: &[u8]) -> Option<BString> {
    let at = line.find("${")? + 2;
    let end = at + line[at..].find_byte(b':')?;
    let name = &line[at..end];
    (!name.contains(&b'}')).then(|| name.into())
}

/// The directory whose path stands in a Location.
fn disk_path(case: &Case<'_>, location: &[u8]) -> Option<BString> {
    let path = path_of(location);
    let files = case.files();
    let shown = files
        .iter()
        .map(|file| filepath::dirname(file))
        .find(|dir| dir.len() > 1 && path.starts_with(dir) && !path_of(&case.ask.target).starts_with(dir.as_bytes()));
    shown.map(ToOwned::to_owned)
}
