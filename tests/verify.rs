//! `routesim verify`, against the httpd of this machine where there is one.
#![cfg(all(feature = "cli", feature = "oracle", target_os = "linux"))]

use routesim::oracle::Httpd;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn routesim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = routesim(arguments).output().expect("it runs");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// Whether there is an httpd with what the scenarios need; says so when there is none.
fn httpd() -> bool {
    let found = Httpd::find(None).is_ok_and(|h| h.wsgi_version().is_some() && h.module_file("php8.2").is_some());
    if !found {
        eprintln!("no httpd with mod_wsgi and mod_php here: nothing is verified");
    }
    found
}

fn scratch(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("routesim-test-{}-{name}.yaml", std::process::id()));
    std::fs::write(&path, text).expect("it can be written");
    path
}

#[test]
fn without_an_httpd_there_is_nothing_to_ask() {
    let (code, said) = run(&["verify", "--httpd", "/nowhere/httpd", "scenarios/web2py.yaml"]);
    assert_eq!((code, said.contains("no httpd at")), (Some(2), true), "{said}");
}

#[test]
fn both_sides_agree() {
    if httpd() {
        let (code, said) = run(&["verify", "scenarios/web2py.yaml", "scenarios/web2py-as-published.yaml"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("agree, 0 differ, in 2 scenarios"), "{said}");
    }
}

#[test]
fn what_hangs_on_the_time_is_not_compared() {
    if !httpd() {
        return;
    }
    let text = "name: x\nenvironment: {WHERE: /srv/www}\ntime: 2001-01-01 00:00:00\nconfig: |\n  DocumentRoot ${WHERE}\n  \
                RewriteEngine On\n  RewriteCond %{TIME_YEAR} =2001\n  RewriteRule ^/a /b [PT]\nfiles:\n  /srv/www/b: b\n\
                requests: [/a, /b]\n";
    let path = scratch("time", text);
    let (code, said) = run(&["verify", &path.display().to_string()]);
    std::fs::remove_file(path).expect("it was there");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 agree, 0 differ") && said.contains("`time`"), "{said}");
}

#[test]
fn a_difference_has_its_place_and_answers_are_recorded() {
    if !httpd() {
        return;
    }
    // the file is another one than the scenario says: routesim knows nothing of what only this machine has
    let text = "name: x # kept\nconfig: |\n  DocumentRoot /usr\nrequests:\n  # kept too\n  - /bin/env\n";
    let path = scratch("record", text);
    let name = path.display().to_string();
    let (code, said) = run(&["verify", &name]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("{name}:6:5")) && said.contains("what httpd did"), "{said}");
    run(&["verify", "--record", &name]);
    let recorded = std::fs::read_to_string(&path).expect("it is there");
    let _ = std::fs::remove_file(&path);
    assert!(
        recorded.contains("name: x # kept") && recorded.contains("  # kept too\n  - url: /bin/env\n"),
        "{recorded}"
    );
    assert!(recorded.contains("status: 200") && recorded.contains("file: /usr/bin/env"), "{recorded}");
}

/// httpd listens where a whole configuration says, and nowhere else.
#[test]
fn a_port_without_a_listen_is_refused_on_both_sides() {
    if !httpd() {
        return;
    }
    let config = scratch(
        "whole",
        "ServerName x\nListen 80\nDocumentRoot /srv\n<Directory /srv>\nRequire all granted\n</Directory>\n",
    );
    let text = format!(
        "name: x\nconfig: {{file: {}}}\nfiles: {{/srv/a: x}}\nrequests:\n  - {{url: /a, expect: {{status: 200}}}}\n  \
         - {{url: 'http://x:81/a', expect: {{status: null, connection: refused}}}}\n",
        config.display()
    );
    let path = scratch("ports", &text);
    let name = path.display().to_string();
    let (verified, tested) = (run(&["verify", &name]), run(&["test", &name]));
    for path in [path, config] {
        std::fs::remove_file(path).expect("it was there");
    }
    assert!(verified.1.contains("2 answers alike"), "{}", verified.1);
    assert_eq!(tested.0, Some(0), "{}", tested.1);
}

#[test]
fn an_interruption_leaves_nothing() {
    if !httpd() {
        return;
    }
    let mut child =
        routesim(&["verify", "scenarios"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    std::thread::sleep(Duration::from_millis(700));
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    let status = child.wait().expect("it was started");
    assert_eq!(status.code(), Some(130));
    std::thread::sleep(Duration::from_millis(300));
    let program = Path::new(env!("CARGO_BIN_EXE_routesim")).display().to_string();
    let workers = std::fs::read_dir("/proc").expect("it is there").flatten().filter(|p| {
        let line = std::fs::read(p.path().join("cmdline")).unwrap_or_default();
        let parent = std::fs::read_to_string(p.path().join("stat")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        // the workers of tests that run beside this one have a parent
        let orphan = parent.rsplit_once(") ").is_some_and(|(_, s)| s.split(' ').nth(1) == Some("1"));
        orphan && line.contains(&program) && line.contains("worker")
    });
    assert_eq!(workers.count(), 0);
}

#[test]
fn what_is_known_is_left_out() {
    if !httpd() {
        return;
    }
    let path = scratch("known", "name: x\nconfig: |\n  DocumentRoot /usr\nrequests:\n  - /bin/env\n");
    let (name, known) = (path.display().to_string(), format!("{}.txt", path.display()));
    let (code, said) = run(&["verify", &name, "--baseline", &known, "--write-baseline"]);
    let text = std::fs::read_to_string(&known).unwrap_or_default();
    assert!(text.contains(&format!("{name}: GET /bin/env: ")), "{text}{said}");
    let (again, told) = run(&["verify", &name, "--baseline", &known]);
    std::fs::write(&known, format!("{text}{name}: GET /gone: status\n")).expect("it can be written");
    let (_, unused) = run(&["verify", &name, "--baseline", &known]);
    for file in [&name, &known] {
        let _ = std::fs::remove_file(file);
    }
    assert_eq!((code, again), (Some(0), Some(0)), "{said}{told}");
    assert!(unused.contains("did not occur: `") && unused.contains("GET /gone: status`"), "{unused}");
}
