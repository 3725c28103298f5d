//! What a request may cost, subrequests and internal redirects included, as counts that are the same on any machine
//! (`limits.rs`). httpd has no such bounds: when one is reached, the answer is the one so far, with a caveat that names it and
//! the line that used it up.
//!
//! What is done for the reasons alone (which lines decided) has a purse of its own, and what is done for a trace none:
//! neither changes the answer.

use crate::limits;
use crate::pattern::{Steps, take};
use crate::source::Span;
use std::cell::Cell;

/// What there is a bound on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// [`limits::NESTING`]
    Nesting,
    /// [`limits::REQUESTS`]
    Requests,
    /// [`limits::STEPS`]
    Steps,
    /// [`limits::VALUE_BYTES`]
    Bytes,
    /// [`limits::READ_BYTES`]
    Reads,
    /// [`limits::LINES_KEPT`]
    Merges,
    /// [`limits::PATTERN_STEPS`], of a pattern in an expression.
    Pattern,
    /// PCRE2's own, of a pattern in an expression.
    PatternAsHttpd,
    /// [`limits::REASON_STEPS`] and its kin.
    Reasons,
}

impl Limit {
    /// All of them.
    pub(crate) const ALL: [Limit; 9] = [
        Limit::Nesting,
        Limit::Requests,
        Limit::Steps,
        Limit::Bytes,
        Limit::Reads,
        Limit::Merges,
        Limit::Pattern,
        Limit::PatternAsHttpd,
        Limit::Reasons,
    ];

    /// What is said of an answer that reached it.
    pub(crate) fn why(self) -> String {
        match self {
            Limit::Nesting => format!(
                "internal redirects and subrequests nest {} deep at most here, whatever LimitInternalRecursion says: what would be deeper fails",
                limits::NESTING
            ),
            Limit::Requests => format!(
                "the request makes more than {} subrequests and internal redirects, all that it may make here: further ones fail",
                limits::REQUESTS
            ),
            Limit::Steps => format!(
                "the request takes more than {} steps, all that it may take here: further patterns do not match, further subrequests fail",
                limits::STEPS
            ),
            Limit::Bytes => format!(
                "the request's values come to more than {} bytes, all that they may come to here: further ones are cut short",
                limits::VALUE_BYTES
            ),
            Limit::Reads => format!(
                "the request reads more than {} bytes of files, all that it may read here: further files can't be read",
                limits::READ_BYTES
            ),
            Limit::Merges => format!(
                "the settings of sections and .htaccess files, merged, come to more than {} lines, all that they may come to here: further ones are left out",
                limits::LINES_KEPT
            ),
            Limit::Pattern => format!(
                "a regular expression is given up after {} steps, and does not match here; httpd goes on for longer",
                limits::PATTERN_STEPS
            ),
            Limit::PatternAsHttpd => "a regular expression backtracks without end, and does not match".into(),
            Limit::Reasons => format!(
                "which lines decided takes more than {} steps or {} subrequests to find out, all that it may take here: some may be named wrongly",
                limits::REASON_STEPS,
                limits::REASON_REQUESTS
            ),
        }
    }
}

/// The limits that were reached, each with the line by which it was (none while nobody has named it).
type Reached = [Option<Span>; Limit::ALL.len()];

/// What is left.
#[derive(Clone, Copy)]
struct Left {
    requests: u64,
    steps: u64,
    bytes: u64,
    reads: u64,
}

const WHOLE: Left =
    Left { requests: limits::REQUESTS, steps: limits::STEPS, bytes: limits::VALUE_BYTES, reads: limits::READ_BYTES };
/// For what is done besides.
const BESIDES: Left = Left { requests: limits::REASON_REQUESTS, steps: limits::REASON_STEPS, ..WHOLE };

/// What a request has left.
pub(crate) struct Budget {
    /// Of steps.
    pub steps: Steps,
    requests: Cell<u64>,
    bytes: Cell<u64>,
    reads: Cell<u64>,
    /// For the reasons.
    reasons: Cell<Left>,
    /// For a trace.
    trace: Cell<Left>,
    /// Whether one of these is in use, or was.
    besides: Cell<bool>,
    is_besides_used: Cell<bool>,
    /// Whether that one was not enough.
    short: Cell<bool>,
    reached: Cell<Reached>,
    /// Whether a limit was reached by a line that nobody has named yet.
    unnamed: Cell<bool>,
    /// Whether any was reached.
    is_reached: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            steps: Steps::of(WHOLE.steps),
            requests: Cell::new(WHOLE.requests),
            bytes: Cell::new(WHOLE.bytes),
            reads: Cell::new(WHOLE.reads),
            reasons: Cell::new(BESIDES),
            trace: Cell::new(BESIDES),
            besides: Cell::default(),
            is_besides_used: Cell::default(),
            short: Cell::default(),
            reached: Cell::default(),
            unnamed: Cell::default(),
            is_reached: Cell::default(),
        }
    }
}

impl Budget {
    /// As at the start of a request.
    pub(crate) fn renew(&self) {
        self.put(WHOLE);
        if self.is_besides_used.replace(false) {
            self.reasons.set(BESIDES);
            self.trace.set(BESIDES);
        }
        if self.is_reached.replace(false) {
            self.reached.set(Reached::default());
            self.unnamed.set(false);
        }
    }

    fn left(&self) -> Left {
        Left {
            requests: self.requests.get(),
            steps: self.steps.left(),
            bytes: self.bytes.get(),
            reads: self.reads.get(),
        }
    }

    fn put(&self, left: Left) {
        self.requests.set(left.requests);
        self.steps.set(left.steps);
        self.bytes.set(left.bytes);
        self.reads.set(left.reads);
    }

