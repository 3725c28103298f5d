//! Rewrite rules that nearly applied.

use super::super::Case;
use super::{Fit, Miss, Near, fit};
use crate::outcome::step::{CondTest, Detail, Judgement, Rule, Step, Then, Winner};
use crate::phase::Phase;
use crate::site::Directive;
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// How many steps of a trace are looked at, and how many rules that no pass came to.
const STEPS: usize = 2000;
const UNTRIED: usize = 200;

/// Adds them: first what was tried, then what was not even tried.
pub(super) fn nearly(case: &Case<'_>, found: &mut Vec<Near>) {
    for step in Step::walk(case.steps).take(STEPS) {
        let Some(line) = step.rule else { continue };
        match (&step.detail, step.judgement) {
            (Detail::RewriteRule(rule), Judgement::Missed) => tried(case, step, rule, line, found),
            (_, Judgement::Shadowed(Winner::Rule(by))) => {
                found.push(Near { miss: Miss::TooLate { by: Some(by) }, places: vec![line, by] });
            }
            (_, Judgement::Overridden(by)) if case.outcome.access != crate::outcome::Access::NotReached => {
                found.push(Near { miss: Miss::Replaced { by }, places: [line].into_iter().chain(by).collect() });
            }
            _ => {}
        }
    }
    // a rule that applied on a later pass is no near miss, whatever it did before
    let applied: HashSet<Span> = case.walk().filter(|s| s.matched()).filter_map(|s| s.rule).collect();
    found.retain(|near| near.places.first().is_none_or(|line| !applied.contains(line)));
    untried(case, found);
}

fn tried(case: &Case<'_>, step: &Step, rule: &Rule, line: Span, found: &mut Vec<Near>) {
    if rule.held_back {
        let failed: Vec<(Step, Option<Fit>)> =
            step.children.iter().filter(|c| !c.matched()).map(|c| (c.clone(), condition(c))).collect();
        let places = [line].into_iter().chain(failed.iter().filter_map(|(c, _)| c.rule)).collect();
        return found.push(Near { miss: Miss::Conditions(failed), places });
    }
    if rule.matches {
        return;
    }
    let below = || {
        // in a section within a directory, nothing is taken off the path of the file; what another rule made is no such path
        let whole = step.phase == Phase::Fixups && rule.subject.starts_with(b"/");
        let fits = |subject: &BString| {
            rule.subject.ends_with(subject) && fit::regex(&rule.pattern, subject, false) == Some(Fit::Whole)
        };
        (whole && subjects(case, true).iter().any(fits)).then_some(Fit::Below)
    };
    match fit::regex(&rule.pattern, &rule.subject, false).or_else(below) {
        None | Some(Fit::Whole) => {}
        Some(fit) => {
            let miss = Miss::Pattern { subject: rule.subject.clone(), fit };
            found.push(Near { miss, places: vec![line] });
        }
    }
}

/// What would make a condition hold that does not: a pattern that nearly matches.
fn condition(step: &Step) -> Option<Fit> {
    let Detail::RewriteCond(cond) = &step.detail else { return None };
    let CondTest::Pattern(pattern) = &cond.test else { return None };
    let fit = fit::regex(pattern, &cond.input, false).filter(|_| !cond.negated && !cond.input.is_empty())?;
    let says = match fit {
        Fit::LeadingSlash => pattern.starts_with(b"^/"),
        Fit::NoLeadingSlash => pattern.starts_with(b"^"),
        fit => matches!(fit, Fit::Case | Fit::Slash),
    };
    says.then_some(fit)
}

