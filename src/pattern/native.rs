//! PCRE2, with the `regex` crate beside it where both give the same answer.
//!
//! `regex` is quicker to say no, which is what most patterns say to most requests, but takes some fifty times longer
//! to compile, and longer to find the groups. So a pattern gets it once it has been used a while, for the yes or no; or
//! when PCRE2 is not done soon, which `regex` always is.
//!
//! What a search costs hangs on the pattern and the subject alone, not on which engine does it: what is remembered of
//! a pattern must not change an answer.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bstr::BString;

use super::cost::Known;
use super::fast::Fast;
use super::pcre2::{Code, Count};
use super::regex::Slots;
use super::steps::Steps;
use super::translate::{Dialect, translate};
use super::{Flags, GivenUp, RegexError};
use crate::limits;

/// A compiled pattern: PCRE2 decides what is an error, and matches what `regex` might take otherwise.
pub(super) struct Engine {
    pattern: BString,
    flags: Flags,
    code: Code,
    /// The same, to be counted step by step; none where that is too large for PCRE2.
    counted: OnceLock<Option<Code>>,
    known: OnceLock<Option<Known>>,
    uses: AtomicU32,
    fast: OnceLock<Option<Fast>>,
}

/// How many matches PCRE2 does alone.
const WARM_UP: u32 = 50;

impl Engine {
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Result<Engine, RegexError> {
        Ok(Engine {
            pattern: pattern.into(),
            flags,
            code: Code::new(pattern, flags)?,
            counted: OnceLock::new(),
            known: OnceLock::new(),
            uses: AtomicU32::new(0),
            fast: OnceLock::new(),
        })
    }

    pub(super) fn groups(&self) -> usize {
        self.code.groups()
    }

    pub(super) fn names(&self) -> &[(usize, BString)] {
        self.code.names()
    }

    pub(super) fn is_match(&self, subject: &[u8], steps: &Steps) -> Result<bool, GivenUp> {
        self.search(subject, None, steps)
    }

    /// The places of all groups are added to `slots`.
    pub(super) fn captures(&self, subject: &[u8], slots: &mut Slots, steps: &Steps) -> Result<bool, GivenUp> {
        self.search(subject, Some(slots), steps)
    }

    fn search(&self, subject: &[u8], slots: Option<&mut Slots>, steps: &Steps) -> Result<bool, GivenUp> {
        let Some(known) = self.known() else { return self.count(subject, slots, steps, 0) };
        let most = known.cost.steps(subject.len());
        let cheap = most <= limits::PATTERN_CHEAP;
        if !cheap && known.work(subject.len()) > limits::PATTERN_WORK {
            return self.count(subject, slots, steps, 0);
        }
        steps.pay(known.price(most, subject.len()))?;
        if cheap { self.search_cheap(subject, slots) } else { self.search_dear(subject, slots, steps, most) }
    }

    /// What is sure to be done soon.
    fn search_cheap(&self, subject: &[u8], slots: Option<&mut Slots>) -> Result<bool, GivenUp> {
        let fast = match self.fast.get() {
            Some(fast) => fast.as_ref(),
            None if self.is_warm() => self.fast(),
            None => None,
        };
        match fast.map(|fast| fast.is_match(subject)) {
            Some(false) => Ok(false),
            Some(true) if slots.is_none() => Ok(true),
            _ => self.code.exec(subject, slots),
        }
    }

    /// What PCRE2 may be long about, `most` steps at the worst.
    fn search_dear(
        &self,
        subject: &[u8],
        mut slots: Option<&mut Slots>,
        steps: &Steps,
        most: f64,
    ) -> Result<bool, GivenUp> {
        if !self.is_warm()
            && let Some(code) = self.counted()
        {
            let found = code.exec_counted(subject, slots.as_deref_mut(), &mut Count::of(limits::PATTERN_TRY));
            if found != Err(GivenUp::Pattern) {
                return found;
            }
        }
        if let Some(fast) = self.fast() {
            if !fast.is_match(subject) {
                // where PCRE2 gave up, httpd would take that for a no, too
                return Ok(false);
            }
            if most < limits::PATTERN_HTTPD {
                return Ok(slots.is_none_or(|slots| fast.captures(subject, slots)));
            }
        }
        self.count(subject, slots, steps, limits::PATTERN_TRY)
    }

    /// PCRE2, counted step by step; so many are paid for already.
    fn count(&self, subject: &[u8], slots: Option<&mut Slots>, steps: &Steps, paid: u64) -> Result<bool, GivenUp> {
        let Some(code) = self.counted() else {
            steps.pay(limits::PATTERN_STEPS / 4)?;
            return self.code.exec_within(subject, slots, limits::PATTERN_UNCOUNTED);
        };
        let most = limits::PATTERN_STEPS.min(steps.left().saturating_add(paid));
        let mut count = Count::of(most);
        let found = code.exec_counted(subject, slots, &mut count);
        let taken = most - count.left;
        match (steps.pay(taken.saturating_sub(paid)), found) {
            (Ok(()), Err(GivenUp::Pattern)) if count.left == 0 && most < limits::PATTERN_STEPS => Err(GivenUp::Request),
            (paid, found) => paid.and(found),
        }
    }

    fn known(&self) -> Option<Known> {
        let read = || translate(&self.pattern, self.flags, Dialect::Regex).ok().map(|t| t.known);
        *self.known.get_or_init(read)
    }

    fn counted(&self) -> Option<&Code> {
        self.counted.get_or_init(|| Code::counted(&self.pattern, self.flags).ok()).as_ref()
    }

    /// Whether it has been used a while.
    fn is_warm(&self) -> bool {
        self.fast.get().is_some() || self.uses.fetch_add(1, Ordering::Relaxed) >= WARM_UP
    }

    /// The pattern for `regex`, if it answers as PCRE2 does.
    fn fast(&self) -> Option<&Fast> {
        self.fast.get_or_init(|| self.translated()).as_ref()
    }

    fn translated(&self) -> Option<Fast> {
        let fast = Fast::new(&self.pattern, self.flags)?;
        // two readings of one pattern: if they differ, the translation is wrong
        let same = fast.groups() == self.code.groups() && fast.names.len() == self.code.names().len();
        same.then_some(fast)
    }
}
