//! Findings of rules, and the rules themselves, for people and programs.

use super::paint::{Paint, Tone, clean};
use super::{diagnostics, json, search};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::{Example, Finding, Rule};
use crate::site::Safety;
use crate::source::{SourceMap, Span};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// A finding as JSON.
pub(crate) fn json(finding: &Finding, sources: &SourceMap) -> Value {
    let mut map = Map::new();
    map.insert("rule".into(), finding.rule.into());
    map.insert("level".into(), json!(finding.level));
    place(&mut map, finding.line, sources);
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

/// A place by the line where it begins.
fn place(map: &mut Map<String, Value>, span: Span, sources: &SourceMap) {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    map.insert("file".into(), file.name.clone().into());
    map.insert("line".into(), line.into());
    map.insert("column".into(), column.into());
}

/// Findings for people; `named` are the options by which `explain` finds the site.
///
/// # Errors
/// Those of the writer.
pub(crate) fn text(
    out: &mut impl Write,
    found: &[Finding],
    sources: &SourceMap,
    named: &str,
    paint: Paint,
) -> io::Result<()> {
    for finding in found {
        let diagnostic = Diagnostic {
            severity: finding.level,
            related: finding.related.first().cloned(),
            help: Some(finding.help.clone()),
            ..Diagnostic::error(finding.rule, finding.message.clone(), finding.line)
        };
        let told = diagnostics::text(&[diagnostic], sources, paint);
        writeln!(out, "{}", told.trim_end())?;
        if let Some((ask, outcome)) = &finding.witness {
            let command = format!("routesim explain {named}{}", search::command(&ask.spec()));
            writeln!(out, "  {}: {}", paint.tone(Tone::Key, "shown by"), clean(command))?;
            writeln!(out, "            {}", clean(search::answer(outcome)))?;
        }
        writeln!(out)?;
    }
    let count = |level: Severity, one: &str| match found.iter().filter(|f| f.level == level).count() {
        0 => None,
        n => Some(super::plural(n, one)),
    };
    let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    writeln!(out, "{}", if counts.is_empty() { "no findings".into() } else { counts.join(", ") })
}

/// The rules, one a line.
///
/// # Errors
/// Those of the writer.
pub(crate) fn list(out: &mut impl Write, rules: &[&Rule], paint: Paint) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in rules {
        let pad = " ".repeat(width - rule.name.len());
        let level = rule.level.to_string();
        writeln!(out, "{}{pad}  {level:7}  {}", paint.tone(Tone::Key, rule.name), rule.finds)?;
    }
    Ok(())
}

/// The rules as JSON.
pub(crate) fn list_json(rules: &[&Rule]) -> Value {
    let one = |rule: &&Rule| {
        json!({
            "rule": rule.name, "level": rule.level, "group": rule.group, "finds": rule.finds, "why": rule.why,
            "help": rule.help, "safe": rule.safe,
        })
    };
    rules.iter().map(one).collect()
}

/// What a rule is about.
///
/// # Errors
/// Those of the writer.
pub(crate) fn explain(out: &mut impl Write, rule: &Rule, paint: Paint) -> io::Result<()> {
    writeln!(out, "{} ({}, {})\n", paint.tone(Tone::Key, rule.name), rule.level, rule.group)?;
    writeln!(out, "{} {}\n", rule.finds, rule.why)?;
    writeln!(out, "Help: {}. {}", rule.help, fix(rule))?;
    for (title, example) in [("It finds", &rule.bad), ("It doesn't find", &rule.good)] {
        writeln!(out, "\n{title}:\n")?;
        for line in example.config.lines() {
            writeln!(out, "    {line}")?;
        }
        write!(out, "{}", files(example))?;
    }
    Ok(())
}

/// The page of all rules.
pub(crate) fn page(rules: &[&Rule]) -> String {
    let mut page = String::from(
        "# Rules of lint\n\nWritten by `routesim lint --list --format markdown`. What to do with findings: [lint](tasks/lint.md).\n\n\
         | rule | level | group |\n|---|---|---|\n",
    );
    for rule in rules {
        page.push_str(&format!("| [{0}](#{0}) | {1} | {2} |\n", rule.name, rule.level, rule.group));
    }
    for rule in rules {
        page.push_str(&format!(
            "\n## {}\n\n{} {}\n\nTo mend it: {}. {}\n",
            rule.name,
            rule.finds,
            rule.why,
            rule.help,
            fix(rule)
        ));
        for (title, example) in [("It finds", &rule.bad), ("It doesn't find", &rule.good)] {
            page.push_str(&format!("\n{title}:\n\n```apache\n{}```\n{}", example.config, files(example)));
        }
    }
    page
}

fn fix(rule: &Rule) -> &'static str {
    match rule.safe {
        Some(true) => "The fix that is offered changes nothing else.",
        Some(false) => "The fix that is offered may change other answers: look first.",
        None => "No fix is offered.",
    }
}

fn files(example: &Example) -> String {
    if example.files.is_empty() {
        return String::new();
    }
    let files: Vec<String> = example.files.iter().map(|file| format!("`{file}`")).collect();
    format!("\nFiles: {}\n", files.join(", "))
}
