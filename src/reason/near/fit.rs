//! How a pattern or a path would fit.

use super::super::files::ancestors;
use crate::filepath::without_slashes_after;
use crate::pattern::{Flags, FnmatchFlags, PATHNAME, Regex, alias_matches, fnmatch};
use crate::server::uri::single_slashes;
use bstr::ByteSlice;

/// What would have to be otherwise for a pattern to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Nothing: it fits.
    Whole,
    /// Letters in the other case.
    Case,
    /// A slash more or less at its end, or in a row.
    Slash,
    /// The slash that it begins with: there is none in what it is tried on.
    LeadingSlash,
    /// A slash that it should begin with.
    NoLeadingSlash,
    /// It fits the URL, and is tried on a path of the file system.
    Url,
    /// It fits a path of the file system, and is tried on the URL.
    File,
    /// It is tried on a name without directories, and has some.
    NameOnly,
    /// It fits in the middle, and is tried from the beginning.
    Middle,
    /// It fits the last part of the URL, and is tried on the name of the file that the URL leads to.
    UrlName,
    /// It fits what is below the directory, and is tried on the whole path of the file.
    Below,
    /// It names the same back-end, and another path there.
    OtherPath,
    /// It is written as a regular expression, and is taken letter by letter.
    NoPattern,
    /// It has no slash at its beginning, which every URL path has.
    NoSlash,
}

impl Fit {
    pub(super) fn code(self) -> &'static str {
        match self {
            Fit::Whole => "fits",
            Fit::Case => "case",
            Fit::Slash => "slash",
            Fit::LeadingSlash => "leading-slash",
            Fit::NoLeadingSlash => "no-leading-slash",
            Fit::Url => "url-not-path",
            Fit::File => "path-not-url",
            Fit::NameOnly => "name-only",
            Fit::Middle => "middle",
            Fit::UrlName => "url-name",
            Fit::Below => "whole-path",
            Fit::OtherPath => "other-path",
            Fit::NoPattern => "no-pattern",
            Fit::NoSlash => "no-slash",
        }
    }
}

/// A prefix of a URL path, as Alias and its kin have it.
pub(super) fn prefix(given: &[u8], uri: &[u8]) -> Option<Fit> {
    if !given.starts_with(b"/") {
        let bare = uri.strip_prefix(b"/").unwrap_or(uri);
        return match literal(given) == given.len() {
            true => (given.len() > 1 && alias_matches(bare, given) > 0).then_some(Fit::NoSlash),
            false => (given.len() > 3 && regex(given, uri, false) == Some(Fit::Whole)).then_some(Fit::NoPattern),
        };
    }
    if alias_matches(uri, given) > 0 {
        return Some(Fit::Whole);
    }
    if without_slashes_after(given).len() < 2 {
        return None;
    }
    if alias_matches(&uri.to_ascii_lowercase(), &given.to_ascii_lowercase()) > 0 {
        return Some(Fit::Case);
    }
    let bare = without_slashes_after(given);
    if given.iter().any(|b| matches!(b, b'^' | b'$' | b'(' | b'\\')) && regex(given, uri, false) == Some(Fit::Whole) {
        return Some(Fit::NoPattern);
    }
    (alias_matches(uri, bare) > 0 || alias_matches(&single_slashes(uri), bare) > 0).then_some(Fit::Slash)
}

/// A path of the file system, with or without wildcards.
pub(super) fn directory(given: &[u8], file: &[u8]) -> Option<Fit> {
    let bare = without_slashes_after(given);
    let under = |path: &[u8], given: &[u8]| ancestors(path.as_bstr()).any(|part| fnmatch(given, part, PATHNAME));
    if given == b"/" || under(file, bare) {
        return Some(Fit::Whole);
    }
    if bare.len() < 2 {
        return None;
    }
    under(&file.to_ascii_lowercase(), &bare.to_ascii_lowercase()).then_some(Fit::Case)
}

