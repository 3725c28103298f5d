//! Which lines of many that look at the same value can match it at all.

use super::{Entry, Test};
use crate::server::index::Index;
use aho_corasick::AhoCorasick;
use bstr::BString;

/// Which lines of a long run can match a value at all.
#[derive(Debug)]
pub(super) struct RunIndex {
    /// By what the value must begin with.
    beginnings: Index,
    /// By the text that it must have in it.
    exact: Texts,
    /// The same, case aside.
    any_case: Texts,
}

impl RunIndex {
    /// Of the lines of a run.
    pub(super) fn new(entries: &[Entry]) -> RunIndex {
        let texts = |aside: bool| {
            let of = |(i, e): (usize, &Entry)| match &e.test {
                Test::Text(text, icase) if *icase == aside => Some((i as u32, text.clone())),
                _ => None,
            };
            Texts::new(entries.iter().enumerate().filter_map(of).unzip(), aside)
        };
        let rest = entries.iter().enumerate().filter(|(_, e)| !matches!(e.test, Test::Text(..)));
        let beginnings = Index::new(rest.map(|(i, e)| (i, e.beginning())));
        RunIndex { beginnings, exact: texts(false), any_case: texts(true) }
    }

    /// Their numbers, in order.
    pub(super) fn of(&self, value: &[u8]) -> Vec<u32> {
        let mut found = self.beginnings.of(value);
        self.exact.find(value, &mut found);
        self.any_case.find(value, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// So many texts are one automaton: to build it can take the square of their number, where texts begin one another.
const TEXTS: usize = 2048;

/// Texts that are looked for all at once.
#[derive(Debug)]
struct Texts(Vec<Chunk>);

/// Some of them.
#[derive(Debug)]
struct Chunk {
    numbers: Vec<u32>,
    /// None where it is too much text for an automaton.
    automaton: Option<AhoCorasick>,
}

impl Texts {
    fn new((numbers, texts): (Vec<u32>, Vec<BString>), case_aside: bool) -> Texts {
        let chunks = numbers.chunks(TEXTS).zip(texts.chunks(TEXTS));
        let build = |texts| AhoCorasick::builder().ascii_case_insensitive(case_aside).build(texts).ok();
        Texts(chunks.map(|(n, texts)| Chunk { numbers: n.to_vec(), automaton: build(texts) }).collect())
    }

    fn find(&self, value: &[u8], found: &mut Vec<u32>) {
        for chunk in &self.0 {
            match &chunk.automaton {
                None => found.extend_from_slice(&chunk.numbers),
                Some(automaton) => {
                    let matches = automaton.find_overlapping_iter(value);
                    found.extend(matches.filter_map(|m| chunk.numbers.get(m.pattern().as_usize())));
                }
            }
        }
    }
}
