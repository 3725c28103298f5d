//! The process that runs httpd where a keeper contains it.
//!
//! It leaves the machine's users and namespaces before it knows anything of a scenario. When it is told its job it is
//! in the run's own root; it sets up the network, gives up what it may, and only then lays out files and starts programs.

use super::answer::Reply;
use super::job::Job;
use super::scratch::Place;
use super::{keeper, layout, network, privileges, serve, syscalls, worker};
use std::process::ExitCode;

/// Does the work; `owner` is the number that the run's root has on the machine, none where all are whoever runs this.
pub(super) fn main(owner: Option<u32>) -> ExitCode {
    close_inherited();
    let ready = privileges::limit().and_then(|()| privileges::leave(owner));
    if let Err(why) = ready {
        return worker::told(&Reply::Failed(why));
    }
    let _ = worker::written(keeper::READY);
    let reply = worker::job(&mut std::io::stdin().lock()).and_then(|(job, _)| run(job.as_ref(), owner));
    worker::told(&reply.unwrap_or_else(Reply::Failed))
}

/// Closes what whoever started all this had open: it may be a directory of the machine.
fn close_inherited() {
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers: Vec<i32> = open.filter_map(|f| f.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|n| *n > 2) {
        let _ = nix::unistd::close(number);
    }
}

fn run(job: Option<&Job>, owner: Option<u32>) -> Result<Reply, String> {
    if owner.is_some() {
        privileges::become_root()?;
    }
    if let Some(job) = job {
        privileges::lend_network(true)?;
        network::set_up(job)?;
        privileges::lend_network(false)?;
    }
    // where this process was started is no place of the run's root
    std::env::set_current_dir("/").map_err(|e| format!("can't enter the new root: {e}"))?;
    confine()?;
    let Some(job) = job else { return Ok(Reply::Contained) };
    let place = Place::whole(job.way);
    layout::folder(&place.sim)?;
    layout::fill(job, &place)?;
    Ok(serve::run(job, &place))
}

/// Gives up, for good, what no scenario may have.
fn confine() -> Result<(), String> {
    // no controlling terminal
    let _ = rustix::process::setsid();
    privileges::hide()?;
    privileges::drop_to_needed()?;
    syscalls::filter()
}
