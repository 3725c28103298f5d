//! Edits of a text that was edited before, as edits of the first text.

use crate::site::Edit;
use crate::source::{FileId, SourceMap};
use bstr::BString;
use std::ops::Range;

/// A piece of an edited text.
#[derive(Clone, Debug)]
enum Piece {
    /// What was there.
    Old(Range<u32>),
    /// What was not.
    New(BString),
}

impl Piece {
    fn len(&self) -> u32 {
        match self {
            Piece::Old(range) => range.end - range.start,
            Piece::New(text) => text.len() as u32,
        }
    }

    fn part(&self, range: Range<u32>) -> Piece {
        match self {
            Piece::Old(whole) => Piece::Old(whole.start + range.start..whole.start + range.end),
            Piece::New(text) => Piece::New(text[range.start as usize..range.end as usize].into()),
        }
    }
}

/// Two rounds of edits as one: `first` of the texts of `sources`, `then` of those that these make, which are `edited`.
pub(super) fn compose(sources: &SourceMap, first: &[Edit], edited: &SourceMap, then: &[Edit]) -> Option<Vec<Edit>> {
    let mut files: Vec<FileId> = first.iter().map(|edit| edit.file).collect();
    let mut second: Vec<(FileId, &Edit)> = Vec::new();
    for edit in then {
        let file = known_as(sources, edited, edit.file)?;
        second.push((file, edit));
        files.push(file);
    }
    files.sort();
    files.dedup();
    let mut all = Vec::new();
    for file in files {
        let length = sources.file(file).text.len() as u32;
        let mut pieces = vec![Piece::Old(0..length)];
        for edit in ordered(first.iter().filter(|edit| edit.file == file).collect()) {
            pieces = replaced(&pieces, &edit.range, &edit.text);
        }
        let own = second.iter().filter(|(known, _)| *known == file).map(|(_, edit)| *edit).collect();
        for edit in ordered(own) {
            pieces = replaced(&pieces, &edit.range, &edit.text);
        }
        all.extend(edits_of(file, length, &pieces));
    }
    Some(all)
}

/// The file of a name in other sources.
fn known_as(sources: &SourceMap, edited: &SourceMap, file: FileId) -> Option<FileId> {
    let name = &edited.file(file).name;
    let at = sources.files_from(0).iter().rposition(|known| known.name == *name)?;
    Some(FileId(at as u32))
}

/// Edits from the last one on, so that none moves another.
fn ordered(mut edits: Vec<&Edit>) -> impl Iterator<Item = &Edit> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    edits.into_iter().rev()
}

fn replaced(pieces: &[Piece], range: &Range<u32>, text: &BString) -> Vec<Piece> {
    let mut new = Vec::new();
    let mut at = 0;
    let mut put = false;
    for piece in pieces {
        let (start, end) = (at, at + piece.len());
        at = end;
        if start < range.start {
            new.push(piece.part(0..range.start.min(end) - start));
        }
        if !put && range.start <= end {
            new.push(Piece::New(text.clone()));
            put = true;
        }
        if end > range.end {
            new.push(piece.part(range.end.max(start) - start..end - start));
        }
    }
    if !put {
        new.push(Piece::New(text.clone()));
    }
    new.retain(|piece| piece.len() > 0);
    new
}

fn edits_of(file: FileId, length: u32, pieces: &[Piece]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    let mut text = BString::default();
    let end = Piece::Old(length..length);
    for piece in pieces.iter().chain([&end]) {
        match piece {
            Piece::New(more) => text.extend_from_slice(more),
            Piece::Old(range) => {
                if range.start > at || !text.is_empty() {
                    edits.push(Edit { file, range: at..range.start, text: std::mem::take(&mut text) });
                }
                at = range.end;
            }
        }
    }
    edits
}

/// The line of the first text that an offset of the edited one is on; none where the line is new.
pub(super) fn line_before(sources: &SourceMap, first: &[Edit], edited: &SourceMap, at: (FileId, u32)) -> Option<u32> {
    let file = known_as(sources, edited, at.0)?;
    let mut pieces = vec![Piece::Old(0..sources.file(file).text.len() as u32)];
    for edit in ordered(first.iter().filter(|edit| edit.file == file).collect()) {
        pieces = replaced(&pieces, &edit.range, &edit.text);
    }
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.len();
        if (start..end).contains(&at.1) {
            let Piece::Old(range) = piece else { return None };
            return Some(sources.file(file).line_column(range.start + at.1 - start).0);
        }
        start = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::apply;
    use proptest::prelude::*;

    fn edit(range: Range<u32>, text: &str) -> Edit {
        Edit { file: FileId(0), range, text: text.into() }
    }

    proptest! {
        #[test]
        fn two_rounds_are_one(
            text in "[a-d]{1,9}",
            first in (0..9_u32, 0..4_u32, "[x-z]{0,3}"),
            then in (0..9_u32, 0..4_u32, "[p-r]{0,3}"),
        ) {
            let within = |length: usize, (start, more, text): &(u32, u32, String)| {
                let start = (*start).min(length as u32);
                edit(start..(start + more).min(length as u32), text)
            };
            let before = SourceMap::default();
            before.add("x", text.as_str());
            let one = [within(text.len(), &first)];
            let between = apply(&before, &one).expect("one edit").remove(0).1;
            let after = SourceMap::default();
            after.add("x", between.clone());
            let two = [within(between.len(), &then)];
            let wanted = apply(&after, &two).expect("one edit").remove(0).1;
            let both = compose(&before, &one, &after, &two).expect("the file is known");
            let got = apply(&before, &both).expect("no overlap").first().map_or(text.into(), |(_, t)| t.clone());
            prop_assert_eq!(got, wanted);
        }
    }
}
