//! What a scenario copies from this machine by `from`: looked over first, so that what is too much is known before any
//! of it is read.

use crate::limits::{INCLUDE_ENTRIES, TREE_BYTES, TREE_ENTRIES, bytes};
use crate::suggest::closest;
use crate::vfs::{Disk, Errno, Kind, Stat, Vfs, open};
use bstr::{BString, ByteSlice};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NO_SUCH: &str = "`from` is a path on this machine, relative to the scenario's directory";
const NO_FILE: &str = "`from` copies files and directories that hold still: name the directory that you need";
const TOO_MUCH: &str = "name the directories that an answer depends on, one by one";

/// What a scenario may still copy.
#[derive(Debug)]
pub(super) struct Room {
    entries: usize,
    bytes: u64,
}

impl Default for Room {
    fn default() -> Room {
        Room { entries: TREE_ENTRIES, bytes: TREE_BYTES }
    }
}

/// What can't be copied, why, and what to do.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// A path of this machine.
    pub path: PathBuf,
    /// Why.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// What to do about a path of a scenario's that is not there: the name beside it that was probably meant, else what the path
/// is.
pub(crate) fn missing(path: &Path, what: &str) -> String {
    let directory = path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
    let names = std::fs::read_dir(directory).into_iter().flatten().take(INCLUDE_ENTRIES).flatten();
    let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match closest(&name, names.iter().map(String::as_str)).filter(|near| *near != name) {
        Some(near) => format!("did you mean `{}`?", path.with_file_name(near).display()),
        None => what.into(),
    }
}

/// A file, or a directory with all that is in it.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// None for a file.
    disk: Option<Disk>,
    /// What is in it, parents first.
    pub entries: Vec<Entry>,
}

/// Something to copy.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path in the source; empty for the source itself.
    pub path: BString,
    stat: Stat,
}

/// What an entry is.
#[derive(Debug)]
pub(super) enum Content {
    /// A directory.
    Directory,
    /// A link to this.
    Symlink(BString),
    /// A file with this in it, and whether its owner may run it.
    Regular(Arc<[u8]>, bool),
}

impl Room {
    /// Looks over what is at `path`.
    ///
    /// # Errors
    /// What is not there, may not be read, is the kernel's (/proc), no file and no directory, or too much.
    pub(super) fn survey(&mut self, path: &Path) -> Result<Source, Unreadable> {
        let kind = std::fs::metadata(path).map_err(|e| system(path, &e))?;
        let mut source = Source { path: path.into(), disk: None, entries: Vec::new() };
        if kind.is_dir() {
            source.disk = Some(Disk::new(path).map_err(|e| system(path, &e))?);
        } else if !kind.is_file() {
            return Err(no_file(path, "it is no regular file and no directory"));
        }
        let top = Stat::of(if kind.is_dir() { Kind::Directory } else { Kind::Regular });
        let top = Stat { size: kind.len(), ..top };
        self.add(&mut source, BString::default(), top)?;
        let mut next = 0;
        while let Some(entry) = source.entries.get(next) {
            if entry.stat.is_dir() {
                self.list(&mut source, next)?;
            }
            next += 1;
        }
        Ok(source)
    }

    /// Adds what is in the directory that has this number.
    fn list(&mut self, source: &mut Source, number: usize) -> Result<(), Unreadable> {
        let (Some(disk), Some(folder)) = (source.disk.clone(), source.entries.get(number)) else { return Ok(()) };
        let folder = folder.path.clone();
        let inner = if folder.is_empty() { b"/" } else { folder.as_slice() };
        if disk.is_the_kernels(inner).map_err(|e| system(&source.outer(&folder), &e))? {
            return Err(no_file(&source.outer(&folder), &Errno::Kernel.to_string()));
        }
        for name in disk.list(inner).map_err(|e| unreadable(&source.outer(&folder), e))? {
            let path = BString::from([&folder, b"/".as_slice(), &name].concat());
            let stat = disk.lstat(&path).map_err(|e| unreadable(&source.outer(&path), e))?;
            self.add(source, path, stat)?;
        }
        Ok(())
    }

    fn add(&mut self, source: &mut Source, path: BString, stat: Stat) -> Result<(), Unreadable> {
        if self.entries == 0 {
            return Err(too_much(&source.path, format!("there are more than {TREE_ENTRIES} files in it")));
        }
        self.entries -= 1;
        if stat.is_file() {
            self.take(&source.path, stat.size)?;
        }
        if stat.kind != Kind::Other {
            source.entries.push(Entry { path, stat });
        }
        Ok(())
    }

    fn take(&mut self, path: &Path, size: u64) -> Result<(), Unreadable> {
        let left = self.bytes.checked_sub(size);
        self.bytes = left.ok_or_else(|| too_much(path, format!("it holds more than {}", bytes(TREE_BYTES))))?;
        Ok(())
    }

    /// What an entry is, read.
    ///
    /// # Errors
    /// When it can't be read, or holds more than it seemed to.
    pub(super) fn content(&mut self, source: &Source, entry: &Entry) -> Result<Content, Unreadable> {
        let path = source.outer(&entry.path);
        if entry.stat.is_dir() {
            return Ok(Content::Directory);
        }
        if let (Kind::Symlink, Some(disk)) = (entry.stat.kind, &source.disk) {
            return Ok(Content::Symlink(disk.readlink(&entry.path).map_err(|e| unreadable(&path, e))?));
        }
        let most = entry.stat.size.saturating_add(self.bytes);
        let read = match &source.disk {
            Some(disk) => disk.read_most(&entry.path, most),
            None => open::at_once(&path).and_then(|file| open::shared(file, most)),
        };
        let content = read.map_err(|e| match e.kind() {
            io::ErrorKind::FileTooLarge => too_much(&path, open::why(&e, TREE_BYTES)),
            _ => no_file(&path, &open::why(&e, most)),
        })?;
        // some tell no size before they are read
        self.take(&path, (content.len() as u64).saturating_sub(entry.stat.size))?;
        Ok(Content::Regular(content, entry.stat.mode & 0o100 != 0))
    }
}

impl Source {
    /// An entry's path on this machine.
    fn outer(&self, inner: &[u8]) -> PathBuf {
        let inner = inner.strip_prefix(b"/").unwrap_or(inner);
        if inner.is_empty() { self.path.clone() } else { self.path.join(inner.to_path_lossy()) }
    }
}

fn system(path: &Path, error: &io::Error) -> Unreadable {
    Unreadable { path: path.into(), why: open::why(error, TREE_BYTES), help: missing(path, NO_SUCH) }
}

fn unreadable(path: &Path, errno: Errno) -> Unreadable {
    Unreadable { path: path.into(), why: errno.to_string().to_ascii_lowercase(), help: NO_SUCH.into() }
}

fn no_file(path: &Path, why: &str) -> Unreadable {
    Unreadable { path: path.into(), why: why.into(), help: NO_FILE.into() }
}

fn too_much(path: &Path, why: String) -> Unreadable {
    Unreadable { path: path.into(), why, help: TOO_MUCH.into() }
}
