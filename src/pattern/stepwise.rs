//! Patterns that are matched in one pass, without ever going back: `^`, then texts, runs that end at a byte (`[^/]+`), and
//! perhaps all that is left. `^/([^/]+)/static/(.*)` is one.
//!
//! A run takes all it can. Nothing is gained by giving some of it back: what follows must begin with the byte that the
//! run can't hold, or takes whatever there is.

use super::Flags;
use super::literal::{self, LONGEST, Literal, is_quantifier};
use super::regex::Slots;
use bstr::ByteSlice;

/// A pattern of this kind.
pub(super) struct Stepwise {
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// This text.
    Text(Literal),
    /// Bytes other than this one, so many at least.
    Until { byte: u8, least: usize, group: bool },
    /// All that is left, so many bytes at least.
    Rest { least: usize, group: bool },
    /// The subject's end.
    End,
}

impl Step {
    fn is_group(&self) -> bool {
        matches!(self, Step::Until { group: true, .. } | Step::Rest { group: true, .. })
    }
}

impl Stepwise {
    /// `None` if the pattern says more than this.
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Option<Stepwise> {
        let mut rest = pattern.strip_prefix(b"^").filter(|p| !flags.multiline && p.len() <= LONGEST)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = next(rest, flags)?;
            let fits = match (steps.last(), &step) {
                // what comes after a run must begin where the run ends
                (Some(Step::Until { byte, .. }), Step::Text(literal)) => literal.text.first() == Some(byte),
                (Some(Step::Until { .. }), Step::Until { .. }) => false,
                // the run would have to leave a byte to it
                (Some(Step::Until { .. }), Step::Rest { least, .. }) => *least == 0,
                (Some(Step::End), _) => false,
                (Some(Step::Rest { .. }), step) => *step == Step::End,
                _ => true,
            };
            if !fits {
                return None;
            }
            steps.push(step);
            rest = after;
        }
        Some(Stepwise { steps })
    }

    /// The number of groups.
    pub(super) fn groups(&self) -> usize {
        self.steps.iter().filter(|s| s.is_group()).count()
    }

    pub(super) fn is_match(&self, subject: &[u8]) -> bool {
        self.walk(subject, |_, _| ()).is_some()
    }

    /// Searches `subject`; on a match, the places of all groups are added to `slots`.
    pub(super) fn captures(&self, subject: &[u8], slots: &mut Slots) -> bool {
        slots.push(None);
        match self.walk(subject, |start, end| slots.push(Some((start, end)))) {
            Some(end) => slots[0] = Some((0, end)),
            None => slots.clear(),
        }
        !slots.is_empty()
    }

    /// Where the match ends.
    fn walk(&self, subject: &[u8], mut group: impl FnMut(usize, usize)) -> Option<usize> {
        let mut at = 0;
        for step in &self.steps {
            let left = &subject[at..];
            let taken = match step {
                Step::Text(literal) => literal.is_at(subject, at).then_some(literal.text.len())?,
                Step::Until { byte, least, .. } => {
                    Some(left.find_byte(*byte).unwrap_or(left.len())).filter(|n| n >= least)?
                }
                Step::Rest { least, .. } => Some(left.len()).filter(|n| n >= least)?,
                Step::End => left.is_empty().then_some(0)?,
            };
            if step.is_group() {
                group(at, at + taken);
            }
            at += taken;
        }
        Some(at)
    }
}

/// The step that a pattern begins with, and what follows.
fn next(pattern: &[u8], flags: Flags) -> Option<(Step, &[u8])> {
    if pattern == b"$" {
        return (!flags.no_dollar_endonly).then_some((Step::End, b""));
    }
    if literal::byte(pattern).is_some() {
        return Literal::read(pattern, flags).map(|(literal, after)| (Step::Text(literal), after));
    }
    let (group, inner) = match pattern.strip_prefix(b"(") {
        Some(inner) => (true, inner),
        None => (false, pattern),
    };
    let (byte, quantifier) = match inner.strip_prefix(b".") {
        Some(after) if !flags.no_dotall => (None, after),
        Some(_) => return None,
        None => {
            let (byte, after) = literal::byte(inner.strip_prefix(b"[^")?)?;
            let plain = byte.is_ascii_punctuation() && !matches!(byte, b'[' | b']' | b'\\' | b'-' | b'^');
            // a class has letters and ranges of its own
            (Some(byte).filter(|_| plain), after.strip_prefix(b"]")?)
        }
    };
    let least = match quantifier.first()? {
        b'*' => 0,
        b'+' => 1,
        _ => return None,
    };
    let mut after = &quantifier[1..];
    if group {
        after = after.strip_prefix(b")")?;
    }
    if is_quantifier(after) {
        return None;
    }
    match (byte, inner.first()) {
        (Some(byte), _) => Some((Step::Until { byte, least, group }, after)),
        (None, Some(b'.')) => Some((Step::Rest { least, group }, after)),
        _ => None,
    }
}

#[cfg(all(test, feature = "pcre2"))]
mod tests {
    use super::super::agreement::as_pcre2;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_stepwise() {
        for (pattern, stepwise) in [
            ("^/([^/]+)/static/(.*)", true),
            ("^/([^/]+)/([^/]*)$", true),
            (r"^([^\.]+)\.html$", true),
            ("^/[^/]+(.*)$", true),
            ("^", true),
            ("/([^/]+)/", false),
            ("^([^/]+)x", false),
            ("^([^/]+)+/", false),
            ("^([^/]+?)/", false),
            ("^[^/]+[^.]+", false),
            ("^[^/]+.+", false),
            ("^(.*)/", false),
            ("^([^a]+)a", false),
            ("^([^/]+|x)", false),
            ("^/a|b", false),
            ("^(([^/]+))", false),
            ("^[^/.]+", false),
        ] {
            assert_eq!(Stepwise::new(pattern.as_bytes(), Flags::default()).is_some(), stepwise, "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6000))]

        /// It finds what PCRE2 finds, in the same places.
        #[test]
        fn agrees_with_pcre2(
            steps in proptest::collection::vec(
                proptest::sample::select(vec![
                    "/", "a", "/b", r"\.", ".", "x/", "[^/]+", "([^/]+)", "[^/]*", "([^/]*)", r"[^\.]+", "([^.]*)", "(.*)", ".+",
                    "$", "?", "+", ")", "(", "[^a]+", "|",
                ]),
                0..6,
            ),
            (icase, no_dotall, no_dollar_endonly, multiline) in any::<(bool, bool, bool, bool)>(),
            subject in "[abAB/.\\n]{0,9}",
        ) {
            let pattern = format!("^{}", steps.concat());
            let flags = Flags { icase, no_dotall, no_dollar_endonly, multiline, extended: false };
            let Some(stepwise) = Stepwise::new(pattern.as_bytes(), flags) else { return Ok(()) };
            let mut slots = Slots::new();
            let found = stepwise.captures(subject.as_bytes(), &mut slots);
            as_pcre2(&pattern, flags, &subject, stepwise.groups(), found.then_some(slots))?;
            prop_assert_eq!(found, stepwise.is_match(subject.as_bytes()));
        }
    }
}
