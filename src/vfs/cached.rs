//! A tree whose looks are remembered.

use super::{Errno, Stat, Vfs};
use bstr::BString;
use foldhash::fast::{FixedState, RandomState};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, RwLock};

/// Parts that are locked one by one.
const PARTS: usize = 16;
/// Looks that a part keeps.
const KEPT: usize = 1 << 14;

type Looks<T> = HashMap<Box<[u8]>, Result<T, Errno>, RandomState>;

/// A tree seen as each of its paths was when it was first looked at: what stands there, and where a link leads. A file
/// that changes during a run may go unnoticed; contents and listings are read anew. Once many paths are known, some are
/// forgotten and looked at again.
pub(crate) struct Cached<V> {
    inner: V,
    stats: Vec<RwLock<Looks<Stat>>>,
    links: Vec<RwLock<Looks<BString>>>,
}

impl<V: Vfs> Cached<V> {
    /// Nothing of `inner` is known yet.
    pub(crate) fn new(inner: V) -> Cached<V> {
        Cached { inner, stats: parts(), links: parts() }
    }
}

fn parts<T>() -> Vec<RwLock<Looks<T>>> {
    (0..PARTS).map(|_| RwLock::default()).collect()
}

fn look<T: Clone>(
    parts: &[RwLock<Looks<T>>],
    path: &[u8],
    fresh: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Errno> {
    let Some(part) = parts.get(FixedState::default().hash_one(path) as usize % PARTS) else { return fresh() };
    if let Ok(part) = part.read()
        && let Some(known) = part.get(path)
    {
        return known.clone();
    }
    let found = fresh();
    if let Ok(mut part) = part.write() {
        if part.len() >= KEPT {
            part.clear();
        }
        // of two that look at a time, the first is right
        return part.entry(path.into()).or_insert(found).clone();
    }
    found
}

impl<V: Vfs> Vfs for Cached<V> {
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        look(&self.stats, path, || self.inner.lstat(path))
    }

    fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
        look(&self.links, path, || self.inner.readlink(path))
    }

    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        self.inner.read(path)
    }

    fn at_once(&self, path: &[u8]) -> Option<Result<Stat, Errno>> {
        self.inner.at_once(path)
    }

    fn label(&self, path: &[u8]) -> Option<BString> {
        self.inner.label(path)
    }

    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
        self.inner.list(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts how often it is asked; nothing stands at `/no`.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Vfs for Counting {
        fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
            let size = self.0.fetch_add(1, Ordering::Relaxed) as u64;
            if path == b"/no" { Err(Errno::NotFound) } else { Ok(Stat { size, ..Stat::of(Kind::Regular) }) }
        }
        fn readlink(&self, _: &[u8]) -> Result<BString, Errno> {
            Err(Errno::Io)
        }
        fn read(&self, _: &[u8]) -> Result<Arc<[u8]>, Errno> {
            Err(Errno::Io)
        }
        fn list(&self, _: &[u8]) -> Result<Vec<BString>, Errno> {
            Err(Errno::Io)
        }
    }

    #[test]
    fn a_path_is_looked_at_once() {
        let tree = Cached::new(Counting::default());
        let first = tree.lstat(b"/a");
        assert_eq!((tree.lstat(b"/a"), tree.lstat(b"/no")), (first, Err(Errno::NotFound)));
        assert_eq!((tree.lstat(b"/no"), tree.inner.0.load(Ordering::Relaxed)), (Err(Errno::NotFound), 2));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let tree = Cached::new(Counting::default());
        for i in 0..3 * PARTS * KEPT {
            let _ = tree.lstat(format!("/{i}").as_bytes());
        }
        assert!(tree.stats.iter().all(|part| part.read().unwrap().len() <= KEPT));
    }
}
