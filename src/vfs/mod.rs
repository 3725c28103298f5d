//! The file system that a simulated httpd sees.
//!
//! [`Vfs`] is what a tree must be able to answer about link-free paths; `resolve` is the kernel's walk on top of it:
//! symbolic links, permissions and limits. Everything else asks `resolve`, nothing else asks a tree.

mod acl;
#[cfg(all(feature = "disk", target_os = "linux"))]
mod beneath;
#[cfg(feature = "disk")]
pub(crate) mod bounded;
mod cached;
#[cfg(feature = "disk")]
mod disk;
pub(crate) mod label;
mod memory;
#[cfg(feature = "disk")]
mod mounted;
#[cfg(feature = "disk")]
pub(crate) mod open;
pub(crate) mod resolve;
mod users;

pub use acl::Acl;
pub(crate) use cached::Cached;
#[cfg(feature = "disk")]
pub use disk::Disk;
pub use memory::{Memory, Owner};
#[cfg(feature = "disk")]
pub(crate) use mounted::Mounted;
pub(crate) use users::Users;

use crate::limits::{FILE_BYTES, bytes};
use bstr::BString;
use std::fmt;
use std::sync::Arc;

/// What a directory entry is: apr's `apr_filetype_e`, as far as httpd asks.
///
/// ```
/// use routesim::vfs::{Kind, Memory, Vfs};
///
/// let mut tree = Memory::new();
/// tree.add_symlink(b"/srv/current", b"/srv/v2", Default::default())?;
/// let kind = |path: &str| tree.lstat(path.as_bytes()).map(|stat| stat.kind);
/// assert_eq!(kind("/srv"), Ok(Kind::Directory));
/// assert_eq!(kind("/srv/current"), Ok(Kind::Symlink), "a link is not followed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file with content.
    Regular,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, pipe or socket.
    Other,
}

/// What is known of a directory entry without opening it: apr's `apr_finfo_t`.
///
/// ```
/// use routesim::vfs::{Memory, Owner, Vfs};
///
/// let mut tree = Memory::new();
/// tree.add_file(b"/srv/note.txt", *b"hello", 0o640, Owner::ROOT)?;
/// let stat = tree.lstat(b"/srv/note.txt")?;
/// assert!(stat.is_file() && !stat.is_dir());
/// assert_eq!((stat.size, stat.mode, stat.mtime), (5, 0o640, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-user-id, set-group-id and sticky (`0o7777`).
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The content's length; of a link, its target's.
    pub size: u64,
    /// When the content last changed, in microseconds since 1970; none where it was made for the run, just now.
    pub mtime: Option<i64>,
    /// The number by which its file system knows it; none where there is none yet.
    pub inode: Option<u64>,
    /// Its access control list, where it has one that says more than the mode.
    pub acl: Option<&'static Acl>,
}

impl Stat {
    /// Something that nothing but its kind is known of.
    pub fn of(kind: Kind) -> Stat {
        Stat { kind, mode: 0, uid: 0, gid: 0, size: 0, mtime: None, inode: None, acl: None }
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == Kind::Regular
    }
}

/// Why a path leads nowhere: the `errno` values that httpd tells apart.
///
/// ```
/// use routesim::Site;
/// use routesim::vfs::Errno;
///
/// let made = Site::builder("").file("/etc/passwd/note.txt", "hello").build();
/// let errno = made.err().expect("/etc/passwd is a file");
/// assert_eq!((errno, errno.to_string().as_str()), (Errno::NotDirectory, "Not a directory"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Errno {
    /// ENOENT
    NotFound,
    /// ENOTDIR
    NotDirectory,
    /// EACCES
    Access,
    /// ELOOP
    Loop,
    /// ENAMETOOLONG
    NameTooLong,
    /// EFBIG: it holds more than this program reads (64 MiB); httpd would go on.
    TooLarge,
    /// EAGAIN: it can't be read without waiting; httpd would wait.
    Blocks,
    /// It is there, and this program may not look at it; httpd might: it reads its configuration as root, and what it may
    /// read otherwise is decided by owners and modes, before anything is opened.
    Hidden,
    /// It is of a file system of the kernel's own, whose files may block, never end, or change by being read.
    Kernel,
    /// Any other, reading what is no file among them.
    Io,
}

/// Why a file is not read that this program may not look at.
pub(crate) const HIDDEN: &str = "routesim may not read it; run it with sudo, or give --root a copy";

/// Why a file of the kernel's is not read.
const KERNEL: &str = "it belongs to the kernel (/proc, /sys)";

