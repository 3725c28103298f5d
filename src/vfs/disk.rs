//! A real tree, read-only, under a root directory.

#[cfg(target_os = "linux")]
use super::beneath::{Beneath, Purpose};
use super::{Acl, Errno, Kind, Stat, Vfs, open};
#[cfg(target_os = "linux")]
use super::{acl, label};
use crate::limits::FILE_BYTES;
use bstr::{BString, ByteSlice, ByteVec};
#[cfg(target_os = "linux")]
use rustix::fs::{getxattr, lgetxattr};
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// How long an attribute usually is at most, and how long it may be on Linux.
#[cfg(target_os = "linux")]
const ATTRIBUTE_BYTES: (usize, usize) = (1 << 9, 1 << 16);

/// The tree of this machine below a directory, seen as in a chroot: that directory is `/`, and links that begin with `/`
/// mean it, since they are followed by this library and never by the operating system.
///
/// What the process itself may not see is `Hidden`. Should somebody swap a directory for a link between two looks, then
/// what is behind it can't be seen; on Linux, never anything outside of the tree. Files that hold more than
/// 64 MiB are `TooLarge`; no reading ever waits.
///
/// ```
/// use routesim::vfs::{Disk, Errno, Vfs};
///
/// let disk = Disk::new("src")?;
/// assert!(disk.list(b"/")?.contains(&"lib.rs".into()));
/// assert!(disk.lstat(b"/lib.rs")?.is_file() && disk.lstat(b"/vfs")?.is_dir());
/// assert_eq!(disk.lstat(b"/../Cargo.toml"), Err(Errno::NotFound), "that is outside");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    /// How what is inside is opened; none where everything is inside.
    #[cfg(target_os = "linux")]
    beneath: Option<Beneath>,
    /// Whether SELinux decides here. (The labels of a copy say nothing.)
    #[cfg(target_os = "linux")]
    labelled: bool,
}

impl Disk {
    /// The tree below `root`.
    ///
    /// # Errors
    /// When there is no such directory.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Disk> {
        let root = fs::canonicalize(root)?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Disk {
            #[cfg(target_os = "linux")]
            beneath: (root != Path::new("/")).then(|| Beneath::new(&root)).transpose()?,
            #[cfg(target_os = "linux")]
            labelled: root == Path::new("/") && label::is_enforced(),
            root,
        })
    }

    /// The directory that is `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The content of the regular file at `path`, of `most` bytes at most.
    pub(crate) fn read_most(&self, path: &[u8], most: u64) -> io::Result<Arc<[u8]>> {
        let inner = inner(path)?;
        // what is no file is not opened: that alone may do something, to a device or to who waits at a pipe
        if !self.look(inner)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        open::shared(self.open(inner)?, most)
    }

    /// Whether the directory at `path` is in a file system of the kernel's own, as /proc is.
    pub(crate) fn is_the_kernels(&self, path: &[u8]) -> io::Result<bool> {
        Ok(open::is_the_kernels(&self.open(inner(path)?)?))
    }
}

/// Looks, where the kernel keeps them within the tree.
#[cfg(target_os = "linux")]
impl Disk {
    fn look(&self, inner: &Path) -> io::Result<Metadata> {
        match &self.beneath {
            Some(beneath) => beneath.open(inner, Purpose::Look)?.metadata(),
            None => fs::symlink_metadata(self.root.join(inner)),
        }
    }

