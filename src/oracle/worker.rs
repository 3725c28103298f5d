//! The process that holds one run: its namespaces or scratch folder, its httpd.
//!
//! It reads a [`Job`] as the first line of its standard input and writes a [`Reply`] as one line on its standard
//! output. When its standard input ends before that, whoever started it is gone, and it ends with all it has made.

use super::answer::Reply;
use super::job::{Job, Way};
use super::scratch::{self, Place};
use super::{root, serve};
use std::io::{BufRead, Read, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// The first argument by which a program knows that it is to be a worker.
pub const ARGUMENT: &str = "--answer-as-httpd-worker";

/// Whether this process was started as a worker.
pub fn is_wanted() -> bool {
    std::env::args_os().nth(1).is_some_and(|a| a == ARGUMENT)
}

/// What has to be ended or removed.
#[derive(Default)]
struct Made {
    group: Option<u32>,
    folder: Option<std::path::PathBuf>,
}

impl Made {
    fn undo(&mut self) {
        if let Some(group) = self.group.take() {
            serve::end(group);
        }
        if let Some(folder) = self.folder.take() {
            super::family::remove(&folder);
        }
    }
}

/// Does the work.
pub fn main() -> ExitCode {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let job = read.map_err(|e| e.to_string()).and_then(|_| serde_json::from_str(&line).map_err(|e| e.to_string()));
    let made: Arc<Mutex<Made>> = Arc::default();
    let watched = made.clone();
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        let _ = std::io::stdin().lock().read_to_end(&mut rest);
        // nobody waits for an answer any more
        if let Ok(mut made) = watched.lock() {
            made.undo();
            std::process::exit(3);
        }
    });
    let reply = match job {
        Ok(job) => run(&job, &made),
        Err(e) => Reply::Failed(format!("the job can't be read: {e}")),
    };
    if let Ok(mut made) = made.lock() {
        made.undo();
    }
    let mut text = serde_json::to_vec(&reply).unwrap_or_default();
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    let sent = out.write_all(&text).and_then(|()| out.flush());
    ExitCode::from(u8::from(sent.is_err()))
}

fn run(job: &Job, made: &Arc<Mutex<Made>>) -> Reply {
    let place = match job.way {
        Way::Root | Way::User => root::enter(job),
        Way::Scratch => below(job, made),
    };
    match place {
        Ok(place) => {
            if job.way == Way::User {
                // httpd is to have no more rights than its user
                let _ = rustix::thread::clear_ambient_capability_set();
            }
            serve::run(job, &place, |server| {
                if let Ok(mut made) = made.lock() {
                    made.group = Some(server.id());
                }
            })
        }
        Err(e) => Reply::Failed(e),
    }
}

/// Lays out a scratch folder.
fn below(job: &Job, made: &Arc<Mutex<Made>>) -> Result<Place, String> {
    let folder = job.scratch.clone().ok_or("there is no scratch folder")?;
    if let Ok(mut made) = made.lock() {
        made.folder = Some(folder.clone());
    }
    let place = Place::below(&folder, job, scratch::free_ports(&job.ports())?);
    root::folder(&place.sim)?;
    root::folder(&place.at("/"))?;
    root::fill(job, &place)?;
    Ok(place)
}
