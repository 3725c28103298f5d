//! A file's entity tag (modules/http/http_etag.c), and the lists of tags that clients send (`ap_find_etag_strong` and
//! `ap_find_etag_weak` in server/util.c).

use super::request::Request;
use crate::server::core::etag::{DIGEST, INODE, MTIME, NONE, SIZE};
use crate::vfs::Stat;
use bstr::BString;

/// What is known of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// There is none.
    None,
    /// It is this.
    Known(BString),
    /// It is one that no client can know yet.
    New,
}

/// `ap_make_etag_ex` for a file: `parts` says what of, `age` how long ago it changed, in microseconds.
pub(crate) fn make(r: &Request<'_>, file: &Stat, parts: u8, age: i64) -> Tag {
    if parts & DIGEST != 0 {
        let content = r.read(r.filename.as_ref().map_or(&b""[..], |f| f.as_slice()));
        let content = match content {
            Ok(content) => content,
            // httpd would read it
            Err(e) if e.is_limit() => return Tag::New,
            Err(_) => return Tag::None,
        };
        // without the padding
        let digest = crate::base64::encode(&crate::expr::digest::sha1(&content));
        return Tag::Known(format!("\"{}\"", digest).into());
    }
    if parts & NONE != 0 {
        return Tag::None;
    }
    let parts = if parts == 0 { MTIME | SIZE } else { parts };
    let mut hex = Vec::new();
    for (part, value) in [
        (INODE, file.inode),
        (SIZE, Some(file.size)),
        // a time before 1970 is a very large number
        (MTIME, file.mtime.map(|t| t as u64)),
    ] {
        if parts & part != 0 {
            let Some(value) = value else { return Tag::New };
            hex.push(format!("{value:x}"));
        }
    }
    // it may change again within the second
    let weak = if age < 1_000_000 { "W/" } else { "" };
    Tag::Known(format!("{weak}\"{}\"", hex.join("-")).into())
}

/// Whether a list of tags holds `tag`: a weak comparison passes over the `W/`. A list ends at what is no tag.
pub(crate) fn lists(list: &[u8], tag: &[u8], weak: bool) -> bool {
    let bare = |t: &[u8]| if t.starts_with(b"W/\"") && weak { 2 } else { 0 };
    let tag = &tag[bare(tag)..];
    if !tag.starts_with(b"\"") {
        return false;
    }
    let mut rest = list;
    loop {
        let skipped = rest.iter().take_while(|b| **b == b',' || crate::conf::args::is_space(**b)).count();
        rest = &rest[skipped..];
        rest = &rest[bare(rest)..];
        if !rest.starts_with(b"\"") {
            return false;
        }
        let end = item_end(rest);
        if rest[..end].trim_ascii_end() == tag {
            return true;
        }
        rest = &rest[end..];
    }
}

/// Where a list's item ends: at a comma outside of quotes.
fn item_end(item: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, b) in item.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return i,
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags() {
        for (list, tag, weak, want) in [
            ("\"a\"", "\"a\"", false, true),
            ("\"b\", \"a\"", "\"a\"", false, true),
            ("\"b,\\\"\" , \"a\"", "\"a\"", false, true),
            ("W/\"a\"", "\"a\"", true, true),
            ("W/\"a\"", "\"a\"", false, false),
            ("\"a\"", "W/\"a\"", true, true),
            ("\"a\"", "W/\"a\"", false, false),
            ("a, \"a\"", "\"a\"", true, false),
            ("\"ab\"", "\"a\"", true, false),
            ("", "\"a\"", true, false),
        ] {
            assert_eq!(lists(list.as_bytes(), tag.as_bytes(), weak), want, "{list} {tag} {weak}");
        }
    }
}
