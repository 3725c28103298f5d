//! Where a server's files are on this machine, by the paths that it knows them by.

use crate::source::Paths;
use crate::vfs::{Cred, Disk, resolve};
use bstr::ByteSlice;
use std::path::{Path, PathBuf};

/// Those of a tree whose root is `root`, as the user named it; `but` is a file that is outside of it.
pub(super) fn below(root: &Path, disk: &Disk, but: Option<String>) -> Paths {
    if disk.root() == Path::new("/") {
        return Paths::default();
    }
    let (root, disk) = (root.to_path_buf(), disk.clone());
    Paths::new(move |name| {
        let inner = name.strip_prefix('/').filter(|_| Some(name) != but.as_deref())?;
        let plain = root.join(inner);
        let Ok(real) = resolve::realpath(&disk, &Cred::root(), name.as_bytes()) else { return Some(shown(&plain)) };
        let real = real[1..].to_path_lossy().into_owned();
        // a link that begins with `/` leads out of the copy to who opens it from here
        let same = std::fs::canonicalize(&plain).is_ok_and(|path| path == disk.root().join(&real));
        Some(shown(&if same { plain } else { root.join(real) }))
    })
}

/// Those of a directory of this machine that is `at` to the server.
pub(super) fn mounted(at: &'static str, directory: &Path) -> Paths {
    let directory = directory.to_path_buf();
    Paths::new(move |name| {
        let inner = name.strip_prefix(at)?.strip_prefix('/')?;
        Some(shown(&directory.join(inner)))
    })
}

/// The same, and one file's path.
pub(super) fn mounted_with(at: &'static str, directory: &Path, name: String, file: &Path) -> Paths {
    let (others, file) = (mounted(at, directory), shown(file));
    Paths::new(move |asked| if asked == name { Some(file.clone()) } else { others.of(asked) })
}

/// A path without a `./` before it.
fn shown(path: &Path) -> String {
    let plain: PathBuf = path.strip_prefix(".").unwrap_or(path).into();
    plain.display().to_string()
}
