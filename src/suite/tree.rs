//! From a scenario's files to the tree that httpd sees.

use super::files::{FileEntry, FileKind};
#[cfg(feature = "disk")]
use super::from::Room;
use super::programs::{Program, implied, is_cgi_name, wsgi_targets};
use crate::diagnostic::{Diagnostic, Findings};
use crate::vfs::{Cred, Errno, Memory, Owner, Users, resolve};
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Nothing is copied.
#[cfg(not(feature = "disk"))]
#[derive(Default)]
struct Room {}

/// A scenario's file system, with what is known of its programs.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScenarioFs {
    /// The tree.
    pub memory: Memory,
    /// What runs when a file is run, by link-free path; what is not here is no program.
    pub programs: HashMap<BString, Program>,
    /// The machine's users, by the tree's /etc/passwd and /etc/group.
    pub users: Users,
}

impl ScenarioFs {
    /// Puts `files` into a Debian root, in their order; `config` says which scripts mod_wsgi is to run.
    ///
    /// # Errors
    /// A path that leads through a file, a folder that is in the way, a `from` that is not there.
    pub(crate) fn build(files: &[FileEntry], config: &str) -> Result<ScenarioFs, Vec<Diagnostic>> {
        let mut fs = ScenarioFs { memory: Memory::new(), ..ScenarioFs::default() };
        let wsgi = wsgi_targets(config);
        let (mut problems, mut room) = (Findings::default(), Room::default());
        // users first: owners are known by name
        let is_users = |f: &&FileEntry| f.path == "/etc/passwd" || f.path == "/etc/group";
        for entry in files.iter().filter(is_users) {
            problems.extend(fs.add(entry, &wsgi, &mut room).err().map(|d| *d));
        }
        fs.users = Users::of(&fs.memory);
        for entry in files.iter().filter(|f| !is_users(f)) {
            problems.extend(fs.add(entry, &wsgi, &mut room).err().map(|d| *d));
        }
        if problems.is_empty() { Ok(fs) } else { Err(problems.all()) }
    }

    /// What runs when the file at `path` is run, links followed.
    pub(crate) fn program(&self, path: &[u8]) -> Program {
        match resolve::walk(&self.memory, &Cred::root(), path, true) {
            Ok((real, _)) => self.programs.get(real.as_bstr()).copied().unwrap_or_default(),
            Err(_) => Program::None,
        }
    }

    fn add(&mut self, entry: &FileEntry, wsgi: &HashSet<&str>, room: &mut Room) -> Result<(), Box<Diagnostic>> {
        let owner = self.users.owner(entry.owner.as_deref(), entry.group.as_deref());
        let path = entry.path.as_bytes();
        let added = match &entry.kind {
            FileKind::Directory => self.memory.add_dir(path, entry.mode, owner).map(drop),
            FileKind::Symlink(target) => self.memory.add_symlink(path, target.as_bytes(), owner).map(drop),
            FileKind::Regular(content, probe) => {
                let (content, program) = match content {
                    Some(text) => (text.clone(), Program::of_text(text.as_bytes())),
                    None => implied(&entry.path, entry.mode, *probe, wsgi),
                };
                self.add_file(entry.path.as_bytes(), content.into_bytes(), program, mode_of(entry), owner, entry.mtime)
            }
            FileKind::From(source) => return self.copy(entry, source, owner, room),
        };
        added.map_err(|e| in_the_way(entry, e))
    }

    fn add_file(
        &mut self,
        path: &[u8],
        content: impl Into<Arc<[u8]>>,
        program: Program,
        mode: u32,
        owner: Owner,
        mtime: Option<i64>,
    ) -> Result<(), Errno> {
        let real = self.memory.add_file(path, content, mode, owner)?;
        if let Some(seconds) = mtime {
            self.memory.set_mtime(&real, seconds.saturating_mul(1_000_000));
        }
        if program == Program::None {
            self.programs.remove(&real);
        } else {
            self.programs.insert(real, program);
        }
        Ok(())
    }

