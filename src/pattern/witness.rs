//! A text that a pattern is found in, as a reader would write one. (`search/solve.rs` finds a text that several patterns match
//! and others don't, or proves that there is none.)

use regex_syntax::hir::{Class, Hir, HirKind};

/// Longer ones say nothing to a reader.
const LONGEST: usize = 300;

/// A short path that a pattern is found in: what may be left out is, but for what may be anything. None where the pattern is
/// not understood, or asks for what no path has.
pub(crate) fn witness(pattern: &str) -> Option<String> {
    found_in(pattern, "/")
}

/// The same of a pattern that is tried on a path without its first slash, as in an .htaccess file.
pub(crate) fn relative_witness(pattern: &str) -> Option<String> {
    found_in(pattern, "")
}

fn found_in(pattern: &str, before: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::from_utf8(text_of(&hir, &[])?).ok()?;
    if !text.starts_with(before) {
        text.insert_str(0, before);
    }
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\"<>\\^`{|}".contains(&b));
    (plain && regex::Regex::new(pattern).ok()?.is_match(&text)).then_some(text)
}

/// A text of a pattern whose groups are `given`: what may be left out is, but for what holds such a group. What may be anything
/// stands for something where no group is given.
pub(crate) fn text_of(pattern: &Hir, given: &[Option<&[u8]>]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    put(pattern, given, &mut text)?;
    Some(text)
}

fn put(hir: &Hir, given: &[Option<&[u8]>], text: &mut Vec<u8>) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(class) => {
            let has = |byte: u8| match class {
                Class::Unicode(c) => {
                    c.ranges().iter().any(|r| r.start() <= char::from(byte) && char::from(byte) <= r.end())
                }
                Class::Bytes(c) => c.ranges().iter().any(|r| r.start() <= byte && byte <= r.end()),
            };
            text.push((b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(*b"/._-~").find(|b| has(*b))?);
        }
        HirKind::Repetition(repetition) => {
            let is_any = given.is_empty() && repetition.max.is_none_or(|most| most > 1);
            let least = u32::from(is_any || has_group(&repetition.sub, given));
            for _ in 0..repetition.min.max(least) {
                put(&repetition.sub, given, text)?;
            }
        }
        HirKind::Capture(capture) => match given.get(capture.index as usize).copied().flatten() {
            Some(own) => text.extend_from_slice(own),
            None => put(&capture.sub, given, text)?,
        },
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| put(part, given, text))?,
        HirKind::Alternation(parts) => {
            let part = parts.iter().find(|part| has_group(part, given)).or(parts.first())?;
            put(part, given, text)?;
        }
    }
    Some(())
}

fn has_group(hir: &Hir, given: &[Option<&[u8]>]) -> bool {
    match hir.kind() {
        HirKind::Capture(c) => given.get(c.index as usize).is_some_and(Option::is_some) || has_group(&c.sub, given),
        HirKind::Repetition(r) => has_group(&r.sub, given),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| has_group(part, given)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_patterns_are_found_in() {
        for (pattern, want) in [
            ("^/old/(.*)$", Some("/old/a")),
            ("^/([^/]+)/static/(.*)", Some("/a/static/a")),
            ("^/docs$", Some("/docs")),
            ("\\.ya?ml$", Some("/.yml")),
            ("^/(img|css)/[0-9]{2}\\.png", Some("/img/00.png")),
            ("^$", None),
            ("(", None),
            ("a b", None),
        ] {
            assert_eq!(witness(pattern).as_deref(), want, "{pattern}");
        }
        assert_eq!(relative_witness("^(index|home)\\.php$").as_deref(), Some("index.php"));
    }
}
