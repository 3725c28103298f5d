//! A pattern run by the `regex` crate, where it means the same there.

use regex::bytes;

use super::Flags;
use super::regex::Slots;
use super::translate::{Dialect, translate};

/// A pattern for the `regex` crate.
pub(super) struct Fast {
    regex: bytes::Regex,
    /// Named groups as they come.
    pub names: Vec<(usize, String)>,
}

/// The largest program `regex` may make of a pattern.
const SIZE_LIMIT: usize = 1 << 20;

impl Fast {
    /// `None` if the pattern isn't surely the same for `regex`.
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Option<Fast> {
        let translation = translate(pattern, flags, Dialect::Regex).ok()?;
        let regex = bytes::RegexBuilder::new(&translation.text).size_limit(SIZE_LIMIT).build().ok()?;
        (regex.captures_len() == translation.groups + 1).then_some(())?;
        Some(Fast { regex, names: translation.names })
    }

    pub(super) fn groups(&self) -> usize {
        self.regex.captures_len().saturating_sub(1)
    }

    pub(super) fn is_match(&self, subject: &[u8]) -> bool {
        self.regex.is_match(subject)
    }

    /// Searches `subject`; on a match, the places of all groups are added to `slots`.
    pub(super) fn captures(&self, subject: &[u8], slots: &mut Slots) -> bool {
        let mut locations = self.regex.capture_locations();
        let found = self.regex.captures_read(&mut locations, subject).is_some();
        if found {
            slots.extend((0..locations.len()).map(|i| locations.get(i)));
        }
        found
    }
}
