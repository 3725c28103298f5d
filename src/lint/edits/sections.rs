//! Sections that go to another place, whole or as a copy.

use crate::lint::facts::{Facts, whole};
use crate::site::{Directive, Edit};
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};

/// The text of a directive, or of all of a section, as if it stood at the beginning of a line.
pub(crate) fn dedented(sources: &SourceMap, at: Span) -> String {
    let pad = sources.file(at.file).indent(at.start).to_string();
    let text = sources.text(at).to_string();
    let lines = text.lines().map(|line| line.strip_prefix(pad.as_str()).unwrap_or_else(|| line.trim_start()));
    lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A section moved behind another one of its level, with the comments that stand straight above it; none where it is behind
/// that one already, or not alone on its lines.
pub(crate) fn moved_behind(sources: &SourceMap, own: Span, other: Span) -> Option<Vec<Edit>> {
    let source = sources.file(own.file);
    if own.file != other.file || other.start < own.end {
        return None;
    }
    let mut first = source.line_column(own.start).0;
    while first > 1 && source.line(first - 1).trim_start().starts_with(b"#") {
        first -= 1;
    }
    let start = source.line_start(first);
    let end = source.line_start(source.line_column(own.end).0 + 1);
    let (text, rest) = (source.text.get(start as usize..own.end as usize)?, own.end as usize..end as usize);
    source.text.get(rest)?.trim().is_empty().then_some(())?;
    let text: BString = [b"\n", text].concat().into();
    Some(vec![
        Edit { file: own.file, range: start..end, text: BString::default() },
        Edit { file: own.file, range: other.end..other.end, text },
    ])
}

/// All of the virtual host that a directive is in, or else of what is outermost around it: beside it sections of the main
/// server may stand.
pub(crate) fn at_server(facts: &Facts<'_>, line: &Directive<'_>) -> Span {
    let outer = line.parents().next().map(|(_, span)| span);
    outer.and_then(|span| all_of(facts, span)).unwrap_or_else(|| whole(line))
}

/// All of a section of the configuration.
pub(crate) fn all_of(facts: &Facts<'_>, section: Span) -> Option<Span> {
    facts.directives.iter().find(|d| d.span() == section).map(whole)
}
