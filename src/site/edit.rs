//! Changes of texts: what a fix, a mutant or an editor makes of a site.

use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::vfs::{Cred, Errno, Stat, Vfs, resolve};
use bstr::BString;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A piece of a text and what takes its place.
///
/// ```
/// use routesim::Site;
/// use routesim::site::Edit;
///
/// let site = Site::builder("Alais /a /b\n").build()?;
/// let span = site.start().err().expect("httpd refuses it").span;
/// let edit = Edit { file: span.file, range: span.start..span.start + 5, text: "Alias".into() };
/// assert!(site.with(&[edit])?.start().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The text.
    pub file: FileId,
    /// The piece, in bytes; empty for an insertion.
    pub range: Range<u32>,
    /// What takes its place.
    pub text: BString,
}

impl Edit {
    /// What is at a place becomes `text`.
    pub fn replace(at: Span, text: impl Into<BString>) -> Edit {
        Edit { file: at.file, range: at.start..at.end, text: text.into() }
    }

    /// What is at a place goes.
    pub fn delete(at: Span) -> Edit {
        Edit::replace(at, "")
    }

    /// The same, of whole lines of a text: those behind keep their numbers.
    #[cfg(feature = "cli")]
    pub(crate) fn blank(text: &SourceFile, at: Span) -> Edit {
        let newlines = text.covered(at).iter().filter(|b| **b == b'\n').count();
        Edit::replace(at, "\n".repeat(newlines))
    }
}

/// Whether a fix may change more than it is for.
///
/// ```
/// use routesim::site::{Fix, Safety};
///
/// let fix = |message: &str, safety| Fix { message: message.into(), safety, edits: Vec::new() };
/// let fixes = [fix("write `Alias`", Safety::Safe), fix("move the line up", Safety::Unsafe)];
/// let at_once: Vec<_> = fixes.iter().filter(|fix| fix.safety == Safety::Safe).collect();
/// assert_eq!((at_once.len(), at_once[0].message.as_str()), (1, "write `Alias`"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// It changes nothing but what it mends.
    Safe,
    /// It may change answers that nobody asked about.
    Unsafe,
}

#[cfg(feature = "cli")]
impl Safety {
    /// Safe where that is shown.
    pub(crate) fn safe_if(shown: bool) -> Safety {
        if shown { Safety::Safe } else { Safety::Unsafe }
    }
}

/// Edits that mend something, in words.
///
/// ```
/// use routesim::Site;
/// use routesim::site::{Edit, Fix, Safety};
///
/// let site = Site::builder("Alais /a /b\n").build()?;
/// let found = site.start().err().expect("httpd refuses it");
/// let name = Edit { file: found.span.file, range: found.span.start..found.span.start + 5, text: "Alias".into() };
/// let fix = Fix { message: found.help.clone().unwrap_or_default(), safety: Safety::Safe, edits: vec![name] };
/// assert_eq!(fix.message, "did you mean `Alias`?");
/// assert!(site.with(&fix.edits)?.start().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub message: String,
    /// Whether it may change more.
    pub safety: Safety,
    /// The edits.
    pub edits: Vec<Edit>,
}

/// Two edits change the same piece of a text.
///
/// ```
/// use routesim::site::{Edit, Overlap, apply};
/// use routesim::source::SourceMap;
///
/// let sources = SourceMap::default();
/// let file = sources.add("httpd.conf", "Listen 80\n");
/// let port = Edit { file, range: 7..9, text: "81".into() };
/// let line = Edit { file, range: 0..10, text: "".into() };
/// let Overlap { first, second } = apply(&sources, &[port.clone(), line.clone()]).expect_err("both change the port");
/// assert_eq!((first, second), (line, port));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// One of them.
    pub first: Edit,
    /// The other.
    pub second: Edit,
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.second.range;
        write!(f, "two edits overlap at bytes {start} to {end} of file {}", self.second.file.0)
    }
}

impl std::error::Error for Overlap {}

