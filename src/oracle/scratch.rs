//! Where a run's files are: at their own paths, or below a scratch folder.

use super::job::{Ask, Content, File, Job, Way};
use super::wrapper::regex;
use bstr::{BStr, BString, ByteSlice};
use regex::bytes::{Captures, Regex};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Where things are.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// How httpd runs.
    pub way: Way,
    /// The folder for the run's own files: configuration, logs.
    pub sim: PathBuf,
    /// What stands before the scenario's paths.
    root: PathBuf,
    /// The high ports that stand for the requests' own.
    ports: Vec<(u16, u16)>,
    /// What a path of the scenario's tree looks like in a text.
    paths: Option<Regex>,
}

impl Place {
    /// Everything at its own path.
    pub(super) fn whole(way: Way) -> Place {
        Place { way, sim: "/.routesim".into(), root: PathBuf::new(), ports: Vec::new(), paths: None }
    }

    /// Everything below `folder`; `ports` are pairs of a port and the one that stands for it.
    pub(super) fn below(folder: &Path, job: &Job, ports: Vec<(u16, u16)>) -> Place {
        let tops: Vec<String> = tops(job).iter().map(|t| regex::escape(t)).collect();
        let pattern = format!(r#"(?m)(^|[\s"'=^:~!(])((?:{})(?:/|[\s"'>)$*]|$))"#, tops.join("|"));
        Place {
            way: Way::Scratch,
            sim: folder.join("sim"),
            root: folder.join("root"),
            ports,
            paths: Regex::new(&pattern).ok(),
        }
    }

    /// Where a path of the scenario is.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.at_bytes(path.as_bytes())
    }

    /// Where a path of the scenario is.
    pub(super) fn at_bytes(&self, path: &[u8]) -> PathBuf {
        let relative = super::layout::path_of(path.trim_start_with(|c| c == '/'));
        if self.root.as_os_str().is_empty() { Path::new("/").join(relative) } else { self.root.join(relative) }
    }

    /// The port that stands for one.
    pub(super) fn port(&self, port: u16) -> u16 {
        self.ports.iter().find(|p| p.0 == port).map_or(port, |p| p.1)
    }

    /// A text (a configuration, an .htaccess file, a page) with the scenario's paths and ports where they are here.
    pub(super) fn rewritten<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        static HOSTS: LazyLock<Regex> =
            LazyLock::new(|| regex(r"(?im)^(\s*(?:<VirtualHost|NameVirtualHost)\b[^\n]*)$"));
        static PORT: LazyLock<Regex> = LazyLock::new(|| regex(r":(\d+)\b"));
        let Some(paths) = &self.paths else { return text.into() };
        let root = self.root.as_os_str().as_encoded_bytes();
        let mut out = text.to_vec();
        // twice: the end of one may be the beginning of the next
        for _ in 0..2 {
            out = paths.replace_all(&out, |c: &Captures<'_>| [&c[1], root, &c[2]].concat()).into_owned();
        }
        let port = |c: &Captures<'_>| {
            let given = c[1].to_str().ok().and_then(|p| p.parse().ok());
            format!(":{}", given.map_or(0, |p| self.port(p))).into_bytes()
        };
        let hosts = HOSTS.replace_all(&out, |c: &Captures<'_>| PORT.replace_all(&c[1], port).into_owned());
        Cow::Owned(hosts.into_owned())
    }

    /// Whether httpd looked for a file in its built-in DocumentRoot, which is the machine's own here.
    pub(super) fn strays(&self, file: &[u8]) -> bool {
        self.way == Way::Scratch && file.starts_with(b"/var/www")
    }

    /// What httpd said, with the scenario's own paths and ports.
    pub(super) fn restored(&self, text: &str) -> String {
        if self.way != Way::Scratch {
            return text.into();
        }
        let mut text = text.replace(&*self.root.to_string_lossy(), "");
        for (port, high) in &self.ports {
            let own = if *port == 80 || *port == 443 { String::new() } else { format!(":{port}") };
            text = text.replace(&format!(":{high}"), &own);
        }
        text
    }
}

/// Folders that are the machine's own.
const SYSTEM: &[&str] = &["/usr/", "/bin/", "/sbin/", "/lib"];

/// The folders that paths are rewritten below.
fn tops(job: &Job) -> BTreeSet<String> {
    let own = ["/srv", "/home", "/var/www", "/var/log", "/etc/apache2"];
    let mut tops: BTreeSet<String> = own.map(String::from).into();
    let certificates = super::wrapper::certificates(&job.config);
    for path in job.files.iter().map(|f| &f.path).chain(&certificates) {
        let path = path.to_str_lossy();
        let top: Vec<&str> = path.split('/').skip(1).collect();
        match top.as_slice() {
            [] | ["dev" | "proc" | "sys", ..] => {}
            ["var" | "usr" | "etc", next, ..] => drop(tops.insert(format!("/{}/{next}", top[0]))),
            [first, ..] => drop(tops.insert(format!("/{first}"))),
        }
    }
    tops
}

