//! The options of a configuration of this machine.

use super::{Failure, failure};
use crate::modules::known;
use crate::report::search::quoted;
use crate::site::{Modules, SYSTEMS, Site, SiteOptions};
use crate::suggest::closest;
use crate::version::Version;
use crate::vfs::HIDDEN;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The options of a configuration.
#[derive(Clone, clap::Args)]
pub(super) struct Machine {
    /// Treat DIR as the root of the file system, as in a chroot [default: /]
    #[arg(long, value_name = "DIR", help_heading = "Configuration options")]
    pub root: Option<PathBuf>,

    /// Set the variable used as ${NAME}; may be repeated
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Configuration options")]
    pub env: Vec<String>,

    /// Script of `export NAME=value` lines to read (never run); Debian's `envvars` next to FILE is read automatically
    #[arg(long, value_name = "FILE", help_heading = "Configuration options")]
    pub envvars: Option<PathBuf>,

    /// Define NAME, as httpd's -D does; may be repeated
    #[arg(short = 'D', value_name = "NAME", help_heading = "Configuration options")]
    pub defines: Vec<String>,

    /// Modules to load besides those that LoadModule names
    #[arg(long, value_name = "all|LIST", help_heading = "Configuration options")]
    pub modules: Option<String>,

    /// Ignore directives of missing modules, with a caveat for each
    #[arg(long, help_heading = "Configuration options")]
    pub assume_modules: bool,

    /// Host name that DNS look-ups find; may be repeated
    #[arg(long, value_name = "ADDRESS=NAME", help_heading = "Configuration options")]
    pub host_name: Vec<String>,
}

impl Machine {
    /// The first of these options that was used.
    pub(super) fn used(&self) -> Option<&'static str> {
        let used = [
            (self.root.is_some(), "--root"),
            (!self.env.is_empty(), "--env"),
            (self.envvars.is_some(), "--envvars"),
            (!self.defines.is_empty(), "-D"),
            (self.modules.is_some(), "--modules"),
            (self.assume_modules, "--assume-modules"),
            (!self.host_name.is_empty(), "--host-name"),
        ];
        used.iter().find(|u| u.0).map(|u| u.1)
    }

    /// These options as a line of a shell has them, each with a blank behind.
    pub(super) fn words(&self) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let one = |name: &'static str, value: Option<String>| value.map(|value| (name, value));
        let all = |name: &'static str, values: &[String]| {
            values.iter().map(|value| (name, value.clone())).collect::<Vec<_>>()
        };
        let root = one("--root", self.root.as_ref().map(path)).into_iter().chain(all("--env", &self.env));
        let file = one("--envvars", self.envvars.as_ref().map(path)).into_iter().chain(all("-D", &self.defines));
        let more = one("--modules", self.modules.clone()).into_iter().chain(all("--host-name", &self.host_name));
        let words = root.chain(file).chain(more).map(|(name, value)| format!("{name} {} ", quoted(&value)));
        let assumed = self.assume_modules.then(|| "--assume-modules ".to_string());
        words.chain(assumed).collect()
    }

    /// These options, as the library has them.
    pub(super) fn options(&self, httpd: Version) -> Result<SiteOptions, Failure> {
        Ok(SiteOptions {
            httpd,
            root: self.root.clone(),
            env: self.env()?,
            envvars: self.envvars.clone(),
            defines: self.defines.clone(),
            modules: self.modules()?,
            assume_modules: self.assume_modules,
            hosts: self.hosts()?,
            ports: Vec::new(),
        })
    }

    /// The site of a configuration file.
    pub(super) fn open(&self, config: &Path, httpd: Version) -> Result<Site, Failure> {
        let site = Site::open(config, &self.options(httpd)?).or_else(|e| failure(e.to_string()))?;
        match site.diagnostics().iter().find(|d| d.message.ends_with(HIDDEN)) {
            // httpd reads its configuration as root
            Some(d) => failure(format!("{}: {}", site.sources().place(d.span), d.message)),
            None => Ok(site),
        }
    }

    fn modules(&self) -> Result<Modules, Failure> {
        let Some(list) = self.modules.as_deref() else { return Ok(Modules::Own) };
        if list == "all" {
            return Ok(Modules::All);
        }
        let mut names = Vec::new();
        for name in list.split([',', ' ']).filter(|n| !n.is_empty()) {
            // `alias`, `mod_alias` and `mod_alias.c` are the same to a reader
            let short = name.trim_start_matches("mod_").trim_end_matches(".c");
            if known::by_name(short).is_none() {
                let near = closest(short, known::KNOWN.iter().map(|k| k.name));
                let near = near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
                return failure(format!("--modules: no module `{name}`{near}"));
            }
            names.push(short.to_string());
        }
        Ok(Modules::OwnAnd(names))
    }

    fn env(&self) -> Result<Vec<(String, String)>, Failure> {
        let pair = |pair: &String| match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
            _ => failure(format!("--env `{pair}`: write NAME=VALUE")),
        };
        self.env.iter().map(pair).collect()
    }

    fn hosts(&self) -> Result<Vec<(IpAddr, String)>, Failure> {
        let mut hosts = Vec::new();
        for pair in &self.host_name {
            match pair.split_once('=').and_then(|(ip, name)| Some((ip.parse().ok()?, name))) {
                Some((ip, name)) if !name.is_empty() => hosts.push((ip, name.into())),
                _ => return failure(format!("--host-name `{pair}`: write ADDRESS=NAME")),
            }
        }
        Ok(hosts)
    }
}

/// The root of a copy of a machine that a configuration is in, by its path: `/backup` of `/backup/etc/apache2/apache2.conf`.
pub(super) fn copied(file: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(file).ok()?;
    let within =
        |root: &&Path| SYSTEMS.iter().any(|system| whole.starts_with(root.join(system.trim_start_matches('/'))));
    whole.ancestors().skip(1).find(within).filter(|root| *root != Path::new("/")).map(Path::to_path_buf)
}
