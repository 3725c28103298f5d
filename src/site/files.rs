//! The .htaccess files of a site.

use super::Site;
use crate::diagnostic::Diagnostic;
use crate::limits::TREE_ENTRIES;
use crate::vfs::{Cred, Kind, Vfs, resolve};
use bstr::{BString, ByteSlice};

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
        let mut room = TREE_ENTRIES;
        for (number, server) in run.server().servers.iter().enumerate() {
            let root = BString::from(server.core().document_root());
            let mut found = Vec::new();
            search(&*self.0.input.vfs, &root, &mut room, &mut found);
            found.iter().for_each(|file| run.look_at(number, file));
        }
        run.htaccess_errors()
    }
}

/// The files below a directory whose name says that they are .htaccess files; links are not followed.
fn search(vfs: &dyn Vfs, directory: &BString, room: &mut usize, found: &mut Vec<BString>) {
    let mut todo = vec![directory.clone()];
    while let Some(directory) = todo.pop() {
        let Ok(names) = resolve::list(vfs, &Cred::root(), &directory) else { continue };
        for name in names {
            let Some(left) = room.checked_sub(1) else { return };
            *room = left;
            let path: BString = [directory.trim_end_with(|c| c == '/'), b"/", &name].concat().into();
            match resolve::lstat(vfs, &Cred::root(), &path).map(|stat| stat.kind) {
                Ok(Kind::Directory) => todo.push(path),
                Ok(Kind::Regular) if name == ".htaccess" => found.push(path),
                _ => {}
            }
        }
    }
}
