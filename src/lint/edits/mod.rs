//! What fixes are made of: lines that are put beside others, as far in as those; words that are changed or taken out; and the
//! trial of a fix before it is offered.

pub(crate) mod sections;

use crate::lint::Finding;
use crate::lint::facts::{Asked, Facts, Seen, whole};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::compare::{Kind, differ};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::{SourceMap, Span};
use bstr::ByteSlice;

/// How many requests show what a fix changes.
const COMPARED: usize = 1_200;
/// How far the lines of a section are in, where none shows it.
const STEP: &str = "  ";

/// The same text, each line but the first so far in.
fn indented(text: &str, pad: &str) -> String {
    text.split('\n').collect::<Vec<_>>().join(&format!("\n{pad}"))
}

/// Lines below a directive, as far in as it is; of a section, below its end.
pub(crate) fn below(sources: &SourceMap, line: Span, text: &str) -> Edit {
    let pad = sources.file(line.file).indent(line.start).to_string();
    let text = format!("\n{pad}{}", indented(text, &pad));
    Edit::replace(Span { start: line.end, ..line }, text)
}

/// Lines above a directive, as far in as it is.
pub(crate) fn above(sources: &SourceMap, line: Span, text: &str) -> Edit {
    let pad = sources.file(line.file).indent(line.start).to_string();
    let text = format!("{}\n{pad}", indented(text, &pad));
    Edit::replace(Span { end: line.start, ..line }, text)
}

/// How far in the lines of a section are: as its first one, else a step more than itself.
fn inner(sources: &SourceMap, section: &Directive<'_>) -> String {
    let span = section.span();
    let file = sources.file(span.file);
    let own = file.indent(span.start).to_string();
    let end = section.end().filter(|end| end.file == span.file).map_or(span.end, |end| end.start);
    let inside = file.text.get(span.end as usize..end as usize).unwrap_or_default();
    let first = inside.lines().map(|line| line.as_bstr()).find(|line| !line.trim().is_empty());
    let first = first.map(|line| line[..line.len() - line.trim_start().len()].to_str_lossy().into_owned());
    first.filter(|pad| pad.len() > own.len()).unwrap_or(own + STEP)
}

/// Lines at the end of a section; none where its end is in another file, or on the line of something else.
pub(crate) fn at_end_of(sources: &SourceMap, section: &Directive<'_>, text: &str) -> Option<Edit> {
    let end = section.end().filter(|end| end.file == section.span().file)?;
    let file = sources.file(end.file);
    let start = file.line_start(file.line_column(end.start).0);
    let before = file.text.get(start as usize..end.start as usize)?;
    let pad = inner(sources, section);
    let text = format!("{pad}{}\n", indented(text, &pad));
    before.trim().is_empty().then(|| Edit::replace(Span { start, end: start, ..end }, text))
}

/// Lines that become those of a section of their own: `header` without its brackets, and what stands in it first.
pub(crate) fn wrapped(sources: &SourceMap, first: Span, last: Span, header: &str, more: &[&str]) -> Vec<Edit> {
    let file = sources.file(first.file);
    let pad = file.indent(first.start).to_string();
    let name = header.split(' ').next().unwrap_or_default();
    let head: String = more.iter().map(|line| format!("{STEP}{line}\n{pad}")).collect();
    let mut edits = vec![Edit::replace(Span { end: first.start, ..first }, format!("<{header}>\n{pad}{head}{STEP}"))];
    let (from, to) = (file.line_column(first.start).0 + 1, file.line_column(last.end).0);
    edits.extend((from..=to).filter(|n| !file.line(*n).trim().is_empty()).map(|n| {
        let start = file.line_start(n);
        Edit::replace(Span { line: n, start, end: start, ..first }, STEP)
    }));
    edits.push(Edit::replace(Span { start: last.end, ..last }, format!("\n{pad}</{name}>")));
    edits
}