    /// Takes steps; whether there were as many.
    #[inline]
    pub(crate) fn take_steps(&self, count: u64) -> bool {
        self.steps.spend(count) || self.reach(Limit::Steps)
    }

    /// Takes bytes of values; whether there were as many.
    #[inline]
    pub(crate) fn take_bytes(&self, count: usize) -> bool {
        take(&self.bytes, count as u64) || self.reach(Limit::Bytes)
    }

    /// Takes bytes of a file; whether there were as many.
    pub(crate) fn take_read(&self, count: usize) -> bool {
        take(&self.reads, count as u64) || self.reach(Limit::Reads)
    }

    /// Takes a subrequest or an internal redirect, which looks at `steps` directives and has `bytes` of values.
    pub(crate) fn take_request(&self, steps: u64, bytes: usize) -> bool {
        (take(&self.requests, 1) || self.reach(Limit::Requests)) && self.take_steps(steps) && self.take_bytes(bytes)
    }

    /// A limit is reached; false, as what is taken is not there.
    #[cold]
    pub(crate) fn reach(&self, limit: Limit) -> bool {
        if self.besides.get() {
            self.short.set(true);
            return false;
        }
        let mut reached = self.reached.get();
        if reached[limit as usize].is_none() {
            reached[limit as usize] = Some(Span::NONE);
            self.unnamed.set(true);
            self.reached.set(reached);
            self.is_reached.set(true);
        }
        false
    }

    /// The line at work: what was reached under it, and no line within named, is its doing.
    #[inline]
    pub(crate) fn name(&self, line: Span) {
        if self.unnamed.get() {
            self.name_now(line);
        }
    }

    #[cold]
    fn name_now(&self, line: Span) {
        let named = |span: Span| if span.is_some() { span } else { line };
        self.reached.set(self.reached.get().map(|r| r.map(named)));
        self.unnamed.set(!line.is_some());
    }

    /// Whether any limit was reached.
    #[inline]
    pub(crate) fn is_reached(&self) -> bool {
        self.is_reached.get()
    }

    /// The limits that were reached, each with its line.
    pub(crate) fn reached(&self) -> impl Iterator<Item = (Limit, Span)> {
        let reached = self.reached.get();
        Limit::ALL.into_iter().filter_map(move |limit| reached[limit as usize].map(|span| (limit, span)))
    }

    /// Does something out of a purse of its own; whether it was enough. What is done within is paid out of the same.
    fn apart<T>(&self, purse: &Cell<Left>, run: impl FnOnce() -> T) -> (T, bool) {
        if self.besides.replace(true) {
            return (run(), true);
        }
        self.is_besides_used.set(true);
        let (left, unnamed) = (self.left(), self.unnamed.take());
        self.put(purse.get());
        let result = run();
        purse.set(self.left());
        self.put(left);
        self.unnamed.set(unnamed);
        self.besides.set(false);
        (result, !self.short.take())
    }

    /// Whether what is done is for the reasons or a trace alone.
    pub(crate) fn is_apart(&self) -> bool {
        self.besides.get()
    }

    /// Does something for the reasons alone.
    pub(crate) fn for_reasons<T>(&self, run: impl FnOnce() -> T) -> T {
        let (result, enough) = self.apart(&self.reasons, run);
        if !enough {
            self.reach(Limit::Reasons);
        }
        result
    }

    /// Does something for a trace alone; false where it may be wrong, as what it costs was no longer there.
    pub(crate) fn for_trace<T>(&self, run: impl FnOnce() -> T) -> (T, bool) {
        self.apart(&self.trace, run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn span(start: u32) -> Span {
        Span { file: FileId(0), line: 1, start, end: start + 1 }
    }

    #[test]
    fn the_line_that_used_it_up_is_named() {
        let budget = Budget::default();
        assert!(budget.take_steps(limits::STEPS));
        budget.name(span(1));
        assert!(!budget.take_steps(1));
        budget.name(span(2));
        budget.name(span(3));
        assert!(!budget.take_bytes(usize::MAX));
        assert!(!budget.take_steps(1));
        budget.name(span(4));
        let reached: Vec<_> = budget.reached().collect();
        assert_eq!(reached, [(Limit::Steps, span(2)), (Limit::Bytes, span(4))]);
        budget.renew();
        assert!(budget.reached().next().is_none() && budget.take_steps(1) && budget.take_bytes(1));
    }

    #[test]
    fn reasons_and_traces_cost_the_answer_nothing() {
        let budget = Budget::default();
        assert!(!budget.for_trace(|| assert!(!budget.take_steps(u64::MAX))).1);
        assert!(budget.reached().next().is_none());
        budget.for_reasons(|| assert!(budget.take_steps(limits::REASON_STEPS - 1)));
        assert!(budget.reached().next().is_none());
        // what one took is gone for the next
        budget.for_reasons(|| assert!(!budget.take_steps(2)));
        assert_eq!(budget.reached().map(|r| r.0).collect::<Vec<_>>(), [Limit::Reasons]);
        assert!(budget.take_steps(limits::STEPS));
        budget.renew();
        let within = || budget.for_trace(|| assert!(budget.take_steps(limits::REASON_STEPS / 2)));
        budget.for_trace(|| (within(), within()));
        assert!(!budget.for_trace(|| assert!(!budget.take_steps(2))).1);
        budget.for_reasons(|| assert!(budget.take_steps(limits::REASON_STEPS)));
    }

    #[test]
    fn so_many_requests() {
        let budget = Budget::default();
        assert!((0..limits::REQUESTS).all(|_| budget.take_request(1, 1)));
        assert!(!budget.take_request(1, 1));
        assert_eq!(budget.reached().map(|r| r.0).collect::<Vec<_>>(), [Limit::Requests]);
    }
}
