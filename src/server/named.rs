//! A list of things that have names, in order, where the first of a name is found without going through all.

use bstr::{BString, ByteSlice};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// What stands in a list under a name.
pub trait Name {
    /// Its name, as it is looked for: in lower case where letter case doesn't matter.
    fn name(&self) -> BString;
}

/// The list.
#[derive(Clone, Debug)]
pub struct Named<T> {
    list: Vec<T>,
    first: HashMap<BString, usize, RandomState>,
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named { list: Vec::new(), first: HashMap::default() }
    }
}

impl<T: Name> Named<T> {
    /// Where the first of a name is.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.first.get(name.as_bstr()).copied()
    }

    /// The first of a name.
    pub fn named(&mut self, name: &[u8]) -> Option<&mut T> {
        let at = self.find(name)?;
        self.list.get_mut(at)
    }

    /// Adds one at the end: where it is.
    pub fn push(&mut self, one: T) -> usize {
        let at = self.list.len();
        self.first.entry(one.name()).or_insert(at);
        self.list.push(one);
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
