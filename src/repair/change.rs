//! A small change of a configuration, and the edits that make it.

use crate::reason::Case;
use crate::site::Edit;
use crate::source::{FileId, SourceFile, SourceMap, Span};
use bstr::{BString, ByteSlice};

/// A change of one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// A line is added (or a few, with line ends between them).
    Add { line: String, to: Place },
    /// A line is changed.
    Replace { old: Span, new: String },
    /// A line is taken out.
    Remove { line: Span },
    /// A line goes to another place.
    Move { line: Span, to: Place },
}

/// Where a line is added.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// A section that is there, as its first line.
    Section(Span),
    /// The same, as its last line.
    SectionEnd(Span),
    /// A section that is not there yet (`Directory "/srv"`), at the end of another or of the configuration.
    New { header: String, within: Option<Span> },
    /// Before a line.
    Before(Span),
    /// Behind a line.
    After(Span),
    /// At the beginning of the configuration.
    Top,
    /// At the end of the configuration.
    End,
    /// At the end of a file: an .htaccess file.
    File(FileId),
}

impl Place {
    /// A new section of the main server.
    pub(crate) fn new(header: impl Into<String>) -> Place {
        Place::New { header: header.into(), within: None }
    }
}

impl Change {
    /// The word for what is done, which programs read.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Change::Add { .. } => "add",
            Change::Replace { .. } => "change",
            Change::Remove { .. } => "remove",
            Change::Move { .. } => "move",
        }
    }

    /// The edits that make it; none where there is no such place.
    pub(crate) fn edits(&self, case: &Case<'_>) -> Vec<Edit> {
        match self {
            Change::Replace { old, new } => vec![Edit::replace(*old, new.as_str())],
            Change::Remove { line } => vec![Edit::delete(*line)],
            Change::Add { line, to } => added(case, line, to).into_iter().collect(),
            Change::Move { line, to } => {
                let text = case.sources.text(*line).to_str_lossy().into_owned();
                let there = added(case, &text, to).filter(|edit| is_elsewhere(edit, *line));
                there.map(|there| vec![whole_line(case.sources, Edit::delete(*line)), there]).unwrap_or_default()
            }
        }
    }
}

/// Whether an insertion is not at the line itself.
fn is_elsewhere(edit: &Edit, line: Span) -> bool {
    edit.file != line.file || !(line.start..=line.end + 1).contains(&edit.range.start)
}

fn added(case: &Case<'_>, line: &str, to: &Place) -> Option<Edit> {
    let insert = |file, at: u32, text: String| Some(Edit { file, range: at..at, text: text.into() });
    match to {
        Place::Before(other) => {
            let pad = case.sources.file(other.file).indent(other.start).to_string();
            insert(other.file, other.start, format!("{}\n{pad}", indented(line, &pad).trim_start()))
        }
        Place::After(other) => {
            let source = case.sources.file(other.file);
            let pad = source.indent(other.start).to_string();
            insert(other.file, next_line(&source, other.end), format!("{}\n", indented(line, &pad)))
        }
        Place::Section(section) => {
            let source = case.sources.file(section.file);
            let pad = inner(case, *section);
            insert(section.file, next_line(&source, section.end), format!("{}\n", indented(line, &pad)))
        }
        Place::SectionEnd(section) => {
            let source = case.sources.file(section.file);
            let end = case.site.directives().find(|d| d.span() == *section)?.end()?;
            let at = source.line_start(source.line_column(end.start).0);
            let pad = inner(case, *section);
            insert(end.file, at, format!("{}\n", indented(line, &pad)))
        }
        Place::New { header, within } => {
            let name = header.split_whitespace().next().unwrap_or_default();
            let step = inner_step(case, *within);
            let text = format!("<{header}>\n{}\n</{name}>", indented(line, &step));
            match within {
                Some(section) => added(case, &text, &Place::SectionEnd(*section)),
                None => {
                    let (file, end) = case.main_file()?;
                    insert(file, end, format!("\n{text}\n"))
                }
            }
        }
        Place::Top => insert(case.main_file()?.0, 0, format!("{line}\n")),
        Place::End => {
            let (file, end) = case.main_file()?;
            appended(case.sources, file, end, line)
        }
        Place::File(file) => appended(case.sources, *file, case.sources.file(*file).text.len() as u32, line),
    }
}

/// How far the lines of a section are indented: as its first one, else a little more than itself.
fn inner(case: &Case<'_>, section: Span) -> String {
    let own = case.sources.file(section.file).indent(section.start).to_string();
    let first = case.lines_in(Some(section)).first().map(|line| line.span).filter(|line| line.file == section.file);
    let first = first.map(|line| case.sources.file(line.file).indent(line.start).to_string());
    first.filter(|pad| pad.len() > own.len()).unwrap_or(own + "  ")
}

/// By how much each section is indented more than what is around it.
fn inner_step(case: &Case<'_>, within: Option<Span>) -> String {
    let section = within.or_else(|| case.site.directives().find(|d| d.is_section()).map(|d| d.span()));
    let step = section.map(|section| {
        let (own, inner) = (case.sources.file(section.file).indent(section.start).to_string(), inner(case, section));
        inner.get(own.len()..).map(str::to_string)
    });
    step.flatten().filter(|step| !step.is_empty()).unwrap_or("  ".into())
}

fn appended(sources: &SourceMap, file: FileId, end: u32, line: &str) -> Option<Edit> {
    let source = sources.file(file);
    let first = if source.text.is_empty() || source.text.ends_with(b"\n") { "" } else { "\n" };
    Some(Edit { file, range: end..end, text: format!("{first}{line}\n").into() })
}

/// Where the line behind an offset begins.
fn next_line(source: &SourceFile, offset: u32) -> u32 {
    let rest = &source.text[(offset as usize).min(source.text.len())..];
    offset + rest.find_byte(b'\n').map_or(rest.len(), |n| n + 1) as u32
}

fn indented(lines: &str, pad: &str) -> String {
    lines.split('\n').map(|line| format!("{pad}{line}")).collect::<Vec<_>>().join("\n")
}

/// An edit that leaves nothing of a line takes its end, too.
pub(super) fn whole_line(sources: &SourceMap, edit: Edit) -> Edit {
    let source = sources.file(edit.file);
    let start = source.line_start(source.line_column(edit.range.start).0);
    let end = next_line(&source, edit.range.end);
    let text = |from: u32, to: u32| source.text.get(from as usize..to as usize).unwrap_or_default().trim().is_empty();
    if edit.text.is_empty() && !edit.range.is_empty() && text(start, edit.range.start) && text(edit.range.end, end) {
        return Edit { range: start..end, text: BString::default(), ..edit };
    }
    edit
}
