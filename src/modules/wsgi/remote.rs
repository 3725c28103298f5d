//! Handing a request to a daemon process: `wsgi_execute_remote`.

use super::daemon::{Daemon, Start};
use super::handler::{self, Blame, Refusal, Target, refusal};
use super::{InForce, Server};
use crate::filepath;
use crate::server::module::Phase;
use crate::server::request::Request;
use crate::vfs::Stat;
use bstr::BString;
use std::sync::Arc;

/// Runs the script in its daemon process. `false` when it is to run within httpd.
pub(super) fn execute(r: &mut Request<'_>, settings: &InForce<'_>, target: &Target) -> Result<bool, Refusal> {
    let name = &target.wsgi.process_group;
    if let Some(set) = settings.value(|c| &c.restrict_process)
        && !set.value.iter().any(|g| g.eq_ignore_ascii_case(name))
    {
        r.decide(Phase::Handler, set.span);
        let message = "cannot be accessed by this WSGI application as not a member of allowed groups";
        return Err(refusal(500, Blame::Process, format!("Daemon process called '{name}' {message}")));
    }
    if name.is_empty() {
        return Ok(false);
    }
    let Some((server, index)) = find(r, name) else {
        let message = format!("No WSGI daemon process called '{name}' has been configured");
        return Err(refusal(500, Blame::Process, message));
    };
    let Some(daemon) = server.daemons.get(index) else { return Ok(false) };
    let done = enter(r, daemon, target);
    // without the daemon, the answer would be 500
    if done.as_ref().err().is_none_or(|e| e.status != 500) {
        r.decide(Phase::Handler, daemon.span);
    }
    done.map(|()| true)
}

/// Whether the request may have the daemon, then what the daemon answers.
fn enter(r: &mut Request<'_>, daemon: &Daemon, target: &Target) -> Result<(), Refusal> {
    let its = r.engine.server.servers.get(daemon.server).map(|s| &s.hostname);
    if daemon.server != 0 && daemon.server != r.server.index && its != Some(&r.server.hostname) {
        let name = &daemon.name;
        let message = format!("Daemon process called '{name}' cannot be accessed by this WSGI application");
        return Err(refusal(500, Blame::Process, message));
    }
    check_group(r, daemon)?;
    check_owner(r, daemon)?;
    serve(r, daemon, target)
}

/// The daemon of that name, whichever server's it is.
fn find(r: &Request<'_>, name: &BString) -> Option<(Arc<Server>, usize)> {
    r.engine.server.servers.iter().filter_map(|s| s.settings.wsgi.as_ref()).find_map(|s| {
        let index = s.daemons.find(name)?;
        Some((s.clone(), index))
    })
}

/// The script and the folder that it is in.
fn places(r: &Request<'_>) -> (Option<Stat>, Option<Stat>) {
    let file = r.filename.clone().unwrap_or_default();
    (r.finfo, r.engine.stat(filepath::dirname(&file)).ok())
}

fn refused(message: impl Into<String>) -> Refusal {
    refusal(403, Blame::Process, message)
}

/// `script-group`: the script and its folder must belong to that group, and nobody else may write to them.
fn check_group(r: &Request<'_>, daemon: &Daemon) -> Result<(), Refusal> {
    let Some(group) = &daemon.script_group else { return Ok(()) };
    let (file, folder) = places(r);
    for (what, stat) in [("WSGI script file", file), ("parent directory of WSGI script file", folder)] {
        let stat = stat.ok_or_else(|| refused(format!("Unable to stat {what}")))?;
        let Some(name) = r.engine.server.users.group_by_id(stat.gid) else {
            return Err(refused(format!("Couldn't determine group of {what}, gid={}", stat.gid)));
        };
        if name != group {
            let message = "does not match required group for daemon process";
            return Err(refused(format!("Group of {what} {message}, group={name}")));
        }
        writable(stat, 0o002, what)?;
    }
    Ok(())
}

/// `script-user`: the script and its folder must belong to that user, and nobody else may write to them.
fn check_owner(r: &Request<'_>, daemon: &Daemon) -> Result<(), Refusal> {
    let Some(owner) = &daemon.script_user else { return Ok(()) };
    let (file, folder) = places(r);
    for (what, stat) in [("WSGI script file", file), ("parent directory of WSGI script file", folder)] {
        let stat = stat.ok_or_else(|| refused(format!("Unable to stat {what}")))?;
        let Some(user) = r.engine.server.users.user_by_id(stat.uid) else {
            return Err(refused(format!("Couldn't determine owner of {what}, uid={}", stat.uid)));
        };
        if user.name != *owner {
            let message = "does not match required user for daemon process";
            return Err(refused(format!("Owner of {what} {message}, user={}", user.name)));
        }
        writable(stat, 0o022, what)?;
    }
    Ok(())
}

fn writable(stat: Stat, bits: u32, what: &str) -> Result<(), Refusal> {
    match stat.mode & bits {
        0 => Ok(()),
        open => {
            let whom = if open & 0o020 != 0 { "group" } else { "world" };
            Err(refused(format!("{what} is writable to {whom}")))
        }
    }
}

/// What the daemon process answers. One that can't start never does: httpd gives up waiting.
fn serve(r: &mut Request<'_>, daemon: &Daemon, target: &Target) -> Result<(), Refusal> {
    if daemon.chroot.is_some() {
        r.caveat("WSGIDaemonProcess", daemon.span, "what the daemon finds in its chroot is not known");
        return Ok(());
    }
    let Some(cred) = daemon.cred(r.engine) else {
        r.caveat("WSGIDaemonProcess", daemon.span, "its user or group is not known here");
        return Ok(());
    };
    match daemon.start(r.engine, &cred) {
        Start::Runs => {}
        Start::Unknown(why) => r.caveat("WSGIDaemonProcess", daemon.span, why),
        Start::Fails(why) => {
            let message = format!("Timeout when reading response headers from daemon process ({why})");
            return Err(refusal(504, Blame::Process, message));
        }
    }
    // once the daemon takes the request, what went before is forgotten: an error is no longer one of an ErrorDocument
    r.status = 200;
    if r.unusable_input {
        return Err(refusal(500, Blame::Process, "Request data read error when proxying data to daemon process"));
    }
    // its errors come back as one
    handler::run(r, target, &cred, 500)
}
