//! Results as SARIF 2.1.0, for code scanning: a result for each failure, on the line of a real file that decided.

use super::super::sarif::{HOME, location, log, related};
use super::{Checked, worst};
use crate::suite::Location;
use serde_json::{Value, json};

/// The rules: what a result is an example of.
const RULES: [(&str, &str, &str, &str); 2] = [
    (
        "routesim/suite",
        "SuiteCannotRun",
        "A suite cannot be run.",
        "The suite has an error, or httpd would refuse to start with the configuration that it tests. Run `routesim test` on the file: it shows the line and what to write instead.",
    ),
    (
        "routesim/expectation",
        "ExpectationNotMet",
        "A request is not answered as its suite expects.",
        "The line that is shown decides the answer, which is not the one that the suite expects. Change the configuration, or, if the new answer is meant, the expectation: `routesim test --update` writes today's answers.",
    ),
];

/// The log.
pub(crate) fn sarif(suite: &[Checked]) -> Value {
    let rules = RULES.map(|(id, name, short, help)| {
        json!({
            "id": id, "name": name,
            "shortDescription": {"text": short}, "fullDescription": {"text": short},
            "help": {"text": help, "markdown": help}, "helpUri": HOME,
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["httpd", "routing"], "precision": "very-high", "problem.severity": "error"},
        })
    });
    let broken = suite.iter().filter_map(|s| {
        let error = s.error.as_ref()?;
        let at = error.at.clone().unwrap_or_else(|| Location { path: s.path.clone(), line: 1, column: 1 });
        Some(result(0, &error.message, &at, &s.path, None))
    });
    let failed = worst(suite).into_iter().map(|(s, case)| {
        let first = case.mismatches.first();
        let own = |line, column| Location { path: s.path.clone(), line, column };
        let expected = first.map_or_else(|| own(case.line, 1), |m| own(m.line, m.column));
        let message = format!("{}: {}\n\n{}", case.title, case.message(), case.lines().join("\n"));
        let key = format!("{}: {}", s.path, case.title);
        result(1, &message, case.at.as_ref().unwrap_or(&expected), &key, Some(&expected))
    });
    let results: Vec<Value> = broken.chain(failed).collect();
    log(rules.into(), results)
}

fn result(rule: usize, message: &str, at: &Location, key: &str, expected: Option<&Location>) -> Value {
    let mut result = json!({
        "ruleId": RULES[rule].0, "ruleIndex": rule, "level": "error",
        "message": {"text": message},
        "locations": [location(at)],
        "partialFingerprints": {"case/v1": key},
    });
    if let Some(expected) = expected {
        result["relatedLocations"] = json!([related(1, expected, "the expectation")]);
    }
    result
}
