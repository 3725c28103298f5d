//! Which URLs lead to which files: what the configuration says, and what answers showed.

use super::ask::{Ask, decoded, escaped};
use crate::filepath;
use crate::outcome::Outcome;
use crate::site::Directive;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// How many are kept.
const MOST: usize = 2_000;

/// Paths that begin with `url` lead to files whose paths begin with `file`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mapping {
    /// The beginning of the URL's path, decoded.
    pub url: BString,
    /// The beginning of the file's path.
    pub file: BString,
    /// The virtual host that it is of, where it is one's own.
    pub server: Option<Span>,
}

/// All of them, in the order in which they became known.
#[derive(Default)]
pub(crate) struct Maps {
    list: Vec<Mapping>,
    met: HashSet<Mapping>,
}

impl Maps {
    /// Those that directives state.
    pub(crate) fn stated(directives: &[Directive<'_>]) -> Maps {
        let mut maps = Maps::default();
        for directive in directives {
            let words = directive.words();
            let server = directive.virtual_host();
            let name = directive.name().to_ascii_lowercase();
            let cut = |text: &BString| BString::from(text.trim_end_with(|c| c == '/'));
            match (name.as_slice(), words.as_slice()) {
                (b"documentroot", [root, ..]) => {
                    maps.add(Mapping { url: "".into(), file: cut(root), server });
                }
                (b"alias" | b"scriptalias" | b"wsgiscriptalias", [url, file, ..]) => {
                    let file = cut(file);
                    maps.add(Mapping { url: cut(url), file: file.clone(), server });
                    // `Alias /a /srv/x/` and `Alias /a/ /srv/x`
                    maps.add(Mapping { url: url.clone(), file: [file.as_slice(), b"/"].concat().into(), server });
                }
                _ => {}
            }
        }
        maps
    }

    /// Adds one. Whether it is new.
    pub(crate) fn add(&mut self, mapping: Mapping) -> bool {
        let new = self.list.len() < MOST && self.met.insert(mapping.clone());
        if new {
            self.list.push(mapping);
        }
        new
    }

    /// What an answer shows: what the ends of path and file have in common is mapped, what stands before it is the mapping.
    pub(crate) fn learn(&mut self, ask: &Ask, outcome: &Outcome, server: Option<Span>) -> Option<Mapping> {
        let file = outcome.file.as_ref().filter(|file| file.starts_with(b"/"))?;
        let path = decoded(&ask.path);
        let path = path.strip_suffix(outcome.path_info.as_slice()).unwrap_or(&path);
        let common = path.iter().rev().zip(file.iter().rev()).take_while(|(a, b)| a == b).count();
        // at a whole segment
        let (url, base) = (&path[..path.len() - common], &file[..file.len() - common]);
        let rest = &path[path.len() - common..];
        let slash = rest.find_byte(b'/')?;
        let mapping = Mapping {
            url: [url, &rest[..slash]].concat().into(),
            file: [base, &rest[..slash]].concat().into(),
            server,
        };
        self.add(mapping.clone()).then_some(mapping)
    }

    /// The mappings that may lead to a file.
    pub(crate) fn to<'m>(&'m self, file: &'m [u8]) -> impl Iterator<Item = (&'m Mapping, Vec<u8>)> {
        self.list.iter().filter_map(move |mapping| {
            let rest = file.strip_prefix(mapping.file.as_slice())?;
            let whole = rest.is_empty() || rest.starts_with(b"/") || mapping.file.ends_with(b"/");
            whole.then(|| (mapping, [mapping.url.as_slice(), rest].concat()))
        })
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Mapping] {
        &self.list
    }

    /// The paths, as they stand in a URL, that may lead to a file: first by the way that a request took.
    pub(crate) fn urls(&self, file: &[u8], ask: &Ask, outcome: &Outcome) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(known) = &outcome.file {
            let path = decoded(&ask.path);
            let path = path.strip_suffix(outcome.path_info.as_slice()).unwrap_or(&path);
            let common = path.iter().rev().zip(known.iter().rev()).take_while(|(a, b)| a == b).count();
            let (url, base) = (&path[..path.len() - common], &known[..known.len() - common]);
            if let Some(rest) = file.strip_prefix(base) {
                found.push([url, rest].concat());
            }
        }
        found.extend(self.to(file).map(|(_, url)| url).take(6));
        found.retain(|url| url.starts_with(b"/"));
        found.dedup();
        found.into_iter().map(|url| escaped(&filepath::tidy(url.clone().into()).unwrap_or(url.into()))).collect()
    }
}
