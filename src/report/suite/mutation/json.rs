//! Mutants as one JSON value.

use super::{Judged, Mutation, Verdict};
use serde_json::{Value, json};

/// `{"mutants": N, "killed": N, "survived": [{file, line, at, kind, text, becomes, other, request}], "equivalent": N}`;
/// `request` is one that would notice, as in a scenario, or null.
pub(crate) fn json(mutation: &Mutation) -> Value {
    let survived: Vec<Value> = mutation.survived().map(survivor).collect();
    json!({
        "mutants": mutation.mutants.len(), "killed": mutation.killed(), "survived": survived,
        "equivalent": mutation.equivalent(),
    })
}

fn survivor(judged: &Judged) -> Value {
    let request = match &judged.verdict {
        Verdict::Survived(request) => request.clone().map(Value::Object),
        _ => None,
    };
    let at = judged.at.as_ref().map(|at| json!({"path": at.path, "line": at.line, "column": at.column}));
    json!({
        "file": judged.file, "line": judged.line, "at": at, "kind": judged.kind, "text": judged.text,
        "becomes": judged.becomes, "other": judged.other, "request": request,
    })
}
