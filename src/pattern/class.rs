//! How PCRE2 reads what stands for one byte: classes and escapes.

use super::byteset::ByteSet;
use super::translate::Reader;

enum Member {
    Byte(u8),
    Set(ByteSet),
}

impl Reader<'_> {
    /// Reads what follows a backslash outside a class.
    pub(super) fn escape(&mut self) -> Option<ByteSet> {
        Some(match self.member_escape()? {
            Member::Byte(byte) => self.folded(ByteSet::one(byte)),
            Member::Set(set) => set,
        })
    }

    /// Reads a class behind its `[`.
    pub(super) fn class(&mut self) -> Option<ByteSet> {
        let negate = self.eat(b"^");
        let mut set = ByteSet::EMPTY;
        let mut first = true;
        while first || self.rest.first() != Some(&b']') {
            first = false;
            let members = match self.member()? {
                // a hyphen behind a class is an error to PCRE2, unless it is the last member
                Member::Set(_) if self.is_range() => return None,
                Member::Set(members) => members,
                Member::Byte(low) if self.is_range() => {
                    self.next();
                    match self.member()? {
                        Member::Byte(high) if high >= low => ByteSet::of(|b| (low..=high).contains(&b)),
                        _ => return None,
                    }
                }
                Member::Byte(byte) => ByteSet::one(byte),
            };
            set = set.union(&members);
        }
        self.next();
        let set = self.folded(set);
        Some(if negate { set.negated() } else { set })
    }

    /// The set as the flags in force want it.
    pub(super) fn folded(&self, set: ByteSet) -> ByteSet {
        if self.flags.icase { set.folded() } else { set }
    }

    fn member(&mut self) -> Option<Member> {
        match self.next()? {
            b'[' if matches!(self.rest.first(), Some(b':' | b'.' | b'=')) => self.posix().map(Member::Set),
            b'\\' if self.eat(b"b") => Some(Member::Byte(0x08)),
            b'\\' => self.member_escape(),
            byte => Some(Member::Byte(byte)),
        }
    }

    /// Whether a hyphen that makes a range comes next.
    fn is_range(&self) -> bool {
        matches!(self.rest, [b'-', next, ..] if *next != b']')
    }

    fn posix(&mut self) -> Option<ByteSet> {
        let inner = self.rest.strip_prefix(b":")?;
        let length = inner.iter().take_while(|b| b.is_ascii_lowercase()).count();
        let (name, rest) = inner.split_at_checked(length)?;
        self.rest = rest.strip_prefix(b":]")?;
        ByteSet::posix(name)
    }

    /// Reads the escape behind a backslash, in or out of a class.
    fn member_escape(&mut self) -> Option<Member> {
        let byte = self.next()?;
        if let Some(set) = ByteSet::escape(byte) {
            return Some(Member::Set(set));
        }
        Some(Member::Byte(match byte {
            b't' => b'\t',
            b'n' => b'\n',
            b'r' => b'\r',
            b'f' => 0x0c,
            b'a' => 0x07,
            b'e' => 0x1b,
            b'x' => {
                let (digits, rest) = self.rest.split_at_checked(2)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.rest = rest;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            b' ' => byte,
            _ if byte.is_ascii_punctuation() => byte,
            _ => return None,
        }))
    }
}
