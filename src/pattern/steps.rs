//! What searches may cost: a count of steps that many of them share.

use super::GivenUp;
use crate::limits;
use std::cell::Cell;

/// The steps that are left.
#[derive(Debug)]
pub(crate) struct Steps(Cell<u64>);

impl Default for Steps {
    /// As many as a request has.
    fn default() -> Steps {
        Steps::of(limits::STEPS)
    }
}

impl Steps {
    /// So many.
    pub(crate) fn of(count: u64) -> Steps {
        Steps(Cell::new(count))
    }

    /// How many are left.
    pub(crate) fn left(&self) -> u64 {
        self.0.get()
    }

    /// Lets so many be left.
    pub(crate) fn set(&self, left: u64) {
        self.0.set(left);
    }

    /// Takes some; false where fewer are left, which are gone then too.
    #[must_use]
    pub(crate) fn spend(&self, count: u64) -> bool {
        take(&self.0, count)
    }

    /// The same for a search.
    ///
    /// # Errors
    /// Fewer are left.
    pub(super) fn pay(&self, count: u64) -> Result<(), GivenUp> {
        if self.spend(count) { Ok(()) } else { Err(GivenUp::Request) }
    }
}

/// Takes some of what is left; false where there is less, which is gone then too.
pub(crate) fn take(left: &Cell<u64>, count: u64) -> bool {
    let before = left.get();
    left.set(before.saturating_sub(count));
    count <= before
}
