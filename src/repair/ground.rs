//! Where a line could go: the server that answers, the sections and .htaccess files that applied, and new sections.

use super::causes;
use super::change::{Change, Place};
use super::goal::Goal;
use crate::filepath;
use crate::outcome::step::Detail;
use crate::reason::Case;
use crate::server::uri;
use crate::source::{FileId, Span};
use bstr::{BStr, BString, ByteSlice};

/// How many sections are tried.
const SECTIONS: usize = 8;

/// A case, the answer that is wanted, and the places that bear on it.
pub(super) struct Ground<'c> {
    /// The case.
    pub case: &'c Case<'c>,
    /// What is wanted.
    pub goal: &'c Goal,
    /// The virtual host that answers.
    pub host: Option<Span>,
    /// The sections that applied, the narrowest first.
    pub sections: Vec<Span>,
    /// The .htaccess files that were read, the nearest first.
    pub htaccess: Vec<FileId>,
    /// The paths of the URL, as patterns may meet them: the client's own first.
    pub paths: Vec<BString>,
}

impl<'c> Ground<'c> {
    pub(super) fn of(case: &'c Case<'c>, goal: &'c Goal) -> Ground<'c> {
        let host = case.host_section();
        let (mut sections, mut htaccess) = (Vec::new(), Vec::new());
        let begins = |span: Span, with: &str| case.sources.text(span).trim_start().starts_with(with.as_bytes());
        for step in case.own().into_iter().filter(|step| step.matched()).rev() {
            let Some(rule) = step.rule else { continue };
            if matches!(step.detail, Detail::Htaccess(_)) {
                htaccess.push(rule.file);
            } else if begins(rule, "<") && !begins(rule, "<VirtualHost") && !sections.contains(&rule) {
                sections.push(rule);
            }
        }
        sections.truncate(SECTIONS);
        htaccess.dedup();
        Ground { case, goal, host, sections, htaccess, paths: paths(case) }
    }

    /// The client's path.
    pub(super) fn path(&self) -> &BStr {
        self.paths.first().map(|path| path.as_bstr()).unwrap_or(BStr::new("/"))
    }

    /// The beginning of the main server's own lines.
    fn main_begin(&self) -> Place {
        let main = self.case.main_file().map(|(file, _)| file);
        let first = self.case.site.directives().find(|d| d.parents().next().is_none() && Some(d.span().file) == main);
        first.map_or(Place::Top, |d| Place::Before(d.span()))
    }

    /// The beginnings of the servers that answer: the virtual host's first.
    pub(super) fn beginnings(&self) -> Vec<Place> {
        self.host.map(Place::Section).into_iter().chain([self.main_begin()]).collect()
    }

    /// Their ends.
    pub(super) fn ends(&self) -> Vec<Place> {
        self.host.map(Place::SectionEnd).into_iter().chain([Place::End]).collect()
    }

    /// The sections and .htaccess files that applied, the narrowest first.
    pub(super) fn applied(&self) -> Vec<Place> {
        let sections = self.sections.iter().map(|section| Place::SectionEnd(*section));
        sections.chain(self.htaccess.iter().map(|file| Place::File(*file))).collect()
    }

    /// New sections for the directory of the file, the narrowest first.
    pub(super) fn directories(&self) -> Vec<Place> {
        let file = self.case.file().or_else(|| self.goal.text("file").map(BStr::new).filter(|f| f.starts_with(b"/")));
        let Some(file) = file else { return Vec::new() };
        let is_dir = |path: &[u8]| self.case.stat(path).is_ok_and(|stat| stat.is_dir());
        let mut found: Vec<&[u8]> = Vec::new();
        for path in [file, filepath::dirname(file), causes::mapped(self.case, file)] {
            if is_dir(path) && !found.contains(&path.as_bytes()) {
                found.push(path);
            }
        }
        let place = |path: &[u8]| match causes::directory(path) {
            Place::New { header, .. } => Place::New { header, within: self.host },
            other => other,
        };
        found.into_iter().map(place).collect()
    }

    /// The file that is there, by its directory and name.
    pub(super) fn regular(&self) -> Option<(&'c BStr, &'c BStr)> {
        let file = self.case.file().filter(|file| self.case.stat(file).is_ok_and(|stat| stat.is_file()))?;
        Some((filepath::without_slashes_after(filepath::dirname(file)).as_bstr(), filepath::basename(file)))
    }

    /// A new section for the URL alone, and one for all with the same name, in the server that answers.
    pub(super) fn narrow(&self) -> Vec<Place> {
        let within = self.host;
        let name = self.case.file().map(|file| filepath::basename(filepath::without_slashes_after(file)));
        let files = name.filter(|name| !name.is_empty()).map(|name| format!("Files \"{name}\""));
        let location = format!("Location \"{}\"", self.path());
        [Some(location), files]
            .into_iter()
            .flatten()
            .filter(|header| is_writable(header))
            .map(|header| Place::New { header, within })
            .collect()
    }
}

/// Each of some lines at each of some places: all lines at the first place, then at the next.
pub(super) fn each(lines: &[String], places: &[Place]) -> Vec<Change> {
    let add = |line: &String, to: &Place| Change::Add { line: line.clone(), to: to.clone() };
    places.iter().flat_map(|to| lines.iter().map(move |line| add(line, to))).collect()
}

/// The URL's paths: as asked, with dot segments and doubled slashes out, and those of internal redirects.
fn paths(case: &Case<'_>) -> Vec<BString> {
    let mut found: Vec<BString> = Vec::new();
    for path in case.paths() {
        let mut tidy = uri::single_slashes(&path);
        uri::get_parents(&mut tidy);
        let begins_once = [b"/", filepath::without_slashes_before(&path)].concat().into();
        for path in [tidy, begins_once, path] {
            if path.starts_with(b"/") && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found.truncate(6);
    found
}

/// How long the beginnings of a path are that end where a part of it ends, the longest first; the first slash alone is one.
pub(super) fn prefixes(path: &[u8]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for (at, byte) in path.iter().enumerate() {
        if *byte == b'/' {
            found.extend([at, at + 1]);
        }
    }
    found.push(path.len());
    found.retain(|length| *length > 0);
    found.dedup();
    found.reverse();
    found.truncate(24);
    found
}

/// The directories above a path, the nearest first, without slashes behind them; the root is none.
pub(super) fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    fn next(path: &[u8]) -> Option<&[u8]> {
        let above = filepath::without_slashes_after(filepath::dirname(path));
        (!above.is_empty()).then_some(above)
    }
    std::iter::successors(Some(filepath::without_slashes_after(path)), |path| next(path)).skip(1)
}

/// Whether a text can be written into a configuration as it is.
pub(super) fn is_writable(text: &str) -> bool {
    !text.contains(['\n', '\r', '\\', '\0']) && !text.contains("${") && text.matches('"').count().is_multiple_of(2)
}

/// An argument as it is written: in quotes where it needs them. None for what can't be written.
pub(super) fn quoted(text: &[u8]) -> Option<String> {
    let text = text.to_str().ok().filter(|text| is_writable(text) && !text.contains('"'))?;
    let plain = !text.is_empty() && !text.contains([' ', '\t', '\'', '<', '>', '#']);
    Some(if plain { text.to_string() } else { format!("\"{text}\"") })
}
