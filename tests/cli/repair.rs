//! Small changes that give the answer that is wanted.

use super::{err, folder, out, path, run};
use serde_json::{Value, json};
use std::path::Path;

/// A scenario, a question, and what its first change must say.
struct Case {
    config: &'static str,
    files: &'static [(&'static str, &'static str)],
    question: &'static [&'static str],
    first: &'static str,
}

const CLOSED: &str = "DocumentRoot /srv/www\n<Directory />\n  Require all denied\n</Directory>\n";
const OPEN: &str = "DocumentRoot /srv/www\n<Directory /srv/www>\n  Require all granted\n</Directory>\n";
const PAGE: &[(&str, &str)] = &[("/srv/www/d/a.html", "x"), ("/srv/www/d/b.html", "x"), ("/opt/m/a.html", "x")];

const CASES: &[Case] = &[
    Case {
        config: "<Directory /srv/www>\n  Require all granted\n</Directory>\n",
        files: PAGE,
        question: &["/d/a.html", "status=200"],
        first: "add `DocumentRoot /srv/www`",
    },
    Case {
        config: CLOSED,
        files: PAGE,
        question: &["/d/a.html", "status=2xx"],
        first: "in a new <Directory \"/srv/www/d\">",
    },
    Case {
        config: OPEN,
        files: PAGE,
        question: &["/old/x", "status=301", "location=http://localhost/d/x"],
        first: "add `Redirect 301 /old",
    },
    Case { config: OPEN, files: PAGE, question: &["/d/a.html", "status=410"], first: "add `Redirect 410 /d/a.html`" },
    Case {
        config: OPEN,
        files: PAGE,
        question: &["/d/a.html", "access=denied"],
        first: "add `Require all denied` in a new <Location \"/d/a.html\">",
    },
    Case {
        config: "DocumentRoot /srv/www\n<Directory /srv/www>\n  AddHandler cgi-script .cgi\n</Directory>\n",
        files: &[("/srv/www/a.cgi", "")],
        question: &["/a.cgi", "status=200", "handler=cgi-script"],
        first: "Options +ExecCGI",
    },
    // two are needed: neither alone is enough
    Case {
        config: CLOSED,
        files: PAGE,
        question: &["/m/a.html", "status=200", "file=/opt/m/a.html"],
        first: ", and add `",
    },
    Case {
        config: "DocumentRoot /srv/www\n<Directory /srv>\n  AllowOverride None\n</Directory>\n",
        files: &[("/srv/www/.htaccess", "RewriteEngine On\nRewriteRule ^a$ b.html\n"), ("/srv/www/b.html", "x")],
        question: &["/a", "file=/srv/www/b.html", "status=200"],
        first: "to `AllowOverride ",
    },
    // columns count characters
    Case {
        config: "# é\n<VirtualHost *:80>\n  ServerName é.example\n  DocumentRoot \"/srv/é\"\n</VirtualHost>\n",
        files: PAGE,
        question: &["/d/a.html", "status=200", "file=/srv/www/d/a.html"],
        first: "change `DocumentRoot \"/srv/é\"` (config:4) to `DocumentRoot /srv/www`",
    },
    Case {
        config: "<VirtualHost *:80>\nServerName one.example\nDocumentRoot /srv/www\n</VirtualHost>\n<VirtualHost *:80>\nServerName two.example\nDocumentRoot /opt\n</VirtualHost>\n",
        files: PAGE,
        question: &["http://three.example/m/a.html", "vhost=two.example", "status=200"],
        first: "add `ServerAlias three.example`",
    },
    Case {
        config: "Redirect /d /e\nDocumentRoot /srv/www\n",
        files: PAGE,
        question: &["/d/a.html", "location=null", "status=200"],
        first: "remove `Redirect /d /e` (config:1)",
    },
    Case {
        config: OPEN,
        files: PAGE,
        question: &["/d/a.html", "header.X-Frame-Options=DENY"],
        first: "add `Header set X-Frame-Options DENY`",
    },
    Case {
        config: "DocumentRoot /srv/www\n<Location /x>\nAuthType Basic\nAuthName x\nAuthUserFile /srv/pw\nRequire valid-user\n</Location>\n",
        files: PAGE,
        question: &["/d/a.html", "status=401"],
        first: "AuthUserFile /srv/pw",
    },
    Case {
        config: "DocumentRoot /srv/www\nAllowEncodedSlashes Off\n",
        files: PAGE,
        question: &["/d%2Fa.html", "status=200"],
        first: "change `AllowEncodedSlashes Off` (config:2) to `AllowEncodedSlashes On`",
    },
];

