//! WSGIDaemonProcess: groups of daemon processes, and who may use them.

use super::options::{self, filled};
use crate::conf::args;
use crate::named::Name;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::engine::Engine;
use crate::source::Span;
use crate::vfs::{Cred, Errno, Users, X, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::sync::Arc;

/// A group of daemon processes: WSGIProcessGroup.
#[derive(Clone, Debug)]
pub(super) struct Daemon {
    /// Its name.
    pub name: BString,
    /// Where it is defined.
    pub span: Span,
    /// The server in which it is defined.
    pub server: usize,
    /// Who its processes run as; httpd's own user and group where nothing is said.
    pub user: Option<BString>,
    pub group: Option<BString>,
    pub supplementary_groups: Option<BString>,
    /// Who must own its scripts.
    pub script_user: Option<BString>,
    pub script_group: Option<BString>,
    /// Where its processes work.
    pub home: Option<BString>,
    /// What they see as `/`.
    pub chroot: Option<BString>,
}

impl Name for Daemon {
    fn name(&self) -> Cow<'_, BStr> {
        self.name.as_bstr().into()
    }
}

const INVALID: &str = "Invalid option to WSGI daemon process definition.";
/// WSGI_STACK_LAST: as many threads as the array of their states has places.
const STACK_LAST: i64 = 0xffff;

/// `wsgi_add_daemon_process`
pub(super) fn daemon_process(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let mut line = a[0].as_slice();
    let name = filled(args::word(&mut line), "Name of WSGI daemon process not supplied.")?;
    let mut daemon = Daemon::new(name, cmd.span(), cmd.server);
    // one after the other: the first that is wrong is the one that httpd names
    while !line.is_empty() {
        let (option, value) = options::next(&mut line).ok_or(INVALID)?;
        daemon.option(cmd, &option, value)?;
    }
    if daemon.script_user.is_some() && daemon.script_group.is_some() {
        return Err("Only one of script-user and script-group allowed.".into());
    }
    if find(cmd, &daemon.name).is_some() {
        return Err("Name duplicates previous WSGI daemon definition.".into());
    }
    let (name, server) = (daemon.name.clone(), cmd.server);
    let daemons = Arc::make_mut(&mut cmd.server_slot(|s| &mut s.wsgi).daemons);
    let place = daemons.push(daemon);
    cmd.build.daemons.insert(name, (server, place));
    Ok(())
}

/// Options that are numbers: their name, what they are called in the message, and the least that is allowed.
static NUMBERS: &[(&str, &str, i64)] = &[
    ("processes", "process count", 1),
    ("stack-size", "stack size", 1),
    ("maximum-requests", "request count", 0),
    ("startup-timeout", "startup timeout", 0),
    ("shutdown-timeout", "shutdown timeout", 0),
    ("deadlock-timeout", "deadlock timeout", 0),
    ("inactivity-timeout", "inactivity timeout", 0),
    ("request-timeout", "request timeout", 0),
    ("graceful-timeout", "graceful timeout", 0),
    ("eviction-timeout", "eviction timeout", 0),
    ("restart-interval", "restart interval", 0),
    ("connect-timeout", "connect timeout", 0),
    ("socket-timeout", "socket timeout", 0),
    ("queue-timeout", "queue timeout", 0),
    ("listen-backlog", "listen backlog", 0),
    ("response-socket-timeout", "response socket timeout", 0),
    ("cpu-time-limit", "CPU time limit", 0),
    ("cpu-priority", "CPU priority", i64::MIN),
    ("memory-limit", "memory limit", 0),
    ("virtual-memory-limit", "virtual memory limit", 0),
];

/// Sizes of buffers, which may be 0 for the default: their name in options and messages, and the least otherwise.
static SIZES: &[(&str, &str, i64, &str)] = &[
    ("send-buffer-size", "send buffer size", 512, "or 0 for system default."),
    ("receive-buffer-size", "receive buffer size", 512, "or 0 for system default."),
    ("header-buffer-size", "header buffer size", 8192, "or 0 for default."),
    ("response-buffer-size", "response buffer size", 65536, "or 0 for default."),
];

/// Options that take any text and change no answer.
static TEXTS: &[&str] = &[
    "lang",
    "locale",
    "python-home",
    "python-path",
    "python-eggs",
    "display-name",
    "newrelic-config-file",
    "newrelic-environment",
];

impl Daemon {
    fn new(name: BString, span: Span, server: usize) -> Daemon {
        Daemon {
            name,
            span,
            server,
            user: None,
            group: None,
            supplementary_groups: None,
            script_user: None,
            script_group: None,
            home: None,
            chroot: None,
        }
    }

