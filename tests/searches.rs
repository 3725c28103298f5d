//! `exposed` and `bypass` over scenarios whose answers a real httpd gave (tests/searches): the first request of one in `bypass`
//! is refused, and the others that got the same file are what must be found; in those that are called `safe`, none. Of one in
//! `exposed`, the recorded requests get all that can be got.
#![cfg(feature = "cli")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a command prints, a JSON value a line, and its exit status.
fn run(arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
    let output = command.current_dir(root()).args(arguments).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("it is text");
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    (lines.collect(), output.status.code())
}

fn scenarios(kind: &str) -> Vec<PathBuf> {
    let directory = root().join("tests/searches").join(kind);
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("it is there").flatten().map(|e| e.path()).collect();
    found.sort();
    assert!(found.len() > 4);
    found
}

struct Case {
    name: String,
    path: PathBuf,
    /// The same under another name, and without its requests.
    blind: PathBuf,
    scenario: Value,
}

impl Case {
    fn of(path: &Path) -> Case {
        let text = std::fs::read_to_string(path).expect("it can be read");
        let scenario: Value = serde_yaml::from_str(&text).expect("it is YAML");
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("searches");
        std::fs::create_dir_all(&directory).expect("there is room");
        let blind = directory.join(format!("x-{name}.yaml"));
        let (site, _) = text.split_once("\nrequests:").expect("it has requests");
        let (_, rest) = site.split_once('\n').expect("its name is its first line");
        std::fs::write(&blind, format!("name: a site\n{rest}\nrequests: [/]\n")).expect("it can be written");
        Case { name, path: path.into(), blind, scenario }
    }

    fn requests(&self) -> &Vec<Value> {
        self.scenario["requests"].as_array().expect("it has requests")
    }

    /// A path with the scenario's links followed.
    fn real(&self, path: &str) -> String {
        let mut path = path.trim_end_matches('/').to_string();
        for (link, what) in self.scenario["files"].as_object().expect("it has files") {
            let Some(target) = what["symlink"].as_str() else { continue };
            if let Some(rest) = path.strip_prefix(link).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                let mut parts: Vec<&str> = link.split('/').collect();
                parts.pop();
                for part in target.split('/') {
                    if part == ".." {
                        parts.pop();
                    } else {
                        parts.push(part)
                    }
                }
                path = format!("{}{rest}", parts.join("/"));
            }
        }
        path
    }

    /// What a request got, as recorded.
    fn got(&self, request: &Value) -> Option<String> {
        let expected = &request["expect"];
        let file = expected["file"].as_str().filter(|_| expected["status"] == 200)?;
        Some(self.real(file))
    }
}

fn words<'w>(case: &'w Case, verb: &'w str, more: &[&'w str]) -> Vec<&'w str> {
    let mut words =
        vec![verb, "-s", case.blind.to_str().expect("it is text"), "--format", "ndjson", "--timeout", "600"];
    words.extend(more);
    words
}

#[test]
fn recorded_answers_are_the_engines() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
    let output = command.current_dir(root()).args(["test", "tests/searches/bypass", "tests/searches/exposed"]).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn ways_past_refusals() {
    for path in scenarios("bypass") {
        let case = Case::of(&path);
        let first = &case.requests()[0];
        let url = first["url"].as_str().expect("it has a URL");
        let (lines, status) = run(&words(&case, "bypass", &[url]));
        let (summary, results) = lines.split_last().expect("a summary ends it");
        assert_eq!(summary["summary"]["stopped"], Value::Null, "{}", case.name);
        let proved: Vec<&Value> = results.iter().filter(|r| r["proved"] == true).collect();
        if case.name.starts_with("safe") {
            assert_eq!((proved, status), (Vec::new(), Some(0)), "{}", case.name);
            continue;
        }
        let known: BTreeSet<String> = case.requests()[1..].iter().filter_map(|r| case.got(r)).collect();
        assert_eq!((known.len(), status), (1, Some(1)), "{}", case.name);
        for result in &proved {
            let file = case.real(result["outcome"]["file"].as_str().expect("it has a file"));
            assert!(known.contains(&file) && result["outcome"]["status"] == 200, "{}: {result}", case.name);
            assert_eq!(result["denied"]["url"], url, "{}", case.name);
            assert!(!result["missed"].as_array().expect("a list").is_empty(), "{}", case.name);
        }
        // each by a way of its own, and one by which a recorded request went
        let ways: BTreeSet<&str> = proved.iter().filter_map(|r| r["by"].as_str()).collect();
        assert_eq!(ways.len(), proved.len(), "{}", case.name);
        assert!(!proved.is_empty(), "{}", case.name);
    }
}

