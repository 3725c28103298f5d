//! Known differences: a file with one a line, and the reason behind it. `test`, `verify`, `check`, `lint` and the searches read it and write it.

use super::output::Streams;
use super::{Failure, failure};
use crate::diagnostic::Diagnostic;
use crate::limits::FILE_BYTES;
use crate::source::{SourceMap, Span};
use crate::vfs::bounded;
use crate::vfs::open;
use std::collections::HashSet;
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// The options that name the file.
#[derive(clap::Args)]
pub(super) struct BaselineArgs {
    /// File of known differences, which don't fail: one `FILE: WHAT: KEY` per line, with the reason after two spaces and
    /// `# `
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write today's differences to the file of known differences; the reasons in it are kept
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
}

/// Something that is found, as a line of the file names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Finding {
    file: String,
    what: String,
    key: String,
}

impl Finding {
    /// At `key` of `what` (a request, a line's text) in a file; one below the working directory is named from there.
    pub(super) fn new(file: &str, what: &str, key: &str) -> Finding {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let here = if file.starts_with('/') { std::env::current_dir().unwrap_or_default() } else { PathBuf::new() };
        let file = Path::new(file).strip_prefix(&here).unwrap_or(Path::new(file));
        let plain: PathBuf = file.components().filter(|part| *part != Component::CurDir).collect();
        Finding { file: plain.display().to_string(), what: one_line(what), key: one_line(key) }
    }

    /// Of a line of the file.
    fn of(line: &str) -> Option<Finding> {
        let (before, key) = line.rsplit_once(": ")?;
        let (file, what) = before.split_once(": ")?;
        let found = Finding::new(file, what, key);
        let is_whole = [&found.file, &found.what, &found.key].iter().all(|part| !part.is_empty());
        is_whole.then_some(found)
    }

    /// Whether a file is the one that this names: the same, or below another directory.
    fn is_of(&self, file: &str) -> bool {
        file.strip_suffix(self.file.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.what, self.key)
    }
}

struct Entry {
    finding: Finding,
    why: String,
    used: bool,
}

/// Known differences, each with its reason.
#[derive(Default)]
pub(super) struct Baseline(Vec<Entry>);

/// What a new entry's reason is.
const UNKNOWN: &str = "why?";

const HEAD: &str = "# known differences, for --baseline: FILE: WHAT: KEY  # why\n";

impl BaselineArgs {
    /// What is known. Where it is to be written, `found` is written to the file first; entries of files that are not among
    /// those that were `looked_at` stay.
    pub(super) fn known(
        &self,
        looked_at: &[String],
        found: impl Iterator<Item = Finding>,
        streams: &Streams,
    ) -> Result<Baseline, Failure> {
        let Some(path) = &self.baseline else { return Ok(Baseline::default()) };
        let old = match self.write_baseline && !path.exists() {
            true => Baseline::default(),
            false => read(path, streams)?,
        };
        if !self.write_baseline {
            return Ok(old);
        }
        let new = old.renewed(looked_at, found);
        let lines = new.0.iter().map(|entry| format!("{}  # {}\n", entry.finding, entry.why));
        let text: String = [HEAD.to_string()].into_iter().chain(lines).collect();
        std::fs::write(path, text).or_else(|e| failure(format!("can't write `{}`: {e}", path.display())))?;
        Ok(new)
    }
}

fn read(path: &Path, streams: &Streams) -> Result<Baseline, Failure> {
    let name = path.display().to_string();
    let bytes =
        bounded::read(path).or_else(|e| failure(format!("can't read `{name}`: {}", open::why(&e, FILE_BYTES))))?;
    let sources = SourceMap::default();
    let file = sources.add(&name, bytes.as_slice());
    let (mut entries, mut wrong, mut start) = (Vec::new(), Vec::new(), 0);
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = start + line.trim_ascii_end().len() as u32;
        let span = Span { file, line: number as u32 + 1, start, end };
        start += line.len() as u32;
        match std::str::from_utf8(line).map(entry) {
            Ok(Ok(entry)) => entries.extend(entry),
            Ok(Err(())) => wrong.push(
                Diagnostic::error("baseline", "this is no known difference", span)
                    .help("write `FILE: WHAT: KEY`, as `routing.yaml: GET /a: status  # the reason`"),
            ),
            Err(_) => wrong.push(Diagnostic::error("baseline", "this line is not UTF-8", span)),
        }
    }
    if wrong.is_empty() {
        return Ok(Baseline(entries));
    }
    streams.diagnostics(&wrong, &sources);
    failure(format!("`{name}` can't be used as a baseline"))
}

