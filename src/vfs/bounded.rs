//! Files of this machine that a user names, within bounds: a device or a pipe may go on for ever.

use crate::limits::{FILE_BYTES, LINE_BYTES, bytes};
use crate::vfs::open;
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// The content of a file that is read whole.
///
/// # Errors
/// As [`read_most`]; when it holds more than [`FILE_BYTES`].
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_most(path, FILE_BYTES)
}

/// A file's content, of `most` bytes at most. A named pipe is not opened: nobody may ever write to it.
///
/// # Errors
/// When it can't be read without waiting, is a folder, a named pipe or a file of the kernel's, or holds more. The
/// message is the whole reason.
pub(crate) fn read_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let said = |e: io::Error| io::Error::new(e.kind(), open::why(&e, most));
    let kind = std::fs::metadata(path).map_err(said)?;
    if kind.is_dir() {
        return Err(io::Error::other("it is a directory: name a file in it"));
    }
    let content = if kind.is_file() {
        open::at_once(path).and_then(|file| open::content(file, most))
    } else if !is_pipe(&kind) {
        open::at_once(path).and_then(|file| stream(file, most))
    } else if ["/dev", "/proc"].iter().any(|p| path.starts_with(p)) {
        // one that a shell passes by its number: somebody is about to write
        File::open(path).and_then(|file| stream(file, most))
    } else {
        return Err(io::Error::other("it is a named pipe"));
    };
    content.map_err(said)
}

/// All that comes, `most` bytes at most.
///
/// # Errors
/// When it can't be read, or there is more.
pub(crate) fn stream(from: impl io::Read, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open::rest(from, most, &mut content)?;
    Ok(content)
}

#[cfg(unix)]
fn is_pipe(kind: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// The lines of a list, without their ends (`\n` or `\r\n`).
pub(crate) fn lines(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    bstr::ByteSlice::lines(list)
}

/// Says so when a line of a list doesn't end.
///
/// # Errors
/// The line's number.
pub(crate) fn check_lines(list: &[u8]) -> io::Result<()> {
    if list.len() as u64 <= LINE_BYTES {
        return Ok(());
    }
    match lines(list).position(|line| line.len() as u64 > LINE_BYTES) {
        Some(i) => Err(io::Error::other(format!("line {} holds more than {}", i + 1, bytes(LINE_BYTES)))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end() {
        assert_eq!(lines(b"a\r\n\nb").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert!(check_lines(b"a\n\nb").is_ok());
        let long = vec![b'x'; LINE_BYTES as usize + 1];
        assert_eq!(
            check_lines(&[b"a\n", &long[..]].concat()).unwrap_err().to_string(),
            "line 2 holds more than 16 MiB"
        );
    }

    #[test]
    fn streams_end() {
        assert_eq!(stream(&b"abc"[..], 3).unwrap(), b"abc");
        assert!(stream(io::repeat(b'x'), 1 << 16).is_err());
    }
}
