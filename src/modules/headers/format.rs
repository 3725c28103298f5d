//! The values of mod_headers: text with tags (`parse_format_string`, `process_tags`).

use crate::server::request::Request;
use crate::server::{response, sendable};
use bstr::{BString, ByteSlice};

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// Text.
    Text(BString),
    /// `%{name}e`: a variable of the environment.
    Env(BString),
    /// `%{name}s`: a variable of mod_ssl.
    Ssl(BString),
    /// What only a running server knows: the time, its load.
    Unknown(u8),
}

impl Tag {
    /// Whether it may stand for something that no header can have.
    pub(super) fn is_risky(&self) -> bool {
        match self {
            Tag::Text(text) => sendable::is_risky_text(text),
            Tag::Env(_) | Tag::Ssl(_) => true,
            Tag::Unknown(_) => false,
        }
    }
}

/// `parse_misc_string`: text up to a percent sign, its escapes read.
fn text(format: &mut &[u8]) -> BString {
    let mut out = BString::default();
    let mut bytes = *format;
    while let Some((&b, rest)) = bytes.split_first().filter(|(b, _)| **b != b'%') {
        bytes = rest;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        let escaped = match rest.first() {
            Some(b'\\') => b'\\',
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            _ => {
                out.push(b'\\');
                continue;
            }
        };
        out.push(escaped);
        bytes = &rest[1..];
    }
    *format = bytes;
    out
}

/// The pieces of a value.
///
/// # Errors
/// httpd's message.
pub(super) fn parse(mut format: &[u8]) -> Result<Vec<Tag>, String> {
    let mut tags = Vec::new();
    while let Some(&first) = format.first() {
        if first != b'%' {
            tags.push(Tag::Text(text(&mut format)));
            continue;
        }
        format = &format[1..];
        if matches!(format.first(), None | Some(b'%')) {
            format = format.get(1..).unwrap_or_default();
            tags.push(Tag::Text("%".into()));
            continue;
        }
        let mut name = BString::default();
        if let Some(rest) = format.strip_prefix(b"{") {
            let end = rest.find_byte(b'}').unwrap_or(rest.len());
            name = rest[..end].into();
            format = rest[end..].trim_start_with(|c| c == '}');
        }
        let kind = format.first().copied();
        format = format.get(1..).unwrap_or_default();
        tags.push(match kind {
            Some(b'e') => Tag::Env(name),
            Some(b's') => Tag::Ssl(name),
            Some(b @ (b'D' | b't' | b'l' | b'i' | b'b')) => Tag::Unknown(b),
            other => {
                let other = other.map(|b| BString::from(&[b][..])).unwrap_or_default();
                return Err(format!("Unrecognized header format %{other}"));
            }
        });
    }
    Ok(tags)
}

/// `process_tags`
pub(super) fn process(r: &mut Request<'_>, tags: &[Tag]) -> BString {
    let mut out = BString::default();
    let unwrapped = |v: &[u8]| BString::from(v.replace("\r", " ").replace("\n", " "));
    for tag in tags {
        let value = match tag {
            Tag::Text(text) => text.clone(),
            Tag::Env(name) => r.env.get(name).map_or("(null)".into(), |v| unwrapped(v)),
            Tag::Ssl(name) => match crate::server::expr_context::ssl_variable(r, name) {
                v if v.is_empty() => "(null)".into(),
                v => unwrapped(&v),
            },
            Tag::Unknown(b) => format!("{}={}", char::from(*b), response::UNKNOWN).into(),
        };
        if !r.affords(&value) {
            break;
        }
        out.extend_from_slice(&value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_text() {
        assert_eq!(
            parse(br"a\\b\n%{X}e%%%D").unwrap(),
            [Tag::Text("a\\b\n".into()), Tag::Env("X".into()), Tag::Text("%".into()), Tag::Unknown(b'D')]
        );
        assert_eq!(parse(b"x%").unwrap(), [Tag::Text("x".into()), Tag::Text("%".into())]);
        assert_eq!(parse(b"%{X}q").unwrap_err(), "Unrecognized header format %q");
    }
}
