//! A pattern's literal text: read from the pattern, and compared with a subject.

use super::Flags;

/// Longer texts may be too much for PCRE2, and so are its to judge.
pub(super) const LONGEST: usize = 1000;

/// The literal byte that a pattern begins with, and what follows.
pub(super) fn byte(pattern: &[u8]) -> Option<(u8, &[u8])> {
    match pattern {
        [b'\\', byte, rest @ ..] if byte.is_ascii_punctuation() => Some((*byte, rest)),
        [b'\\' | b'^' | b'$' | b'.' | b'[' | b'|' | b'(' | b')' | b'?' | b'*' | b'+' | b'{', ..] => None,
        [byte, rest @ ..] => Some((*byte, rest)),
        [] => None,
    }
}

/// Whether a pattern begins with a quantifier, which speaks of what stands before it.
pub(super) fn is_quantifier(pattern: &[u8]) -> bool {
    matches!(pattern, [b'+', ..]) || may_be_none(pattern)
}

/// Whether a pattern begins with a quantifier by which what stands before it may not be there at all.
pub(super) fn may_be_none(pattern: &[u8]) -> bool {
    matches!(pattern, [b'?' | b'*' | b'{', ..])
}

/// A literal text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// In lower case where case is aside.
    pub text: Vec<u8>,
    /// Whether case is aside.
    pub icase: bool,
}

impl Literal {
    /// The text that a pattern begins with, which may be empty, and what follows. `None` where a quantifier does, or where
    /// it is too long.
    pub(super) fn read(pattern: &[u8], flags: Flags) -> Option<(Literal, &[u8])> {
        let (mut text, mut rest) = (Vec::new(), pattern);
        while let Some((byte, after)) = byte(rest) {
            if is_quantifier(after) {
                return None;
            }
            text.push(byte);
            rest = after;
        }
        if flags.icase {
            // other letters have no case without a locale
            text.make_ascii_lowercase();
        }
        (text.len() <= LONGEST).then_some((Literal { text, icase: flags.icase }, rest))
    }

    /// Whether it stands at that place of `subject`.
    pub(super) fn is_at(&self, subject: &[u8], start: usize) -> bool {
        let there = subject.get(start..start + self.text.len());
        there.is_some_and(|there| if self.icase { there.eq_ignore_ascii_case(&self.text) } else { there == self.text })
    }
}
