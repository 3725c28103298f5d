//! Traces and diagnostics as JSON: the keys that tools agree on.

use super::{Explained, causes, words};
use crate::diagnostic::{Diagnostic, Severity, Stage};
use crate::follow::{Followed, Stopped};
use crate::outcome::Outcome;
use crate::outcome::json::{outcome, place};
use crate::outcome::step::{Change, Detail, Field, Judgement, Passed, Step, Winner};
use crate::repair::Suggestion;
use crate::site::Edit;
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};
use serde_json::{Map, Value, json};

/// An outcome with what explains it: its reasons, what nearly applied, httpd's own message, and the `trace`.
pub fn explained(explained: &Explained<'_>) -> Value {
    let case = &explained.case;
    let mut value = outcome(case.outcome, case.sources);
    if let Value::Object(map) = &mut value {
        let reasons =
            explained.causes().iter().map(|c| told(c.what.code(), causes::cause(c, case), &c.places, case.sources));
        map.insert("reason".into(), reasons.collect());
        let missed =
            explained.near().iter().map(|n| told(n.miss.code(), causes::near(n, case), &n.places, case.sources));
        map.insert("near".into(), missed.collect());
        let suggested = explained.suggestions.iter().map(|s| suggestion(s, case.sources));
        map.insert("suggestions".into(), suggested.collect());
        map.insert("env_lines".into(), env_lines(case.outcome, case.sources));
        map.insert("trace".into(), trace(case.steps, case.sources));
    }
    value
}

/// The lines that set variables of the environment, by the variables' names.
fn env_lines(outcome: &Outcome, sources: &SourceMap) -> Value {
    let lines = outcome.response.iter().flat_map(|response| &response.env_lines);
    lines
        .map(|(name, line)| (name.to_str_lossy().into_owned(), Value::from(named(*line, sources))))
        .collect::<Map<_, _>>()
        .into()
}

