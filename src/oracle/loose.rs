//! The process that runs httpd where nothing contains it: over a scratch directory, as an ordinary process.
//!
//! Its process group is made by whoever starts it, before there is any httpd, and httpd stays in it; what leaves the
//! group comes to this process when its parent ends. So both can end all of a run, whichever is left.

use super::answer::Reply;
use super::job::Job;
use super::scratch::{self, Place};
use super::{children, family, layout, serve, worker};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// Does the work.
pub(super) fn main() -> ExitCode {
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let job = worker::job(&mut std::io::stdin().lock());
    let job = job.and_then(|(job, _)| job.ok_or_else(|| "there is no job".to_string()));
    let made: Arc<Mutex<Option<PathBuf>>> = Arc::default();
    let watched = made.clone();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock().by_ref(), &mut std::io::sink());
        // nobody waits for an answer any more
        children::end_for_good(|| {
            remove(&watched);
            std::process::exit(3);
        });
    });
    let reply = job.and_then(|job| {
        let place = below(&job, &made)?;
        Ok(serve::run(&job, &place))
    });
    children::end();
    remove(&made);
    worker::told(&reply.unwrap_or_else(Reply::Failed))
}

/// Removes the scratch directory; when this returns it is gone, whichever thread removed it.
fn remove(made: &Mutex<Option<PathBuf>>) {
    let Ok(mut made) = made.lock() else { return };
    if let Some(directory) = made.take() {
        family::remove(&directory);
    }
}

/// Lays out a scratch directory.
fn below(job: &Job, made: &Mutex<Option<PathBuf>>) -> Result<Place, String> {
    let directory = job.scratch.clone().ok_or("there is no scratch directory")?;
    // held until all is laid out: it is not to be removed while it grows
    let mut made = made.lock().map_err(|e| e.to_string())?;
    *made = Some(directory.clone());
    let place = Place::below(&directory, job, scratch::free_ports(&job.ports())?);
    layout::folder(&place.sim)?;
    layout::folder(&place.at("/"))?;
    layout::fill(job, &place)?;
    Ok(place)
}
