//! Starting workers, waiting for them, and leaving nothing of them behind.

use super::answer::Reply;
use super::find::Httpd;
use super::job::{Job, Way};
use super::{children, keeper, scratch, trust, worker};
use crate::limits;
use bstr::ByteSlice;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

/// More requests than this are not put at one time.
pub(super) const MOST_REQUESTS: usize = 20_000;
/// What scratch directories are called, before the process's number.
const SCRATCH: &str = "routesim-verify-";

/// The first of the numbers that the users of runs have on the machine: nobody gives them to anybody there.
const FIRST_USER: u32 = 0x7000_0000;
/// How many runs have numbers of their own.
const RANGES: u64 = 3072;

/// An httpd, and the way to ask it.
///
/// ```no_run
/// use routesim::oracle::{Httpd, Oracle, verify, worker};
/// use routesim::suite::Scenario;
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     if worker::is_wanted() {
///         return worker::main();
///     }
///     let worker = std::env::current_exe().expect("it has a path");
///     let oracle = Oracle::new(Httpd::find(None).expect("it is there"), worker, None, false).expect("it can run");
///     let scenario = Scenario::load("site.yaml".as_ref(), &Default::default()).expect("it is one");
///     ExitCode::from(u8::from(verify(&oracle, &scenario).differing() > 0))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Oracle {
    /// What is asked.
    pub httpd: Httpd,
    /// How it is run.
    pub way: Way,
    /// Why runs can't be contained here; none where they are.
    pub loose: Option<String>,
    /// Whether all answers' headers and environments are compared, not only where a scenario expects something of them.
    pub headers: bool,
    /// Whether a scenario may run programs of its own where nothing contains them.
    programs: bool,
    /// The program that is a worker when its first argument says so.
    worker: PathBuf,
}

impl Oracle {
    /// Asks `httpd` in the way given, or the best that this process may; `worker` is a program that calls
    /// [`worker::main`] when [`worker::is_wanted`]. With `programs`, a scenario may run programs of its own where
    /// nothing contains them.
    ///
    /// # Errors
    /// When the way given is not open, in words.
    pub fn new(httpd: Httpd, worker: PathBuf, way: Option<Way>, programs: bool) -> Result<Oracle, String> {
        let is_root = rustix::process::geteuid().is_root();
        let best = if is_root { Way::Root } else { Way::User };
        let mut oracle = Oracle { httpd, way: way.unwrap_or(best), loose: None, headers: false, programs, worker };
        let closed = match oracle.way {
            Way::Scratch if is_root => Some("httpd does not serve as root".to_string()),
            Way::Scratch => None,
            way if way != best => Some(if is_root { "this is root" } else { "this is not root" }.to_string()),
            _ => oracle.can().err(),
        };
        match closed {
            // httpd refuses to serve as root
            Some(why) if way.is_none() && !is_root => {
                oracle.way = Way::Scratch;
                oracle.loose = Some(why);
            }
            Some(why) => return Err(format!("httpd can't be run that way here: {why}")),
            None if oracle.way == Way::Scratch => oracle.loose = Some("that way was chosen".into()),
            None => {}
        }
        if oracle.way == Way::Scratch {
            // what outlives its worker comes to this process, which ends it
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        }
        remove_stale();
        Ok(oracle)
    }

    /// Asks a job; what it needs and can't have is said instead (`Err`).
    ///
    /// # Errors
    /// What about the job can't be had this way.
    pub(crate) fn ask(&self, job: &Job) -> Result<Reply, String> {
        let mut job = job.clone();
        job.way = self.way;
        if let Some(need) = scratch::needs(&job, self.way) {
            let open = if scratch::needs(&job, Way::User).is_none() { "root or user namespaces" } else { "root" };
            return Err(format!("{open}, for {need}"));
        }
        if self.loose.is_some() && !self.programs {
            trust::restrict(&mut job).map_err(|what| format!("containment (or --allow-programs), for {what}"))?;
        }
        if job.asks.len() > MOST_REQUESTS {
            return Ok(Reply::Failed(format!("more than {MOST_REQUESTS} requests")));
        }
        if self.way == Way::Scratch {
            job.scratch = Some(new_scratch());
        }
        let patience = Duration::from_secs(60) + Duration::from_millis(250) * job.asks.len() as u32;
        Ok(self.run(Some(&job), patience).unwrap_or_else(Reply::Failed))
    }

    /// Whether a run would be contained here: everything is done but to run httpd.
    fn can(&self) -> Result<(), String> {
        match self.run(None, Duration::from_secs(20))? {
            Reply::Contained => Ok(()),
            Reply::Failed(why) => Err(why),
            other => Err(format!("{other:?}")),
        }
    }

    /// The program that holds a run, and what contains it.
    fn command(&self) -> Command {
        let mut command = Command::new("unshare");
        let kind = match self.way {
            Way::Root => {
                command.args(ROOT).arg("--").arg(&self.worker);
                vec![worker::KEEPER.to_string(), free_users().to_string()]
            }
            Way::User => {
                command.args(USER).arg("--").arg(&self.worker);
                vec![worker::KEEPER.to_string(), "-".to_string()]
            }
            Way::Scratch => {
                command = Command::new(&self.worker);
                vec![worker::LOOSE.to_string()]
            }
        };
        command.arg(worker::ARGUMENT).args(kind);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    fn run(&self, job: Option<&Job>, patience: Duration) -> Result<Reply, String> {
        heed_end();
        let scratch = job.and_then(|job| job.scratch.clone());
        let (member, output, errors) = Member::start(&mut self.command(), scratch)?;
        let mut text = serde_json::to_vec(&job).map_err(|e| e.to_string())?;
        text.push(b'\n');
        member.write(&text);
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            if let Some(output) = output {
                let _ = BufReader::new(output.take(limits::run::REPLY_BYTES)).read_until(b'\n', &mut line);
            }
            let _ = tell.send(line);
        });
        let line = told.recv_timeout(patience).map_err(|_| "httpd took too long".to_string())?;
        drop(member);
        match serde_json::from_slice(&line) {
            Ok(reply) => Ok(reply),
            Err(_) => {
                let mut said = String::new();
                if let Some(errors) = errors {
                    let _ = errors.take(4096).read_to_string(&mut said);
                }
                Err(format!("the worker gave no answer {}", said.trim()).trim_end().to_string())
            }
        }
    }
}

