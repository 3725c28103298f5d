//! Host and string wildcards of `?` and `*` (`server/util.c`: `ap_strcasecmp_match`, `ap_is_matchexp`).

use super::fnmatch::c_str;

/// Whether the whole `string` matches `expected`, in which `?` is any byte and `*` any run of bytes; ASCII letters in either
/// case.
///
/// httpd recurses at every star; going back to the last star only gives the same answer in bounded time.
pub(crate) fn strcasecmp_match(string: &[u8], expected: &[u8]) -> bool {
    let (string, expected) = (c_str(string), c_str(expected));
    let (mut s, mut e) = (0, 0);
    let mut retry = None;
    loop {
        match (string.get(s), expected.get(e)) {
            (_, Some(b'*')) => {
                e += 1;
                retry = Some((s, e));
            }
            (Some(&a), Some(&b)) if b == b'?' || a.eq_ignore_ascii_case(&b) => {
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

/// Whether `text` has such a wildcard in it.
pub(crate) fn is_matchexp(text: &[u8]) -> bool {
    c_str(text).iter().any(|b| matches!(b, b'*' | b'?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (string, expected, matched) in [
            ("www.example.org", "*.example.org", true),
            ("example.org", "*.example.org", false),
            ("www.Example.org", "*.example.org", true),
            ("www.example.org", "www.example.???", true),
            ("www.example.or", "www.example.???", false),
            ("", "*", true),
            ("", "?", false),
            ("", "", true),
            ("abcbd", "a*b?", true),
            ("aXbYbZ", "a*b*b", false),
            ("ab", "a**b", true),
        ] {
            assert_eq!(strcasecmp_match(string.as_bytes(), expected.as_bytes()), matched, "{string} {expected}");
        }
        assert!(strcasecmp_match(b"WWW.Example.ORG", b"*.eXample.org"));
        assert!(is_matchexp(b"a?") && !is_matchexp(b"a[b]"));
    }
}
