//! What searches find, for people, programs and suites.

use crate::outcome::Outcome;
use crate::outcome::json::{self, Key, Texts, Told};
use crate::report::paint::{Paint, Tone, clean};
use crate::search::compare::{Difference, Kind};
use crate::search::explore::Stopped;
use crate::search::open::{Dead, Open};
use crate::source::{SourceMap, Span};
use crate::suite::RequestSpec;
use crate::suite::edits::flow;
use crate::suite::worth;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// How many undecided lines are named to people.
const OPEN: usize = 8;

/// An outcome with its usual keys.
pub(crate) fn outcome(outcome: &Outcome, sources: &SourceMap) -> Value {
    serde_json::to_value(Told { outcome, keys: Key::USUAL, texts: &Texts::new(sources) }).unwrap_or_default()
}

pub(crate) use crate::search::line::{answer, command, quoted};

/// A result for people: the request, the answer, and the lines that decided.
///
/// # Errors
/// Those of the writer.
pub(crate) fn result(
    out: &mut impl Write,
    spec: &RequestSpec,
    outcome: &Outcome,
    sources: &SourceMap,
    paint: Paint,
) -> io::Result<()> {
    writeln!(out, "{}", paint.tone(Tone::Key, &clean(command(spec))))?;
    writeln!(out, "  {}", clean(answer(outcome)))?;
    let mut places: Vec<String> = Vec::new();
    for decision in outcome.decided_by.iter().filter(|d| d.span.is_some()) {
        let text =
            format!("{}  {}", sources.place(decision.span), crate::source::directive_text(sources, decision.span));
        if !places.contains(&text) {
            places.push(text);
        }
    }
    for place in places {
        writeln!(out, "  {}", clean(&place))?;
    }
    for caveat in &outcome.caveats {
        writeln!(out, "  not certain: {}", clean(&caveat.why))?;
    }
    writeln!(out)
}

/// A request with today's answer as its expectation, for a suite.
///
/// # Errors
/// Those of the writer.
pub(crate) fn yaml(out: &mut impl Write, spec: &RequestSpec, outcome: &Outcome, sources: &SourceMap) -> io::Result<()> {
    writeln!(out, "- {}", flow(&pasted(spec, outcome, sources)))
}

/// A request with today's answer as its expectation; without one where the answer is not certain.
pub(crate) fn pasted(spec: &RequestSpec, outcome: &Outcome, sources: &SourceMap) -> Value {
    let mut all = spec.written();
    if outcome.caveats.is_empty() {
        all.insert("expect".into(), worth(&json::outcome(outcome, sources)).into());
    }
    all.into()
}

/// How a search ended, in a sentence, and what it could not decide.
pub(crate) fn ended(
    found: usize,
    asked: usize,
    stopped: Option<Stopped>,
    open: &[Open],
    sources: &SourceMap,
) -> String {
    let requests = crate::text::plural(asked, "request");
    let mut text = match (found, stopped, open.is_empty()) {
        (0, None, true) => {
            format!("there is none: every pattern was decided both ways, or can't be ({requests} tried)")
        }
        (0, ..) => format!("none found; {requests} tried"),
        (_, None, true) => format!("{found} found, and there are no more of another kind ({requests} tried)"),
        _ => format!("{found} found; {requests} tried"),
    };
    text.push_str(match stopped {
        Some(Stopped::Budget) => ", as many as --budget allows",
        Some(Stopped::Time) => ", until --timeout ended it",
        Some(Stopped::Interrupted) => ", until it was interrupted",
        Some(Stopped::Limit) => "; --limit N shows more",
        None => "",
    });
    if stopped.is_none() && !open.is_empty() {
        text.push_str("; it is not known of all requests:");
        for open in open.iter().take(OPEN) {
            let line = match open.line.is_some() {
                true => {
                    format!("{}  {}: ", sources.place(open.line), crate::source::directive_text(sources, open.line))
                }
                false => String::new(),
            };
            text.push_str(&format!("\n  {}", clean(format!("{line}{}", open.why))));
        }
        if open.len() > OPEN {
            text.push_str(&format!("\n  and {} more", open.len() - OPEN));
        }
    }
    text
}

/// Places as JSON.
pub(crate) fn places(spans: &[Span], sources: &SourceMap) -> Value {
    json!(spans.iter().map(|span| Value::Object(place(*span, sources))).collect::<Vec<_>>())
}

/// A line as JSON: its text and its place.
pub(crate) fn place(span: Span, sources: &SourceMap) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert(
        "directive".into(),
        if span.is_some() { crate::source::directive_text(sources, span).into() } else { Value::Null },
    );
    json::place(&mut map, sources, span);
    map
}

/// A difference for people.
///
/// # Errors
/// Those of the writer.
pub(crate) fn difference(
    out: &mut impl Write,
    found: &Difference,
    sources: [&SourceMap; 2],
    paint: Paint,
) -> io::Result<()> {
    let spec = found.ask.spec();
    let tone = if found.kind == Kind::Opened { Tone::Bad } else { Tone::Key };
    let more = match found.count {
        1 => String::new(),
        n => format!(" (and {} like it)", n - 1),
    };
    writeln!(out, "{}: {}{more}", paint.tone(tone, found.kind.words()), clean(command(&spec)))?;
    for (name, outcome, lines, sources) in
        [("before", &found.before, &found.cause[0], sources[0]), ("after", &found.after, &found.cause[1], sources[1])]
    {
        writeln!(out, "  {name:6}  {}", clean(answer(outcome)))?;
        for line in lines {
            let text = crate::source::directive_text(sources, *line);
            writeln!(out, "          {}  {}", clean(sources.place(*line)), clean(&text))?;
        }
    }
    writeln!(out)
}

/// A line that never decides, for people.
///
/// # Errors
/// Those of the writer.
pub(crate) fn dead(out: &mut impl Write, line: &Dead, sources: &SourceMap, paint: Paint) -> io::Result<()> {
    let text = crate::source::directive_text(sources, line.line);
    let how = match (line.reached, line.proved) {
        (true, _) => "reached, but never decides",
        (false, true) => "no request can reach it",
        (false, false) => "not reached by any request tried",
    };
    writeln!(out, "{}  {}", paint.tone(Tone::Key, &clean(sources.place(line.line))), clean(&text))?;
    writeln!(out, "  {how}")?;
    for by in &line.blocked_by {
        let text = crate::source::directive_text(sources, *by);
        writeln!(out, "  blocked by {}  {}", clean(sources.place(*by)), clean(&text))?;
    }
    if line.would_differ == Some(true) {
        writeln!(out, "  it would answer otherwise than what blocks it")?;
    }
    Ok(())
}
