//! A configuration of this machine: where its paths are looked up, and what it reads from its surroundings.

use super::htaccess::{self, Checked};
use super::named::Named;
use super::{Site, envvars, paths};
use crate::limits::FILE_BYTES;
use crate::server::compile::{Input, Modules};
use crate::server::engine::RealPrograms;
use crate::server::world::World;
use crate::version::Version;
use crate::vfs::{Cached, Disk, HIDDEN, Kind, open};
use bstr::BString;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a configuration of this machine is read.
///
/// ```
/// use routesim::site::{Site, SiteOptions};
///
/// let dir = std::env::temp_dir().join(format!("routesim-site-options-{}", std::process::id()));
/// std::fs::create_dir_all(&dir)?;
/// std::fs::write(dir.join("httpd.conf"), "<IfDefine TEST>\nRedirect / ${HOME_PAGE}\n</IfDefine>\n")?;
/// let env = vec![("HOME_PAGE".into(), "https://www.example.com/".into())];
/// let options = SiteOptions { env, defines: vec!["TEST".into()], ..SiteOptions::default() };
/// let site = Site::open(&dir.join("httpd.conf"), &options)?;
/// assert_eq!(site.directives().next().map(|d| d.args().to_string()), Some("/ https://www.example.com/".into()));
/// # std::fs::remove_dir_all(dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SiteOptions {
    /// The directory that is `/` to the server, as in a chroot; none for the machine's own.
    pub root: Option<PathBuf>,
    /// Variables for `${NAME}`, besides those of `envvars`.
    pub env: Vec<(String, String)>,
    /// A script that sets such variables; none for Debian's `envvars` beside the configuration, where it is there.
    pub envvars: Option<PathBuf>,
    /// The httpd that reads it; the reference where it is left out.
    pub httpd: Version,
    /// As httpd's `-D`.
    pub defines: Vec<String>,
    /// Modules that are loaded besides those of LoadModule lines.
    pub modules: Modules,
    /// Whether directives of modules that are not loaded are passed over, each with a caveat.
    pub assume_modules: bool,
    /// Names that look-ups find, both ways, besides localhost.
    pub hosts: Vec<(IpAddr, String)>,
    /// Ports that httpd listens on besides those of the configuration.
    pub ports: Vec<u16>,
}

/// Why a configuration can't be read.
///
/// ```
/// use routesim::site::{Site, SiteOptions};
///
/// let failed = Site::open("/no/such/httpd.conf".as_ref(), &SiteOptions::default()).err().expect("there is none");
/// assert!(failed.to_string().starts_with("can't read `/no/such/httpd.conf`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError(String);

impl OpenError {
    /// A directory that can't be looked into; `what` names it.
    pub(super) fn directory(what: impl fmt::Display, error: &io::Error) -> OpenError {
        OpenError(format!("{what}: {}", why(error)))
    }

    /// What can't be told otherwise.
    fn said(words: String) -> OpenError {
        OpenError(words)
    }

    /// A file that can't be read.
    pub(super) fn file(what: impl fmt::Display, error: &io::Error) -> OpenError {
        OpenError(format!("can't read {what}: {}", why(error)))
    }
}

/// Where a server's own configuration is, below a directory that has one.
const USUAL: [&str; 3] = ["apache2.conf", "conf/httpd.conf", "httpd.conf"];

/// Where systems have theirs.
pub(crate) const SYSTEMS: [&str; 4] = ["/etc/apache2", "/etc/httpd", "/usr/local/apache2", "/usr/local/etc/apache24"];

/// What httpd reads as root, routesim may not always.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => HIDDEN.into(),
        _ => open::why(error, FILE_BYTES),
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

