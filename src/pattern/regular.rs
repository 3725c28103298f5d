//! Patterns as regular languages: what an automaton can be made of.

use super::Flags;
use super::PatternKind;
use super::translate::{Dialect, translate};
use std::fmt::Write;

/// A pattern as a regular expression over bytes, in the syntax of the `regex` crates; it is looked for anywhere in a text
/// unless it is anchored. None where no such expression means the same: look-around, back references, networks.
pub(crate) fn regular(kind: PatternKind, pattern: &[u8]) -> Option<String> {
    let whole = |inner: String| Some(format!("(?-u)^(?:{inner})$"));
    match kind {
        PatternKind::Regex { icase } => {
            translate(pattern, Flags { icase, ..Flags::NONE }, Dialect::Regex).ok().map(|t| t.text)
        }
        PatternKind::Prefix => {
            let end = if pattern.ends_with(b"/") { "" } else { "(?:/|$)" };
            Some(format!("(?-u)^{}{end}", escaped(pattern)))
        }
        PatternKind::Text => whole(escaped(pattern)),
        PatternKind::Name => whole(format!("(?i:{})", escaped(pattern))),
        PatternKind::Wildcards => whole(wildcards(pattern, "[^/]")),
        PatternKind::AnyWildcards => whole(wildcards(pattern, r"[\x00-\xff]")),
        PatternKind::NameWildcards => whole(format!("(?i:{})", wildcards(pattern, r"[\x00-\xff]"))),
        PatternKind::Within { icase } => {
            let text = escaped(pattern);
            Some(if icase { format!("(?-u)(?i:{text})") } else { format!("(?-u){text}") })
        }
        PatternKind::Domain => {
            Some(format!("(?-u)(?i:(?:^|\\.){}$)", escaped(pattern.strip_prefix(b".").unwrap_or(pattern))))
        }
        PatternKind::Network => None,
    }
}

/// A text as the regular expression that finds it.
pub(crate) fn escaped(text: &[u8]) -> String {
    let mut out = String::new();
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_' => out.push(char::from(*byte)),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
    out
}

/// A pattern with wildcards; `any` is what a wildcard stands for.
fn wildcards(pattern: &[u8], any: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'*' => _ = write!(out, "{any}*"),
            b'?' => out.push_str(any),
            b'[' => match class(after) {
                Some((text, behind)) => {
                    out.push_str(&text);
                    rest = behind;
                }
                None => out.push_str("\\["),
            },
            b'\\' => {
                let Some((next, after)) = after.split_first() else {
                    out.push_str("\\\\");
                    break;
                };
                out.push_str(&escaped(&[*next]));
                rest = after;
            }
            byte => out.push_str(&escaped(&[*byte])),
        }
    }
    out
}

/// A class of a pattern with wildcards, and what stands behind it.
fn class(text: &[u8]) -> Option<(String, &[u8])> {
    let (not, inner) = match text.strip_prefix(b"!").or_else(|| text.strip_prefix(b"^")) {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let end = inner.iter().skip(1).position(|b| *b == b']')? + 1;
    let mut out = String::from(if not { "[^/" } else { "[" });
    for (i, byte) in inner[..end].iter().enumerate() {
        match byte {
            b'-' if i > 0 && i + 1 < end => out.push('-'),
            byte => out.push_str(&escaped(&[*byte])),
        }
    }
    out.push(']');
    // a class that no text is in, such as one whose range runs backwards
    regex_syntax::parse(&out).is_ok().then_some((out, &inner[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use PatternKind as K;

    #[test]
    fn what_patterns_find() {
        for (kind, pattern, yes, no) in [
            (K::Prefix, "/a", "/a/b", "/ab"),
            (K::Prefix, "/a/", "/a/b", "/a"),
            (K::Wildcards, "/srv/*/x?", "/srv/a/xy", "/srv/a/b/xy"),
            (K::AnyWildcards, "*.[ch]", "a/b.c", "a.d"),
            (K::NameWildcards, "*.Example.com", "a.b.example.COM", "example.com"),
            (K::Domain, ".example.com", "www.example.com", "notexample.com"),
            (K::Within { icase: true }, "Bot", "a bot", "bat"),
            (K::Regex { icase: true }, "^/A(/.*)?$", "/a/x", "/ab"),
        ] {
            let regex = regex::bytes::Regex::new(&regular(kind, pattern.as_bytes()).unwrap()).unwrap();
            assert!(regex.is_match(yes.as_bytes()), "{pattern} on {yes}");
            assert!(!regex.is_match(no.as_bytes()), "{pattern} on {no}");
        }
        assert_eq!(regular(K::Regex { icase: false }, b"(?!a)b"), None);
    }
}
