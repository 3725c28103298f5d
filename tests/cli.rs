//! The program from outside: what it prints where, and how it ends.

#[path = "cli/lint.rs"]
mod lint;
#[path = "cli/repair.rs"]
mod repair;
#[path = "cli/search.rs"]
mod search;
#[path = "cli/sites.rs"]
mod sites;
#[path = "cli/upgrade.rs"]
mod upgrade;

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn routesim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
    // a folder without a routesim.yaml; no colour wherever the tests run
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR")).env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    command
}

fn run(arguments: &[&str]) -> Output {
    routesim(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder of its own with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn the_first_command_of_all() {
    let output = run(&["explain", "/app/models/db.py"]);
    let text = out(&output);
    assert!(text.starts_with("example: the built-in scenario `web2py`"), "{text}");
    let verdict = text.lines().nth(1).unwrap();
    assert_eq!(verdict, "200 OK  default-handler  /home/web2py/applications/app/models/db.py");
    for part in
        ["* Alias / /home/web2py/applications/ ", "config:13", "x Deny from all ", "Allow from all", "remove config:13"]
    {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    assert!(text.lines().all(|l| l.chars().count() <= 80 && !l.contains('\x1b')), "{text}");
    assert!(err(&output).contains("using the built-in scenario `web2py`"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn web_files_have_a_stock_server() {
    let folder = folder(
        "web-files",
        &[
            (".git/config", ""),
            ("public/.htaccess", "RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://x/ [R=301,L]\n"),
            ("public/index.php", "<?php"),
            ("public/a/b.txt", "b"),
        ],
    );
    let brief = |arguments: &[&str], within: &str| {
        let arguments = [&["explain", "--brief"], arguments].concat();
        let output = routesim(&arguments).current_dir(folder.join(within)).output().unwrap();
        assert!(err(&output).contains("stock"), "{arguments:?}: {}", err(&output));
        out(&output).lines().next().unwrap_or_default().to_string()
    };
    assert_eq!(brief(&["/a"], ""), "301 Moved Permanently  -> https://x/");
    assert_eq!(brief(&["https://x/"], "public/a"), "200 OK  application/x-httpd-php  /var/www/html/index.php");
    assert_eq!(
        brief(&["--docroot", "public", "https://x/a/b.txt"], ""),
        "200 OK  default-handler  /var/www/html/a/b.txt"
    );
    assert_eq!(brief(&["-c", "public/.htaccess", "/"], ""), "301 Moved Permanently  -> https://x/");
    assert_eq!(brief(&["--docroot", "public", "--no-tls", "https://x/"], ""), "400 Bad Request  AH01996");
    let stock = out(&run(&["show", "stock"]));
    assert!(stock.contains("Listen 443") && stock.contains("AllowOverride All"), "{stock}");
    let found = routesim(&["check"]).current_dir(&folder).output().unwrap();
    assert!(out(&found).contains("httpd would start"), "{}", out(&found));
}

#[test]
fn a_directory_with_a_configuration() {
    let folder = folder("config-folder", &[("conf/httpd.conf", "ServerName x\nListen 80\nRedirect / /y\n")]);
    let name = folder.display().to_string();
    let output = run(&["explain", "--brief", "-c", &name, "--modules", "all", "/"]);
    assert_eq!(out(&output), "302 Found  -> http://localhost/y\n");
    assert!(err(&output).contains("conf/httpd.conf"), "{}", err(&output));
    for (url, said) in [("http://x:81/", "no answer  connection refused"), ("https://x:80/", "no answer  TLS failed")] {
        let output = run(&["explain", "--brief", "-c", &name, "--modules", "all", url]);
        assert!(out(&output).starts_with(said), "{url}: {}", out(&output));
    }
    let none = run(&["explain", "-c", &path(&folder, ".."), "/"]);
    assert_eq!((none.status.code(), err(&none).contains("name the file")), (Some(2), true), "{}", err(&none));
}

#[test]
fn a_log_is_no_list_of_urls() {
    let line = "192.0.2.7 - - [29/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 200 5\n";
    let folder = folder("log", &[("log", &format!("/a\n{line}"))]);
    let output = run(&["replay", "-s", "web2py", "--urls", &path(&folder, "log")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("line 2 of") && err(&output).contains("cut -d"), "{}", err(&output));
}

#[test]
fn virtual_hosts_are_listed() {
    let text = out(&run(&["vhosts", "-s", "server-alias-order"]));
    let hidden = "ServerName shop.test  never reached: shop.test at config:13 answers to it";
    for part in ["*:80\n", "default  www.example", "ServerAlias *.example", hidden, "DocumentRoot /srv/shop"] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let value: Value = serde_json::from_str(&out(&run(&["hosts", "-s", "default-vhost", "--format", "json"]))).unwrap();
    assert_eq!(value[0]["address"], "192.0.2.9:80");
    assert_eq!((&value[1]["hosts"][0]["default"], &value[1]["listen"]), (&Value::Bool(true), &Value::Null));
    let folder =
        folder("vhosts", &[("h.conf", "Listen 80\n<VirtualHost *:81>\nServerName a.example\n</VirtualHost>\n")]);
    let text = out(&run(&["vhosts", "-c", &path(&folder, "h.conf"), "--modules", "all"]));
    assert!(text.starts_with("*:81  no Listen takes this port"), "{text}");
}

#[test]
fn a_suite_that_expects_nothing_is_not_green() {
    let folder = folder("empty-suite", &[("s.yaml", "name: x\nrequests: [/]\n")]);
    let suite = path(&folder, "s.yaml");
    let output = run(&["test", &suite]);
    assert_eq!((output.status.code(), err(&output).contains("--allow-empty")), (Some(2), true));
    assert_eq!(run(&["test", "--allow-empty", &suite]).status.code(), Some(0));
    assert_eq!(run(&["test", "web2py", "rewrite/wordpress"]).status.code(), Some(0));
}

#[test]
fn shells_and_man_know_the_command_line() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&run(&["completions", shell])).contains("explain"), "{shell}");
    }
    for (verb, part) in [(&["man"][..], ".TH routesim 1"), (&["man", "check"], "ignore\\-machine")] {
        let page = out(&run(verb));
        assert!(page.contains(part), "no `{part}` in\n{page}");
    }
    assert!(out(&run(&["--version"])).contains("Apache httpd 2.4."));
}

#[test]
fn what_a_browser_would_do_is_hinted() {
    for (url, part) in [
        ("www.example.com/a", "write `https://www.example.com/a`"),
        ("/a#b", "a browser keeps `#b` to itself"),
        ("/a b", "`%20`"),
    ] {
        let said = err(&run(&["explain", "-s", "web2py", url]));
        assert!(said.contains(part), "{url}: {said}");
    }
    let folder = folder("no-password", &[("s.yaml", "name: x\nrequests: [{url: /, user: ada}]\n")]);
    let said = err(&run(&["replay", &path(&folder, "s.yaml")]));
    assert!(said.contains("NAME:PASSWORD") && said.contains("s.yaml:2:"), "{said}");
}

#[test]
fn colour_and_quiet_are_the_readers_choice() {
    for verb in [&["explain", "/app/"][..], &["replay", "web2py"], &["vhosts"], &["show", "web2py"], &["phases"]] {
        let coloured = |more: &[&str]| {
            let output = run(&[verb, more].concat());
            (out(&output).contains('\x1b'), err(&output))
        };
        assert!(!coloured(&[]).0 && coloured(&["--color", "always"]).0, "{verb:?}");
        assert!(!coloured(&["--color=never", "-q"]).0, "{verb:?}");
        assert_eq!(coloured(&["--quiet"]).1, "", "{verb:?}");
    }
    let forced =
        |choice| out(&routesim(&["explain", "/", "--color", choice]).env("CLICOLOR_FORCE", "1").output().unwrap());
    assert!(!forced("never").contains('\x1b'));

    let suite = "name: x\nconfig: Redirect /a /b\nrequests:\n- {url: /a, expect: {status: 302}}\n";
    let folder = folder("quiet", &[("good.yaml", suite), ("bad.yaml", &suite.replace("302", "404"))]);
    let test =
        |more: &[&str]| out(&routesim(&[&["test", "."][..], more].concat()).current_dir(&folder).output().unwrap());
    assert!(test(&[]).contains("good.yaml"));
    let quiet = test(&["-q"]);
    assert!(
        quiet.starts_with("FAIL") && !quiet.contains("good.yaml") && quiet.ends_with("1 passed, 1 failed\n"),
        "{quiet}"
    );
    // what programs read has no colour, whoever asks for it
    assert!(!test(&["--format", "json", "--color", "always"]).contains("u001b"));
}

/// Two tables differ in the rows that do, and in no other; nothing is cut.
#[test]
fn tables_in_a_pipe_hang_on_no_row() {
    let long = format!("/{}", "long/".repeat(60));
    let folder = folder("columns", &[("one", "/a\n/b\n"), ("two", &format!("/a\n{long}\n"))]);
    let table = |name| out(&run(&["replay", "web2py", "--urls", &path(&folder, name)]));
    let (one, two) = (table("one"), table("two"));
    assert_eq!(one.lines().next(), two.lines().next());
    assert!(two.contains(&long) && !two.contains("..."), "{two}");
    let page = out(&run(&["explain", "-s", "web2py", &long, "--all"]));
    assert!(page.contains(&long) && !page.contains("/..."), "{page}");
}

const HOPS: &str = "name: x\nmodules: [alias]\nconfig: |\n  RedirectMatch ^/a$ http://localhost/b\n  RedirectMatch ^/b$ \
                    http://localhost/c\n  RedirectMatch ^/l$ http://localhost/l\n  LimitRequestBody 100\nrequests:\n- /a\n- /l\n\
                    - {url: /c, method: POST, body_length: 101, expect: {status: 413}}\n\
                    - {url: /c, method: POST, body_length: 100, expect: {status: 404}}\n";

#[test]
fn redirects_are_followed() {
    let site = path(&folder("hops", &[("s.yaml", HOPS)]), "s.yaml");
    let text = out(&run(&["explain", "-L", "-s", &site, "/a#top", "--brief"]));
    let (hops, end) = text.split_once("\n\n").expect("the hops first");
    assert_eq!(hops, "302 GET /a#top  -> http://localhost/b\n302 GET http://localhost/b#top  -> http://localhost/c");
    assert!(end.starts_with("404 Not Found"), "{end}");
    let text = out(&run(&["explain", "--follow", "-s", &site, "/l"]));
    assert!(text.starts_with("loop: the Location is the URL that was asked\n\n302 Found"), "{text}");

    let json = |arguments: &[&str]| serde_json::from_str::<Value>(&out(&run(arguments))).expect("it is JSON");
    let followed = json(&["explain", "-L", "-s", &site, "/a", "--format", "json"]);
    let urls: Vec<&str> = followed["hops"].as_array().unwrap().iter().filter_map(|hop| hop["url"].as_str()).collect();
    assert_eq!((urls, &followed["status"]), (vec!["/a", "http://localhost/b"], &Value::from(404)));
    assert_eq!((&followed["stopped"], followed["trace"].is_array()), (&Value::Null, true));
    assert_eq!(json(&["explain", "-L", "-s", &site, "/l", "--format", "json"])["stopped"], "itself");
    assert!(json(&["explain", "-s", &site, "/l", "--format", "json"]).get("hops").is_none());

    let lines = out(&run(&["replay", "-L", &site, "--format", "ndjson", "--fields", "status"]));
    assert_eq!(lines.lines().next(), Some(r#"{"status":404,"hops":[{"status":302},{"status":302}],"stopped":null}"#));
    let table = out(&run(&["replay", "-L", &site]));
    assert_eq!(table.lines().map(|l| &l[..3]).collect::<Vec<_>>(), ["302", "302", "404", "302", "413", "404"]);
}

#[test]
fn a_body_has_a_length() {
    let site = path(&folder("body", &[("s.yaml", HOPS)]), "s.yaml");
    let status = |more: &[&str]| {
        let text = out(&run(&[&["explain", "-s", &site, "/c"][..], more].concat()));
        (text[..3].to_string(), text.contains("POST /c"))
    };
    assert_eq!(status(&["--data-length", "101"]), ("413".into(), true));
    assert_eq!(status(&["--data-length", "100", "-X", "PUT"]), ("405".into(), false));
    let test = run(&["test", &site]);
    assert_eq!(test.status.code(), Some(0), "{}", out(&test));
}

#[test]
fn lessons_are_shown() {
    let text = out(&run(&["show", "rewrite/wordpress"]));
    for part in ["Configuration", "Files", "RewriteRule", "requests\n200  "] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn three_levels() {
    let lines = |level: &[&str]| {
        out(&run(&[&["explain", "-s", "web2py", "/app/models/db.py"], level].concat())).lines().count()
    };
    let (brief, story, all) = (lines(&["--brief"]), lines(&[]), lines(&["--all"]));
    assert!(brief < story && story < all, "{brief} {story} {all}");
}

#[test]
fn explain_as_json_is_an_outcome_with_its_trace() {
    let output = run(&["explain", "-s", "web2py", "/app/models/db.py", "--format", "json"]);
    let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
    let replayed = run(&["replay", "web2py", "--format", "ndjson", "--response"]);
    let mut first: Value = serde_json::from_str(out(&replayed).lines().next().unwrap()).unwrap();
    assert!(explained["trace"].as_array().is_some_and(|t| !t.is_empty()));
    assert_eq!(explained["reason"][0]["code"], "module-before");
    // the answer with the suggested change names the lines of the changed text
    let suggested = &explained["suggestions"][0]["outcome"];
    assert_eq!(
        (&suggested["handler"], &suggested["decided_by"][0]["directive"]),
        (&"wsgi-script".into(), &"WSGIScriptAlias".into())
    );
    for key in ["reason", "near", "suggestions", "log_message", "env_lines", "trace"] {
        first.as_object_mut().unwrap().insert(key.into(), explained[key].clone());
    }
    assert_eq!(explained, first);
}

#[test]
fn options_of_the_request() {
    let ask = |more: &[&str]| out(&run(&[&["explain", "-s", "auth-merging", "--brief"], more].concat()));
    assert!(ask(&["/a.txt"]).starts_with("403 Forbidden"));
    assert!(ask(&["/a.txt", "--client", "192.0.2.9"]).starts_with("200 OK"));
    assert!(ask(&["/both/a.txt", "--client", "192.0.2.9", "--method", "POST"]).starts_with("403"));
    let host = ["explain", "-s", "default-vhost", "/a.txt", "--format", "json"];
    let vhost = |more: &[&str]| -> Value { serde_json::from_slice(&run(&[&host, more].concat()).stdout).unwrap() };
    assert_eq!(vhost(&["--header", "Host: one.example"])["vhost"], "one.example");
    assert_eq!(vhost(&["--server", "192.0.2.9:80"])["vhost"], "nine.example");
}

#[test]
fn bad_input_is_told_and_ends_with_2() {
    let unclosed = "name: x\nconfig: |\n  <Directory /a>\nrequests: [/]\n";
    let files = folder(
        "bad",
        &[("key.yaml", "name: x\nconfg: y\n"), ("open.yaml", unclosed), ("loop.conf", "Include loop.conf\n")],
    );
    let cases: &[(&[&str], &str)] = &[
        (&["explain"], "Usage"),
        (&["explain", "/a\nb"], "line break"),
        (&["explain", "/", "--client", "nobody"], "nobody"),
        (&["explain", "/", "-s", "web2pi"], "did you mean `web2py`?"),
        (&["explain", "/", "-s", "missing.yaml"], "can't read `missing.yaml`"),
        (&["explain", "/", "-s", &path(&files, "key.yaml")], "did you mean `config`?"),
        (&["explain", "/", "-s", &path(&files, "open.yaml")], "config:1"),
        (&["explain", "/", "-D", "X"], "-c FILE"),
        (&["replay", "--urls", "/no/such/file", "-s", "web2py"], "/no/such/file"),
        (&["directives", "Aliaz"], "did you mean `Alias`?"),
    ];
    for (arguments, said) in cases {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(said), "{arguments:?}: no `{said}` in\n{}", err(&output));
        // that httpd would not start is an answer
        let printed = if *said == "config:1" { "no answer  httpd would refuse to start: " } else { "" };
        assert!(out(&output).starts_with(printed) && out(&output).is_empty() == printed.is_empty(), "{arguments:?}");
    }
    // what httpd itself answers is an answer
    for url in [format!("/{}", "x".repeat(100_000)), "/a\x01b".into(), "/%".into(), String::from("http://[::1")] {
        let output = run(&["explain", "-s", "web2py", "--brief", &url]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(out(&output).starts_with('4'), "{}", out(&output));
    }
}

#[test]
fn a_configuration_that_httpd_refuses() {
    let output = run(&["replay", "web2py-as-published", "--format", "ndjson"]);
    assert_eq!(output.status.code(), Some(2));
    let line: Value = serde_json::from_str(out(&output).trim()).unwrap();
    assert_eq!((&line["config_error"]["file"], &line["config_error"]["line"]), (&"config".into(), &32.into()));
    assert!(err(&output).contains("httpd stops here"));

    let output = run(&["check", "-s", "web2py-as-published", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found.iter().filter(|d| d["first"] == true).count(), 1);
    assert!(found.iter().any(|d| d["help"].as_str().is_some_and(|h| h.contains("VirtualHost"))));
}

#[test]
fn urls_from_standard_input() {
    let mut child = routesim(&["replay", "-s", "web2py", "--urls", "-", "--format", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"/app/static/base.css\n\nPOST /app/\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let methods: Vec<String> = out(&output)
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["method"].as_str().unwrap().into())
        .collect();
    assert_eq!(methods, ["GET", "POST"]);
}

#[test]
fn suites_pass_fail_or_break() {
    let good =
        "name: good\nconfig: DocumentRoot /srv\nfiles: {/srv/a: \"\"}\nrequests: [{url: /a, expect: {status: 200}}]\n";
    let bad = good.replace("200", "404");
    let folder = folder("suites", &[("good.yaml", good), ("deep/bad.yaml", &bad), ("broken/x.yaml", "name: [")]);
    let run = |name: &str, more: &[&str]| run(&[&["test", &path(&folder, name)], more].concat());
    let output = run("good.yaml", &[]);
    assert_eq!((output.status.code(), out(&output).lines().last()), (Some(0), Some("1 passed, 0 failed")));
    let output = run("deep", &[]);
    assert_eq!((output.status.code(), out(&output).lines().last()), (Some(1), Some("0 passed, 1 failed")));
    assert!(out(&output).contains("bad.yaml:4:39: status\n      want 404\n      got  200"), "{}", out(&output));
    assert_eq!(run("broken", &[]).status.code(), Some(2));
    assert!(out(&run("deep", &["--format", "junit"])).contains("<failure message=\"status: expected 404, got 200\""));
}

#[test]
fn the_configuration_of_a_machine_below_a_root() {
    let config = "Define SITE www\nInclude conf.d/*.conf\nDocumentRoot ${BASE}/${SITE}\n\
                  <VirtualHost 10.0.0.5:80>\nServerName inner.example\nDocumentRoot ${BASE}/${SITE}\n</VirtualHost>\n";
    let root = folder(
        "machine",
        &[
            ("etc/apache2/apache2.conf", config),
            ("etc/apache2/envvars", "export BASE=/srv\n"),
            ("etc/apache2/conf.d/a.conf", "Alias /other /srv/other\n"),
            ("srv/www/index.html", "x"),
            ("srv/other/b.txt", "x"),
        ],
    );
    let config = path(&root, "etc/apache2/apache2.conf");
    let ask = |url: &str| -> Value {
        let output = run(&["explain", "-c", &config, "--root", root.to_str().unwrap(), url, "--format", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}\n{}", err(&output)))
    };
    assert_eq!(ask("/index.html")["file"], "/srv/www/index.html");
    let other = ask("/other/b.txt");
    assert_eq!(other["decided_by"][0]["file"], "/etc/apache2/conf.d/a.conf");
    assert_eq!(ask("http://inner.example/index.html")["vhost"], "inner.example");
}

#[test]
fn check_goes_on_after_what_is_no_scenario() {
    let folder = std::env::temp_dir().join(format!("routesim-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("other.yaml"), "config: x\nservices: {}\n").unwrap();
    std::fs::write(folder.join("some.yaml"), "name: x\nconfig: Listen 81\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_routesim")).arg("check").arg(&folder).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("some.yaml: httpd would start"), "{said}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child =
        routesim(&["directives", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output)), (Some(0), String::new()));
}

#[test]
fn the_ledger_and_the_phases() {
    let rows: Vec<Value> = serde_json::from_slice(&run(&["directives", "alias", "--format", "json"]).stdout).unwrap();
    assert_eq!((&rows[0]["name"], &rows[0]["module"]), (&"Alias".into(), &"mod_alias.c".into()));
    let phases: Value = serde_json::from_slice(&run(&["phases", "-s", "web2py", "--format", "json"]).stdout).unwrap();
    let translate: Vec<&str> = phases["translate_name"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let at = |name: &str| translate.iter().position(|m| *m == name);
    assert!(at("mod_alias.c").is_some() && at("mod_alias.c") < at("core.c"), "{translate:?}");
}

#[test]
fn a_directive_is_described() {
    let text = out(&run(&["directives", "alias"]));
    for part in ["the first that fits wins", "context: server", "docs/2.4/mod/mod_alias.html#alias"] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let rows: Vec<Value> =
        serde_json::from_slice(&run(&["directives", "php_value", "--format", "json"]).stdout).unwrap();
    assert!(rows[0]["about"].as_str().unwrap().contains("mod_php"), "{rows:?}");
    assert!(rows[0]["manual"].as_str().unwrap().starts_with("https://www.php.net/"), "{rows:?}");
}

#[test]
fn a_line_of_the_log_is_explained() {
    let files = [
        ("site/.htaccess", "RewriteEngine On\nRewriteRule ^x y [P]\nRewriteRule ^a b\n"),
        ("site/sub/.htaccess", "Require all granted\nRequire ip 192.0.2.1\n"),
    ];
    let site = path(&folder("why", &files), "site");
    let places = |line: &str| {
        let output = run(&["why", "--docroot", &site, "--format", "json", line]);
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let places = value["places"].as_array().unwrap().iter().map(|place| {
            let concerns = if place["concerns"] == true { "" } else { " elsewhere" };
            format!("{}:{}{concerns}", place["file"].as_str().unwrap(), place["line"])
        });
        places.filter(|place| place.starts_with('/')).collect::<Vec<_>>()
    };
    assert_eq!(places("ah00669"), ["/var/www/html/.htaccess:2"]);
    let denied = "[authz_core:error] [pid 7] AH01630: client denied by server configuration: /var/www/html";
    assert_eq!(places(&format!("{denied}/sub/x")), ["/var/www/html/sub/.htaccess:2"]);
    assert_eq!(places(&format!("{denied}/other")), ["/var/www/html/sub/.htaccess:2 elsewhere"]);
    let alone: Value = serde_json::from_slice(&run(&["why", "01630", "--format", "json"]).stdout).unwrap();
    assert_eq!((&alone["code"], &alone["module"]), (&"AH01630".into(), &"mod_authz_core.c".into()));
    assert!(alone["places"].is_null() && alone["meaning"].is_string() && alone["cause"].is_string(), "{alone}");
    let unknown = run(&["why", "AH01643"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(err(&unknown).contains("did you mean `AH016"), "{}", err(&unknown));
}

#[test]
fn built_in_scenarios_are_listed_and_hold() {
    let listed = out(&run(&["--list"]));
    assert!(listed.lines().count() > 18 && listed.starts_with("web2py "), "{listed}");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let output = run(&["test", scenarios.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

#[test]
fn the_page_of_directives_is_true() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/directives.md")).unwrap();
    let table = out(&run(&["directives", "--format", "markdown"]));
    assert!(table.starts_with("| directive |") && table.lines().count() > 750);
    assert!(page.ends_with(&table), "put what `routesim directives --format markdown` prints into docs/directives.md");
}

#[test]
fn odd_input_is_told_apart() {
    let folder = folder(
        "odd",
        &[
            ("self.conf", "Include self.conf\n"),
            (
                "many.conf",
                &(0..9).fold("Define A 0123456789\n".to_string(), |t, _| t + "Define A " + &"${A}".repeat(10) + "\n"),
            ),
            ("deep.yaml", &format!("name: {}", "[".repeat(9999))),
            ("garbage.conf", &"wrod {\u{1}\n".repeat(20_000)),
        ],
    );
    let config = |name: &str| path(&folder, name);
    let cases: &[(&[&str], &str, i32)] = &[
        (&["check", &config("many.conf")], "too long together", 1),
        (&["check", &config("garbage.conf")], "Invalid command 'wrod'", 1),
        (&["replay", &config("deep.yaml")], "nested too deep", 2),
        (&["explain", "-c", &config(""), "/"], "name the file", 2),
        (&["explain", "-c", &config("self.conf"), "--modules", "rewite", "/"], "did you mean `rewrite`?", 2),
        (&["explain", "--method", "GE\nT", "/"], "the method has a line break at byte 2", 2),
    ];
    for (arguments, part, status) in cases {
        let output = run(arguments);
        let text = out(&output) + &err(&output);
        assert!(text.contains(part), "{arguments:?}: {}", &text[..text.len().min(400)]);
        assert!(!text.contains("panicked"), "{arguments:?}");
        assert_eq!(output.status.code(), Some(*status), "{arguments:?}");
    }
}

#[test]
fn modules_that_are_missing_can_be_assumed() {
    let text = "LoadModule alias_module a.so\nDocumentRoot /www\nSecRuleEngine On\nSSLSessionCacheTimeout 9\n";
    let dir = folder("assumed", &[("www/a.html", "x"), ("etc/httpd.conf", text)]);
    let (root, config) = (dir.to_string_lossy().into_owned(), path(&dir, "etc/httpd.conf"));
    let refused = run(&["check", "--root", &root, &config]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(out(&refused).contains("directive of mod_security"), "{}", out(&refused));
    let assumed = ["explain", "-c", &config, "--root", &root, "--assume-modules", "--format", "json", "/a.html"];
    let told: serde_json::Value = serde_json::from_str(&out(&run(&assumed))).expect("it is JSON");
    let caveats = told["caveats"].as_array().expect("it is a list");
    assert_eq!(caveats.len(), 1, "{caveats:?}");
    assert_eq!((&caveats[0]["directive"], &caveats[0]["line"]), (&"SecRuleEngine".into(), &3.into()));
}

#[test]
fn a_version_says_what_it_lacks() {
    let config = "MergeSlashes off\nRewriteEngine on\nRewriteRule ^/(a) /b?$1 [BNE=x]\n";
    let folder = folder("versions", &[("x.conf", config), ("s.yaml", "name: x\nhttpd: 2.4.36\n")]);
    let (file, scenario) = (folder.join("x.conf"), folder.join("s.yaml"));
    let check = |version: &str| {
        let arguments = ["check", file.to_str().unwrap(), "--httpd-version", version];
        let output = run(&arguments);
        (output.status.code(), out(&output) + &err(&output))
    };
    let (code, said) = check("2.4.38");
    assert!(code == Some(1) && said.contains("`MergeSlashes` came with httpd 2.4.39; this is 2.4.38"), "{said}");
    assert!(said.contains("`BNE` came with httpd 2.4.57"), "{said}");
    assert_eq!(check("2.4.57").0, Some(0));
    let (code, said) = check("2.4.99");
    assert!(code == Some(2) && said.contains("write 2.4.37 to 2.4.71"), "{said}");
    let output = run(&["replay", scenario.to_str().unwrap()]);
    assert!(output.status.code() == Some(2) && err(&output).contains("no httpd `2.4.36` is known"), "{}", err(&output));
}

/// Below the version of a security fix, an answer that hangs on it is not certain: distributions add those.
#[test]
fn fixes_that_distributions_add_are_caveats() {
    let scenario = "name: x\nhttpd: VERSION\nmodules: [rewrite]\nconfig: |\n  DocumentRoot /srv\n  RewriteEngine on\n  \
                    RewriteRule ^/(.*) /p.html?$1 [L]\n  RewriteRule ^/x/(.*) /$1\nrequests: [/a%3Fb]\n";
    let ask = |version: &str| {
        let folder = folder("backports", &[("s.yaml", &scenario.replace("VERSION", version).replace("p.html?", "p"))]);
        let output = run(&["replay", folder.join("s.yaml").to_str().unwrap(), "--format", "ndjson"]);
        let outcome: Value = serde_json::from_str(out(&output).lines().next().unwrap()).unwrap();
        (outcome["log"].clone(), outcome["caveats"].as_array().map_or(0, Vec::len))
    };
    assert_eq!(ask("2.4.60"), ("AH10508".into(), 0));
    let (older, upstream) = (ask("2.4.58"), ask("2.4.58-upstream"));
    assert!(older.0 == upstream.0 && older.0 != "AH10508", "{older:?}");
    assert_eq!((older.1, upstream.1), (1, 0));
}

/// What httpd says of an .htaccess file that it can't use, as a key of its own and as an expectation.
#[test]
fn the_text_of_the_error_log() {
    let message = "/srv/.htaccess: Invalid command 'Nonsense', perhaps misspelled or defined by a module not included in \
                   the server configuration";
    let config = "DocumentRoot /srv\n  <Directory /srv>\n  AllowOverride All\n  Require all granted\n  </Directory>\n";
    let suite = format!(
        "name: faulty\nconfig: |\n  {config}files: {{/srv/a: x, /srv/.htaccess: Nonsense on}}\nrequests:\n- url: /a\n  \
         expect: {{status: 500, log_message: \"{message}\", decided_by: [{{line: 1, only: null}}, {{line: 3}}, {{file: /srv/.htaccess, line: 1}}]}}\n"
    );
    let suite = path(&folder("log-message", &[("faulty.yaml", &suite)]), "faulty.yaml");
    let output = run(&["test", &suite]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let told = |arguments: &[&str]| -> Value { serde_json::from_slice(&run(arguments).stdout).unwrap() };
    let replayed = told(&["replay", &suite, "--format", "ndjson", "--fields", "status,log_message"]);
    assert_eq!(replayed, serde_json::json!({"status": 500, "log_message": message}));
    assert_eq!(told(&["explain", "-s", &suite, "/a", "--format", "json"])["log_message"], message);
}
