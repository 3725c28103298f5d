//! What the program says, word for word: help, messages, explanations. A change of a word shows in review.
//!
//! `INSTA_UPDATE=always cargo test --test words` writes the snapshots anew; read the difference before committing it.

use std::path::{Path, PathBuf};
use std::process::Command;

use routesim::builtin::BUILTIN;
use routesim::report::explain::{self, Explained, Level};
use routesim::report::paint::Paint;
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use routesim::{Request, Site};

/// All that a command prints, and its exit status.
fn said(arguments: &[&str], directory: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_routesim"))
        .args(arguments)
        .current_dir(directory)
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100")
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_string();
    let status = output.status.code().map_or("none".into(), |code| code.to_string());
    let all = format!("{}\n{}\nexit status {status}", text(&output.stdout), text(&output.stderr));
    all.replace(&directory.display().to_string(), "HERE").trim_start().to_string()
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("words").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("there is room");
    directory
}

#[test]
fn help() {
    let here = directory("help");
    for verb in [
        "",
        "explain",
        "replay",
        "test",
        "init",
        "exposed",
        "bypass",
        "show",
        "check",
        "verify",
        "directives",
        "phases",
        "why",
        "find",
        "diff",
        "repair",
        "lint",
        "migrate",
    ] {
        let arguments: Vec<&str> = [verb, "--help"].into_iter().filter(|a| !a.is_empty()).collect();
        let name = if verb.is_empty() { "help".into() } else { format!("help-{verb}") };
        insta::assert_snapshot!(name, said(&arguments, &here));
    }
}

/// The first request of each lesson.
#[test]
fn explanations() {
    for lesson in BUILTIN {
        let path = Path::new(lesson.name);
        let scenario = Scenario::parse(path, lesson.text, &SourceMap::default()).expect("it is a scenario");
        let site = Site::of_scenario(&scenario).expect("it can be laid out");
        let Ok(run) = site.start() else { continue };
        let Some(spec) = scenario.requests.first() else { continue };
        let ask = Request::of(spec, 0);
        let (outcome, steps) = run.explain(&ask);
        let explained = Explained::of(&site, &run, &ask, &outcome, &steps);
        let page = explain::render(&explained, Level::Story, Paint::default());
        insta::assert_snapshot!(format!("lesson-{}", lesson.name.replace('/', "-")), page);
        if lesson.name == "web2py" {
            for columns in [60, 120] {
                let terminal = Paint { width: Some(columns), ..Paint::default() };
                let page = explain::render(&explained, Level::Story, terminal);
                // the verdict is never cut
                assert!(page.lines().skip(1).all(|line| line.chars().count() <= columns), "{page}");
                insta::assert_snapshot!(format!("columns-{columns}"), page);
            }
        }
    }
}

/// A page for a request of a scenario, in a terminal of that width or in a pipe.
fn page(path: &Path, number: usize, width: Option<usize>) -> String {
    let scenario = Scenario::load(path, &SourceMap::default()).expect("it is a scenario");
    let site = Site::of_scenario(&scenario).expect("it can be laid out");
    let run = site.start().expect("httpd starts");
    let ask = Request::of(&scenario.requests[number], number);
    let (outcome, steps) = run.explain(&ask);
    let explained = Explained::of(&site, &run, &ask, &outcome, &steps).with_suggestions();
    explain::render(&explained, Level::Story, Paint { width, ..Paint::default() })
}

/// What people ask most often: the first request of each.
#[test]
fn questions() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/questions");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("it is there").flatten().map(|e| e.path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 10);
    for path in paths {
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        insta::assert_snapshot!(format!("question-{name}"), page(&path, 0, None));
    }
}

/// What the page on explanations shows as it looks in terminals is what it looks like: `ROUTESIM_BLESS=1 cargo test --test
/// words` writes it again.
#[test]
fn captures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = root.join("tests/recorded/questions/alias-with-a-port.yaml");
    let file = root.join("docs/explanations.md");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let mut anew = text.clone();
    for (title, width) in [("60 columns", Some(60)), ("80 columns", Some(80)), ("A pipe or a file", None)] {
        let head = format!("{title}:\n\n```text\n");
        let start = anew.find(&head).unwrap_or_else(|| panic!("{title} is missing")) + head.len();
        let end = start + anew[start..].find("```").expect("it ends");
        let page = page(&scenario, 0, width);
        assert!(width.is_none_or(|columns| page.lines().all(|line| line.chars().count() <= columns)), "{page}");
        anew.replace_range(start..end, &page);
    }
    if std::env::var_os("ROUTESIM_BLESS").is_some() {
        std::fs::write(&file, anew).expect("it can be written");
    } else {
        assert_eq!(text, anew, "ROUTESIM_BLESS=1 cargo test --test words writes it");
    }
}

