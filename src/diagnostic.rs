//! What is wrong with a text, where, and what to do about it.

use crate::limits::FINDINGS;
use crate::source::Span;
use crate::vfs::Errno;
use serde::Serialize;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// How grave a [`Diagnostic`] is.
///
/// ```
/// use routesim::Site;
/// use routesim::diagnostic::Severity;
///
/// let site = Site::builder("Alias /a /x\nAlias /a/b /y\n").build()?;
/// let worst = site.diagnostics().iter().map(|found| found.severity).min();
/// assert_eq!(worst, Some(Severity::Warning));
/// assert!(Severity::Error < Severity::Warning, "the worst is the least");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// httpd refuses to start (or, in an .htaccess file, answers 500).
    Error,
    /// httpd starts and says so in its log.
    Warning,
    /// Worth knowing.
    Note,
}

/// When httpd stops.
///
/// ```
/// use routesim::Site;
/// use routesim::diagnostic::Stage;
///
/// let site = Site::builder("LoadModule ssl_module /etc/mime.types\nErrorLog syslog\n").build()?;
/// assert_eq!(site.machine()[0].machine, Some(Stage::Start), "without a Listen, `httpd -t` says Syntax OK");
/// # Ok::<(), routesim::vfs::Errno>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// `httpd -t` says so.
    ConfigTest,
    /// `httpd -t` says `Syntax OK`, and httpd does not start.
    Start,
}

/// One finding about a configuration or another input text.
///
/// ```
/// use routesim::Site;
///
/// let site = Site::builder("Alias /a /x\nAlias /a/b /y\n").build()?;
/// let found = &site.diagnostics()[0];
/// assert_eq!((found.code, site.sources().place(found.span).as_str()), ("AH00671", "config:2"));
/// let (earlier, label) = found.related.as_ref().expect("it names the other line");
/// assert_eq!((site.sources().place(*earlier).as_str(), label.as_str()), ("config:1", "the earlier Alias"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// A stable name: httpd's own code (`AH00526`) where it has one, else a word of ours (`unclosed-section`).
    pub code: &'static str,
    /// One lower-case sentence without a full stop; input stands in backticks.
    pub message: String,
    /// Where.
    pub span: Span,
    /// A second place with its label, where one helps (the section that is still open).
    pub related: Option<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
    /// The error at which httpd itself stops.
    pub first: bool,
    /// When httpd stops for something that is missing on the machine.
    pub machine: Option<Stage>,
    /// How many findings it stands for: one, unless it is the last of a long list.
    pub count: usize,
}

/// The severity, the message, and after a `;` what to do. (Its place needs the texts: [`crate::source::SourceMap::place`].)
///
/// ```
/// use routesim::Site;
///
/// let site = Site::builder("Alais /a /b\n").build()?;
/// let refused = site.start().err().expect("httpd refuses it");
/// assert!(refused.to_string().starts_with("error: Invalid command 'Alais'"));
/// assert!(refused.to_string().ends_with("; did you mean `Alias`?"));
/// # Ok::<(), routesim::vfs::Errno>(())
/// ```
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for Diagnostic {}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        })
    }
}

/// The code of a file that is not read.
pub(crate) const UNREAD: &str = "unread-file";

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            related: None,
            help: None,
            first: false,
            machine: None,
            count: 1,
        }
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message, span) }
    }

    /// A note at `span`.
    pub fn note(code: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic { severity: Severity::Note, ..Diagnostic::error(code, message, span) }
    }

    /// A file that routesim may not read, and httpd might.
    pub(crate) fn hidden(path: &str) -> Diagnostic {
        Diagnostic::error(UNREAD, Errno::Hidden.unread(path), Span::NONE)
    }

    /// The same with a help line.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with a second place.
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.related = Some((span, label.into()));
        self
    }
}

/// Findings as they are made: the first [`FINDINGS`] and the first error in full, of the others how many they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Diagnostic>,
    refused: bool,
    /// The last that was not kept.
    spare: Option<Diagnostic>,
    /// How many were not kept: notes, warnings, errors.
    more: [usize; 3],
}

impl Findings {
    /// Adds one; it can be completed in place.
    pub(crate) fn push(&mut self, d: Diagnostic) -> &mut Diagnostic {
        self.insert(self.kept.len(), d)
    }

    /// Adds one before the one of that number.
    pub(crate) fn insert(&mut self, at: usize, d: Diagnostic) -> &mut Diagnostic {
        let refuses = d.severity == Severity::Error && !self.refused;
        self.refused |= refuses;
        if self.is_full() && !refuses {
            self.more[rank(d.severity)] += 1;
            return self.spare.insert(d);
        }
        let at = at.min(self.kept.len());
        self.kept.insert(at, d);
        &mut self.kept[at]
    }

    /// Whether the next one is only counted, unless it is the first error.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= FINDINGS
    }

    /// All of them, those that were not kept as one each for errors, warnings and notes.
    pub(crate) fn all(self) -> Vec<Diagnostic> {
        let mut all = self.kept;
        for (severity, name) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")] {
            let count = self.more[rank(severity)];
            if count > 0 {
                let d = Diagnostic::error("more", listed(count, name), Span::NONE);
                all.push(Diagnostic { severity, count, ..d });
            }
        }
        all
    }
}

impl Extend<Diagnostic> for Findings {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, all: I) {
        for d in all {
            self.push(d);
        }
    }
}

impl Deref for Findings {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.kept
    }
}

impl DerefMut for Findings {
    fn deref_mut(&mut self) -> &mut [Diagnostic] {
        &mut self.kept
    }
}

fn listed(count: usize, name: &str) -> String {
    match count {
        1 => format!("1 more {name} is not listed"),
        _ => format!("{count} more {name}s are not listed"),
    }
}

fn rank(severity: Severity) -> usize {
    match severity {
        Severity::Note => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_ends_with_a_number() {
        let mut found = Findings::default();
        for _ in 0..FINDINGS + 5 {
            found.push(Diagnostic::warning("x", "y", Span::NONE));
        }
        found.push(Diagnostic::error("first", "y", Span::NONE)).help = Some("z".into());
        found.insert(0, Diagnostic::error("second", "y", Span::NONE)).help = Some("z".into());
        let all = found.all();
        assert_eq!((all.len(), all.iter().map(|d| d.count).sum::<usize>()), (FINDINGS + 3, FINDINGS + 7));
        let last = |n: usize| (all[FINDINGS + n].code, all[FINDINGS + n].message.as_str());
        assert_eq!(last(0), ("first", "y"));
        assert_eq!(last(1), ("more", "1 more error is not listed"));
        assert_eq!(last(2), ("more", "5 more warnings are not listed"));
    }
}
