//! Shell wildcards as APR understands them (`strings/apr_fnmatch.c`).
//!
//! It is no common glob: `{` and `**` are nothing special, a `[` without its `]` is a literal, named character
//! classes are unknown, and the ends of a range compare as signed bytes.

use std::ops::BitOr;

/// How [`fnmatch`] reads pattern and string: APR's `APR_FNM_*` bits. Combine them with `|`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct FnmatchFlags(u8);

/// A backslash is an ordinary character.
pub(super) const NOESCAPE: FnmatchFlags = FnmatchFlags(1);
/// A slash is matched by a slash only.
pub(crate) const PATHNAME: FnmatchFlags = FnmatchFlags(2);
/// A leading dot is matched by a dot only.
pub(crate) const PERIOD: FnmatchFlags = FnmatchFlags(4);
/// ASCII letters match in either case.
pub(crate) const CASE_BLIND: FnmatchFlags = FnmatchFlags(8);

impl FnmatchFlags {
    /// No bit set.
    pub(crate) const NONE: FnmatchFlags = FnmatchFlags(0);

    /// Whether all bits of `other` are set.
    pub(crate) fn contains(self, other: FnmatchFlags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for FnmatchFlags {
    type Output = FnmatchFlags;

    fn bitor(self, other: FnmatchFlags) -> FnmatchFlags {
        FnmatchFlags(self.0 | other.0)
    }
}

/// Whether the whole `string` matches the wildcard `pattern` (`apr_fnmatch`).
///
/// Both end at their first NUL, as C strings do.
pub(crate) fn fnmatch(pattern: &[u8], string: &[u8], flags: FnmatchFlags) -> bool {
    Matcher {
        pattern: c_str(pattern),
        string: c_str(string),
        escape: !flags.contains(NOESCAPE),
        slash: flags.contains(PATHNAME),
        period: flags.contains(PERIOD),
        nocase: flags.contains(CASE_BLIND),
    }
    .run()
}

/// Whether `pattern` has a wildcard in it (`apr_fnmatch_test`): `?`, `*`, or a `]` somewhere after a `[`.
pub(crate) fn is_fnmatch(pattern: &[u8]) -> bool {
    let mut bytes = c_str(pattern).iter();
    let mut open = false;
    while let Some(&byte) = bytes.next() {
        match byte {
            b'?' | b'*' => return true,
            b'\\' => {
                bytes.next();
            }
            b'[' => open = true,
            b']' if open => return true,
            _ => {}
        }
    }
    false
}

/// The part of `bytes` before its first NUL.
pub(super) fn c_str(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or_default()
}

struct Matcher<'a> {
    pattern: &'a [u8],
    string: &'a [u8],
    escape: bool,
    slash: bool,
    period: bool,
    nocase: bool,
}

/// One step of a fixed (star-free) part: whether it matched, and where pattern and string go on.
struct Step {
    matched: bool,
    pattern: usize,
    string: usize,
}

/// Where the search resumes after a mismatch behind a star.
struct Retry {
    pattern: usize,
    string: usize,
    /// How many characters the pattern needs up to the next star or the segment's end.
    fixed: usize,
}

impl Matcher<'_> {
    /// The pattern's byte at `i`, 0 past its end.
    fn p(&self, i: usize) -> u8 {
        self.pattern.get(i).copied().unwrap_or(0)
    }

    /// The string's byte at `i`, 0 past its end.
    fn s(&self, i: usize) -> u8 {
        self.string.get(i).copied().unwrap_or(0)
    }

    /// Whether a slash of the pattern, bare or escaped, stands at `i` and ends a segment.
    fn slash_at(&self, i: usize) -> bool {
        self.slash && (self.p(i) == b'/' || self.escaped_at(i, b'/'))
    }

    fn escaped_at(&self, i: usize, byte: u8) -> bool {
        self.escape && self.p(i) == b'\\' && self.p(i + 1) == byte
    }

    /// Walks the segments between slashes; without PATHNAME there is one.
    fn run(&self) -> bool {
        let (mut p, mut s) = (0, 0);
        // a leading star is tried even on an empty string
        let mut first = self.p(0) == b'*';
        while first || (self.p(p) != 0 && self.s(s) != 0) {
            if !first {
                if self.slash && self.escaped_at(p, b'/') {
                    p += 1;
                }
                if self.slash && self.p(p) == b'/' && self.s(s) == b'/' {
                    p += 1;
                    s += 1;
                }
            }
            first = false;
            match self.segment(p, s) {
                Some(next) => (p, s) = next,
                None => return false,
            }
        }
        self.p(p) == 0 && self.s(s) == 0
    }

