//! A text that a pattern is found in.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Longer ones say nothing to a reader.
const LONGEST: usize = 200;

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
    let mut text = String::new();
    put(&hir, &mut text)?;
    if !text.starts_with(before) {
        text.insert_str(0, before);
    }
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\"<>\\^`{|}".contains(&b));
    (plain && regex::Regex::new(pattern).ok()?.is_match(&text)).then_some(text)
}

fn put(hir: &Hir, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let has = |c: char| class.ranges().iter().any(|range| range.start() <= c && c <= range.end());
            let plain = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain("/._-~".chars());
            text.push(plain.into_iter().find(|c| has(*c))?);
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repetition) => {
            // `.*` may be nothing, but stands for something
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = if repetition.min == 0 && most > 1 { 1 } else { repetition.min };
            for _ in 0..times {
                put(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(capture) => put(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| put(part, text))?,
        HirKind::Alternation(parts) => put(parts.first()?, text)?,
    }
    Some(())
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
