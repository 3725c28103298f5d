//! A rule in reverse: the text that it makes another one of.

use crate::pattern;
use bstr::ByteSlice;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A pattern and what it makes of what it finds.
pub(crate) struct Image {
    /// Finds what the rule's output may be, a group for each that the output has.
    output: regex::bytes::Regex,
    /// Which group of the rule each is.
    groups: Vec<usize>,
    pattern: Hir,
    check: regex::bytes::Regex,
}

/// Longer texts say nothing to a reader.
const LONGEST: usize = 300;

impl Image {
    /// Of a rule; none where its pattern or its output can't be reversed.
    pub(crate) fn new(pattern: &[u8], output: &[u8]) -> Option<Image> {
        let own = pattern::regular(crate::outcome::observer::PatternKind::Regex { icase: false }, pattern)?;
        let mut config = regex_syntax::ParserBuilder::new();
        let hir = config.utf8(false).build().parse(&own).ok()?;
        let (mut text, mut groups) = (String::from("(?s-u)^"), Vec::new());
        let output = output.split_once_str(b"?").map_or(output, |(path, _)| path);
        let mut rest = output;
        while let Some(first) = rest.first() {
            match (first, rest.get(1)) {
                (b'$', Some(digit)) if digit.is_ascii_digit() => {
                    groups.push(usize::from(digit - b'0'));
                    text.push_str("(.*)");
                    rest = &rest[2..];
                }
                // a map's key, `${map:$1}`, is taken to stay as it is
                (b'$', Some(b'{')) => {
                    let end = rest.find_byte(b'}')?;
                    let group =
                        rest[..end].find(b"$").and_then(|_| rest[2..end].find(b"$").and_then(|at| rest.get(at + 3)));
                    match group.filter(|d| d.is_ascii_digit()) {
                        Some(digit) => {
                            groups.push(usize::from(digit - b'0'));
                            text.push_str("(.*)");
                        }
                        None => text.push_str(".*"),
                    }
                    rest = &rest[end + 1..];
                }
                (b'%', Some(b'{')) => {
                    text.push_str(".*");
                    rest = &rest[rest.find_byte(b'}')? + 1..];
                }
                (b'%', Some(digit)) if digit.is_ascii_digit() => {
                    text.push_str(".*");
                    rest = &rest[2..];
                }
                _ => {
                    text.push_str(&pattern::escaped(&[*first]));
                    rest = &rest[1..];
                }
            }
        }
        text.push('$');
        if groups.is_empty() {
            return None;
        }
        let output = regex::bytes::Regex::new(&text).ok()?;
        Some(Image { output, groups, pattern: hir, check: regex::bytes::Regex::new(&own).ok()? })
    }

    /// A text of which the rule makes this one.
    pub(crate) fn leading_to(&self, target: &[u8]) -> Option<Vec<u8>> {
        let found = self.output.captures(target)?;
        let mut given: Vec<Option<&[u8]>> = vec![None; 10];
        for (n, group) in self.groups.iter().enumerate() {
            *given.get_mut(*group)? = Some(found.get(n + 1)?.as_bytes());
        }
        // the whole match stands for itself
        if let Some(whole) = given[0] {
            return self.check.is_match(whole).then(|| whole.to_vec());
        }
        let mut text = Vec::new();
        put(&self.pattern, &given, &mut text)?;
        self.check.is_match(&text).then_some(text)
    }
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
            let inner = has_group(&repetition.sub, given);
            for _ in 0..repetition.min.max(u32::from(inner)) {
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
    fn texts_that_lead_to_others() {
        for (pattern, output, target, want) in [
            ("^/title/(.+)$", "/srv/books/$1", "/srv/books/a/b.epub", Some("/title/a/b.epub")),
            ("^/([^/]+)/static/(.*)", "/srv/$1/s/$2", "/srv/x/s/y.css", Some("/x/static/y.css")),
            ("^page-([0-9]+)\\.html$", "show.php", "show.php", None),
            ("^/m/(.*)$", "/x/${plain:$1}", "/x/y", Some("/m/y")),
            ("^/n/([0-9]+)$", "/x/$1", "/x/y", None),
        ] {
            let found = Image::new(pattern.as_bytes(), output.as_bytes()).and_then(|i| i.leading_to(target.as_bytes()));
            assert_eq!(found.as_deref(), want.map(str::as_bytes), "{pattern}");
        }
    }
}
