//! PCRE2, with the `regex` crate before it where both give the same answer.
//!
//! `regex` is quicker to say no, which is what most patterns say to most requests, but takes some fifty times longer
//! to compile, and longer to find the groups. So a pattern gets it once it has been used a while, for the yes or no.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bstr::BString;

use super::fast::Fast;
use super::pcre2::Code;
use super::regex::Slots;
use super::{Flags, MatchLimit, RegexError};

/// A compiled pattern: PCRE2 decides what is an error, and matches what `regex` might take otherwise.
pub(super) struct Engine {
    pattern: BString,
    flags: Flags,
    code: Code,
    uses: AtomicU32,
    fast: OnceLock<Option<Fast>>,
}

/// How many matches PCRE2 does alone.
const WARM_UP: u32 = 50;

impl Engine {
    pub fn new(pattern: &[u8], flags: Flags) -> Result<Engine, RegexError> {
        let code = Code::new(pattern, flags)?;
        Ok(Engine { pattern: pattern.into(), flags, code, uses: AtomicU32::new(0), fast: OnceLock::new() })
    }

    pub fn groups(&self) -> usize {
        self.code.groups()
    }

    pub fn names(&self) -> &[(usize, BString)] {
        self.code.names()
    }

    pub fn is_match(&self, subject: &[u8]) -> Result<bool, MatchLimit> {
        match self.fast(subject.len()) {
            Some(fast) => Ok(fast.is_match(subject)),
            None => self.code.exec(subject, None),
        }
    }

    pub fn captures(&self, subject: &[u8], slots: &mut Slots) -> Result<bool, MatchLimit> {
        match self.fast(subject.len()) {
            Some(fast) if !fast.is_match(subject) => Ok(false),
            _ => self.code.exec(subject, Some(slots)),
        }
    }

    /// The pattern for `regex`, if it answers as PCRE2 does for a subject of `length` bytes.
    fn fast(&self, length: usize) -> Option<&Fast> {
        let fast = match self.fast.get() {
            Some(fast) => fast,
            None if self.uses.fetch_add(1, Ordering::Relaxed) < WARM_UP => return None,
            None => self.fast.get_or_init(|| self.translated()),
        };
        fast.as_ref().filter(|fast| fast.within_limit(length))
    }

    fn translated(&self) -> Option<Fast> {
        let fast = Fast::new(&self.pattern, self.flags)?;
        // two readings of one pattern: if they differ, the translation is wrong
        let same = fast.groups() == self.code.groups() && fast.names.len() == self.code.names().len();
        (same && !fast.is_endless()).then_some(fast)
    }
}
