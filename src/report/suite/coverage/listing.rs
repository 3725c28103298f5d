//! Coverage as an annotated listing: the configuration's lines with the counts beside them.

use super::super::super::paint::{Paint, Tone, clean};
use super::{Coverage, Line, decided, matched, reached, shares};
use bstr::{BStr, ByteSlice};
use std::collections::HashMap;
use std::fmt::Write;

const HEAD: &str = "  reached  matched  decided\n";

/// The lines of each file, of a suite's own text those between the first and the last that count. `text` has a file's text;
/// where there is none, the lines that count are listed alone.
pub(crate) fn listing(coverage: &Coverage, text: &dyn Fn(&str) -> Option<Vec<u8>>, paint: Paint) -> String {
    if coverage.is_empty() {
        return "coverage: there are no lines that count\n".into();
    }
    let mut out = String::from("requests at each line; ! not reached, ~ reached and never matched\n");
    for lines in coverage.files() {
        let Some(first) = lines.first() else { continue };
        let _ = writeln!(out, "\n{}", paint.tone(Tone::Head, &clean(&first.file)));
        let _ = writeln!(out, "{}", shares([reached(lines), matched(lines), decided(lines)]));
        let _ = write!(out, "{}", paint.tone(Tone::Dim, HEAD));
        let counted: HashMap<u32, &Line> = lines.iter().map(|line| (line.line, line)).collect();
        match text(&first.file) {
            Some(text) => {
                let numbered = (1..).zip(text.lines());
                let last = lines.last().map_or(0, |line| line.line);
                let is_suite = [".yaml", ".yml"].iter().any(|end| first.file.ends_with(end));
                let shown = numbered.filter(|(number, _)| !is_suite || (first.line..=last).contains(number));
                shown.for_each(|(number, text)| row(&mut out, number, text.as_bstr(), counted.get(&number), paint));
            }
            None => lines.iter().for_each(|line| row(&mut out, line.line, BStr::new(&line.text), Some(&line), paint)),
        }
    }
    out
}

fn row(out: &mut String, number: u32, text: &BStr, line: Option<&&Line>, paint: Paint) {
    let (mark, tone) = match line {
        Some(line) if line.hits.reached == 0 => ("!", Tone::Bad),
        Some(line) if line.tried && line.hits.matched == 0 => ("~", Tone::Warn),
        _ => (" ", Tone::Plain),
    };
    // a setting has no pattern that could match, and a section decides nothing
    let count = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let reached = count(line.map(|line| line.hits.reached));
    let matched = count(line.filter(|line| line.tried).map(|line| line.hits.matched));
    let decided = count(line.filter(|line| !line.section).map(|line| line.hits.decided));
    let counts = format!("{mark} {reached:>7}  {matched:>7}  {decided:>7}");
    let row = format!("{counts}  {number:>5} | {}", clean(text.trim_end()));
    let _ = writeln!(out, "{}", paint.tone(tone, row.trim_end()));
}
