//! Scenarios in folders.

use std::io;
use std::path::{Path, PathBuf};

/// How deep folders are searched.
const DEEPEST: usize = 32;

/// Whether a file is a scenario, by its name.
pub fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// The files below a folder that are `wanted`, sorted; links to folders are not followed.
///
/// # Errors
/// The folder that can't be read, and why.
pub fn below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut found = Vec::new();
    search(folder, &wanted, &mut found, 0)?;
    Ok(found)
}

fn search(
    folder: &Path,
    wanted: &impl Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
    depth: usize,
) -> Result<(), (PathBuf, io::Error)> {
    let unreadable = |e: io::Error| (folder.to_path_buf(), e);
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
