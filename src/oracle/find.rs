//! Finding the httpd of this machine.

use crate::version::Version;
use std::path::{Path, PathBuf};

/// Names under which systems install it.
const NAMES: &[&str] = &["apache2", "httpd"];
const FOLDERS: &[&str] = &["/usr/sbin", "/usr/local/sbin", "/usr/local/apache2/bin", "/usr/bin", "/opt/homebrew/bin"];
/// Where modules lie, relative to nothing.
const MODULES: &[&str] = &[
    "/usr/lib/apache2/modules",
    "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules",
    "/usr/local/apache2/modules",
    "/usr/lib/apache2",
    "/etc/httpd/modules",
];

/// An httpd that can be asked.
///
/// ```
/// use routesim::oracle::Httpd;
///
/// match Httpd::find(None) {
///     Ok(httpd) => assert!(httpd.version.starts_with("Apache/") && httpd.module_file("alias").is_some()),
///     Err(why) => println!("{why}"),
/// }
/// assert!(Httpd::find(Some("/bin/sh".as_ref())).is_err_and(|why| why.ends_with("is no httpd")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Httpd {
    /// The program.
    pub program: PathBuf,
    /// The folder with its modules.
    pub modules: PathBuf,
    /// `Apache/2.4.71 (Debian)`
    pub version: String,
}

impl Httpd {
    /// The httpd at `given`, or the one that is installed.
    ///
    /// # Errors
    /// In words, that there is none.
    pub fn find(given: Option<&Path>) -> Result<Httpd, String> {
        let program = match given {
            Some(path) if path.is_file() => path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?,
            Some(path) => return Err(format!("there is no httpd at `{}`", path.display())),
            None => installed().ok_or("there is no httpd on this machine: install apache2 or give --httpd PATH")?,
        };
        let bytes = std::fs::read(&program).map_err(|e| format!("`{}` can't be read: {e}", program.display()))?;
        let version = version(&bytes).ok_or_else(|| format!("`{}` is no httpd", program.display()))?;
        let beside = program.ancestors().skip(1).take(2).map(|p| p.join("modules"));
        let usual = MODULES.iter().map(PathBuf::from);
        let modules = beside.chain(usual).find(|m| m.join("mod_dir.so").is_file() || m.join("mod_alias.so").is_file());
        let modules =
            modules.ok_or_else(|| format!("the modules of `{}` are nowhere to be found", program.display()))?;
        Ok(Httpd { program, modules, version })
    }

    /// Whether it is of a version.
    pub(crate) fn is_version(&self, version: Version) -> bool {
        self.version.split([' ', '(']).next() == Some(&format!("Apache/{version}"))
    }

    /// The file of a module; none where it isn't installed.
    pub fn module_file(&self, name: &str) -> Option<PathBuf> {
        let file = match name {
            "php8.2" => return self.php(),
            name => self.modules.join(format!("mod_{name}.so")),
        };
        file.is_file().then_some(file)
    }

    /// mod_php, of any version.
    fn php(&self) -> Option<PathBuf> {
        let entries = std::fs::read_dir(&self.modules).ok()?;
        let files = entries.flatten().map(|e| e.path());
        files.filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("libphp"))).max()
    }

    /// mod_wsgi's version, which stands in its file before the text that it goes into; none where it isn't there.
    pub fn wsgi_version(&self) -> Option<String> {
        let bytes = std::fs::read(self.module_file("wsgi")?).ok()?;
        let pattern = regex::bytes::Regex::new(r"(?-u)\x00([0-9]+\.[0-9]+\.[0-9]+)\x00+mod_wsgi/%s\x00").ok()?;
        let found = pattern.captures(&bytes)?.get(1)?.as_bytes();
        Some(String::from_utf8_lossy(found).into_owned())
    }
}

/// What httpd calls itself, as it stands in its file: the program is not run for it. Where more than one text is like
/// it, the longest is the one with the system's name.
fn version(program: &[u8]) -> Option<String> {
    let pattern = regex::bytes::Regex::new(r"(?-u)\x00(Apache/[0-9]+\.[0-9]+\.[0-9]+[ -~]*)").ok()?;
    let found = pattern.captures_iter(program).map(|c| String::from_utf8_lossy(&c[1]).into_owned());
    found.max_by_key(String::len)
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from)).collect::<Vec<_>>();
    let mut candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    candidates.find(|p| p.is_file()).and_then(|p| p.canonicalize().ok())
}
