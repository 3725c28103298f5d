//! The configuration around the scenario's own.

use super::job::{Job, Way};
use super::scratch::Place;
use bstr::{BString, ByteSlice, ByteVec};
use regex::bytes::{Captures, Regex};
use std::sync::LazyLock;

/// The header by which httpd tells what it made of a request: `expr=` and the variables, escaped.
pub(super) const TELL: &str = "X-Sim";
const VARIABLES: [&str; 4] = ["REQUEST_FILENAME", "HANDLER", "PATH_INFO", "REMOTE_USER"];

/// The access log's format: the request's number, handler, server, file, a tab between each.
const LOG: &str = r"%{X-Sim-Id}i\t%>R\t%v\t%f";

/// What httpd reads: the scenario's configuration is included as its last line.
pub(super) fn httpd_conf(job: &Job, place: &Place, config: &[u8]) -> String {
    let sim = place.sim.display();
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("ServerRoot \"{}\"", place.at("/etc/apache2").display()));
    line(&format!("DefaultRuntimeDir \"{sim}\"\nPidFile \"{sim}/httpd.pid\"\nMutex \"file:{sim}\" default"));
    for (_, identifier, file) in &job.modules {
        line(&format!("LoadModule {identifier} {}", file.display()));
    }
    line("ServerName localhost");
    let own = job.own_ports && LISTEN.is_match(config);
    for port in job.ports().into_iter().filter(|_| !own || place.way == Way::Scratch) {
        if place.way == Way::Scratch {
            line(&format!("Listen 127.0.0.1:{}", place.port(port)));
        } else if !listens(config, port) {
            line(&format!("Listen {port}"));
        }
    }
    if place.way == Way::Root {
        line("User www-data\nGroup www-data");
    }
    line(&format!("TypesConfig \"{}\"", place.at("/etc/mime.types").display()));
    line(&format!("ErrorLog \"{sim}/error.log\"\nErrorLogFormat \"[%l] %F: %E: %M\""));
    line(log_level(job));
    line(&format!("GlobalLog \"{sim}/access.log\" \"{LOG}\""));
    line("StartServers 1\nMinSpareServers 1\nMaxSpareServers 2\nMaxConnectionsPerChild 0\nTimeout 5\nKeepAlive Off");
    if job.has("wsgi") {
        line(&format!("WSGISocketPrefix \"{sim}/wsgi\""));
    }
    let told = VARIABLES.map(|v| format!("%{{escape:%{{{v}}}}}")).join("|");
    line(&format!("Header always set {TELL} \"expr={told}\""));
    line(&format!("Include \"{sim}/user.conf\""));
    out
}

/// Enough to see why: what mod_rewrite tries among it.
fn log_level(job: &Job) -> &'static str {
    if job.has("rewrite") { "LogLevel info rewrite:trace3" } else { "LogLevel info" }
}

/// Where a configuration listens.
static LISTEN: LazyLock<Regex> = LazyLock::new(|| regex(r"(?im)^[ \t]*Listen[ \t]+(?:\S*:)?(\d+)\b"));

/// Whether the configuration itself listens on a port.
fn listens(config: &[u8], port: u16) -> bool {
    LISTEN.captures_iter(config).any(|c| c[1] == *port.to_string().as_bytes())
}

/// The scenario's configuration, line by line the same, its logs led to where they are read.
pub(super) fn instrumented(job: &Job, config: &[u8], place: &Place) -> BString {
    static LOGS: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(?im)^([ \t]*)ErrorLog[ \t]+(?:"[^"|$\n]*"|[^\s"|$]+)[ \t]*(\r?)$"#));
    static LEVEL: LazyLock<Regex> = LazyLock::new(|| regex(r"(?im)^([ \t]*)LogLevel[ \t]+[a-z]+[ \t]*(\r?)$"));
    static FORMAT: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(?im)^([ \t]*)ErrorLogFormat[ \t]+"(?:[^"\\\n]|\\.)*"[ \t]*(\r?)$"#));
    let with = |text: &[u8], pattern: &Regex, new: &str| -> Vec<u8> {
        let put = |c: &Captures<'_>| [&c[1], new.as_bytes(), &c[2]].concat();
        pattern.replace_all(text, put).into_owned()
    };
    let log = format!("ErrorLog \"{}/error.log\"", place.sim.display());
    let out = with(config, &LOGS, &log);
    let out = with(&out, &LEVEL, log_level(job));
    with(&out, &FORMAT, "ErrorLogFormat \"[%l] %F: %E: %M\"").into()
}

/// The files that must be there for httpd to start, whatever a scenario says of them: logs need their folders.
pub(super) fn log_files(config: &[u8]) -> Vec<BString> {
    static LOGS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"(?im)^\s*(?:CustomLog|ErrorLog|TransferLog|GlobalLog|RewriteLog|SSL\w*Log|PidFile|ScriptSock)\s+"?(/[^\s"]+)"#,
        )
    });
    LOGS.captures_iter(config).map(|c| c[1].into()).collect()
}

/// The certificates and keys that a configuration names.
pub(super) fn certificates(config: &[u8]) -> Vec<BString> {
    static FILES: LazyLock<Regex> = LazyLock::new(|| regex(r#"(?im)^\s*SSLCertificate(?:Key)?File\s+"?([^\s"]+)"#));
    let whole = |c: Captures<'_>| match &c[1] {
        path if path.starts_with(b"/") => path.into(),
        path => {
            let mut whole = BString::from("/etc/apache2/");
            whole.push_str(path);
            whole
        }
    };
    FILES.captures_iter(config).map(whole).collect()
}

/// The addresses that a configuration names, those of this machine's own aside.
pub(super) fn addresses(config: &[u8]) -> Vec<std::net::IpAddr> {
    static V4: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d+\.\d+\.\d+\.\d+\b"));
    static V6: LazyLock<Regex> = LazyLock::new(|| regex(r"\[([0-9A-Fa-f:.]+)\]"));
    let text = |b: &[u8]| b.to_str().ok().and_then(|t| t.parse().ok());
    let four = V4.find_iter(config).filter_map(|m| text(m.as_bytes()));
    let six = V6.captures_iter(config).filter_map(|c| text(&c[1]));
    four.chain(six).collect()
}

/// The back-ends on loopback that a configuration sends requests to.
pub(super) fn back_ends(config: &[u8]) -> Vec<std::net::SocketAddr> {
    static TARGET: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:https?|fcgi|ajp|scgi|uwsgi)://(127\.0\.0\.\d+:\d+)"));
    let parsed = |c: Captures<'_>| c[1].to_str().ok().and_then(|t| t.parse().ok());
    TARGET.captures_iter(config).filter_map(parsed).collect()
}

/// Where the FastCGI back-ends of a configuration listen: an address on loopback, or the path of a socket.
pub(super) fn fastcgi(config: &[u8]) -> Vec<String> {
    static TARGET: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"(?i)(?:unix:(/[^|\s"]+)\|fcgi:|(?:[^|]|^)fcgi://((?:127\.0\.0\.\d+|localhost):\d+))"#)
    });
    let text = |c: Captures<'_>| c.get(1).or(c.get(2)).map(|m| m.as_bytes().to_str_lossy().into_owned());
    TARGET.captures_iter(config).filter_map(text).map(|t| t.replace("localhost", "127.0.0.1")).collect()
}

/// A regular expression of ours.
pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is sound")
}
