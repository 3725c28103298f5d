//! The sections that access rules are in, and how each may be written.

use super::access::{self, COMPAT, Compat, Need, REQUIRE};
use super::{Done, Step};
use crate::lint::facts::{is_named, whole};
use crate::site::{Directive, Edit, Site};
use crate::source::directive_text;
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

/// The access rules of a section (or straight in an .htaccess file).
pub(super) struct Group {
    /// All its lines: those of mod_access_compat, or, where it has none, its Require lines.
    pub spans: Vec<Span>,
    /// Its Require lines, blocks whole.
    pub requires: Vec<Span>,
    /// Whether it has lines of mod_access_compat.
    compat: bool,
    /// How it may be written, the plainest first: edits, and the lines that are new.
    ways: Vec<(Vec<Edit>, Vec<String>)>,
    /// The way that is taken; as many as there are: it stays.
    way: usize,
    /// Why it stays, or is not written in the plainest way.
    pub why: Option<String>,
}

/// The groups of a site.
pub(super) fn groups(site: &Site, directives: &[Directive<'_>]) -> Vec<Group> {
    let authenticates = directives.iter().any(|d| is_named(d, &["Require"]) && !is_of_host(d));
    let mut found: Vec<(Option<Span>, FileId, Vec<&Directive<'_>>)> = Vec::new();
    for line in directives {
        let parent = line.parents().last();
        // what is in a block goes with the block
        let in_block = parent
            .as_ref()
            .is_some_and(|(name, _)| REQUIRE.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes())));
        if in_block || !(is_named(line, &COMPAT) || is_named(line, &REQUIRE)) {
            continue;
        }
        let key = (parent.map(|(_, span)| span), line.span().file);
        match found.iter_mut().find(|(span, file, _)| (*span, *file) == key) {
            Some((.., lines)) => lines.push(line),
            None => found.push((key.0, key.1, vec![line])),
        }
    }
    let compat = found.iter().any(|(.., lines)| lines.iter().any(|line| is_named(line, &COMPAT)));
    if !compat {
        return Vec::new();
    }
    found.iter().map(|(.., lines)| group(site, lines, authenticates)).collect()
}

/// Whether a Require line asks for nothing that a user has to say.
fn is_of_host(line: &Directive<'_>) -> bool {
    let words = line.words();
    let mut words = words.iter().map(|word| word.to_ascii_lowercase()).skip_while(|word| word == b"not");
    let first = words.next().unwrap_or_default();
    [&b"all"[..], b"ip", b"host", b"env", b"local", b"method", b"forward-dns"].contains(&first.as_slice())
}