/// The texts that edits make, each with its file. A range that is out of a text's bounds counts as far as the text goes.
///
/// ```
/// use routesim::site::{Edit, apply};
/// use routesim::source::SourceMap;
///
/// let sources = SourceMap::default();
/// let file = sources.add("httpd.conf", "Listen 80\n");
/// let edit = Edit { file, range: 7..9, text: "81".into() };
/// assert_eq!(apply(&sources, &[edit])?, [(file, "Listen 81\n".into())]);
/// # Ok::<(), routesim::site::Overlap>(())
/// ```
///
/// # Errors
/// Where two overlap. Two insertions at the same place are no overlap: they are made in their order.
pub fn apply(sources: &SourceMap, edits: &[Edit]) -> Result<Vec<(FileId, BString)>, Overlap> {
    let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.file).or_default().push(edit);
    }
    by_file.into_iter().map(|(file, edits)| Ok((file, edited(&sources.file(file).text, edits)?))).collect()
}

fn edited(text: &[u8], mut edits: Vec<&Edit>) -> Result<BString, Overlap> {
    edits.sort_by_key(|e| (e.range.start, e.range.end));
    let mut new = BString::default();
    let mut at = 0;
    let mut last: Option<&Edit> = None;
    for edit in edits {
        let within = |offset: u32| (offset as usize).min(text.len());
        let (start, end) = (within(edit.range.start), within(edit.range.end).max(within(edit.range.start)));
        if let Some(first) = last.filter(|_| start < at) {
            return Err(Overlap { first: first.clone(), second: edit.clone() });
        }
        new.extend_from_slice(&text[at..start]);
        new.extend_from_slice(&edit.text);
        at = end;
        last = Some(edit);
    }
    new.extend_from_slice(&text[at..]);
    Ok(new)
}

/// Texts that become others step by step, each with what it was first.
#[cfg(feature = "cli")]
#[derive(Default)]
pub(crate) struct Rewritten(BTreeMap<String, Text>);

/// A text that became another one.
#[cfg(feature = "cli")]
pub(crate) struct Text {
    /// The path by which it can be opened.
    pub shown: String,
    pub before: BString,
    pub after: BString,
}

#[cfg(feature = "cli")]
impl Rewritten {
    /// Takes a step: edits of the texts as they are now.
    ///
    /// # Errors
    /// Where two edits overlap: none is made.
    pub(crate) fn step(&mut self, sources: &SourceMap, edits: &[Edit]) -> Result<(), Overlap> {
        for (file, after) in apply(sources, edits)? {
            let file = sources.file(file);
            let first = || Text { shown: file.shown().into(), before: file.text.clone(), after: BString::default() };
            self.0.entry(file.name.clone()).or_insert_with(first).after = after;
        }
        self.0.retain(|_, text| text.before != text.after);
        Ok(())
    }

    /// The texts that are others now, by name.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.0.values()
    }
}

/// A tree with other texts in some of its files.
pub(super) struct Overlay {
    tree: Arc<dyn Vfs>,
    /// None for a file that is taken away.
    texts: HashMap<BString, Option<Arc<[u8]>>>,
    /// Folders that the tree lacks.
    folders: HashSet<BString>,
}

impl Overlay {
    pub(super) fn over(tree: Arc<dyn Vfs>) -> Overlay {
        Overlay { tree, texts: HashMap::new(), folders: HashSet::new() }
    }

    /// Puts a text in the place of the one at `path`, links followed.
    pub(super) fn put(&mut self, path: &[u8], text: BString) {
        let real = resolve::realpath(&*self.tree, &Cred::root(), path).unwrap_or_else(|_| path.into());
        self.texts.insert(real, Some(Vec::from(text).into()));
    }

    /// Makes the folders of a path, where the tree lacks them.
    #[cfg(feature = "cli")]
    pub(super) fn make_folders(&mut self, path: &[u8]) {
        for (at, _) in path.iter().enumerate().filter(|(at, byte)| *at > 0 && **byte == b'/') {
            if self.tree.lstat(&path[..at]).err() == Some(Errno::NotFound) {
                self.folders.insert(path[..at].into());
            }
        }
    }

    /// Takes a file away.
    #[cfg(feature = "cli")]
    pub(super) fn remove(&mut self, path: &[u8]) {
        self.texts.insert(path.into(), None);
    }