    #[cfg(not(feature = "disk"))]
    fn copy(&mut self, entry: &FileEntry, _: &Path, _: Owner, _: &mut Room) -> Result<(), Box<Diagnostic>> {
        let message = "`from` needs a build with the feature `disk`";
        Err(Box::new(Diagnostic::error("no-disk", message, entry.at.span)))
    }

    /// Copies a file or directory of the machine, links as they are. Permissions are made the same everywhere: 0755 for
    /// directories and what its owner may run, 0644 for the rest; a `mode` is that of the uppermost.
    #[cfg(feature = "disk")]
    fn copy(&mut self, entry: &FileEntry, source: &Path, owner: Owner, room: &mut Room) -> Result<(), Box<Diagnostic>> {
        use super::from::{Content, Unreadable};
        let unreadable = |e: Unreadable| {
            let message = format!("can't read `{}`: {}", e.path.display(), e.why);
            Box::new(Diagnostic::error("missing-file", message, entry.at.span).help(e.help))
        };
        let found = room.survey(source).map_err(unreadable)?;
        for one in &found.entries {
            let path = [entry.path.trim_end_matches('/').as_bytes(), &one.path].concat();
            let uppermost = one.path.is_empty();
            let added = match room.content(&found, one).map_err(unreadable)? {
                Content::Directory if uppermost => {
                    self.memory.add_dir(entry.path.as_bytes(), entry.mode, owner).map(drop)
                }
                Content::Directory => self.memory.add_dir(&path, None, owner).map(drop),
                Content::Symlink(target) => self.memory.add_symlink(&path, &target, owner).map(drop),
                Content::Regular(content, may_run) => {
                    let program = Program::of_text(&content);
                    let mode = if uppermost { mode_of(entry) } else { 0o644 | if may_run { 0o111 } else { 0 } };
                    self.add_file(&path, content, program, mode, owner, entry.mtime)
                }
            };
            added.map_err(|e| in_the_way(entry, e))?;
        }
        Ok(())
    }
}

/// Why an entry has no place in the tree.
fn in_the_way(entry: &FileEntry, errno: Errno) -> Box<Diagnostic> {
    let why = match errno {
        Errno::NotDirectory => "a parent of the path is not a directory",
        Errno::NotFound => "a parent of the path is a dangling symlink",
        Errno::Loop => "its path has too many symlinks",
        Errno::NameTooLong => "its name is too long",
        _ => "there is a directory already",
    };
    Box::new(Diagnostic::error("wrong-value", format!("can't put `{}` there: {why}", entry.path), entry.at.span))
}

/// A file's permissions, where they are not given by its name.
fn mode_of(entry: &FileEntry) -> u32 {
    entry.mode.unwrap_or(if is_cgi_name(&entry.path) { 0o755 } else { 0o644 })
}

#[cfg(test)]
mod tests {
    use super::super::files::Probe;
    use super::super::yaml::At;
    use super::*;
    use crate::source::Span;
    use crate::vfs::Vfs;

    fn entry(path: &str, kind: FileKind) -> FileEntry {
        let at = At { span: Span::NONE, line: 0, column: 0 };
        FileEntry { path: path.into(), kind, mode: None, owner: None, group: None, mtime: None, at }
    }

    fn text(content: &str) -> FileKind {
        FileKind::Regular(Some(content.into()), None)
    }

