//! A real tree, read-only, under a root folder.

use super::{Errno, Kind, Stat, Vfs};
use bstr::{BString, ByteSlice, ByteVec};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The tree of this machine below a folder, seen as in a chroot: that folder is `/`, and links that begin with `/` mean
/// it, since they are followed by [`super::resolve`] and never by the operating system.
///
/// What the process itself may not see is `Access`. The tree is taken to stand still: somebody who swaps a folder for a
/// link between two looks can lead out of it.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The tree below `root`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Disk> {
        let root = fs::canonicalize(root)?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Disk { root })
    }

    /// The folder that is `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The machine's own path of a path in the tree.
    fn outer(&self, path: &[u8]) -> Result<PathBuf, Errno> {
        let inner = path.strip_prefix(b"/").ok_or(Errno::NotFound)?;
        let inner = inner.to_path().map_err(|_| Errno::NotFound)?;
        if inner.components().any(|c| !matches!(c, Component::Normal(_))) {
            return Err(Errno::NotFound);
        }
        Ok(self.root.join(inner))
    }
}

impl Vfs for Disk {
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        fs::symlink_metadata(self.outer(path)?).map(|m| stat(&m)).map_err(|e| errno(&e))
    }

    fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
        let target = fs::read_link(self.outer(path)?).map_err(|e| errno(&e))?;
        Ok(Vec::from_path_lossy(&target).into_owned().into())
    }

    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        // a pipe would block
        if self.lstat(path)?.kind != Kind::Regular {
            return Err(Errno::Io);
        }
        fs::read(self.outer(path)?).map(Arc::from).map_err(|e| errno(&e))
    }

    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.outer(path)?).map_err(|e| errno(&e))? {
            let name = entry.map_err(|e| errno(&e))?.file_name();
            names.push(BString::from(Vec::from_os_str_lossy(&name).into_owned()));
        }
        names.sort_unstable();
        Ok(names)
    }
}

#[cfg(unix)]
fn stat(meta: &Metadata) -> Stat {
    use std::os::unix::fs::MetadataExt;
    Stat {
        kind: kind(meta),
        mode: meta.mode() & 0o7777,
        uid: meta.uid(),
        gid: meta.gid(),
        size: meta.len(),
        mtime: Some(meta.mtime().saturating_mul(1_000_000).saturating_add(meta.mtime_nsec() / 1000)),
        inode: Some(meta.ino()),
    }
}

/// Without Unix permissions everything is root's and readable.
#[cfg(not(unix))]
fn stat(meta: &Metadata) -> Stat {
    let mode = if meta.is_dir() { 0o755 } else { 0o644 };
    let since = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
    let mtime = since.and_then(|t| i64::try_from(t.as_micros()).ok());
    Stat { mode, size: meta.len(), mtime, ..Stat::of(kind(meta)) }
}

fn kind(meta: &Metadata) -> Kind {
    let t = meta.file_type();
    if t.is_symlink() {
        Kind::Symlink
    } else if t.is_dir() {
        Kind::Directory
    } else if t.is_file() {
        Kind::Regular
    } else {
        Kind::Other
    }
}

fn errno(e: &io::Error) -> Errno {
    match e.kind() {
        io::ErrorKind::NotFound => Errno::NotFound,
        io::ErrorKind::NotADirectory => Errno::NotDirectory,
        io::ErrorKind::PermissionDenied => Errno::Access,
        io::ErrorKind::InvalidFilename => Errno::NameTooLong,
        _ => Errno::Io,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::{Cred, resolve};
    use super::*;

    #[test]
    fn links_stay_inside() {
        let dir = std::env::temp_dir().join(format!("routesim-disk-{}", std::process::id()));
        fs::create_dir_all(dir.join("etc")).unwrap();
        fs::write(dir.join("etc/passwd"), "mine").unwrap();
        let _ = std::os::unix::fs::symlink("/etc/passwd", dir.join("abs"));
        let _ = std::os::unix::fs::symlink("../../../../../../etc/passwd", dir.join("up"));
        let disk = Disk::new(&dir).unwrap();
        for path in [&b"/abs"[..], b"/up", b"/../etc/passwd"] {
            assert_eq!(resolve::read(&disk, &Cred::root(), path).as_deref(), Ok(&b"mine"[..]));
        }
        assert_eq!(disk.read(b"/../etc/passwd"), Err(Errno::NotFound));
        assert_eq!(disk.list(b"/").unwrap(), ["abs", "etc", "up"]);
        fs::remove_dir_all(dir).unwrap();
    }
}