/// Rules that no pass came to, and that fit.
fn untried(case: &Case<'_>, found: &mut Vec<Near>) {
    let is_rule = |s: &&Step| matches!(s.detail, Detail::RewriteRule(_));
    let tried: HashSet<(FileId, u32)> =
        case.walk().filter(is_rule).filter_map(|s| s.rule).map(|line| (line.file, line.line)).collect();
    let host = case.host_section();
    let sections = case.sections();
    let ended = ends(case);
    let mut rules: Vec<Untried> = Vec::new();
    for rule in case.lines("RewriteRule") {
        let parents: Vec<Span> = rule.parents().map(|(_, span)| span).collect();
        let in_host = rule.virtual_host();
        let section = parents.last().copied().filter(|s| Some(*s) != in_host);
        if section.is_none_or(|s| sections.contains(&s)) && (in_host.is_none() || in_host == host) {
            let (args, line, in_host) = (rule.args().into(), rule.span(), in_host.is_some());
            rules.push(Untried { args, line, section, in_host, within: None });
        }
    }
    for step in case.walk().filter(|s| matches!(s.detail, Detail::Htaccess(_))) {
        let Some(section) = step.rule else { continue };
        for line in case.htaccess_lines(section.file).into_iter().filter(|line| line.name == "rewriterule") {
            let within = line.within;
            rules.push(Untried { args: line.args, line: line.span, section: Some(section), in_host: true, within });
        }
    }
    let is_new = |rule: &Untried| !tried.contains(&(rule.line.file, rule.line.line));
    for rule in rules.into_iter().filter(is_new).take(UNTRIED) {
        let Some(pattern) = rule.args.fields().next() else { continue };
        if !subjects(case, rule.section.is_some()).iter().any(|s| fit::regex(pattern, s, false) == Some(Fit::Whole)) {
            continue;
        }
        let by = ended.iter().find(|(span, _)| span.file == rule.line.file && span.line < rule.line.line);
        let miss = match rule.section {
            _ if rule.within.as_ref().is_some_and(|name| name.starts_with(b"<if") && name != "<ifmodule") => Miss::InIf,
            None if !rule.in_host && host.is_some() => Miss::NotInherited,
            _ if by.is_some() => Miss::TooLate { by: by.map(|(span, _)| *span) },
            Some(section) => match dropped_by(case, section) {
                Some(by) => Miss::Dropped { by },
                None if engine_is_on(case, section) => Miss::TooLate { by: None },
                None => Miss::EngineOff,
            },
            None => Miss::EngineOff,
        };
        let places = [rule.line].into_iter().chain(other(&miss)).collect();
        found.push(Near { miss, places });
    }
}

/// A rule that no pass came to.
struct Untried {
    args: BString,
    line: Span,
    /// The section or .htaccess file that it stands in; none for a server's own rules.
    section: Option<Span>,
    in_host: bool,
    /// The kind of section within an .htaccess file.
    within: Option<BString>,
}

/// Whether rewriting is on in a section or .htaccess file by a line of its own.
fn engine_is_on(case: &Case<'_>, section: Span) -> bool {
    let in_section = case.lines("RewriteEngine").filter(|d| d.parents().last().is_some_and(|(_, s)| s == section));
    let in_section = in_section.map(|d| d.args().to_owned());
    let in_file = case.htaccess_lines(section.file).into_iter().filter(|_| section.line <= 1);
    let in_file = in_file.filter(|line| line.name == "rewriteengine").map(|line| line.args);
    in_section.chain(in_file).last().is_some_and(|args| args.trim().eq_ignore_ascii_case(b"on"))
}

fn other(miss: &Miss) -> Option<Span> {
    match miss {
        Miss::TooLate { by } => *by,
        Miss::Dropped { by } => Some(*by),
        _ => None,
    }
}

/// What rules are tried on: the path of the URL, or what is left of it below a directory.
fn subjects(case: &Case<'_>, per_directory: bool) -> Vec<BString> {
    let mut subjects = case.paths();
    if per_directory {
        let below = subjects.iter().flat_map(|path| {
            let cuts = path.char_indices().filter(|(_, _, c)| *c == '/').map(|(_, end, _)| path[end..].into());
            // a directory that is asked for without its slash
            cuts.chain([BString::default()]).collect::<Vec<BString>>()
        });
        subjects = below.collect();
    }
    subjects
}

/// The rules that ended a pass.
fn ends(case: &Case<'_>) -> Vec<(Span, Then)> {
    let ended = case.walk().filter(|s| s.matched()).filter_map(|step| match &step.detail {
        Detail::RewriteRule(rule) if rule.then != Then::GoOn => Some((step.rule?, rule.then)),
        _ => None,
    });
    ended.collect()
}

/// A rule or RewriteEngine of a section or .htaccess file that comes later than `section`.
fn dropped_by(case: &Case<'_>, section: Span) -> Option<Span> {
    let steps: Vec<&Step> =
        case.walk().filter(|s| s.phase == Phase::MapToStorage && s.matched() && s.rule.is_some()).collect();
    let at = steps.iter().position(|s| s.rule == Some(section))?;
    steps[at + 1..].iter().find_map(|later| {
        let span = later.rule?;
        let rewrites = |d: &Directive<'_>| d.name().to_ascii_lowercase().starts_with(b"rewrite");
        let own = case.site.directives().filter(rewrites).find(|d| d.parents().last().is_some_and(|(_, s)| s == span));
        own.map(|d| d.span()).or_else(|| first_rewrite(case, later, span))
    })
}

/// The first line of mod_rewrite in an .htaccess file.
fn first_rewrite(case: &Case<'_>, step: &Step, span: Span) -> Option<Span> {
    if !matches!(step.detail, Detail::Htaccess(_)) {
        return None;
    }
    case.htaccess_lines(span.file).into_iter().find(|line| line.name.starts_with(b"rewrite")).map(|line| line.span)
}
