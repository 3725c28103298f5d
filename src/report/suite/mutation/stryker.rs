//! Mutants as the mutation testing report schema has them (version 2), which viewers of many tools read.

use super::{Judged, Mutation, Noticing, Test, Verdict, request};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const HOME: &str = "https://git.example.com/routesim";

/// The report.
pub(crate) fn stryker(mutation: &Mutation) -> Value {
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (number, judged) in mutation.mutants.iter().enumerate() {
        files.entry(&judged.piece.path).or_default().push(mutant(number, judged));
    }
    let files = files.into_iter().map(|(path, mutants)| {
        let source = mutation.sources.get(path).map(String::as_str).unwrap_or_default();
        (path.to_string(), json!({"language": "apacheconf", "source": source, "mutants": mutants}))
    });
    let files: Map<String, Value> = files.collect();
    let mut tests: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (number, Test { path, name, line, column }) in mutation.tests.iter().enumerate() {
        let start = position((*line, *column));
        let test = json!({"id": number.to_string(), "name": name, "location": {"start": start}});
        tests.entry(path).or_default().push(test);
    }
    let tests: Map<String, Value> =
        tests.into_iter().map(|(path, tests)| (path.to_string(), json!({"tests": tests}))).collect();
    json!({
        "schemaVersion": "2",
        "thresholds": {"high": 80, "low": 60},
        "framework": {"name": "routesim", "version": env!("CARGO_PKG_VERSION"), "branding": {"homepageUrl": HOME}},
        "files": files,
        "testFiles": tests,
    })
}

fn mutant(number: usize, judged: &Judged) -> Value {
    let covered: Vec<String> = judged.covered_by.iter().map(ToString::to_string).collect();
    let description = match (&judged.becomes, &judged.other) {
        (None, _) => format!("without `{}`", judged.text),
        (Some(_), Some(other)) => format!("`{}`, {} with {other}", judged.text, judged.kind),
        (Some(becomes), None) => format!("`{}` becomes `{becomes}`", judged.text),
    };
    let mut value = json!({
        "id": number.to_string(), "mutatorName": judged.kind, "description": description,
        "replacement": judged.piece.text,
        "location": {"start": position(judged.piece.start), "end": position(judged.piece.end)},
        "coveredBy": covered,
    });
    let (status, reason) = match &judged.verdict {
        Verdict::Killed(test, key) => {
            value["killedBy"] = json!([test.to_string()]);
            ("Killed", Some(format!("`{key}` is not as expected")))
        }
        Verdict::Refused(message) => ("Killed", Some(format!("httpd would refuse to start: {message}"))),
        Verdict::Survived(Noticing::None | Noticing::Unsought) => ("Survived", None),
        Verdict::Survived(Noticing::By(noticing)) => {
            ("Survived", Some(format!("noticed by:\n{}", request(noticing).join("\n"))))
        }
        Verdict::Equivalent(why) => ("Ignored", Some((*why).to_string())),
        Verdict::Untried => ("Pending", None),
    };
    value["status"] = status.into();
    if let Some(reason) = reason {
        value["statusReason"] = reason.into();
    }
    value
}

fn position((line, column): (u32, u32)) -> Value {
    json!({"line": line.max(1), "column": column.max(1)})
}