    /// The names of new files in a directory.
    fn new_in(&self, path: &[u8]) -> impl Iterator<Item = BString> {
        let directory = [path.strip_suffix(b"/").unwrap_or(path), b"/"].concat();
        self.texts.iter().filter(|(_, text)| text.is_some()).filter_map(move |(file, _)| {
            let name = file.strip_prefix(directory.as_slice())?;
            (!name.contains(&b'/')).then(|| name.into())
        })
    }

    fn sized(&self, path: &[u8], stat: Stat) -> Stat {
        match self.texts.get(path) {
            Some(Some(text)) => Stat { size: text.len() as u64, ..stat },
            _ => stat,
        }
    }

    fn is_removed(&self, path: &[u8]) -> bool {
        matches!(self.texts.get(path), Some(None))
    }
}

impl Vfs for Overlay {
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        match (self.tree.lstat(path), self.texts.get(path)) {
            (_, Some(None)) => Err(Errno::NotFound),
            (Err(Errno::NotFound), Some(Some(text))) => {
                Ok(Stat { size: text.len() as u64, mode: 0o644, ..Stat::of(crate::vfs::Kind::Regular) })
            }
            (Err(Errno::NotFound), None) if self.folders.contains(path) => {
                Ok(Stat { mode: 0o755, ..Stat::of(crate::vfs::Kind::Directory) })
            }
            (stat, _) => stat.map(|stat| self.sized(path, stat)),
        }
    }

    fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
        self.tree.readlink(path)
    }

    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        match self.texts.get(path) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err(Errno::NotFound),
            None => self.tree.read(path),
        }
    }

    fn at_once(&self, path: &[u8]) -> Option<Result<Stat, Errno>> {
        match self.tree.at_once(path)? {
            _ if self.is_removed(path) => None,
            Err(_) if self.texts.contains_key(path) || self.folders.contains(path) => None,
            stat => Some(stat.map(|stat| self.sized(path, stat))),
        }
    }

    fn label(&self, path: &[u8]) -> Option<BString> {
        self.tree.label(path)
    }

    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
        let mut names = self.tree.list(path)?;
        let before = names.len();
        let directory = [path.strip_suffix(b"/").unwrap_or(path), b"/"].concat();
        if self.texts.values().any(Option::is_none) {
            names.retain(|name| !self.is_removed(&[directory.as_slice(), name].concat()));
        }
        names.extend(self.new_in(path));
        if names.len() != before {
            names.sort();
            names.dedup();
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edit(range: Range<u32>, text: &str) -> Edit {
        Edit { file: FileId(0), range, text: text.into() }
    }

    fn made(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
        let sources = SourceMap::default();
        sources.add("x", text);
        Ok(apply(&sources, edits)?.first().map_or(text.into(), |(_, t)| t.to_string()))
    }

    #[test]
    fn edits_are_made_in_order_and_may_not_overlap() {
        let cases = [
            (vec![edit(0..1, "A"), edit(2..3, "")], Ok("Ab")),
            (vec![edit(2..3, "C"), edit(0..1, "A")], Ok("AbC")),
            (vec![edit(1..1, "x"), edit(1..1, "y")], Ok("axybc")),
            (vec![edit(1..1, "x"), edit(1..2, "y")], Ok("axyc")),
            (vec![edit(3..9, "d")], Ok("abcd")),
            (vec![edit(0..2, "x"), edit(1..3, "y")], Err(())),
        ];
        for (edits, want) in cases {
            assert_eq!(
                made("abc", &edits).map_err(|_| ()).as_deref(),
                want.as_ref().map(|t| *t).map_err(|_| &()),
                "{edits:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_edits_are_made_or_refused(text in "[a-d]{0,9}", edits in proptest::collection::vec((0..12_u32, 0..12_u32, "[x-z]{0,3}"), 0..4)) {
            let edits: Vec<Edit> = edits.into_iter().map(|(start, end, text)| edit(start..end, &text)).collect();
            let _ = made(&text, &edits);
        }
    }
}
