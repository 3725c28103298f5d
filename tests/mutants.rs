//! `routesim test --mutate` as users run it.
#![cfg(feature = "cli")]

#[allow(dead_code, reason = "another target uses the rest")]
mod running;

use running::{directory, routesim, write};
use serde_json::Value;
use std::path::Path;

/// What the mutants of suites came to.
fn mutation(arguments: &[&str], directory: &Path) -> Value {
    let (out, error, _) = routesim(&[&["test", "--mutate", "--format", "json"], arguments].concat(), directory);
    let value: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{error}"));
    value["mutation"].clone()
}

/// The survivors, as `FILE:LINE KIND: what the line becomes`.
fn survivors(mutation: &Value) -> Vec<String> {
    let said = |m: &Value| {
        let word = |key: &str| m[key].as_str().unwrap_or_default().to_string();
        format!("{}:{} {}: {}", word("file"), m["line"], word("kind"), word("becomes"))
    };
    mutation["survived"].as_array().into_iter().flatten().map(said).collect()
}

const ACCESS: &str = "\
name: access
config: |
  ErrorLog /var/log/x
  DocumentRoot /srv
  <Directory />
    Require all denied
  </Directory>
  <Directory /srv>
    AllowOverride All
    Require all granted
  </Directory>
  <Location /admin>
    Require ip 10.0.0.0/8
  </Location>
  RewriteEngine on
  RewriteCond %{HTTP_USER_AGENT} ^bot
  RewriteRule ^/page/([0-9]+)$ /item/$1 [R=301,L]
  Header always set X-Frame-Options DENY
files:
  /srv/a.txt: hello
  /srv/sub/b.txt: hello
  /srv/sub/.htaccess: |
    <Files b.txt>
      Require ip 192.0.2.0/24
    </Files>
requests:
";

#[test]
fn what_survives_is_noticed_by_the_request_that_is_given() {
    let here = directory("mutants", "closing");
    let first = "  - {url: /a.txt, expect: {status: 200}}\n";
    write(&here, "x.yaml", &format!("{ACCESS}{first}"));
    let before = mutation(&["x.yaml"], &here);
    let survived = before["survived"].as_array().expect("it is a list");
    let (with, without): (Vec<&Value>, Vec<&Value>) = survived.iter().partition(|m| m["request"].is_object());
    assert!(with.len() > 15, "{before:#}");
    let deleted = |mutation: &Value, line: u64, file: &str| {
        let all = mutation["survived"].as_array().into_iter().flatten();
        all.filter(|m| m["kind"] == "delete" && m["line"] == line && m["file"] == file).count()
    };
    // a .htaccess file that no request of the suite reads is one of the site's all the same
    for (line, file) in [(11, "config"), (14, "config"), (15, "config"), (16, "config"), (2, "/srv/sub/.htaccess")] {
        assert_eq!(deleted(&before, line, file), 1, "{line} {file} {before:#}");
    }
    assert_eq!(deleted(&before, 1, "config"), 0, "a log has no part in answers");
    assert!(before["equivalent"].as_u64() >= Some(1));
    // nothing outside /srv can be asked for, so that what is said of the root makes no difference
    assert!(without.iter().all(|m| m["kind"] != "delete" || m["line"] == 4), "{without:#?}");

    let more: String = with.iter().map(|m| format!("  - {}\n", m["request"])).collect();
    write(&here, "x.yaml", &format!("{ACCESS}{first}{more}"));
    let (out, error, _) = routesim(&["test", "x.yaml"], &here);
    assert!(out.contains(" passed, 0 failed"), "today's answers are not as they are given: {out}{error}");
    let after = survivors(&mutation(&["x.yaml"], &here));
    let noticed: Vec<String> = survivors(&serde_json::json!({ "survived": with }));
    let left: Vec<&String> = after.iter().filter(|line| noticed.contains(line)).collect();
    assert!(left.is_empty(), "the given requests do not notice {left:#?}");
    assert!(after.len() <= without.len(), "{after:#?}");
}

