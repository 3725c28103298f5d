//! The process that contains a run: it makes the run's root, gives its users their numbers, and holds it.
//!
//! It is the first process of a process namespace: when it ends, whatever the run has started ends too. It has the
//! rights of whoever started it until the root is made, and none after that; the scenario's own text meets them only as
//! the names of directories. All else of a scenario is done by the `contained` process.

use super::answer::Reply;
use super::job::Job;
use super::mounts::Root;
use super::{privileges, worker};
use crate::limits;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// How many users a run has.
pub(super) const USERS: u32 = 1 << 16;

/// Does the work; `owner` is the number that the run's root has on the machine, none where all are whoever runs this.
pub(super) fn main(owner: Option<u32>) -> ExitCode {
    let mut input = BufReader::new(std::io::stdin());
    let reply = match worker::job(&mut input) {
        Ok((job, line)) => kept(job.as_ref(), &line, owner, input),
        Err(e) => Err(format!("the job can't be read: {e}")),
    };
    match reply {
        Ok(line) => worker::written(&line),
        Err(why) => worker::told(&Reply::Failed(why)),
    }
}

/// Contains a run, and returns the line that it says.
fn kept(
    job: Option<&Job>,
    line: &str,
    owner: Option<u32>,
    input: impl Read + Send + 'static,
) -> Result<Vec<u8>, String> {
    // it leaves the machine's namespaces while the root is being made
    let mut child = start(owner)?;
    let mut said = BufReader::new(child.stdout.take().ok_or("the run can't be heard")?.take(limits::run::REPLY_BYTES));
    let root = Root::new(job, owner)?;
    let mut ready = Vec::new();
    said.read_until(b'\n', &mut ready).map_err(|e| e.to_string())?;
    if ready != READY {
        return Ok(ready);
    }
    name_users(&root.path.join("proc").join(child.id().to_string()), owner)?;
    root.enter()?;
    privileges::hide()?;
    privileges::drop_all()?;
    end_with(input);
    guard();
    let mut into = child.stdin.take().ok_or("the run can't be told")?;
    into.write_all(line.as_bytes()).map_err(|e| format!("the run can't be told its job: {e}"))?;
    let mut told = Vec::new();
    let read = said.read_until(b'\n', &mut told);
    match read {
        Ok(1..) if told.ends_with(b"\n") => Ok(told),
        _ => Err("the run ended without an answer, or said too much".into()),
    }
}

/// What a contained process says when it has left the machine's namespaces.
pub(super) const READY: &[u8] = b"ready\n";

fn start(owner: Option<u32>) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|e| format!("can't find this program: {e}"))?;
    let mut command = Command::new(program);
    command.args([worker::ARGUMENT, worker::CONTAINED, &owner.map_or("-".into(), |o| o.to_string())]);
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().map_err(|e| format!("the run can't be started: {e}"))
}

/// Says which users of the machine those of a process's namespace are.
fn name_users(process: &Path, owner: Option<u32>) -> Result<(), String> {
    let map = |own: u32| match owner {
        Some(owner) => format!("0 {owner} {USERS}\n"),
        None => format!("{own} {own} 1\n"),
    };
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    for (file, text) in [("uid_map", map(uid)), ("gid_map", map(gid))] {
        std::fs::write(process.join(file), text).map_err(|e| format!("can't map users: {e}"))?;
    }
    Ok(())
}

/// Ends this process, and with it the run, when nobody waits for its answer any more.
fn end_with(mut input: impl Read + Send + 'static) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut input, &mut std::io::sink());
        std::process::exit(3);
    });
}

/// Watches how much memory the run takes, and ends it when that is too much. A limit that the system itself keeps counts
/// for one process, and there are many.
fn guard() {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            if resident() > limits::run::MEMORY {
                let most = limits::run::MEMORY >> 20;
                let _ = worker::told(&Reply::Failed(format!("it took more memory than the {most} MiB that a run may")));
                std::process::exit(3);
            }
        }
    });
}

/// What all processes of the run hold in memory of their own, in bytes: what is a file's isn't, and may be dropped.
fn resident() -> u64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let told = processes.filter_map(|p| std::fs::read_to_string(p.path().join("status")).ok());
    told.map(|told| kibibytes(&told)).sum::<u64>() << 10
}

/// The same of one process, from what the kernel tells of it.
fn kibibytes(status: &str) -> u64 {
    let own = status.lines().filter_map(|l| l.strip_prefix("RssAnon:").or_else(|| l.strip_prefix("RssShmem:")));
    own.filter_map(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn own_memory() {
        let status = "VmRSS:\t  900 kB\nRssAnon:\t     300 kB\nRssFile:\t 500 kB\nRssShmem:\t 100 kB\n";
        assert_eq!(super::kibibytes(status), 400);
        assert_eq!(super::kibibytes("Name:\tkthreadd\n"), 0);
    }
}
