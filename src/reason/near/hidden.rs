//! .htaccess files that are not read, and lines in parts of a configuration that are not in force.

use super::super::Case;
use super::super::files::ancestors;
use super::{Miss, Near};
use crate::conf::args::words;
use crate::filepath;
use crate::outcome::Access;
use crate::outcome::step::{Authorization, Detail, Required, Step};
use crate::server::module::Args;
use crate::site::Directive;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashSet;

/// Adds them.
pub(super) fn nearly(case: &Case<'_>, found: &mut Vec<Near>) {
    for file in unread(case) {
        let lines: Vec<Span> = closing(case);
        let miss = Miss::Unread { file, lines: lines.len() };
        found.push(Near { miss, places: lines });
    }
    left_over(case, found);
    outvoted(case, found);
    need_not_be(case, found);
}

/// Lines that are On or Off, with more behind it that nothing reads.
fn left_over(case: &Case<'_>, found: &mut Vec<Near>) {
    let rows = case.run.server().loaded.modules.iter().flat_map(|module| module.directives);
    let flags: HashSet<String> = rows.filter(|r| r.args == Args::Flag).map(|r| r.name.to_ascii_lowercase()).collect();
    let is_flag = |name: &[u8]| flags.contains(&*name.to_ascii_lowercase().to_str_lossy());
    for (_, line) in case.in_force(&is_flag).into_iter().take(LINES) {
        let text = case.sources.text(line);
        let words = words(&text);
        if let Some(third) = words.get(2).filter(|word| !word.value.starts_with(b"#")) {
            let rest = text[third.start..].trim().into();
            found.push(Near { miss: Miss::LeftOver { rest }, places: vec![line] });
        }
    }
}

/// How many such lines are looked at.
const LINES: usize = 2000;

/// `Require not` lines and others that refuse, in a group beside which another line grants.
fn outvoted(case: &Case<'_>, found: &mut Vec<Near>) {
    if case.outcome.access != Access::Granted {
        return;
    }
    for any in
        case.walk().filter(|s| matches!(s.detail, Detail::Require(Required::Group("Any", _), Authorization::Granted)))
    {
        let grants = |s: &&Step| s.matched() && matches!(s.detail, Detail::Require(Required::Line(..), _));
        let Some(by) = any.children.iter().find(grants).and_then(|s| s.rule) else { continue };
        let is_group = |s: &&Step| matches!(s.detail, Detail::Require(Required::Group(..), Authorization::Denied));
        for step in any.children.iter().filter(is_group).flat_map(|group| Step::walk(&group.children)) {
            if let (Detail::Require(Required::Line(true, ..), Authorization::Denied), Some(line)) =
                (&step.detail, step.rule)
            {
                found.push(Near { miss: Miss::Outvoted { by }, places: vec![line, by] });
            }
        }
    }
}

/// Require lines of a section in which another one lets everybody in.
fn need_not_be(case: &Case<'_>, found: &mut Vec<Near>) {
    if case.outcome.access != Access::Granted {
        return;
    }
    let is_grant = |s: &&Step| {
        matches!(&s.detail, Detail::Require(Required::Line(false, what, how), Authorization::Granted)
            if what == "all" && how.eq_ignore_ascii_case(b"granted"))
    };
    for any in case.walk().filter(|s| matches!(s.detail, Detail::Require(Required::Group("Any", _), _))) {
        let Some(by) = any.children.iter().find(is_grant).and_then(|s| s.rule) else { continue };
        let nodes = case.run.htaccess_nodes(by.file);
        let lines: Vec<Directive<'_>> = match nodes.is_empty() {
            true => case.lines("Require").collect(),
            false => Directive::of(&nodes).filter(|d| d.name().eq_ignore_ascii_case(b"Require")).collect(),
        };
        let Some(own) = lines.iter().find(|d| d.span() == by).map(section) else { continue };
        for line in lines.iter().filter(|d| section(d) == own && d.span() != by && is_of(d, &case.ask.method)) {
            let words = words(line.args());
            let grants = words.iter().map(|w| w.value.to_ascii_lowercase()).eq([b"all".as_slice(), b"granted"]);
            if !grants {
                found.push(Near { miss: Miss::NeedNotBe { by }, places: vec![line.span(), by] });
            }
        }
    }
}

/// The section that a line is in; Limit is none, what is in it counts with what is around it.
fn section(line: &Directive<'_>) -> Option<Span> {
    line.parents().filter(|(name, _)| !is_limit(name)).last().map(|(_, section)| section)
}

fn is_limit(name: &BStr) -> bool {
    ["Limit", "LimitExcept"].iter().any(|limit| name.eq_ignore_ascii_case(limit.as_bytes()))
}

/// Whether a line holds for a method, by the Limit sections around it.
fn is_of(line: &Directive<'_>, method: &str) -> bool {
    let method = if method == "HEAD" { "GET" } else { method };
    line.sections().iter().filter(|s| is_limit(s.name.as_bstr())).all(|limit| {
        let named = words(limit.args.trim_end_with(|c| c == '>')).iter().any(|word| word.value == method);
        named != limit.name.eq_ignore_ascii_case(b"LimitExcept")
    })
}

/// The .htaccess files on the way to the answer's file that say something and are not read.
fn unread(case: &Case<'_>) -> Vec<BString> {
    let read: Vec<String> = Step::walk(case.steps)
        .filter(|step| matches!(step.detail, Detail::Htaccess(_)))
        .filter_map(|step| step.rule)
        .map(|span| case.sources.file(span.file).name.clone())
        .collect();
    let mut found: Vec<BString> = Vec::new();
    for path in case.files() {
        for part in ancestors(path.as_bstr()) {
            let file = filepath::join(part, b".htaccess");
            let is_new = !read.iter().any(|name| name.as_bytes() == file.as_slice()) && !found.contains(&file);
            if is_new && says_something(case, file.as_bstr()) {
                found.push(file);
            }
        }
    }
    found
}

fn says_something(case: &Case<'_>, file: &BStr) -> bool {
    let is_line = |line: &[u8]| !line.trim().is_empty() && !line.trim().starts_with(b"#");
    // one that was read and is faulty ended the request: it has its own cause
    let faulty = case.run.htaccess_errors().iter().any(|(name, _)| name.as_bytes() == file.as_bytes());
    !faulty && case.read(file).is_some_and(|text| text.lines().any(is_line))
}

/// The AllowOverride lines of the sections that applied, the last one first: each of them would have to go.
fn closing(case: &Case<'_>) -> Vec<Span> {
    let sections = case.sections();
    let mut lines: Vec<(usize, Span)> = Vec::new();
    for line in case.lines("AllowOverride") {
        let Some((_, section)) = line.parents().last() else { continue };
        if let Some(at) = sections.iter().position(|s| *s == section)
            && line.args().trim().eq_ignore_ascii_case(b"none")
        {
            lines.push((at, line.span()));
        }
    }
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    lines.into_iter().map(|(_, span)| span).collect()
}
