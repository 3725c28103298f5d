//! The files of a scenario.

use super::reader::Reader;
use super::yaml::{At, Node, Value};
use crate::expr::moment::Moment;
use std::path::{Path, PathBuf};

/// The keys of a file.
pub(crate) const KEYS: &[&str] = &["content", "dir", "symlink", "from", "mode", "owner", "group", "mtime", "probe"];
const PROBES: &[(&str, Probe)] = &[("wsgi", Probe::Wsgi), ("cgi", Probe::Cgi), ("php", Probe::Php)];

/// One entry of `files`.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::Scenario;
///
/// let text = "name: x\nfiles:\n  /srv/key: {content: secret, mode: 0600, owner: www-data}\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let file = &scenario.files[0];
/// assert_eq!((file.path.as_str(), file.mode, file.owner.as_deref()), ("/srv/key", Some(0o600), Some("www-data")));
/// assert_eq!(file.at.line, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FileEntry {
    /// The absolute path, as written but for slashes at its end.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Permission bits, where given.
    pub mode: Option<u32>,
    /// The owner's name or number, where given.
    pub owner: Option<String>,
    /// The group's name or number, where given.
    pub group: Option<String>,
    /// When its content last changed, in seconds since 1970, where given.
    pub mtime: Option<i64>,
    /// Where the scenario says so.
    pub at: At,
}

/// What an entry of `files` is.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{FileKind, Scenario};
///
/// let text = "name: x\nfiles: {/srv/a: hello, /srv/b/: {dir: true}, /srv/c: {symlink: a}}\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let kinds: Vec<_> = scenario.files.into_iter().map(|file| file.kind).collect();
/// let file = FileKind::Regular(Some("hello".into()), None);
/// assert_eq!(kinds, [file, FileKind::Directory, FileKind::Symlink("a".into())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file; without content, some that fits its name. The program it is to be, where given.
    Regular(Option<String>, Option<Probe>),
    /// A folder.
    Directory,
    /// A symbolic link to this.
    Symlink(String),
    /// A copy of this file or folder of the machine.
    From(PathBuf),
}

/// What a stand-in program is written for.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{FileKind, Probe, Scenario, run};
///
/// let text = "name: x\nconfig: WSGIScriptAlias / /srv/app\nfiles: {/srv/app: {probe: wsgi}}\nrequests: [/]\n";
/// let mut scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// assert_eq!(scenario.files[0].kind, FileKind::Regular(None, Some(Probe::Wsgi)));
/// assert_eq!(run(&scenario).expect("its files can be laid out").answers[0].outcome.status, 200);
/// // a text in which mod_wsgi finds no application
/// scenario.files[0].kind = FileKind::Regular(Some("hello".into()), None);
/// assert_eq!(run(&scenario).expect("its files can be laid out").answers[0].outcome.status, 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// mod_wsgi
    Wsgi,
    /// CGI
    Cgi,
    /// PHP
    Php,
}

/// Reads `files`; `folder` is the scenario's own.
pub(super) fn read(reader: &mut Reader, node: &Node, folder: &Path) -> Vec<FileEntry> {
    let mut entries = Vec::new();
    for (key, node) in reader.map("files", node) {
        if !key.text.starts_with('/') {
            let help = Some(format!("write `/{}`", key.text.trim_start_matches("./")));
            reader.error("wrong-value", format!("path `{}` is not absolute", key.text), key.at).help = help;
            continue;
        }
        if key.text.contains('\0') || key.text.split('/').any(|name| name == "." || name == "..") {
            reader.error("wrong-value", format!("path `{}` is not plain", key.text), key.at).help =
                Some("leave out `.` and `..`".into());
            continue;
        }
        let mut entry = FileEntry {
            path: key.text.trim_end_matches('/').into(),
            kind: FileKind::Regular(None, None),
            mode: None,
            owner: None,
            group: None,
            mtime: None,
            at: key.at,
        };
        if entry.path.is_empty() {
            entry.path.push('/');
        }
        let folder_name = key.text.ends_with('/');
        if read_entry(reader, node, folder, folder_name, &mut entry).is_some() {
            entries.push(entry);
        }
    }
    entries
}

