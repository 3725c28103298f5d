//! Lines of a configuration: `ap_cfg_getline_core` and its callers (server/util.c).
//!
//! A line that ends in a backslash goes on in the next; white space around it is dropped; a NUL byte hides the rest of
//! its line. What a macro expands to is read before the rest of the file that uses it, as mod_macro's pseudo file is.

use super::args::is_space;
use crate::source::{FileId, SourceFile, SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// How long a line may be, its end included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// VARBUF_MAX_LEN: server configuration.
    Server,
    /// HUGE_STRING_LEN: .htaccess files.
    Htaccess,
    /// MAX_STRING_LEN as the size of a buffer: the lines of a macro.
    Macro,
}

impl Limit {
    /// Whether a line of that many bytes is too long.
    fn exceeded(self, line: &[u8]) -> bool {
        match self {
            Limit::Server => line.len() > 16 * 1024 * 1024,
            Limit::Htaccess => line.len() > 8192,
            Limit::Macro => line.len() > if line.ends_with(b"\n") { 8191 } else { 8190 },
        }
    }
}

/// One logical line.
#[derive(Debug)]
pub(super) struct Line {
    /// Its text, continued lines joined, without white space at either end.
    pub text: BString,
    /// Its place; of a line that begins in a macro and ends after it, the latter part.
    pub span: Span,
    /// It is longer than may be; httpd reads no further.
    pub too_long: bool,
}

/// A file being read.
struct Cursor {
    id: FileId,
    file: Arc<SourceFile>,
    at: usize,
    line: u32,
}

/// A file and the macros that its lines are coming from at the moment: httpd's `ap_configfile_t`.
pub(super) struct Input {
    cursors: Vec<Cursor>,
}

impl Input {
    /// Reads a file from its beginning.
    pub(super) fn new(sources: &SourceMap, id: FileId) -> Input {
        let mut input = Input { cursors: Vec::new() };
        input.push(sources, id);
        input
    }

    /// Reads another file before going on.
    pub(super) fn push(&mut self, sources: &SourceMap, id: FileId) {
        self.cursors.push(Cursor { id, file: sources.file(id), at: 0, line: 0 });
    }

    /// The name of the file that the last line came from.
    pub(super) fn name(&self) -> String {
        self.cursors.last().map(|c| c.file.name.clone()).unwrap_or_default()
    }

    /// The number of the last line read.
    pub(super) fn line_number(&self) -> u32 {
        self.cursors.last().map_or(0, |c| c.line)
    }

    /// The next logical line.
    pub(super) fn line(&mut self, limit: Limit) -> Option<Line> {
        let mut text: Vec<u8> = Vec::new();
        let mut span: Option<Span> = None;
        while let Some(chunk) = self.physical() {
            span = Some(match span {
                Some(s) if s.file == chunk.file => Span { line: chunk.line, end: chunk.end, ..s },
                _ => chunk,
            });
            let Some(cursor) = self.cursors.last() else {
                break;
            };
            let bytes = &cursor.file.text[chunk.start as usize..chunk.end as usize];
            let seen = bytes.find_byte(0).unwrap_or(bytes.len());
            text.extend_from_slice(&bytes[..seen]);
            match continued(&text).filter(|_| seen == bytes.len()) {
                Some(kept) => text.truncate(kept),
                None => return Some(self.finish(text, span?, limit)),
            }
        }
        // the file ends after a backslash: httpd has counted one line more, and a line that is empty is none
        let span = span.filter(|_| !text.is_empty())?;
        let line = self.line_number();
        Some(self.finish(text, Span { line, ..span }, limit))
    }

    /// The place of the next line of the file, its end included, and a step past it.
    fn physical(&mut self) -> Option<Span> {
        while let Some(cursor) = self.cursors.last_mut() {
            cursor.line = cursor.line.saturating_add(1);
            let rest = cursor.file.text.get(cursor.at..).unwrap_or_default();
            if !rest.is_empty() {
                let start = cursor.at;
                cursor.at += rest.find_byte(b'\n').map_or(rest.len(), |i| i + 1);
                return Some(Span { file: cursor.id, line: cursor.line, start: start as u32, end: cursor.at as u32 });
            }
            if self.cursors.len() == 1 {
                return None;
            }
            self.cursors.pop();
        }
        None
    }

