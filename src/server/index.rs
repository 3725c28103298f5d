//! Which entries of a long list can match a text at all, by the literal beginnings of their patterns.
//!
//! An index only leaves out entries that cannot match; those that are left are tried in the list's order as ever, so
//! an answer never comes from an index. Short lists have none.

use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Shorter lists are searched as they are.
pub(crate) const WORTH: usize = 16;

/// An entry's literal beginning.
pub(crate) trait Beginning {
    /// What every text that the entry matches begins with; empty where nothing is certain.
    fn beginning(&self) -> Vec<u8>;
}

impl<T: Beginning + ?Sized> Beginning for Arc<T> {
    fn beginning(&self) -> Vec<u8> {
        (**self).beginning()
    }
}

/// Numbers of entries by their beginnings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    by_beginning: HashMap<Vec<u8>, Vec<u32>, RandomState>,
    lengths: Vec<usize>,
    always: Vec<u32>,
}

impl Index {
    /// An index of entries' numbers and beginnings; an entry may have several.
    pub(crate) fn new(beginnings: impl Iterator<Item = (usize, Vec<u8>)>) -> Index {
        let mut index = Index::default();
        beginnings.for_each(|(number, beginning)| index.add(number, beginning));
        index
    }

    fn add(&mut self, number: usize, beginning: Vec<u8>) {
        let number = number as u32;
        if beginning.is_empty() {
            self.always.push(number);
            return;
        }
        if let Err(place) = self.lengths.binary_search(&beginning.len()) {
            self.lengths.insert(place, beginning.len());
        }
        self.by_beginning.entry(beginning).or_default().push(number);
    }

    /// The numbers of the entries that may match, in order.
    pub(crate) fn of(&self, text: &[u8]) -> Vec<u32> {
        let mut found = self.always.clone();
        for length in self.lengths.iter().take_while(|l| **l <= text.len()) {
            if let Some(more) = self.by_beginning.get(&text[..*length]) {
                found.extend_from_slice(more);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A list with its index, which is made when it is first asked.
#[derive(Debug)]
pub(crate) struct Indexed<T> {
    entries: Vec<T>,
    /// Of a list that is worth it.
    index: OnceLock<Index>,
}

impl<T> Default for Indexed<T> {
    fn default() -> Indexed<T> {
        Vec::new().into()
    }
}

impl<T: Clone> Clone for Indexed<T> {
    fn clone(&self) -> Indexed<T> {
        self.entries.clone().into()
    }
}

impl<T> From<Vec<T>> for Indexed<T> {
    fn from(entries: Vec<T>) -> Indexed<T> {
        Indexed { entries, index: OnceLock::new() }
    }
}

impl<T: Clone> Indexed<T> {
    /// One list before another.
    pub(crate) fn join(first: &Arc<Indexed<T>>, then: &Arc<Indexed<T>>) -> Arc<Indexed<T>> {
        match (first.is_empty(), then.is_empty()) {
            (true, _) => then.clone(),
            (_, true) => first.clone(),
            _ => Arc::new(first.iter().chain(then.iter()).cloned().collect::<Vec<_>>().into()),
        }
    }
}

impl<T> Deref for Indexed<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<T: Beginning> Indexed<T> {
    /// Adds an entry at the end.
    pub(crate) fn push(&mut self, entry: T) {
        if let Some(index) = self.index.get_mut() {
            index.add(self.entries.len(), entry.beginning());
        }
        self.entries.push(entry);
    }

    /// The entries that may match a path, in order. With doubled slashes, which patterns take in different ways, all.
    pub(crate) fn of_path(&self, path: &[u8]) -> Candidates<'_, T> {
        match self.index() {
            Some(_) if path.windows(2).any(|w| w == b"//") => self.all(),
            index => Candidates { entries: &self.entries, numbers: index.map(|index| index.of(path)) },
        }
    }

    /// The entries that may match a text, in order.
    pub(crate) fn of_text(&self, text: &[u8]) -> Candidates<'_, T> {
        Candidates { entries: &self.entries, numbers: self.index().map(|index| index.of(text)) }
    }

    fn index(&self) -> Option<&Index> {
        if self.entries.len() < WORTH {
            return None;
        }
        let beginnings = || self.entries.iter().map(Beginning::beginning).enumerate();
        Some(self.index.get_or_init(|| Index::new(beginnings())))
    }

    /// All entries.
    pub(crate) fn all(&self) -> Candidates<'_, T> {
        Candidates { entries: &self.entries, numbers: None }
    }
}

/// Entries that may match, in the list's order.
pub(crate) struct Candidates<'l, T> {
    entries: &'l [T],
    numbers: Option<Vec<u32>>,
}

impl<'l, T> Candidates<'l, T> {
    /// The entry at a place among them, and its number in the list.
    pub(crate) fn at(&self, place: usize) -> Option<(usize, &'l T)> {
        let number = match &self.numbers {
            None => place,
            Some(numbers) => *numbers.get(place)? as usize,
        };
        self.entries.get(number).map(|entry| (number, entry))
    }

    /// The number of the first of them that stands in the list at `number` or after it.
    pub(crate) fn next(&self, number: usize) -> Option<usize> {
        match &self.numbers {
            None => (number < self.entries.len()).then_some(number),
            Some(numbers) => {
                let place = numbers.partition_point(|n| (*n as usize) < number);
                numbers.get(place).map(|n| *n as usize)
            }
        }
    }

    /// Them all, with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &'l T)> {
        (0..).map_while(|place| self.at(place))
    }
}

/// What comes before the first wildcard.
pub(crate) fn before_wildcards(pattern: &[u8]) -> &[u8] {
    let end = pattern.iter().position(|b| b"*?[\\".contains(b)).unwrap_or(pattern.len());
    &pattern[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::alias_matches;
    use proptest::prelude::*;

    struct Alias(String);
    impl Beginning for Alias {
        fn beginning(&self) -> Vec<u8> {
            crate::server::uri::single_slashes(self.0.as_bytes()).into()
        }
    }

    proptest! {
        /// Nothing that matches is left out, and the order is the list's.
        #[test]
        fn finds_what_a_linear_search_finds(
            aliases in proptest::collection::vec("/{0,2}[ab]{0,2}/{0,2}[ab]{0,2}/?", WORTH..60),
            path in "/{1,2}[ab]{0,2}/{0,2}[ab]{0,2}(/[ab]{1,2})?",
        ) {
            let list: Indexed<Alias> = aliases.into_iter().map(Alias).collect::<Vec<_>>().into();
            let matches = |a: &Alias| alias_matches(path.as_bytes(), a.0.as_bytes()) > 0;
            let linear: Vec<usize> = list.iter().enumerate().filter(|(_, a)| matches(a)).map(|(i, _)| i).collect();
            let found = list.of_path(path.as_bytes());
            let indexed: Vec<usize> = found.iter().filter(|(_, a)| matches(a)).map(|(i, _)| i).collect();
            prop_assert_eq!(linear, indexed);
        }
    }
}