#[test]
fn who_notices_and_who_does_not() {
    let here = directory("mutants", "who");
    let config = "name: x\nconfig: |\n  Redirect 301 /a /b\n  Redirect 301 /c /d\nrequests:\n";
    // what fails today notices nothing, whatever comes of it
    write(&here, "failing.yaml", &format!("{config}  - {{url: /a, expect: {{status: 200}}}}\n"));
    let found = mutation(&["failing.yaml"], &here);
    assert_eq!(
        (found["killed"].as_u64(), found["survived"].as_array().map(Vec::len)),
        (Some(0), Some(10)),
        "{found:#}"
    );
    // of one request, what is not met and what is are two things
    let both = format!("{config}  - {{url: /a, expect: {{status: 200, location: 'http://localhost/b'}}}}\n");
    write(&here, "both.yaml", &both);
    let left = survivors(&mutation(&["both.yaml"], &here));
    assert_eq!(
        left,
        [
            "config:1 change: Redirect 302 /a /b",
            "config:2 delete: ",
            "config:2 loosen: Redirect 301 / /d",
            "config:2 tighten: Redirect 301 /c/ /d",
            "config:2 change: Redirect 301 /c /d-changed",
            "config:2 change: Redirect 302 /c /d"
        ]
    );
    // the line that decided may be what is expected
    write(&here, "line.yaml", &format!("{config}  - {{url: /a, expect: {{decided_by: 'config:1'}}}}\n"));
    let left = survivors(&mutation(&["line.yaml"], &here));
    assert!(
        !left.contains(&"config:1 delete: ".into()) && left.contains(&"config:1 change: Redirect 302 /a /b".into())
    );
    // without a line httpd would not start
    let text =
        "name: x\nconfig: |\n  Define TO /b\n  Redirect 301 /a ${TO}\nrequests: [{url: /x, expect: {status: 404}}]\n";
    write(&here, "refused.yaml", text);
    let left = survivors(&mutation(&["refused.yaml"], &here));
    assert!(!left.contains(&"config:1 delete: ".into()) && left.contains(&"config:2 delete: ".into()), "{left:#?}");
}

/// Real files, and the .htaccess files of a directory that a stock server serves: only the files' lines are mutated.
#[test]
fn sites_of_the_machine() {
    let here = directory("mutants", "real");
    write(&here, "public/.htaccess", "Redirect 301 /a /b\n<Files x>\n  Require all denied\n</Files>\n");
    write(&here, "public/sub/.htaccess", "DirectoryIndex a.html\n");
    write(&here, "public/sub/a.html", "hello");
    write(&here, "x.yaml", "name: x\nrequests: [{url: /a, expect: {status: 301}}]\n");
    let found = mutation(&["x.yaml", "--docroot", "public"], &here);
    let place = |m: &Value| format!("{}:{} {}", m["at"]["path"].as_str().unwrap_or("none"), m["at"]["line"], m["kind"]);
    let places: Vec<String> = found["survived"].as_array().into_iter().flatten().map(place).collect();
    assert!(places.iter().all(|place| place.starts_with("public/")), "{places:#?}");
    for place in ["public/.htaccess:3 \"delete\"", "public/sub/.htaccess:1 \"delete\""] {
        assert!(places.contains(&place.to_string()), "{place} {places:#?}");
    }
    write(
        &here,
        "root/etc/apache2/apache2.conf",
        "Listen 80\nDocumentRoot /srv\nInclude more.conf\nInclude more.conf\n",
    );
    write(&here, "root/etc/apache2/more.conf", "Redirect 301 /a /b\n");
    write(&here, "root/srv/a.html", "hello");
    let site = ["x.yaml", "-c", "root/etc/apache2", "--root", "root"];
    let found = mutation(&site, &here);
    let places: Vec<String> = found["survived"].as_array().into_iter().flatten().map(place).collect();
    assert!(places.contains(&"root/etc/apache2/more.conf:1 \"change\"".into()), "{places:#?}");
    // either of the two that say the same may go
    assert!(
        places.iter().all(|place| !place.contains("apache2.conf:3") && !place.contains("apache2.conf:4")),
        "{places:#?}"
    );
    assert!(found["equivalent"].as_u64() >= Some(2), "{found:#}");
}

#[test]
fn suites_of_one_file_notice_together() {
    let here = directory("mutants", "together");
    write(&here, "httpd.conf", "Redirect 301 /a /b\nRedirect 301 /c /d\n");
    let suite = |url: &str, to: &str| {
        format!(
            "name: x\nconfig: {{file: httpd.conf}}\nrequests:\n  - {{url: {url}, expect: {{status: 301, location: 'http://localhost{to}'}}}}\n  - {{url: {url}/x, expect: {{status: 301}}}}\n  - {{url: /e, expect: {{status: 404}}}}\n"
        )
    };
    write(&here, "one.yaml", &suite("/a", "/b"));
    write(&here, "two.yaml", &suite("/c", "/d"));
    let one = mutation(&["one.yaml"], &here);
    let both = mutation(&["one.yaml", "two.yaml"], &here);
    assert_eq!(one["mutants"], both["mutants"]);
    assert!(survivors(&one).iter().all(|line| line.starts_with("httpd.conf:2 ")), "{one:#}");
    assert_eq!(survivors(&both), Vec::<String>::new());
    let (out, _, status) = routesim(&["test", "one.yaml", "two.yaml", "--mutate"], &here);
    assert!(status == 0 && out.ends_with("mutants: 10 of 10 noticed (100.0%), 0 survived\n"), "{out}");
}

