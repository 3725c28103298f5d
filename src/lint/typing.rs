//! Slips of the fingers by which a text is no configuration: tags that are misspelt, left open or closed by another name,
//! and names that their first argument is glued to. httpd stops at the first; here each is found, with what mends it.

use crate::diagnostic::{Diagnostic, Severity};
use crate::directives;
use crate::site::{Edit, Site};
use crate::source::{FileId, SourceFile, Span};
use crate::suggest::closest;
use bstr::{BString, ByteSlice};
use std::collections::HashSet;
use std::sync::LazyLock;

/// How many slips of a site are looked at.
const MOST: usize = 100;

/// A slip.
pub(crate) struct Slip {
    /// The line.
    pub at: Span,
    pub message: String,
    /// Another line that it is about.
    pub related: Option<(Span, &'static str)>,
    /// What mends it.
    pub edits: Vec<Edit>,
}

static SECTIONS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| directives::all().filter(|row| row.is_section()).map(|row| row.name()).collect());
static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let plain = directives::all().filter(|row| !row.is_section());
    plain.map(|row| row.name().to_ascii_lowercase()).collect()
});

/// The slips of a site that httpd would not start with: each is one without whose mending it still would not.
pub(crate) fn slips(site: &Site) -> Vec<Slip> {
    if site.errors() == 0 {
        return Vec::new();
    }
    let files = site.sources().files_from(0).into_iter().enumerate();
    let mut all: Vec<Slip> = Vec::new();
    for (number, file) in files.filter(|(number, _)| site.is_own(FileId(*number as u32))) {
        all.extend(of_file(&file, FileId(number as u32)));
    }
    all.truncate(MOST);
    let wrong = |slips: &[&Slip]| {
        let edits: Vec<Edit> = slips.iter().flat_map(|slip| slip.edits.iter().cloned()).collect();
        site.with(&edits).map_or(usize::MAX, |site| site.diagnostics().iter().filter(|d| is_slip(d)).count())
    };
    let every: Vec<&Slip> = all.iter().collect();
    let least = wrong(&every);
    let needed: Vec<bool> = (0..all.len())
        .map(|n| wrong(&every.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, s)| *s).collect::<Vec<_>>()) > least)
        .collect();
    let mut needed = needed.into_iter();
    all.retain(|_| needed.next() == Some(true));
    all
}

/// The slips of one file.
pub(crate) fn slips_in(site: &Site, id: FileId) -> Vec<Slip> {
    let mut slips = of_file(&site.sources().file(id), id);
    slips.truncate(MOST);
    slips
}

/// The site with its slips mended; none where it has none.
pub(crate) fn mended(site: &Site) -> Option<Vec<Edit>> {
    let edits: Vec<Edit> = slips(site).into_iter().flat_map(|slip| slip.edits).collect();
    (!edits.is_empty()).then_some(edits)
}

/// Whether httpd finds fault with a tag or a name.
pub(crate) fn is_slip(found: &Diagnostic) -> bool {
    found.severity == Severity::Error
        && (["unclosed-section", "unmatched-close", "mismatched-close", "unclosed-tag"].contains(&found.code)
            || found.message.starts_with("Invalid command")
            || found.message.contains("closing '>'"))
}

/// A section that is open.
struct Open {
    /// Its name as it should be.
    name: BString,
    at: Span,
    /// What is wrong with it, by the number of its slip.
    slip: Option<usize>,
    /// How it is written.
    written: BString,
}

fn of_file(file: &SourceFile, id: FileId) -> Vec<Slip> {
    let mut slips: Vec<Slip> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut goes_on = false;
    for number in 1..=file.lines() as u32 {
        let line = file.line(number);
        let before = std::mem::replace(&mut goes_on, line.ends_with(b"\\"));
        let text = line.trim();
        if before || text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let start = file.line_start(number) + line.find(text).unwrap_or(0) as u32;
        let at = Span { file: id, line: number, start, end: start + text.len() as u32 };
        match (text.strip_prefix(b"</"), text.strip_prefix(b"<")) {
            (Some(rest), _) => close(&mut slips, &mut open, rest, at),
            (None, Some(rest)) => {
                // what such a section holds is another language
                let foreign = open.last().is_some_and(|o| o.name.eq_ignore_ascii_case(b"perl"));
                if !foreign {
                    begin(&mut slips, &mut open, rest, at, goes_on);
                }
            }
            _ => slips.extend(glued(text, at)),
        }
    }
    let end = file.text.len() as u32;
    let newline = if file.text.ends_with(b"\n") { "" } else { "\n" };
    for section in open.iter().rev() {
        let text = format!("{newline}</{}>\n", section.name);
        let insert = Edit { file: id, range: end..end, text: text.into() };
        left_open(&mut slips, section, insert);
    }
    slips
}

/// A section that nothing closes.
fn left_open(slips: &mut Vec<Slip>, section: &Open, insert: Edit) {
    match section.slip.and_then(|n| slips.get_mut(n)) {
        Some(slip) => slip.edits.push(insert),
        None => {
            let message = format!("`<{}>` is left open", section.written);
            slips.push(Slip { at: section.at, message, related: None, edits: vec![insert] });
        }
    }
}

/// Up to where a tag's name goes.
fn name_of(rest: &[u8]) -> &[u8] {
    &rest[..rest.find_byteset(b" \t>").unwrap_or(rest.len())]
}