    fn option(&mut self, cmd: &mut Cmd<'_>, option: &[u8], value: BString) -> Result<(), String> {
        let invalid = |what: &str| format!("Invalid {what} for WSGI daemon process.");
        let name = option.to_str().unwrap_or_default();
        if let Some((_, what, least)) = NUMBERS.iter().find(|n| n.0 == name) {
            let value = filled(value, &invalid(what))?;
            return if atoi(&value) < *least { Err(invalid(what)) } else { Ok(()) };
        }
        if let Some((_, what, least, or)) = SIZES.iter().find(|s| s.0 == name) {
            let size = atoi(&filled(value, &invalid(what))?);
            if size < *least && size != 0 {
                let (first, rest) = what.split_at(1);
                return Err(format!("{}{rest} must be >= {least} bytes, {or}", first.to_ascii_uppercase()));
            }
            return Ok(());
        }
        if TEXTS.contains(&name) {
            return Ok(());
        }
        match option {
            b"user" => self.user = Some(user(cmd, filled(value, &invalid("user"))?)?),
            b"group" => {
                let value = filled(value, &invalid("group"))?;
                note_group(cmd, &value);
                self.group = Some(value);
            }
            b"supplementary-groups" => self.supplementary_groups = Some(value),
            b"threads" => {
                let threads = atoi(&filled(value, &invalid("thread count"))?);
                if !(0..STACK_LAST - 1).contains(&threads) {
                    return Err(invalid("thread count"));
                }
            }
            b"umask" => {
                let octal = value.to_str().ok().and_then(|v| i64::from_str_radix(v.trim_start(), 8).ok());
                octal.filter(|n| *n >= 0).ok_or_else(|| invalid("umask"))?;
            }
            b"chroot" if value.starts_with(b"/") => self.chroot = Some(value),
            b"chroot" => return Err(invalid("chroot directory")),
            b"home" if value.starts_with(b"/") => self.home = Some(value),
            b"home" => return Err(invalid("home directory")),
            b"socket-user" => {
                let unknown = "Couldn't determine user name from socket user.";
                named_user(cmd, filled(value, &invalid("socket user"))?, unknown)?;
            }
            b"script-user" => {
                let unknown = "Couldn't determine uid from script user.";
                self.script_user = Some(named_user(cmd, filled(value, &invalid("script user"))?, unknown)?);
            }
            b"script-group" => {
                self.script_group = Some(named_group(cmd, filled(value, &invalid("script group"))?)?);
            }
            b"server-metrics" => options::flag(&value).map(drop).ok_or_else(|| invalid("server metrics flag"))?,
            _ => return Err(INVALID.into()),
        }
        Ok(())
    }

    /// What its processes may do. `None` when nobody knows their user or group.
    pub(super) fn cred(&self, engine: &Engine) -> Option<Cred> {
        let server = &engine.server;
        if self.user.is_none() && self.group.is_none() && self.supplementary_groups.is_none() {
            return Some(server.cred.clone());
        }
        let user = self.user.clone().unwrap_or_else(|| format!("#{}", server.cred.uid).into());
        let own = server.cred.gids.first().copied().unwrap_or_default();
        let group = self.group.clone().unwrap_or_else(|| format!("#{own}").into());
        server.users.uid(&user)?;
        server.users.gid(&group)?;
        let mut cred = server.users.cred(&user, &group);
        if let Some(list) = &self.supplementary_groups {
            cred.gids.truncate(1);
            let named = list.split(|b| *b == b',').take_while(|n| !n.is_empty());
            cred.gids.extend(named.filter_map(|n| group_id(&server.users, n)));
        }
        Some(cred)
    }

    /// Whether its processes get to run: `wsgi_setup_access`, where it changes to the directory in which they work.
    pub(super) fn start(&self, engine: &Engine, cred: &Cred) -> Start {
        let home = match &self.home {
            Some(home) => home,
            None if cred.uid == engine.server.cred.uid => return Start::Runs,
            None => match engine.server.users.user_by_id(cred.uid) {
                Some(user) => &user.home,
                None => return Start::Fails(format!("unable to determine home directory for uid={}", cred.uid)),
            },
        };
        let entered = resolve::stat(&*engine.vfs, cred, home).and_then(|s| match s.is_dir() {
            true => resolve::access(&*engine.vfs, cred, home, X),
            false => Err(Errno::NotDirectory),
        });
        match entered {
            Ok(()) => Start::Runs,
            // a system user's home need not be told of, unless it is the one that is nowhere
            Err(Errno::NotFound) if self.home.is_none() && home != "/nonexistent" => {
                Start::Unknown(format!("whether its user's home `{home}` is there is not known"))
            }
            Err(e) => Start::Fails(format!("unable to change working directory to '{home}': {e}")),
        }
    }
}

/// What becomes of a daemon's processes when they start.
pub(super) enum Start {
    /// They run.
    Runs,
    /// They end at once, again and again.
    Fails(String),
    /// Nobody knows.
    Unknown(String),
}

/// A user that must not be root. One that the system doesn't know is the machine's own affair.
fn user(cmd: &mut Cmd<'_>, value: BString) -> Result<BString, String> {
    if user_id(&cmd.build.users, &value) == Some(0) {
        return Err("WSGI process blocked from running as root.".into());
    }
    named_user(cmd, value, "Couldn't determine user name from uid.")
}

