//! Colour, or none; and text that is safe on a terminal.

use anstyle::{AnsiColor, Effects, Style};
use std::fmt::Write;

/// What a piece of text is, which is what its colour tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A heading.
    Head,
    /// A success.
    Good,
    /// A refusal or error.
    Bad,
    /// A redirect, or what to mind.
    Warn,
    /// What decided.
    Key,
    /// A place, or what did not count.
    Dim,
    /// All else.
    Plain,
}

/// Paints pieces of text, or leaves them as they are.
///
/// ```
/// use routesim::report::explain::{Explained, Level, render};
/// use routesim::report::paint::Paint;
/// use routesim::{Request, Site};
///
/// let site = Site::builder("Redirect /old /new\n").build()?;
/// let run = site.start().expect("httpd starts");
/// let ask = Request::get("/old");
/// let (outcome, steps) = run.explain(&ask);
/// let explained = Explained::of(&site, &run, &ask, &outcome, &steps);
/// let page = |colour| render(&explained, Level::Brief, Paint { colour, ..Paint::default() });
/// assert!(page(false).starts_with("302 Found") && !page(false).contains('\x1b'));
/// assert!(page(true).contains('\x1b'));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Paint {
    /// Whether there is colour at all.
    pub colour: bool,
    /// The columns of the terminal; none where text goes to a file or a program: nothing is cut there, and lines are laid
    /// out for 80 columns.
    pub width: Option<usize>,
}

impl Paint {
    /// How wide a line may be: within 60 and 200 columns, however wide the terminal is.
    pub(crate) fn columns(self) -> usize {
        self.width.unwrap_or(80).clamp(60, 200)
    }

    /// `text` in at most `room` characters on a terminal, its middle left out; whole anywhere else.
    pub(crate) fn fit(self, text: &str, room: usize) -> String {
        if self.width.is_some() { fit(text, room) } else { text.into() }
    }

    /// `text` in that tone.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        if !self.colour || tone == Tone::Plain || text.is_empty() {
            return text.into();
        }
        let style = match tone {
            Tone::Head => Style::new().effects(Effects::BOLD),
            Tone::Good => AnsiColor::Green.on_default().effects(Effects::BOLD),
            Tone::Bad => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Tone::Warn => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
            Tone::Key => AnsiColor::Cyan.on_default().effects(Effects::BOLD),
            Tone::Dim => Style::new().effects(Effects::DIMMED),
            Tone::Plain => Style::new(),
        };
        format!("{style}{text}{style:#}")
    }

    /// The tone of a status.
    pub(crate) fn of_status(status: u16) -> Tone {
        match status {
            100..=299 => Tone::Good,
            300..=399 => Tone::Warn,
            _ => Tone::Bad,
        }
    }
}

/// Bytes as text that does nothing to a terminal: control characters are escaped, what is no UTF-8 becomes U+FFFD.
pub(crate) fn clean(bytes: impl AsRef<[u8]>) -> String {
    let text = String::from_utf8_lossy(bytes.as_ref());
    if !text.chars().any(harmful) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if harmful(c) => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Control characters, and those that turn the direction of what follows.
fn harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// As much of `text` as fits in `width` characters, its middle left out where it doesn't.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.into();
    }
    let keep = width.saturating_sub(3);
    let head = keep - keep / 3;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - keep / 3).collect();
    format!("{start}...{end}")
}

/// Breaks prose into lines of at most `width` characters, at spaces where there are any.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let chars = word.chars().count();
        if length > 0 && length + 1 + chars > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += chars;
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_tame_and_fits() {
        assert_eq!(clean(b"a\x1b[31m\tb\xff"), "a\\x1b[31m b\u{fffd}");
        assert_eq!(fit("/a/very/long/way/to/a/file.txt", 20).chars().count(), 20);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        let plain = Paint::default();
        assert_eq!(plain.tone(Tone::Bad, "x"), "x");
        assert!(Paint { colour: true, ..plain }.tone(Tone::Bad, "x").starts_with('\x1b'));
        assert_eq!((plain.columns(), plain.fit("abcdefgh", 5)), (80, "abcdefgh".into()));
        for (width, columns) in [(20, 60), (72, 72), (500, 200)] {
            let terminal = Paint { width: Some(width), ..plain };
            assert_eq!((terminal.columns(), terminal.fit("abcdefgh", 5)), (columns, "ab...".into()));
        }
    }
}
