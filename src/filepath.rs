//! apr_filepath_merge on Unix (apr, file_io/unix/filepath.c): joining and tidying file paths without looking at
//! the disk.

use bstr::{BStr, BString, ByteSlice};

/// The longest path, as apr reckons it: with room for slashes and an end.
const PATH_MAX: usize = 4096;

/// `add` under `root`, without `.`, `..` and doubled slashes. A relative `root` (or none) gives a relative path; `..`
/// above a relative root gives `None`, above `/` nothing.
pub(crate) fn merge(root: Option<&BStr>, add: &[u8]) -> Option<BString> {
    if root.map_or(0, |r| r.len()) + add.len() + 4 > PATH_MAX {
        return None;
    }
    let mut path = BString::from(Vec::with_capacity(root.map_or(0, |r| r.len()) + 1 + add.len()));
    let absolute;
    if add.first() == Some(&b'/') {
        absolute = true;
    } else {
        let root = root.unwrap_or_default();
        absolute = root.first() == Some(&b'/');
        path.extend_from_slice(root);
        // the root ends in a slash, whatever is added to it
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
    }
    if absolute && path.is_empty() {
        path.push(b'/');
    }
    let mut rest = without_slashes_before(add);
    while !rest.is_empty() {
        let end = first_segment(rest);
        let (segment, after) = rest.split_at(end);
        match segment {
            b"." => {}
            b".." => {
                if absolute && (path == "/" || path.is_empty()) {
                    // `..` at the root stays there
                } else if path.is_empty() || path.ends_with(b"../") || path == ".." {
                    return None;
                } else {
                    let trimmed = without_slashes_after(&path).len();
                    let cut = path[..trimmed].rfind_byte(b'/').map_or(0, |i| i + 1);
                    path.truncate(cut);
                }
            }
            _ => {
                if !path.is_empty() && !path.ends_with(b"/") {
                    path.push(b'/');
                }
                path.extend_from_slice(segment);
                if !after.is_empty() {
                    path.push(b'/');
                }
            }
        }
        rest = without_slashes_before(after);
    }
    Some(path)
}

/// The same under a root, without a copy where there is nothing to do.
pub(crate) fn merge_owned(root: &BStr, add: BString) -> Option<BString> {
    if is_tidy(&add) && root.len() + add.len() + 4 <= PATH_MAX {
        return Some(add);
    }
    merge(Some(root), &add)
}

/// A path from the root, tidied: [`merge`] under `/`, without a copy where there is nothing to do.
pub(crate) fn tidy(path: BString) -> Option<BString> {
    if is_tidy(&path) {
        return Some(path);
    }
    merge(Some(b"/".as_bstr()), &path)
}

/// Whether a path begins with a slash, and none is followed by another or by a dot.
pub(crate) fn is_tidy(path: &[u8]) -> bool {
    let after = path.get(1..).unwrap_or_default();
    // each byte is looked at, without a way out: so the compiler looks at many at once
    let odd = path.iter().zip(after).fold(false, |odd, (a, b)| odd | ((*a == b'/') & ((*b == b'/') | (*b == b'.'))));
    path.first() == Some(&b'/') && !odd
}

/// How long a path's first segment is. (Names are short: byte by byte is quicker than to set a search up.)
pub(crate) fn first_segment(path: &[u8]) -> usize {
    path.iter().position(|b| *b == b'/').unwrap_or(path.len())
}

/// A path without the slashes that it begins with.
pub(crate) fn without_slashes_before(path: &[u8]) -> &[u8] {
    &path[path.iter().position(|b| *b != b'/').unwrap_or(path.len())..]
}

/// A path without the slashes that it ends with.
pub(crate) fn without_slashes_after(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1)]
}

/// `ap_make_dirstr_parent`: up to and with the last slash; `""` when there is none.
pub(crate) fn dirname(path: &[u8]) -> &BStr {
    path.rfind_byte(b'/').map_or(b"".as_bstr(), |i| path[..=i].as_bstr())
}

/// What follows the last slash.
pub(crate) fn basename(path: &[u8]) -> &BStr {
    path.rfind_byte(b'/').map_or(path.as_bstr(), |i| path[i + 1..].as_bstr())
}

/// `ap_make_full_path`: `dir`, a slash where it needs one, `name`.
pub(crate) fn join(dir: &[u8], name: &[u8]) -> BString {
    let mut p = BString::from(dir);
    if !p.is_empty() && !p.ends_with(b"/") {
        p.push(b'/');
    }
    p.extend_from_slice(name);
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_as_apr_does() {
        for (root, add, want) in [
            ("/", "/a//b/./c/../d", Some("/a/b/d")),
            ("/etc", "conf/x", Some("/etc/conf/x")),
            ("/etc/", "../x/", Some("/x/")),
            ("/etc", "", Some("/etc/")),
            ("/", "/../..", Some("/")),
            ("", "a/../b", Some("b")),
            ("", "../b", None),
        ] {
            assert_eq!(merge(Some(root.into()), add.as_bytes()), want.map(BString::from), "{root} + {add}");
            assert_eq!(tidy(add.into()), merge(Some("/".into()), add.as_bytes()), "{add}");
        }
    }
}