#[test]
fn all_refusals_of_a_line() {
    let case = Case::of(&root().join("tests/searches/bypass/exact-location.yaml"));
    let (of_line, _) = run(&words(&case, "bypass", &["--line", "config:7"]));
    let (every, status) = run(&words(&case, "bypass", &["--every"]));
    assert_eq!((&of_line[..of_line.len() - 1], status), (&every[..every.len() - 1], Some(1)));
    assert_eq!((every.len(), &every[0]["by"], &every[0]["missed"][0]["line"]), (2, &"slashes".into(), &7.into()));
    let (none, status) = run(&words(&case, "bypass", &["--line", "config:4"]));
    assert_eq!((none.len(), status), (1, Some(0)));
    // what is known and meant is no finding
    let baseline = case.blind.with_extension("txt");
    let known =
        format!("config: {}: slashes  # for a test\n", every[0]["denied"]["url"].as_str().expect("it has a URL"));
    std::fs::write(&baseline, known).expect("it can be written");
    let (_, status) = run(&words(&case, "bypass", &["--every", "--baseline", baseline.to_str().expect("it is text")]));
    assert_eq!(status, Some(0));
}

#[test]
fn what_visitors_get() {
    for path in scenarios("exposed") {
        let case = Case::of(&path);
        let (lines, status) = run(&words(&case, "exposed", &["--all"]));
        let (summary, results) = lines.split_last().expect("a summary ends it");
        assert_eq!(summary["summary"]["stopped"], Value::Null, "{}", case.name);
        let (shown, hidden): (Vec<&Value>, Vec<&Value>) = results.iter().partition(|r| r["as"].is_string());
        let files = |all: &[&Value]| {
            all.iter().filter_map(|r| Some(r["file"].as_str()?.trim_end_matches('/').to_string())).collect()
        };
        let (shown_files, hidden_files): (BTreeSet<String>, BTreeSet<String>) = (files(&shown), files(&hidden));
        let known: BTreeSet<String> = case.requests().iter().filter_map(|r| case.got(r)).collect();
        let is_file = |path: &&String| case.scenario["files"].get(path.as_str()).is_some();
        let only: (Vec<&String>, Vec<&String>) =
            (shown_files.difference(&known).filter(is_file).collect(), known.difference(&shown_files).collect());
        assert_eq!(only, (Vec::new(), Vec::new()), "{}: only found, only recorded", case.name);
        for (file, what) in case.scenario["files"].as_object().expect("it has files") {
            let link = what["symlink"].is_string();
            assert!(link || known.contains(file) || hidden_files.contains(file), "{}: {file} is neither", case.name);
        }
        let telling = shown.iter().any(|r| r["kind"].is_string());
        assert_eq!(status, Some(i32::from(telling)), "{}", case.name);
        for result in shown {
            let file = case.real(result["outcome"]["file"].as_str().expect("it has a file"));
            assert_eq!(file, result["file"].as_str().unwrap_or_default().trim_end_matches('/'), "{}", case.name);
        }
        // nothing hangs on the scenario's name and its requests
        let (own, _) = run(&[
            "exposed",
            "-s",
            case.path.to_str().expect("it is text"),
            "--all",
            "--format",
            "ndjson",
            "--timeout",
            "600",
        ]);
        assert!(own == lines, "{}: another name gives other results", case.name);
    }
}

#[test]
fn files_that_are_meant() {
    let case = Case::of(&root().join("tests/searches/exposed/php-sources.yaml"));
    let (lines, status) = run(&words(&case, "exposed", &[]));
    let kinds: Vec<(&str, &str)> =
        lines.iter().filter_map(|r| Some((r["file"].as_str()?, r["kind"].as_str()?))).collect();
    let sources = vec![("/srv/lib/db.php", "source"), ("/srv/www/old/index.php", "source")];
    assert_eq!((kinds, status), (sources, Some(1)));
    let baseline = case.blind.with_extension("meant");
    std::fs::write(
        &baseline,
        "/srv/lib: exposed: all  # published\n/srv/www/old/index.php: exposed: source  # a lesson\n",
    )
    .expect("it can be written");
    let (_, status) = run(&words(&case, "exposed", &["--baseline", baseline.to_str().expect("it is text")]));
    assert_eq!(status, Some(0));
}

