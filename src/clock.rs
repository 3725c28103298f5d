//! When long work is to end, and how far it has come: its time may be over, or whoever waits for it wants no more.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// Whether the process was told to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// How much has been tried.
static TRIED: AtomicUsize = AtomicUsize::new(0);

/// Whether work that may last `until` then is to end.
pub(crate) fn is_over(until: Option<Instant>) -> bool {
    is_interrupted() || until.is_some_and(|until| Instant::now() >= until)
}

/// Whether somebody said that it is to end.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Says that it is to end. Whether that had been said before.
#[cfg(feature = "cli")]
pub(crate) fn interrupt() -> bool {
    INTERRUPTED.swap(true, Ordering::Relaxed)
}

/// Counts something that was tried, for who looks on.
pub(crate) fn tick() {
    TRIED.fetch_add(1, Ordering::Relaxed);
}

/// How much was tried.
#[cfg(feature = "cli")]
pub(crate) fn ticks() -> usize {
    TRIED.load(Ordering::Relaxed)
}
