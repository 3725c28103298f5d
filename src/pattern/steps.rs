//! What searches may cost: a count of steps that many of them share.

use crate::limits;
use std::cell::Cell;

/// The steps that are left.
#[derive(Debug)]
pub struct Steps(Cell<u64>);

impl Default for Steps {
    /// As many as a request has.
    fn default() -> Steps {
        Steps::of(limits::STEPS)
    }
}

impl Steps {
    /// So many.
    pub fn of(count: u64) -> Steps {
        Steps(Cell::new(count))
    }

    /// How many are left.
    pub fn left(&self) -> u64 {
        self.0.get()
    }

    /// Lets so many be left.
    pub fn set(&self, left: u64) {
        self.0.set(left);
    }

    /// Takes some; false where fewer are left, which are gone then too.
    #[must_use]
    pub fn spend(&self, count: u64) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(count));
        count <= left
    }
}
