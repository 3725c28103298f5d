//! A rule in reverse: the text that it makes another one of.

use crate::pattern;
use bstr::ByteSlice;
use regex_syntax::hir::Hir;

/// A pattern and what it makes of what it finds.
pub(crate) struct Image {
    /// Finds what the rule's output may be, a group for each that the output has.
    output: regex::bytes::Regex,
    /// Which group of the rule each is.
    groups: Vec<usize>,
    pattern: Hir,
    check: regex::bytes::Regex,
}

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
        let text = pattern::text_of(&self.pattern, &given)?;
        self.check.is_match(&text).then_some(text)
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
