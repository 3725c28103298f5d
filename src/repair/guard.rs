//! What is closed on purpose, and stays so.

use crate::outcome::{Access, Outcome};
use crate::reason::{Case, Cause, What, is_secret};
use crate::source::Span;
use bstr::ByteSlice;

/// What no change may open.
pub(super) struct Guard<'c> {
    before: &'c Outcome,
    /// The line that refuses this very file or place.
    line: Option<Span>,
}

impl<'c> Guard<'c> {
    pub(super) fn of(case: &Case<'c>, causes: &[Cause]) -> Guard<'c> {
        let meant = causes.iter().find(|cause| matches!(cause.what, What::Denied { meant: true, .. }));
        let line = meant.and_then(|cause| cause.places.first().copied());
        let closes = |line: &Span| {
            let text = case.sources.text(*line).to_ascii_lowercase();
            let words: Vec<&[u8]> = text.fields().collect();
            let secret = case.file().is_some_and(|file| is_secret(file));
            secret || words == [&b"require"[..], b"all", b"denied"] || words == [&b"deny"[..], b"from", b"all"]
        };
        Guard { before: case.outcome, line: line.filter(closes) }
    }

    /// The line that says that it is closed.
    pub(super) fn line(&self) -> Option<Span> {
        self.line
    }

    /// Whether an answer opens what is to stay closed.
    pub(super) fn is_opened(&self, after: &Outcome) -> bool {
        let same = after.file == self.before.file;
        let refused = self.line.is_some() && self.before.access != Access::Granted;
        let let_in = after.access == Access::Granted || after.status < 400;
        let secret = |o: &Outcome| o.status < 300 && o.file.as_ref().is_some_and(|file| is_secret(file));
        refused && same && let_in || secret(after) && !secret(self.before)
    }
}
