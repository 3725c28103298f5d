//! Files that configuration is read from, and places in them.

use bstr::{BStr, BString, ByteSlice};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, RwLock};

/// One file of a [`SourceMap`].
///
/// ```
/// use routesim::Site;
///
/// let config = "Include conf/more.conf\n";
/// let site = Site::builder(config).file("/etc/apache2/conf/more.conf", "Alias /m /srv/more\n").build()?;
/// let alias = site.directives().next().expect("there is one");
/// assert_eq!(site.sources().file(alias.span().file).name, "/etc/apache2/conf/more.conf");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Where a directive (or one of its arguments) stands. Small and `Copy`: every setting carries one,
/// and it stays the directive's identity from the file to the printed sentence.
///
/// ```
/// use routesim::Site;
/// use routesim::source::Span;
///
/// let site = Site::builder("# two lines\nAlias /a \\\n  /b\n").build()?;
/// let span = site.directives().next().expect("there is one").span();
/// assert_eq!((span.line, site.sources().text(span)), (3, "Alias /a \\\n  /b".into()));
/// assert!(span.is_some() && !Span::NONE.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The line that httpd names: for a directive continued over several lines, the last.
    pub line: u32,
    /// Byte offset of the first byte, in the file's text.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The place of what stands in no file (built-in defaults).
    pub const NONE: Span = Span { file: FileId(u32::MAX), line: 0, start: 0, end: 0 };

    /// Whether this place is in a file.
    pub fn is_some(&self) -> bool {
        self.file.0 != u32::MAX
    }
}

/// A file's name and text.
///
/// ```
/// use routesim::Site;
///
/// let site = Site::builder("DocumentRoot /srv\n  Alias /a /b\n").build()?;
/// let span = site.directives().nth(1).expect("there are two").span();
/// let file = site.sources().file(span.file);
/// assert_eq!((file.name.as_str(), file.line_column(span.start)), ("config", (2, 3)));
/// assert_eq!((file.covered(span), file.line(1).to_string()), (&b"Alias /a /b"[..], "DocumentRoot /srv".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SourceFile {
    /// Its path to the server (`config` for a scenario's own text).
    pub name: String,
    /// Its path on this machine, where that is another one: what is known by its path below a root is opened by this one.
    pub path: Option<String>,
    /// The text, as read.
    pub text: BString,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// What people are shown: the path by which it can be opened.
    pub fn shown(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.name)
    }

    /// The text that a place in this file covers.
    pub fn covered(&self, span: Span) -> &[u8] {
        &self.text[self.range(span)]
    }

    /// Where in the text a place is, wherever it says that it begins and ends: within it, and of whole characters.
    pub fn range(&self, span: Span) -> Range<usize> {
        whole_characters(&self.text, span.start as usize..span.end as usize)
    }

    /// The directive at a place in this file, by name: its first word, without what marks a section.
    pub fn directive_name(&self, span: Span) -> &[u8] {
        let line = self.covered(span).trim_start_with(|c| c.is_whitespace() || c == '<');
        let end = line.find_byteset(b" \t\r\n\\>").unwrap_or(line.len());
        &line[..end]
    }

    /// The 1-based line and column (in bytes) of a byte offset.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|&s| s <= offset).max(1) - 1;
        (line as u32 + 1, offset.saturating_sub(self.line_starts[line]) + 1)
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.line_starts.len()
    }

    /// Where a 1-based line begins, in bytes.
    pub(crate) fn line_start(&self, line: u32) -> u32 {
        let start = self.line_starts.get((line as usize).saturating_sub(1));
        start.copied().unwrap_or(self.text.len() as u32)
    }

    /// The white space that the line at an offset begins with.
    pub(crate) fn indent(&self, offset: u32) -> &BStr {
        let start = self.line_start(self.line_column(offset).0) as usize;
        let line = self.text.get(start..offset as usize).unwrap_or_default();
        let end = line.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(line.len());
        line[..end].as_bstr()
    }

    /// The text of a 1-based line, without its end.
    pub fn line(&self, line: u32) -> &BStr {
        let n = (line as usize).saturating_sub(1);
        let Some(&start) = self.line_starts.get(n) else { return BStr::new("") };
        let end = self.line_starts.get(n + 1).map_or(self.text.len(), |&e| e as usize);
        self.text[start as usize..end].trim_end_with(|c| c == '\n' || c == '\r').as_bstr()
    }
}

/// A range of `text` that begins and ends with a character, made from any range: what lies beyond the text is left out,
/// and a character that is cut is taken whole. Bytes that are no UTF-8 count one by one.
pub(crate) fn whole_characters(text: &[u8], range: Range<usize>) -> Range<usize> {
    let end = range.end.min(text.len());
    let start = begin(text, range.start.min(end));
    let last = begin(text, end);
    start..if last == end { end } else { after(text, last) }
}

/// The beginning of the character that the byte at `at` is of.
fn begin(text: &[u8], at: usize) -> usize {
    (at.saturating_sub(3)..at).find(|i| after(text, *i) > at).unwrap_or(at)
}

/// Where the character that begins at `at` ends; one that is no character is one byte long.
fn after(text: &[u8], at: usize) -> usize {
    match bstr::decode_utf8(&text[at..]) {
        (Some(c), _) => at + c.len_utf8(),
        (None, _) => at + 1,
    }
}

