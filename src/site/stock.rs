//! The stock server: what stands around a directory of web files whose own server is not known.

use super::open::OpenError;
use super::{Modules, Site, named, paths};
use crate::server::compile::Input;
use crate::server::engine::RealPrograms;
use crate::server::world::World;
use crate::source::Paths;
use crate::vfs::{Cached, Disk, Memory, Mounted, Owner};
use std::path::Path;
use std::sync::Arc;

/// The stock server's configuration. (`routesim show stock` prints it.)
pub const STOCK: &str = include_str!("stock.conf");

/// What its text is called.
pub(super) const NAME: &str = "stock";

/// Where a directory of web files is to the stock server.
const ROOT: &str = "/var/www/html";

impl Site {
    /// A directory of web files with its .htaccess files, served by a stock server: all modules, PHP, ports 80 and 443,
    /// `AllowOverride All`. The files are taken to be readable for it.
    ///
    /// ```
    /// # #[cfg(feature = "disk")] {
    /// use routesim::{Request, Site};
    ///
    /// let site = Site::docroot("examples".as_ref())?;
    /// let outcome = site.start()?.ask(&Request::get("/ask.rs"));
    /// assert_eq!((outcome.status, outcome.file.unwrap().as_slice()), (200, &b"/var/www/html/ask.rs"[..]));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A directory that is not there.
    pub fn docroot(directory: &Path) -> Result<Site, OpenError> {
        let paths = paths::mounted(ROOT, directory);
        Ok(Site::of(input(mounted(directory)?, paths), Arc::new(RealPrograms)))
    }

    /// The same for an .htaccess file, whatever its name: its directory is the root, and it is the .htaccess file there.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn of_htaccess(file: &Path) -> Result<Site, OpenError> {
        let text = named::read(file)?;
        let directory = file.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
        let name = format!("{ROOT}/.htaccess");
        let tree = mounted(directory)?.with(&name, text.into());
        let paths = paths::mounted_with(ROOT, directory, name, file);
        Ok(Site::of(input(tree, paths), Arc::new(RealPrograms)))
    }
}

fn mounted(directory: &Path) -> Result<Mounted<Disk>, OpenError> {
    let disk = Disk::new(directory).map_err(|e| OpenError::directory(format_args!("`{}`", directory.display()), &e))?;
    let mut outside = Memory::new();
    // none of these can fail: what is above them are directories
    let _ = outside.add_dir(ROOT.as_bytes(), Some(0o755), Owner::ROOT);
    let _ = outside.add_file(b"/etc/ssl/certs/stock.pem", *b"", 0o644, Owner::ROOT);
    Ok(Mounted::new(outside, ROOT, disk))
}

fn input(tree: Mounted<Disk>, paths: Paths) -> Input {
    Input {
        paths,
        name: NAME.into(),
        modules: Modules::All,
        lenient_paths: true,
        world: World { hosts_complete: false, ..World::default() },
        own_ports: true,
        ports: Vec::new(),
        ..Input::new(STOCK, Arc::new(Cached::new(tree)), &crate::modules::CATALOGUE)
    }
}
