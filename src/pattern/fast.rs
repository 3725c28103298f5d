//! A pattern run by the `regex` crate, where it means the same there.

use regex::bytes;

use super::Flags;
use super::cost::Cost;
use super::translate::{Dialect, translate};

/// A pattern for the `regex` crate.
pub(super) struct Fast {
    regex: bytes::Regex,
    cost: Cost,
    /// Named groups as they come.
    pub names: Vec<(usize, String)>,
}

/// The largest program `regex` may make of a pattern.
const SIZE_LIMIT: usize = 1 << 20;
/// PCRE2's default match limit.
const MATCH_LIMIT: f64 = 10_000_000.0;

impl Fast {
    /// `None` if the pattern isn't surely the same for `regex`.
    pub fn new(pattern: &[u8], flags: Flags) -> Option<Fast> {
        let translation = translate(pattern, flags, Dialect::Regex).ok()?;
        let regex = bytes::RegexBuilder::new(&translation.text).size_limit(SIZE_LIMIT).build().ok()?;
        (regex.captures_len() == translation.groups + 1).then_some(())?;
        Some(Fast { regex, cost: translation.cost, names: translation.names })
    }

    /// Whether PCRE2 comes to an end, too, within its match limit on a subject of `length` bytes.
    pub fn within_limit(&self, length: usize) -> bool {
        self.steps(length) < MATCH_LIMIT
    }

    /// How many steps PCRE2 takes at most on a subject of `length` bytes.
    pub fn steps(&self, length: usize) -> f64 {
        self.cost.steps(length)
    }

    /// Whether no such number is known.
    pub fn is_endless(&self) -> bool {
        self.cost.is_endless()
    }

    pub fn groups(&self) -> usize {
        self.regex.captures_len().saturating_sub(1)
    }

    pub fn is_match(&self, subject: &[u8]) -> bool {
        self.regex.is_match(subject)
    }

    /// Searches `subject`; on a match, the places of all groups are added to `slots`.
    #[cfg(any(test, not(feature = "pcre2")))]
    pub fn captures(&self, subject: &[u8], slots: &mut super::regex::Slots) -> bool {
        let mut locations = self.regex.capture_locations();
        let found = self.regex.captures_read(&mut locations, subject).is_some();
        if found {
            slots.extend((0..locations.len()).map(|i| locations.get(i)));
        }
        found
    }
}
