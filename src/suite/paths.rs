//! Scenarios in folders.

use crate::limits::TREE_ENTRIES;
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
    let mut search = Search { wanted, found: Vec::new(), room: TREE_ENTRIES };
    search.folder(folder, 0)?;
    Ok(search.found)
}

struct Search<W> {
    wanted: W,
    found: Vec<PathBuf>,
    /// Entries that may still be looked at.
    room: usize,
}

impl<W: Fn(&Path) -> bool> Search<W> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), (PathBuf, io::Error)> {
        let unreadable = |e: io::Error| (folder.to_path_buf(), e);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            self.room = self.room.checked_sub(1).ok_or_else(|| unreadable(too_many()))?;
            entries.push(entry.map_err(unreadable)?.path());
        }
        entries.sort();
        for path in entries {
            if path.is_dir() && !path.is_symlink() && depth < DEEPEST {
                self.folder(&path, depth + 1)?;
            } else if path.is_file() && (self.wanted)(&path) {
                self.found.push(path);
            }
        }
        Ok(())
    }
}

fn too_many() -> io::Error {
    io::Error::other(format!("there are more than {TREE_ENTRIES} files up to here: name a smaller directory"))
}
