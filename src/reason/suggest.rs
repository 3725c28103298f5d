//! One small change that gives another answer: candidates by what the reasons and near misses are, each tried on the engine.
//!
//! This is the one list of candidates. Nothing is offered that was not tried, nor anything that opens what a line denies on
//! purpose.

use super::{Case, Cause, Fit, Miss, Near, What};
use crate::directives;
use crate::modules::known;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::server::filepath;
use crate::site::Edit;
use crate::source::{SourceMap, Span};
use crate::suite::host_of;
use bstr::{BStr, BString, ByteSlice};

/// How many candidates are tried at most, and how many lines are read again for them in all.
const TRIED: usize = 12;
const LINES: usize = 100_000;
/// How many are offered.
const OFFERED: usize = 2;

/// A change that was tried.
#[derive(Clone, Debug)]
pub(crate) struct Suggestion {
    /// What is done.
    pub change: Change,
    /// The edits that do it.
    pub edits: Vec<Edit>,
    /// The answer with them.
    pub outcome: Outcome,
    /// The texts with them, which that answer's places are in.
    pub sources: SourceMap,
}

/// What a suggestion does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// A line is added to a section or file.
    Add { line: String, to: Place },
    /// A line is changed.
    Replace { old: Span, new: String },
    /// A line is taken out.
    Remove { line: Span },
}

/// Where a line is added.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// A section that is there.
    Section(Span),
    /// A section of its own, at the end of the configuration.
    New(String),
    /// Before a line.
    Before(Span),
    /// At the beginning of the configuration.
    Top,
}

/// Changes that give a better answer, the likeliest first.
pub(crate) fn suggestions(case: &Case<'_>, causes: &[Cause], near: &[Near]) -> Vec<Suggestion> {
    // where an answer is not certain, another one would not be either
    if !case.outcome.caveats.is_empty() {
        return Vec::new();
    }
    let most = (LINES / case.site.directives().take(LINES).count().max(1)).min(TRIED);
    let candidates = causes.iter().flat_map(|c| of_cause(case, c)).chain(near.iter().flat_map(|n| of_near(case, n)));
    let mut found: Vec<Suggestion> = Vec::new();
    for change in candidates.take(most) {
        let edits = edits(case, &change);
        let Some((outcome, sources)) = tried(case, &edits) else { continue };
        if is_better(case.outcome, &outcome) && !found.iter().any(|f| f.edits == edits) {
            found.push(Suggestion { change, edits, outcome, sources });
        }
        if found.len() == OFFERED {
            break;
        }
    }
    found
}

/// The first change with which a run of the site is as `fits` wants it: without a line that decided, else one of those that
/// are suggested otherwise.
pub(crate) fn fitting(
    case: &Case<'_>,
    causes: &[Cause],
    near: &[Near],
    fits: &dyn Fn(&Run) -> bool,
) -> Option<Suggestion> {
    let most = (LINES / case.site.directives().take(LINES).count().max(1)).min(TRIED);
    let mut deciders: Vec<Span> = case.outcome.decided_by.iter().map(|d| d.span).collect();
    deciders.sort_by_key(|line| super::is_usual(case.sources, *line));
    let deciders = deciders.into_iter().map(|line| Change::Remove { line });
    let others = near.iter().flat_map(|n| of_near(case, n)).chain(causes.iter().flat_map(|c| of_cause(case, c)));
    deciders.chain(others).take(most).find_map(|change| {
        let edits = edits(case, &change);
        let run = case.site.with(&edits).ok().filter(|_| !edits.is_empty())?.start().ok()?;
        fits(&run).then(|| {
            let (outcome, sources) = (run.ask(case.ask), run.sources().clone());
            Suggestion { change, edits, outcome, sources }
        })
    })
}