    /// A file's access control list. (A link has none.)
    fn acl(&self, inner: &Path, stat: &Stat) -> Option<&'static Acl> {
        if stat.kind == Kind::Symlink {
            return None;
        }
        let read = |value: &mut [u8]| match &self.beneath {
            Some(beneath) => {
                // what is only looked at has attributes by this name alone
                let file = beneath.open(inner, Purpose::Look).map_err(|_| rustix::io::Errno::NODATA)?;
                getxattr(format!("/proc/self/fd/{}", file.as_raw_fd()), acl::ATTRIBUTE, value)
            }
            None => lgetxattr(self.root.join(inner), acl::ATTRIBUTE, value),
        };
        let mut value = vec![0; ATTRIBUTE_BYTES.0];
        let mut length = read(&mut value);
        if length == Err(rustix::io::Errno::RANGE) {
            value.resize(ATTRIBUTE_BYTES.1, 0);
            length = read(&mut value);
        }
        Acl::of(value.get(..length.ok()?)?)
    }

    fn target(&self, inner: &Path) -> io::Result<PathBuf> {
        let Some(beneath) = &self.beneath else { return fs::read_link(self.root.join(inner)) };
        let target = rustix::fs::readlinkat(beneath.open(inner, Purpose::Look)?, "", Vec::new())?;
        Ok(target.into_bytes().to_path().map_err(io::Error::other)?.into())
    }

    fn open(&self, inner: &Path) -> io::Result<File> {
        match &self.beneath {
            Some(beneath) => beneath.open(inner, Purpose::Read),
            None => open::at_once(&self.root.join(inner)),
        }
    }

    fn names(&self, inner: &Path) -> io::Result<Vec<OsString>> {
        let Some(beneath) = &self.beneath else { return names(&self.root.join(inner)) };
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::new(beneath.open(inner, Purpose::List)?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_os_str().map_err(io::Error::other)?.into());
            }
        }
        Ok(names)
    }
}

/// Looks by paths: the tree is taken to stand still.
#[cfg(not(target_os = "linux"))]
impl Disk {
    fn acl(&self, _: &Path, _: &Stat) -> Option<&'static Acl> {
        None
    }

    fn look(&self, inner: &Path) -> io::Result<Metadata> {
        fs::symlink_metadata(self.root.join(inner))
    }

    fn target(&self, inner: &Path) -> io::Result<PathBuf> {
        fs::read_link(self.root.join(inner))
    }

    fn open(&self, inner: &Path) -> io::Result<File> {
        open::at_once(&self.root.join(inner))
    }

    fn names(&self, inner: &Path) -> io::Result<Vec<OsString>> {
        names(&self.root.join(inner))
    }
}

fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// The path below the root: no name of it leads up.
fn inner(path: &[u8]) -> io::Result<&Path> {
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let inner = path.strip_prefix(b"/").and_then(|p| p.to_path().ok()).ok_or_else(missing)?;
    let plain = inner.components().all(|c| matches!(c, Component::Normal(_)));
    if plain { Ok(inner) } else { Err(missing()) }
}

