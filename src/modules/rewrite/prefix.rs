//! What every match of a pattern begins with, so that most rules are passed over without asking the pattern.

use crate::pattern::Regex;
use bstr::BString;

/// The literal text right behind a `^` that holds for the whole pattern; empty where there is none.
pub fn of(regex: &Regex) -> BString {
    let flags = regex.flags();
    let plain = !(flags.icase || flags.multiline || flags.extended);
    let pattern = regex.pattern();
    match pattern.strip_prefix(b"^") {
        Some(rest) if plain && !splits(rest) => literal(rest),
        _ => BString::default(),
    }
}

/// Whether the pattern has alternatives outside any group (or might have).
fn splits(pattern: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut i = 0;
    while let Some(&byte) = pattern.get(i) {
        match byte {
            // a class may hide brackets: no more is claimed than is sure
            b'[' => return pattern[i..].contains(&b'|'),
            b'\\' => {
                if matches!(pattern.get(i + 1), Some(b'Q' | b'E' | b'c')) {
                    return true;
                }
                i += 1;
            }
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => return true,
            _ => {}
        }
        i += 1;
    }
    false
}

/// The bytes that a pattern begins with and that stand for themselves.
fn literal(pattern: &[u8]) -> BString {
    let mut out = BString::default();
    let mut i = 0;
    while let Some(&byte) = pattern.get(i) {
        let (literal, width) = match byte {
            b'\\' => match pattern.get(i + 1) {
                Some(&next) if next.is_ascii_punctuation() => (next, 2),
                _ => break,
            },
            b if b.is_ascii_alphanumeric() || b"/_-~!@%&=:;,'\"<>".contains(&b) => (b, 1),
            _ => break,
        };
        match pattern.get(i + width) {
            Some(b'?' | b'*' | b'{') => break,
            _ => out.push(literal),
        }
        i += width;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Flags;

    #[test]
    fn only_what_is_sure() {
        for (pattern, want) in [
            ("^/old/(.*)$", "/old/"),
            (r"^index\.php$", "index.php"),
            ("^ab?c", "a"),
            ("^ab+c", "ab"),
            ("^a|b", ""),
            ("^/x(a|b)", "/x"),
            ("^/x[|]", ""),
            ("^/x[a-z]+", "/x"),
            ("a", ""),
            ("^(?i)abc", ""),
            (r"^\d", ""),
            ("^", ""),
        ] {
            let regex = Regex::new(pattern.as_bytes(), Flags::default()).unwrap();
            assert_eq!(of(&regex), want, "{pattern}");
        }
    }
}
