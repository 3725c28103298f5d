//! The scenario's file system and network: an overlay of this machine's root, in namespaces of the process's own.

use super::job::{Content, File, Job, Way};
use super::scratch::Place;
use super::wrapper;
use crate::vfs::{Kind, Memory, Vfs};
use bstr::{BString, ByteSlice};
use rustix::mount::{MountFlags, mount, mount_bind_recursive};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

/// Folders of the machine that a scenario finds empty.
const EMPTY: &[&str] = &[
    "srv",
    "home",
    "opt",
    "var/www",
    "etc/apache2",
    "usr/local",
    "usr/share/apache2",
    "usr/lib/cgi-bin",
    "var/log",
    "media",
    "mnt",
    "run",
    "boot",
    "root",
];
/// Folders of the machine that programs need.
const SYSTEM: &[&str] = &["bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "var"];
/// Where the new root is put together: one of these is on any machine.
const WORKBENCH: &[&str] = &["/mnt", "/media", "/opt", "/srv", "/tmp"];

/// Makes the root of `job` this process's own. The process must be in mount and network namespaces that it may change.
///
/// # Errors
/// What can't be done, in words.
pub fn enter(job: &Job) -> Result<Place, String> {
    network(job)?;
    let base = WORKBENCH.iter().map(Path::new).find(|p| p.is_dir()).ok_or("there is no folder to mount on")?;
    mounted("tmpfs", base, "mode=755")?;
    let dirs = ["u", "w", "m"].map(|d| base.join(d));
    for dir in &dirs {
        folder(dir)?;
    }
    let root = &dirs[2];
    if job.way == Way::Root {
        overlay(Path::new("/"), &dirs)?;
    } else {
        piecemeal(job, root)?;
    }
    let device = |p: &Path| std::fs::metadata(p).map(|m| m.dev()).ok();
    for name in SYSTEM {
        let path = Path::new("/").join(name);
        // what is mounted elsewhere is not in the overlay
        if job.way == Way::Root && !path.is_symlink() && path.is_dir() && device(&path) != device(Path::new("/")) {
            bound(&path, &root.join(name))?;
        }
    }
    bound(Path::new("/dev"), &root.join("dev"))?;
    // shared memory bears names made from paths: another run's are the same
    let shared = root.join("dev/shm");
    if shared.is_dir() && !shared.is_symlink() {
        mounted("tmpfs", &shared, "mode=1777")?;
    }
    if mounted("proc", &root.join("proc"), "").is_err() {
        bound(Path::new("/proc"), &root.join("proc"))?;
    }
    let kept = |name: &str| {
        let path = Path::new("/").join(name);
        job.program.starts_with(&path) || job.modules.iter().any(|m| m.2.starts_with(&path))
    };
    for name in EMPTY {
        let path = root.join(name);
        if (path.is_dir() || !name.starts_with("usr")) && !kept(name) {
            folder(&path)?;
            mounted("tmpfs", &path, if *name == "root" { "mode=700" } else { "mode=755" })?;
        }
    }
    mounted("tmpfs", &root.join("tmp"), "mode=1777")?;
    std::os::unix::fs::chroot(root).map_err(|e| format!("can't change the root: {e}"))?;
    std::env::set_current_dir("/").map_err(|e| format!("can't change to the root: {e}"))?;
    let place = Place::whole(job.way);
    folder(&place.sim)?;
    fill(job, &place)?;
    Ok(place)
}

/// An overlay of `lower`, in the folders for what is changed, for work, and for the result.
fn overlay(lower: &Path, [upper, work, on]: &[PathBuf; 3]) -> Result<(), String> {
    let (lower, upper, work) = (lower.display(), upper.display(), work.display());
    mounted("overlay", on, &format!("lowerdir={lower},upperdir={upper},workdir={work}"))
}

/// A root put together from parts: nobody but a real root may write into an overlay of what root owns.
fn piecemeal(job: &Job, root: &Path) -> Result<(), String> {
    mounted("tmpfs", root, "mode=755")?;
    let certificates = wrapper::certificates(&job.config);
    for (from, to, name) in entries(Path::new("/"), root)? {
        match name.as_str() {
            "etc" | "var" => {
                folder(&to)?;
                for (from, to, name) in entries(&from, &to)? {
                    let own = |path: &[u8]| {
                        path.strip_prefix(from.as_os_str().as_encoded_bytes()).is_some_and(|r| r.starts_with(b"/"))
                    };
                    let changed = job.files.iter().any(|f| own(&f.path)) || certificates.iter().any(|f| own(f));
                    if from.is_dir() && (changed || matches!(name.as_str(), "apache2" | "www" | "log" | "tmp")) {
                        folder(&to)?;
                    } else if from.is_dir() {
                        folder(&to)?;
                        bound(&from, &to)?;
                    } else {
                        // what its user may not read is of no use to httpd
                        let _ = std::fs::copy(&from, &to);
                    }
                }
            }
            name if SYSTEM.contains(&name) => {
                folder(&to)?;
                bound(&from, &to)?;
            }
            _ if from.is_dir() => folder(&to)?,
            _ => {}
        }
    }
    Ok(())
}

/// What a folder holds: where it is, where it goes, its name. Links are put there at once.
fn entries(from: &Path, to: &Path) -> Result<Vec<(PathBuf, PathBuf, String)>, String> {
    let entries = std::fs::read_dir(from).map_err(|e| format!("can't read `{}`: {e}", from.display()))?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match std::fs::read_link(&from) {
            Ok(target) => symlink(target, &to).map_err(|e| unmade(&to, &e))?,
            Err(_) => found.push((from, to, entry.file_name().to_string_lossy().into_owned())),
        }
    }
    Ok(found)
}