/// What makes a scenario one that can't be asked this way; none when it can.
pub(super) fn needs(job: &Job, way: Way) -> Option<&'static str> {
    if way == Way::Root {
        return None;
    }
    let htaccess = job.files.iter().filter_map(|f| match &f.content {
        Content::Regular(text) if f.path.ends_with(b".htaccess") || f.path.ends_with(b".conf") => Some(text.as_bstr()),
        _ => None,
    });
    let texts: Vec<&BStr> = htaccess.chain([job.config.as_bstr()]).collect();
    let says = |pattern: &Regex| texts.iter().any(|t| pattern.is_match(t));
    let owned = job.files.iter().any(|f| f.uid != 0 || f.gid != 0);
    if says(&OWNERS) && (owned || way == Way::Scratch) || says(&USERS) {
        return Some("owners of files");
    }
    let system =
        |f: &File| !f.path.starts_with(b"/usr/local/") && SYSTEM.iter().any(|s| f.path.starts_with(s.as_bytes()));
    if job.files.iter().any(system) {
        return Some("files among the system's own");
    }
    if way == Way::User {
        return None;
    }
    let usual = |a: &Ask| a.client == crate::suite::CLIENT && a.server == crate::suite::SERVER;
    if !job.asks.iter().all(usual) || says(&ADDRESSES) || job.hosts != crate::server::world::default_hosts() {
        return Some("addresses of its own");
    }
    let is_url = |top: &String| job.asks.iter().any(|a| a.head.lines().next().is_some_and(|l| l.contains_str(top)));
    if says(&PATHS) || tops(job).iter().any(is_url) {
        return Some("paths that can't be rewritten");
    }
    None
}

static OWNERS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)IfOwnerMatch|file-owner|file-group|script-(?:user|group)="));
static USERS: LazyLock<Regex> = LazyLock::new(|| regex(r"(?im)^\s*(?:User|Group|SuexecUserGroup|UserDir)\s"));
static ADDRESSES: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?im)^\s*Listen\s|\bRequire\s+(?:not\s+)?(?:ip|host|local|forward-dns)\b|\b(?:Allow|Deny)\s+from\s+[^ae\s]",
        r"|REMOTE_|SERVER_ADDR|SERVER_PORT|CONN_|ipmatch|RemoteIP|Server_Addr|<VirtualHost\s+(?:[^*_\s>]|_default_:\*)",
        r"|<VirtualHost\s[^>]*\s[^*_\s>]|\s-R\s|HTTP_HOST|UseCanonical|(?:https?|fcgi|ajp)://127\."
    ))
});
static PATHS: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r#"(?im)^\s*<Directory\s+"?[^">\n]*[*?\[]|^\s*<Directory(?:Match)?\s+(?:~\s*)?"?(?:[^/^"~\s>]|\^[^/])"#,
        r#"|^\s*WSGIScriptAlias(?:Match)?\s+\S+\s+"?[^"/\s]"#,
        r"|Virtual(?:DocumentRoot|ScriptAlias)|RewriteMap|^\s*Include|ServerRoot|Chroot|%\{(?:base64|md5|sha1)"
    ))
});

/// A port that nobody listens on.
pub(super) fn free_ports(wanted: &[u16]) -> Result<Vec<(u16, u16)>, String> {
    let mut held = Vec::new();
    for port in wanted {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|e| format!("no port is free: {e}"))?;
        let free = listener.local_addr().map_err(|e| e.to_string())?.port();
        held.push((*port, free, listener));
    }
    Ok(held.into_iter().map(|(port, free, _)| (port, free)).collect())
}

/// A configuration as bytes with its paths rewritten, and daemons at home where whoever runs this may have none.
pub(super) fn config(job: &Job, place: &Place) -> BString {
    static DAEMONS: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(?im)^([ \t]*WSGIDaemonProcess[ \t]+(?:"[^"\n]*"|\S+))"#));
    let text = place.rewritten(&job.config);
    if place.way != Way::Scratch {
        return text.into_owned().into();
    }
    // a home= of the line's own comes later, and wins
    let home = format!(" home=\"{}\"", place.sim.display());
    DAEMONS.replace_all(&text, |c: &Captures<'_>| [&c[1], home.as_bytes()].concat()).into_owned().into()
}
