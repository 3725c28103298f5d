//! Files that a user names: one that is below the directory of --root is read as the server sees it there, links
//! included; any other as this machine does.

use super::open::OpenError;
use crate::vfs::bounded;
use crate::vfs::{Cred, Disk, Errno, Kind, resolve};
use bstr::{BString, ByteSlice, ByteVec};
use std::fs::canonicalize;
use std::path::{Component, Path, PathBuf};

/// A file that a user named.
pub(super) struct Named<'d> {
    disk: &'d Disk,
    outer: PathBuf,
    /// Its path in the tree, if it is below the tree's root.
    inner: Option<BString>,
}

impl<'d> Named<'d> {
    /// The file at `file`, with the tree that the server's paths are looked up in.
    pub(super) fn new(file: &Path, disk: &'d Disk) -> Named<'d> {
        let confined = disk.root() != Path::new("/");
        let inner = confined.then(|| inside(file, disk.root())).flatten();
        let inner = inner.map(|p| [b"/", Vec::from_path_lossy(&p).as_bytes()].concat().into());
        Named { disk, outer: file.into(), inner }
    }

    /// The file's content.
    pub(super) fn read(&self) -> Result<Vec<u8>, OpenError> {
        let Some(inner) = &self.inner else {
            return read(&self.outer);
        };
        let content = resolve::read(self.disk, &Cred::root(), inner);
        let below = |e: Errno| {
            let what = format_args!("`{inner}` below `{}`", self.disk.root().display()).to_string();
            OpenError::file(what, &e.into())
        };
        content.map(|c| c.to_vec()).map_err(below)
    }

    /// The file of another name beside it, if there is one.
    pub(super) fn beside(&self, name: &str) -> Option<Named<'d>> {
        let outer = self.outer.with_file_name(name);
        let inner = self.inner.as_ref().map(|i| BString::from([parent(i), b"/", name.as_bytes()].concat()));
        Some(Named { disk: self.disk, outer, inner }).filter(|named| named.kind() == Some(Kind::Regular))
    }

    /// What is there, links followed.
    pub(super) fn kind(&self) -> Option<Kind> {
        match &self.inner {
            Some(inner) => resolve::stat(self.disk, &Cred::root(), inner).ok().map(|stat| stat.kind),
            None if self.outer.is_dir() => Some(Kind::Directory),
            None => self.outer.is_file().then_some(Kind::Regular),
        }
    }

    /// Whether it is not in the tree.
    pub(super) fn is_outside(&self) -> bool {
        self.inner.is_none()
    }

    /// What messages call it: its path in the tree, where it is there.
    pub(super) fn name(&self) -> String {
        match &self.inner {
            Some(inner) => {
                let within = resolve::realpath(self.disk, &Cred::root(), &[parent(inner), b"/"].concat());
                let within: Result<BString, Errno> = within.map(|p| if p == "/" { BString::default() } else { p });
                let folder = within.unwrap_or_else(|_| parent(inner).into());
                format!("{folder}{}", inner[parent(inner).len()..].as_bstr())
            }
            None if self.disk.root() == Path::new("/") => {
                canonical(&self.outer).as_deref().unwrap_or(&self.outer).display().to_string()
            }
            None => self.outer.display().to_string(),
        }
    }
}

/// The content of a file of this machine.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, OpenError> {
    bounded::read(file).map_err(|e| OpenError::file(format_args!("`{}`", file.display()), &e))
}

/// Everything before the last slash.
fn parent(path: &[u8]) -> &[u8] {
    &path[..path.rfind_byte(b'/').unwrap_or(0)]
}

/// The path of `file` below `root`, which has no links in it.
fn inside(file: &Path, root: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(file).ok()?;
    let by_name = whole.ancestors().skip(1).find_map(|above| {
        let rest = whole.strip_prefix(above).ok().filter(|rest| !climbs(rest))?;
        (canonicalize(above).ok()? == root).then(|| rest.to_path_buf())
    });
    // or a link outside leads there
    by_name.or_else(|| canonical(file)?.strip_prefix(root).ok().map(Path::to_path_buf))
}

/// A path whose links are resolved, but for one at its end.
fn canonical(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
    Some(canonicalize(folder).ok()?.join(file.file_name()?))
}

/// Whether a relative path leads out of where it begins.
fn climbs(path: &Path) -> bool {
    let mut depth = 0_usize;
    path.components().any(|c| match c {
        Component::ParentDir if depth == 0 => true,
        Component::ParentDir => {
            depth -= 1;
            false
        }
        Component::Normal(_) => {
            depth += 1;
            false
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_climbs() {
        for (path, out) in [("a/b", false), ("a/../b", false), ("..", true), ("a/../../b", true), ("./a", false)] {
            assert_eq!(climbs(Path::new(path)), out, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn below_the_root_or_elsewhere() {
        use std::os::unix::fs::symlink;
        let top = std::env::temp_dir().join(format!("routesim-named-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&top);
        for folder in ["root/etc", "root/real", "etc"] {
            std::fs::create_dir_all(top.join(folder)).unwrap();
        }
        symlink("/real", top.join("root/link")).unwrap();
        symlink(top.join("root/etc"), top.join("way")).unwrap();
        for (file, text) in [("root/etc/c", "inner"), ("root/real/c", "real"), ("etc/c", "outer"), ("c", "top")] {
            std::fs::write(top.join(file), text).unwrap();
        }
        let disk = Disk::new(top.join("root")).unwrap();
        for (file, name, text) in [
            ("root/etc/c", Some("/etc/c"), "inner"),
            ("root/etc/../etc/c", Some("/etc/c"), "inner"),
            // a link that begins with `/` leads below the root
            ("root/link/c", Some("/real/c"), "real"),
            ("way/c", Some("/etc/c"), "inner"),
            ("root/../c", None, "top"),
            ("etc/c", None, "outer"),
        ] {
            let named = Named::new(&top.join(file), &disk);
            assert_eq!(named.inner.is_some(), name.is_some(), "{file}");
            assert_eq!(
                name.map_or_else(|| top.join(file).display().to_string(), str::to_string),
                named.name(),
                "{file}"
            );
            assert_eq!(named.read().ok().as_deref(), Some(text.as_bytes()), "{file}");
        }
        std::fs::remove_dir_all(top).unwrap();
    }
}
