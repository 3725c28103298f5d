//! Patterns so plain that no engine is needed: a literal text, at the beginning, the end or anywhere, and perhaps all
//! that follows it. Many patterns of real configurations are of this kind.

use super::Flags;
use super::literal::Literal;
use super::regex::Slots;
use bstr::Finder;

/// A literal text, and what comes after it.
pub(super) struct Simple {
    literal: Literal,
    /// Whether the text begins the subject (`^`).
    at_start: bool,
    /// For a text that may be anywhere.
    finder: Option<Box<Finder<'static>>>,
    then: Then,
}

/// What follows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Anything: nothing is said of it.
    Open,
    /// The subject's end (`$`).
    End,
    /// Any byte (`.`).
    Byte,
    /// All that is left, so many bytes at least (`.*`, `.+`), as a group or not.
    Rest { least: usize, group: bool },
}

impl Simple {
    /// `None` if the pattern says more than this.
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Option<Simple> {
        if flags.multiline {
            return None;
        }
        let (at_start, rest) = match pattern.strip_prefix(b"^") {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let (literal, rest) = Literal::read(rest, flags)?;
        let rest_of = |least, group| Then::Rest { least, group };
        let then = match rest {
            b"" => Then::Open,
            b"$" => Then::End,
            b"." => Then::Byte,
            b".*" | b".*$" => rest_of(0, false),
            b".+" | b".+$" => rest_of(1, false),
            b"(.*)" | b"(.*)$" => rest_of(0, true),
            b"(.+)" | b"(.+)$" => rest_of(1, true),
            _ => return None,
        };
        let dotted = !matches!(then, Then::Open | Then::End);
        if dotted && flags.no_dotall || rest.ends_with(b"$") && flags.no_dollar_endonly {
            return None;
        }
        let anywhere = !flags.icase && !at_start && !literal.text.is_empty() && then != Then::End;
        let finder = anywhere.then(|| Box::new(Finder::new(&literal.text).into_owned()));
        Some(Simple { literal, at_start, finder, then })
    }

    /// The number of groups.
    pub(super) fn groups(&self) -> usize {
        usize::from(matches!(self.then, Then::Rest { group: true, .. }))
    }

    pub(super) fn is_match(&self, subject: &[u8]) -> bool {
        self.find(subject).is_some()
    }

    /// Searches `subject`; on a match, the places of all groups are added to `slots`.
    pub(super) fn captures(&self, subject: &[u8], slots: &mut Slots) -> bool {
        let Some((start, rest, end)) = self.find(subject) else { return false };
        slots.push(Some((start, end)));
        if self.groups() == 1 {
            slots.push(Some((rest, end)));
        }
        true
    }

    /// Where a match begins, where its text ends, and where it ends itself.
    fn find(&self, subject: &[u8]) -> Option<(usize, usize, usize)> {
        let length = self.literal.text.len();
        let start = match (self.at_start, self.then) {
            // an empty text is not compared: processors are slow at it
            (_, Then::Open | Then::Byte | Then::Rest { .. }) if length == 0 => 0,
            (true, _) => self.literal.is_at(subject, 0).then_some(0)?,
            (false, Then::End) => {
                let start = subject.len().checked_sub(length)?;
                self.literal.is_at(subject, start).then_some(start)?
            }
            (false, _) => match &self.finder {
                Some(finder) => finder.find(subject)?,
                None => (0..=subject.len().checked_sub(length)?).find(|start| self.literal.is_at(subject, *start))?,
            },
        };
        let rest = start + length;
        let end = match self.then {
            Then::Open => rest,
            Then::End => (rest == subject.len()).then_some(rest)?,
            Then::Byte => (rest < subject.len()).then_some(rest + 1)?,
            Then::Rest { least, .. } => (rest + least <= subject.len()).then_some(subject.len())?,
        };
        Some((start, rest, end))
    }
}

#[cfg(all(test, feature = "pcre2"))]
mod tests {
    use super::super::agreement::as_pcre2;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_simple() {
        for (pattern, simple) in [
            (r"^index\.php$", true),
            ("^/old/(.*)$", true),
            ("^(.*)$", true),
            (".", true),
            ("", true),
            ("^/a|b", false),
            ("^/ab?", false),
            (r"\d", false),
            ("^/a[b]", false),
            ("(.*).", false),
        ] {
            assert_eq!(Simple::new(pattern.as_bytes(), Flags::default()).is_some(), simple, "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// It finds what PCRE2 finds, in the same places.
        #[test]
        fn agrees_with_pcre2(
            start in "\\^?",
            text in r"([abAk/ \]}-]|\\[./#-]|\xe9){0,3}",
            then in proptest::sample::select(vec!["", "", "$", ".", ".*", ".*$", ".+", ".+$", "(.*)", "(.*)$", "(.+)", "(.+)$"]),
            (icase, no_dotall, no_dollar_endonly, multiline) in any::<(bool, bool, bool, bool)>(),
            subject in "[abABkK/. \\n#-]{0,6}|\\PC{0,4}",
        ) {
            let pattern = format!("{start}{text}{then}");
            let flags = Flags { icase, no_dotall, no_dollar_endonly, multiline, extended: false };
            let Some(simple) = Simple::new(pattern.as_bytes(), flags) else { return Ok(()) };
            let mut slots = Slots::new();
            let found = simple.captures(subject.as_bytes(), &mut slots);
            as_pcre2(&pattern, flags, &subject, simple.groups(), found.then_some(slots))?;
            prop_assert_eq!(found, simple.is_match(subject.as_bytes()));
        }
    }
}