/// What `explained` has besides where redirects were followed: `hops`, the outcomes of the redirects in order, and `stopped`, why
/// the last one was not followed, if it is one.
pub(crate) fn hops(followed: &Followed, sources: &SourceMap) -> [(&'static str, Value); 2] {
    let before = &followed.hops[..followed.hops.len() - 1];
    let hops = before.iter().map(|hop| outcome(&hop.outcome, sources)).collect();
    [("hops", hops), ("stopped", json!(followed.stopped.map(Stopped::as_str)))]
}

/// A change that was tried: its edits, and the answer with them.
fn suggestion(suggestion: &Suggestion, sources: &SourceMap) -> Value {
    json!({
        "edits": edits(&suggestion.edits, sources),
        "outcome": outcome(&suggestion.outcome, &suggestion.sources),
    })
}

/// Edits of the texts of `sources`: lines and columns from 1, columns in characters.
pub(crate) fn edits(edits: &[Edit], sources: &SourceMap) -> Value {
    let edit = |edit: &Edit| {
        let source = sources.file(edit.file);
        let place = |offset: u32| {
            let (line, _) = source.line_column(offset);
            let before = &source.text[source.line_start(line) as usize..(offset as usize).min(source.text.len())];
            (line, before.chars().count() + 1)
        };
        let ((line, column), (end_line, end_column)) = (place(edit.range.start), place(edit.range.end));
        json!({
            "file": source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column,
            "text": edit.text.to_str_lossy(),
        })
    };
    edits.iter().map(edit).collect()
}

/// A reason or a near miss: a word, a sentence, and the lines.
fn told(code: &str, message: String, places: &[Span], sources: &SourceMap) -> Value {
    let places: Value = places.iter().map(|line| Value::from(named(*line, sources))).collect();
    json!({"code": code, "message": message, "places": places})
}

/// A tree of steps, the same shape for what matched and what did not.
pub fn trace(steps: &[Step], sources: &SourceMap) -> Value {
    steps.iter().map(|s| step(s, sources)).collect()
}

fn step(step: &Step, sources: &SourceMap) -> Value {
    let mut map = Map::new();
    map.insert("phase".into(), step.phase.name().into());
    map.insert("module".into(), step.by.name().into());
    map.insert("directive".into(), step.rule.map(|s| sources.directive_name(s)).into());
    place(&mut map, sources, step.rule.unwrap_or(Span::NONE));
    map.insert("matched".into(), step.matched().into());
    map.insert("verdict".into(), verdict(step.judgement, sources));
    map.insert("why".into(), words::why(step, sources).into());
    map.insert("effect".into(), words::effect(step, sources).into());
    map.insert("changes".into(), step.changes.iter().map(change).collect());
    map.insert("children".into(), trace(&step.children, sources));
    detail(&step.detail, sources, &mut map);
    map.into()
}

/// What only some steps have.
fn detail(detail: &Detail, sources: &SourceMap, map: &mut Map<String, Value>) {
    let mut put = |key: &str, value: Value| drop(map.insert(key.into(), value));
    match detail {
        Detail::RewriteCond(cond) => {
            put("value", cond.input.to_str_lossy().into());
            put("negated", cond.negated.into());
            put("or", cond.or_next.into());
        }
        Detail::RewriteRule(rule) => {
            put("value", rule.subject.to_str_lossy().into());
            put("pattern", rule.pattern.to_str_lossy().into());
            put("negated", rule.negated.into());
            put("failed", rule.failed.map(|line| named(line, sources)).into());
        }
        Detail::Redirected(redirected) => {
            put("rule", redirected.rule.map(|line| named(line, sources)).into());
            let variable = |v: &Passed| json!({"name": v.name.to_str_lossy(), "value": v.value.to_str_lossy(), "by": named(v.by, sources)});
            put("variables", redirected.variables.iter().map(variable).collect());
        }
        Detail::Loop(found) => {
            put("redirects", found.redirects.into());
            put("rules", found.rules.iter().map(|line| named(*line, sources)).collect());
        }
        _ => {}
    }
}

/// A directive with its place.
pub(crate) fn named(span: Span, sources: &SourceMap) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("directive".into(), sources.directive_name(span).into());
    place(&mut map, sources, span);
    map
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
    map.insert("places".into(), by.into_iter().map(|line| named(line, sources)).collect());
    match judgement {
        Judgement::Shadowed(Winner::Module(module)) => drop(map.insert("module".into(), module.into())),
        Judgement::Ended(status) => drop(map.insert("status".into(), status.into())),
        _ => {}
    }
    map.into()
}

fn change(change: &Change) -> Value {
    // what has a NUL in it can't be known
    let text =
        |text: &Option<BString>| text.as_ref().filter(|t| !t.contains(&0)).map(|t| t.to_str_lossy().into_owned());
    let mut told = json!({
        "field": change.field.name(),
        "name": text(&change.name),
        "from": text(&change.from),
        "to": text(&change.to),
    });
    if let Field::Header(table) = change.field {
        told["table"] = table.name().into();
    }
    told
}

/// Diagnostics, as a list.
pub fn diagnostics(found: &[Diagnostic], sources: &SourceMap) -> Value {
    found.iter().map(|d| diagnostic(d, sources)).collect()
}

fn diagnostic(d: &Diagnostic, sources: &SourceMap) -> Value {
    let column = d.span.is_some().then(|| sources.file(d.span.file).line_column(d.span.start).1);
    let mut map = Map::new();
    map.insert("severity".into(), json!(d.severity));
    map.insert("code".into(), d.code.into());
    map.insert("message".into(), d.message.clone().into());
    place(&mut map, sources, d.span);
    map.insert("column".into(), json!(column));
    map.insert("help".into(), json!(d.help));
    map.insert("first".into(), d.first.into());
    map.insert("machine".into(), d.machine.is_some().into());
    let stage = (d.severity == Severity::Error).then_some(d.machine.unwrap_or(Stage::ConfigTest));
    map.insert("stage".into(), json!(stage));
    map.into()
}
