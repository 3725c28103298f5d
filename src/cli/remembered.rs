//! Answers that were given before, for the lines of a file of URLs.
//!
//! Nothing that a configuration says makes an answer depend on when it is asked for, or on what was asked before: the
//! same line has the same answer. Only files may change meanwhile; what is remembered is as they were at first.

use foldhash::fast::{FixedState, RandomState};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Mutex;

/// Parts that are locked one by one.
const PARTS: usize = 64;

/// Bytes that a part keeps: 128 MiB in all.
const PART_BYTES: usize = (128 << 20) / PARTS;

/// What a line costs besides its answer: its place in the table.
const PLACE_BYTES: usize = 64;

/// The answers, shared by all threads.
pub(super) struct Remembered<'l> {
    parts: Vec<Mutex<Part<'l>>>,
}

#[derive(Default)]
struct Part<'l> {
    places: HashMap<&'l [u8], Range<usize>, RandomState>,
    answers: Vec<u8>,
}

impl<'l> Remembered<'l> {
    /// Nothing yet.
    pub(super) fn new() -> Remembered<'l> {
        Remembered { parts: (0..PARTS).map(|_| Mutex::default()).collect() }
    }

    fn part(&self, line: &[u8]) -> Option<&Mutex<Part<'l>>> {
        self.parts.get(FixedState::default().hash_one(line) as usize % PARTS)
    }

    /// Appends a line's answer to `out`; whether it is known.
    pub(super) fn recall(&self, line: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(Ok(part)) = self.part(line).map(|p| p.lock()) else { return false };
        let answer = part.places.get(line).and_then(|place| part.answers.get(place.clone()));
        if let Some(answer) = answer {
            out.extend_from_slice(answer);
        }
        answer.is_some()
    }

    /// Remembers a line's answer. A part that is full begins anew.
    pub(super) fn note(&self, line: &'l [u8], answer: &[u8]) {
        let Some(Ok(mut part)) = self.part(line).map(|p| p.lock()) else { return };
        if part.answers.len() + answer.len() + PLACE_BYTES * part.places.len() > PART_BYTES {
            *part = Part::default();
        }
        let start = part.answers.len();
        part.answers.extend_from_slice(answer);
        let end = part.answers.len();
        part.places.insert(line, start..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_before_within_bounds() {
        let remembered = Remembered::new();
        let mut out = b"x".to_vec();
        assert!(!remembered.recall(b"/a", &mut out));
        remembered.note(b"/a", b"1\n");
        remembered.note(b"/b", b"2\n");
        assert!(remembered.recall(b"/b", &mut out) && remembered.recall(b"/a", &mut out));
        assert_eq!(out, b"x2\n1\n");
        let long = vec![b'x'; PART_BYTES / 2 + 1];
        let lines: Vec<String> = (0..PARTS * 4).map(|i| format!("/{i}")).collect();
        lines.iter().for_each(|line| remembered.note(line.as_bytes(), &long));
        let kept = lines.iter().filter(|line| remembered.recall(line.as_bytes(), &mut Vec::new())).count();
        assert!(kept <= PARTS);
    }
}