/// A file's name, with or without wildcards.
pub(super) fn name(given: &[u8], name: &[u8]) -> Option<Fit> {
    let fits = |given: &[u8], name: &[u8]| fnmatch(given, name, FnmatchFlags::NONE);
    if let Some(at) = given.rfind_byte(b'/') {
        let last = &given[at + 1..];
        return (!last.is_empty() && fits(last, name)).then_some(Fit::NameOnly);
    }
    if fits(given, name) {
        return Some(Fit::Whole);
    }
    fits(&given.to_ascii_lowercase(), &name.to_ascii_lowercase()).then_some(Fit::Case)
}

/// The beginning of a back-end's URL, with or without wildcards; one that has the same back-end and another path is near.
pub(super) fn url(given: &[u8], url: &[u8]) -> Option<Fit> {
    let wild = fnmatch(given, url, FnmatchFlags::NONE);
    if wild || url.starts_with(given) {
        return Some(Fit::Whole);
    }
    let scheme = given.find("://")? + 3;
    let host = given[scheme..].find_byte(b'/').map_or(given.len(), |at| scheme + at);
    url.starts_with(&given[..host]).then_some(Fit::OtherPath)
}

/// A regular expression, searched for in `subject`.
pub(super) fn regex(pattern: &[u8], subject: &[u8], icase: bool) -> Option<Fit> {
    let matches = |pattern: &[u8], icase: bool, subject: &[u8]| {
        Regex::new(pattern, Flags { icase, ..Flags::NONE }).is_ok_and(|r| r.is_match(subject).unwrap_or(false))
    };
    if matches(pattern, icase, subject) {
        return Some(Fit::Whole);
    }
    if !icase && matches(pattern, true, subject) {
        return Some(Fit::Case);
    }
    let with = [b"/", subject].concat();
    if !subject.starts_with(b"/") && matches(pattern, icase, &with) {
        return Some(Fit::LeadingSlash);
    }
    if let Some(without) = subject.strip_prefix(b"/")
        && matches(pattern, icase, without)
    {
        return Some(Fit::NoLeadingSlash);
    }
    let other = match subject.strip_suffix(b"/") {
        Some(without) => without.into(),
        None => [subject, b"/"].concat(),
    };
    if matches(pattern, icase, &other) {
        return Some(Fit::Slash);
    }
    let middle = pattern.strip_prefix(b"^").filter(|rest| literal(rest) > 3)?;
    matches(middle, icase, subject).then_some(Fit::Middle)
}

/// How many letters a pattern begins with that stand for themselves.
pub(super) fn literal(pattern: &[u8]) -> usize {
    let pattern = pattern.strip_prefix(b"^").unwrap_or(pattern);
    pattern.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_patterns() {
        for (given, uri, fit) in [
            ("/img", "/img/a", Some(Fit::Whole)),
            ("/Img", "/img/a", Some(Fit::Case)),
            ("/img/", "/img", Some(Fit::Slash)),
            ("/img", "/image", None),
            ("img", "/img", Some(Fit::NoSlash)),
            ("^/img$", "/img", Some(Fit::NoPattern)),
        ] {
            assert_eq!(prefix(given.as_bytes(), uri.as_bytes()), fit, "{given} {uri}");
        }
        for (pattern, subject, fit) in [
            ("^a/b$", "a/b", Some(Fit::Whole)),
            ("^A/b$", "a/b", Some(Fit::Case)),
            ("^/a/b$", "a/b", Some(Fit::LeadingSlash)),
            ("^a/b$", "/a/b", Some(Fit::NoLeadingSlash)),
            ("^a/b/$", "a/b", Some(Fit::Slash)),
            ("^blog/", "x/blog/1", Some(Fit::Middle)),
            ("^z$", "a", None),
        ] {
            assert_eq!(regex(pattern.as_bytes(), subject.as_bytes(), false), fit, "{pattern} {subject}");
        }
        assert_eq!(directory(b"/srv/WWW", b"/srv/www/a"), Some(Fit::Case));
        assert_eq!(directory(b"/srv/*/", b"/srv/www/a"), Some(Fit::Whole));
    }
}
