//! The processes that a worker starts, and their end.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeSet, HashMap};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Held while a process is started, and for good by whoever ends them all: none is started that isn't known.
static STARTING: Mutex<()> = Mutex::new(());
/// How long processes that are killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many looks in turn must find none: a process whose parent ends between two lines of one look isn't seen by it.
const SURE: u32 = 3;

/// Starts a program.
///
/// # Errors
/// What the system says.
pub(super) fn start(command: &mut Command) -> std::io::Result<Child> {
    let _held = STARTING.lock();
    command.spawn()
}

/// Ends all processes that this one has started and those that they have, and calls `then` when none is left; no
/// further ones are started.
pub(super) fn end_for_good(then: impl FnOnce()) {
    let _held = STARTING.lock();
    end();
    then();
}

/// Ends all processes that this one has started and those that they have, and what they hold in shared memory. This one
/// must be whom those come to whose parent is gone.
pub(super) fn end() {
    end_all(&[]);
}

/// Ends all processes below this one but `spared` and what is below those.
pub(super) fn end_all(spared: &[Pid]) {
    let mut shared = BTreeSet::new();
    let begun = Instant::now();
    let mut quiet = 0;
    while quiet < SURE && begun.elapsed() < PATIENCE {
        let alive = descendants(spared);
        quiet = if alive.is_empty() { quiet + 1 } else { 0 };
        for pid in alive {
            shared.extend(shared_memory(pid));
            if let Some(pid) = Pid::from_raw(pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    for file in shared {
        let _ = std::fs::remove_file(file);
    }
}

/// The files in shared memory that a process holds.
fn shared_memory(pid: i32) -> BTreeSet<String> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    maps.lines().filter_map(|l| l.find("/dev/shm/").map(|at| l[at..].to_string())).collect()
}

/// The processes below this one that have not ended, but for those of `spared` and what is below them.
fn descendants(spared: &[Pid]) -> Vec<i32> {
    let own = std::process::id() as i32;
    let processes = processes();
    let is_spared = |pid: &i32| spared.iter().any(|s| s.as_raw_nonzero().get() == *pid);
    let is_below = |pid: i32| {
        let parent = |pid: &i32| processes.get(pid).map(|p| p.parent).filter(|_| !is_spared(pid));
        std::iter::successors(parent(&pid), parent).take(processes.len()).any(|p| p == own)
    };
    processes.iter().filter(|(pid, p)| !p.has_ended && is_below(**pid)).map(|(pid, _)| *pid).collect()
}

/// A process, as the kernel tells of it.
struct Process {
    parent: i32,
    /// Nobody has waited for it yet.
    has_ended: bool,
}

/// All processes, by their numbers.
fn processes() -> HashMap<i32, Process> {
    let process = |entry: std::fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let told = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // the name stands in parentheses, and may hold any
        let mut fields = told.rsplit_once(") ")?.1.split(' ');
        let has_ended = matches!(fields.next()?, "Z" | "X");
        Some((pid, Process { parent: fields.next()?.parse().ok()?, has_ended }))
    };
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(process).collect()
}