/// The answer with some edits; none where httpd would not start with them.
fn tried(case: &Case<'_>, edits: &[Edit]) -> Option<(Outcome, SourceMap)> {
    if edits.is_empty() {
        return None;
    }
    let site = case.site.with(edits).ok()?;
    let run = site.start().ok()?;
    Some((run.ask(case.ask), run.sources().clone()))
}

fn is_better(before: &Outcome, after: &Outcome) -> bool {
    let served = |o: &Outcome| (1..400).contains(&o.status);
    let same = before.status == after.status
        && before.handler == after.handler
        && before.file == after.file
        && before.location == after.location;
    served(after) && !same && after.caveats.is_empty() && after.location != Some(before.url.clone())
}

fn of_cause(case: &Case<'_>, cause: &Cause) -> Vec<Change> {
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

fn of_near(case: &Case<'_>, near: &Near) -> Vec<Change> {
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

/// A grant for the directory of the file, in the narrowest section that is there.
fn grant(case: &Case<'_>, refuses: Option<Span>) -> Vec<Change> {
    let compat = refuses.is_some_and(|line| !case.sources.directive_name(line).eq_ignore_ascii_case("Require"));
    let line = if compat { "Order allow,deny\n  Allow from all" } else { "Require all granted" };
    let refusing = refuses.and_then(|line| case.section_of(line));
    // the last section that applied, if it is another one than that of the refusal
    let narrower = case.sections().into_iter().rev().find(|s| is_directory(case, *s)).filter(|s| Some(*s) != refusing);
    let to = match narrower {
        Some(section) => Place::Section(section),
        None => match case.file() {
            Some(file) => Place::New(filepath::without_slashes_after(mapped(case, file)).to_str_lossy().into_owned()),
            None => return Vec::new(),
        },
    };
    vec![Change::Add { line: line.into(), to }]
}

/// The directory that the mapping leads to, else that of the file.
fn mapped<'f>(case: &Case<'_>, file: &'f BStr) -> &'f BStr {
    let targets = case.decided_in(&[crate::phase::Phase::TranslateName]);
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

fn is_directory(case: &Case<'_>, section: Span) -> bool {
    case.sources.directive_name(section).eq_ignore_ascii_case("Directory")
}

/// A line for the narrowest `<Directory>` that applied, else for one of its own.
fn in_section(case: &Case<'_>, line: &str) -> Vec<Change> {
    let section = case.sections().into_iter().rev().find(|s| is_directory(case, *s));
    let to = match (section, case.file()) {
        (Some(section), _) => Place::Section(section),
        (None, Some(file)) => Place::New(mapped(case, file).to_str_lossy().trim_end_matches('/').into()),
        (None, None) => return Vec::new(),
    };
    vec![Change::Add { line: line.into(), to }]
}

fn load(module: &str) -> Vec<Change> {
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

/// The edits of a change.
fn edits(case: &Case<'_>, change: &Change) -> Vec<Edit> {
    let insert = |file, at: u32, text: String| vec![Edit { file, range: at..at, text: text.into() }];
    match change {
        Change::Replace { old, new } => vec![Edit::replace(*old, new.as_str())],
        Change::Remove { line } => vec![Edit::delete(*line)],
        Change::Add { line, to: Place::Before(other) } => insert(other.file, other.start, format!("{line}\n")),
        Change::Add { line, to: Place::Section(section) } => {
            let source = case.sources.file(section.file);
            let rest = &source.text[(section.end as usize).min(source.text.len())..];
            let at = section.end + rest.find_byte(b'\n').map_or(rest.len(), |n| n + 1) as u32;
            insert(section.file, at, format!("  {line}\n"))
        }
        Change::Add { line, to: Place::New(directory) } => match case.main_file() {
            Some((file, end)) => insert(file, end, format!("\n<Directory \"{directory}\">\n  {line}\n</Directory>\n")),
            None => Vec::new(),
        },
        Change::Add { line, to: Place::Top } => match case.main_file() {
            Some((file, _)) => insert(file, 0, format!("{line}\n")),
            None => Vec::new(),
        },
    }
}