fn scenario(config: &str, files: &Value, requests: Value) -> String {
    json!({"name": "x", "config": config, "files": files, "requests": requests}).to_string()
}

fn asked(file: &str, question: &[&str]) -> (Vec<Value>, Option<i32>) {
    let mut arguments = vec!["repair", "-s", file, question[0], "--format", "ndjson"];
    arguments.extend(question[1..].iter().flat_map(|want| ["--expect", want]));
    let output = run(&arguments);
    let lines = out(&output).lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    (lines, output.status.code())
}

/// A text with edits made in it, as the documentation says: lines and characters from 1, the end behind the last one.
fn edited(text: &str, edits: &[&Value]) -> String {
    let offset = |line: u64, column: u64| {
        let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
        let within = text[start..].chars().take(column as usize - 1).map(char::len_utf8).sum::<usize>();
        start + within
    };
    let number = |edit: &Value, key: &str| edit[key].as_u64().expect("it is a number");
    let mut made: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|e| {
            let from = offset(number(e, "line"), number(e, "column"));
            let to = offset(number(e, "end_line"), number(e, "end_column"));
            (from, to, e["text"].as_str().expect("it is a text"))
        })
        .collect();
    made.sort_by_key(|(from, to, _)| (*from, *to));
    let mut new = text.to_string();
    for (from, to, with) in made.into_iter().rev() {
        new.replace_range(from..to, with);
    }
    new
}

