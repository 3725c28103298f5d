//! Files of this machine that a user names, within bounds: a device or a pipe may go on for ever.

use crate::limits::{FILE_BYTES, LINE_BYTES};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// A file's content. A named pipe is not opened: nobody may ever write to it.
///
/// # Errors
/// When it can't be read, is a folder or a named pipe, or holds more than a file may.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::other("it is a folder, name a file in it"));
    }
    if is_named_pipe(path, &kind) {
        return Err(io::Error::other("it is a named pipe"));
    }
    let mut content = Vec::new();
    let read = File::open(path)?.take(FILE_BYTES + 1).read_to_end(&mut content)?;
    if read as u64 > FILE_BYTES { Err(io::Error::other("it holds more than 256 MiB")) } else { Ok(content) }
}

/// Whether it is a pipe, other than one that a shell passes by its number.
#[cfg(unix)]
fn is_named_pipe(path: &Path, kind: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.file_type().is_fifo() && !["/dev", "/proc"].iter().any(|p| path.starts_with(p))
}

#[cfg(not(unix))]
fn is_named_pipe(_: &Path, _: &std::fs::Metadata) -> bool {
    false
}

/// All lines of a list that comes in, however many; each is handed on without its end.
///
/// # Errors
/// When it can't be read, or a line doesn't end.
pub fn lines(mut from: impl BufRead, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    while from.by_ref().take(LINE_BYTES + 1).read_until(b'\n', &mut line)? > 0 {
        if line.len() as u64 > LINE_BYTES {
            return Err(io::Error::other("a line of it holds more than 16 MiB"));
        }
        each(line.strip_suffix(b"\n").map_or(&line[..], |l| l.strip_suffix(b"\r").unwrap_or(l)));
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end() {
        let mut found = Vec::new();
        lines(&b"a\r\n\nb"[..], |l| found.push(l.to_vec())).unwrap();
        assert_eq!(found, [&b"a"[..], b"", b"b"]);
        assert!(lines(io::BufReader::new(io::repeat(b'x')), |_| ()).is_err());
    }
}
