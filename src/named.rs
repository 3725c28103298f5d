//! A list of things that have names, in order, where the first of a name is found without going through all.

use bstr::{BStr, BString, ByteSlice};
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// What stands in a list under a name.
pub(crate) trait Name {
    /// Its name, as it is looked for: in lower case where letter case doesn't matter.
    fn name(&self) -> Cow<'_, BStr>;
}

/// Lists that are shorter are gone through.
const LONG: usize = 16;

/// The list.
#[derive(Clone, Debug)]
pub(crate) struct Named<T> {
    list: Vec<T>,
    /// Of a long one: where the first of each name is.
    #[expect(clippy::box_collection, reason = "most lists are short, and have room for a pointer only")]
    first: Option<Box<HashMap<BString, usize, RandomState>>>,
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named { list: Vec::new(), first: None }
    }
}

impl<T> IntoIterator for Named<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<T: Name> Named<T> {
    /// An empty list with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Named<T> {
        Named { list: Vec::with_capacity(count), first: None }
    }

    /// Where the first of a name is.
    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        match &self.first {
            Some(first) => first.get(name.as_bstr()).copied(),
            None => self.list.iter().position(|one| *one.name() == name),
        }
    }

    /// The first of a name.
    pub(crate) fn named(&mut self, name: &[u8]) -> Option<&mut T> {
        let at = self.find(name)?;
        self.list.get_mut(at)
    }

    /// Adds one at the end: where it is.
    pub(crate) fn push(&mut self, one: T) -> usize {
        let at = self.list.len();
        if let Some(first) = &mut self.first {
            first.entry(one.name().into_owned()).or_insert(at);
        }
        self.list.push(one);
        if self.first.is_none() && at >= LONG {
            let mut first = HashMap::default();
            for (at, one) in self.list.iter().enumerate() {
                first.entry(one.name().into_owned()).or_insert(at);
            }
            self.first = Some(Box::new(first));
        }
        at
    }
}

impl<T: Name> Extend<T> for Named<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        for one in more {
            self.push(one);
        }
    }
}

impl<T: Name> FromIterator<T> for Named<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Named<T> {
        let mut list = Named::default();
        list.extend(all);
        list
    }
}

impl<T> Deref for Named<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.list
    }
}

/// To change what stands there, but not its name.
impl<T> DerefMut for Named<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Word(String);

    impl Name for Word {
        fn name(&self) -> Cow<'_, BStr> {
            BString::from(self.0.to_ascii_lowercase()).into()
        }
    }

    /// Short or long, the first of a name is found, and only by its own name.
    #[test]
    fn the_first_of_a_name_is_found() {
        let mut list = Named::default();
        for i in 0..3 * LONG {
            for word in [format!("A{}", i / 2), format!("b{i}")] {
                let at = list.push(Word(word));
                assert_eq!(at + 1, list.len());
            }
            for j in 0..=i {
                let first = list.find(format!("a{}", j / 2).as_bytes());
                assert_eq!(first, Some(j / 2 * 4), "{j} of {i}");
                assert_eq!(list.find(format!("b{j}").as_bytes()), Some(2 * j + 1));
            }
            assert_eq!(list.find(b"A0"), None);
        }
    }
}
