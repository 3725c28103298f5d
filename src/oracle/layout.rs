//! The scenario's files, put where httpd finds them.

use super::job::{Content, File, Job, Way};
use super::scratch::Place;
use super::{children, wrapper};
use crate::vfs::{Kind, Memory, Vfs};
use bstr::{BString, ByteSlice};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Lays out what a scenario finds on any Debian, and its own files.
///
/// # Errors
/// What can't be done, in words.
pub(super) fn fill(job: &Job, place: &Place) -> Result<(), String> {
    for path in
        wrapper::log_files(&job.config).iter().chain(&[BString::from("/var/log/apache2/x"), "/run/apache2/x".into()])
    {
        if let Some(parent) = place.at(&path.to_str_lossy()).parent() {
            folder(parent)?;
        }
    }
    for (path, text) in usual() {
        let to = place.at(&path.to_str_lossy());
        match text {
            None => folder(&to)?,
            Some(text) => write(&to, &text)?,
        }
    }
    let is_own = |f: &File| f.path.starts_with(b"/etc/apache2/modules/");
    if let Some(modules) = job.modules.first().and_then(|m| m.2.parent()).filter(|_| !job.files.iter().any(is_own)) {
        let _ = symlink(modules, place.at("/etc/apache2/modules"));
    }
    let hosts: Vec<String> = job.hosts.iter().map(|(ip, name)| format!("{ip} {name}\n")).collect();
    write(&place.at("/etc/hosts"), hosts.concat().as_bytes())?;
    for file in &job.files {
        put(file, place)?;
    }
    // any certificate that is named is there, and is one
    for path in wrapper::certificates(&job.config) {
        let to = place.at(&path.to_str_lossy());
        if !std::fs::read(&to).is_ok_and(|t| t.contains_str("-----BEGIN")) {
            if let Some(parent) = to.parent() {
                folder(parent)?;
            }
            write(&to, &certificate(place)?)?;
        }
    }
    // last, as they may shut folders
    for file in job.files.iter().rev().filter(|f| !matches!(f.content, Content::Symlink(_))) {
        let to = place.at_bytes(&file.path);
        let mode = if job.way == Way::Root { file.mode } else { as_seen(file) };
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(mode)).map_err(|e| unmade(&to, &e))?;
    }
    if !job.files.iter().any(|f| f.path == "/root") {
        let mode = if job.way == Way::Root { 0o700 } else { 0o000 };
        let _ = std::fs::set_permissions(place.at("/root"), std::fs::Permissions::from_mode(mode));
    }
    Ok(())
}

/// What www-data may do with a file, given to its one owner.
fn as_seen(file: &File) -> u32 {
    const WWW_DATA: u32 = 33;
    let bits = match file {
        f if f.uid == WWW_DATA => f.mode >> 6,
        f if f.gid == WWW_DATA => f.mode >> 3,
        f => f.mode,
    } & 7;
    file.mode & 0o7000 | bits << 6 | bits << 3 | bits
}

fn put(file: &File, place: &Place) -> Result<(), String> {
    let to = place.at_bytes(&file.path);
    if let Some(parent) = to.parent() {
        folder(parent)?;
    }
    let made = match &file.content {
        Content::Directory => return folder(&to).and_then(|()| own(file, &to, place)),
        Content::Regular(text) => {
            write(&to, &place.rewritten(text))?;
            date(file, &to)
        }
        Content::Symlink(target) => {
            let _ = std::fs::remove_file(&to);
            let target = if target.starts_with(b"/") { place.at_bytes(target) } else { path_of(target) };
            symlink(target, &to)
        }
    };
    made.map_err(|e| unmade(&to, &e))?;
    own(file, &to, place)
}

/// Gives a file its time.
fn date(file: &File, to: &Path) -> std::io::Result<()> {
    let Some(mtime) = file.mtime else { return Ok(()) };
    let away = Duration::from_micros(mtime.unsigned_abs());
    let at = if mtime < 0 { UNIX_EPOCH.checked_sub(away) } else { UNIX_EPOCH.checked_add(away) };
    let at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
    std::fs::File::options().write(true).open(to)?.set_modified(at)
}

fn own(file: &File, to: &Path, place: &Place) -> Result<(), String> {
    match place.way {
        Way::Root => lchown(to, Some(file.uid), Some(file.gid)).map_err(|e| unmade(to, &e)),
        _ => Ok(()),
    }
}

/// Bytes as a path.
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// Makes a folder and its parents, all of them open to everybody.
pub(super) fn folder(path: &Path) -> Result<(), String> {
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(|e| unmade(path, &e))
}

/// What a scenario finds on any Debian: directories, and files with what is in them; a directory before what it holds.
pub(super) fn usual() -> Vec<(BString, Option<Arc<[u8]>>)> {
    let fresh = Memory::new();
    let mut found = Vec::new();
    let mut directories = vec![BString::from("/")];
    while let Some(directory) = directories.pop() {
        for name in fresh.list(&directory).unwrap_or_default() {
            let path = BString::from([directory.trim_end_with(|c| c == '/'), b"/", &name].concat());
            match fresh.lstat(&path).map(|s| s.kind) {
                Ok(Kind::Directory) => {
                    found.push((path.clone(), None));
                    directories.push(path);
                }
                Ok(Kind::Regular) => found.push((path.clone(), Some(fresh.read(&path).unwrap_or_default()))),
                _ => {}
            }
        }
    }
    found
}

/// Makes a file anew: what is there may be the machine's, or a link.
pub(super) fn write(to: &Path, text: &[u8]) -> Result<(), String> {
    let _ = std::fs::remove_file(to);
    std::fs::write(to, text).map_err(|e| unmade(to, &e))
}

/// That something can't be put where it belongs.
pub(super) fn unmade(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("can't put `{}` there: {error}", path.display())
}

/// A certificate for localhost with its key, signed by itself.
fn certificate(place: &Place) -> Result<Vec<u8>, String> {
    let path = place.sim.join("own.pem");
    if let Ok(text) = std::fs::read(&path) {
        return Ok(text);
    }
    // the run's own /etc may have no settings for it
    let settings = place.sim.join("openssl.cnf");
    std::fs::write(&settings, "[req]\ndistinguished_name = dn\n[dn]\n").map_err(|e| unmade(&settings, &e))?;
    let mut command = Command::new("openssl");
    command
        .env("OPENSSL_CONF", &settings)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"])
        .args(["-subj", "/CN=localhost", "-keyout", "-", "-out", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let output = children::start(&mut command).and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|e| format!("can't run `openssl`: {e}"))?;
    std::fs::write(&path, &output.stdout).map_err(|e| unmade(&path, &e))?;
    Ok(output.stdout)
}
