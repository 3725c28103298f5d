//! Coverage for people: a row a file, then the lines that nothing reached and those that never matched.

use super::super::super::paint::{Paint, Tone, clean};
use super::super::super::plural;
use super::{Coverage, Line, Share, decided, matched, reached};
use std::fmt::Write;

/// How many lines of a kind are listed.
const MOST: usize = 20;

/// The table.
pub(crate) fn table(coverage: &Coverage, paint: Paint) -> String {
    if coverage.is_empty() {
        return "coverage: there are no lines that count\n".into();
    }
    let row = |name: String, shares: [Share; 3]| {
        let [reached, matched, decided] = shares.map(share);
        [name, reached, matched, decided]
    };
    let mut rows = vec![["coverage", "reached", "matched", "decided"].map(String::from)];
    for lines in coverage.files() {
        let name = lines.first().map(|line| clean(&line.file)).unwrap_or_default();
        rows.push(row(name, [reached(lines), matched(lines), decided(lines)]));
    }
    if rows.len() > 2 {
        rows.push(row("all".into(), [coverage.reached(), coverage.matched(), coverage.decided()]));
    }
    let wide = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let [first, second, third] = [wide(0), wide(1), wide(2)];
    let mut out = String::new();
    for (number, [name, reached, matched, decided]) in rows.iter().enumerate() {
        let row = format!("{name:first$}  {reached:second$}  {matched:third$}  {decided}");
        let _ = writeln!(out, "{}", if number == 0 { paint.tone(Tone::Head, &row) } else { row });
    }
    let unreached = |line: &&Line| line.hits.reached == 0;
    list(&mut out, "not reached", coverage.lines.iter().filter(unreached), paint);
    let unmatched = |line: &&Line| line.tried && line.hits.reached > 0 && line.hits.matched == 0;
    list(&mut out, "never matched", coverage.lines.iter().filter(unmatched), paint);
    out
}

fn share(share: Share) -> String {
    format!("{:.1}% ({} of {})", share.short(), share.part, share.whole)
}

fn list<'l>(out: &mut String, title: &str, lines: impl Iterator<Item = &'l Line>, paint: Paint) {
    let lines: Vec<&Line> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint.tone(Tone::Head, &format!("{title}:")));
    for line in lines.iter().take(MOST) {
        let place = format!("{}:{}", clean(&line.file), line.line);
        let room = paint.columns().saturating_sub(4 + place.chars().count()).max(20);
        let _ = writeln!(out, "  {}  {}", paint.tone(Tone::Dim, &place), paint.fit(&clean(&line.text), room));
    }
    if lines.len() > MOST {
        let _ = writeln!(out, "  and {} (--coverage=json has all)", plural(lines.len() - MOST, "more line"));
    }
}
