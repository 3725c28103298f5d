//! A set of bytes, and how the `regex` crate writes it.

use std::fmt::Write;

/// Which of the 256 bytes belong, a bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// No byte.
    pub(super) const EMPTY: ByteSet = ByteSet([0; 4]);

    /// All bytes for which `test` holds.
    pub(super) fn of(test: impl Fn(u8) -> bool) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        for byte in 0..=255 {
            set.0[usize::from(byte / 64)] |= u64::from(test(byte)) << (byte % 64);
        }
        set
    }

    /// The set of `byte` alone.
    pub(super) fn one(byte: u8) -> ByteSet {
        ByteSet::of(|b| b == byte)
    }

    /// What `\d`, `\w`, `\s`, `\h`, `\v` and their negations stand for in PCRE2's built-in tables.
    pub(super) fn escape(letter: u8) -> Option<ByteSet> {
        let set = match letter.to_ascii_lowercase() {
            b'd' => ByteSet::of(|b| b.is_ascii_digit()),
            b'w' => ByteSet::of(|b| b.is_ascii_alphanumeric() || b == b'_'),
            b's' => ByteSet::of(|b| matches!(b, b'\t'..=b'\r' | b' ')),
            b'h' => ByteSet::of(|b| matches!(b, b'\t' | b' ' | 0xa0)),
            b'v' => ByteSet::of(|b| matches!(b, b'\n'..=b'\r' | 0x85)),
            _ => return None,
        };
        Some(if letter.is_ascii_uppercase() { set.negated() } else { set })
    }

    /// What `[:name:]` stands for.
    pub(super) fn posix(name: &[u8]) -> Option<ByteSet> {
        Some(match name {
            b"alpha" => ByteSet::of(|b| b.is_ascii_alphabetic()),
            b"lower" => ByteSet::of(|b| b.is_ascii_lowercase()),
            b"upper" => ByteSet::of(|b| b.is_ascii_uppercase()),
            b"alnum" => ByteSet::of(|b| b.is_ascii_alphanumeric()),
            b"digit" => ByteSet::of(|b| b.is_ascii_digit()),
            b"xdigit" => ByteSet::of(|b| b.is_ascii_hexdigit()),
            b"blank" => ByteSet::of(|b| matches!(b, b' ' | b'\t')),
            b"space" => ByteSet::of(|b| matches!(b, b'\t'..=b'\r' | b' ')),
            b"cntrl" => ByteSet::of(|b| b.is_ascii_control()),
            b"graph" => ByteSet::of(|b| b.is_ascii_graphic()),
            b"print" => ByteSet::of(|b| b.is_ascii_graphic() || b == b' '),
            b"punct" => ByteSet::of(|b| b.is_ascii_punctuation()),
            b"word" => ByteSet::of(|b| b.is_ascii_alphanumeric() || b == b'_'),
            _ => return None,
        })
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == ByteSet::EMPTY
    }

    pub(super) fn union(&self, other: &ByteSet) -> ByteSet {
        ByteSet::of(|b| self.contains(b) || other.contains(b))
    }

    pub(super) fn negated(&self) -> ByteSet {
        ByteSet::of(|b| !self.contains(b))
    }

    /// The set with the other case of each of its ASCII letters.
    pub(super) fn folded(&self) -> ByteSet {
        ByteSet::of(|b| self.contains(b.to_ascii_lowercase()) || self.contains(b.to_ascii_uppercase()))
    }

    /// Appends the set as an expression of the `regex` crate, Unicode off.
    pub(super) fn write(&self, out: &mut String) {
        let mut bytes = (0..=255).filter(|&b| self.contains(b)).peekable();
        let first = bytes.next();
        if let (Some(only), None) = (first, bytes.peek()) {
            write_byte(only, out);
            return;
        }
        out.push('[');
        let mut start = first;
        let mut last = first;
        for byte in bytes.map(Some).chain([None]) {
            if let (Some(from), Some(to)) = (start, last)
                && (byte.is_none() || byte != to.checked_add(1))
            {
                write_byte(from, out);
                if to > from {
                    out.push('-');
                    write_byte(to, out);
                }
                start = byte;
            }
            last = byte;
        }
        out.push(']');
    }
}

fn write_byte(byte: u8, out: &mut String) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_') {
        out.push(char::from(byte));
    } else {
        // writing to a string cannot fail
        let _ = write!(out, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_for_regex() {
        for (set, written) in [
            (ByteSet::one(b'.'), "\\x2e"),
            (ByteSet::one(b'a').folded(), "[Aa]"),
            (ByteSet::escape(b'd').unwrap(), "[0-9]"),
            (ByteSet::escape(b'W').unwrap(), "[\\x00-/\\x3a-\\x40\\x5b-\\x5e\\x60\\x7b-\\xff]"),
            (ByteSet::of(|_| true), "[\\x00-\\xff]"),
            (ByteSet::one(255), "\\xff"),
        ] {
            let mut out = String::new();
            set.write(&mut out);
            assert_eq!(out, written);
        }
    }
}
