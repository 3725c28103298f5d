//! Opening what is below a directory, and nothing outside of it, whoever moves files meanwhile: the kernel is asked to
//! stay within (openat2(2)), or, where it can't be, every step is taken from the directory before it.

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

/// How often a way is asked for again that somebody changed just now.
const TRIES: usize = 8;

/// What something is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see what it is; a link itself.
    Look,
    /// To read it. It is never waited for.
    Read,
    /// To list a directory.
    List,
}

impl Purpose {
    fn flags(self) -> OFlags {
        let always = OFlags::CLOEXEC | OFlags::NOFOLLOW;
        always
            | match self {
                Purpose::Look => OFlags::PATH,
                Purpose::Read => OFlags::NONBLOCK | OFlags::NOCTTY,
                Purpose::List => OFlags::DIRECTORY | OFlags::NONBLOCK,
            }
    }
}

/// A directory whose inside can be opened. Copies share it.
#[derive(Clone, Debug)]
pub(super) struct Beneath {
    root: Arc<OwnedFd>,
    /// Whether the kernel has openat2(2), and lets it be used.
    whole: bool,
}

impl Beneath {
    /// The inside of the directory at `root`, which stays the same should another one come to be called so.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn new(root: &Path) -> io::Result<Beneath> {
        let root = openat(CWD, root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let whole = whole(root.as_fd(), Path::new("."), Purpose::Look).is_ok();
        Ok(Beneath { root: Arc::new(root), whole })
    }

    /// The same, without openat2(2).
    #[cfg(test)]
    pub(crate) fn stepwise(self) -> Beneath {
        Beneath { whole: false, ..self }
    }

    /// Opens what is at `inner`: relative, without links on the way and without `..`; empty for the directory itself.
    ///
    /// # Errors
    /// When it isn't there, or a link is on the way after all.
    pub(super) fn open(&self, inner: &Path, purpose: Purpose) -> io::Result<File> {
        let inner = if inner.as_os_str().is_empty() { Path::new(".") } else { inner };
        if self.whole {
            for _ in 0..TRIES {
                match whole(self.root.as_fd(), inner, purpose) {
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    found => return Ok(found?.into()),
                }
            }
        }
        Ok(steps(self.root.as_fd(), inner, purpose)?.into())
    }
}

/// All at once. A link on the way is an error, and so is whatever would lead out.
fn whole(root: BorrowedFd<'_>, inner: &Path, purpose: Purpose) -> Result<OwnedFd, Errno> {
    let within = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    openat2(root, inner, purpose.flags(), Mode::empty(), within)
}

/// One name after the other.
fn steps(root: BorrowedFd<'_>, inner: &Path, purpose: Purpose) -> Result<OwnedFd, Errno> {
    let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut names = inner.components().peekable();
    let mut here: Option<OwnedFd> = None;
    while let Some(name) = names.next() {
        let from = here.as_ref().map_or(root, |h| h.as_fd());
        let flags = if names.peek().is_some() { step } else { purpose.flags() };
        here = Some(openat(from, name.as_os_str(), flags, Mode::empty())?);
    }
    here.ok_or(Errno::NOENT)
}
