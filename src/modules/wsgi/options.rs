//! Arguments of the form `name=value`.

use crate::conf::args;
use bstr::{BString, ByteSlice};

/// Cuts the next `name=value` off `line`; the value may be quoted: `wsgi_parse_option`. `None` where there is none.
pub(super) fn next(line: &mut &[u8]) -> Option<(BString, BString)> {
    let text = line.trim_start_with(|c| c.is_ascii() && args::is_space(c as u8));
    let end = text.iter().position(|&b| b == b'=' || args::is_space(b)).filter(|&i| i > 0 && text[i] == b'=')?;
    let name = text[..end].into();
    *line = &text[end + 1..];
    let value = args::word(line);
    Some((name, value))
}

/// All options of `line`. The error is `invalid`.
pub(super) fn all(mut line: &[u8], invalid: &str) -> Result<Vec<(BString, BString)>, String> {
    let mut found = Vec::new();
    while !line.is_empty() {
        found.push(next(&mut line).ok_or(invalid)?);
    }
    Ok(found)
}

/// `On` or `Off`, letter case aside.
pub(super) fn flag(word: &[u8]) -> Option<bool> {
    match word {
        w if w.eq_ignore_ascii_case(b"on") => Some(true),
        w if w.eq_ignore_ascii_case(b"off") => Some(false),
        _ => None,
    }
}

/// The value, or httpd's message where it is empty.
pub(super) fn filled(value: BString, message: &str) -> Result<BString, String> {
    if value.is_empty() { Err(message.into()) } else { Ok(value) }
}

pub(super) const NO_PROCESS_GROUP: &str = "Invalid name for WSGI process group.";
pub(super) const NO_APPLICATION_GROUP: &str = "Invalid name for WSGI application group.";
pub(super) const NO_CALLABLE: &str = "Invalid name for WSGI callable object.";
pub(super) const NO_FLAG: &str = "Invalid value for authorization flag.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        let read = |text: &str| all(text.as_bytes(), "no").map(|v| v.iter().map(|(n, v)| format!("{n}|{v}")).collect());
        let yes = |v: &[&str]| Ok::<Vec<String>, String>(v.iter().map(|s| s.to_string()).collect());
        assert_eq!(read(r#"a=1 b="x y" c= d=2"#), yes(&["a|1", "b|x y", "c|d=2"]));
        assert_eq!(read("a"), Err("no".into()));
        assert_eq!(read("=1"), Err("no".into()));
        assert_eq!(read("a =1"), Err("no".into()));
    }
}
