//! What texts begin with: the prefixes of Alias and its kin (`modules/mappers/mod_alias.c`: `alias_matches`), and words in any
//! case.

/// What follows `beginning`, whatever its case (`strncasecmp`); none where `text` begins otherwise.
pub(crate) fn after_nocase<'t>(text: &'t [u8], beginning: &[u8]) -> Option<&'t [u8]> {
    let (head, rest) = text.split_at_checked(beginning.len())?;
    head.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// Whether `text` begins with `beginning`, whatever its case.
pub(crate) fn begins_nocase(text: &[u8], beginning: &[u8]) -> bool {
    after_nocase(text, beginning).is_some()
}

/// How many bytes of `uri` the prefix `alias` covers, 0 if it does not match.
///
/// A run of slashes stands for any run of slashes; the match ends at a slash of `uri`, at its end, or behind the
/// slash that ends `alias`.
pub(crate) fn alias_matches(uri: &[u8], alias: &[u8]) -> usize {
    let (mut u, mut a) = (0, 0);
    let slash = |bytes: &[u8], i: usize| bytes.get(i) == Some(&b'/');
    while let Some(&wanted) = alias.get(a) {
        if uri.get(u) != Some(&wanted) {
            return 0;
        }
        u += 1;
        a += 1;
        if wanted == b'/' {
            while slash(alias, a) {
                a += 1;
            }
            while slash(uri, u) {
                u += 1;
            }
        }
    }
    if alias.ends_with(b"/") || u == uri.len() || slash(uri, u) { u } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::alias_matches;

    #[test]
    fn whole_components() {
        for (uri, alias, length) in [
            ("/icons/a.png", "/icons", 6),
            ("/icons/a.png", "/icons/", 7),
            ("/icons", "/icons/", 0),
            ("/icons", "/icons", 6),
            ("/iconsets", "/icons", 0),
            ("//icons//a", "/icons/", 9),
            ("/icons/a", "//icons", 6),
            ("/a/b", "/a//b", 4),
            ("/a", "", 0),
            ("", "/", 0),
            ("/x", "/", 1),
        ] {
            assert_eq!(alias_matches(uri.as_bytes(), alias.as_bytes()), length, "{uri} {alias}");
        }
    }
}