/// All files read so far. Shared and append-only: .htaccess files join it while requests run.
///
/// ```
/// use routesim::Site;
///
/// let site = Site::builder("DocumentRoot /srv\nAlias /a /b\n").name("httpd.conf").build()?;
/// let sources = site.sources();
/// let places = site.directives().map(|d| (sources.place(d.span()), sources.directive_name(d.span())));
/// let wanted = [("httpd.conf:1", "DocumentRoot"), ("httpd.conf:2", "Alias")];
/// assert!(places.eq(wanted.map(|(place, name)| (place.into(), name.into()))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Arc<RwLock<Vec<Arc<SourceFile>>>>,
    /// Those that [`SourceMap::add_once`] added, by name.
    once: Arc<RwLock<HashMap<String, Vec<FileId>>>>,
    paths: Paths,
}

/// Where a server's files are on this machine: from a path to it, to another path here if it is another.
#[derive(Clone, Default)]
pub(crate) struct Paths(Option<Arc<Other>>);

type Other = dyn Fn(&str) -> Option<String> + Send + Sync + UnwindSafe + RefUnwindSafe;

impl Paths {
    pub(crate) fn new(
        path: impl Fn(&str) -> Option<String> + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
    ) -> Paths {
        Paths(Some(Arc::new(path)))
    }

    pub(crate) fn of(&self, name: &str) -> Option<String> {
        self.0.as_ref().and_then(|path| path(name))
    }
}

impl fmt::Debug for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Paths")
    }
}

impl SourceMap {
    /// An empty one, of files that are known by other paths on this machine.
    pub(crate) fn with_paths(paths: Paths) -> SourceMap {
        SourceMap { paths, ..SourceMap::default() }
    }

    /// What people are shown for a path of the server's.
    pub(crate) fn shown(&self, path: &[u8]) -> String {
        let path = path.to_str_lossy();
        self.paths.of(&path).unwrap_or_else(|| path.into_owned())
    }

    /// Adds a file and gives its id. A text beyond 4 GiB is cut there.
    pub fn add(&self, name: impl Into<String>, text: impl Into<BString>) -> FileId {
        let mut text: BString = text.into();
        text.truncate(u32::MAX as usize);
        // counted first: of short lines, their beginnings are more than the text
        let mut line_starts = Vec::with_capacity(text.iter().filter(|b| **b == b'\n').count() + 1);
        line_starts.push(0);
        line_starts.extend(text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i as u32 + 1));
        let name = name.into();
        let path = self.paths.of(&name);
        let mut files = self.files.write().expect("no writer panics");
        files.push(Arc::new(SourceFile { name, path, text, line_starts }));
        FileId(files.len() as u32 - 1)
    }

    /// The same for a file that is read again and again, by each thread and each run: it is added once for each text that
    /// it has.
    pub fn add_once(&self, name: &str, text: &[u8]) -> FileId {
        let mut once = self.once.write().expect("no writer panics");
        let known = once.entry(name.into()).or_default();
        if let Some(id) = known.iter().find(|id| self.file(**id).text == text) {
            return *id;
        }
        let id = self.add(name, text);
        known.push(id);
        id
    }

    /// The file of that id; an empty one for [`Span::NONE`]'s.
    pub fn file(&self, id: FileId) -> Arc<SourceFile> {
        let files = self.files.read().expect("no writer panics");
        files.get(id.0 as usize).cloned().unwrap_or_else(|| {
            let (name, text) = (String::new(), BString::default());
            Arc::new(SourceFile { name, path: None, text, line_starts: vec![0] })
        })
    }

    /// The files from a number on.
    pub fn files_from(&self, number: usize) -> Vec<Arc<SourceFile>> {
        self.files.read().expect("no writer panics").get(number..).unwrap_or_default().to_vec()
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> BString {
        self.file(span.file).covered(span).into()
    }

    /// The name of the directive at `span`, as it is written: its first word, without what marks a section.
    pub fn directive_name(&self, span: Span) -> String {
        self.file(span.file).directive_name(span).to_str_lossy().into_owned()
    }

    /// `file:line`, as people are shown a place.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.file(span.file).shown(), span.line)
    }
}

/// A directive's text on one line: continued lines joined, runs of white space made one.
pub(crate) fn directive_text(sources: &SourceMap, span: Span) -> String {
    let text = sources.text(span);
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_suffix(b"\\").map_or(line, |l| l.trim_end());
        if !out.is_empty() && !line.is_empty() {
            out.push(' ');
        }
        out.push_str(&line.to_str_lossy());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_are_taken_whole() {
        let text = "aé\u{10348}z".as_bytes();
        for (given, wanted) in [(0..1, 0..1), (2..3, 1..3), (4..5, 3..7), (5..5, 3..7), (3..3, 3..3), (7..99, 7..8)] {
            assert_eq!(whole_characters(text, given.clone()), wanted, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn any_range_is_one_of_the_text(text in "\\PC{0,9}", start in 0usize..40, end in 0usize..40) {
            let range = whole_characters(text.as_bytes(), start..end);
            prop_assert!(text.get(range.clone()).is_some());
            if start <= end && text.get(start..end).is_some() {
                prop_assert_eq!(range, start..end);
            }
        }

        #[test]
        fn any_range_of_any_bytes(text in proptest::collection::vec(any::<u8>(), 0..12), start in 0usize..40, end in 0usize..40) {
            let range = whole_characters(&text, start..end);
            prop_assert!(text.get(range).is_some());
        }
    }
}
