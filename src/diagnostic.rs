//! What is wrong with a text, where, and what to do about it.

use crate::source::Span;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// httpd refuses to start (or, in an .htaccess file, answers 500).
    Error,
    /// httpd starts and says so in its log.
    Warning,
    /// Worth knowing.
    Note,
}

/// One finding about a configuration or another input text.
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
}

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
