//! Writing a text in the place of another.

use super::Failure;
use super::output::Streams;
use crate::site::Rewritten;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes texts that are others now into the files that they are of.
pub(super) fn write(texts: &Rewritten, streams: &Streams) -> Result<(), Failure> {
    for text in texts.texts() {
        let said = |e| Failure::Said(format!("`{}`: can't be written: {e}", text.shown));
        replace(Path::new(&text.shown), &text.before, &text.after).map_err(said)?;
        streams.note(&format!("{}: the change is written", text.shown));
    }
    Ok(())
}

/// Puts a text in the place of a file's: written beside it, then renamed. Links are followed; mode and owner stay. A file
/// that has several names is written itself, so that they stay names of one file.
pub(super) fn replace(path: &Path, before: &[u8], new: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let is = fs::metadata(&target)?;
    if is.permissions().readonly() {
        return Err(io::Error::other("it is read-only"));
    }
    if has_names(&is) {
        return match fs::read(&target)? == before {
            true => fs::write(&target, new),
            false => Err(io::Error::other("it has changed since it was read")),
        };
    }
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = target.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_beside(&target, &beside, new).and_then(|()| {
        if fs::read(&target)? != before {
            return Err(io::Error::other("it has changed since it was read"));
        }
        fs::rename(&beside, &target)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Whether a file has several names (hard links).
#[cfg(unix)]
fn has_names(is: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(is) > 1
}

#[cfg(not(unix))]
fn has_names(_: &fs::Metadata) -> bool {
    false
}

fn write_beside(target: &Path, beside: &Path, new: &[u8]) -> io::Result<()> {
    let is = fs::metadata(target)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    file.write_all(new)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (is.uid(), is.gid()) {
            fchown(&file, Some(is.uid()), Some(is.gid()))?;
        }
    }
    file.set_permissions(is.permissions())?;
    file.sync_all()
}