const ROOT: &[&str] = &["--mount", "--pid", "--fork", "--kill-child"];
const USER: &[&str] =
    &["--user", "--map-user=33", "--map-group=33", "--keep-caps", "--mount", "--pid", "--fork", "--kill-child"];

/// The first of the numbers for the users of one run, other than those of runs beside it.
fn free_users() -> u32 {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed) + u64::from(std::process::id()) * 61;
    FIRST_USER + (number % RANGES) as u32 * keeper::USERS
}

/// A worker that runs.
struct Running {
    id: u64,
    pid: Pid,
    input: Option<ChildStdin>,
    /// Where it works, when that is no root of its own.
    scratch: Option<PathBuf>,
}

impl Running {
    /// Whether it has not ended; one that was not waited for has.
    fn is_alive(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Has it end by itself, and waits for that.
    fn wait(&mut self) {
        // its standard input ends with this
        self.input = None;
        let begun = Instant::now();
        while self.is_alive() && begun.elapsed() < Duration::from_secs(8) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Has it end, and ends what it left: in its group, which is there until somebody waits for the worker, and outside.
    fn end(mut self) {
        self.wait();
        let _ = kill_process_group(self.pid, Signal::KILL);
        let Some(directory) = self.scratch else { return };
        if let Ok(family) = FAMILY.lock() {
            let own: Vec<Pid> = family.iter().map(|m| m.pid).chain([self.pid]).collect();
            // what came to this process as its parent ended
            children::end_all(&own);
        }
        if directory.exists() {
            remove(&directory);
        }
    }
}

/// The workers that run.
static FAMILY: Mutex<Vec<Running>> = Mutex::new(Vec::new());
static ENDING: AtomicBool = AtomicBool::new(false);
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A worker; when this value goes, so does the worker.
struct Member {
    id: u64,
    child: Child,
}

impl Member {
    /// Starts a worker, and says where it can be heard: what it answers, and what it says besides.
    fn start(
        command: &mut Command,
        scratch: Option<PathBuf>,
    ) -> Result<(Member, Option<ChildStdout>, Option<ChildStderr>), String> {
        // held while it is started: a child that isn't in the family is one that came to this process
        let mut family = FAMILY.lock().map_err(|e| e.to_string())?;
        let mut child = command.spawn().map_err(|e| format!("the worker can't be started: {e}"))?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let id = NUMBER.fetch_add(1, Ordering::Relaxed);
        family.push(Running { id, pid: Pid::from_child(&child), input, scratch });
        Ok((Member { id, child }, output, errors))
    }

    fn write(&self, text: &[u8]) {
        let Ok(mut family) = FAMILY.lock() else { return };
        let taken = family.iter_mut().find(|m| m.id == self.id).and_then(|m| m.input.take());
        drop(family);
        if let Some(mut input) = taken {
            let _ = input.write_all(text);
            if let Ok(mut family) = FAMILY.lock()
                && let Some(member) = family.iter_mut().find(|m| m.id == self.id)
            {
                member.input = Some(input);
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let running = FAMILY.lock().ok().and_then(|mut family| {
            let at = family.iter().position(|m| m.id == self.id)?;
            Some(family.swap_remove(at))
        });
        if let Some(running) = running {
            running.end();
        }
        let _ = self.child.wait();
    }
}

/// Ends all workers and waits until they are gone: for the moment at which this process is told to end.
pub fn clean_up() {
    ENDING.store(true, Ordering::Relaxed);
    let Ok(mut family) = FAMILY.lock() else { return };
    let mut members: Vec<Running> = family.drain(..).collect();
    drop(family);
    for member in &mut members {
        member.input = None;
    }
    members.iter_mut().for_each(Running::wait);
    members.into_iter().for_each(Running::end);
}

/// Waits for the end where this process has been told to end: nothing more is to be said then.
pub(crate) fn heed_end() {
    while ENDING.load(Ordering::Relaxed) {
        std::thread::park();
    }
}

fn new_scratch() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let base = std::env::temp_dir();
    let base = base.canonicalize().unwrap_or(base);
    base.join(format!("{SCRATCH}{}-{number}", std::process::id()))
}

/// Removes a scratch directory, whatever its modes are; what was being written when its process ended may come late.
pub(super) fn remove(directory: &Path) {
    for _ in 0..100 {
        if std::fs::remove_dir_all(directory).is_ok() || !directory.exists() {
            break;
        }
        open_up(directory);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Makes all directories below one such that their owner may change them.
fn open_up(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mut directories = vec![directory.to_path_buf()];
    while let Some(directory) = directories.pop() {
        let _ = std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700));
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        directories.extend(entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()));
    }
}

/// Removes what processes that are no more have left behind.
fn remove_stale() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(SCRATCH).and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            end_users_of(&name);
            remove(&entry.path());
        }
    }
}

/// Ends the processes that were started on the scratch directory of that name: an httpd that outlived its run.
fn end_users_of(name: &str) {
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let pid = process.file_name().to_str().and_then(|p| p.parse().ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| line.contains_str(name)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