fn section(name: &[u8]) -> Option<&'static str> {
    SECTIONS.iter().copied().find(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

fn piece(at: Span, offset: usize, length: usize) -> Span {
    let start = at.start + offset as u32;
    Span { start, end: start + length as u32, ..at }
}

fn begin(slips: &mut Vec<Slip>, open: &mut Vec<Open>, rest: &[u8], at: Span, goes_on: bool) {
    let written: BString = name_of(rest).into();
    let mut edits: Vec<Edit> = Vec::new();
    let mut message = String::new();
    let bare = rest.trim_end_with(|c| c == '>').trim_end();
    let alone = bare.len() == written.len();
    let name: BString = match section(&written) {
        Some(known) => known.into(),
        None => {
            let glued = SECTIONS.iter().filter(|known| {
                let begins = written.get(..known.len()).is_some_and(|b| b.eq_ignore_ascii_case(known.as_bytes()));
                begins && !written[known.len()..].first().is_some_and(u8::is_ascii_alphanumeric)
            });
            let shown = written.to_str_lossy();
            if let Some(known) = glued.max_by_key(|known| known.len()) {
                message = format!("a blank is missing behind `<{known}`");
                edits.push(Edit::replace(piece(at, 1 + known.len(), 0), " "));
                (*known).into()
            } else if let Some(known) = closest(&shown, SECTIONS.iter().copied()) {
                message = format!("there is no section `<{shown}>`: `<{known}>` is meant");
                edits.push(Edit::replace(piece(at, 1, written.len()), known));
                known.into()
            } else {
                written.clone()
            }
        }
    };
    // `<Name>` where such a section is open, and needs something to be for: its end lacks the slash
    let again = open.last().is_some_and(|o| o.name.eq_ignore_ascii_case(&name));
    if alone && again && edits.is_empty() {
        let message = format!("`<{written}>` opens a second section: the slash of `</{written}>` is missing");
        let edits = vec![Edit::replace(piece(at, 1, 0), "/")];
        let related = open.pop().map(|section| (section.at, "the section that it is to close"));
        return slips.push(Slip { at, message, related, edits });
    }
    if !rest.ends_with(b">") && !goes_on && section(&name).is_some() {
        let sentence = format!("the `>` of `<{written}` is missing");
        message = if message.is_empty() { sentence } else { message };
        edits.push(Edit::replace(Span { start: at.end, ..at }, ">"));
    }
    let slip = (!edits.is_empty()).then(|| {
        slips.push(Slip { at, message, related: None, edits });
        slips.len() - 1
    });
    open.push(Open { name, at, slip, written });
}

fn close(slips: &mut Vec<Slip>, open: &mut Vec<Open>, rest: &[u8], at: Span) {
    let written: BString = name_of(rest).into();
    let Some(top) = open.last() else {
        let message = format!("`</{written}>` closes nothing: no such section is open");
        return slips.push(Slip { at, message, related: None, edits: vec![Edit::delete(at)] });
    };
    let name = |to: &BString| Edit::replace(piece(at, 2, written.len()), to.clone());
    if top.name.eq_ignore_ascii_case(&written) || top.name == top.written && top.written == written {
        if rest.len() == written.len() {
            let edits = vec![Edit::replace(Span { start: at.end, ..at }, ">")];
            let message = format!("the `>` of `</{written}` is missing");
            slips.push(Slip { at, message, related: None, edits });
        }
        open.pop();
        return;
    }
    // misspelt as it was opened
    if top.written.eq_ignore_ascii_case(&written) {
        let edit = name(&top.name);
        if let Some(slip) = top.slip.and_then(|n| slips.get_mut(n)) {
            slip.edits.push(edit);
        }
        open.pop();
        return;
    }
    // what was opened further out, and what is in it and was left open
    if let Some(outer) = open.iter().rposition(|o| o.name.eq_ignore_ascii_case(&written) || o.written == written) {
        while open.len() > outer + 1 {
            let Some(section) = open.pop() else { break };
            let text = format!("</{}>\n", section.name);
            left_open(slips, &section, Edit { file: at.file, range: at.start..at.start, text: text.into() });
        }
        return close(slips, open, rest, at);
    }
    let known = section(&written).is_some();
    let message = match known {
        true => format!("`</{written}>` closes `<{}>`", top.written),
        false => format!("there is no section `</{written}>`: `</{}>` is meant", top.name),
    };
    let edits = vec![name(&top.name)];
    let related = Some((top.at, "the section that is open"));
    slips.push(Slip { at, message, related, edits });
    open.pop();
}

/// A name with its first argument glued to it.
fn glued(text: &[u8], at: Span) -> Option<Slip> {
    let first = &text[..text.find_byteset(b" \t").unwrap_or(text.len())];
    let end = first.iter().position(|b| !b.is_ascii_alphanumeric())?;
    let name = first[..end].to_str().ok().filter(|name| name.len() > 3)?;
    if NAMES.contains(&first.to_ascii_lowercase().to_str_lossy().into_owned())
        || !NAMES.contains(&name.to_ascii_lowercase())
        || first[end] == b'\\'
    {
        return None;
    }
    let message = format!("a blank is missing behind `{name}`");
    Some(Slip { at, message, related: None, edits: vec![Edit::replace(piece(at, end, 0), " ")] })
}
