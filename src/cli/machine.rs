//! A configuration of this machine: where its paths are looked up, and what it reads from its surroundings.

use super::named::Named;
use super::{Failure, envvars, failure};
use crate::limits::FILE_BYTES;
use crate::modules::known;
use crate::simulate::{self, Input, Loaded, Modules, RealPrograms, Simulator};
use crate::suite::suggest::nearest;
use crate::suite::{bounded, default_hosts};
use crate::vfs::{Cached, Disk, Vfs, open};
use bstr::BString;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The options of a configuration.
#[derive(clap::Args)]
pub struct Machine {
    /// Where the server's absolute paths are looked up, as in a chroot [default: /]
    #[arg(long, value_name = "DIR", help_heading = "With -c")]
    pub root: Option<PathBuf>,

    /// What ${NAME} means; again and again
    #[arg(long, value_name = "NAME=VALUE", help_heading = "With -c")]
    pub env: Vec<String>,

    /// A script of `export NAME=value` lines; Debian's `envvars` beside FILE is read by itself
    #[arg(long, value_name = "FILE", help_heading = "With -c")]
    pub envvars: Option<PathBuf>,

    /// As httpd's -D; again and again
    #[arg(short = 'D', value_name = "NAME", help_heading = "With -c")]
    pub defines: Vec<String>,

    /// Modules that are loaded besides those that LoadModule names
    #[arg(long, value_name = "all|LIST", help_heading = "With -c")]
    pub modules: Option<String>,

    /// Go on after directives of modules that are not loaded; each is a caveat
    #[arg(long, help_heading = "With -c")]
    pub assume_modules: bool,

    /// A host name that look-ups find; again and again
    #[arg(long, value_name = "ADDRESS=NAME", help_heading = "With -c")]
    pub host_name: Vec<String>,
}

/// A configuration that was loaded.
pub struct Machined {
    /// Ready for requests; none when httpd would refuse to start.
    pub simulator: Option<Simulator>,
    /// What loading it came to.
    pub loaded: Loaded,
}

impl Machine {
    /// The first of these options that was used.
    pub fn used(&self) -> Option<&'static str> {
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

    /// Loads a configuration file.
    pub fn load(&self, config: &Path, ports: Vec<u16>) -> Result<Machined, Failure> {
        let (input, vfs) = self.input(config, ports)?;
        let loaded = simulate::load(input);
        let simulator = loaded.server.clone().map(|server| Simulator::new(server, vfs, Arc::new(RealPrograms)));
        Ok(Machined { simulator, loaded })
    }

    /// What loading a file begins with.
    pub fn input(&self, config: &Path, ports: Vec<u16>) -> Result<(Input, Arc<dyn Vfs>), Failure> {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let disk = Disk::new(root)
            .or_else(|e| failure(format!("--root `{}`: {}", root.display(), open::why(&e, FILE_BYTES))))?;
        let file = Named::new(config, &disk);
        let (name, text, env) = (file.name(), file.read()?, self.environment(&file, &disk)?);
        let vfs: Arc<dyn Vfs> = Arc::new(Cached::new(disk));
        let input = Input {
            name,
            text: text.into(),
            modules: self.modules()?,
            defines: self.defines.clone(),
            env,
            env_complete: false,
            time: None,
            hosts: self.hosts()?,
            hosts_complete: false,
            vfs: vfs.clone(),
            server_root: "/etc/apache2".into(),
            lenient_paths: true,
            assume_modules: self.assume_modules,
            ports,
        };
        Ok((input, vfs))
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
                let near = nearest(short, known::KNOWN.iter().map(|k| k.name));
                let near = near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
                return failure(format!("--modules: no module `{name}`{near}"));
            }
            names.push(short.to_string());
        }
        Ok(Modules::OwnAnd(names))
    }

    fn environment(&self, config: &Named<'_>, disk: &Disk) -> Result<HashMap<BString, BString>, Failure> {
        let mut env = HashMap::new();
        let script = match &self.envvars {
            Some(file) => Some(Named::new(file, disk)),
            None => config.beside("envvars"),
        };
        if let Some(script) = script {
            envvars::read(&String::from_utf8_lossy(&script.read()?), &mut env);
        }
        for pair in &self.env {
            match pair.split_once('=') {
                Some((name, value)) if !name.is_empty() => env.insert(name.into(), value.into()),
                _ => return failure(format!("--env `{pair}`: write NAME=VALUE")),
            };
        }
        Ok(env.into_iter().map(|(n, v)| (n.into(), v.into())).collect())
    }

    fn hosts(&self) -> Result<Vec<(IpAddr, String)>, Failure> {
        let mut hosts = default_hosts();
        for pair in &self.host_name {
            match pair.split_once('=').and_then(|(ip, name)| Some((ip.parse().ok()?, name))) {
                Some((ip, name)) if !name.is_empty() => hosts.push((ip, name.into())),
                _ => return failure(format!("--host-name `{pair}`: write ADDRESS=NAME")),
            }
        }
        Ok(hosts)
    }
}

/// The content of a file of this machine.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    bounded::read(path).or_else(|e| failure(format!("can't read `{}`: {}", path.display(), open::why(&e, FILE_BYTES))))
}
