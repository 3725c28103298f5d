//! What stands in a section: read off its text, for display only.

use crate::source::{FileId, SourceMap, Span};
use bstr::{BStr, ByteSlice};

/// A line within a section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inner {
    /// Its number.
    pub line: u32,
    /// How deep within groups of the section.
    pub nested: usize,
    /// Its text, without indentation.
    pub text: String,
}

/// How many lines are looked at.
const MOST: u32 = 2000;

/// The directives of the section that opens at `span`. Groups (`<RequireAll>`, `<Limit>`, `<IfModule>`) are shown with
/// what is in them; sections of their own, such as `<Files>`, are not: they are merged at another time.
pub(super) fn inner(sources: &SourceMap, span: Span) -> Vec<Inner> {
    let (opens, _) = sources.file(span.file).line_column(span.end.saturating_sub(1).max(span.start));
    after(sources, span.file, opens)
}

/// The directives of a whole file: an .htaccess file is a section of its own.
pub(super) fn whole(sources: &SourceMap, file: FileId) -> Vec<Inner> {
    after(sources, file, 0)
}

fn after(sources: &SourceMap, file: FileId, first: u32) -> Vec<Inner> {
    let file = sources.file(file);
    let (last, _) = file.line_column(file.text.len() as u32);
    let mut found = Vec::new();
    let mut hidden = 0usize;
    let mut groups = 0usize;
    let mut number = first;
    let end = first.saturating_add(MOST);
    loop {
        number += 1;
        if number > end || number > last {
            break;
        }
        let at = number;
        let mut text = file.line(number).trim().to_vec();
        while text.ends_with(b"\\") && number < last && number < end {
            text.pop();
            number += 1;
            text.truncate(text.trim_end().len());
            text.push(b' ');
            text.extend_from_slice(file.line(number).trim());
        }
        let line = text.as_bstr();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let nested = groups;
        if line.starts_with(b"</") {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            let Some(left) = groups.checked_sub(1) else { break };
            groups = left;
            continue;
        }
        if line.starts_with(b"<") {
            if hidden > 0 || !is_group(line) {
                hidden += 1;
                continue;
            }
            groups += 1;
        }
        if hidden == 0 {
            // httpd names the last line of a continued directive
            let named = if number > at { number } else { at };
            found.push(Inner { line: named, nested, text: line.to_str_lossy().into_owned() });
        }
    }
    found
}

/// Whether a section is part of the one around it.
fn is_group(line: &BStr) -> bool {
    let name: Vec<u8> =
        line[1..].iter().take_while(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    name.starts_with(b"require")
        || name.starts_with(b"limit")
        || name.starts_with(b"ifmodule")
        || matches!(name.as_slice(), b"ifdefine" | b"ifversion" | b"iffile" | b"ifdirective" | b"ifsection")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_and_its_groups() {
        let text = "<Directory /a>\n  Options \\\n   None\n  # no\n  <Files x>\n Deny from all\n </Files>\n\
                    <RequireAny>\nRequire all denied\n</RequireAny>\n</Directory>\nAlias / /b\n";
        let sources = SourceMap::default();
        let file = sources.add("config", text);
        let found = inner(&sources, Span { file, line: 1, start: 0, end: 14 });
        let shown: Vec<(u32, usize, &str)> = found.iter().map(|i| (i.line, i.nested, i.text.as_str())).collect();
        assert_eq!(shown, [(3, 0, "Options None"), (8, 0, "<RequireAny>"), (9, 1, "Require all denied")]);
    }
}
