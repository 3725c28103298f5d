//! What a worker is to do.

use super::find::Httpd;
use crate::modules::known::{self, Known, Loading};
use crate::site::Site;
use crate::source::FileId;
use crate::suite::{ConfigSource, Scenario, ScenarioFs};
use crate::vfs::{Kind, Memory, Vfs};
use bstr::{BStr, BString, ByteSlice};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

/// Where and how httpd runs.
///
/// ```no_run
/// use routesim::oracle::{Httpd, Oracle, Way};
///
/// let oracle = Oracle::new(Httpd::find(None)?, std::env::current_exe()?, None, false)?;
/// match oracle.way {
///     Way::Root | Way::User => println!("{} runs in namespaces", oracle.httpd.version),
///     Way::Scratch => println!("nothing contains it: {}", oracle.loose.unwrap_or_default()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// As root, in namespaces of its own: every file at its path with its owner, every address, every port.
    Root,
    /// The same in a user namespace: all files belong to one user, so owners can't be told apart.
    User,
    /// An ordinary process over a scratch folder: paths are rewritten, ports are high, all addresses are loopback.
    Scratch,
}

/// A module: its name, its identifier, its file.
type Loaded = (String, String, PathBuf);

/// A scenario as a worker needs it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// How to run it.
    pub way: Way,
    /// The program.
    pub program: PathBuf,
    /// PHP-FPM; none where it is not installed.
    pub fpm: Option<PathBuf>,
    /// The modules to load, in order.
    pub modules: Vec<Loaded>,
    /// Modules that the scenario has and this machine hasn't.
    pub missing: Vec<String>,
    /// The configuration.
    pub config: BString,
    /// As httpd's `-D`.
    pub defines: Vec<String>,
    /// The environment that httpd is started in, besides what any program has.
    pub environment: Vec<(String, String)>,
    /// What the file system holds beyond what any Debian has, folders before what is in them.
    pub files: Vec<File>,
    /// The only host names there are.
    pub hosts: Vec<(IpAddr, String)>,
    /// What is asked.
    pub asks: Vec<Ask>,
    /// Whether httpd listens where the configuration says, and nowhere else.
    pub own_ports: bool,
    /// The folder for a run without namespaces.
    pub scratch: Option<PathBuf>,
}

/// One file, folder or link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct File {
    /// Where.
    pub path: BString,
    /// What.
    pub content: Content,
    /// Permission bits.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// When its content last changed, in microseconds since 1970; none: as it is made.
    pub mtime: Option<i64>,
}

/// What a file is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Content {
    /// A folder.
    Directory,
    /// A link to this.
    Symlink(BString),
    /// A file with this in it.
    Regular(BString),
}

/// One request, ready to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// Where from.
    pub client: IpAddr,
    /// Where to.
    pub server: IpAddr,
    /// And its port.
    pub port: u16,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The name for the TLS handshake.
    pub sni: Option<String>,
    /// Request line, headers, empty line.
    pub head: BString,
}

impl Job {
    /// The job that asks `scenario` of `httpd`.
    ///
    /// # Errors
    /// In words, what is wrong with the scenario.
    pub(crate) fn of(scenario: &Scenario, httpd: &Httpd, way: Way) -> Result<Job, String> {
        let config = scenario.config_text().map_err(|e| scenario.unread_config(&e).message)?;
        let tree = scenario.tree(&config).map_err(|found| {
            found.first().map_or_else(|| "the files can't be laid out".into(), |d| d.message.clone())
        })?;
        let mut files = files(&tree);
        files.extend(beside(scenario));
        if let Some(file) = files.iter().find(|f| is_kernels(&f.path)) {
            let path = &file.path;
            return Err(format!("can't put `{path}` there: what is below /dev, /proc and /sys is not a scenario's"));
        }
        let asks = scenario.requests.iter().enumerate().map(|(i, r)| {
            let (server, port) = r.server();
            let sni = r.tls_name().map(str::to_string);
            Ask { client: r.client(), server, port, tls: r.is_tls(), sni, head: r.head_and_body(i) }
        });
        let (modules, missing) = modules(scenario.modules.as_deref(), httpd);
        Ok(Job {
            way,
            program: httpd.program.clone(),
            fpm: super::fpm::installed(),
            modules,
            missing,
            own_ports: matches!(scenario.config, ConfigSource::File(_)),
            config: config.into(),
            defines: scenario.defines.clone(),
            environment: scenario.environment.clone().unwrap_or_default(),
            files,
            hosts: scenario.hosts.clone(),
            asks: asks.collect(),
            scratch: None,
        })
    }