    /// Matches one segment, and gives the places behind it.
    fn segment(&self, mut p: usize, mut s: usize) -> Option<(usize, usize)> {
        if self.period && self.s(s) == b'.' {
            if self.p(p) == b'.' {
                p += 1;
            } else if self.escaped_at(p, b'.') {
                p += 2;
            } else {
                return None;
            }
            s += 1;
        }
        let rest = self.string.get(s..).unwrap_or_default();
        let end = match rest.iter().position(|&b| self.slash && b == b'/') {
            Some(length) => s + length,
            None => self.string.len(),
        };
        while self.p(p) != 0 {
            // stars go with an exhausted string too, nothing else does
            if s > end || (s == end && self.p(p) != b'*') || self.slash_at(p) {
                break;
            }
            (p, s) = self.wild(p, s, end)?;
        }
        let string_done = self.s(s) == 0 || (self.slash && self.s(s) == b'/');
        let pattern_done = self.p(p) == 0 || self.slash_at(p);
        (string_done && pattern_done).then_some((p, s))
    }

    /// Matches a run of `*` and `?` and the fixed part that follows it, up to the next star.
    fn wild(&self, mut p: usize, mut s: usize, end: usize) -> Option<(usize, usize)> {
        let mut star = false;
        while matches!(self.p(p), b'*' | b'?') {
            if self.p(p) == b'*' {
                star = true;
            } else if s < end {
                s += 1;
            } else {
                return None;
            }
            p += 1;
        }
        let mut retry = None;
        if star {
            let (fixed, last) = self.fixed_length(p);
            if s + fixed > end {
                return None;
            }
            if last {
                // the segment's tail can stand in one place only
                s = end - fixed;
            } else {
                retry = Some(Retry { pattern: p, string: s, fixed });
            }
        }
        while self.p(p) != 0 && s < end && self.p(p) != b'*' && !self.slash_at(p) {
            let step = self.step(p, Some(s));
            if step.matched {
                (p, s) = (step.pattern, step.string);
                continue;
            }
            let again = retry.as_mut()?;
            again.string += 1;
            (p, s) = (again.pattern, again.string);
            if s + again.fixed > end {
                return None;
            }
        }
        Some((p, s))
    }

    /// Counts the characters that the pattern's part from `p` to the next star or the segment's end stands for, and
    /// tells whether the segment ends there.
    fn fixed_length(&self, mut p: usize) -> (usize, bool) {
        let mut count = 0;
        loop {
            match self.p(p) {
                0 => return (count, true),
                b'*' => return (count, false),
                _ if self.slash_at(p) => return (count, true),
                b'\\' if self.escape && self.p(p + 1) != 0 => p += 2,
                b'[' => p = self.step(p, None).pattern,
                _ => p += 1,
            }
            count += 1;
        }
    }

    /// Compares one character of the pattern, a bracket expression included (`fnmatch_ch`). `s` is `None` where only
    /// the pattern's way on is asked for.
    fn step(&self, p: usize, s: Option<usize>) -> Step {
        let byte = s.map_or(b' ', |s| self.s(s));
        let next = s.map_or(0, |s| s + 1);
        if self.p(p) == b'['
            && let Some((matched, pattern)) = self.bracket(p, byte)
        {
            return Step { matched, pattern, string: next };
        }
        if self.p(p) == b'?' {
            return Step { matched: byte != 0 && !(self.slash && byte == b'/'), pattern: p + 1, string: next };
        }
        let p = if self.escape && self.p(p) == b'\\' && self.p(p + 1) != 0 { p + 1 } else { p };
        Step { matched: self.same(byte, self.p(p)), pattern: p + 1, string: next }
    }

    /// Reads the bracket expression at `p`: whether `byte` is in it, and the place behind its `]`. `None` if there is
    /// no well-formed one: then the `[` is a literal.
    fn bracket(&self, p: usize, byte: u8) -> Option<(bool, usize)> {
        let mut p = p + 1;
        let negate = matches!(self.p(p), b'!' | b'^');
        if negate {
            p += 1;
        }
        let mut found = false;
        // a `]` that comes first is a member
        let mut leading = self.p(p) == b']';
        while self.p(p) != 0 {
            if !leading {
                if self.p(p) == b']' {
                    return Some((found != negate, p + 1));
                }
                if self.escape && self.p(p) == b'\\' {
                    p += 1;
                    if self.p(p) == 0 {
                        return None;
                    }
                }
                if self.slash && self.p(p) == b'/' {
                    return None;
                }
            }
            leading = false;
            if self.p(p + 1) == b'-' && self.p(p + 2) != b']' {
                let low = self.p(p);
                p += if self.escape && self.p(p + 2) == b'\\' { 3 } else { 2 };
                let high = self.p(p);
                if high == 0 || (self.slash && high == b'/') {
                    return None;
                }
                found |= self.in_range(byte, low, high);
            } else {
                found |= self.same(byte, self.p(p));
            }
            p += 1;
        }
        None
    }

