//! Tries to get out of where `routesim verify` runs a scenario's programs: by a piped log, which httpd starts as root,
//! and by a CGI program. Needs root and an httpd; says so where there is none.
#![cfg(all(feature = "cli", feature = "oracle", target_os = "linux"))]

use routesim::oracle::Httpd;
use std::collections::BTreeMap;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What is tried; its head says how it is told.
const TRY: &str = include_str!("try.py");
/// Where the machine would bear traces.
const PLACES: &[&str] =
    &["/", "/dev", "/dev/shm", "/etc", "/tmp", "/usr/bin", "/usr/lib/cgi-bin", "/var/tmp", "/var/www", "/root", "/run"];

/// A directory that ends with this value, with this program in it, where anybody may run it.
struct Bench(PathBuf);

impl Bench {
    fn new(name: &str) -> Bench {
        let path = std::env::temp_dir().join(format!("routesim-escapes-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("it can be made");
        std::fs::copy(env!("CARGO_BIN_EXE_routesim"), path.join("routesim")).expect("it can be copied");
        for p in [&path, &path.join("routesim")] {
            std::fs::set_permissions(p, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        Bench(path)
    }

    /// What `verify` says of a scenario, asked by root or, in a user namespace, by nobody.
    fn verified(&self, text: &str, root: bool) -> (Option<i32>, String) {
        self.asked(text, root, &["--way", if root { "root" } else { "user" }])
    }

    /// The same with arguments.
    fn asked(&self, text: &str, root: bool, arguments: &[&str]) -> (Option<i32>, String) {
        let scenario = self.0.join("scenario.yaml");
        std::fs::write(&scenario, text).expect("it can be written");
        let program = self.0.join("routesim").display().to_string();
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", &program];
        let mut words = if root { vec![program.as_str()] } else { nobody.to_vec() };
        words.extend(["verify", "--format", "json"]);
        words.extend(arguments);
        let mut command = Command::new(words[0]);
        let Output { status, stdout, stderr } =
            command.args(&words[1..]).arg(&scenario).current_dir("/").output().expect("it runs");
        (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether escapes can be tried here; says so where they can't.
fn can_try() -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    let can = root && Httpd::find(None).is_ok() && Path::new("/usr/bin/python3").exists();
    if !can {
        eprintln!("no root, no httpd or no python3 here: no escape is tried");
    }
    can
}

/// A scenario with a piped log, a CGI program and a Python text beside them; what they say is in httpd's log.
fn scenario(piped: &str, cgi: &str, python: &str) -> String {
    let indented = |text: &str| text.lines().map(|l| format!("      {l}\n")).collect::<String>();
    format!(
        "name: escapes\nconfig: |\n  DocumentRoot /srv\n  CustomLog \"|/srv/piped\" common\n  <Directory /srv>\n    \
         Require all granted\n    Options ExecCGI\n    SetHandler cgi-script\n  </Directory>\nfiles:\n  /srv/piped:\n    \
         mode: \"0755\"\n    content: |\n{}  /srv/x.cgi:\n    mode: \"0755\"\n    content: |\n{}  /srv/try.py: |\n{}\
         requests: [/x.cgi]\n",
        indented(piped),
        indented(cgi),
        indented(python).replace("      ", "    ")
    )
}

/// The results of all tries, by who and what.
fn results(said: &str) -> BTreeMap<String, String> {
    let words = said.split(|c: char| c.is_whitespace() || matches!(c, '"' | ','));
    let result = |word: &str| {
        let (try_, result) = word.split_once('=')?;
        let (who, _) = try_.split_once('-')?;
        (matches!(who, "root" | "www") && matches!(result, "held" | "DID")).then(|| (try_.into(), result.into()))
    };
    words.filter_map(result).collect()
}

/// The names of what is tried, as they stand in the script.
fn tries() -> Vec<String> {
    let name = |line: &str| {
        let rest = line.trim_start().strip_prefix('"')?;
        let (name, rest) = rest.split_once('"')?;
        rest.starts_with(": ").then(|| name.to_string())
    };
    let listed = TRY.lines().skip_while(|l| !l.starts_with("TRIES")).filter_map(name);
    let x86 = cfg!(target_arch = "x86_64");
    let before = TRY.find("if CALLS:").unwrap_or(TRY.len());
    listed.filter(|n| x86 || TRY.find(&format!("\"{n}\"")).is_some_and(|at| at < before)).collect()
}

/// Processes of the machine that have `mark` in their command line.
fn left(mark: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("it is there").flatten();
    let lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.map(|l| String::from_utf8_lossy(&l).into_owned()).filter(|l| l.contains(mark)).collect()
}

fn nothing_gets_out(root: bool) {
    let name = if root { "root" } else { "user" };
    let bench = Bench::new(name);
    let mark = format!("routesim-left-{}-{name}", std::process::id());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has one").port();
    let address = SocketAddr::from_abstract_name(&mark).expect("it is short");
    let _abstract = UnixListener::bind_addr(&address).expect("it is free");
    let env = || std::fs::metadata("/usr/bin/env").map(|m| (m.mode(), m.uid(), m.ctime())).expect("it is there");
    let before = env();
    let words = format!("{mark} {} {port} {mark}", std::process::id());
    let piped = format!(
        "#!/bin/sh\nfor d in {}; do echo x > $d/{mark}; chmod 6755 $d/{mark}; done 2>/dev/null\n\
         /usr/bin/python3 /srv/try.py root {words} > /srv/root.txt 2>&1\nmv /srv/root.txt /srv/root.done\nexec cat > /dev/null",
        PLACES.join(" ")
    );
    let cgi = format!(
        "#!/bin/sh\n/usr/bin/python3 /srv/try.py www {words} >&2\n\
         for i in 1 2 3 4 5 6 7 8 9 10 11 12; do [ -e /srv/root.done ] && break; sleep 0.5; done\n\
         cat /srv/root.done >&2\nprintf 'Status: 404\\r\\n\\r\\n'"
    );
    let (code, said) = bench.verified(&scenario(&piped, &cgi, TRY), root);
    if !root && said.contains("can't be run that way here") {
        return eprintln!("no user namespaces here: no escape is tried from one: {said}");
    }
    let results = results(&said);
    for who in ["root", "www"] {
        for what in tries() {
            let wanted = if what == "control" { "DID" } else { "held" };
            let got = results.get(&format!("{who}-{what}")).map(String::as_str);
            assert_eq!(got, Some(wanted), "{who}: {what} ({code:?})\n{said}");
        }
    }
    for place in PLACES {
        assert!(!Path::new(place).join(&mark).exists(), "{place} bears a trace");
    }
    assert_eq!(env(), before, "a program of the machine was changed");
    assert_eq!(left(&mark), Vec::<String>::new());
}

#[test]
fn nothing_gets_out_as_root() {
    if can_try() {
        nothing_gets_out(true);
    }
}

#[test]
fn nothing_gets_out_of_a_user_namespace() {
    if can_try() {
        nothing_gets_out(false);
    }
}

/// What `verify` says of a CGI program in Python that takes what it can get; nothing of it is there afterwards.
fn greedy(name: &str, python: &str) -> (Option<i32>, String) {
    let bench = Bench::new(name);
    let mark = format!("routesim-greedy-{}-{name}", std::process::id());
    let cgi = format!("#!/bin/sh\nexec /usr/bin/python3 /srv/try.py {mark}");
    let told = bench.verified(&scenario("#!/bin/sh\nexec cat > /dev/null", &cgi, python), true);
    assert_eq!(left(&mark), Vec::<String>::new());
    told
}

#[test]
fn processes_have_an_end() {
    if !can_try() {
        return;
    }
    let python = r#"
import os, sys
made = 0
try:
    while made < 5000:
        if os.fork() == 0:
            for number in range(3):
                os.close(number)
            os.execv("/bin/sleep", ["sleep", "30", sys.argv[1]])
        made += 1
except OSError:
    pass
print("www-forks=" + ("held" if 100 < made < 2000 else "DID"), file=sys.stderr)
print("Status: 404\r\n\r")
"#;
    let (_, said) = greedy("forks", python);
    assert_eq!(results(&said).get("www-forks").map(String::as_str), Some("held"), "{said}");
}

#[test]
fn memory_has_an_end() {
    if !can_try() {
        return;
    }
    let python = r#"
import os, time
for i in range(8):
    if os.fork() == 0:
        block = bytearray(1 << 30)
        for at in range(0, len(block), 4096):
            block[at] = 1
        time.sleep(30)
        os._exit(0)
time.sleep(8)
print("Status: 404\r\n\r")
"#;
    let (code, said) = greedy("memory", python);
    assert!(code == Some(2) && said.contains("more memory than the"), "{code:?}: {said}");
}

/// Forks of many users, each below what one may have.
#[test]
fn users_are_counted_together() {
    if !can_try() {
        return;
    }
    let bench = Bench::new("users");
    let python = r#"
import os, sys, time
def wait(path):
    while not os.path.exists(path):
        time.sleep(0.1)
if sys.argv[1] == "www":
    open("/tmp/started", "w").close()
    wait("/srv/root.done")
    print(open("/srv/root.done").read(), file=sys.stderr)
    print("Status: 404\r\n\r")
    sys.exit()
wait("/tmp/started")
for uid in range(1000, 1012):
    if os.fork() == 0:
        os.setresuid(uid, uid, uid)
        for i in range(300):
            try:
                if os.fork() == 0:
                    os.execv("/bin/sleep", ["sleep", "30"])
            except OSError:
                break
        time.sleep(30)
def processes():
    return len([p for p in os.listdir("/proc") if p.isdigit()])
# until there come no more
number, before = processes(), 0
while number != before:
    time.sleep(2)
    number, before = processes(), number
with open("/srv/told", "w") as told:
    told.write("root-users=" + ("held" if 300 < number < 1100 else "DID"))
os.rename("/srv/told", "/srv/root.done")
time.sleep(30)
"#;
    let run = |who: &str| format!("#!/bin/sh\nexec /usr/bin/python3 /srv/try.py {who}");
    let (_, said) = bench.verified(&scenario(&run("root"), &run("www"), python), true);
    assert_eq!(results(&said).get("root-users").map(String::as_str), Some("held"), "{said}");
}

#[test]
fn what_nothing_contains_is_refused() {
    if !can_try() {
        return;
    }
    let bench = Bench::new("loose");
    let trace = std::env::temp_dir().join(format!("routesim-loose-{}", std::process::id()));
    let text = format!(
        "name: x\nmodules: [alias, dir]\nconfig: |\n  DocumentRoot /srv\n  CustomLog \"|/bin/sh -c 'echo >{}; \
         exec cat >/dev/null'\" common\nfiles: {{/srv/a: a}}\nrequests: [/a]\n",
        trace.display()
    );
    let (code, said) = bench.asked(&text, false, &["--way", "scratch"]);
    assert!(code == Some(2) && said.contains("for `CustomLog` (the configuration, line 2)"), "{code:?}: {said}");
    assert!(!trace.exists());
    // httpd may be stopped before its shell has written
    let ran = (0..10).any(|_| {
        let (code, said) = bench.asked(&text, false, &["--way", "scratch", "--allow-programs"]);
        assert_eq!(code, Some(0), "{said}");
        trace.exists()
    });
    assert!(ran, "the program was allowed and did not run");
    let _ = std::fs::remove_file(trace);
}

#[test]
fn files_of_the_kernel_are_refused() {
    for path in ["/dev/routesim", "/proc/sys/kernel/x", "/sys/x", "//dev/x", "/link/x"] {
        let bench = Bench::new("kernel");
        let text = format!("name: x\nfiles:\n  /link: {{symlink: /dev}}\n  {path}: x\nrequests: [/]\n");
        if Httpd::find(None).is_err() || !can_try() {
            return;
        }
        let (code, said) = bench.verified(&text, true);
        assert!(code == Some(2) && said.contains("is not a scenario's"), "{path}: {code:?}: {said}");
    }
}
