//! A run of httpd: started, asked, ended.

use super::answer::{Answer, Inner, Reply};
use super::job::{Ask, Job, Way};
use super::logs::{self, Tail};
use super::scratch::{self, Place};
use super::send::{self, Response};
use super::{backend, children, fpm, wrapper};
use bstr::ByteSlice;
use regex::Regex;
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long httpd may take to start.
const START: Duration = Duration::from_secs(20);
/// How long the access log may take to name a request.
const LOGGED: Duration = Duration::from_secs(2);

/// httpd, which ends with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        children::end();
        let _ = self.0.wait();
    }
}

/// Starts httpd on `job` and puts its requests to it.
pub(super) fn run(job: &Job, place: &Place) -> Reply {
    let config = scratch::config(job, place);
    let sim = &place.sim;
    let written = std::fs::write(sim.join("user.conf"), &*wrapper::instrumented(job, &config, place))
        .and_then(|()| std::fs::write(sim.join("httpd.conf"), wrapper::httpd_conf(job, place, &config)));
    if let Err(e) = written {
        return Reply::Failed(format!("the configuration can't be written: {e}"));
    }
    let fpm = fpm::start(job, place, &config);
    let taken = if fpm { wrapper::fastcgi(&config) } else { Vec::new() };
    for address in wrapper::back_ends(&config) {
        if !taken.contains(&address.to_string()) && !job.ports().contains(&address.port()) {
            backend::start(address);
        }
    }
    let mut command = Command::new(&job.program);
    command.arg("-f").arg(sim.join("httpd.conf")).arg("-DFOREGROUND");
    for name in &job.defines {
        command.arg("-D").arg(name);
    }
    command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").env("LANG", "C");
    command.envs(job.environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if place.way != Way::Scratch {
        // what it ends its group with is not to meet this process
        command.process_group(0);
    }
    let mut child = match children::start(&mut command) {
        Ok(child) => child,
        Err(e) => return Reply::Failed(format!("httpd can't be started: {e}")),
    };
    let said = listen(&mut child);
    let mut server = Server(child);
    let mut errors = Tail::new(&sim.join("error.log"));
    let mut log = Vec::new();
    let begun = Instant::now();
    loop {
        log.extend(errors.lines());
        if log.contains_str("AH00163") {
            break;
        }
        if let Ok(Some(_)) = server.0.try_wait() {
            log.extend(errors.lines());
            return refusal(&collected(&said, Duration::from_secs(1)), &log, place);
        }
        if begun.elapsed() > START {
            return Reply::Failed("httpd did not start in time".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut access = Tail::new(&sim.join("access.log"));
    let asks = job.asks.iter().enumerate();
    let mut answers: Vec<Answer> = asks.map(|(i, a)| put(a, i, place, &mut access, &mut errors)).collect();
    for answer in &mut answers {
        answer.fpm = fpm && answer.asked_fastcgi();
    }
    drop(server);
    let warnings = collected(&said, Duration::from_millis(200));
    Reply::Answers { answers, warnings: place.restored(&warnings).lines().map(str::to_string).collect() }
}

/// Reads what httpd says on standard error, as it comes.
fn listen(child: &mut Child) -> mpsc::Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    if let Some(mut pipe) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                if tell.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    told
}

/// What was said until the other end closed, or for so long.
fn collected(said: &mpsc::Receiver<Vec<u8>>, patience: Duration) -> String {
    let end = Instant::now() + patience;
    let mut bytes = Vec::new();
    while bytes.len() < 1 << 20
        && let Ok(more) = said.recv_timeout(end.saturating_duration_since(Instant::now()))
    {
        bytes.extend(more);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Why httpd did not start.
fn refusal(said: &str, log: &[u8], place: &Place) -> Reply {
    let place_said = Regex::new(r"on line (\d+) of (\S+?):").expect("the pattern is sound");
    let machine = Regex::new(concat!(
        r"(?i)bad (user|group) name|could not open error log|unable to open logs|Cannot access directory|SSL\w+: file",
        r"|make_sock|Unable to configure|could not bind|log file"
    ));
    let machine = machine.expect("the pattern is sound");
    let absent = Regex::new(r"(?i)could not open|cannot open|No such file|does not exist|unable to open");
    let absent = absent.expect("the pattern is sound");
    let last = place_said.captures_iter(said).last();
    let file = last.as_ref().map(|c| c[2].to_string());
    let mine = file.as_deref().is_some_and(|f| !f.ends_with("/httpd.conf"));
    let whole = format!("{said}{}", String::from_utf8_lossy(log));
    if machine.is_match(said) || !mine && (absent.is_match(said) || said.trim().is_empty()) {
        return Reply::MachineError(place.restored(whole.trim()));
    }
    let line = last.as_ref().filter(|_| mine).and_then(|c| c[1].parse().ok());
    let config = place.sim.join("user.conf");
    let file = file.map(|f| if config.as_os_str() == f.as_str() { "config".into() } else { place.restored(&f) });
    let message = place.restored(said.trim()).replace("AH00526: ", "");
    Reply::ConfigError { file, line, message }
}

/// Puts the request of that number and reads the logs after it.
fn put(ask: &Ask, number: usize, place: &Place, access: &mut Tail, errors: &mut Tail) -> Answer {
    let (client, server) = match place.way {
        Way::Scratch => (None, SocketAddr::new([127, 0, 0, 1].into(), place.port(ask.port))),
        _ => (Some(ask.client), SocketAddr::new(ask.server, ask.port)),
    };
    // what comes late of an earlier one is not this one's
    let _ = (access.lines(), errors.lines());
    let response = match send::send(ask, client, server) {
        Ok(response) => response,
        Err(e) => {
            // httpd may have something to note about it all the same
            std::thread::sleep(Duration::from_millis(20));
            return Answer { error: Some(e.to_string()), ..Answer::default() };
        }
    };
    let mut log = access.lines();
    let begun = Instant::now();
    let line = loop {
        if let Some(line) = log.lines().find(|l| is_of(l, number)) {
            break line.to_vec();
        }
        if begun.elapsed() > LOGGED {
            break Vec::new();
        }
        std::thread::sleep(Duration::from_micros(500));
        log.extend(access.lines());
    };
    answer(&response, &line, &errors.lines(), place)
}

/// Whether a line of the access log is about the request of that number: one that could not be read has none.
fn is_of(line: &[u8], number: usize) -> bool {
    let id = line.split(|&b| b == b'\t').next().unwrap_or_default();
    id == b"-" || id == number.to_string().as_bytes()
}

fn answer(response: &Response, access: &[u8], errors: &[u8], place: &Place) -> Answer {
    let restored = |t: String| place.restored(&t);
    let entry = logs::entry(access);
    if entry.file.as_ref().is_some_and(|f| place.strays(f.as_bytes())) {
        let error = Some("it fell on this machine's own DocumentRoot".into());
        return Answer { error, ..Answer::default() };
    }
    let told = response.header(&wrapper::TELL.to_ascii_lowercase()).and_then(|told| {
        let mut values = told.split('|').map(|v| place.restored(&unescaped(v)));
        let mut next = || values.next();
        Some(Inner { file: next()?, handler: next()?, path_info: next()?, user: next()? })
    });
    let mut log = logs::error_lines(errors);
    for line in &mut log {
        line.text = place.restored(&line.text);
    }
    let tell = wrapper::TELL.to_ascii_lowercase();
    let headers = response.headers.iter().filter(|(name, _)| *name != tell);
    let headers = headers.map(|(name, value)| (name.clone(), place.restored(value))).collect();
    Answer {
        headers,
        status: response.status,
        error: response.status.is_none().then(|| "no status line".into()),
        location: response.header("location").map(|l| place.restored(l)),
        vhost: entry.vhost,
        file: entry.file.map(restored),
        handler: entry.handler,
        inner: told,
        log,
        probe: probe(&response.body),
        fpm: false,
    }
}

/// What a stand-in program told: a JSON object with `probe` in it.
fn probe(body: &[u8]) -> Option<serde_json::Value> {
    if !body.starts_with(b"{") || !body.contains_str("\"probe\"") {
        return None;
    }
    let mut value: serde_json::Value = serde_json::from_str(&String::from_utf8_lossy(body)).ok()?;
    // mod_wsgi hands out bytes as Latin-1 characters
    if value["probe"] == "wsgi"
        && let Some(map) = value.as_object_mut()
    {
        for text in map.values_mut().filter_map(|v| v.as_str().map(str::to_string).map(|t| (v, t))) {
            let bytes: Option<Vec<u8>> = text.1.chars().map(|c| u8::try_from(c as u32).ok()).collect();
            if let Some(bytes) = bytes {
                *text.0 = String::from_utf8_lossy(&bytes).into();
            }
        }
    }
    Some(value)
}

/// Undoes percent-encoding.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let hex =
            bytes.get(i + 1..i + 3).filter(|_| b == b'%').and_then(|h| u8::from_str_radix(h.to_str().ok()?, 16).ok());
        out.push(hex.unwrap_or(b));
        i += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
