//! A configuration as it was in a git revision: `REV:PATH`. Objects are read by `git ls-tree` and `git cat-file` alone, which
//! run no filters, hooks or text conversions.

use crate::cli::{Failure, failure};
use crate::limits::{FILE_BYTES, INCLUDE_ENTRIES};
use bstr::{BString, ByteSlice};
use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// A revision and a path in the working tree.
pub(super) struct Revision {
    /// As git names it.
    rev: String,
    /// The path, in the working tree.
    pub path: PathBuf,
    /// Where the working tree begins.
    top: PathBuf,
}

/// The texts of a revision by their paths; none for a file that it doesn't have.
pub(super) type Texts = BTreeMap<PathBuf, Option<BString>>;

impl Revision {
    /// From `REV:PATH`; none where the text is no such thing, or names a file that is there.
    pub(super) fn parse(text: &Path) -> Result<Option<Revision>, Failure> {
        let Some((rev, path)) = text.to_str().and_then(|text| text.split_once(':')) else { return Ok(None) };
        if rev.is_empty() || rev.starts_with('-') || path.is_empty() || text.exists() {
            return Ok(None);
        }
        let here = std::env::current_dir().unwrap_or_default();
        let top = here.ancestors().find(|directory| directory.join(".git").exists());
        let Some(top) = top else {
            return failure(format!("`{}`: there is no such file, and this is no git repository", text.display()));
        };
        Ok(Some(Revision { rev: rev.into(), path: here.join(path), top: top.into() }))
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"]).arg(&self.top).args(arguments);
        command
    }

    /// What the revision has below the directory of the path, and what it doesn't have there any more.
    ///
    /// # Errors
    /// Without git, where the revision is none, or has too many files.
    pub(super) fn texts(&self) -> Result<Texts, Failure> {
        let listed = self.git(&["ls-tree", "-r", "-z", "-l", &self.rev]).output();
        let listed = listed.or_else(|e| failure(format!("can't run git: {e}")))?;
        if !listed.status.success() {
            let why = String::from_utf8_lossy(&listed.stderr).trim().to_string();
            return failure(format!("git knows no revision `{}`: {why}", self.rev));
        }
        let mut wanted: Vec<(String, PathBuf)> = Vec::new();
        let mut links = Vec::new();
        for entry in listed.stdout.split(|b| *b == 0).filter(|entry| !entry.is_empty()) {
            let Some((head, name)) = entry.split_once_str(b"\t") else { continue };
            let words: Vec<&[u8]> = head.fields().collect();
            let [mode, b"blob", object, size] = words[..] else { continue };
            let size = size.to_str().ok().and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
            if size <= FILE_BYTES {
                links.extend((mode == b"120000").then(|| self.top.join(name.to_path_lossy())));
                wanted.push((object.to_str_lossy().into_owned(), self.top.join(name.to_path_lossy())));
            }
        }
        if wanted.len() > INCLUDE_ENTRIES {
            return failure(format!("revision `{}` has more than {INCLUDE_ENTRIES} files", self.rev));
        }
        let mut then = self.contents(&wanted)?;
        // a link is the file that it leads to
        for link in &links {
            let target = then.remove(link).map(|target| target.to_path_lossy().into_owned());
            let target = target.and_then(|target| Some(plain(&link.parent()?.join(target))));
            if let Some(text) = target.and_then(|target| then.get(&target).cloned()) {
                then.insert(link.clone(), text);
            }
        }
        // what is the same as now needs no text of its own
        let differs = |(path, text): &(PathBuf, BString)| !std::fs::read(path).is_ok_and(|now| now == **text);
        let mut texts: Texts = then.into_iter().filter(differs).map(|(path, text)| (path, Some(text))).collect();
        // files that came later
        let known: HashSet<&PathBuf> = wanted.iter().map(|(_, path)| path).collect();
        let directories: HashSet<PathBuf> =
            wanted.iter().filter_map(|(_, path)| Some(path.parent()?.to_path_buf())).collect();
        for directory in directories {
            for entry in std::fs::read_dir(&directory).into_iter().flatten().take(INCLUDE_ENTRIES).flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_file()) && !known.contains(&entry.path()) {
                    texts.insert(entry.path(), None);
                }
            }
        }
        Ok(texts)
    }

    /// The contents of objects.
    fn contents(&self, wanted: &[(String, PathBuf)]) -> Result<BTreeMap<PathBuf, BString>, Failure> {
        let started = self.git(&["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.or_else(|e| failure(format!("can't run git: {e}")))?;
        let objects: String = wanted.iter().map(|(object, _)| format!("{object}\n")).collect();
        let input = child.stdin.take();
        let writer = std::thread::spawn(move || input.map(|mut input| input.write_all(objects.as_bytes())));
        let output = child.wait_with_output().or_else(|e| failure(format!("git: {e}")))?;
        let _ = writer.join();
        let mut rest = output.stdout.as_slice();
        let mut texts = BTreeMap::new();
        for (_, path) in wanted {
            let Some((head, after)) = rest.split_once_str(b"\n") else { break };
            let size = head.fields().nth(2).and_then(|size| size.to_str().ok()?.parse::<usize>().ok());
            let Some(text) = size.and_then(|size| after.get(..size)) else {
                return failure(format!("git has not all of revision `{}`", self.rev));
            };
            rest = after.get(text.len() + 1..).unwrap_or_default();
            texts.insert(path.clone(), text.into());
        }
        Ok(texts)
    }
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}