/// A section with lines in it, as text; `header` without its brackets.
pub(crate) fn section(header: &str, lines: &[&str]) -> String {
    let name = header.split(' ').next().unwrap_or_default();
    let lines: String = lines.iter().map(|line| format!("{STEP}{}\n", indented(line, STEP))).collect();
    format!("<{header}>\n{lines}</{name}>")
}

/// An argument as the configuration has it, changed; none where its place can't be told, or where nothing changes.
pub(crate) fn in_word(
    sources: &SourceMap,
    line: &Directive<'_>,
    n: usize,
    change: impl Fn(&str) -> Option<String>,
) -> Option<Edit> {
    let place = line.arg_span(sources, n);
    let old = sources.text(place);
    let new = change(old.to_str().ok()?).filter(|new| old != *new)?;
    (place != line.span()).then(|| Edit::replace(place, new))
}

/// An argument taken out, with the blank before it.
pub(crate) fn without_word(sources: &SourceMap, line: &Directive<'_>, n: usize) -> Option<Edit> {
    let place = line.arg_span(sources, n);
    let file = sources.file(place.file);
    let before = file.text.get(line.span().start as usize..place.start as usize)?;
    // an end of a line that goes on is a blank
    let flat = before.replace("\\\r\n", "   ").replace("\\\n", "  ");
    let blank = flat.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count() as u32;
    (place != line.span()).then(|| Edit::delete(Span { start: place.start - blank, ..place }))
}

/// The section for URLs, files or conditions that a directive is in, the outermost one, or itself: beside it other such
/// sections may stand.
pub(crate) fn outermost(directive: &Directive<'_>, all: &[Directive<'_>]) -> Span {
    let around = directive.sections().iter().find(|s| !s.name.eq_ignore_ascii_case(b"VirtualHost"));
    let section = around.and_then(|section| all.iter().find(|d| d.span() == section.span));
    whole(section.unwrap_or(directive))
}

/// A text between quotes, as an argument; none where it has something that can't stand there.
pub(crate) fn quoted(text: &[u8]) -> Option<String> {
    let plain = text.find_byteset(b"\"\\\n\r$%").is_none();
    text.to_str().ok().filter(|_| plain).map(|text| format!("\"{text}\""))
}

/// A pattern that a text alone matches, as people write it.
pub(crate) fn escaped(text: &[u8]) -> String {
    let mut pattern = String::new();
    for &byte in text {
        match byte {
            b'.' | b'^' | b'$' | b'*' | b'+' | b'?' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'|' | b'\\' => {
                pattern.extend(['\\', char::from(byte)]);
            }
            b' '..=b'~' if byte != b'"' => pattern.push(char::from(byte)),
            _ => pattern.push_str(&format!("\\x{byte:02x}")),
        }
    }
    pattern
}

/// A fix to be tried.
pub(crate) struct Trial<'t> {
    pub message: &'t str,
    pub edits: Vec<Edit>,
    /// Whether the harm is gone, by what the request of the finding is answered then.
    pub gone: &'t dyn Fn(&Outcome) -> bool,
    /// Whether another request's new answer is what the fix is for.
    pub meant: &'t dyn Fn(&Seen, &Outcome) -> bool,
}

/// Of no other request.
pub(crate) fn nothing_else(_: &Seen, _: &Outcome) -> bool {
    false
}

