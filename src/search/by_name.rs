//! Directories whose names are made of the host's (`VirtualDocumentRoot`), in reverse: the host that leads to one.

use crate::pattern;
use bstr::ByteSlice;
use std::collections::BTreeMap;

/// A part of a host's name that a map has: which label (from the end where it is negative), whether all beyond it too, and
/// whether only letters of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    number: i8,
    beyond: bool,
    letters: bool,
}

/// What finds the directories that a map makes, and the parts that it has.
pub(super) fn format(map: &[u8]) -> Option<(regex::bytes::Regex, Vec<Label>)> {
    let (mut text, mut parts) = (String::from("(?s-u)^"), Vec::new());
    let mut rest = map.trim_end_with(|c| c == '/').as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            text.push_str(&pattern::escaped(&[*first]));
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"%") {
            text.push_str("\\x25");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"p") {
            text.push_str("[0-9]+");
            rest = after;
            continue;
        }
        let mut number = || {
            let back = rest.strip_prefix(b"-");
            let digits = back.unwrap_or(rest);
            let digit = digits.first().filter(|d| d.is_ascii_digit())?;
            let after = &digits[1..];
            let beyond = after.strip_prefix(b"+");
            rest = beyond.unwrap_or(after);
            let number = (digit - b'0') as i8;
            Some((if back.is_some() { -number } else { number }, beyond.is_some()))
        };
        let (label, beyond) = number()?;
        let letters = match rest.strip_prefix(b".") {
            Some(after) => {
                rest = after;
                let mut number = || {
                    let digits = rest.strip_prefix(b"-").unwrap_or(rest);
                    let digit = digits.first().filter(|d| d.is_ascii_digit())?;
                    rest = digits[1..].strip_prefix(b"+").unwrap_or(&digits[1..]);
                    Some(*digit != b'0')
                };
                number()?
            }
            None => false,
        };
        text.push_str("([^/]+)");
        parts.push(Label { number: label, beyond, letters });
    }
    text.push('$');
    Some((regex::bytes::Regex::new(&text).ok()?, parts))
}

/// A host whose name has these parts.
pub(super) fn host(parts: &[Label], texts: &[&[u8]]) -> Option<String> {
    let (mut front, mut back) = (BTreeMap::new(), BTreeMap::new());
    // whole labels say more than letters of them
    for letters in [true, false] {
        for (part, text) in parts.iter().zip(texts).filter(|(part, _)| part.letters == letters) {
            let text = text.to_str().ok()?;
            match part.number {
                0 if !letters => return Some(text.to_ascii_lowercase()),
                0 => {}
                n if n > 0 => drop(front.insert(n, text)),
                n => drop(back.insert(-n, text)),
            }
        }
    }
    let last = front.keys().max().copied().unwrap_or(0);
    let first = back.keys().max().copied().unwrap_or(0);
    let mut labels: Vec<&str> = (1..=last).map(|n| front.get(&n).copied().unwrap_or("x")).collect();
    labels.extend((1..=first).rev().map(|n| back.get(&n).copied().unwrap_or("x")));
    let name = labels.join(".").to_ascii_lowercase();
    let fine = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    fine.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_directories() {
        for (map, directory, want) in [
            ("/srv/%0/htdocs", "/srv/a.example.com/htdocs", Some("a.example.com")),
            ("/srv/%1", "/srv/shop", Some("shop")),
            ("/srv/%-2/%1", "/srv/example/shop", Some("shop.example.x")),
            ("/srv/%1.1/%1/", "/srv/s/shop", Some("shop")),
            ("/srv/%2+", "/srv/example.com", Some("x.example.com")),
            ("/srv/%0", "/srv/a/b", None),
            ("/srv/%0/%p", "/srv/a/80", Some("a")),
        ] {
            let (finds, parts) = format(map.as_bytes()).unwrap();
            let found = finds.captures(directory.as_bytes()).and_then(|found| {
                let texts: Vec<&[u8]> = (1..=parts.len()).filter_map(|n| found.get(n).map(|g| g.as_bytes())).collect();
                host(&parts, &texts)
            });
            assert_eq!(found.as_deref(), want, "{map} {directory}");
        }
    }
}
