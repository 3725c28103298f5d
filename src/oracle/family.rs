//! Starting workers, waiting for them, and leaving nothing of them behind.

use super::answer::Reply;
use super::find::Httpd;
use super::job::{Job, Way};
use super::{scratch, worker};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

/// More requests than this are not put at one time.
pub const MOST_REQUESTS: usize = 20_000;
/// What scratch folders are called, before the process's number.
const SCRATCH: &str = "routesim-verify-";

/// An httpd, and the way to ask it.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// What is asked.
    pub httpd: Httpd,
    /// How it is run.
    pub way: Way,
    /// The program that is a worker when its first argument says so.
    worker: PathBuf,
}

impl Oracle {
    /// Asks `httpd` in the way given, or the best that this process may; `worker` is a program that calls
    /// [`worker::main`] when [`worker::is_wanted`].
    ///
    /// # Errors
    /// When the way given is not open.
    pub fn new(httpd: Httpd, worker: PathBuf, way: Option<Way>) -> Result<Oracle, String> {
        let open = match way {
            Some(way) => can(way).then_some(way),
            None => [Way::Root, Way::User, Way::Scratch].into_iter().find(|w| can(*w)),
        };
        let way = open.ok_or("httpd can't be run that way here")?;
        remove_stale();
        Ok(Oracle { httpd, way, worker })
    }

    /// Asks a job; what it needs and can't have is said instead (`Err`).
    ///
    /// # Errors
    /// What about the job can't be had this way.
    pub fn ask(&self, job: &Job) -> Result<Reply, String> {
        let mut job = job.clone();
        job.way = self.way;
        if let Some(need) = scratch::needs(&job, self.way) {
            let open = if scratch::needs(&job, Way::User).is_none() { "root or user namespaces" } else { "root" };
            return Err(format!("{open}, for {need}"));
        }
        if job.asks.len() > MOST_REQUESTS {
            return Ok(Reply::Failed(format!("more than {MOST_REQUESTS} requests")));
        }
        if self.way == Way::Scratch {
            job.scratch = Some(new_scratch());
        }
        Ok(self.run(&job).unwrap_or_else(Reply::Failed))
    }

    fn run(&self, job: &Job) -> Result<Reply, String> {
        if ENDING.load(Ordering::Relaxed) {
            return Err("this process is about to end".into());
        }
        let mut command = Command::new("unshare");
        match job.way {
            Way::Root => drop(command.args(ROOT)),
            Way::User => drop(command.args(USER)),
            Way::Scratch => command = Command::new(&self.worker),
        }
        if job.way != Way::Scratch {
            command.arg("--").arg(&self.worker);
        }
        command.arg(worker::ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        let mut child = command.spawn().map_err(|e| format!("the worker can't be started: {e}"))?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let member = Member::join(child, input);
        let mut text = serde_json::to_vec(job).map_err(|e| e.to_string())?;
        text.push(b'\n');
        member.write(&text);
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            if let Some(output) = output {
                let _ = BufReader::new(output).read_line(&mut line);
            }
            let _ = tell.send(line);
        });
        let patience = Duration::from_secs(60) + Duration::from_millis(250) * job.asks.len() as u32;
        let line = told.recv_timeout(patience).map_err(|_| "httpd took too long".to_string())?;
        drop(member);
        match serde_json::from_str(&line) {
            Ok(reply) => Ok(reply),
            Err(_) => {
                let mut said = String::new();
                if let Some(errors) = errors {
                    let _ = std::io::Read::read_to_string(&mut std::io::Read::take(errors, 4096), &mut said);
                }
                Err(format!("the worker gave no answer {}", said.trim()))
            }
        }
    }
}

const ROOT: &[&str] = &["--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child"];
const USER: &[&str] = &[
    "--user",
    "--map-user=33",
    "--map-group=33",
    "--keep-caps",
    "--mount",
    "--net",
    "--pid",
    "--ipc",
    "--fork",
    "--kill-child",
];

/// Whether this process may make such namespaces.
fn can(way: Way) -> bool {
    let arguments = match way {
        Way::Root if rustix::process::geteuid().is_root() => ROOT,
        Way::User if !rustix::process::geteuid().is_root() => USER,
        // httpd refuses to serve as root
        way => return way == Way::Scratch && !rustix::process::geteuid().is_root(),
    };
    let mut command = Command::new("unshare");
    command.args(arguments).args(["--", "sh", "-c"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // only a real root may write into an overlay of what root owns
    let probe = match way {
        Way::Root => {
            "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && \
             mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m"
        }
        _ => "mount -t tmpfs none /mnt && mkdir /mnt/u && mount --rbind /dev /mnt/u",
    };
    command.arg(probe).status().is_ok_and(|s| s.success())
}

/// The workers that run.
static FAMILY: Mutex<Vec<(u64, u32, Option<ChildStdin>)>> = Mutex::new(Vec::new());
static ENDING: AtomicBool = AtomicBool::new(false);
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A worker; when this value goes, so does the worker.
struct Member {
    id: u64,
    child: Child,
}

impl Member {
    fn join(child: Child, input: Option<ChildStdin>) -> Member {
        let id = NUMBER.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut family) = FAMILY.lock() {
            family.push((id, child.id(), input));
        }
        Member { id, child }
    }

    fn write(&self, text: &[u8]) {
        let Ok(mut family) = FAMILY.lock() else { return };
        let taken = family.iter_mut().find(|m| m.0 == self.id).and_then(|m| m.2.take());
        drop(family);
        if let Some(mut input) = taken {
            let _ = input.write_all(text);
            if let Ok(mut family) = FAMILY.lock()
                && let Some(member) = family.iter_mut().find(|m| m.0 == self.id)
            {
                member.2 = Some(input);
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Ok(mut family) = FAMILY.lock() {
            // its standard input ends with this
            family.retain(|m| m.0 != self.id);
        }
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends all workers and waits until they are gone: for the moment at which this process is told to end.
pub fn clean_up() {
    ENDING.store(true, Ordering::Relaxed);
    let members: Vec<u32> = match FAMILY.lock() {
        Ok(mut family) => family.drain(..).map(|m| m.1).collect(),
        Err(_) => return,
    };
    let end = Instant::now() + Duration::from_secs(5);
    let alive = |pid: &u32| {
        // a process that has ended and was not waited for counts as gone
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        state.rsplit_once(") ").is_some_and(|(_, s)| !s.starts_with('Z'))
    };
    while members.iter().any(alive) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn new_scratch() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let base = std::env::temp_dir();
    let base = base.canonicalize().unwrap_or(base);
    base.join(format!("{SCRATCH}{}-{number}", std::process::id()))
}

/// Removes a scratch folder, whatever its modes are.
pub fn remove(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::remove_dir_all(folder).is_ok() {
        return;
    }
    let mut folders = vec![folder.to_path_buf()];
    while let Some(dir) = folders.pop() {
        let _ = std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700));
        let entries = std::fs::read_dir(&dir).into_iter().flatten().flatten();
        folders.extend(entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()));
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// Removes what processes that are no more have left behind.
fn remove_stale() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(SCRATCH).and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // an httpd that outlived its run names its own process there
            let httpd = std::fs::read_to_string(entry.path().join("sim/httpd.pid")).unwrap_or_default();
            let runs = |pid: u32| {
                std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|c| String::from_utf8_lossy(&c).contains(&name))
            };
            if let Some(pid) = httpd.trim().parse().ok().filter(|p| runs(*p)) {
                super::serve::end(pid);
            }
            remove(&entry.path());
        }
    }
}
