//! The .htaccess files of a site.

use super::Site;
use crate::diagnostic::Diagnostic;
use crate::limits::TREE_ENTRIES;
use crate::server::htaccess;
use crate::vfs::{Cred, Kind, Vfs, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::collections::BTreeMap;

impl Site {
    /// What is wrong with the .htaccess files below the DocumentRoots, each with its path: read with the modules and the
    /// AllowOverride that they meet there, as requests would read them. One that no AllowOverride lets in is not read. Empty
    /// where httpd would not start.
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
        let Ok(run) = self.start() else { return Vec::new() };
        let mut roots: BTreeMap<&BStr, Vec<usize>> = BTreeMap::new();
        for (number, server) in run.server().servers.iter().enumerate() {
            roots.entry(server.core().document_root()).or_default().push(number);
        }
        let mut room = TREE_ENTRIES;
        for (root, servers) in roots {
            let names = |number: &usize| htaccess::names(&run.server().servers[*number]);
            let called = |name: &[u8]| servers.iter().flat_map(names).any(|own| own == name);
            for file in search(&*self.0.input.vfs, root, called, &mut room) {
                servers.iter().for_each(|number| run.look_at(*number, &file));
            }
        }
        run.htaccess_errors()
    }
}

/// The files below a directory that are `called` as .htaccess files are; links are not followed.
fn search(vfs: &dyn Vfs, directory: &BStr, called: impl Fn(&[u8]) -> bool, room: &mut usize) -> Vec<BString> {
    let mut found = Vec::new();
    let mut todo = vec![BString::from(directory)];
    while let Some(directory) = todo.pop() {
        let Ok(names) = resolve::list(vfs, &Cred::root(), &directory) else { continue };
        for name in names {
            let Some(left) = room.checked_sub(1) else { return found };
            *room = left;
            let path: BString = [directory.trim_end_with(|c| c == '/'), b"/", &name].concat().into();
            match resolve::lstat(vfs, &Cred::root(), &path).map(|stat| stat.kind) {
                Ok(Kind::Directory) => todo.push(path),
                Ok(Kind::Regular) if called(&name) => found.push(path),
                _ => {}
            }
        }
    }
    found
}
