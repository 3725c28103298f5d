//! Findings as other programs read them: SARIF, GitHub's annotations, JUnit.

use super::super::annotations::{annotation, cell, shown};
use super::super::sarif::{HOME, artifact, location, log, related};
use super::{Found, Linted, json as told, plural, search};
use crate::diagnostic::Severity;
use crate::lint;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};
use std::fmt::Write;

/// What is known of a rule: its name, level and group, what it finds, and what to do.
type About = (&'static str, Severity, &'static str, &'static str, String);

fn about() -> Vec<About> {
    let rules = lint::rules().iter().map(|rule| {
        let help = format!("{} To mend it: {}.", rule.why, rule.help);
        (rule.name, rule.level, rule.group, rule.finds, help)
    });
    rules
        .chain(lint::unruled().map(|(name, level, group, finds, help)| (name, level, group, finds, help.into())))
        .collect()
}

/// The log. A result's line is the one that is blamed; the others are related places.
pub(crate) fn sarif(all: &[Linted]) -> Value {
    let about = about();
    let rules = about.iter().map(|(name, level, group, finds, help)| {
        let opens = matches!(*group, "exposure" | "access control");
        let mut properties = json!({
            "tags": if opens { vec!["httpd", "security"] } else { vec!["httpd"] },
            "precision": "very-high", "problem.severity": severity(*level),
        });
        if opens {
            properties["security-severity"] = match level {
                Severity::Error => "8.0",
                Severity::Warning => "5.0",
                Severity::Note => "2.0",
            }
            .into();
        }
        json!({
            "id": format!("routesim/{name}"), "name": pascal(name),
            "shortDescription": {"text": finds}, "fullDescription": {"text": finds},
            "help": {"text": help, "markdown": help}, "helpUri": format!("{HOME}/docs/lint.md#{name}"),
            "defaultConfiguration": {"level": level},
            "properties": properties,
        })
    });
    let results = all.iter().flat_map(|linted| linted.found.iter().map(|found| result(found, linted, &about)));
    log(rules.collect(), results.collect())
}

fn severity(level: Severity) -> &'static str {
    match level {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    }
}

fn pascal(name: &str) -> String {
    let word = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => String::new(),
    };
    name.split('-').map(word).collect()
}

fn result(found: &Found, linted: &Linted, about: &[About]) -> Value {
    let finding = &found.finding;
    let text = crate::source::directive_text(&linted.sources, finding.line);
    let mut result = json!({
        "ruleId": format!("routesim/{}", finding.rule), "level": finding.level,
        "message": {"text": message(found, linted)},
        "locations": [location(&found.at)],
        // the line's own text: it stays the same where lines move
        "partialFingerprints": {"line/v1": format!("{}: {text}: {}", found.at.path, finding.rule)},
    });
    if let Some(index) = about.iter().position(|(name, ..)| *name == finding.rule) {
        result["ruleIndex"] = index.into();
    }
    let places = finding.related.iter().zip(&found.related).enumerate();
    let places: Vec<Value> = places.map(|(n, ((_, label), at))| related(n + 1, at, label)).collect();
    if !places.is_empty() {
        result["relatedLocations"] = places.into();
    }
    if let Some(fix) = finding.fix.as_ref().filter(|_| !found.edited.is_empty()) {
        let changes = fix.edits.iter().zip(&found.edited).map(|(edit, path)| {
            let region = &told::edits(std::slice::from_ref(edit), &linted.sources)[0];
            json!({
                "artifactLocation": artifact(path),
                "replacements": [{
                    "deletedRegion": {
                        "startLine": region["line"], "startColumn": region["column"],
                        "endLine": region["end_line"], "endColumn": region["end_column"],
                    },
                    "insertedContent": {"text": region["text"]},
                }],
            })
        });
        let changes: Vec<Value> = changes.collect();
        result["fixes"] = json!([{"description": {"text": sentence(&fix.message)}, "artifactChanges": changes}]);
    }
    result
}

/// The finding, the request that shows it, and what to do.
fn message(found: &Found, linted: &Linted) -> String {
    let finding = &found.finding;
    let mut text = sentence(&finding.message);
    if let Some((ask, outcome)) = &finding.witness {
        let command = format!("routesim explain {}{}", linted.named, search::command(&ask.spec()));
        let _ = write!(text, "\n\nShown by `{command}`: {}.", search::answer(outcome));
    }
    let _ = write!(text, "\n\nTo mend it: {}.", finding.help);
    text
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

const LEVELS: [(Severity, &str, &str); 3] = [
    (Severity::Error, "error", "error"),
    (Severity::Warning, "warning", "warning"),
    (Severity::Note, "notice", "note"),
];

/// Annotations for GitHub Actions, the worst first.
pub(crate) fn annotations(all: &[Linted]) -> String {
    let mut out = String::new();
    for (level, word, name) in LEVELS {
        let found = all.iter().flat_map(|linted| linted.found.iter().map(move |found| (linted, found)));
        let lines = found
            .filter(|(_, found)| found.finding.level == level)
            .map(|(linted, found)| annotation(word, found.finding.rule, &found.at, &message(found, linted)));
        out.push_str(&shown(lines.collect(), name));
    }
    out
}

/// A table in Markdown: the numbers, then what was found.
pub(crate) fn table(all: &[Linted]) -> String {
    let found = || all.iter().flat_map(|linted| &linted.found);
    let counts = LEVELS.map(|(level, _, name)| plural(found().filter(|f| f.finding.level == level).count(), name));
    let mut out = format!("### routesim lint\n\n{}\n", counts.join(", "));
    if found().next().is_some() {
        out.push_str("\n| level | where | rule | what |\n|---|---|---|---|\n");
    }
    for (level, _, name) in LEVELS {
        for found in found().filter(|f| f.finding.level == level) {
            let place = format!("{}:{}", found.at.path, found.at.line);
            let (rule, what) = (found.finding.rule, cell(&found.finding.message));
            let _ = writeln!(out, "| {name} | {} | {rule} | {what} |", cell(&place));
        }
    }
    out.push('\n');
    out
}

/// JUnit's XML: a suite for each site, a case for each finding. What does not make the command fail is skipped.
pub(crate) fn junit(all: &[Linted]) -> String {
    let mut report = Report::new("routesim");
    for linted in all {
        let mut tests = TestSuite::new(linted.name.as_str());
        for found in &linted.found {
            tests.add_test_case(case(found, linted));
        }
        if linted.found.is_empty() && !linted.refused {
            tests.add_test_case(TestCase::new("no findings", TestCaseStatus::success()));
        }
        report.add_test_suite(tests);
    }
    // writing to memory can't fail
    report.to_string().unwrap_or_default()
}

fn case(found: &Found, linted: &Linted) -> TestCase {
    let finding = &found.finding;
    let mut status = match found.fails {
        true => TestCaseStatus::non_success(NonSuccessKind::Failure),
        false => TestCaseStatus::skipped(),
    };
    status.set_message(format!("{}: {}", finding.level, finding.message));
    if found.fails {
        status.set_type(finding.rule).set_description(message(found, linted));
    }
    let at = &found.at;
    let mut test = TestCase::new(format!("{} at {}:{}", finding.rule, at.path, at.line), status);
    test.set_classname(at.path.as_str());
    test.extra.insert("file".into(), at.path.as_str().into());
    test.extra.insert("line".into(), at.line.to_string().into());
    test
}
