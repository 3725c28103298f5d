//! Edits as a unified diff.

use super::paint::{Paint, Tone, clean};
use crate::site::{Edit, Rewritten, Text, apply};
use crate::source::{FileId, SourceFile, SourceMap};
use bstr::{BString, ByteSlice};
use similar::TextDiff;
use std::fmt::Write;
use std::ops::Range;

/// How many lines are shown around a change.
const AROUND: usize = 3;

/// Lines that change: from which to which, from 0, and what they become.
struct Block {
    old: Range<usize>,
    new: Vec<String>,
}

/// The diff of texts that became others.
pub(crate) fn texts(texts: &Rewritten) -> String {
    let one = |text: &Text| {
        let (before, after) = (text.before.to_str_lossy(), text.after.to_str_lossy());
        let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
        diff.unified_diff().context_radius(AROUND).header(&text.shown, &text.shown).to_string()
    };
    texts.texts().map(one).collect()
}

/// A diff as people are shown it, `indent` before each line.
pub(crate) fn painted(diff: &str, indent: &str, paint: Paint) -> String {
    let mut out = String::new();
    for line in diff.lines() {
        let tone = match line.as_bytes().first() {
            Some(b'+') => Tone::Good,
            Some(b'-') => Tone::Bad,
            _ => Tone::Dim,
        };
        let _ = writeln!(out, "{indent}{}", paint.tone(tone, &clean(line)));
    }
    out
}

/// The diff of what edits make of the texts of `sources`.
pub(super) fn diff(sources: &SourceMap, edits: &[Edit]) -> String {
    let mut files: Vec<FileId> = edits.iter().map(|edit| edit.file).collect();
    files.sort();
    files.dedup();
    let mut out = String::new();
    for file in files {
        let source = sources.file(file);
        let own: Vec<Edit> = edits.iter().filter(|edit| edit.file == file).cloned().collect();
        let lines = lines_of(&source.text);
        let blocks = blocks(sources, &source, &own, &lines);
        let _ = write!(out, "--- {0}\n+++ {0}\n", source.shown());
        let mut moved = 0i64;
        let mut rest = blocks.as_slice();
        while let Some(first) = rest.first() {
            let mut count = 1;
            while rest.get(count).is_some_and(|next| next.old.start <= rest[count - 1].old.end + 2 * AROUND) {
                count += 1;
            }
            let (hunk, after) = rest.split_at(count);
            rest = after;
            let start = first.old.start.saturating_sub(AROUND);
            let end = (hunk.last().map_or(0, |b| b.old.end) + AROUND).min(lines.len());
            let (old, new) = (end - start, hunk.iter().fold(end - start, |n, b| n - b.old.len() + b.new.len()));
            let from = |start: i64, count: usize| if count == 0 { start } else { start + 1 };
            let (old_start, new_start) = (from(start as i64, old), from(start as i64 + moved, new));
            let _ = writeln!(out, "@@ -{old_start},{old} +{new_start},{new} @@");
            moved += new as i64 - old as i64;
            let mut at = start;
            for block in hunk {
                put(&mut out, ' ', &lines[at..block.old.start]);
                put(&mut out, '-', &lines[block.old.clone()]);
                put(&mut out, '+', &block.new);
                at = block.old.end;
            }
            put(&mut out, ' ', &lines[at..end]);
        }
    }
    out
}

fn put(out: &mut String, sign: char, lines: &[String]) {
    for line in lines {
        let _ = match line.strip_suffix('\n') {
            Some(line) => writeln!(out, "{sign}{line}"),
            None => writeln!(out, "{sign}{line}\n\\ No newline at end of file"),
        };
    }
}

/// Lines with their ends.
fn lines_of(text: &[u8]) -> Vec<String> {
    text.lines_with_terminator().map(|line| line.to_str_lossy().into_owned()).collect()
}

/// The lines that edits of one file change.
fn blocks(sources: &SourceMap, source: &SourceFile, edits: &[Edit], lines: &[String]) -> Vec<Block> {
    let mut touched: Vec<(Range<usize>, Vec<&Edit>)> = Vec::new();
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
    for edit in sorted {
        let ((line, column), (last, end)) = (source.line_column(edit.range.start), source.line_column(edit.range.end));
        // what ends where a line begins does not touch it
        let whole = end == 1 && (column == 1 && (edit.text.is_empty() || edit.text.ends_with(b"\n")));
        let range = line as usize - 1..(last as usize - usize::from(whole)).min(lines.len()).max(line as usize - 1);
        match touched.last_mut().filter(|(before, _)| range.start < before.end || range.start == before.start) {
            Some((before, own)) => {
                before.end = before.end.max(range.end);
                own.push(edit);
            }
            None => touched.push((range, vec![edit])),
        }
    }
    let block = |(range, own): (Range<usize>, Vec<&Edit>)| {
        let edits: Vec<Edit> = own.into_iter().cloned().collect();
        let text = apply(sources, &edits).ok()?.into_iter().next()?.1;
        // what is behind these lines is as it was
        let behind: usize = lines[range.end..].iter().map(String::len).sum();
        let before: usize = lines[..range.start].iter().map(String::len).sum();
        let text: BString = text.to_str_lossy().into_owned().into();
        let new = lines_of(text.get(before..text.len().checked_sub(behind)?)?);
        let (range, new) = without_same(range, new, lines);
        Some(Block { old: range, new })
    };
    touched.into_iter().filter_map(block).collect()
}

/// Without the lines at both ends that stay.
fn without_same(mut old: Range<usize>, mut new: Vec<String>, lines: &[String]) -> (Range<usize>, Vec<String>) {
    let same = lines[old.clone()].iter().zip(&new).take_while(|(a, b)| a == b).count();
    old.start += same;
    new.drain(..same);
    let same = lines[old.clone()].iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    old.end -= same;
    new.truncate(new.len() - same);
    (old, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, edits: &[(Range<u32>, &str)]) -> String {
        let sources = SourceMap::default();
        let file = sources.add("x", text);
        let edit = |(range, text): &(Range<u32>, &str)| Edit { file, range: range.clone(), text: (*text).into() };
        diff(&sources, &edits.iter().map(edit).collect::<Vec<_>>())
    }

    #[test]
    fn hunks() {
        let head = "--- x\n+++ x\n";
        for (text, edits, want) in [
            ("a\nb\nc\n", vec![(2..2, "B\n")], "@@ -1,3 +1,4 @@\n a\n+B\n b\n c\n"),
            ("a\nb\nc\n", vec![(2..4, "")], "@@ -1,3 +1,2 @@\n a\n-b\n c\n"),
            ("a\nb\nc\n", vec![(2..3, "x")], "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"),
            ("a\n", vec![(2..2, "\nb\n")], "@@ -1,1 +1,3 @@\n a\n+\n+b\n"),
            ("", vec![(0..0, "a\n")], "@@ -0,0 +1,1 @@\n+a\n"),
            ("a", vec![(1..1, "\nb\n")], "@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n"),
            (
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n",
                vec![(0..1, "x"), (18..19, "y")],
                "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -7,4 +7,4 @@\n 7\n 8\n 9\n-0\n+y\n",
            ),
        ] {
            assert_eq!(shown(text, &edits), format!("{head}{want}"), "{text:?} {edits:?}");
        }
    }
}
