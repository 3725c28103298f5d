//! Outcomes, traces and diagnostics as JSON: the keys that scenarios, tools and recorded answers agree on.

use super::told::{Key, Texts, Told};
use super::words;
use crate::diagnostic::{Diagnostic, Severity};
use crate::outcome::Outcome;
use crate::outcome::step::{Change, Judgement, Step, Winner};
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};
use serde_json::{Map, Value, json};

/// An outcome, its keys in their fixed order. Bytes that are no UTF-8 become U+FFFD, one for each maximal sequence.
pub fn outcome(outcome: &Outcome, sources: &SourceMap) -> Value {
    let told = Told { outcome, keys: &Key::ALL, texts: &Texts::new(sources) };
    serde_json::to_value(told).unwrap_or_default()
}

/// An outcome with one more key, `trace`.
pub fn explained(result: &Outcome, steps: &[Step], sources: &SourceMap) -> Value {
    let mut value = outcome(result, sources);
    if let Value::Object(map) = &mut value {
        map.insert("trace".into(), trace(steps, sources));
    }
    value
}

/// A tree of steps, the same shape for what matched and what did not.
pub fn trace(steps: &[Step], sources: &SourceMap) -> Value {
    steps.iter().map(|s| step(s, sources)).collect()
}

fn step(step: &Step, sources: &SourceMap) -> Value {
    let (file, line) = place(sources, step.rule.unwrap_or(Span::NONE));
    json!({
        "phase": step.phase.name(),
        "module": step.by.name(),
        "directive": step.rule.map(|s| sources.directive_name(s)),
        "file": file,
        "line": line,
        "matched": step.matched(),
        "verdict": verdict(step.judgement, sources),
        "why": words::why(step, sources),
        "effect": words::effect(step, sources),
        "changes": step.changes.iter().map(change).collect::<Value>(),
        "children": trace(&step.children, sources),
    })
}

/// How a step went: a word, and the places that made it so.
fn verdict(judgement: Judgement, sources: &SourceMap) -> Value {
    let mut map = Map::new();
    map.insert("word".into(), judgement.word().into());
    let by = match judgement {
        Judgement::Shadowed(Winner::Rule(line)) => Some(line),
        Judgement::Overridden(line) => line,
        _ => None,
    };
    let place = |span: Span| {
        let (file, line) = place(sources, span);
        json!({"directive": sources.directive_name(span), "file": file, "line": line})
    };
    map.insert("places".into(), by.into_iter().map(place).collect());
    match judgement {
        Judgement::Shadowed(Winner::Module(module)) => drop(map.insert("module".into(), module.into())),
        Judgement::Ended(status) => drop(map.insert("status".into(), status.into())),
        _ => {}
    }
    map.into()
}

fn change(change: &Change) -> Value {
    let text = |text: &Option<BString>| text.as_ref().map(|t| t.to_str_lossy().into_owned());
    json!({
        "field": change.field.name(),
        "name": text(&change.name),
        "from": text(&change.from),
        "to": text(&change.to),
    })
}

/// What stands in place of an outcome where httpd would refuse to start: the error that it names.
pub fn config_error(error: &Diagnostic, sources: &SourceMap) -> Value {
    // of what it finds once all is read httpd names no place
    let (file, line) = error.span.is_some().then(|| place(sources, error.span)).unzip();
    json!({"config_error": {"file": file, "line": line, "message": error.message}})
}

/// Diagnostics, as a list.
pub fn diagnostics(found: &[Diagnostic], sources: &SourceMap) -> Value {
    found.iter().map(|d| diagnostic(d, sources)).collect()
}

fn diagnostic(d: &Diagnostic, sources: &SourceMap) -> Value {
    let (file, line) = place(sources, d.span);
    let column = d.span.is_some().then(|| sources.file(d.span.file).line_column(d.span.start).1);
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut map = Map::new();
    map.insert("severity".into(), severity.into());
    map.insert("code".into(), d.code.into());
    map.insert("message".into(), d.message.clone().into());
    map.insert("file".into(), file);
    map.insert("line".into(), line);
    map.insert("column".into(), json!(column));
    map.insert("help".into(), json!(d.help));
    map.insert("first".into(), d.first.into());
    map.into()
}

/// File and line; both null for what stands in no file.
fn place(sources: &SourceMap, span: Span) -> (Value, Value) {
    if !span.is_some() {
        return (Value::Null, Value::Null);
    }
    (sources.file(span.file).name.clone().into(), span.line.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Decision;
    use crate::phase::Phase;

    #[test]
    fn keys_in_order_and_names_from_the_text() {
        let sources = SourceMap::default();
        let file = sources.add("config", "  <Location />\n  WSGIDaemonProcess x \\\n    y\n");
        let span = Span { file, line: 3, start: 17, end: 42 };
        let o = Outcome {
            file: Some(BString::from(&b"/a\xff\xfeb\xe2\x82"[..])),
            decided_by: vec![Decision { phase: Phase::Handler, span }],
            ..Outcome::default()
        };
        let value = outcome(&o, &sources);
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        let wanted = "url method status handler file path_info script_name location vhost access user log wsgi \
                      decided_by caveats";
        assert_eq!(keys, wanted.split_whitespace().collect::<Vec<_>>());
        assert_eq!(value["file"], "/a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(
            value["decided_by"],
            json!([{"phase": "handler", "directive": "WSGIDaemonProcess", "file": "config", "line": 3}])
        );
        assert_eq!(sources.directive_name(Span { file, line: 1, start: 0, end: 14 }), "Location");
    }
}
