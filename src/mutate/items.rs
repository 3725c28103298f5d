//! A text as its lines have it: directives and sections, with the places of their words.

use crate::conf::args;
use crate::conf::lines::lines;
use crate::source::{FileId, SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::ops::Range;
use std::sync::Arc;

/// How deep sections are looked into; httpd's configuration may be no deeper here.
const DEEPEST: usize = 500;

/// A word of a line.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// What it says.
    pub value: BString,
    /// Where it is, without quotes around it.
    pub at: Range<u32>,
    /// With them.
    pub whole: Range<u32>,
}

/// A directive, or a section with where it ends.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The line.
    pub span: Span,
    /// Its name in small letters, a section's without `<`.
    pub name: String,
    /// Whether it is a section.
    pub section: bool,
    /// Its arguments; none are looked at of a line that goes on in the next.
    pub words: Vec<Word>,
    /// From the first argument to the last.
    pub args: Range<u32>,
    /// The innermost section that it is in, by number.
    pub parent: Option<usize>,
    /// The closing tag.
    pub close: Option<Span>,
}

impl Item {
    /// All of it: of a section up to its end.
    pub(super) fn all(&self) -> Span {
        Span { end: self.close.map_or(self.span.end, |close| close.end), ..self.span }
    }

    /// The value of a word.
    pub(super) fn word(&self, n: usize) -> &[u8] {
        self.words.get(n).map(|word| word.value.as_bytes()).unwrap_or_default()
    }

    /// Whether a word is this, whatever the case of its letters.
    pub(super) fn says(&self, n: usize, text: &str) -> bool {
        self.word(n).eq_ignore_ascii_case(text.as_bytes())
    }

    /// Whether it stands around others only if something holds while the text is read.
    pub(super) fn is_condition(&self) -> bool {
        const NAMES: [&str; 6] = ["ifmodule", "ifdefine", "iffile", "ifdirective", "ifsection", "ifversion"];
        self.section && NAMES.contains(&self.name.as_str())
    }
}

/// The lines of a file, each section before what is in it.
pub(super) struct Items {
    /// The file.
    pub file: FileId,
    /// Its text.
    pub text: Arc<crate::source::SourceFile>,
    /// What is in it.
    pub all: Vec<Item>,
}

impl Items {
    /// Those of a file.
    pub(super) fn of(sources: &SourceMap, file: FileId) -> Items {
        let text = sources.file(file);
        let mut all: Vec<Item> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for span in lines(sources, file) {
            let line = text.covered(span);
            if let Some(tag) = line.strip_prefix(b"</") {
                let name = tag.trim_end_with(|c| c == '>' || c.is_whitespace()).to_ascii_lowercase();
                // a tag that closes nothing is httpd's to refuse
                if let Some(at) = open.iter().rposition(|at| all[*at].name.as_bytes() == name) {
                    all[open[at]].close = Some(span);
                    open.truncate(at);
                }
                continue;
            }
            let item = item(line, span, open.last().copied());
            if item.section && open.len() < DEEPEST {
                open.push(all.len());
            }
            all.push(item);
        }
        Items { file, text, all }
    }

    /// A piece of the text.
    pub(super) fn slice(&self, at: &Range<u32>) -> &[u8] {
        self.text.text.get(at.start as usize..at.end as usize).unwrap_or_default()
    }

    /// The sections around an item, the innermost first.
    pub(super) fn around(&self, item: &Item) -> impl Iterator<Item = &Item> {
        let mut next = item.parent;
        std::iter::from_fn(move || {
            let found = self.all.get(next?)?;
            next = found.parent;
            Some(found)
        })
    }

    /// The innermost section around an item that is no mere condition.
    pub(super) fn within(&self, item: &Item) -> Option<&Item> {
        self.around(item).find(|section| !section.is_condition())
    }
}

fn item(line: &[u8], span: Span, parent: Option<usize>) -> Item {
    let section = line.starts_with(b"<");
    let body = &line[usize::from(section)..];
    let name_end = body.find_byteset(b" \t\r\n\\>").unwrap_or(body.len());
    let name = body[..name_end].to_ascii_lowercase().to_str_lossy().into_owned();
    let start = usize::from(section) + name_end;
    let end = if section { line.rfind_byte(b'>').unwrap_or(line.len()).max(start) } else { line.len() };
    let rest = &line[start..end];
    let base = span.start + start as u32;
    let trimmed = rest.trim();
    let lead = rest.len() - rest.trim_start().len();
    let first = base + lead as u32;
    let words = match line.contains(&b'\n') {
        true => Vec::new(),
        false => args::words(trimmed).into_iter().map(|word| placed(word, trimmed, first)).collect(),
    };
    let args = first..first + trimmed.len() as u32;
    Item { span, name, section, words, args, parent, close: None }
}

fn placed(word: args::Word, args: &[u8], first: u32) -> Word {
    let raw = &args[word.start..word.end];
    let quoted = raw.len() > 1 && matches!(raw[0], b'"' | b'\'') && raw[raw.len() - 1] == raw[0];
    let inset = usize::from(quoted);
    let place = |inset: usize| first + (word.start + inset) as u32..first + (word.end - inset) as u32;
    Word { value: word.value, at: place(inset), whole: place(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_their_sections_and_words() {
        let sources = SourceMap::default();
        let text = "<IfModule x>\n<Files \"a b\">\n  Require  ip 10.1\n</files>\n</IfModule>\n</Location>\nA \\\n b\n";
        let items = Items::of(&sources, sources.add("x", text));
        let names: Vec<&str> = items.all.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["ifmodule", "files", "require", "a"]);
        assert_eq!(items.all[1].word(0), b"a b");
        assert_eq!(items.slice(&items.all[1].words[0].whole), b"\"a b\"");
        assert_eq!(items.slice(&items.all[2].words[1].at), b"10.1");
        assert_eq!(items.slice(&items.all[2].args), b"ip 10.1");
        assert_eq!(items.within(&items.all[2]).map(|item| item.name.as_str()), Some("files"));
        assert_eq!(items.within(&items.all[1]).map(|item| item.name.as_str()), None);
        assert_eq!(items.all[0].close.map(|close| close.line), Some(5));
        assert!(items.all[3].words.is_empty());
    }
}