impl Site {
    /// The site of a configuration file of this machine, over the machine's own files or those below a root. Nothing is
    /// written, and nothing of it is run.
    ///
    /// ```no_run
    /// use routesim::Request;
    /// use routesim::site::{Site, SiteOptions};
    /// use std::path::Path;
    ///
    /// let site = Site::open(Path::new("/etc/apache2/apache2.conf"), &SiteOptions::default())?;
    /// for found in site.diagnostics() {
    ///     println!("{}: {}", site.sources().place(found.span), found.message);
    /// }
    /// # Ok::<(), routesim::site::OpenError>(())
    /// ```
    ///
    /// # Errors
    /// A root that is not there, a file that can't be read. What httpd would refuse is in [`Site::diagnostics`].
    pub fn open(config: &Path, options: &SiteOptions) -> Result<Site, OpenError> {
        Ok(Site::of(options.input(config)?, Arc::new(RealPrograms)))
    }

    /// The configuration file that is meant: the one that is given, the usual one of a directory, or for `auto` this
    /// machine's (or that of `root`).
    pub(crate) fn main_file(given: &Path, root: Option<&Path>) -> Result<PathBuf, OpenError> {
        let disk = disk(root)?;
        let is = |path: &Path, kind: Kind| Named::new(path, &disk).kind() == Some(kind);
        let names = |directory: &Path| USUAL.map(|name| directory.join(name));
        let usual = |directory: &Path| names(directory).into_iter().find(|file| is(file, Kind::Regular));
        if given == Path::new("auto") && !given.exists() {
            let below = |system: &&str| root.unwrap_or(Path::new("/")).join(system.trim_start_matches('/'));
            let found = SYSTEMS.iter().find_map(|system| usual(&below(system)));
            let none = || OpenError::said(format!("-c auto: no configuration in {}", SYSTEMS.join(", ")));
            return found.ok_or_else(none);
        }
        if !is(given, Kind::Directory) {
            return Ok(given.into());
        }
        let none = || format!("`{}` has none of {}: name the file", given.display(), USUAL.join(", "));
        usual(given).ok_or_else(|| OpenError::said(none()))
    }
}

/// What is below the directory that is `/` to the server.
fn disk(root: Option<&Path>) -> Result<Disk, OpenError> {
    let root = root.unwrap_or(Path::new("/"));
    Disk::new(root).map_err(|e| OpenError::directory(format_args!("--root `{}`", root.display()), &e))
}

impl SiteOptions {
    /// What is wrong with an .htaccess file of this machine, with everything allowed there.
    ///
    /// # Errors
    /// A root that is not there, a file that can't be read.
    pub fn check_htaccess(&self, file: &Path) -> Result<Checked, OpenError> {
        Ok(htaccess::check(self.input(file)?))
    }

    /// What reading a file begins with.
    fn input(&self, config: &Path) -> Result<Input, OpenError> {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let disk = disk(self.root.as_deref())?;
        let file = Named::new(config, &disk);
        let (name, text, env) = (file.name(), file.read()?, self.environment(&file, &disk)?);
        let mut world = World { env, hosts_complete: false, ..World::default() };
        world.hosts.extend(self.hosts.iter().cloned());
        Ok(Input {
            paths: paths::below(root, &disk, file.is_outside().then(|| name.clone())),
            name,
            version: self.httpd,
            modules: self.modules.clone(),
            defines: self.defines.clone(),
            world,
            lenient_paths: true,
            assume_modules: self.assume_modules,
            ports: self.ports.clone(),
            own_ports: true,
            ..Input::new(text, Arc::new(Cached::new(disk)), &crate::modules::CATALOGUE)
        })
    }

    fn environment(&self, config: &Named<'_>, disk: &Disk) -> Result<HashMap<BString, BString>, OpenError> {
        let mut env = HashMap::new();
        let script = match &self.envvars {
            Some(file) => Some(Named::new(file, disk)),
            None => config.beside("envvars"),
        };
        if let Some(script) = script {
            envvars::read(&String::from_utf8_lossy(&script.read()?), &mut env);
        }
        env.extend(self.env.iter().cloned());
        Ok(env.into_iter().map(|(n, v)| (n.into(), v.into())).collect())
    }
}
