//! Files above the directory that a rule names, by its groups: requests for them (`climb` says whether there can be any).

use super::ask::{Ask, escaped};
use super::climb::{Looked, Piece, above, opens, pieces};
use super::explore::{Search, Take};
use super::image::Image;
use super::solve::Solver;
use crate::conf::args;
use crate::pattern;
use crate::site::Directive;
use bstr::{BString, ByteSlice};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// How many requests of a search are for them.
const CLIMBED: usize = 3_000;
/// How often a file is looked at for them.
const LOOKS: usize = 1_000_000;
/// How many ways in each is tried by.
const DOORS: usize = 4;

/// Lines whose patterns' groups make paths of files.
const LINES: [&[u8]; 4] = [b"aliasmatch", b"scriptaliasmatch", b"wsgiscriptaliasmatch", b"rewriterule"];

/// The pattern, the output and the case of a line that makes a path of groups.
pub(crate) fn line(directive: &Directive<'_>) -> Option<(BString, BString, bool)> {
    let name = directive.name().to_ascii_lowercase();
    let mut words = LINES.contains(&name.as_slice()).then(|| directive.words())?.into_iter();
    let (pattern, output) = (words.next()?, words.next()?);
    let flags = words.next().filter(|_| name == b"rewriterule").map(|word| args::flags(&word)).unwrap_or_default();
    let icase = flags.iter().any(|flag| flag == "nc" || flag == "nocase");
    Some((pattern, output, icase))
}

/// The directories that are left where groups climb out of the ones that lines name.
pub(super) fn left(directives: &[Directive<'_>]) -> Vec<BString> {
    let solver = Solver::default();
    let mut found: Vec<BString> = Vec::new();
    for (pattern, output, icase) in directives.iter().filter_map(line) {
        let Some(end) = output.find_byteset(b"$%") else { continue };
        let own = output.starts_with(b"/").then(|| above(&output[..end], 1)).flatten();
        let Some(own) = own.map(|own| own.trim_end_with(|c| c == '/')).filter(|own| !own.is_empty()) else { continue };
        if !found.iter().any(|known| known == own) && Climb::new(&solver, &pattern, &output, icase).is_some() {
            found.push(own.into());
        }
    }
    found
}

impl Search<'_> {
    /// What is above the directories that rules name.
    pub(super) fn climb(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        let (mut left, mut looks) = (CLIMBED / self.scale(), LOOKS);
        let mut met = HashSet::new();
        for index in 0..self.points.len() {
            let point = &self.points[index];
            let Some((pattern, output)) = point.image.as_ref().filter(|own| met.insert((point.server, (*own).clone())))
            else {
                continue;
            };
            let climb = Climb::new(&self.solver, pattern, output, false);
            let Some((climb, image)) = climb.and_then(|climb| Some((climb, Image::new(pattern, output)?))) else {
                continue;
            };
            let doors: Vec<usize> = self.fitting(index).into_iter().take(DOORS).collect();
            let server = point.server;
            let mut asks: Vec<Ask> = Vec::new();
            for entry in &self.tree {
                if asks.len() >= left || looks == 0 {
                    break;
                }
                looks -= 1;
                let urls = self.maps.to(&entry.path).filter(|(own, _)| own.server.is_none() || own.server == server);
                let targets = urls.map(|(_, url)| url).chain([entry.path.to_vec()]);
                let paths = targets.flat_map(|target| climb.of(&target)).filter_map(|path| image.leading_to(&path));
                for text in paths.filter(|text| is_url(text)).map(|text| escaped(&text)) {
                    asks.extend(doors.iter().map(|door| self.doors[*door].ask(&text)));
                }
            }
            asks.truncate(left);
            left -= asks.len();
            self.each(asks, take)?;
            if left == 0 {
                break;
            }
        }
        self.drain(take)
    }
}