    /// The ports that the requests use.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.asks.iter().map(|a| a.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Whether a module is loaded.
    pub(crate) fn has(&self, module: &str) -> bool {
        self.modules.iter().any(|m| m.0 == module)
    }
}

/// Whether a path is where the kernel itself answers, which a scenario has no say in.
fn is_kernels(path: &[u8]) -> bool {
    let first = path.split(|&b| b == b'/').find(|name| !name.is_empty());
    matches!(first, Some(b"dev" | b"proc" | b"sys"))
}

/// The modules that a scenario has: those of its list, in httpd's order, then what the list names beyond the usual.
fn modules(picked: Option<&[String]>, httpd: &Httpd) -> (Vec<Loaded>, Vec<String>) {
    let named = |k: &Known| picked.is_none_or(|p| p.iter().any(|n| known::by_name(n) == Some(k)));
    let usual = |k: &&Known| match k.loading {
        // Debian has these in httpd itself; other builds have files of them
        Loading::CompiledIn => httpd.module_file(k.name).is_some(),
        Loading::Always => true,
        Loading::Default => named(k),
        _ => false,
    };
    let mut chosen: Vec<&Known> = known::KNOWN.iter().filter(usual).collect();
    for name in picked.unwrap_or_default() {
        if let Some(k) = known::by_name(name).filter(|k| !k.compiled_in())
            && !chosen.contains(&k)
        {
            chosen.push(k);
        }
    }
    let (mut loaded, mut missing) = (Vec::new(), Vec::new());
    for k in chosen {
        match httpd.module_file(k.name) {
            Some(file) => loaded.push((k.name.to_string(), k.identifier.to_string(), file)),
            None => missing.push(k.name.to_string()),
        }
    }
    (loaded, missing)
}

/// What the configuration includes from beside its file, where httpd looks for it.
fn beside(scenario: &Scenario) -> Vec<File> {
    if !matches!(scenario.config, ConfigSource::File(_)) {
        return Vec::new();
    }
    let Ok(site) = Site::of_scenario(scenario) else { return Vec::new() };
    let file = |(path, id): (&BStr, FileId)| File {
        path: path.into(),
        content: Content::Regular(site.sources().file(id).text.clone()),
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: None,
    };
    site.beside().map(file).collect()
}

/// Everything in the tree that is not in a fresh one.
fn files(tree: &ScenarioFs) -> Vec<File> {
    let (fresh, memory) = (Memory::new(), &tree.memory);
    let mut found = Vec::new();
    let mut folders = vec![BString::from("/")];
    while let Some(folder) = folders.pop() {
        for name in memory.list(&folder).unwrap_or_default() {
            let path = BString::from([folder.trim_end_with(|c| c == '/'), b"/", &name].concat());
            let Ok(stat) = memory.lstat(&path) else { continue };
            let content = match stat.kind {
                Kind::Directory => {
                    folders.push(path.clone());
                    Content::Directory
                }
                Kind::Symlink => Content::Symlink(memory.readlink(&path).unwrap_or_default()),
                Kind::Regular => Content::Regular(memory.read(&path).map(|t| t.to_vec().into()).unwrap_or_default()),
                Kind::Other => continue,
            };
            let same = match &content {
                Content::Regular(text) => fresh.read(&path).is_ok_and(|t| t[..] == text[..]),
                _ => true,
            };
            if !(same && fresh.lstat(&path) == Ok(stat)) {
                found.push(File { path, content, mode: stat.mode, uid: stat.uid, gid: stat.gid, mtime: stat.mtime });
            }
        }
    }
    found
}
