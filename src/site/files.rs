//! The .htaccess files of a site.

use super::Site;
use crate::conf::Node;
use crate::diagnostic::Diagnostic;
use crate::limits::TREE_ENTRIES;
use crate::run::Run;
use crate::server::htaccess;
use crate::source::FileId;
use crate::vfs::{Cred, Errno, Kind, Vfs, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::collections::BTreeMap;

/// The .htaccess files below the DocumentRoots.
struct Looked {
    /// A run that has read them.
    run: Run,
    /// Their paths, sorted.
    found: Vec<BString>,
    /// Those that may not be read.
    hidden: Vec<BString>,
}

impl Site {
    /// What is wrong with the .htaccess files below the DocumentRoots, each with its path: read with the modules and the
    /// AllowOverride that they meet there, as requests would read them. One that no AllowOverride lets in is not read. Of what
    /// routesim may not read, and httpd might, that is what is wrong (`unread-file`). Empty where httpd would not start.
    ///
    /// ```
    /// use routesim::Site;
    ///
    /// let config = "DocumentRoot /srv\n<Directory /srv>\nAllowOverride Indexes\n</Directory>\n";
    /// let site = Site::builder(config).file("/srv/a/.htaccess", "Require all denied\n").build()?;
    /// let wrong = site.check_htaccess_files();
    /// assert_eq!(wrong[0].0, "/srv/a/.htaccess");
    /// assert!(wrong[0].1.message.contains("not allowed here"));
    /// # Ok::<(), routesim::vfs::Errno>(())
    /// ```
    pub fn check_htaccess_files(&self) -> Vec<(String, Diagnostic)> {
        let Some(Looked { run, hidden, .. }) = self.look_at_htaccess_files() else { return Vec::new() };
        let shown = |path: &BString| (path.to_string(), Diagnostic::hidden(&self.sources().shown(path)));
        run.htaccess_errors().into_iter().chain(hidden.iter().map(shown)).collect()
    }

    /// The lines of the same files, each file with its directory. Files that are not read are not among them.
    pub(crate) fn htaccess_trees(&self) -> Vec<(BString, Vec<Node>)> {
        let Some(Looked { run, found, .. }) = self.look_at_htaccess_files() else { return Vec::new() };
        let read = run.sources().files_from(0);
        let tree = |path: BString| {
            let file = read.iter().position(|file| file.name.as_bytes() == path)?;
            let nodes = htaccess::nodes(run.server(), &self.0.input.vfs, FileId(file as u32));
            Some((path[..path.rfind_byte(b'/')?].into(), nodes))
        };
        found.into_iter().filter_map(tree).collect()
    }

    /// Reads the .htaccess files below the DocumentRoots, as requests would.
    fn look_at_htaccess_files(&self) -> Option<Looked> {
        let run = self.start().ok()?;
        let mut roots: BTreeMap<&BStr, Vec<usize>> = BTreeMap::new();
        for (number, server) in run.server().servers.iter().enumerate() {
            roots.entry(server.core().document_root()).or_default().push(number);
        }
        let (mut room, mut all, mut hidden) = (TREE_ENTRIES, Vec::new(), Vec::new());
        for (root, servers) in roots {
            let names = |number: &usize| htaccess::names(&run.server().servers[*number]);
            let called = |name: &[u8]| servers.iter().flat_map(names).any(|own| own == name);
            let mut search = Search { vfs: &*self.0.input.vfs, called, found: Vec::new(), hidden: Vec::new() };
            search.below(root, &mut room);
            for file in &search.found {
                servers.iter().for_each(|number| run.look_at(*number, file));
            }
            all.append(&mut search.found);
            hidden.append(&mut search.hidden);
        }
        all.sort();
        all.dedup();
        Some(Looked { run, found: all, hidden })
    }
}

/// Files below a directory that are `called` as .htaccess files are; links are not followed.
struct Search<'v, C> {
    vfs: &'v dyn Vfs,
    called: C,
    found: Vec<BString>,
    /// Directories that routesim may not list.
    hidden: Vec<BString>,
}

impl<C: Fn(&[u8]) -> bool> Search<'_, C> {
    fn below(&mut self, directory: &BStr, room: &mut usize) {
        let root = Cred::root();
        let mut todo = vec![BString::from(directory)];
        while let Some(directory) = todo.pop() {
            let names = match resolve::list(self.vfs, &root, &directory) {
                Ok(names) => names,
                Err(Errno::Hidden) => {
                    self.hidden.push(directory);
                    continue;
                }
                Err(_) => continue,
            };
            for name in names {
                let Some(left) = room.checked_sub(1) else { return };
                *room = left;
                let path: BString = [directory.trim_end_with(|c| c == '/'), b"/", &name].concat().into();
                match resolve::lstat(self.vfs, &root, &path).map(|stat| stat.kind) {
                    Ok(Kind::Directory) => todo.push(path),
                    Ok(Kind::Regular) if (self.called)(&name) => self.found.push(path),
                    _ => {}
                }
            }
        }
    }
}
