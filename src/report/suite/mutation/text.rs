//! Mutants for people: how many were noticed, and those that were not, each with what would notice it.

use super::super::super::paint::{Paint, Tone, clean};
use super::{Judged, Mutation, Noticing, Verdict};
use crate::search::explore::Stopped;
use crate::suite::edits::{flow, scalar};
use serde_json::{Map, Value};
use std::fmt::Write;

/// The text; with `quiet`, the sum alone.
pub(crate) fn text(mutation: &Mutation, paint: Paint, quiet: bool) -> String {
    let (score, survived) = (mutation.score(), mutation.survived().count());
    let tone = if survived > 0 { Tone::Bad } else { Tone::Good };
    let mut sum = format!("mutants: {} of {} noticed ({:.1}%)", score.part, score.whole, score.short());
    let _ = write!(sum, ", {survived} survived");
    if mutation.equivalent() > 0 {
        let _ = write!(sum, "; {} can change nothing", mutation.equivalent());
    }
    let option = match mutation.stopped {
        Some(Stopped::Time) => "--timeout",
        Some(Stopped::Budget) => "--budget",
        Some(Stopped::Interrupted) => "interrupted",
        Some(Stopped::Limit) | None => "",
    };
    if mutation.untried() > 0 {
        let _ = write!(sum, "; {} not tried ({option})", mutation.untried());
    }
    if mutation.cut {
        sum.push_str("; stopped at the first that survived");
    }
    let mut out = format!("{}\n", paint.tone(tone, &sum));
    if !quiet {
        mutation.survived().for_each(|judged| survivor(&mut out, judged, paint));
    }
    out
}

fn survivor(out: &mut String, judged: &Judged, paint: Paint) {
    let place = match &judged.at {
        Some(at) => format!("{}:{}", at.path, at.line),
        None => format!("{}:{}", judged.file, judged.line),
    };
    let other = judged.other.as_ref().map(|other| match judged.kind {
        "swap" => format!(" with {other}"),
        _ => format!(" past {other}"),
    });
    let what = format!("{}{}", judged.kind, other.unwrap_or_default());
    let _ = writeln!(out, "\n{}  {}", paint.tone(Tone::Head, &clean(&place)), paint.tone(Tone::Key, &clean(&what)));
    let _ = writeln!(out, "  {}", paint.tone(Tone::Bad, &format!("- {}", line(&judged.text))));
    if let Some(becomes) = &judged.becomes {
        let _ = writeln!(out, "  {}", paint.tone(Tone::Good, &format!("+ {}", line(becomes))));
    }
    match &judged.verdict {
        Verdict::Survived(Noticing::Unsought) => {
            out.push_str("  what would notice it was not looked for to the end\n");
        }
        Verdict::Survived(Noticing::By(noticing)) => {
            out.push_str("  noticed by:\n");
            for line in request(noticing) {
                let _ = writeln!(out, "    {}", clean(&line));
            }
        }
        _ => out.push_str("  no request was found that notices it\n"),
    }
}

/// A line that goes on in the next, in one.
fn line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\\').trim()).collect();
    clean(lines.join(" "))
}

/// A request as a scenario has it, line by line.
pub(crate) fn request(request: &Map<String, Value>) -> Vec<String> {
    let written = |value: &Value| match value {
        Value::Object(_) | Value::Array(_) => flow(value),
        _ => scalar(value),
    };
    let lines = request.iter().map(|(key, value)| format!("{key}: {}", written(value)));
    lines.enumerate().map(|(number, line)| format!("{}{line}", if number == 0 { "- " } else { "  " })).collect()
}