impl Vfs for Disk {
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        let look = |inner| {
            let stat = stat(&self.look(inner)?);
            Ok(Stat { acl: self.acl(inner, &stat), ..stat })
        };
        inner(path).and_then(look).map_err(|e| errno(&e))
    }

    fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
        let target = inner(path).and_then(|p| self.target(p)).map_err(|e| errno(&e))?;
        Ok(Vec::from_path_lossy(&target).into_owned().into())
    }

    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        self.read_most(path, FILE_BYTES).map_err(|e| errno(&e))
    }

    #[cfg(target_os = "linux")]
    fn label(&self, path: &[u8]) -> Option<BString> {
        let path = path.to_path().ok().filter(|_| self.labelled)?;
        let mut value = vec![0; ATTRIBUTE_BYTES.0];
        let length = getxattr(path, "security.selinux", &mut value[..]).ok()?;
        value.truncate(length);
        Some(value.trim_end_with(|c| c == '\0').into())
    }

    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
        let names = inner(path).and_then(|p| self.names(p)).map_err(|e| errno(&e))?;
        let mut names: Vec<BString> =
            names.iter().map(|name| BString::from(Vec::from_os_str_lossy(name).into_owned())).collect();
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
        acl: None,
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
        io::ErrorKind::PermissionDenied => Errno::Hidden,
        io::ErrorKind::InvalidFilename => Errno::NameTooLong,
        io::ErrorKind::FileTooLarge => Errno::TooLarge,
        io::ErrorKind::WouldBlock => Errno::Blocks,
        io::ErrorKind::Unsupported if e.raw_os_error().is_none() => Errno::Kernel,
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

    /// A directory of its own, with `in` for the root and `out` beside it, and the tree by all means there are.
    #[cfg(target_os = "linux")]
    fn trees(name: &str) -> (PathBuf, Vec<Disk>) {
        let top = std::env::temp_dir().join(format!("routesim-disk-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&top);
        for directory in ["in/d", "in/e", "out"] {
            fs::create_dir_all(top.join(directory)).unwrap();
        }
        fs::write(top.join("in/d/f"), "inside").unwrap();
        fs::write(top.join("in/e/f"), "inside").unwrap();
        fs::write(top.join("out/f"), "outside").unwrap();
        fs::write(top.join("out/only"), "outside").unwrap();
        std::os::unix::fs::symlink(top.join("out"), top.join("in/l")).unwrap();
        std::os::unix::fs::symlink(top.join("out/f"), top.join("in/lf")).unwrap();
        let disk = Disk::new(top.join("in")).unwrap();
        let stepwise = Disk { beneath: disk.beneath.clone().map(Beneath::stepwise), ..disk.clone() };
        (top, vec![disk, stepwise])
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_call_and_step_by_step_see_the_same() {
        let (top, disks) = trees("same");
        rustix::fs::mkfifoat(rustix::fs::CWD, top.join("in/pipe"), rustix::fs::Mode::RWXU).unwrap();
        fs::File::create(top.join("in/large")).unwrap().set_len(FILE_BYTES + 1).unwrap();
        let long = format!("/{}", "x".repeat(300));
        for path in ["/", "/d", "/d/f", "/d/f/x", "/l", "/lf", "/no", "/no/x", "/pipe", "/large", "/d/../l", &long] {
            let seen = |d: &Disk| (d.lstat(path.as_bytes()), d.readlink(path.as_bytes()), d.list(path.as_bytes()));
            let content = |d: &Disk| d.read(path.as_bytes());
            assert_eq!(seen(&disks[0]), seen(&disks[1]), "{path}");
            assert_eq!(content(&disks[0]), content(&disks[1]), "{path}");
        }
        assert_eq!(disks[0].read(b"/d/f").as_deref(), Ok(&b"inside"[..]));
        assert_eq!((disks[0].read(b"/pipe"), disks[0].read(b"/large")), (Err(Errno::Io), Err(Errno::TooLarge)));
        for path in [&b"/l/f"[..], b"/lf"] {
            assert!(disks.iter().all(|d| d.read(path).is_err() && d.list(path).is_err()));
        }
        fs::remove_dir_all(top).unwrap();
    }

    /// Looks into a tree while somebody swaps a directory for a link out of it, and a file too.
    #[cfg(target_os = "linux")]
    fn race(name: &str, looks: usize) {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use std::sync::atomic::{AtomicBool, Ordering};
        let (top, disks) = trees(name);
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let swap = |a: &str, b: &str| renameat_with(CWD, top.join(a), CWD, top.join(b), RenameFlags::EXCHANGE);
                while !ended.load(Ordering::Relaxed) {
                    swap("in/d", "in/l").unwrap();
                    swap("in/e/f", "in/lf").unwrap();
                }
            });
            let mut seen = [0; 2];
            for i in 0..looks {
                let disk = &disks[i % disks.len()];
                let path: &[u8] = if i % 8 < 4 { b"/d/f" } else { b"/e/f" };
                let found = if i % 4 < 2 { disk.read(path) } else { resolve::read(disk, &Cred::root(), path) };
                seen[usize::from(found.is_ok())] += 1;
                let fine = found.as_deref().map_or(true, |text| text == b"inside")
                    && disk.lstat(b"/d/only").is_err()
                    && disk.list(b"/d").map_or(true, |names| !names.contains(&"only".into()));
                if !fine {
                    ended.store(true, Ordering::Relaxed);
                    panic!("look {i} led out of the tree: {found:?}");
                }
            }
            ended.store(true, Ordering::Relaxed);
            // a race that only ever sees one side is none
            assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
        });
        fs::remove_dir_all(top).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_race_leads_out() {
        race("short", 4_000);
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[ignore = "takes a while: `tests/long/race` runs it"]
    fn no_race_leads_out_in_a_hundred_thousand_looks() {
        race("long", 100_000);
    }
}