    #[test]
    fn implied_content() {
        let probe = |p| FileKind::Regular(None, Some(p));
        let none = || FileKind::Regular(None, None);
        let mut files = vec![
            entry("/w/a.html", none()),
            entry("/w/.htaccess", none()),
            entry("/w/a.py", none()),
            entry("/w/named", none()),
            entry("/w/a.sh", none()),
            entry("/w/tool", none()),
            entry("/w/probe", probe(Probe::Cgi)),
            entry("/w/page", probe(Probe::Php)),
            entry("/w/full.cgi", text("#!/bin/sh\n")),
            entry("/w/full.wsgi", text("no program")),
            entry("/w/app.py", text("import os\ndef application(environ, start_response):\n")),
            entry("/w/link", FileKind::Symlink("a.py".into())),
        ];
        files[5].mode = Some(0o4755);
        let fs = ScenarioFs::build(&files, "WSGIScriptAlias /x /w/named process-group=p\n").unwrap();
        for (path, start, mode, program) in [
            ("/w/a.html", "file:/w/a.html\n", 0o644, Program::None),
            ("/w/.htaccess", "#\n", 0o644, Program::None),
            ("/w/a.py", "import json", 0o644, Program::Wsgi),
            ("/w/named", "import json", 0o644, Program::Wsgi),
            ("/w/a.sh", "#!/bin/sh", 0o755, Program::Cgi),
            ("/w/tool", "#!/bin/sh", 0o4755, Program::Cgi),
            ("/w/probe", "#!/bin/sh", 0o644, Program::Cgi),
            ("/w/page", crate::suite::programs::PHP_PROBE, 0o644, Program::Php),
            ("/w/full.cgi", "#!/bin/sh", 0o755, Program::Script),
            ("/w/full.wsgi", "no program", 0o644, Program::None),
            ("/w/app.py", "import os", 0o644, Program::Wsgi),
        ] {
            assert!(fs.memory.read(path.as_bytes()).unwrap().starts_with(start.as_bytes()), "{path}");
            assert_eq!(fs.memory.lstat(path.as_bytes()).unwrap().mode, mode, "{path}");
            assert_eq!(fs.program(path.as_bytes()), program, "{path}");
        }
        assert_eq!(fs.program(b"/w/link"), Program::Wsgi);
        assert_eq!(fs.program(b"/w/none"), Program::None);
    }

    #[test]
    fn owners() {
        let mut files =
            vec![entry("/a", text("x")), entry("/b", text("x")), entry("/etc/passwd", text("bob:x:7:8::/:\n"))];
        files[0].owner = Some("bob".into());
        files[1].owner = Some("nobody-known".into());
        let fs = ScenarioFs::build(&files, "").unwrap();
        assert_eq!(fs.memory.lstat(b"/a").unwrap().uid, 7);
        assert!(fs.memory.lstat(b"/b").unwrap().uid >= 4000);
    }

    #[cfg(all(feature = "disk", unix))]
    #[test]
    fn copies() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = std::env::temp_dir().join(format!("routesim-tree-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("sub")).unwrap();
        std::fs::write(dir.join("sub/run"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(dir.join("sub/run"), std::fs::Permissions::from_mode(0o700)).unwrap();
        let _ = symlink("sub/run", dir.join("link"));
        let mut files = vec![
            entry("/srv/site", FileKind::From(dir.clone())),
            entry("/srv/one", FileKind::From(dir.join("sub/run"))),
            entry("/srv/gone", FileKind::From(dir.join("gone"))),
        ];
        let gone = ScenarioFs::build(&files, "").unwrap_err();
        assert_eq!((gone.len(), gone[0].code), (1, "missing-file"));
        files.pop();
        let fs = ScenarioFs::build(&files, "").unwrap();
        std::fs::remove_dir_all(dir).unwrap();
        assert_eq!(fs.memory.lstat(b"/srv/site/sub/run").unwrap().mode, 0o755);
        assert_eq!(fs.program(b"/srv/site/link"), Program::Script);
        assert_eq!(fs.program(b"/srv/one"), Program::Script);
    }

    #[test]
    fn no_place() {
        let files = [entry("/a", text("x")), entry("/a/b", text("x")), entry("/srv", text("x"))];
        let problems = ScenarioFs::build(&files, "").unwrap_err();
        let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
        let wanted = [
            "can't put `/a/b` there: a parent of the path is not a directory",
            "can't put `/srv` there: there is a directory already",
        ];
        assert_eq!(messages, wanted);
    }
}
