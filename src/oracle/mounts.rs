//! The file system that a scenario finds: the machine's system directories below a layer of the run's own, in a root
//! of its own.
//!
//! This is done with the rights that the keeper has on the machine, before anything of the scenario runs. Nothing of
//! the machine can be written through it: what is changed goes to one tmpfs, which has a limit and ends with the run.
//! What of the machine is seen belongs to nobody there, so that even the run's root reads what anybody may read.

use super::job::{Content, Job};
use super::layout::{self, folder, unmade};
use super::wrapper;
use crate::limits;
use bstr::ByteSlice;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Component, Path, PathBuf};

/// Directories of the machine that programs need.
const SYSTEM: &[&str] = &["bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr"];
/// Directories among them that a scenario finds empty.
const EMPTY: &[&str] = &["etc/apache2", "usr/lib/cgi-bin", "usr/local", "usr/share/apache2"];
/// Directories that everybody may write to.
const SHARED: &[&str] = &["tmp", "var/tmp", "var/lib/php/sessions", "dev/shm"];
/// Devices that programs need.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];
/// Where the new root is put together: one of these is on any machine.
const WORKBENCH: &[&str] = &["/mnt", "/media", "/opt", "/srv", "/tmp"];

/// A root that is being put together.
pub(super) struct Root {
    /// Where it is.
    pub path: PathBuf,
    bench: PathBuf,
    /// Whom its directories are to belong to; none: whoever makes them.
    owner: Option<u32>,
}

impl Root {
    /// Puts together the root of `job`, in a mount namespace of the process's own.
    ///
    /// # Errors
    /// What can't be done, in words.
    pub(super) fn new(job: Option<&Job>, owner: Option<u32>) -> Result<Root, String> {
        let bench = WORKBENCH.iter().map(PathBuf::from).find(|p| p.is_dir());
        let bench = bench.ok_or("there is no directory to mount on")?;
        mounted(
            "tmpfs",
            &bench,
            PLAIN,
            &format!("mode=755,size={},nr_inodes={}", limits::run::DISK, limits::run::FILES),
        )?;
        let root = Root { path: bench.join("root"), bench, owner };
        root.made(&root.path, 0o755)?;
        bound(&root.path, &root.path)?;
        let changed: Vec<PathBuf> = job.map(changed).unwrap_or_default().iter().map(|path| real(path)).collect();
        for (name, from) in tops(job)? {
            root.layer(&name, &from, &changed)?;
        }
        root.emptied(job)?;
        root.devices()?;
        root.made(&root.path.join("proc"), 0o555)?;
        root.made(&root.path.join("sys"), 0o555)?;
        let run = root.path.join("var/run");
        root.made(&root.path.join("var"), 0o755)?;
        symlink("/run", &run).map_err(|e| unmade(&run, &e))?;
        for name in SHARED {
            root.made(&root.path.join(name), 0o1777)?;
        }
        // nothing but processes is in it: no settings of the kernel, no keys, no memory
        mounted("proc", &root.path.join("proc"), PLAIN | MountFlags::NOEXEC, "subset=pid")?;
        Ok(root)
    }

    /// Makes it the root of this process and of those that share its namespace, with nothing left of the other.
    ///
    /// # Errors
    /// What can't be done, in words.
    pub(super) fn enter(&self) -> Result<(), String> {
        let proc = self.path.join("proc");
        mount_remount(&proc, MountFlags::BIND | PLAIN | MountFlags::NOEXEC | MountFlags::RDONLY, c"")
            .map_err(|e| format!("can't make /proc read-only: {e}"))?;
        let at = |what: &'static str| move |e: &dyn std::fmt::Display| format!("can't {what}: {e}");
        std::env::set_current_dir(&self.path).map_err(|e| at("enter the new root")(&e))?;
        rustix::process::pivot_root(".", ".").map_err(|e| at("change the root")(&e))?;
        unmount(".", UnmountFlags::DETACH).map_err(|e| at("leave the old root")(&e))?;
        std::env::set_current_dir("/").map_err(|e| at("enter the new root")(&e))
    }

    /// One of the machine's directories, with those of `changed` that are in it above it.
    fn layer(&self, name: &str, from: &Path, changed: &[PathBuf]) -> Result<(), String> {
        let to = self.path.join(name);
        if let Ok(target) = std::fs::read_link(from) {
            return symlink(target, &to).map_err(|e| unmade(&to, &e));
        }
        let [upper, work] = ["upper", "work"].map(|kind| self.bench.join(kind).join(name));
        for directory in [&to, &upper, &work] {
            self.made(directory, 0o755)?;
        }
        for rest in changed.iter().filter_map(|path| path.strip_prefix(from).ok()) {
            self.opened(from, &upper, rest)?;
        }
        // whoever is no real root can't keep the layer's notes where a real root would
        let kind = if self.owner.is_some() { "" } else { ",userxattr" };
        let (lower, upper, work) = (from.display(), upper.display(), work.display());
        mounted("overlay", &to, PLAIN, &format!("lowerdir={lower},upperdir={upper},workdir={work}{kind}"))
    }

