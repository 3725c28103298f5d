//! What `repair` found.

use super::paint::{Paint, Tone, clean};
use super::{causes, directive_text, json as told, plural, unified};
use crate::outcome::json;
use crate::repair::{Change, Found, Others, Repair, Stopped};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};
use std::fmt::Write;

/// How many of the other requests are shown.
const EXAMPLES: usize = 3;

/// One that was found, as programs read it. `sources` are the texts as they are.
pub(crate) fn value(repair: &Repair, others: &Others, sources: &SourceMap, before: &SourceMap) -> Value {
    let example = |(n, after): &(usize, crate::Outcome)| {
        let (spec, was) = others.get(*n)?;
        let (before, after) = (json::outcome(was, before), json::outcome(after, &repair.sources));
        Some(json!({"request": spec.written(), "before": before, "after": after}))
    };
    json!({
        "kind": kind(repair),
        "what": words(repair),
        "edits": told::edits(&repair.edits, sources),
        "diff": unified::diff(sources, &repair.edits),
        "outcome": json::outcome(&repair.outcome, &repair.sources),
        "also_changes": repair.also.len(),
        "examples": repair.also.iter().take(EXAMPLES).filter_map(example).collect::<Vec<_>>(),
    })
}

/// What came of the search, as programs read it.
pub(crate) fn summary(found: &Found, shown: usize, others: &Others, sources: &SourceMap) -> Value {
    let closed = found.closed.filter(|_| found.withheld > 0).map(|line| {
        let file = sources.file(line.file);
        json!({"directive": sources.directive_name(line), "file": file.name, "line": line.line})
    });
    let stopped = match found.stopped {
        _ if shown < found.repairs.len() => Some("limit"),
        Some(Stopped::Limit) => Some("limit"),
        Some(Stopped::Budget) => Some("budget"),
        Some(Stopped::Time) => Some("time"),
        Some(Stopped::Interrupted) => Some("interrupted"),
        None => None,
    };
    json!({
        "found": shown,
        "tried": found.tried,
        "asked": others.len(),
        "withheld": found.withheld,
        "closed": closed,
        "stopped": stopped,
    })
}

/// The word for what is done; `several` for more than one thing.
fn kind(repair: &Repair) -> &'static str {
    match repair.steps.as_slice() {
        [one] => one.change.kind(),
        _ => "several",
    }
}

/// What is done.
fn words(repair: &Repair) -> String {
    let step = |step: &crate::repair::Step| {
        let name = |span: Span| step.place(span);
        match &step.change {
            Change::Remove { line } => format!("remove `{}` ({})", directive_text(&step.sources, *line), name(*line)),
            Change::Replace { old, new } => {
                format!("change `{}` ({}) to `{}`", directive_text(&step.sources, *old), name(*old), new.trim())
            }
            change => causes::change(change, &step.sources, &name),
        }
    };
    repair.steps.iter().map(step).collect::<Vec<_>>().join(", and ")
}

/// What was found, for people.
pub(crate) fn text(found: &Found, shown: usize, others: &Others, sources: &SourceMap, paint: Paint) -> String {
    let mut out = String::new();
    for (n, repair) in found.repairs.iter().take(shown).enumerate() {
        let number = format!("{}.", n + 1);
        let _ = writeln!(out, "{} {}", paint.tone(Tone::Key, &number), clean(words(repair)));
        let _ = writeln!(out, "   {} {}", paint.tone(Tone::Dim, "gives"), clean(causes::given(&repair.outcome)));
        let asked = plural(others.len(), "other request");
        let also = match repair.also.len() {
            0 => format!("none of {asked} tried"),
            n => format!("{n} of {asked} tried"),
        };
        let _ = writeln!(out, "   {} {also}", paint.tone(Tone::Dim, "also changes"));
        for (n, after) in repair.also.iter().take(EXAMPLES) {
            if let Some((spec, before)) = others.get(*n) {
                let (before, after) = (causes::given(before), causes::given(after));
                let _ = writeln!(
                    out,
                    "     {} {}: {}, then {}",
                    clean(&spec.method),
                    clean(&spec.url),
                    clean(before),
                    clean(after)
                );
            }
        }
        if !repair.outcome.caveats.is_empty() {
            let _ = writeln!(out, "   not certain: {}", clean(&repair.outcome.caveats[0].why));
        }
        out.push_str(&unified::painted(&unified::diff(sources, &repair.edits), "   ", paint));
        out.push('\n');
    }
    if found.repairs.is_empty() {
        let tried = plural(found.tried, "change");
        let (words, end) = match found.stopped {
            Some(Stopped::Time) => ("no change that gives that answer was found", ", until --timeout ended it"),
            Some(Stopped::Interrupted) => ("no change that gives that answer was found", ", until it was interrupted"),
            Some(Stopped::Budget) => ("no change that gives that answer was found", ", as many as there may be"),
            _ => ("no small change gives that answer", ""),
        };
        let _ = writeln!(out, "{}: {tried} tried{end}", paint.tone(Tone::Bad, words));
    } else if shown < found.repairs.len() {
        let _ = writeln!(out, "{} more (--limit)", found.repairs.len() - shown);
    }
    if found.withheld > 0 {
        let by = match found.closed {
            Some(line) => format!("`{}` ({})", directive_text(sources, line), clean(sources.place(line))),
            None => "its name: what visitors are never to have".into(),
        };
        let _ = writeln!(
            out,
            "not offered: {} that would open what is closed on purpose, by {by}",
            plural(found.withheld, "change")
        );
    }
    out
}
