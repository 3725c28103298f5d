//! What visitors get, for people.

use super::paint::{Paint, Tone, clean};
use super::search::command;
use super::thousands;
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::search::explore::Stopped;
use crate::search::kinds::Sensitive;
use crate::search::shown::How;
use crate::source::directive_text;
use crate::source::{SourceMap, Span};
use bstr::{BStr, BString, ByteSlice};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many files of a directory are named, of those that are of no kind.
const NAMED: usize = 3;

/// A file that a visitor gets.
pub(crate) struct File {
    /// Its path without links; a directory's ends with a slash.
    pub path: BString,
    /// How it is given.
    pub how: How,
    /// Its kind, where it is one to look at.
    pub kind: Option<Sensitive>,
    /// The request.
    pub ask: Ask,
}

/// The directory of a path, and the name in it.
fn split(path: &BStr) -> (&BStr, &BStr) {
    let bare = path.strip_suffix(b"/").unwrap_or(path);
    let at = bare.rfind_byte(b'/').map_or(0, |at| at + 1);
    (path[..at].as_bstr(), path[at..].as_bstr())
}

/// All of them: the kinds first, each by directory; then the rest, by directory. `known` are those that are meant.
///
/// # Errors
/// Those of the writer.
pub(crate) fn text(
    out: &mut impl Write,
    files: &[File],
    known: &dyn Fn(&File) -> bool,
    paint: Paint,
) -> io::Result<()> {
    let mut kinds: BTreeMap<Sensitive, Vec<&File>> = BTreeMap::new();
    let mut rest: BTreeMap<&BStr, Vec<&File>> = BTreeMap::new();
    for file in files {
        match file.kind.filter(|_| !known(file)) {
            Some(kind) => kinds.entry(kind).or_default().push(file),
            None => rest.entry(split(file.path.as_bstr()).0).or_default().push(file),
        }
    }
    for (kind, files) in &kinds {
        writeln!(out, "{}", paint.tone(Tone::Bad, kind.title()))?;
        let mut last = BStr::new("");
        for file in files {
            let (directory, name) = split(file.path.as_bstr());
            if directory != last {
                writeln!(out, "  {}", clean(directory))?;
                last = directory;
            }
            row(out, file, name)?;
        }
        writeln!(out)?;
    }
    if !rest.is_empty() {
        let title = if kinds.is_empty() { "served" } else { "also served" };
        writeln!(out, "{}", paint.tone(Tone::Key, title))?;
    }
    for (directory, files) in &rest {
        writeln!(out, "  {}", clean(directory))?;
        for file in files.iter().take(NAMED) {
            row(out, file, split(file.path.as_bstr()).1)?;
        }
        if files.len() > NAMED {
            writeln!(out, "    and {} more", files.len() - NAMED)?;
        }
    }
    if !rest.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn row(out: &mut impl Write, file: &File, name: &BStr) -> io::Result<()> {
    let how = match file.how {
        How::Static => "sent",
        How::Program => "run",
        How::Listing => "listed",
    };
    let name = clean(name);
    writeln!(out, "    {name:<28} {how:<6} {}", clean(command(&file.ask.spec())))
}

/// The last line, for a reviewer.
///
/// # Errors
/// Those of the writer.
pub(crate) fn last(
    out: &mut impl Write,
    total: usize,
    telling: usize,
    stopped: Option<Stopped>,
    paint: Paint,
) -> io::Result<()> {
    let files = if total == 1 { "1 file is served".into() } else { format!("{} files are served", thousands(total)) };
    let (words, tone) = match telling {
        0 if total == 0 => ("no file is served".to_string(), Tone::Good),
        0 => (format!("{files}, none of a kind that is seldom meant for visitors"), Tone::Good),
        n => (format!("{files}, {} of them should make you look", thousands(n)), Tone::Bad),
    };
    let end = match stopped {
        Some(Stopped::Time) => " (not all files were tried: the time is over)",
        Some(Stopped::Budget) => " (not all files were tried: --budget is used up)",
        Some(Stopped::Interrupted) => " (not all files were tried: interrupted)",
        Some(Stopped::Limit) => " (not all are shown: --limit)",
        None => "",
    };
    writeln!(out, "{}{end}", paint.tone(tone, &words))
}

/// The lines that made an answer what it is.
pub(crate) fn lines(outcome: &Outcome) -> Vec<Span> {
    let mut lines: Vec<Span> = outcome.decided_by.iter().map(|d| d.span).filter(Span::is_some).collect();
    let mut met = std::collections::HashSet::new();
    lines.retain(|line| met.insert(*line));
    lines
}

/// A file that is hidden, and by which lines.
///
/// # Errors
/// Those of the writer.
pub(crate) fn hidden(
    out: &mut impl Write,
    path: &BString,
    why: &[Span],
    sources: &SourceMap,
    paint: Paint,
) -> io::Result<()> {
    writeln!(out, "{} {}", paint.tone(Tone::Dim, "hidden"), clean(path))?;
    for line in why {
        writeln!(out, "    {}  {}", clean(sources.place(*line)), clean(directive_text(sources, *line)))?;
    }
    if why.is_empty() {
        writeln!(out, "    no URL leads to it")?;
    }
    Ok(())
}
