//! Waiting until a file changes. What was read is looked at, a few times a second: that works on every file system, in
//! containers and over networks too, and whatever way an editor saves.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const EVERY: Duration = Duration::from_millis(150);

/// What is looked at of a file: whether it is there, when it changed, how long it is.
type Seen = Option<(SystemTime, u64)>;

/// Returns when one of the files (or a directory's entries) is another than it was.
pub(super) fn change(files: &[PathBuf]) {
    let mut files = files.to_vec();
    files.sort();
    files.dedup();
    let before: Vec<Seen> = files.iter().map(|file| seen(file)).collect();
    loop {
        std::thread::sleep(EVERY);
        if files.iter().zip(&before).any(|(file, before)| seen(file) != *before) {
            // an editor may write in several steps
            std::thread::sleep(EVERY);
            return;
        }
    }
}

fn seen(file: &Path) -> Seen {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}
