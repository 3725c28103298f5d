//! Mutants as one JSON value.

use super::{Judged, Mutation, Noticing, Verdict};
use crate::search::explore::Stopped;
use serde_json::{Value, json};

/// `{"mutants": N, "killed": N, "survived": [{file, line, at, kind, text, becomes, other, request}], "equivalent": N,
/// "untried": N, "asked": N, "stopped": WORD or null}`; `request` is one that would notice, as in a scenario, or null.
pub(crate) fn json(mutation: &Mutation) -> Value {
    let survived: Vec<Value> = mutation.survived().map(survivor).collect();
    json!({
        "mutants": mutation.mutants.len(), "killed": mutation.killed(), "survived": survived,
        "equivalent": mutation.equivalent(), "untried": mutation.untried(), "asked": mutation.asked,
        "stopped": mutation.stopped.map(Stopped::word),
    })
}

fn survivor(judged: &Judged) -> Value {
    let request = match &judged.verdict {
        Verdict::Survived(Noticing::By(request)) => Some(Value::Object(request.clone())),
        _ => None,
    };
    let at = judged.at.as_ref().map(|at| json!({"path": at.path, "line": at.line, "column": at.column}));
    json!({
        "file": judged.file, "line": judged.line, "at": at, "kind": judged.kind, "text": judged.text,
        "becomes": judged.becomes, "other": judged.other, "request": request,
    })
}