#[test]
fn changes_give_what_they_say() {
    let folder = folder("repair", &[]);
    std::fs::create_dir_all(&folder).unwrap();
    for (number, case) in CASES.iter().enumerate() {
        let files: Value = case
            .files
            .iter()
            .map(|(path, text)| (path.to_string(), json!(text)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let before = path(&folder, &format!("{number}.yaml"));
        std::fs::write(&before, scenario(case.config, &files, json!(["/"]))).unwrap();
        let (lines, status) = asked(&before, case.question);
        let (summary, changes) = lines.split_last().expect("there is a summary");
        assert_eq!(
            (status, summary["summary"]["found"].as_u64()),
            (Some(0), Some(changes.len() as u64)),
            "{:?}",
            case.question
        );
        let words = changes[0]["what"].as_str().unwrap();
        assert!(words.contains(case.first), "{:?}: {words}", case.question);
        let also: Vec<u64> = changes.iter().map(|c| c["also_changes"].as_u64().unwrap()).collect();
        assert!(also.is_sorted(), "{:?}: {also:?}", case.question);
        for change in changes {
            let edits: Vec<&Value> = change["edits"].as_array().unwrap().iter().collect();
            let of = |file: &str| edits.iter().filter(|e| e["file"] == file).copied().collect::<Vec<_>>();
            let mut new = files.clone();
            for (path, text) in case.files {
                new[*path] = edited(text, &of(path)).into();
            }
            let config = edited(case.config, &of("config"));
            assert!(config != case.config || new != files, "{change}");
            let after = path(&folder, "after.yaml");
            std::fs::write(&after, scenario(&config, &new, json!([case.question[0]]))).unwrap();
            let outcome: Value = serde_json::from_str(&out(&run(&["replay", &after, "--format", "ndjson"]))).unwrap();
            for key in ["status", "file", "handler", "location", "access", "vhost", "path_info", "log"] {
                assert_eq!(outcome[key], change["outcome"][key], "{key} of {:?} with\n{config}", case.question);
            }
            assert_eq!(patched(case.config, change["diff"].as_str().unwrap()), config, "{}", change["diff"]);
        }
    }
}

/// A text with a unified diff applied, as far as that is of the configuration.
fn patched(text: &str, diff: &str) -> String {
    let mut rest: Vec<&str> = text.split_inclusive('\n').collect();
    let mut new = String::new();
    let mut done = 0;
    let mut own = false;
    for line in diff.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("--- ") {
            own = name.trim() == "config";
        } else if line.starts_with("+++ ") || !own {
        } else if let Some(at) = line.strip_prefix("@@ -") {
            let (start, count) = at.split(' ').next().unwrap().split_once(',').unwrap();
            let start = start.parse::<usize>().unwrap() - usize::from(count != "0");
            new.extend(rest.drain(..start - done));
            done = start;
        } else {
            let (sign, text) = line.split_at(1);
            if sign != "+" {
                assert_eq!(rest.remove(0), text);
                done += 1;
            }
            if sign != "-" {
                new.push_str(text);
            }
        }
    }
    new.extend(rest);
    new
}

#[test]
fn what_is_closed_on_purpose_stays_closed() {
    let config = "DocumentRoot /srv/www\n<Directory /srv/www/d>\n  Require all denied\n</Directory>\n<DirectoryMatch \"/\\.git\">\n  Require all denied\n</DirectoryMatch>\n";
    let files = json!({"/srv/www/d/a.html": "x", "/srv/www/.git/config": "x"});
    let folder = folder("repair-closed", &[("s.yaml", &scenario(config, &files, json!(["/"])))]);
    for (url, line) in [("/d/a.html", 3), ("/.git/config", 6)] {
        let (lines, status) = asked(&path(&folder, "s.yaml"), &[url, "status=200"]);
        let summary = &lines.last().unwrap()["summary"];
        assert_eq!((lines.len(), status), (1, Some(1)), "{url}: {lines:?}");
        assert_eq!(
            (&summary["closed"]["line"], &summary["closed"]["directive"]),
            (&line.into(), &"Require".into()),
            "{url}"
        );
        assert!(summary["withheld"].as_u64() > Some(0), "{url}");
    }
}

#[cfg(unix)]
#[test]
fn a_change_is_written_where_it_belongs() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let root = "ServerRoot /etc\nListen 80\nDocumentRoot /srv/www\n<Directory />\n  Require all denied\n</Directory>\nIncludeOptional sites/*.conf\n";
    let folder = folder(
        "repair-apply",
        &[
            ("etc/httpd.conf", root),
            ("etc/real.conf", "Redirect /d /e\n"),
            ("srv/www/d/a.html", "x"),
            ("srv/www/b.html", "x"),
        ],
    );
    std::fs::create_dir_all(folder.join("etc/sites")).unwrap();
    symlink("../real.conf", folder.join("etc/sites/a.conf")).unwrap();
    let file = folder.join("etc/real.conf");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (config, below) = (path(&folder, "etc/httpd.conf"), path(&folder, ""));
    let ask = |more: &[&str]| {
        run(&[
            &["repair", "-c", &config, "--root", &below, "http://localhost/d/a.html", "--expect", "location=null"][..],
            more,
        ]
        .concat())
    };
    let output = ask(&["--apply", "99"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    let output = ask(&["--format", "ndjson", "--limit", "50"]);
    let lines: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let at = lines.iter().position(|l| l["what"].as_str().is_some_and(|w| w.starts_with("remove `Redirect /d /e`")));
    let number = (at.unwrap_or_else(|| panic!("{lines:?}{}", err(&output))) + 1).to_string();
    let output = ask(&["--apply", &number]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(folder.join("etc/sites/a.conf").is_symlink());
    assert_eq!(names(&folder.join("etc")), ["httpd.conf", "real.conf", "sites"]);
}

#[cfg(unix)]
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_scenario_s_own_text_is_not_written() {
    let text = scenario(CLOSED, &json!({"/srv/www/a.html": "x"}), json!(["/"]));
    let folder = folder("repair-inside", &[("s.yaml", &text)]);
    let file = path(&folder, "s.yaml");
    let output = run(&["repair", "-s", &file, "/a.html", "--expect", "status=200", "--apply", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("inside a scenario"), "{}", err(&output));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn what_is_wrong_with_an_expectation_is_said() {
    for (want, said) in [
        ("statsu=200", "did you mean `status`?"),
        ("status=ok", "`status` must be a status"),
        ("status", "write KEY=VALUE"),
        ("access=granded", "did you mean `granted`?"),
    ] {
        let output = run(&["repair", "/", "--expect", want]);
        assert_eq!(output.status.code(), Some(2), "{want}");
        assert!(err(&output).contains(said), "{want}: {}", err(&output));
    }
}
