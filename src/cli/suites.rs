//! Finding files: what a path on the command line stands for.

use super::{Failure, failure};
use crate::suite::paths::below;
pub use crate::suite::paths::is_scenario;
use crate::vfs::open;
use std::path::{Path, PathBuf};

/// The files that `paths` stand for: a file for itself, a folder for those below it that are `wanted`, sorted.
pub fn files(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let inside = below(path, &wanted)
                .or_else(|(p, e)| failure(format!("can't read `{}`: {}", p.display(), open::why(&e, 0))))?;
            if inside.is_empty() {
                return failure(format!("there is nothing to look at below `{}`", path.display()));
            }
            found.extend(inside);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}
