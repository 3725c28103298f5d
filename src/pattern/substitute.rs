//! Filling `$0` to `$9` into a template (`server/util.c`: `ap_pregsub`, `regsub_core`).

use bstr::{BString, ByteVec};

use super::Captures;
use super::fnmatch::c_str;

/// The length that a result of [`substitute`] must stay below (`AP_PREGSUB_MAXLEN`).
pub(super) const SUBSTITUTE_LIMIT: usize = 65536;

/// Replaces `$0` to `$9` in `template` by what the groups of `caps` matched in `subject`.
///
/// A backslash makes the next byte a literal, `&` is nothing special, and a group that is absent or matched nothing
/// leaves nothing. `None` if the result reaches [`SUBSTITUTE_LIMIT`] bytes: httpd's callers answer 500 then.
pub(crate) fn substitute(template: &[u8], subject: &[u8], caps: &Captures) -> Option<BString> {
    substitute_with(template, |n| caps.get(n).and_then(|(start, end)| subject.get(start..end)).unwrap_or_default())
}

/// The same, with the groups given by what each matched.
pub(crate) fn substitute_with<'g>(template: &[u8], group: impl Fn(usize) -> &'g [u8]) -> Option<BString> {
    let mut result = BString::default();
    let mut rest = c_str(template).iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (byte, rest.peek()) {
            (b'$', Some(&digit)) if digit.is_ascii_digit() => {
                rest.next();
                result.push_str(group(usize::from(digit - b'0')));
            }
            (b'\\', Some(&literal)) => {
                rest.next();
                result.push_byte(literal);
            }
            _ => result.push_byte(byte),
        }
        if result.len() >= SUBSTITUTE_LIMIT {
            return None;
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::super::{Captures, Flags, Regex};
    use super::*;

    #[test]
    fn groups_and_escapes() {
        let regex = Regex::new(b"^/(a)(b)?(.*)", Flags::default()).unwrap();
        let mut caps = Captures::default();
        let subject = b"/axyz";
        assert!(regex.captures(subject, &mut caps).unwrap());
        for (template, result) in [
            ("/x/$1-$2-$3", "/x/a--xyz"),
            ("$0$9", "/axyz"),
            (r"\$1 \\ \& & $ $$1 $x \", r"$1 \ & & $ $a $x \"),
            ("$12", "a2"),
            ("", ""),
        ] {
            assert_eq!(substitute(template.as_bytes(), subject, &caps).unwrap(), result, "{template}");
        }
        assert_eq!(substitute(&b"x".repeat(SUBSTITUTE_LIMIT - 1), b"", &caps).map(|r| r.len()), Some(65535));
        assert_eq!(substitute(&b"x".repeat(SUBSTITUTE_LIMIT), b"", &caps), None);
    }
}