    /// `cfg_trim_line`, for the text and the place alike.
    fn finish(&self, text: Vec<u8>, span: Span, limit: Limit) -> Line {
        let space = |c: char| c.is_ascii() && is_space(c as u8);
        let too_long = limit.exceeded(&text);
        let mut span = span;
        if let Some(cursor) = self.cursors.last().filter(|c| c.id == span.file) {
            let whole = &cursor.file.text[span.start as usize..span.end as usize];
            span.start += (whole.len() - whole.trim_start_with(space).len()) as u32;
            span.end = span.start + whole.trim_with(space).len() as u32;
        }
        Line { text: text.trim_with(space).into(), span, too_long }
    }
}

/// Up to where a line is kept that goes on in the next, as far as it has been read.
fn continued(text: &[u8]) -> Option<usize> {
    let text = text.strip_suffix(b"\n")?;
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    text.strip_suffix(b"\\").map(<[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], limit: Limit) -> Vec<(String, u32, String)> {
        let sources = SourceMap::default();
        let id = sources.add("x", text);
        let mut input = Input::new(&sources, id);
        let mut out = Vec::new();
        while let Some(line) = input.line(limit) {
            out.push((line.text.to_string(), line.span.line, sources.text(line.span).to_string()));
        }
        out
    }

    #[test]
    fn logical_lines() {
        type Case = (&'static [u8], &'static [(&'static str, u32, &'static str)]);
        let cases: &[Case] = &[
            (b"", &[]),
            (b"a\n\n  b \t\r\nc", &[("a", 1, "a"), ("", 2, ""), ("b", 3, "b"), ("c", 4, "c")]),
            (b" a \\\n  b\\\r\nc \n", &[("a   bc", 3, "a \\\n  b\\\r\nc")]),
            (b"a\\\\\nb\n", &[("a\\b", 2, "a\\\\\nb")]),
            (b"a\\ \nb\n", &[("a\\", 1, "a\\"), ("b", 2, "b")]),
            (b"a \\\n", &[("a", 2, "a \\")]),
            (b"\\\n", &[]),
            (b"a\0 b\\\nc\n", &[("a", 1, "a\0 b\\"), ("c", 2, "c")]),
            (b"# a \\\nb\nc", &[("# a b", 2, "# a \\\nb"), ("c", 3, "c")]),
        ];
        for (text, want) in cases {
            let want: Vec<_> = want.iter().map(|(t, n, s)| (t.to_string(), *n, s.to_string())).collect();
            assert_eq!(lines(text, Limit::Server), want, "{}", text.as_bstr());
        }
    }

    #[test]
    fn long_lines() {
        let sources = SourceMap::default();
        for (limit, length, end, want) in [
            (Limit::Htaccess, 8191, "\n", false),
            (Limit::Htaccess, 8192, "\n", true),
            (Limit::Htaccess, 8192, "", false),
            (Limit::Macro, 8190, "\n", false),
            (Limit::Macro, 8191, "\n", true),
            (Limit::Macro, 8191, "", true),
            (Limit::Server, 100_000, "\n", false),
        ] {
            let id = sources.add("x", "a".repeat(length) + end);
            let line = Input::new(&sources, id).line(limit).unwrap();
            assert_eq!(line.too_long, want, "{limit:?} {length} {end:?}");
        }
    }

    #[test]
    fn a_macro_is_read_first() {
        let sources = SourceMap::default();
        let outer = sources.add("outer", "use\nafter\n");
        let inner = sources.add("inner", "one\ntwo \\\n");
        let mut input = Input::new(&sources, outer);
        input.line(Limit::Server);
        input.push(&sources, inner);
        let mut next = || input.line(Limit::Server).map(|l| (l.text.to_string(), sources.place(l.span)));
        assert_eq!(next(), Some(("one".into(), "inner:1".into())));
        assert_eq!(next(), Some(("two after".into(), "outer:2".into())));
        assert_eq!(next(), None);
    }
}
