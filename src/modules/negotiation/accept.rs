//! Lists of media types, languages, charsets and encodings with their qualities, as headers and type maps have them.

use crate::conf::args::{is_space, skip_space, token};
use bstr::BString;

/// One item: httpd's `accept_rec`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// In lower case.
    pub name: BString,
    /// `q` or `qs`.
    pub quality: f32,
    /// `level`, of a content type.
    pub level: f32,
    /// `charset`, in lower case, of a content type.
    pub charset: BString,
}

/// Content types that stand for pages with server-side includes.
pub(super) const INCLUDES: &str = "text/x-server-parsed-html";
/// The same, of HTML 3.
pub(super) const INCLUDES3: &str = "text/x-server-parsed-html3";

/// A quality; what is none counts as 1: `atoq`.
fn quality(text: &[u8]) -> f32 {
    let text = skip_space(text);
    let fraction = match text {
        [b'.', rest @ ..] | [b'0', b'.', rest @ ..] => rest,
        [b'0', ..] => return 0.0,
        _ => return 1.0,
    };
    let digits = fraction.iter().take(3).take_while(|b| b.is_ascii_digit());
    let thousandths: u16 = digits.zip([100, 10, 1]).map(|(d, weight)| u16::from(d - b'0') * weight).sum();
    f32::from(thousandths) / 1000.0
}

/// Cuts off one item with its parameters: `get_entry`.
pub(super) fn item(line: &mut &[u8]) -> Item {
    let name = BString::from(token(line, false).to_ascii_lowercase());
    let level = match name.as_slice() {
        n if n == b"text/html" || n == INCLUDES.as_bytes() => 2.0,
        n if n == INCLUDES3.as_bytes() => 3.0,
        _ => 0.0,
    };
    let mut item = Item { name, quality: 1.0, level, charset: BString::default() };
    while let Some(rest) = line.strip_prefix(b";") {
        *line = rest;
        let parameter = token(line, true);
        let Some(end) = parameter.iter().position(|b| is_space(*b) || *b == b'=') else { continue };
        let name = parameter[..end].to_ascii_lowercase();
        let skipped = parameter[end + 1..].iter().take_while(|b| is_space(**b) || **b == b'=').count();
        let value = &parameter[end + 1 + skipped..];
        let value = match value.strip_prefix(b"\"") {
            Some(quoted) => quoted.split(|b| b"\n\r\"".contains(b)).next().unwrap_or_default(),
            None => value.split(|b| is_space(*b)).next().unwrap_or_default(),
        };
        match name.as_slice() {
            b"q" | b"qs" => item.quality = quality(value),
            b"level" => item.level = crate::server::core::atoi(value) as f32,
            b"charset" => item.charset = value.to_ascii_lowercase().into(),
            _ => {}
        }
    }
    if let Some(rest) = line.strip_prefix(b",") {
        *line = rest;
    }
    item
}

/// All items of a header: `do_header_line`.
pub(super) fn header(line: Option<&[u8]>) -> Option<Vec<Item>> {
    let mut line = line?;
    let mut items = Vec::new();
    while !line.is_empty() {
        items.push(item(&mut line));
    }
    Some(items)
}

/// The languages of a type map's line: `do_languages_line`.
pub(super) fn languages(mut line: &[u8]) -> Vec<BString> {
    let mut found = Vec::new();
    while !line.is_empty() {
        found.push(token(&mut line, false).to_ascii_lowercase().into());
        if let [b',' | b';', rest @ ..] = line {
            line = rest;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;

    #[test]
    fn qualities_are_lenient() {
        for (text, want) in
            [("0.5", 0.5), (".25", 0.25), ("0", 0.0), ("0.1239", 0.123), ("1", 1.0), ("x", 1.0), ("", 1.0)]
        {
            assert_eq!(quality(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn items_carry_parameters() {
        let items = header(Some(b"text/HTML;level=1; q=0.4;charset=\"UTF-8\", */*;q=0.1,,de")).unwrap();
        let names: Vec<&str> = items.iter().map(|i| i.name.to_str().unwrap()).collect();
        assert_eq!(names, ["text/html", "*/*", "", "de"]);
        assert_eq!((items[0].level, items[0].quality, items[0].charset.as_slice()), (1.0, 0.4, b"utf-8".as_slice()));
        assert_eq!(header(None), None);
    }
}
