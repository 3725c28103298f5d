//! Results for people.

use super::super::paint::{Paint, Tone, clean};
use super::super::plural;
use super::{Case, Checked, State, count};
use crate::source::SourceFile;
use crate::suite::Mismatch;
use serde_json::Value;
use std::fmt::Write;

/// A line for each scenario (with `quiet`, where something is wrong; with `verbose`, one for each request, too), the
/// failures in full, what was `skipped`, and a summary alone on the last line.
pub(crate) fn text(suite: &[Checked], skipped: Option<&str>, paint: Paint, quiet: bool, verbose: bool) -> String {
    let mut out = String::new();
    for s in suite.iter().filter(|s| !quiet || s.failed()) {
        scenario(&mut out, s, paint, verbose);
    }
    let count = count(suite);
    if count.broken > 0 {
        let _ = writeln!(out, "{} could not be run", plural(count.broken, "scenario"));
    }
    if let Some(skipped) = skipped {
        let _ = writeln!(out, "{}", paint.tone(Tone::Dim, skipped));
    }
    let tone = if count.failed + count.broken > 0 { Tone::Bad } else { Tone::Good };
    let mut sum = format!("{} passed, {} failed", count.passed, count.failed);
    for (number, what) in [(count.known, "known"), (count.skipped, "skipped")] {
        if number > 0 {
            let _ = write!(sum, ", {number} {what}");
        }
    }
    let _ = writeln!(out, "{}", paint.tone(tone, &sum));
    out
}

fn scenario(out: &mut String, s: &Checked, paint: Paint, verbose: bool) {
    let failed = s.cases.iter().any(Case::failed);
    let (word, tone) = match (&s.error, failed) {
        (Some(_), _) => ("error", Tone::Bad),
        (None, false) => ("ok   ", Tone::Good),
        _ => ("FAIL ", Tone::Bad),
    };
    let path = clean(&s.path);
    let room = paint.columns().saturating_sub(10 + path.chars().count());
    let name =
        if s.name.is_empty() || room < 12 { String::new() } else { format!("  {}", paint.fit(&clean(&s.name), room)) };
    let _ = writeln!(out, "{} {path}{}", paint.tone(tone, word), paint.tone(Tone::Dim, &name));
    if let Some(error) = &s.error {
        let _ = writeln!(out, "{}", error.text.trim_end());
    }
    for case in &s.cases {
        match &case.state {
            State::Failed => failure(out, &path, case, paint),
            State::Skipped(why) if verbose => line(out, case, Tone::Warn, &format!("skipped: {}", clean(why)), paint),
            State::Known if verbose => line(out, case, Tone::Warn, "known to differ", paint),
            State::Passed if verbose => {
                let micros = case.took.as_secs_f64() * 1e6;
                line(out, case, Tone::Good, &format!("ok, {micros:.0} µs"), paint);
            }
            _ => {}
        }
    }
}

fn line(out: &mut String, case: &Case, tone: Tone, said: &str, paint: Paint) {
    let _ = writeln!(out, "  {}  {}", clean(&case.title), paint.tone(tone, said));
}

fn failure(out: &mut String, path: &str, case: &Case, paint: Paint) {
    let place = format!("{path}:{}", case.line);
    let _ = writeln!(out, "  {}  {}", paint.tone(Tone::Head, &clean(&case.title)), paint.tone(Tone::Dim, &place));
    if let Some(asked) = &case.asked {
        let _ = writeln!(out, "    {}", clean(asked));
    }
    for m in &case.mismatches {
        let _ = writeln!(out, "    {path}:{}:{}: {}", m.line, m.column, paint.tone(Tone::Key, &m.key));
        let _ = writeln!(out, "      want {}", paint.tone(Tone::Good, &shown(&m.want)));
        let _ = writeln!(out, "      got  {}", paint.tone(Tone::Bad, &shown(&m.got)));
    }
    for line in &case.snippet {
        let _ = writeln!(out, "    {}", paint.tone(Tone::Dim, line));
    }
    for line in &case.followed {
        let _ = writeln!(out, "    {}", clean(line));
    }
    if !case.got.is_empty() {
        let _ = writeln!(out, "    answer: {}", clean(&case.got));
    }
    for d in &case.decided_by {
        let _ = writeln!(out, "    {}", paint.tone(Tone::Dim, &format!("decided by {}", clean(d))));
    }
    for c in &case.caveats {
        let _ = writeln!(out, "    {}", paint.tone(Tone::Warn, &format!("not certain: {}", clean(c))));
    }
    for row in &case.story {
        let _ = writeln!(out, "    {}{}", "  ".repeat(row.depth), paint.tone(row.tone, &clean(&row.text)));
    }
}

fn shown(value: &Value) -> String {
    clean(value.to_string())
}

/// How wide a line of a snippet is shown.
const WIDTH: usize = 110;

/// The lines of a scenario's text that expect what did not come, with marks below it; and the request's first line.
pub(crate) fn snippet(file: &SourceFile, request: u32, mismatches: &[Mismatch]) -> Vec<String> {
    let mut lines: Vec<u32> = mismatches.iter().map(|m| m.line).chain([request]).filter(|line| *line > 0).collect();
    lines.sort_unstable();
    lines.dedup();
    let width = lines.last().map_or(0, |line| line.to_string().len());
    let mut out = Vec::new();
    for number in lines {
        let text = file.line(number).to_string();
        out.push(clean(format!("{number:>width$} | {}", cut(&text))).to_string());
        let mut marks = String::new();
        let mut places: Vec<(usize, usize)> = Vec::new();
        for m in mismatches.iter().filter(|m| m.line == number) {
            let start = (m.column as usize).saturating_sub(1);
            let covered = String::from_utf8_lossy(file.covered(m.at.span))
                .lines()
                .next()
                .unwrap_or("")
                .trim_end()
                .chars()
                .count();
            places.push((start, covered.max(1)));
        }
        places.sort_unstable();
        for (start, length) in places.into_iter().filter(|(start, _)| *start < WIDTH) {
            let at = marks.chars().count();
            if start >= at {
                marks.push_str(&" ".repeat(start - at));
                marks.push_str(&"^".repeat(length.min(WIDTH - start)));
            }
        }
        if !marks.is_empty() {
            out.push(format!("{:>width$} | {marks}", ""));
        }
    }
    out
}

fn cut(text: &str) -> String {
    match text.chars().count() > WIDTH {
        true => text.chars().take(WIDTH - 3).chain("...".chars()).collect(),
        false => text.into(),
    }
}
