//! The lines of a configuration that can cause a code.

use super::Code;
use crate::conf::{Node, args};
use crate::filepath::basename;
use crate::pattern::{Flags, FnmatchFlags, PATHNAME, Regex, fnmatch, is_fnmatch};
use crate::site::{Directive, Site};
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};

/// What a line of the log is about, as far as it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The path on disk.
    pub file: Option<BString>,
    /// The path of the URL.
    pub url: Option<BString>,
}

/// A line that can cause a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where it is.
    pub span: Span,
    /// Where the section begins that it is in, where it is in one.
    pub section: Option<Span>,
    /// How long a part of the subject's path the line or its sections name; none where a section does not hold for it.
    pub concerns: Option<usize>,
}

/// The lines of a site, its .htaccess files included, that can cause a code: those that name most of the subject's path
/// first, those of sections that don't hold for it last. Where reading the configuration found this very code, the lines that
/// it was found at, and no others.
pub(crate) fn places(site: &Site, code: &Code, name: &str, subject: &Subject) -> Vec<Place> {
    let found = site.diagnostics().iter().filter(|d| d.code == name && d.span.is_some());
    let mut all: Vec<Place> = found.map(|d| Place { span: d.span, section: None, concerns: Some(0) }).collect();
    if !all.is_empty() {
        return all;
    }
    let mut add = |directive: Directive<'_>, directory: Option<&BStr>| {
        if code.suspects(directive.name(), directive.args()) {
            let section = directive.sections().last().map(|node| node.span);
            all.push(Place { span: directive.span(), section, concerns: concerns(&directive, directory, subject) });
        }
    };
    site.directives().for_each(|directive| add(directive, None));
    for (directory, nodes) in site.htaccess_trees() {
        Directive::of(&nodes).for_each(|directive| add(directive, Some(directory.as_bstr())));
    }
    all.sort_by_key(|place| std::cmp::Reverse(place.concerns));
    all
}

/// How long a part of the subject's path a line and its sections name; none where one of them does not hold for it.
fn concerns(line: &Directive<'_>, directory: Option<&BStr>, subject: &Subject) -> Option<usize> {
    let mut most = 0;
    for section in line.sections() {
        most = most.max(holds(section, subject)?);
    }
    if let (Some(directory), Some(file)) = (directory, &subject.file) {
        most = most.max(beneath(file, directory)?);
    }
    for word in args::words(line.args()) {
        let of = [&subject.file, &subject.url].into_iter().flatten().filter_map(|path| beneath(path, &word.value));
        most = most.max(of.max().unwrap_or(0));
    }
    Some(most)
}

/// How long a part of the subject's path a section names; 0 where it can't be told, none where it does not hold for it.
fn holds(section: &Node, subject: &Subject) -> Option<usize> {
    let name = section.name.to_ascii_lowercase();
    let path = match name.as_slice() {
        b"directory" | b"directorymatch" => subject.file.clone(),
        b"location" | b"locationmatch" => subject.url.clone(),
        b"files" | b"filesmatch" => subject.file.as_ref().map(|path| basename(path).to_owned()),
        _ => None,
    };
    let Some(path) = path else { return Some(0) };
    let (pattern, is_regex) = args::section_pattern(&name, &section.args)?;
    let fits = if is_regex {
        // a directory's pattern sees each directory of the path
        let Ok(regex) = Regex::new(&pattern, Flags::NONE) else { return Some(0) };
        parts(&path).any(|part| regex.is_match(part) == Ok(true))
    } else if is_fnmatch(&pattern) {
        parts(&path).any(|part| fnmatch(&pattern, part, PATHNAME))
    } else if name == b"files" {
        fnmatch(&pattern, &path, FnmatchFlags::NONE)
    } else {
        return beneath(&path, &pattern);
    };
    fits.then_some(pattern.len())
}

/// How long a directory's path is, if `path` is it or lies beneath.
fn beneath(path: &[u8], directory: &[u8]) -> Option<usize> {
    let directory = directory.trim_end_with(|c| c == '/');
    let rest = path.strip_prefix(directory)?;
    let absolute = directory.is_empty() || directory.starts_with(b"/");
    (absolute && (rest.is_empty() || rest.starts_with(b"/"))).then_some(directory.len())
}

/// The path, and each directory above it with and without its last slash.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.flat_map(move |at| [&path[..at], &path[..=at]]).chain([path])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    const CONFIG: &str = "<Directory />\nRequire all denied\n</Directory>\n<Directory /srv/a>\nRequire ip 192.0.2.1\n\
        </Directory>\n<Directory /srv/ab>\nRequire ip 192.0.2.2\n</Directory>\n<Files *.bak>\nRequire all denied\n</Files>\n\
        <Location /a>\nRequire all granted\nRequire host x.test\n</Location>\n";

    /// The lines for a subject, and whether each concerns it.
    fn lines(code: &str, subject: Subject) -> Vec<(u32, bool)> {
        let site = Site::builder(CONFIG).build().expect("it is built");
        let all = places(&site, codes::find(code).expect("it is known"), code, &subject);
        all.iter().map(|place| (place.span.line, place.concerns.is_some())).collect()
    }

    #[test]
    fn lines_of_the_nearest_section_come_first() {
        let file = |path: &str| Subject { file: Some(path.into()), url: None };
        let all = [(2, true), (5, true), (8, true), (11, true), (15, true)];
        assert_eq!(lines("AH01630", Subject::default()), all);
        let near = [(5, true), (2, true), (15, true), (8, false), (11, false)];
        assert_eq!(lines("AH01630", file("/srv/a/x")), near);
        assert_eq!(lines("AH01630", file("/srv/ab/x.bak"))[..2], [(8, true), (11, true)]);
        let url = Subject { file: None, url: Some("/b".into()) };
        assert_eq!(lines("AH01630", url).last(), Some(&(15, false)));
    }

    #[test]
    fn what_reading_found_is_where_it_is() {
        let text = "Alias /a /srv/a\nAlias /b /srv/b\nAlias /a/c /srv/c\n";
        let site = Site::builder(text).build().expect("it is built");
        let found = places(&site, codes::find("AH00671").expect("it is known"), "AH00671", &Subject::default());
        assert_eq!(found.iter().map(|place| place.span.line).collect::<Vec<_>>(), [3]);
    }
}
