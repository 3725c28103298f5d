//! The rules themselves, for people and programs.

use super::super::paint::{Paint, Tone};
use crate::lint::{Example, Rule};
use serde_json::{Value, json};
use std::io::{self, Write};

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