/// Reads what stands behind one path into `entry`; `None` when it is not usable.
fn read_entry(reader: &mut Reader, node: &Node, folder: &Path, is_dir: bool, entry: &mut FileEntry) -> Option<()> {
    let Value::Map(pairs) = &node.value else {
        let content = reader.text(&entry.path, node)?;
        entry.kind = regular(reader, is_dir, content, None, node.at)?;
        return Some(());
    };
    let (mut content, mut probe, mut dir, mut symlink, mut from) = (None, None, is_dir, None, None);
    for (key, node) in pairs {
        let what = key.text.as_str();
        match what {
            "content" => content = Some(reader.text(what, node)?),
            "dir" => dir |= reader.truth(what, node)?,
            "symlink" => symlink = Some(reader.text(what, node)?).filter(|t| !t.is_empty()),
            "from" => from = Some(reader.text(what, node)?),
            "mode" => entry.mode = Some(reader.parsed(what, "an octal mode, such as \"0644\"", node, parse_mode)?),
            "owner" => entry.owner = Some(reader.text(what, node)?),
            "group" => entry.group = Some(reader.text(what, node)?),
            "mtime" => {
                entry.mtime = Some(reader.parsed(what, "a time, as 2024-05-01T12:00:00Z", node, parse_time)?);
            }
            "probe" => {
                let known = |text: &str| PROBES.iter().find(|p| p.0 == text).map(|p| p.1);
                probe = Some(reader.parsed(what, "wsgi, cgi or php", node, known)?);
            }
            _ => reader.unknown_key(key, "a file", KEYS),
        }
    }
    let said: Vec<&str> =
        [("symlink", symlink.is_some()), ("from", from.is_some()), ("content", content.is_some() || probe.is_some())]
            .iter()
            .filter(|s| s.1)
            .map(|s| s.0)
            .collect();
    if said.len() > 1 {
        reader.error("wrong-value", format!("`{}` has both `{}` and `{}`", entry.path, said[0], said[1]), entry.at);
        return None;
    }
    entry.kind = match (symlink, from) {
        (Some(target), _) => FileKind::Symlink(target),
        (_, Some(from)) => FileKind::From(folder.join(from)),
        _ => regular(reader, dir, content.unwrap_or_default(), probe, node.at)?,
    };
    if entry.mtime.is_some() && matches!(entry.kind, FileKind::Directory | FileKind::Symlink(_)) {
        let help = Some("directories and links have a time too, but no answer depends on it".into());
        reader.error("wrong-value", "`mtime` is for files", node.at).help = help;
        return None;
    }
    Some(())
}

/// A regular file, or a folder, which has no content.
fn regular(reader: &mut Reader, dir: bool, content: String, probe: Option<Probe>, at: At) -> Option<FileKind> {
    if !dir {
        return Some(FileKind::Regular(Some(content).filter(|c| !c.is_empty()), probe));
    }
    if !content.is_empty() || probe.is_some() {
        let help = Some("a path that ends in a slash is a directory".into());
        reader.error("wrong-value", "a directory has no content", at).help = help;
        return None;
    }
    Some(FileKind::Directory)
}

/// A time of day, in UTC, or seconds since 1970.
fn parse_time(text: &str) -> Option<i64> {
    let seconds =
        text.parse().ok().or_else(|| Some(Moment::parse(text.strip_suffix('Z').unwrap_or(text))?.seconds()))?;
    // httpd counts in microseconds
    i64::checked_mul(seconds, 1_000_000).map(|_| seconds)
}

/// Octal digits, with or without a leading `0` or `0o`.
fn parse_mode(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let mode = u32::from_str_radix(digits, 8).ok()?;
    (mode <= 0o7777 && !digits.starts_with('+')).then_some(mode)
}