/// An entry of a line, where it is no comment.
fn entry(line: &str) -> Result<Option<Entry>, ()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (named, why) = line.split_once("  # ").unwrap_or((line, ""));
    let finding = Finding::of(named).ok_or(())?;
    Ok(Some(Entry { finding, why: why.trim().to_string(), used: false }))
}

impl Baseline {
    /// Whether something is known; from then on it counts as having occurred.
    pub(super) fn has(&mut self, found: &Finding) -> bool {
        let same = |entry: &&mut Entry| {
            let known = &entry.finding;
            (&known.what, &known.key) == (&found.what, &found.key) && known.is_of(&found.file)
        };
        let mut known = false;
        for entry in self.0.iter_mut().filter(same) {
            (entry.used, known) = (true, true);
        }
        known
    }

    /// Says what of the files that were `looked_at` did not occur any more.
    pub(super) fn tell_unused(&self, looked_at: &[String], streams: &Streams) {
        let unused = self.0.iter().filter(|entry| !entry.used && is_among(&entry.finding, looked_at));
        let unused: Vec<String> = unused.map(|entry| format!("`{}`", entry.finding)).collect();
        if !unused.is_empty() {
            let more = if unused.len() > 3 { format!(", and {} more", unused.len() - 3) } else { String::new() };
            let first = unused[..unused.len().min(3)].join(", ");
            streams.note(&format!("known differences that did not occur: {first}{more} (--write-baseline drops them)"));
        }
    }

    fn renewed(self, looked_at: &[String], found: impl Iterator<Item = Finding>) -> Baseline {
        let why = |found: &Finding| {
            let of_it = |entry: &&Entry| {
                let known = &entry.finding;
                (&known.what, &known.key) == (&found.what, &found.key) && known.is_of(&found.file)
            };
            self.0.iter().find(of_it).map_or(UNKNOWN.to_string(), |entry| entry.why.clone())
        };
        let mut seen = HashSet::new();
        let news: Vec<Entry> = found
            .filter(|finding| seen.insert(finding.clone()))
            .map(|finding| Entry { why: why(&finding), finding, used: false })
            .collect();
        let kept = self.0.into_iter().filter(|entry| !is_among(&entry.finding, looked_at));
        Baseline(kept.chain(news).collect())
    }
}

fn is_among(finding: &Finding, files: &[String]) -> bool {
    files.iter().any(|file| finding.is_of(&Finding::new(file, "", "").file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_from_both_ends() {
        let found = |line: &str| entry(line).map(|entry| entry.map(|entry| (entry.finding.to_string(), entry.why)));
        let is = |named: &str, why: &str| Ok(Some((named.to_string(), why.to_string())));
        assert_eq!(found("./a.yaml: GET /: x: status  # as  # ever\n"), is("a.yaml: GET /: x: status", "as  # ever"));
        assert_eq!(found("a.conf: Alias   /a /b: AH00671"), is("a.conf: Alias /a /b: AH00671", ""));
        assert_eq!((found("# a: b: c"), found("  \n")), (Ok(None), Ok(None)));
        for wrong in ["a.yaml", "a.yaml: status", "a.yaml:: status", ": GET /: status"] {
            assert_eq!(found(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn what_is_known_is_used_and_files_that_were_not_looked_at_stay() {
        let lines =
            ["b/x.yaml: GET /: status  # old", "b/x.yaml: GET /gone: status  # gone", "y.yaml: GET /: log  # y"];
        let known = || Baseline(lines.iter().filter_map(|line| entry(line).ok().flatten()).collect());
        let mut base = known();
        assert!(base.has(&Finding::new("/a/./b/x.yaml", "GET  /", "status")));
        assert!(
            !base.has(&Finding::new("/a/bb/x.yaml", "GET /", "status"))
                && !base.has(&Finding::new("x.yaml", "GET /", "status"))
        );
        assert_eq!(base.0.iter().map(|entry| entry.used).collect::<Vec<_>>(), [true, false, false]);
        let found = ["GET /", "GET /new", "GET /new"].map(|what| Finding::new("b/x.yaml", what, "status"));
        let new = known().renewed(&["./b/x.yaml".into()], found.into_iter());
        let said: Vec<String> = new.0.iter().map(|entry| format!("{}  # {}", entry.finding, entry.why)).collect();
        assert_eq!(said, [lines[2], lines[0], "b/x.yaml: GET /new: status  # why?"]);
    }
}