fn group(site: &Site, lines: &[&Directive<'_>], authenticates: bool) -> Group {
    let (compat, requires): (Vec<&Directive<'_>>, Vec<&Directive<'_>>) =
        lines.iter().copied().partition(|line| is_named(line, &COMPAT));
    let requires: Vec<Span> = requires.into_iter().map(whole).collect();
    let spans: Vec<Span> = if compat.is_empty() { requires.clone() } else { compat.iter().map(|d| d.span()).collect() };
    let mut group = Group { spans, requires, compat: !compat.is_empty(), ways: Vec::new(), way: 0, why: None };
    let Some(first) = group.spans.first().copied() else { return group };
    let merging = |edits: &[Edit], lines: &[String]| {
        let line = format!("{}AuthMerging And\n", indent(site, first));
        let at = Span { start: line_start(site, first), end: line_start(site, first), ..first };
        let edits = [vec![Edit::replace(at, line)], edits.to_vec()].concat();
        (edits, [vec!["AuthMerging And".to_string()], lines.to_vec()].concat())
    };
    if !group.compat {
        // its rules hold together with those around it, which were not theirs to replace
        group.ways = vec![(Vec::new(), Vec::new()), merging(&[], &[])];
        return group;
    }
    let Some(compat) = access::read(&compat) else {
        group.leave("httpd would not take its lines".into());
        return group;
    };
    if compat.satisfy_any == Some(true) && group.requires.is_empty() && authenticates {
        group.leave("Satisfy Any is about Require lines of other sections: write both into one section".into());
        return group;
    }
    let (edits, lines) = written(site, &compat, &group.requires);
    let merged = merging(&edits, &lines);
    group.ways = vec![(edits, lines), merged];
    group
}

/// Edits that write a section's lines as Require, and the new lines.
fn written(site: &Site, compat: &Compat, requires: &[Span]) -> (Vec<Edit>, Vec<String>) {
    let first = compat.spans[0];
    let indent = indent(site, first);
    let any = compat.satisfy_any == Some(true);
    let mut gone: Vec<Span> = compat.spans.clone();
    let new = match &compat.need {
        // what is granted to all asks nothing beside what is required
        Need::Granted if !requires.is_empty() && !any => Vec::new(),
        need if requires.is_empty() || any => access::lines(need, &indent, true),
        need => {
            gone.extend(requires);
            let inner = format!("{indent}    ");
            let mut lines = vec![format!("{indent}<RequireAll>")];
            lines.extend(access::lines(need, &inner, false));
            let several = requires.len() > 1;
            lines.extend(several.then(|| format!("{inner}<RequireAny>")));
            let deeper = if several { format!("{inner}    ") } else { inner.clone() };
            for span in requires {
                lines.extend(moved(site, *span, &deeper));
            }
            lines.extend(several.then(|| format!("{inner}</RequireAny>")));
            lines.push(format!("{indent}</RequireAll>"));
            lines
        }
    };
    let mut edits: Vec<Edit> = gone.iter().filter(|span| **span != first).map(|span| Edit::delete(*span)).collect();
    // the first line's own indentation stays
    let text = new.join("\n");
    edits.push(Edit::replace(first, text.strip_prefix(indent.as_str()).unwrap_or(&text)));
    (edits, new.iter().map(|line| line.strip_prefix(indent.as_str()).unwrap_or(line).to_string()).collect())
}

/// The lines of a place, at another indentation.
fn moved(site: &Site, span: Span, indent: &str) -> Vec<String> {
    let text = site.sources().text(span);
    let own = self::indent(site, span);
    let line = |line: &[u8]| {
        let line = line.to_str_lossy();
        format!("{indent}{}", line.strip_prefix(own.as_str()).unwrap_or(&line))
    };
    text.lines().map(line).collect()
}

fn line_start(site: &Site, span: Span) -> u32 {
    let file = site.sources().file(span.file);
    file.line_start(file.line_column(span.start).0)
}

/// What is before a directive on its line.
fn indent(site: &Site, span: Span) -> String {
    let file = site.sources().file(span.file);
    let before: BString = file.text[line_start(site, span) as usize..span.start as usize].into();
    if before.iter().all(u8::is_ascii_whitespace) { before.to_string() } else { String::new() }
}

impl Group {
    /// Leaves it as it is, for this reason.
    pub(super) fn leave(&mut self, why: String) {
        (self.way, self.why) = (self.ways.len(), Some(why));
    }

    /// Goes on to the next way of writing it. Whether there was anything to go on from.
    pub(super) fn next(&mut self, why: String) -> bool {
        let goes = self.way < self.ways.len();
        if goes {
            (self.way, self.why) = (self.way + 1, Some(why));
        }
        goes
    }

    /// Its edits, as it is written now.
    pub(super) fn edits(&self) -> Vec<Edit> {
        self.ways.get(self.way).map(|(edits, _)| edits.clone()).unwrap_or_default()
    }

    /// Whether it is written otherwise than it was.
    pub(super) fn is_changed(&self) -> bool {
        !self.edits().is_empty()
    }

    /// What became of it, where that is to be said.
    pub(super) fn step(&self, site: &Site) -> Option<Step> {
        let line = *self.spans.first()?;
        let sources = site.sources();
        let what: Vec<String> = self.spans.iter().map(|span| directive_text(sources, *span)).collect();
        let done = match (self.ways.get(self.way), &self.why) {
            (Some((edits, _)), _) if edits.is_empty() => return None,
            (Some((_, lines)), _) if lines.is_empty() => {
                Done::Gone("everybody is allowed: what is required beside it decides".into())
            }
            (Some((_, lines)), _) => Done::Changed(lines.clone()),
            (None, why) if self.compat => Done::Left(why.clone().unwrap_or_default()),
            (None, _) => return None,
        };
        Some(Step { what: what.join("; "), done, ..Step::of(line, sources) })
    }
}