impl fmt::Display for Errno {
    /// The words of `strerror`, which httpd's messages contain; where httpd would have none, why there is an error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Errno::NotFound => "No such file or directory",
            Errno::NotDirectory => "Not a directory",
            Errno::Access => "Permission denied",
            Errno::Loop => "Too many levels of symbolic links",
            Errno::NameTooLong => "File name too long",
            Errno::TooLarge => return write!(f, "it holds more than {}", bytes(FILE_BYTES)),
            Errno::Blocks => "it can't be read without waiting",
            Errno::Hidden => HIDDEN,
            Errno::Kernel => KERNEL,
            Errno::Io => "Input/output error",
        })
    }
}

impl Errno {
    /// Whether it is this program that doesn't go on, and not httpd.
    pub fn is_limit(self) -> bool {
        matches!(self, Errno::TooLarge | Errno::Blocks | Errno::Hidden | Errno::Kernel)
    }

    /// What is said of a file that is not read for it.
    pub(crate) fn unread(self, path: &str) -> String {
        format!("`{path}` is not read: {self}")
    }
}

impl std::error::Error for Errno {}

#[cfg(feature = "disk")]
impl From<Errno> for std::io::Error {
    fn from(errno: Errno) -> std::io::Error {
        let words = if errno.is_limit() { errno.to_string() } else { errno.to_string().to_ascii_lowercase() };
        std::io::Error::other(words)
    }
}

/// A tree of files, read-only.
///
/// Every `path` is absolute and plain: it begins with `/`, has no empty, `.` or `..` component, does not end in `/`
/// (but for the root, `/`), and no component but the last is a symbolic link. `resolve` sees to that.
///
/// ```
/// use routesim::vfs::{Errno, Memory, Stat, Vfs};
/// use routesim::{Request, Site};
/// # use {bstr::BString, std::sync::Arc};
///
/// struct Private(Memory);
/// impl Vfs for Private {
///     fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
///         self.0.lstat(path).map(|stat| Stat { mode: 0o700, ..stat })
///     }
///     // readlink, read and list ask the tree within
///     # fn readlink(&self, path: &[u8]) -> Result<BString, Errno> { self.0.readlink(path) }
///     # fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> { self.0.read(path) }
///     # fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> { self.0.list(path) }
/// }
/// let site = Site::builder("DocumentRoot /srv\n").tree(Arc::new(Private(Memory::new()))).build()?;
/// assert_eq!(site.start().expect("httpd starts").ask(&Request::get("/a")).status, 403, "/srv is root's alone");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Vfs: Send + Sync {
    /// What stands at `path`; a link is not followed. `NotFound` (or `NotDirectory`) when nothing does.
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno>;
    /// The target of the link at `path`, as written. `Io` when it is no link.
    fn readlink(&self, path: &[u8]) -> Result<BString, Errno>;
    /// The content of the regular file at `path`. `Io` when it is none.
    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno>;
    /// What stands at any path, however written, where that can be told without a walk, for everybody alike: no link
    /// on the way, no folder that is shut to somebody. `None` leaves it to the walk.
    fn at_once(&self, path: &[u8]) -> Option<Result<Stat, Errno>> {
        let _ = path;
        None
    }
    /// The SELinux label of what stands at any path, links followed, where SELinux decides on what may be read.
    fn label(&self, path: &[u8]) -> Option<BString> {
        let _ = path;
        None
    }
    /// The names in the folder at `path`, without `.` and `..`, sorted by bytes. `NotDirectory` when it is none.
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno>;
}

/// Read, for `resolve::access`.
pub(crate) const R: u32 = 4;
/// Write, for `resolve::access`.
pub(crate) const W: u32 = 2;
/// Execute (of a folder: pass through), for `resolve::access`.
pub(crate) const X: u32 = 1;

/// Who asks: the user and groups that httpd's children run as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cred {
    /// The user.
    pub uid: u32,
    /// All groups.
    pub gids: Vec<u32>,
}

impl Default for Cred {
    /// Debian's `www-data`.
    fn default() -> Cred {
        Cred { uid: 33, gids: vec![33] }
    }
}

impl Cred {
    /// The superuser.
    pub(crate) fn root() -> Cred {
        Cred { uid: 0, gids: vec![0] }
    }

    /// Whether `wanted` ([`R`], [`W`], [`X`] or several) is allowed on what `stat` describes.
    ///
    /// The first class that fits decides, as in the kernel (`acl_permission_check` in Linux fs/namei.c): an owner without the
    /// right doesn't get it from the others, and for all others an access control list goes first.
    /// Root may do everything, but run only what is executable for somebody.
    pub(crate) fn may(&self, stat: &Stat, wanted: u32) -> bool {
        if self.uid == 0 {
            return wanted & X == 0 || stat.is_dir() || stat.mode & 0o111 != 0;
        }
        let class = if self.uid == stat.uid {
            6
        } else if let Some(acl) = stat.acl.filter(|_| stat.mode & 0o070 != 0) {
            return acl.may(self, stat, wanted);
        } else if self.gids.contains(&stat.gid) {
            3
        } else {
            0
        };
        (stat.mode >> class) & wanted == wanted
    }
}
