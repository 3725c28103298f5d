//! Host and string wildcards of `?` and `*` (`server/util.c`: `ap_strcmp_match`, `ap_strcasecmp_match`,
//! `ap_is_matchexp`).

use super::fnmatch::c_str;

/// Whether the whole `string` matches `expected`, in which `?` is any byte and `*` any run of bytes.
pub fn strcmp_match(string: &[u8], expected: &[u8]) -> bool {
    matches(string, expected, |a, b| a == b)
}

/// As [`strcmp_match`], ASCII letters in either case.
pub fn strcasecmp_match(string: &[u8], expected: &[u8]) -> bool {
    matches(string, expected, |a, b| a.eq_ignore_ascii_case(&b))
}

/// Whether `text` has one of the wildcards of [`strcmp_match`] in it.
pub fn is_matchexp(text: &[u8]) -> bool {
    c_str(text).iter().any(|b| matches!(b, b'*' | b'?'))
}

/// httpd recurses at every star; going back to the last star only gives the same answer in bounded time.
fn matches(string: &[u8], expected: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (string, expected) = (c_str(string), c_str(expected));
    let (mut s, mut e) = (0, 0);
    let mut retry = None;
    loop {
        match (string.get(s), expected.get(e)) {
            (_, Some(b'*')) => {
                e += 1;
                retry = Some((s, e));
            }
            (Some(&a), Some(&b)) if b == b'?' || same(a, b) => {
                s += 1;
                e += 1;
            }
            (None, None) => return true,
            _ => match retry.as_mut() {
                Some((from, after)) if *from < string.len() => {
                    *from += 1;
                    (s, e) = (*from, *after);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (string, expected, matched) in [
            ("www.example.org", "*.example.org", true),
            ("example.org", "*.example.org", false),
            ("www.Example.org", "*.example.org", false),
            ("www.example.org", "www.example.???", true),
            ("www.example.or", "www.example.???", false),
            ("", "*", true),
            ("", "?", false),
            ("", "", true),
            ("abcbd", "a*b?", true),
            ("aXbYbZ", "a*b*b", false),
            ("ab", "a**b", true),
        ] {
            assert_eq!(strcmp_match(string.as_bytes(), expected.as_bytes()), matched, "{string} {expected}");
        }
        assert!(strcasecmp_match(b"WWW.Example.ORG", b"*.eXample.org"));
        assert!(is_matchexp(b"a?") && !is_matchexp(b"a[b]"));
    }
}
