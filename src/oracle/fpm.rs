//! A PHP-FPM for the FastCGI back-ends of a configuration, with its defaults, in the run's own containment.

use super::job::{Job, Way};
use super::scratch::Place;
use super::{children, wrapper};
use std::collections::BTreeSet;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const START: Duration = Duration::from_secs(5);
/// Where it is installed.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin"];

/// The program, of the latest version; none where it is not installed.
pub(super) fn installed() -> Option<PathBuf> {
    let files = FOLDERS.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten().flatten();
    let is_ours = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("php-fpm"));
    files.map(|entry| entry.path()).filter(is_ours).max().and_then(|p| p.canonicalize().ok())
}

/// Starts it where the configuration has back-ends for it: `true` once it takes connections.
pub(super) fn start(job: &Job, place: &Place, config: &[u8]) -> bool {
    let pools: BTreeSet<String> = wrapper::fastcgi(config).into_iter().collect();
    let Some(program) = job.fpm.as_ref().filter(|_| place.way != Way::Scratch && !pools.is_empty()) else {
        return false;
    };
    for socket in pools.iter().filter(|pool| pool.starts_with('/')) {
        if let Some(folder) = place.at(socket).parent() {
            let _ = std::fs::create_dir_all(folder);
        }
    }
    let file = place.sim.join("fpm.conf");
    if std::fs::write(&file, conf(&pools, place)).is_err() {
        return false;
    }
    let mut command = Command::new(program);
    command.args(["-n", "-F", "-R", "-y"]).arg(&file).env_clear().env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if children::start(&mut command).is_err() {
        return false;
    }
    let begun = Instant::now();
    let open = |pool: &String| match pool.starts_with('/') {
        true => UnixStream::connect(place.at(pool)).is_ok(),
        false => TcpStream::connect(pool).is_ok(),
    };
    while !pools.iter().all(open) {
        if begun.elapsed() > START {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Its configuration: an error's page needs a process of its own.
fn conf(pools: &BTreeSet<String>, place: &Place) -> String {
    let mut conf = format!("[global]\nerror_log={}\n", place.sim.join("fpm.log").display());
    for (i, pool) in pools.iter().enumerate() {
        let user = if place.way == Way::Root {
            "user=www-data\ngroup=www-data\nlisten.owner=www-data\n"
        } else {
            "user=root\n"
        };
        conf.push_str(&format!("[pool{i}]\n{user}listen={pool}\npm=static\npm.max_children=2\n"));
    }
    conf
}
