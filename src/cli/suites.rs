//! Finding files: what a path on the command line stands for.

use super::{Failure, failure};
use std::path::{Path, PathBuf};

/// How deep folders are searched.
const DEEPEST: usize = 32;

/// Whether a file is a scenario, by its name.
pub fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// The files that `paths` stand for: a file for itself, a folder for those below it that are `wanted`, sorted.
pub fn files(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            search(path, &wanted, &mut found, 0)?;
            if found.len() == before {
                return failure(format!("there is nothing to look at below `{}`", path.display()));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn search(
    folder: &Path,
    wanted: &impl Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
    depth: usize,
) -> Result<(), Failure> {
    let unreadable = |e: std::io::Error| Failure::Said(format!("can't read `{}`: {e}", folder.display()));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() && depth < DEEPEST {
            search(&path, wanted, found, depth + 1)?;
        } else if path.is_file() && wanted(&path) {
            found.push(path);
        }
    }
    Ok(())
}