/// A user by name; `#33` is turned into one.
fn named_user(cmd: &mut Cmd<'_>, value: BString, unknown: &str) -> Result<BString, String> {
    let users = &cmd.build.users;
    let Some(id) = user_id(users, &value) else {
        cmd.note("AH00543", format!("bad user name {value}"));
        return Ok(value);
    };
    if value.starts_with(b"#") {
        return users.user_by_id(id).map(|u| u.name.clone()).ok_or_else(|| unknown.into());
    }
    Ok(value)
}

fn named_group(cmd: &mut Cmd<'_>, value: BString) -> Result<BString, String> {
    note_group(cmd, &value);
    if value.starts_with(b"#") {
        let id = atoi(&value[1..]).try_into().ok();
        let name = id.and_then(|id| cmd.build.users.group_by_id(id)).cloned();
        return name.ok_or_else(|| "Couldn't determine gid from script group.".into());
    }
    Ok(value)
}

fn note_group(cmd: &mut Cmd<'_>, value: &BString) {
    if group_id(&cmd.build.users, value).is_none() {
        cmd.note("AH00544", format!("bad group name {value}"));
    }
}

/// `ap_uname2id`
fn user_id(users: &Users, name: &[u8]) -> Option<u32> {
    match name.strip_prefix(b"#") {
        Some(number) => atoi(number).try_into().ok(),
        None => users.user(name).map(|u| u.uid),
    }
}

/// `ap_gname2id`
fn group_id(users: &Users, name: &[u8]) -> Option<u32> {
    match name.strip_prefix(b"#") {
        Some(number) => atoi(number).try_into().ok(),
        None => users.group(name),
    }
}

/// The daemon of that name, as far as the configuration has been read.
fn find<'b>(cmd: &'b Cmd<'_>, name: &[u8]) -> Option<&'b Daemon> {
    let (server, place) = *cmd.build.daemons.get(name.as_bstr())?;
    cmd.build.servers.get(server)?.settings.wsgi.as_ref()?.daemons.get(place)
}

/// Whether the server being configured may use a daemon: it must be known by now, and be the main server's or that of
/// a virtual host of the same name.
pub(super) fn accessible(cmd: &Cmd<'_>, name: &[u8]) -> Result<(), String> {
    let Some(daemon) = find(cmd, name) else {
        return Err("WSGI process group not yet configured.".into());
    };
    let hostname = |server: usize| cmd.build.servers.get(server).and_then(|s| s.name.as_ref()).map(|n| &n.host);
    let (own, its) = (hostname(cmd.server), hostname(daemon.server));
    match (own, its) {
        _ if daemon.server == 0 => Ok(()),
        (Some(own), Some(its)) if own != its => Err("WSGI process group not accessible.".into()),
        (Some(_), None) | (None, Some(_)) => Err("WSGI process group not matchable.".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::server::compile::{Input, compile};
    use crate::vfs::Memory;
    use std::sync::Arc;

    /// What httpd says to `line`, after a group `known` and one of a virtual host.
    fn refusal(line: &str) -> Option<String> {
        let before = "WSGIDaemonProcess known\n<VirtualHost *>\nServerName v\nWSGIDaemonProcess host\n</VirtualHost>\n";
        let loaded =
            compile(Input::new(format!("{before}{line}\n"), Arc::new(Memory::new()), &crate::modules::CATALOGUE));
        loaded.first_error().map(|d| d.message.clone())
    }

    #[test]
    fn arguments() {
        for (line, said) in [
            ("WSGIDaemonProcess a threads=5 user=www-data umask=022 display-name=%{GROUP} cpu-priority=-5", ""),
            ("WSGIDaemonProcess", "Name of WSGI daemon process not supplied."),
            ("WSGIDaemonProcess known", "Name duplicates previous WSGI daemon definition."),
            ("WSGIDaemonProcess host", "Name duplicates previous WSGI daemon definition."),
            ("WSGIDaemonProcess a processes=0", "Invalid process count for WSGI daemon process."),
            ("WSGIDaemonProcess a processes = 1", "Invalid option to WSGI daemon process definition."),
            ("WSGIDaemonProcess a umask=8", "Invalid umask for WSGI daemon process."),
            ("WSGIDaemonProcess a user=root", "WSGI process blocked from running as root."),
            (
                "WSGIDaemonProcess a send-buffer-size=1",
                "Send buffer size must be >= 512 bytes, or 0 for system default.",
            ),
            (
                "WSGIDaemonProcess a script-user=www-data script-group=www-data",
                "Only one of script-user and script-group allowed.",
            ),
            ("WSGIScriptAlias / /x process-group=known application-group=a", ""),
            ("WSGIScriptAlias / /x process-group=later", ""),
            ("WSGIScriptAlias / /x process-group=later application-group=a", "WSGI process group not yet configured."),
            ("WSGIScriptAlias / /x process-group=host application-group=a", "WSGI process group not accessible."),
            ("WSGIImportScript /x process-group=known", "Name of WSGI application group required."),
        ] {
            assert_eq!(refusal(line).unwrap_or_default(), said, "{line}");
        }
    }
}