#[test]
fn suggested_requests_test_what_none_did() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suggested");
    std::fs::create_dir_all(&directory).expect("it is made");
    let suite = directory.join("suite.yaml");
    let text = "name: x\nconfig: |\n  DocumentRoot /srv\n  Redirect /old /new\n  RewriteEngine On\n  RewriteCond %{HTTP:X-Who} ^me$\n  RewriteRule ^/a/(.*)$ - [F]\n  Alias /x/ /srv/y/\n  Alias /x/z /srv/q\nfiles: {/srv/index.html: x}\nrequests:\n- {url: /, expect: {status: 200}}\n";
    let test = |text: &str| {
        std::fs::write(&suite, text).expect("it is written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
        let output = command.args(["test", "--suggest", "--format", "json"]).arg(&suite).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let value: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        let all = value["suggestions"].as_array().expect("it has them").clone();
        all.into_iter().map(|s| (s["line"].as_u64().unwrap_or(0), s["request"].clone())).collect::<Vec<_>>()
    };
    let before = test(text);
    let (found, none): (Vec<_>, Vec<_>) = before.iter().partition(|(_, request)| !request.is_null());
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 6, 7, 8]);
    // the first Alias takes all that the second would match
    assert_eq!(none.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [9]);
    let more: String = found.iter().map(|(_, request)| format!("- {request}\n")).collect();
    assert_eq!(test(&format!("{text}{more}")).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [9]);
}

/// What is changed, and how many differences that makes.
#[test]
fn differences_are_found_and_gathered_by_cause() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differences");
    std::fs::create_dir_all(&directory).expect("it is made");
    let site = |name: &str, config: &str| {
        let path = directory.join(name);
        let text: String = config.lines().map(|line| format!("  {line}\n")).collect();
        let files = "{/srv/a/x.txt: x, /srv/key/k.txt: x}";
        std::fs::write(&path, format!("name: x\nconfig: |\n{text}files: {files}\nrequests: [/]\n"))
            .expect("it is written");
        path.display().to_string()
    };
    let before =
        site("before.yaml", "DocumentRoot /srv\nRedirect /old /new\n<Location /key>\nRequire all denied\n</Location>");
    for (config, count, kind) in [
        ("Redirect /old /new\nDocumentRoot /srv\n<Location /key>\nRequire all denied\n</Location>", 0, ""),
        (
            "DocumentRoot /srv\nRedirect /old /new2\n<Location /key>\nRequire all denied\n</Location>",
            1,
            "another redirect",
        ),
        ("DocumentRoot /srv\nRedirect /old /new\n<Location /key>\nRequire all granted\n</Location>", 1, "now served"),
        ("DocumentRoot /srv\nRedirect /old /new\nRequir all denied", 1, "httpd refuses to start"),
    ] {
        let after = site("after.yaml", config);
        let (lines, status) = run(&["diff", &before, &after, "--format", "ndjson", "--not-there"]);
        assert_eq!((lines.len(), status), (0, Some(2)), "an unknown option is a mistake");
        let (lines, status) = run(&["diff", &before, &after, "--format", "ndjson"]);
        let found: Vec<&Value> = lines.iter().filter(|line| line["summary"].is_null()).collect();
        assert_eq!((found.len(), status), (count, Some(i32::from(count > 0))), "{config}: {found:#?}");
        assert!(found.iter().all(|line| line["kind"] == kind), "{found:#?}");
    }
}

#[test]
fn lines_are_found_or_shown_to_be_dead() {
    let (lines, status) = run(&["find", "-s", "web2py", "--line", "config:15", "--format", "ndjson"]);
    assert_eq!((lines.len(), status), (1, Some(1)));
    assert_eq!((&lines[0]["summary"]["complete"], &lines[0]["summary"]["found"]), (&true.into(), &0.into()));
    let (lines, status) = run(&["find", "-s", "web2py", "--dead", "--format", "ndjson"]);
    let dead = lines.iter().find(|line| line["line"] == 15).expect("it is dead");
    assert_eq!(status, Some(0));
    assert_eq!((&dead["blocked_by"][0]["line"], &dead["would_differ"]), (&13.into(), &true.into()));
    let (lines, status) =
        run(&["find", "-s", "web2py", "--file", "*.py", "--status", "200", "--limit", "1", "--format", "ndjson"]);
    assert_eq!((lines[0]["outcome"]["handler"].as_str(), status), (Some("default-handler"), Some(0)));
}