/// A wrong command line, and what is said of it.
const COMMANDS: &[(&str, &[&str])] = &[
    ("no-verb", &[]),
    ("unknown-verb", &["explian", "/"]),
    ("no-url", &["explain"]),
    ("unknown-scenario", &["explain", "-s", "web2pi", "/"]),
    ("missing-file", &["explain", "-c", "none.conf", "/"]),
    ("root-without-configuration", &["explain", "--root", "/srv", "/"]),
    ("unknown-module", &["explain", "-c", "a.conf", "--modules", "rewrit", "/"]),
    ("bad-header", &["explain", "--header", "Host", "/"]),
    ("bad-client", &["explain", "--client", "here", "/"]),
    ("unknown-directive", &["directives", "AllowOveride"]),
    ("directive", &["directives", "allowoverride"]),
    ("why", &["why", "[core:info] [pid 7] AH00128: File does not exist: /srv/www/x"]),
    ("why-places", &["why", "-s", "web2py", "AH01797: client denied by server configuration: /home/web2py/x"]),
    ("why-unknown", &["why", "AH01643"]),
    ("why-no-code", &["why", "File does not exist: /srv/www/x"]),
    ("unknown-field", &["replay", "--format", "ndjson", "--fields", "staus"]),
];

#[test]
fn commands() {
    let here = directory("commands");
    std::fs::write(here.join("a.conf"), "ServerName localhost\n").expect("there is room");
    for (name, arguments) in COMMANDS {
        insta::assert_snapshot!(format!("command-{name}"), said(arguments, &here));
    }
}

/// A configuration with something wrong in it.
const CONFIGURATIONS: &[(&str, &str)] = &[
    ("unclosed-section", "<Directory /srv>\nRequire all granted\n"),
    ("wrong-end", "<Directory /srv>\n</Location>\n"),
    ("misspelt", "ServerNme example.com\nDocumentRot /srv\n"),
    ("wrong-place", "<Directory /srv>\nServerName example.com\n</Directory>\n"),
    ("too-few-arguments", "LoadModule alias_module modules/mod_alias.so\nAlias /x\n"),
    ("bad-pattern", "LoadModule alias_module modules/mod_alias.so\nAliasMatch ^/(x /y\n"),
    ("bad-flag", "LoadModule rewrite_module modules/mod_rewrite.so\nRewriteRule ^ - [Q]\n"),
    ("module-not-loaded", "LoadModule alias_module modules/mod_alias.so\nRewriteEngine on\n"),
    ("undefined-variable", "DocumentRoot ${SITE}/htdocs\n"),
    ("missing-include", "Include conf.d/none.conf\n"),
    ("bad-option", "<Directory /srv>\nOptions Indexs\n</Directory>\n"),
    ("mixed-options", "<Directory /srv>\nOptions +Indexes FollowSymLinks\n</Directory>\n"),
    ("two-errors", "Bogus on\n<VirtualHost *:80>\nServerName\n</VirtualHost>\n"),
    ("fine", "ServerName localhost\n"),
];

#[test]
fn configurations() {
    let here = directory("configurations");
    for (name, text) in CONFIGURATIONS {
        std::fs::write(here.join("httpd.conf"), text).expect("there is room");
        insta::assert_snapshot!(format!("check-{name}"), said(&["check", "httpd.conf"], &here));
    }
}

/// A scenario with something wrong in it.
const SCENARIOS: &[(&str, &str)] = &[
    ("unknown-key", "name: x\nconfig: ''\nrequets: []\n"),
    ("wrong-type", "name: x\nconfig: ''\nrequests: 5\n"),
    ("tab", "name: x\nconfig: |\n  ServerName x\n\tListen 80\n"),
    ("missing-configuration", "name: x\nconfig: {file: httpd.conf}\nrequests: [GET /]\n"),
    ("missing-from", "name: x\nconfig: ''\nfiles: {/srv/: {from: ./public}}\nrequests: [GET /]\n"),
    (
        "module-not-listed",
        "name: x\nmodules: [dir]\nconfig: Alias /a /b\nrequests: [{url: /, expect: {status: 200}}]\n",
    ),
    ("no-url", "name: x\nconfig: ''\nrequests: [{method: GET}]\n"),
    ("failing", "name: x\nconfig: ''\nrequests: [{url: /, expect: {status: 200}}]\n"),
];

#[test]
fn scenarios() {
    let here = directory("scenarios");
    for (name, text) in SCENARIOS {
        std::fs::write(here.join("site.yaml"), text).expect("there is room");
        insta::assert_snapshot!(format!("scenario-{name}"), said(&["test", "site.yaml"], &here));
    }
}
