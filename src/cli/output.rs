//! Standard output and error: buffered, coloured only for people, indifferent to who reads.

use super::Failure;
use super::given::Opened;
use super::status::{self, Aside};
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::diagnostics;
use crate::report::paint::{Paint, Tone, clean};
use crate::source::SourceMap;
use crate::text::plural;
use anstream::{AutoStream, ColorChoice};
use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use terminal_size::{Height, Width, terminal_size_of};

/// The options of all verbs.
#[derive(clap::Args)]
#[command(next_help_heading = "Output options")]
pub(super) struct OutputArgs {
    /// When to use colour; `auto` is on a terminal, and heeds NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    color: Colour,

    /// Print no notes; `test`, `verify`, `check` and `lint` print only what fails, and the summary
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// How results are printed, by verbs that have these two forms and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OutputFormat {
    /// Human-readable text
    Text,
    /// JSON
    Json,
}

/// Where results and remarks go.
pub(super) struct Streams {
    /// Results.
    pub out: BufWriter<Box<dyn Write>>,
    /// All else.
    error: RefCell<Box<dyn Write>>,
    /// How results are painted.
    pub paint: Paint,
    /// How remarks are painted.
    pub error_paint: Paint,
    /// Whether only what fails is of interest.
    pub quiet: bool,
    /// Whether they are the process's own.
    pub is_own: bool,
}

impl Streams {
    /// The process's own; `NO_COLOR` and its kin are honoured.
    pub(super) fn new() -> Streams {
        let paint = |choice, width: Option<(Width, Height)>| Paint {
            colour: choice != ColorChoice::Never,
            width: width.map(|(Width(columns), _)| columns.into()),
        };
        Streams {
            paint: paint(AutoStream::choice(&io::stdout()), terminal_size_of(io::stdout())),
            error_paint: paint(AutoStream::choice(&io::stderr()), terminal_size_of(io::stderr())),
            is_own: true,
            ..Streams::to(Box::new(Aside(io::stdout().lock())), Box::new(io::stderr()))
        }
    }

    /// To anywhere else, without colour.
    pub(super) fn to(out: Box<dyn Write>, error: Box<dyn Write>) -> Streams {
        let plain = Paint::default();
        let out = BufWriter::with_capacity(1 << 16, out);
        Streams { out, error: RefCell::new(error), paint: plain, error_paint: plain, quiet: false, is_own: false }
    }

    /// Heeds the command line's options.
    pub(super) fn heed(&mut self, options: &OutputArgs) {
        for paint in [&mut self.paint, &mut self.error_paint] {
            match options.color {
                Colour::Auto => {}
                Colour::Always => paint.colour = true,
                Colour::Never => paint.colour = false,
            }
        }
        self.quiet = options.quiet;
    }

    /// A result as JSON, for programs, and legible all the same.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.out, value)?;
        writeln!(self.out)?;
        Ok(())
    }

    /// Says something on standard error. Nobody listening is no error.
    fn say(&self, text: &str) {
        let _aside = self.is_own.then(status::aside);
        let _ = self.error.borrow_mut().write_all(text.as_bytes());
    }

    /// What the command line's own parser says, of a mistake or of how to use it.
    pub(super) fn usage(&mut self, text: &str, wrong: bool) {
        if wrong {
            self.say(text);
        } else {
            let _ = self.out.write_all(text.as_bytes());
        }
    }

    /// An error: the command ends.
    pub(super) fn error(&self, words: &str) {
        self.say(&format!("{} {}\n", self.error_paint.tone(Tone::Bad, "error:"), words.trim_end()));
    }

    /// A remark.
    pub(super) fn note(&self, words: &str) {
        if self.quiet {
            return;
        }
        self.say(&format!("{} {}\n", self.error_paint.tone(Tone::Key, "note:"), words.trim_end()));
    }

    /// What would be a result, where standard output is for something else.
    pub(super) fn aside(&self, text: &str) {
        self.say(text);
    }

    /// Diagnostics in full.
    pub(super) fn diagnostics(&self, found: &[Diagnostic], sources: &SourceMap) {
        self.say(&diagnostics::text(found, sources, self.error_paint));
    }

    /// A configuration that httpd would not start with: everything that is wrong with it, and where httpd stops.
    pub(super) fn refused(&self, opened: &Opened) {
        self.diagnostics(&opened.diagnostics, &opened.sources);
        let place = match opened.refusal() {
            Some(d) if d.span.is_some() => format!(": it stops at {}", clean(opened.sources.place(d.span))),
            _ => String::new(),
        };
        self.error(&format!("httpd would refuse to start with this configuration{place}"));
    }

    /// What httpd would start with all the same: notes a line each, warnings by their number.
    pub(super) fn remarks(&self, found: &[Diagnostic], sources: &SourceMap) {
        for d in found.iter().filter(|d| d.severity == Severity::Note) {
            let place = if d.span.is_some() { format!("{}: ", clean(sources.place(d.span))) } else { String::new() };
            self.note(&format!("{place}{}", clean(&d.message)));
        }
        let warnings = found.iter().filter(|d| d.severity == Severity::Warning).count();
        if warnings > 0 {
            let them = if warnings == 1 { "it" } else { "them" };
            let warnings = plural(warnings, "warning");
            self.note(&format!("{warnings} about the configuration (`routesim check` shows {them})"));
        }
    }
}
