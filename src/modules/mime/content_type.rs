//! A content type taken apart: `analyze_ct` (modules/http/mod_mime.c).

use crate::conf::args::{is_space, skip_space};
use bstr::{BStr, BString};

/// `type/subtype`, and its parameters.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ContentType {
    essence: BString,
    parameters: Vec<(BString, BString)>,
}

fn is_token(b: u8) -> bool {
    b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b)
}

fn skip_blank(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|b| b" \t\n".contains(b)).count()..]
}

impl ContentType {
    /// Takes a content type apart; `None` when it is none.
    pub(super) fn parse(text: &[u8]) -> Option<ContentType> {
        let text = skip_space(text);
        let end = text.iter().skip(1).position(|b| matches!(b, b'/' | b';') || is_space(*b))? + 1;
        let (kind, rest) = text.split_at(end);
        // white space before the slash stays
        let gap = rest.len() - skip_space(rest).len();
        let rest = skip_space(rest).strip_prefix(b"/")?;
        let rest = skip_space(rest);
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().skip(1).position(|b| *b == b';' || is_space(*b)).map_or(rest.len(), |i| i + 1);
        let (subtype, rest) = rest.split_at(end);
        let essence = [kind, &text[kind.len()..kind.len() + gap], b"/", subtype].concat().into();
        let rest = skip_space(rest);
        let mut found = ContentType { essence, parameters: Vec::new() };
        let Some((_, rest)) = rest.split_first() else { return Some(found) };
        let mut rest = skip_blank(rest);
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let end = rest.iter().position(|b| !is_token(*b) && !b" \t\n".contains(b));
            let Some(end) = end else { break };
            let name = rest[..end].trim_ascii();
            let after = skip_blank(rest[end..].strip_prefix(b"=")?);
            if name.is_empty() || after.is_empty() {
                return None;
            }
            let end = value_end(after)?;
            let value = after[..end].trim_ascii();
            if value.is_empty() {
                return None;
            }
            found.parameters.push((name.into(), value.into()));
            rest = after.get(end + 1..).unwrap_or_default();
        }
        Some(found)
    }

    /// Written out again, with `charset` in place of the one that it has.
    pub(super) fn with_charset(&self, charset: Option<&BStr>) -> BString {
        let mut text = self.essence.clone();
        let mut put = |name: &[u8], value: &[u8]| text.extend_from_slice(&[b"; ", name, b"=", value].concat());
        let mut charset = charset;
        let replaced = charset.is_some();
        for (name, value) in &self.parameters {
            if name != "charset" || !replaced {
                put(name, value);
            } else if let Some(charset) = charset.take() {
                put(b"charset", charset);
            }
        }
        if let Some(charset) = charset {
            put(b"charset", charset);
        }
        text
    }
}

/// Where a parameter's value ends: at a semicolon or the end; `None` when it is no value.
fn value_end(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        let end = text.iter().position(|b| !is_token(*b)).unwrap_or(text.len());
        return matches!(text.get(end), None | Some(b';')).then_some(end);
    }
    let mut i = 1;
    loop {
        match text.get(i)? {
            b'"' => break,
            b'\\' if text.get(i + 1).is_some_and(u8::is_ascii) => i += 2,
            b'\\' | b'\n' => return None,
            b if b.is_ascii() => i += 1,
            _ => return None,
        }
        if i >= text.len() {
            return Some(text.len());
        }
    }
    let end = text.len() - skip_blank(&text[i + 1..]).len();
    matches!(text.get(end), None | Some(b';')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_take_the_place_of_charsets() {
        for (text, charset, want) in [
            ("text/html", Some("utf-8"), Some("text/html; charset=utf-8")),
            ("text/html;charset=x ;a=\"b c\"", None, None),
            ("text/html;charset=x;a=\"b c\"", Some("y"), Some("text/html; charset=y; a=\"b c\"")),
            (" text/html ; a=b", None, Some("text/html; a=b")),
            ("text", Some("y"), None),
            ("text/html; charset", None, Some("text/html")),
            ("text/html;", None, None),
        ] {
            let got = ContentType::parse(text.as_bytes()).map(|c| c.with_charset(charset.map(|c| c.into())));
            assert_eq!(got, want.map(BString::from), "{text}");
        }
    }
}