    /// Makes the directories of `path` the run's own, with the modes that they have on the machine: in those of the
    /// machine itself it may change nothing.
    fn opened(&self, lower: &Path, upper: &Path, path: &Path) -> Result<(), String> {
        let (mut from, mut to) = (lower.to_path_buf(), upper.to_path_buf());
        for part in path {
            from.push(part);
            to.push(part);
            let mode = std::fs::symlink_metadata(&from).ok().filter(std::fs::Metadata::is_dir).map(|m| m.mode());
            self.made(&to, mode.unwrap_or(0o755) & 0o777)?;
        }
        Ok(())
    }

    /// Covers the directories of the machine that a scenario finds empty.
    fn emptied(&self, job: Option<&Job>) -> Result<(), String> {
        for name in EMPTY.iter().filter(|name| !kept(job, name)) {
            let to = self.path.join(name);
            if to.is_dir() {
                let empty = self.bench.join("empty").join(name);
                self.made(&empty, 0o755)?;
                bound(&empty, &to)?;
            }
        }
        Ok(())
    }

    /// A /dev with no more than what any program may use.
    fn devices(&self) -> Result<(), String> {
        let dev = self.path.join("dev");
        self.made(&dev, 0o755)?;
        for name in DEVICES {
            let (from, to) = (Path::new("/dev").join(name), dev.join(name));
            std::fs::write(&to, "").map_err(|e| unmade(&to, &e))?;
            bound(&from, &to)?;
        }
        for (name, target) in [("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
            let to = dev.join(name);
            symlink(Path::new("/proc/self").join(target), &to).map_err(|e| unmade(&to, &e))?;
        }
        Ok(())
    }

    /// Makes a directory, and those above it, with an owner.
    fn made(&self, path: &Path, mode: u32) -> Result<(), String> {
        let new: Vec<&Path> = path.ancestors().take_while(|p| !p.exists()).collect();
        folder(path)?;
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).map_err(|e| unmade(path, &e))?;
        for path in new.into_iter().filter(|_| self.owner.is_some()) {
            lchown(path, self.owner, self.owner).map_err(|e| unmade(path, &e))?;
        }
        Ok(())
    }
}

/// Nothing in there gives a program more rights, nothing is a device.
const PLAIN: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);

/// The directories in the machine's root that are seen: those that programs need, and those in which httpd is.
fn tops(job: Option<&Job>) -> Result<Vec<(String, PathBuf)>, String> {
    let entries = std::fs::read_dir("/").map_err(|e| format!("can't read `/`: {e}"))?;
    let named = entries.flatten().map(|e| (e.file_name().to_string_lossy().into_owned(), e.path()));
    Ok(named.filter(|(name, path)| (SYSTEM.contains(&&**name) || kept(job, name)) && path.is_dir()).collect())
}

/// Whether httpd itself is in a directory of the machine.
fn kept(job: Option<&Job>, name: &str) -> bool {
    let path = Path::new("/").join(name);
    job.is_some_and(|job| job.program.starts_with(&path) || job.modules.iter().any(|m| m.2.starts_with(&path)))
}

/// The directories in which something of the run's own will be, and those that it gives other permissions.
fn changed(job: &Job) -> BTreeSet<PathBuf> {
    let parent = |path: PathBuf| path.parent().map(Path::to_path_buf);
    let named = wrapper::log_files(&job.config).into_iter().chain(wrapper::certificates(&job.config));
    let own = job.files.iter().map(|f| match f.content {
        Content::Directory => Some(layout::path_of(&f.path)),
        _ => parent(layout::path_of(&f.path)),
    });
    let usual = layout::usual().into_iter().map(|(path, text)| match text {
        None => Some(layout::path_of(&path)),
        Some(_) => parent(layout::path_of(&path)),
    });
    let all = own.chain(named.map(|path| parent(path.to_path_lossy().into_owned()))).chain(usual).flatten();
    // what leads upwards leads nowhere here
    all.filter(|p| p.is_absolute() && p.components().all(|c| c != Component::ParentDir)).collect()
}

/// A path with the links of the machine on it followed, as far as there is anything.
fn real(path: &Path) -> PathBuf {
    let found = path.ancestors().find_map(|p| Some((p, p.canonicalize().ok()?)));
    found.map_or_else(|| path.into(), |(there, real)| real.join(path.strip_prefix(there).unwrap_or(Path::new(""))))
}

fn mounted(kind: &str, on: &Path, flags: MountFlags, options: &str) -> Result<(), String> {
    let data = CString::new(options).map_err(|e| e.to_string())?;
    mount(kind, on, kind, flags, Some(data.as_c_str()))
        .map_err(|e| format!("can't mount {kind} on `{}`: {e}", on.display()))
}

fn bound(from: &Path, on: &Path) -> Result<(), String> {
    mount_bind(from, on).map_err(|e| format!("can't bind `{}` to `{}`: {e}", from.display(), on.display()))
}
