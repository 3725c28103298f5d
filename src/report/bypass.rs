//! Ways past a refusal, for people.

use super::paint::{Paint, Tone, clean};
use super::search::{answer, command};
use crate::search::denial::{Denial, No};
use crate::search::explore::Stopped;
use crate::search::hunt::Found;
use crate::source::directive_text;
use crate::source::{SourceMap, Span};
use crate::text::plural;
use std::io::{self, Write};

/// What is refused, and by which lines.
///
/// # Errors
/// Those of the writer.
pub(crate) fn denial(out: &mut impl Write, denial: &Denial, sources: &SourceMap, paint: Paint) -> io::Result<()> {
    writeln!(out, "{}", paint.tone(Tone::Key, &clean(command(&denial.ask.spec()))))?;
    writeln!(out, "  refused: {}", clean(answer(&denial.outcome)))?;
    places(out, &denial.lines, sources, "    ")?;
    writeln!(out, "  behind it: {}", clean(answer(&denial.meant)))
}

fn places(out: &mut impl Write, lines: &[Span], sources: &SourceMap, indent: &str) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{indent}{}  {}", clean(sources.place(*line)), clean(directive_text(sources, *line)))?;
    }
    Ok(())
}

/// A request that gets it all the same.
///
/// # Errors
/// Those of the writer.
pub(crate) fn result(out: &mut impl Write, found: &Found, sources: &SourceMap, paint: Paint) -> io::Result<()> {
    let (word, tone) = match found.proved {
        true => (found.by.word().to_string(), Tone::Bad),
        false => (format!("{}, perhaps", found.by.word()), Tone::Warn),
    };
    writeln!(out, "  {}: {}", paint.tone(tone, &word), clean(command(&found.ask.spec())))?;
    writeln!(out, "    {}", clean(answer(&found.outcome)))?;
    if !found.proved {
        writeln!(out, "    a back-end that reads paths more loosely than httpd may take it for the refused one")?;
    }
    for line in &found.missed {
        writeln!(out, "    not stopped by {}  {}", clean(sources.place(*line)), clean(directive_text(sources, *line)))?;
    }
    Ok(())
}

/// The last line.
///
/// # Errors
/// Those of the writer.
pub(crate) fn last(
    out: &mut impl Write,
    found: usize,
    proved: usize,
    refusals: usize,
    asked: usize,
    stopped: Option<Stopped>,
    paint: Paint,
) -> io::Result<()> {
    let of = if refusals == 1 { String::new() } else { format!(", for {}", plural(refusals, "refused request")) };
    let ways = |n: usize| plural(n, "way");
    let (words, tone) = match (found, proved) {
        (0, _) if refusals == 0 => (format!("no request is refused in {} tried", plural(asked, "request")), Tone::Good),
        (0, _) => (format!("no way past found in {}{of}", plural(asked, "request")), Tone::Good),
        (found, 0) => (format!("{} that may get past{of}", ways(found)), Tone::Warn),
        (found, proved) if found == proved => (format!("{} past{of}", ways(proved)), Tone::Bad),
        (found, proved) => (format!("{} past, and {} to look at{of}", ways(proved), found - proved), Tone::Bad),
    };
    let end = match stopped {
        Some(Stopped::Time) => " (the time is over: --timeout)",
        Some(Stopped::Budget) => " (--budget is used up)",
        Some(Stopped::Interrupted) => " (interrupted)",
        Some(Stopped::Limit) => " (--limit)",
        None => "",
    };
    writeln!(out, "{}{end}", paint.tone(tone, &words))
}

/// A request that nothing is kept back from.
///
/// # Errors
/// Those of the writer.
pub(crate) fn no_case(
    out: &mut impl Write,
    no: &No,
    sources: &SourceMap,
    silent: bool,
    paint: Paint,
) -> io::Result<()> {
    if silent {
        return Ok(());
    }
    match no {
        No::NotRefused(outcome) => {
            writeln!(out, "{} {}", paint.tone(Tone::Key, "not refused:"), clean(answer(outcome)))
        }
        No::Nothing(outcome, lines) => {
            places(out, lines, sources, "")?;
            writeln!(out, "{} {}", paint.tone(Tone::Key, "without these lines:"), clean(answer(outcome)))
        }
        No::Unknown(outcome) => writeln!(out, "{} {}", paint.tone(Tone::Key, "refused:"), clean(answer(outcome))),
    }
}

/// Why there is nothing to look for.
pub(crate) fn why(no: &No) -> Option<&'static str> {
    match no {
        No::NotRefused(_) => Some("it is not refused: there is nothing to get past"),
        No::Nothing(..) => Some("nothing is behind it that could be got another way"),
        No::Unknown(_) => Some("no line refuses it: it is not there, or not readable"),
    }
}