impl Trial<'_> {
    /// The fix, where the harm is gone with it, and nothing else is opened or refused by it. It is safe where no other answer
    /// changes.
    pub(crate) fn fix(self, facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
        let asked = facts.asked.as_ref()?;
        let (ask, _) = finding.witness.as_ref()?;
        if self.edits.iter().any(|edit| !facts.site.is_own(edit.file)) {
            return None;
        }
        let other = asked.changed(&self.edits)?;
        if !(self.gone)(&other.ask(&ask.request())) {
            return None;
        }
        let safety = self.safety(asked, &other, ask)?;
        Some(Fix { message: self.message.into(), safety, edits: self.edits })
    }

    /// How far it goes; none where it opens or refuses what it is not for.
    fn safety(&self, asked: &Asked<'_>, other: &Run, witness: &Ask) -> Option<Safety> {
        let mut safety = Safety::Safe;
        let step = asked.pool.len().div_ceil(COMPARED).max(1);
        for seen in asked.pool.iter().step_by(step).filter(|seen| seen.ask != *witness) {
            let then = other.ask(&seen.ask.request());
            match differ(&seen.outcome, &then) {
                None => {}
                Some(_) if (self.meant)(seen, &then) => {}
                Some(Kind::Opened | Kind::Refused) => return None,
                Some(_) => safety = Safety::Unsafe,
            }
        }
        Some(safety)
    }

    /// The same, and never safe: what is meant is a guess.
    pub(crate) fn guess(self, facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
        Some(Fix { safety: Safety::Unsafe, ..self.fix(facts, finding)? })
    }
}

impl Asked<'_> {
    /// Whether what a request gets is refused to the same visitor by a URL of its own.
    pub(crate) fn is_denied_by_name(&self, seen: &Seen) -> bool {
        let Some((Thing::File(path), _)) = self.gives(&seen.ask, &seen.outcome) else { return false };
        let ways = self.ground.routes.to(&path).into_iter().take(8);
        ways.map(|way| seen.ask.at(way.path))
            .filter(|ask| *ask != seen.ask)
            .any(|ask| is_refusal(&self.ground.search.run.ask(&ask.request())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Site, apply};

    #[test]
    fn words_of_a_line_that_goes_on() {
        let text = "WSGIDaemonProcess shop user=www \\\n  processes=10 \\\n  threads=2\n";
        let site = Site::builder(text).lenient(true).build().expect("it can be laid out");
        let line = site.directives().next().expect("there is one");
        let edited = |edit: Option<Edit>| {
            let edits = [edit.expect("its place can be told")];
            apply(site.sources(), &edits).expect("it is one edit")[0].1.to_string()
        };
        let fewer = edited(in_word(site.sources(), &line, 2, |old| Some(old.replace("10", "2"))));
        assert_eq!(fewer, text.replace("10", "2"));
        let without = |n| edited(without_word(site.sources(), &line, n));
        assert_eq!(without(1), "WSGIDaemonProcess shop \\\n  processes=10 \\\n  threads=2\n");
        assert_eq!(without(2), "WSGIDaemonProcess shop user=www \\\n  threads=2\n");
        assert_eq!(without(3), "WSGIDaemonProcess shop user=www \\\n  processes=10\n");
    }

    #[test]
    fn lines_are_as_far_in_as_those_around_them() {
        let text =
            "<VirtualHost *:80>\n    <Location /a>\n        Require ip 192.0.2.1\n    </Location>\n</VirtualHost>";
        let site = Site::builder(text).lenient(true).build().expect("it can be laid out");
        let all: Vec<Directive<'_>> = site.directives().collect();
        let edited = |edits: &[Edit]| apply(site.sources(), edits).expect("they are apart")[0].1.to_string();
        let more = section("Location /b", &["Require all denied"]);
        let beside = edited(&[below(site.sources(), outermost(&all[2], &all), &more)]);
        let added = "    <Location /b>\n      Require all denied\n    </Location>\n</VirtualHost>";
        assert_eq!(beside, text.replace("</VirtualHost>", added));
        let within = edited(&[at_end_of(site.sources(), &all[1], "Require local").expect("it has an end")]);
        assert_eq!(within, text.replace("192.0.2.1\n", "192.0.2.1\n        Require local\n"));
        let first = edited(&[above(site.sources(), all[2].span(), "Require local")]);
        assert_eq!(first, text.replace("Require ip", "Require local\n        Require ip"));
        let around = edited(&wrapped(site.sources(), all[2].span(), all[2].span(), "RequireAll", &["Require local"]));
        let want = "<RequireAll>\n          Require local\n          Require ip 192.0.2.1\n        </RequireAll>";
        assert_eq!(around, text.replace("Require ip 192.0.2.1", want));
    }
}
