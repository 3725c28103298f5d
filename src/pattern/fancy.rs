//! The stand-in for PCRE2 where no C can be built: `fancy-regex`, bytes mode, with a backtracking limit.
//!
//! It comes near PCRE2, but is not PCRE2: it doesn't tell what is wrong with a pattern, and lacks some syntax.

use bstr::BString;
use fancy_regex::{BytesMode, RegexBuilder};

use super::cost::Known;
use super::fast::Fast;
use super::regex::Slots;
use super::steps::Steps;
use super::translate::{Dialect, translate};
use super::{Flags, GivenUp, RegexError};
use crate::limits;

/// A compiled pattern.
pub(super) struct Engine {
    kind: Kind,
    groups: usize,
    names: Vec<(usize, BString)>,
}

enum Kind {
    /// What means the same for `regex`; it never gives up, where PCRE2 might. What a search costs.
    Fast(Fast, Known),
    Fancy(fancy_regex::Regex),
}

const UNKNOWN: &str = "wrong, or only known to PCRE2, which this build is without";

impl Engine {
    /// Compiles `pattern` with what comes nearest to httpd's options.
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Result<Engine, RegexError> {
        let known = translate(pattern, flags, Dialect::Regex).ok().map(|t| t.known);
        let (kind, groups, mut names) = match Fast::new(pattern, flags).zip(known) {
            Some((fast, known)) => {
                let (groups, names) = (fast.groups(), fast.names.clone());
                (Kind::Fast(fast, known), groups, names)
            }
            None => {
                let refuse = |offset| RegexError { message: UNKNOWN.to_owned(), offset };
                let translation = translate(pattern, flags, Dialect::Fancy).map_err(refuse)?;
                let regex = RegexBuilder::new(&translation.text)
                    .bytes_mode(BytesMode::Ascii)
                    .backtrack_limit(limits::STAND_IN)
                    // 0.20 optimises `(?>.+A?.{2})` and `(a+?)*` into something else
                    .optimize(false)
                    .build()
                    .map_err(|error| RegexError { message: error.to_string(), offset: 0 })?;
                (Kind::Fancy(regex), translation.groups, translation.names)
            }
        };
        // PCRE2's name table is sorted
        names.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        let names = names.into_iter().map(|(group, name)| (group, name.into())).collect();
        Ok(Engine { kind, groups, names })
    }

    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    pub(super) fn names(&self) -> &[(usize, BString)] {
        &self.names
    }

    pub(super) fn is_match(&self, subject: &[u8], steps: &Steps) -> Result<bool, GivenUp> {
        self.pay(subject, steps)?;
        match &self.kind {
            Kind::Fast(fast, _) => Ok(fast.is_match(subject)),
            Kind::Fancy(regex) => regex.is_match(subject).map_err(|_| GivenUp::Pattern),
        }
    }

    pub(super) fn captures(&self, subject: &[u8], slots: &mut Slots, steps: &Steps) -> Result<bool, GivenUp> {
        self.pay(subject, steps)?;
        match &self.kind {
            Kind::Fast(fast, _) => Ok(fast.captures(subject, slots)),
            Kind::Fancy(regex) => {
                let Some(found) = regex.captures(subject).map_err(|_| GivenUp::Pattern)? else {
                    return Ok(false);
                };
                slots.extend((0..found.len()).map(|i| found.get(i).map(|group| (group.start(), group.end()))));
                Ok(true)
            }
        }
    }

    /// A search costs what it takes at the worst: how much it took, nobody tells.
    fn pay(&self, subject: &[u8], steps: &Steps) -> Result<(), GivenUp> {
        let most = match &self.kind {
            Kind::Fast(_, known) => known.price(known.cost.steps(subject.len()), subject.len()),
            Kind::Fancy(_) => limits::STAND_IN as u64,
        };
        steps.pay(most)
    }
}
