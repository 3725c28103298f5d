//! .htaccess files that are not read, and lines in parts of a configuration that are not in force.

use super::super::Case;
use super::super::files::ancestors;
use super::{Miss, Near};
use crate::outcome::step::{Detail, Step};
use crate::server::filepath;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};

/// Adds them.
pub(super) fn nearly(case: &Case<'_>, found: &mut Vec<Near>) {
    for file in unread(case) {
        let lines: Vec<Span> = closing(case);
        let miss = Miss::Unread { file, lines: lines.len() };
        found.push(Near { miss, places: lines });
    }
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
