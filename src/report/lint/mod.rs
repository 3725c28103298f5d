//! Findings of rules, and the rules themselves, for people and programs.

mod forms;
mod rules;

pub(crate) use forms::{annotations, junit, sarif, table};
pub(crate) use rules::{explain, list, list_json, page};

use super::paint::{Paint, Tone, clean};
use super::{diagnostics, json, plural, search};
use crate::diagnostic::Severity;
use crate::lint::{self, Finding};
use crate::site::Safety;
use crate::source::{SourceMap, Span};
use crate::suite::Location;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::fmt::Write;

/// What was found in a site.
pub(crate) struct Linted {
    /// The site, as it was named.
    pub name: String,
    /// The options by which `explain` finds it.
    pub named: String,
    pub sources: SourceMap,
    pub found: Vec<Found>,
    /// How many findings are known, and left out.
    pub known: usize,
    /// Whether httpd would refuse to start.
    pub refused: bool,
}

/// A finding, where it is for those who read the files.
pub(crate) struct Found {
    pub finding: Finding,
    pub at: Location,
    /// The places of the other lines.
    pub related: Vec<Location>,
    /// Whether it makes the command fail.
    pub fails: bool,
    /// The files of its fix's edits, one for each; none where the texts are in a scenario.
    pub edited: Vec<String>,
}

/// A finding as JSON.
pub(crate) fn json(finding: &Finding, sources: &SourceMap) -> Value {
    let mut map = Map::new();
    map.insert("rule".into(), finding.rule.into());
    map.insert("level".into(), json!(finding.level));
    match published(finding, sources) {
        Some(file) => {
            map.insert("file".into(), file.into());
            map.extend([("line".into(), 1.into()), ("column".into(), 1.into())]);
        }
        None => place(&mut map, finding.line, sources),
    }
    map.insert("message".into(), finding.message.clone().into());
    map.insert("help".into(), finding.help.clone().into());
    let related = finding.related.iter().map(|(line, message)| {
        let mut map = Map::new();
        place(&mut map, *line, sources);
        map.remove("column");
        map.insert("message".into(), message.clone().into());
        Value::Object(map)
    });
    map.insert("related".into(), related.collect());
    let witness = finding
        .witness
        .as_ref()
        .map(|(ask, outcome)| json!({"request": ask.spec().written(), "outcome": search::outcome(outcome, sources)}));
    map.insert("witness".into(), witness.unwrap_or_default());
    let fix = finding.fix.as_ref().map(|fix| {
        json!({"safe": fix.safety == Safety::Safe, "message": fix.message, "edits": json::edits(&fix.edits, sources)})
    });
    map.insert("fix".into(), fix.unwrap_or_default());
    map.into()
}

/// The file that a finding without a line is about.
pub(crate) fn published(finding: &Finding, sources: &SourceMap) -> Option<String> {
    let (_, outcome) = finding.witness.as_ref().filter(|_| !finding.line.is_some())?;
    outcome.file.as_ref().map(|file| sources.shown(file))
}

/// A place by the line where it begins.
fn place(map: &mut Map<String, Value>, span: Span, sources: &SourceMap) {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    map.insert("file".into(), file.name.clone().into());
    map.insert("line".into(), line.into());
    map.insert("column".into(), column.into());
}

/// Findings for people. `quiet`: those that fail, and the numbers.
pub(crate) fn text(all: &[Linted], quiet: bool, paint: Paint) -> String {
    let mut out = String::new();
    let mut said = HashSet::new();
    for linted in all {
        for found in linted.found.iter().filter(|found| found.fails || !quiet) {
            let first = said.insert(found.finding.rule);
            one(&mut out, found, linted, first, paint);
        }
    }
    let _ = writeln!(out, "{}", numbers(all));
    out
}

/// One finding; why it is bad is said where its rule speaks first.
fn one(out: &mut String, found: &Found, linted: &Linted, first: bool, paint: Paint) {
    let (finding, sources) = (&found.finding, &linted.sources);
    let told = diagnostics::Told {
        severity: finding.level,
        code: finding.rule,
        message: &finding.message,
        span: finding.line,
        label: label(finding),
        related: finding.related.iter().map(|(span, label)| (*span, label.as_str())).collect(),
        why: lint::rule(finding.rule).map(|rule| rule.why).filter(|_| first),
        help: Some(&finding.help),
    };
    let _ = writeln!(out, "{}", diagnostics::shown(&told, sources, paint).trim_end());
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "  {}: {}", paint.tone(Tone::Key, name), clean(text));
    };
    if let Some((ask, outcome)) = &finding.witness {
        row("shown by", format!("routesim explain {}{}", linted.named, search::command(&ask.spec())));
        row("  answer", search::answer(outcome));
    }
    if let Some(fix) = &finding.fix {
        let option = if fix.safety == Safety::Safe { "--fix" } else { "--unsafe-fixes" };
        row("     fix", format!("{} ({option})", fix.message));
    }
    out.push('\n');
}

/// What the line itself is, where it is shown beside others.
fn label(finding: &Finding) -> Option<&'static str> {
    let (_, outcome) = finding.witness.as_ref().filter(|_| !finding.related.is_empty())?;
    let decides = outcome.decided_by.iter().any(|decision| decision.span == finding.line);
    Some(if decides { "this line decides" } else { "this line does not decide" })
}

/// How many there are of each level, what is known, and what can be mended.
fn numbers(all: &[Linted]) -> String {
    let found = || all.iter().flat_map(|linted| &linted.found);
    let count = |level: Severity, one: &str| match found().filter(|f| f.finding.level == level).count() {
        0 => None,
        n => Some(plural(n, one)),
    };
    let known: usize = all.iter().map(|linted| linted.known).sum();
    let known = (known > 0).then(|| format!("{known} known"));
    let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")];
    let counts: Vec<String> = counts.into_iter().flatten().chain(known).collect();
    let refused = match all.iter().filter(|linted| linted.refused).count() {
        0 => String::new(),
        1 if all.len() == 1 => "; httpd would refuse to start".to_string(),
        n => format!("; httpd would refuse to start with {n} of {}", plural(all.len(), "configuration")),
    };
    let counts = if counts.is_empty() { "no findings".to_string() } else { counts.join(", ") } + &refused;
    let fixes = |safety: Safety| {
        let fixes = found().filter(|f| f.finding.fix.as_ref().is_some_and(|fix| fix.safety == safety));
        fixes.count()
    };
    match (fixes(Safety::Safe), fixes(Safety::Unsafe)) {
        (0, 0) => counts,
        (safe, 0) => format!("{counts}; --fix mends {safe}"),
        (0, more) => format!("{counts}; --unsafe-fixes mends {more}"),
        (safe, more) => format!("{counts}; --fix mends {safe}, --unsafe-fixes {more} more"),
    }
}
