//! Changes by what the reasons and near misses are.

use super::change::{Change, Place};
use crate::directives;
use crate::filepath;
use crate::modules::known;
use crate::phase::Phase;
use crate::reason::{Case, Cause, Fit, Miss, Near, What};
use crate::source::Span;
use crate::url::host_of;
use bstr::{BStr, BString, ByteSlice};

/// Changes for a reason.
pub(super) fn of_cause(case: &Case<'_>, cause: &Cause) -> Vec<Change> {
    let first = cause.places.first().copied();
    match &cause.what {
        What::Denied { meant: false, .. } => grant(case, first),
        What::NotTaken { handler, near: Some((_, name)), .. } => {
            let change = |line: &Span| replaced(case, *line, handler, name.as_bytes());
            cause.places.iter().filter_map(change).collect()
        }
        What::NotTaken { module: Some(module), .. } | What::Source { module: Some(module) } => load(module),
        What::NoListing { directory, names } => listing(case, directory.as_bstr(), names),
        What::NoGroup { name, near: Some(near) } => {
            let change = |line: Span| replaced(case, line, name, near);
            cause.places.iter().filter_map(|line| change(*line)).collect()
        }
        What::Link { .. } => in_section(case, "Options +FollowSymLinks"),
        What::NoExec { .. } => in_section(case, "Options +ExecCGI"),
        What::Before { loser, .. } if *loser == "mod_wsgi.c" => {
            let aliases = case.deciders(&["Alias", "AliasMatch", "ScriptAlias"]);
            aliases.into_iter().map(|line| Change::Remove { line }).collect()
        }
        What::Loop { .. } => first
            .filter(|line| case.sources.directive_name(*line).eq_ignore_ascii_case("RewriteRule"))
            .map(|line| before(line, "RewriteCond %{ENV:REDIRECT_STATUS} ^$"))
            .into_iter()
            .collect(),
        What::DiskPath { .. } => first.map(|line| before(line, "RewriteBase /")).into_iter().collect(),
        What::Htaccess { message, .. } if message.ends_with("not allowed here") => {
            first.map(|line| overrides(case, line)).unwrap_or_default()
        }
        What::Htaccess { .. } => first.and_then(|line| without_comment(case, line)).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Changes for what nearly applied.
pub(super) fn of_near(case: &Case<'_>, near: &Near) -> Vec<Change> {
    let Some(line) = near.places.first().copied() else {
        return match &near.miss {
            Miss::Unread { .. } => in_section(case, "AllowOverride All"),
            _ => Vec::new(),
        };
    };
    let pattern = |old: &[u8], new: &[u8]| replaced(case, line, old, new).into_iter().collect();
    match &near.miss {
        Miss::Unread { .. } => vec![Change::Replace { old: line, new: "AllowOverride All".into() }],
        Miss::EngineOff => vec![before(line, "RewriteEngine On")],
        Miss::Dropped { by } => vec![before(*by, "RewriteOptions Inherit")],
        Miss::Pattern { fit: Fit::LeadingSlash, .. } => pattern(b"^/", b"^"),
        Miss::Pattern { fit: Fit::NoLeadingSlash, .. } => pattern(b"^", b"^/?"),
        Miss::PortInName { name } => pattern(name, host_of(&name.to_str_lossy()).as_bytes()),
        Miss::Conditions(failed) => match failed.as_slice() {
            [(step, Some(Fit::NoLeadingSlash))] => {
                step.rule.and_then(|line| replaced(case, line, b"^", b"^/")).into_iter().collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The AllowOverride line in force with the class of a line of an .htaccess file too, else with all of them.
fn overrides(case: &Case<'_>, line: Span) -> Vec<Change> {
    let name = case.sources.directive_name(line);
    let class = directives::all().find(|row| row.name().eq_ignore_ascii_case(&name)).and_then(|row| row.class());
    let Some(old) = case.deciders(&["AllowOverride"]).pop() else { return Vec::new() };
    let text = case.sources.text(old);
    let more = class.map(|class| format!("{} {class}", text.trim().as_bstr()));
    more.into_iter().chain(["AllowOverride All".into()]).map(|new| Change::Replace { old, new }).collect()
}

/// Changes for what nearly applied that only fit where it is known what is wanted: they may change much else.
pub(super) fn bolder(case: &Case<'_>, near: &Near) -> Vec<Change> {
    let Some(line) = near.places.first().copied() else { return Vec::new() };
    match &near.miss {
        Miss::Pattern { fit: Fit::Case, .. } => with_flag(case, line, "NC").into_iter().collect(),
        Miss::Conditions(failed) => match failed.as_slice() {
            [(step, fit)] => {
                let Some(condition) = step.rule else { return Vec::new() };
                let other = if *fit == Some(Fit::Case) { with_flag(case, condition, "NC") } else { None };
                other.into_iter().chain([Change::Remove { line: condition }]).collect()
            }
            _ => Vec::new(),
        },
        Miss::TooLate { by: Some(by) } => vec![Change::Move { line, to: Place::Before(*by) }],
        Miss::Outvoted { by } => vec![Change::Remove { line: *by }],
        Miss::Replaced { by: Some(by) } | Miss::Afresh { by, .. } => {
            case.section_of(*by).map(|section| copy(case, line, Place::SectionEnd(section))).into_iter().collect()
        }
        Miss::NotInherited => {
            let to = case.host_section().map(Place::Section);
            to.map(|to| Change::Add { line: "RewriteEngine On\nRewriteOptions Inherit".into(), to })
                .into_iter()
                .collect()
        }
        Miss::OtherHost => {
            let to = case.host_section().map_or(Place::End, Place::SectionEnd);
            vec![copy(case, line, to)]
        }
        Miss::LeftOver { rest } => {
            let text = case.sources.text(line);
            let kept = text.strip_suffix(rest.as_slice()).and_then(|text| text.trim_end().to_str().ok());
            kept.map(|new| Change::Replace { old: line, new: new.into() }).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The same line in another place.
fn copy(case: &Case<'_>, line: Span, to: Place) -> Change {
    Change::Add { line: case.sources.text(line).to_str_lossy().into_owned(), to }
}

/// A rule or condition with one flag more.
fn with_flag(case: &Case<'_>, line: Span, flag: &str) -> Option<Change> {
    let text = case.sources.text(line);
    let text = text.to_str().ok()?;
    let new = match text.strip_suffix(']') {
        Some(flags) => format!("{flags},{flag}]"),
        None => format!("{text} [{flag}]"),
    };
    Some(Change::Replace { old: line, new })
}

/// A grant for the directory of the file, in the narrowest section that is there.
fn grant(case: &Case<'_>, refuses: Option<Span>) -> Vec<Change> {
    let compat = refuses.is_some_and(|line| !case.sources.directive_name(line).eq_ignore_ascii_case("Require"));
    let line = if compat { "Order allow,deny\nAllow from all" } else { "Require all granted" };
    let refusing = refuses.and_then(|line| case.section_of(line));
    // the last section that applied, if it is another one than that of the refusal
    let narrower = case.sections().into_iter().rev().find(|s| is_directory(case, *s)).filter(|s| Some(*s) != refusing);
    let to = match narrower {
        Some(section) => Place::Section(section),
        None => match case.file() {
            Some(file) => directory(mapped(case, file)),
            None => return Vec::new(),
        },
    };
    vec![Change::Add { line: line.into(), to }]
}

/// A new section for a directory.
pub(super) fn directory(path: &[u8]) -> Place {
    let path = filepath::without_slashes_after(path);
    Place::new(format!("Directory \"{}\"", if path.is_empty() { b"/" } else { path }.as_bstr()))
}

/// The directory that the mapping leads to, else that of the file.
pub(super) fn mapped<'f>(case: &Case<'_>, file: &'f BStr) -> &'f BStr {
    let targets = case.decided_in(&[Phase::TranslateName]);
    let mut lengths = targets.iter().filter_map(|line| {
        let text = case.sources.text(*line);
        let target = crate::conf::args::words(&text).pop()?.value;
        let target = filepath::without_slashes_after(&target).to_vec();
        (target.len() > 1 && file.starts_with(&target) && case.stat(&target).is_ok_and(|s| s.is_dir()))
            .then_some(target.len())
    });
    match lengths.next() {
        Some(length) => file[..length].as_bstr(),
        None => filepath::dirname(file),
    }
}

pub(super) fn is_directory(case: &Case<'_>, section: Span) -> bool {
    case.sources.directive_name(section).eq_ignore_ascii_case("Directory")
}

/// A line for the narrowest `<Directory>` that applied, else for one of its own.
fn in_section(case: &Case<'_>, line: &str) -> Vec<Change> {
    let section = case.sections().into_iter().rev().find(|s| is_directory(case, *s));
    let to = match (section, case.file()) {
        (Some(section), _) => Place::Section(section),
        (None, Some(file)) => directory(mapped(case, file)),
        (None, None) => return Vec::new(),
    };
    vec![Change::Add { line: line.into(), to }]
}

pub(super) fn load(module: &str) -> Vec<Change> {
    let Some(known) = known::by_name(module) else { return Vec::new() };
    let file = known.source.trim_end_matches(".c");
    vec![Change::Add { line: format!("LoadModule {} modules/{file}.so", known.identifier), to: Place::Top }]
}

/// An index file that is there under another name.
fn listing(case: &Case<'_>, directory: &BStr, names: &[BString]) -> Vec<Change> {
    let there = case.list(directory);
    let is_index = |name: &&BString| {
        let stem = name.split(|b| *b == b'.').next().unwrap_or_default();
        let usual = [&b"index"[..], b"default", b"home"].iter().any(|s| stem.eq_ignore_ascii_case(s));
        usual && name.contains(&b'.') && !names.contains(name)
    };
    let index = there.iter().find(is_index).map(|name| format!("DirectoryIndex {name}"));
    index.iter().flat_map(|line| in_section(case, line)).collect()
}

fn before(line: Span, text: &str) -> Change {
    Change::Add { line: text.into(), to: Place::Before(line) }
}

/// A line with the first `old` in its arguments changed.
fn replaced(case: &Case<'_>, line: Span, old: &[u8], new: &[u8]) -> Option<Change> {
    let text = case.sources.text(line);
    let behind = text.find_byteset(b" \t")?;
    let at = behind + text[behind..].find(old)?;
    let new = [&text[..at], new, &text[at + old.len()..]].concat();
    Some(Change::Replace { old: line, new: new.to_str().ok()?.into() })
}

/// A line without the comment behind its arguments.
fn without_comment(case: &Case<'_>, line: Span) -> Option<Change> {
    let text = case.sources.text(line);
    let at = text.find(" #").or_else(|| text.find("\t#"))?;
    Some(Change::Replace { old: line, new: text[..at].trim_end().to_str().ok()?.into() })
}