    fn in_range(&self, byte: u8, low: u8, high: u8) -> bool {
        // `char` is signed where httpd runs
        if (low as i8..=high as i8).contains(&(byte as i8)) {
            return true;
        }
        // and glibc's `tolower` gives it back unsigned, but for -1, which is EOF
        let lower = |byte: u8| {
            if byte == 0xff { -1 } else { i32::from(byte.to_ascii_lowercase()) }
        };
        let upper = [byte, low, high].iter().any(u8::is_ascii_uppercase);
        self.nocase && upper && (lower(low)..=lower(high)).contains(&lower(byte))
    }

    fn same(&self, a: u8, b: u8) -> bool {
        a == b || (self.nocase && a.eq_ignore_ascii_case(&b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: FnmatchFlags = FnmatchFlags::NONE;

    #[test]
    fn apr_rules() {
        let both = PATHNAME | PERIOD;
        for (pattern, string, flags, matched) in [
            ("*", "", NONE, true),
            ("?", "", NONE, false),
            ("/home/*", "/home/a", PATHNAME, true),
            ("/home/*", "/home/a/b", PATHNAME, false),
            ("/home/*", "/home/a/b", NONE, true),
            ("/home/*/x", "/home//x", PATHNAME, true),
            ("/*/x", "/.a/x", both, false),
            ("/.*/x", "/.a/x", both, true),
            ("/?a", "/.a", PERIOD, true),
            ("[.]a", ".a", PERIOD, false),
            (r"\.a", ".a", PERIOD, true),
            ("**", "a/b", PATHNAME, false),
            ("{a,b}", "a", NONE, false),
            ("{a,b}", "{a,b}", NONE, true),
            ("[a", "[a", NONE, true),
            ("x[a*", "x[ab", NONE, true),
            ("[]a]", "]", NONE, true),
            ("[!]a]", "b", NONE, true),
            ("[^a-c]", "b", NONE, false),
            ("[a-]", "-", NONE, true),
            ("[a-m-z]", "-", NONE, true),
            ("[a-m-z]", "p", NONE, false),
            ("[[:alpha:]]", ":]", NONE, true),
            ("[[:alpha:]]", "b", NONE, false),
            (r"[\]]", "]", NONE, true),
            (r"[a\-c]", "b", NONE, false),
            (r"[a-\c]", "b", NONE, true),
            ("a[/]b", "a/b", PATHNAME, false),
            ("a[/]b", "a/b", NONE, true),
            (r"\*", "*", NONE, true),
            (r"\*", r"\x", NOESCAPE, true),
            (r"a\", r"a\", NONE, true),
            (r"a\/b", "a/b", PATHNAME, true),
            ("A[B-D]", "ac", CASE_BLIND, true),
            ("A[B-D]", "ac", NONE, false),
            ("*.*.txt", "a.b.c.txt", NONE, true),
            ("*ab?d*", "xabcabcde", NONE, true),
            ("*a/", "ba/", PATHNAME, true),
            ("a*/b", "a/b", PATHNAME, true),
            ("a", "a/", PATHNAME, false),
            ("*", "/", PATHNAME, false),
        ] {
            assert_eq!(fnmatch(pattern.as_bytes(), string.as_bytes(), flags), matched, "{pattern} {string} {flags:?}");
        }
        assert!(!fnmatch(b"[a-\xff]", b"b", NONE), "ranges are signed");
        assert!(fnmatch(b"[\xe0-\xff]", b"\xf0", NONE));
    }

    #[test]
    fn wildcards_are_seen() {
        for (pattern, seen) in [("a*", true), ("a?", true), ("[a]", true), ("[a", false), ("a]", false), (r"\*", false)]
        {
            assert_eq!(is_fnmatch(pattern.as_bytes()), seen, "{pattern}");
        }
        assert!(!is_fnmatch(b"\\"));
    }
}
