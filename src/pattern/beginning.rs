//! The literal texts that whatever a regular expression matches must begin with, and have within it.

use super::Flags;
use super::literal;

/// The text after `^` that every subject must begin with; empty where nothing can be said.
pub(crate) fn of(pattern: &[u8], flags: Flags) -> Vec<u8> {
    let mut found = Vec::new();
    if flags.icase || flags.multiline || pattern.first() != Some(&b'^') || has_branches(pattern) {
        return found;
    }
    let mut rest = &pattern[1..];
    while let Some((byte, after)) = literal::byte(rest) {
        rest = after;
        // what may not be there at all is not certain; what is there once at least is, and `+` ends the text
        if literal::may_be_none(rest) {
            break;
        }
        found.push(byte);
    }
    found
}

/// The longest text that every subject must have within it; `None` where there is none of two bytes.
pub(super) fn within(pattern: &[u8], flags: Flags) -> Option<Vec<u8>> {
    if flags.icase || has_branches(pattern) {
        return None;
    }
    let (mut longest, mut run) = (Vec::new(), Vec::new());
    let mut rest = pattern;
    loop {
        let certain = literal::byte(rest).filter(|(_, after)| !literal::may_be_none(after));
        if let Some((byte, after)) = certain {
            run.push(byte);
            rest = after;
            continue;
        }
        let inner = group(rest).and_then(|inner| within(inner, flags));
        for found in [std::mem::take(&mut run)].into_iter().chain(inner) {
            if found.len() > longest.len() {
                longest = found;
            }
        }
        match after_item(rest) {
            Some(after) => rest = after,
            None => return Some(longest).filter(|text| text.len() > 1),
        }
    }
}

/// What is in the group that a pattern begins with, if that must be there.
fn group(pattern: &[u8]) -> Option<&[u8]> {
    let end = if pattern.first() == Some(&b'(') { group_end(pattern)? } else { return None };
    let inner = &pattern[1..end];
    (!literal::may_be_none(&pattern[end + 1..])).then(|| inner.strip_prefix(b"?:").unwrap_or(inner))
}

/// What follows the first thing in a pattern, whatever it is; `None` at the end, and before what is hard to read.
fn after_item(pattern: &[u8]) -> Option<&[u8]> {
    let length = match pattern {
        [b'[', ..] => class_end(pattern, 0)? + 1,
        [b'(', ..] => group_end(pattern)? + 1,
        [b'{', ..] => pattern.iter().position(|b| *b == b'}')? + 1,
        [b'\\', byte, ..] if byte.is_ascii_punctuation() || b"dDsSwWbBAzZ".contains(byte) => 2,
        [] | [b'\\' | b')', ..] => return None,
        _ => 1,
    };
    pattern.get(length..)
}

/// The parenthesis that closes the one that a pattern begins with.
fn group_end(pattern: &[u8]) -> Option<usize> {
    let (mut depth, mut i) = (0, 0);
    loop {
        match pattern.get(i)? {
            b'\\' => i += 1,
            b'[' => i = class_end(pattern, i)?,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(i),
            b')' => depth -= 1,
            _ => {}
        }
        i += 1;
    }
}

/// Whether there may be a `|` outside parentheses (or quoting, which nobody looks through here).
fn has_branches(pattern: &[u8]) -> bool {
    let (mut depth, mut i) = (0i32, 0);
    while let Some(&byte) = pattern.get(i) {
        match byte {
            b'\\' if matches!(pattern.get(i + 1), Some(b'Q' | b'E')) => return true,
            b'\\' => i += 1,
            b'[' => {
                let Some(end) = class_end(pattern, i) else { return true };
                i = end;
            }
            b'(' if matches!(pattern.get(i + 1), Some(b'?' | b'*')) && pattern.get(i + 2) != Some(&b':') => {
                return true;
            }
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'|' if depth <= 0 => return true,
            _ => {}
        }
        i += 1;
    }
    false
}

/// The bracket that ends a class; `None` for one that is hard to read.
fn class_end(pattern: &[u8], start: usize) -> Option<usize> {
    let mut i = start + 1 + usize::from(pattern.get(start + 1) == Some(&b'^'));
    if pattern.get(i) == Some(&b']') {
        return None;
    }
    loop {
        match pattern.get(i)? {
            b']' => return Some(i),
            b'[' => return None,
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certain() {
        for (pattern, want) in [
            ("^/old/(.*)$", "/old/"),
            ("^/a\\.b", "/a.b"),
            ("^/a/(x|y)", "/a/"),
            ("^/a|^/b", ""),
            ("^/ab?c", "/a"),
            ("^/ab*", "/a"),
            ("^ab?c", "a"),
            ("^ab+c", "ab"),
            (r"^index\.php$", "index.php"),
            ("^a|b", ""),
            ("^/x(a|b)", "/x"),
            ("^/x[|]", "/x"),
            ("^/x[a-z]+", "/x"),
            (r"^\d", ""),
            ("^", ""),
            ("^/a{2}", "/"),
            ("^/a[|]b", "/a"),
            ("^/a\\d", "/a"),
            ("/a", ""),
            ("^(?i)/a", ""),
            ("^\\Q/a\\E", ""),
            ("^/a$", "/a"),
        ] {
            assert_eq!(of(pattern.as_bytes(), Flags::default()), want.as_bytes(), "{pattern}");
        }
        for (pattern, want) in [
            ("^/([^/]+)/static/(.*)", "/static/"),
            ("/a(b|c)/static$", "/static"),
            (r"^(/[\w_]*/static/.*)", "/static/"),
            ("^(?:a(bcd)+)x", "bcd"),
            ("(abc)?de", "de"),
            ("(abc|x)de", "de"),
            (r"\.(php|phtml)$", ""),
            (r"\d{3}/xy", "/xy"),
            ("/ab?cde", "cde"),
            ("a+bc", "bc"),
            ("x{2}yz", "yz"),
            ("abc|de", ""),
            ("(ab|c)d(e[)]f)gh", "gh"),
            (r"ab\x41cd", "ab"),
            ("ab(?i)cd", ""),
            (r"a\.b\[", "a.b["),
            ("[[:alpha:]]abc", ""),
        ] {
            let found = within(pattern.as_bytes(), Flags::default()).unwrap_or_default();
            assert_eq!(found, want.as_bytes(), "{pattern}");
        }
        assert_eq!(within(b"abc", Flags { icase: true, ..Flags::default() }), None);
        assert_eq!(of(b"^/a", Flags { icase: true, ..Flags::default() }), b"");
    }
}