/// Whether a text comes to the rules as it is: httpd takes dot segments out before.
pub(crate) fn is_url(text: &[u8]) -> bool {
    text.starts_with(b"/") && !text.split_str("/").any(|segment| segment == b"..")
}

/// Where a dot segment may be put into a path so that a rule makes it.
pub(crate) struct Climb {
    /// The directories that may be left, by what stands before them, and their last names.
    places: Vec<(Before, Vec<u8>)>,
}

enum Before {
    Text(Vec<u8>),
    Pattern(regex::bytes::Regex),
}

/// Names for what a group before has to fill in.
const NAMES: [&[u8]; 2] = [b"x", b"1"];

impl Climb {
    /// Of a rule; none where none of its groups can be a dot segment.
    pub(crate) fn new(solver: &Solver, pattern: &[u8], output: &[u8], icase: bool) -> Option<Climb> {
        let output = output.split_once_str(b"?").map_or(output, |(path, _)| path);
        let pieces = pieces(output, false);
        let groups: Vec<usize> = (1..pieces.len()).filter(|n| matches!(pieces[*n], Piece::Group(_))).collect();
        if groups.is_empty() || !groups.iter().any(|n| opens(pieces.get(n - 1))) {
            return None;
        }
        let looked = Looked::new(pattern, icase)?;
        let mut places = Vec::new();
        for n in looked.climbing(solver, &pieces) {
            let Some(Piece::Text(text)) = n.checked_sub(1).and_then(|n| pieces.get(n)) else { continue };
            let inner = text.trim_end_with(|c| c == '/');
            // the name of the directory may be a group's, too
            let (head, names): (&[u8], Vec<&[u8]>) = match inner.rfind_byte(b'/') {
                Some(at) => (&inner[..=at], vec![&inner[at + 1..]]),
                None if n == 1 => (&[], vec![inner]),
                None if inner.is_empty() => (&[], NAMES.to_vec()),
                None => continue,
            };
            if names.iter().all(|name| name.is_empty()) {
                continue;
            }
            let Some(before) = Before::new(&pieces[..n - 1], head) else { continue };
            places.extend(names.into_iter().map(|name| (before.clone(), name.to_vec())));
        }
        (!places.is_empty()).then_some(Climb { places })
    }

    /// A path with a dot segment in it, as the rule may make it: each leads to the same.
    pub(crate) fn of(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for (before, name) in &self.places {
            for at in before.ends(path) {
                found.push([&path[..at], name, b"/../", &path[at..]].concat());
            }
        }
        found
    }
}

impl Clone for Before {
    fn clone(&self) -> Before {
        match self {
            Before::Text(text) => Before::Text(text.clone()),
            Before::Pattern(pattern) => Before::Pattern(pattern.clone()),
        }
    }
}

impl Before {
    fn new(pieces: &[Piece], head: &[u8]) -> Option<Before> {
        if pieces.is_empty() {
            return Some(Before::Text(head.to_vec()));
        }
        let mut text = String::from("(?s-u)^");
        for piece in pieces {
            match piece {
                Piece::Text(own) => text.push_str(&pattern::escaped(own)),
                _ => text.push_str(".*"),
            }
        }
        // what the group fills is a directory's name where nothing of the text is
        let end = if head.is_empty() { "" } else { &pattern::escaped(head) };
        text.push_str(end);
        text.push('$');
        regex::bytes::Regex::new(&text).ok().map(Before::Pattern)
    }

    /// Where a path may go on.
    fn ends<'p>(&'p self, path: &'p [u8]) -> impl Iterator<Item = usize> + 'p {
        let fixed = match self {
            Before::Text(text) => Some(text.len()).filter(|_| path.starts_with(text)),
            Before::Pattern(_) => None,
        };
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
        let tried = slashes.filter(move |at| match self {
            Before::Text(_) => false,
            Before::Pattern(pattern) => pattern.is_match(&path[..*at]),
        });
        fixed.into_iter().chain(tried)
    }
}
