//! Braces that PCRE2 has taken for quantifiers since 10.43 only: `a{,3}`, `a{1, 3}`, `a{ 2 }`.
//!
//! The httpd that routesim answers to runs with 10.42, where they are literals.

use std::borrow::Cow;

/// `pattern` with a backslash before each such brace, and the places of the backslashes in the result.
pub(super) fn escaped(pattern: &[u8]) -> (Cow<'_, [u8]>, Vec<usize>) {
    let mut out = Vec::new();
    let mut places = Vec::new();
    let mut rest = pattern;
    let mut class = Class::Outside;
    while let Some((&byte, after)) = rest.split_first() {
        if class == Class::Outside && is_newer(rest) {
            places.push(out.len());
            out.push(b'\\');
        }
        let mut taken = 1;
        if byte == b'\\' {
            taken += after.len().min(1);
            // the brace of `\x{4f}` and its like belongs to the escape
            if class == Class::Outside && matches!(after, [b'x' | b'o' | b'p' | b'P' | b'g' | b'k' | b'N', b'{', ..]) {
                taken += 1;
            } else if after.first() == Some(&b'Q') {
                taken = through(rest, b"\\E");
            }
        } else if class != Class::Outside && rest.starts_with(b"[:") {
            taken = through(rest, b":]");
        }
        class = class.next(byte, after);
        let (head, tail) = rest.split_at(taken.min(rest.len()));
        out.extend_from_slice(head);
        rest = tail;
    }
    if places.is_empty() { (Cow::Borrowed(pattern), places) } else { (Cow::Owned(out), places) }
}

/// The length of `text` up to and with `end`, or else of all.
fn through(text: &[u8], end: &[u8; 2]) -> usize {
    text.windows(2).position(|pair| pair == end).map_or(text.len(), |at| at + 2)
}

/// Whether `text` starts with a brace that only newer versions read as a quantifier.
fn is_newer(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(b"{") else {
        return false;
    };
    let length = inner.iter().take_while(|b| matches!(b, b'0'..=b'9' | b',' | b' ' | b'\t')).count();
    let (counts, rest) = inner.split_at(length);
    rest.first() == Some(&b'}')
        && (counts.starts_with(b",") || counts.iter().any(|b| matches!(b, b' ' | b'\t')))
        && counts.iter().any(u8::is_ascii_digit)
}

/// Where in a class the scan is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    /// Behind `[` or `[^`, where a `]` is a member.
    Start,
    Inside,
}

impl Class {
    fn next(self, byte: u8, after: &[u8]) -> Class {
        match (self, byte) {
            (Class::Outside, b'[') => Class::Start,
            (Class::Start, b'^') if after.first() == Some(&b']') => Class::Start,
            (Class::Inside, b']') => Class::Outside,
            (Class::Outside, _) => Class::Outside,
            _ => Class::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_quantifiers() {
        for (pattern, expected) in [
            ("a{,3}b{1,2}", r"a\{,3}b{1,2}"),
            ("a{1, 3}{ 2 }", r"a\{1, 3}\{ 2 }"),
            (r"a\{,3}\\{,3}", r"a\{,3}\\\{,3}"),
            (r"\x{ 4f }\p{L}", r"\x{ 4f }\p{L}"),
            ("[{,3}]{,3}[]{,3}][^]{,3}]", r"[{,3}]\{,3}[]{,3}][^]{,3}]"),
            ("[[:alpha:]{,3}]", "[[:alpha:]{,3}]"),
            (r"\Qa{,3}\E{,3}", r"\Qa{,3}\E\{,3}"),
            ("{,}{a}{3}{ }", "{,}{a}{3}{ }"),
        ] {
            assert_eq!(escaped(pattern.as_bytes()).0, expected.as_bytes(), "{pattern}");
        }
        assert_eq!(escaped(b"a{,3}b{,4}").1, [1, 7]);
    }
}