#[test]
fn options_go_on_working() {
    let here = directory("mutants", "options");
    write(
        &here,
        "x.yaml",
        &format!(
            "{ACCESS}  - {{url: /a.txt, expect: {{status: 200}}}}\n  - {{url: /admin, tags: [gate], expect: {{status: 403}}}}\n"
        ),
    );
    let (first, _, status) = routesim(&["test", "x.yaml", "--mutate", "--jobs", "1"], &here);
    assert_eq!((&first, status), (&routesim(&["test", "x.yaml", "--mutate", "--jobs", "4"], &here).0, 1));
    let gate = survivors(&mutation(&["x.yaml", "--filter", "tag:gate"], &here));
    assert!(!gate.contains(&"config:11 delete: ".into()) && gate.contains(&"config:8 delete: ".into()), "{gate:#?}");
    let (out, ..) = routesim(&["test", "x.yaml", "--mutate", "--fail-fast"], &here);
    assert_eq!(out.matches("\nx.yaml:").count(), 1, "{out}");
    assert!(out.contains("; stopped at the first that survived\n"), "{out}");
    for (least, want) in [("noticed=5", 0), ("noticed=99", 1)] {
        let (out, error, status) = routesim(&["test", "x.yaml", "--fail-under", least, "-q"], &here);
        assert_eq!((status, error.contains("mutants are noticed")), (want, want == 1), "{out}{error}");
        assert_eq!(out.lines().count(), 3, "{out}");
    }
    let (out, error, _) = routesim(&["test", "x.yaml", "--mutate", "--format", "tap"], &here);
    assert!(out.starts_with("TAP version 14\n") && error.contains("mutants: "), "{out}{error}");
    routesim(&["test", "x.yaml", "--report", "stryker=out.json"], &here);
    let report: Value =
        serde_json::from_slice(&std::fs::read(here.join("out.json")).expect("it is written")).expect("it is JSON");
    let (out, error, _) = routesim(&["test", "x.yaml", "--format", "stryker"], &here);
    assert_eq!(serde_json::from_str::<Value>(&out).expect("it is JSON"), report);
    assert!(error.contains("2 passed, 0 failed"), "{error}");
    // what a viewer puts in the place of a piece makes another text of the same file
    let files = report["files"].as_object().expect("there are some");
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), ["x.yaml", "x.yaml:/srv/sub/.htaccess"]);
    for (name, file) in files {
        let lines: Vec<&str> = file["source"].as_str().expect("it has one").split('\n').collect();
        for mutant in file["mutants"].as_array().expect("there are some") {
            let at = |end: &str, key: &str| mutant["location"][end][key].as_u64().expect("it is one") as usize;
            let (line, column) = (lines[at("start", "line") - 1], at("start", "column"));
            let said = mutant["description"].as_str().unwrap_or_default();
            assert!(line.len() >= column && at("end", "line") <= lines.len(), "{name}: {mutant}");
            let rest =
                if at("start", "line") == at("end", "line") { &line[column - 1..at("end", "column") - 1] } else { "" };
            assert!(mutant["mutatorName"] != "delete" || said.contains(rest), "{name}: {rest}: {mutant}");
        }
    }
    let (_, error, status) = routesim(&["test", "x.yaml", "--mutate", "--update"], &here);
    assert!(status == 2 && error.contains("--update"), "{error}");
}

#[test]
fn what_there_is_no_time_for_is_said() {
    let here = directory("mutants", "bounds");
    let request = "  - {url: /a.txt, expect: {status: 200}}\n";
    write(&here, "x.yaml", &format!("{ACCESS}{request}"));
    let number = |value: &Value, key: &str| value[key].as_u64().expect("it is a number");
    let whole = mutation(&["x.yaml"], &here);
    assert_eq!((number(&whole, "untried"), &whole["stopped"]), (0, &Value::Null));
    let late = mutation(&["x.yaml", "--timeout", "0"], &here);
    assert_eq!((number(&late, "untried"), &late["stopped"]), (number(&late, "mutants"), &"time".into()));
    // a count of requests, the same however many threads there are
    let some = mutation(&["x.yaml", "--budget", "5"], &here);
    assert!(number(&some, "asked") <= 5 && some["stopped"] == "budget", "{some:#}");
    assert!(number(&some, "untried") > 0 && number(&some, "untried") < number(&some, "mutants"), "{some:#}");
    assert_eq!(some, mutation(&["x.yaml", "--budget", "5", "--jobs", "1"], &here));
    let (out, _, _) = routesim(&["test", "x.yaml", "--mutate", "--budget", "5", "-q"], &here);
    assert!(out.contains(" not tried (--budget)\n"), "{out}");
}
