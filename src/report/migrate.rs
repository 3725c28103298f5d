//! What becomes of a configuration of httpd 2.2, for people and programs.

use super::paint::{Paint, Tone, clean};
use super::{plural, unified};
use crate::migrate::{Done, Migrated, Step};
use serde_json::{Value, json};
use std::fmt::Write;

/// What was done and what was left, as programs read it. Places are of the texts as they were.
pub(crate) fn json(migrated: &Migrated) -> Value {
    let step = |step: &Step| {
        let (done, lines, why) = match &step.done {
            Done::Changed(lines) => ("changed", lines.clone(), Value::Null),
            Done::Gone(why) => ("removed", Vec::new(), why.as_str().into()),
            Done::Left(why) => ("left", Vec::new(), why.as_str().into()),
        };
        json!({"file": step.file, "line": step.line, "was": step.what, "done": done, "lines": lines, "why": why})
    };
    let asked = migrated.asked.as_ref().map(|asked| {
        json!({
            "requests": asked.requests,
            "complete": asked.stopped.is_none() && asked.open == 0,
            "stopped": asked.stopped.map(|stopped| stopped.word()),
        })
    });
    let files = migrated.texts.texts().map(|text| Value::from(text.shown.as_str()));
    json!({
        "steps": migrated.steps.iter().map(step).collect::<Vec<_>>(),
        "held": asked,
        "files": files.collect::<Vec<_>>(),
        "diff": unified::texts(&migrated.texts),
    })
}

/// What was left, and why; and of how many requests the answers were held the same. Lines for people, without what the diff
/// shows.
pub(crate) fn remarks(migrated: &Migrated, paint: Paint) -> String {
    let mut out = String::new();
    for step in &migrated.steps {
        if let Done::Left(why) = &step.done {
            let left = paint.tone(Tone::Warn, "left");
            let _ = writeln!(out, "{left}: {}  {}\n  {}", clean(&step.place), clean(&step.what), clean(why));
        }
    }
    let count = |is: fn(&Done) -> bool| migrated.steps.iter().filter(|step| is(&step.done)).count();
    let (changed, gone) = (count(|d| matches!(d, Done::Changed(_))), count(|d| matches!(d, Done::Gone(_))));
    let left = count(|d| matches!(d, Done::Left(_)));
    let _ = writeln!(
        out,
        "{}, {gone} removed, {left} left",
        paint.tone(Tone::Key, &format!("{} written for 2.4", plural(changed, "place")))
    );
    let held = match &migrated.asked {
        Some(asked) if asked.requests > 0 => {
            let requests = plural(asked.requests, "request");
            match asked.stopped {
                Some(_) => format!("of {requests}, all there was time for, every answer is the same but for the log"),
                None => format!("of {requests} every answer is the same but for the log"),
            }
        }
        Some(_) => "no access rule was changed".into(),
        None => "httpd 2.4 would not start: access rules were left".into(),
    };
    let _ = writeln!(out, "{held}");
    out
}
