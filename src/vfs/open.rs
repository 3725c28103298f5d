//! Reading a file of this machine so that nothing can hold the reader up: only what is a regular file, never waiting,
//! and no more than a bound. Whatever opens a file reads it here.

use crate::limits;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Opens what is at `path`, links followed, without waiting for anybody: for a pipe's writer, a device, a lease.
///
/// # Errors
/// As open(2).
pub(crate) fn at_once(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}

/// A regular file's content, of `most` bytes at most.
///
/// # Errors
/// When it can't be read without waiting (`WouldBlock`), holds more (`FileTooLarge`), is no regular file, or one that
/// the kernel makes up while it is read (`Unsupported`).
pub(crate) fn content(file: File, most: u64) -> io::Result<Vec<u8>> {
    let size = regular(&file, most)?;
    let mut content = Vec::new();
    content.try_reserve_exact(size)?;
    rest(file, most, &mut content)?;
    Ok(content)
}

/// The same, to be shared; held once, also while it is read.
///
/// # Errors
/// As [`content`].
pub(crate) fn shared(mut file: File, most: u64) -> io::Result<Arc<[u8]>> {
    let size = regular(&file, most)?;
    let mut shared: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    let read = match Arc::get_mut(&mut shared) {
        Some(room) => fill(&mut file, room)?,
        None => 0,
    };
    // it may have changed since it was looked at, and some files tell no size
    let mut more = Vec::new();
    rest(file, most - read as u64, &mut more)?;
    Ok(if read == size && more.is_empty() { shared } else { [&shared[..read], &more].concat().into() })
}

/// What is left of a file or a stream, `most` bytes at most.
///
/// # Errors
/// When it can't be read, or there is more.
pub(crate) fn rest(from: impl Read, most: u64, content: &mut Vec<u8>) -> io::Result<()> {
    let read = from.take(most.saturating_add(1)).read_to_end(content)?;
    if read as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
}

/// What a limit of this program's is called in a message, where that is what an error is about.
pub(crate) fn why(error: &io::Error, most: u64) -> String {
    match error.kind() {
        io::ErrorKind::FileTooLarge => format!("it holds more than {}", limits::bytes(most)),
        io::ErrorKind::WouldBlock => "it can't be read without waiting".into(),
        _ => {
            let text = error.to_string();
            // the words, without the system's number for them
            text.split_once(" (os error").map_or(text.clone(), |(words, _)| words.to_ascii_lowercase())
        }
    }
}

/// The size of a regular file that can be read at once.
fn regular(file: &File, most: u64) -> io::Result<usize> {
    let kind = file.metadata()?;
    if !kind.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if is_the_kernels(file) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, super::KERNEL));
    }
    if kind.len() > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(size(&kind)) }
}

fn size(kind: &Metadata) -> usize {
    usize::try_from(kind.len()).unwrap_or(0)
}

/// Reads until `room` is full or the file ends; how much there was.
fn fill(file: &mut File, room: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < room.len() {
        match file.read(&mut room[read..]) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(read)
}

/// The file systems whose files are no files: they may block, have no end, or change when they are read. By their
/// numbers in statfs(2): proc, sysfs, debugfs, tracefs, securityfs, configfs, bpf, cgroup, cgroup2, pstore, selinux,
/// smack, efivarfs, nsfs, binfmt_misc, devpts.
#[cfg(target_os = "linux")]
const KERNELS: [u32; 16] = [
    0x9fa0,
    0x6265_6572,
    0x6462_6720,
    0x7472_6163,
    0x7363_6673,
    0x6265_6570,
    0xcafe_4a11,
    0x0027_e0eb,
    0x6367_7270,
    0x6165_676c,
    0xf97c_ff8c,
    0x4341_5d53,
    0xde5e_81e4,
    0x6e73_6673,
    0x4249_4e4d,
    0x1cd1,
];

/// Whether an open file or directory is in a file system of the kernel's own (/proc, /sys), wherever that is mounted.
#[cfg(target_os = "linux")]
pub(crate) fn is_the_kernels(file: &File) -> bool {
    // the numbers are of 32 bits, the field is wider on some machines and signed
    rustix::fs::fstatfs(file).is_ok_and(|fs| KERNELS.contains(&(fs.f_type as u32)))
}

/// There are none that are known.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_the_kernels(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &[u8]) -> File {
        let path = std::env::temp_dir().join(format!("routesim-open-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let file = at_once(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file
    }

    #[test]
    fn bounds_are_exact() {
        for (size, most, fits) in [(0, 0, true), (1, 0, false), (9, 9, true), (10, 9, false)] {
            let text = vec![b'x'; size];
            let file = file(&format!("{size}-{most}"), &text);
            let read = content(file.try_clone().unwrap(), most);
            assert_eq!(read.ok(), fits.then(|| text.clone()), "{size} {most}");
            std::io::Seek::rewind(&mut &file).unwrap();
            assert_eq!(shared(file, most).ok().as_deref(), fits.then_some(&text[..]), "{size} {most}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_no_file_is_not_read() {
        for path in ["/proc/self/status", "/proc/kmsg", "/sys/kernel/uevent_seqnum", "/dev/zero", "/dev/null", "/"] {
            // where it isn't there or not allowed, there is nothing to read either
            let Ok(file) = at_once(Path::new(path)) else { continue };
            assert!(content(file, 1 << 20).is_err(), "{path}");
        }
    }
}