/// Lays out what a scenario finds on any Debian, and its own files.
///
/// # Errors
/// What can't be done, in words.
pub fn fill(job: &Job, place: &Place) -> Result<(), String> {
    for path in
        wrapper::log_files(&job.config).iter().chain(&[BString::from("/var/log/apache2/x"), "/run/apache2/x".into()])
    {
        if let Some(parent) = place.at(&path.to_str_lossy()).parent() {
            folder(parent)?;
        }
    }
    let fresh = Memory::new();
    let mut folders = vec![BString::from("/")];
    while let Some(dir) = folders.pop() {
        for name in fresh.list(&dir).unwrap_or_default() {
            let path = BString::from([dir.trim_end_with(|c| c == '/'), b"/", &name].concat());
            match fresh.lstat(&path).map(|s| s.kind) {
                Ok(Kind::Directory) => {
                    folder(&place.at(&path.to_str_lossy()))?;
                    folders.push(path);
                }
                Ok(Kind::Regular) => {
                    let text = fresh.read(&path).unwrap_or_default();
                    let to = place.at(&path.to_str_lossy());
                    std::fs::write(&to, &*text).map_err(|e| unmade(&to, &e))?;
                }
                _ => {}
            }
        }
    }
    if let Some(modules) = job.modules.first().and_then(|m| m.2.parent()) {
        let _ = symlink(modules, place.at("/etc/apache2/modules"));
    }
    let hosts: Vec<String> = job.hosts.iter().map(|(ip, name)| format!("{ip} {name}\n")).collect();
    let to = place.at("/etc/hosts");
    std::fs::write(&to, hosts.concat()).map_err(|e| unmade(&to, &e))?;
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
            std::fs::write(&to, certificate(place)?).map_err(|e| unmade(&to, &e))?;
        }
    }
    // last, as they may shut folders
    for file in job.files.iter().rev().filter(|f| !matches!(f.content, Content::Symlink(_))) {
        let to = place.at_bytes(&file.path);
        let mode = if job.way == Way::Root { file.mode } else { as_seen(file) };
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(mode)).map_err(|e| unmade(&to, &e))?;
    }
    if job.way != Way::Root && !job.files.iter().any(|f| f.path == "/root") {
        let _ = std::fs::set_permissions(place.at("/root"), std::fs::Permissions::from_mode(0o000));
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
            if to.is_symlink() {
                let _ = std::fs::remove_file(&to);
            }
            std::fs::write(&to, &*place.rewritten(text)).and_then(|()| date(file, &to))
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
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// Makes a folder and its parents, all of them open to everybody.
pub fn folder(path: &Path) -> Result<(), String> {
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(|e| unmade(path, &e))
}

fn unmade(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("can't put `{}` there: {error}", path.display())
}

fn mounted(kind: &str, on: &Path, options: &str) -> Result<(), String> {
    let data = CString::new(options).map_err(|e| e.to_string())?;
    mount(kind, on, kind, MountFlags::empty(), Some(data.as_c_str()))
        .map_err(|e| format!("can't mount {kind} on `{}`: {e}", on.display()))
}

fn bound(from: &Path, on: &Path) -> Result<(), String> {
    mount_bind_recursive(from, on).map_err(|e| format!("can't bind `{}`: {e}", from.display()))
}

/// Gives the loopback device all addresses.
fn network(job: &Job) -> Result<(), String> {
    let mut addresses: BTreeSet<IpAddr> = job.asks.iter().flat_map(|a| [a.client, a.server]).collect();
    addresses.extend(wrapper::addresses(&job.config));
    addresses.extend(job.hosts.iter().map(|h| h.0));
    let own = |ip: &IpAddr| match ip {
        IpAddr::V4(a) => {
            !(a.is_loopback()
                || a.is_unspecified()
                || a.is_broadcast()
                || a.is_multicast()
                || a.octets()[3] == 0
                || a.octets()[0] == 255)
        }
        IpAddr::V6(a) => !(a.is_loopback() || a.is_unspecified() || a.is_multicast() || a.to_ipv4_mapped().is_some()),
    };
    let mut lines = String::from("link set lo up\n");
    for ip in addresses.iter().filter(|ip| own(ip)) {
        let rest = if ip.is_ipv6() { "/128 dev lo nodad" } else { "/32 dev lo" };
        lines.push_str(&format!("addr add {ip}{rest}\n"));
    }
    let mut command = Command::new("ip");
    command.args(["-force", "-batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("can't run `ip`: {e}"))?;
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(lines.as_bytes());
    }
    child.wait().map_err(|e| format!("`ip` failed: {e}"))?;
    if job.way == Way::User {
        let _ = std::fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    }
    Ok(())
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
    let output = Command::new("openssl")
        .env("OPENSSL_CONF", &settings)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"])
        .args(["-subj", "/CN=localhost", "-keyout", "-", "-out", "-"])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("can't run `openssl`: {e}"))?;
    std::fs::write(&path, &output.stdout).map_err(|e| unmade(&path, &e))?;
    Ok(output.stdout)
}
