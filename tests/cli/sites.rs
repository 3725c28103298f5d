//! Where a site is taken from, and by which paths its files are shown.

use super::{err, folder, out, routesim, run};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

fn within(folder: &Path, arguments: &[&str]) -> Output {
    routesim(arguments).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}\n{}", err(output)))
}

/// What each question must say, on standard output or as an error.
fn says(folder: &Path, questions: &[(&[&str], &[&str])]) {
    for (arguments, parts) in questions {
        let output = within(folder, arguments);
        let said = out(&output) + &err(&output);
        for part in *parts {
            assert!(said.contains(part), "{arguments:?}: no `{part}` in\n{said}");
        }
    }
}

#[test]
fn web_files_are_shown_by_paths_that_can_be_opened() {
    let top = folder(
        "real-paths",
        &[
            (".git/HEAD", ""),
            ("public/.htaccess", "RewriteEngine on\nRewriteRule ^old$ /new [R=301,L]\n"),
            ("public/admin/.htaccess", "Require all denied\n"),
            ("public/bad/.htaccess", "Optons None\n"),
            ("my.htaccess", "Redirect /a /b\n"),
        ],
    );
    says(
        &top,
        &[
            (&["explain", "/old"], &["using the web files of public with", " public/.htaccess:2"]),
            (&["explain", "--docroot", "public", "/admin/"], &[" public/admin/.htaccess:1"]),
            (&["explain", "-c", "my.htaccess", "/a"], &[" my.htaccess:1"]),
            (&["check"], &["--> public/bad/.htaccess:1:1", "public/bad/.htaccess: httpd would answer 500"]),
        ],
    );
    says(&top.join("public/admin"), &[(&["explain", "/old"], &[&format!("{}/public/.htaccess:2", top.display())])]);
    says(&top.join("public"), &[(&["explain", "/old"], &["using the web files of . with", " .htaccess:2"])]);
    let outcome = json(&within(&top, &["explain", "--format", "json", "--docroot", "./public", "/old"]));
    let rule = &outcome["decided_by"][2];
    assert_eq!((&rule["file"], &rule["path"]), (&"/var/www/html/.htaccess".into(), &"public/.htaccess".into()));
    let stock = &outcome["decided_by"][0];
    assert_eq!((&stock["file"], stock.get("path")), (&"stock".into(), None));
    let trace = outcome["trace"].to_string();
    assert!(trace.contains(r#""file":"/var/www/html/.htaccess","line":2,"path":"public/.htaccess""#), "{trace}");
    let found = json(&within(&top, &["check", "--format", "json"]));
    assert_eq!(found[0]["path"], "public/bad/.htaccess");
}

#[cfg(unix)]
#[test]
fn a_copy_is_shown_by_paths_that_can_be_opened() {
    let site = "<VirtualHost *:80>\nServerName a.example\nRedirect /a /b\n</VirtualHost>\n";
    let top = folder(
        "real-copy",
        &[
            ("copy/etc/apache2/apache2.conf", "Listen 80\nIncludeOptional sites-enabled/*.conf\n"),
            ("copy/etc/apache2/sites-available/absolute.conf", site),
            ("copy/etc/apache2/sites-available/relative.conf", &site.replace("a.example", "b.example")),
            ("outside.conf", "Listen 80\nRedirect /a /b\n"),
        ],
    );
    let enabled = top.join("copy/etc/apache2/sites-enabled");
    std::fs::create_dir_all(&enabled).unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, enabled.join(name)).unwrap();
    link("/etc/apache2/sites-available/absolute.conf", "a.conf");
    link("../sites-available/relative.conf", "b.conf");
    let site = ["-c", "copy/etc/apache2", "--root", "copy"];
    let explain = |url: &'static str| [&["explain", "--modules", "all", url], &site[..]].concat();
    says(
        &top,
        &[
            // as a link that begins with `/` leads elsewhere from here, what it leads to in the copy is shown
            (&explain("http://a.example/a"), &[" copy/etc/apache2/sites-available/absolute.conf:3"]),
            (&explain("http://b.example/a"), &[" copy/etc/apache2/sites-enabled/b.conf:3"]),
            (&[&["vhosts", "--modules", "all"], &site[..]].concat(), &["copy/etc/apache2/sites-enabled/b.conf:1"]),
            (&["explain", "-c", "outside.conf", "--root", "copy", "--modules", "all", "/a"], &["outside.conf:2"]),
        ],
    );
    let outcome = json(&within(&top, &[&explain("http://b.example/a")[..], &["--format", "json"]].concat()));
    let line = outcome["decided_by"].as_array().unwrap().last().unwrap();
    assert_eq!(line["file"], "/etc/apache2/sites-enabled/b.conf");
    assert_eq!(line["path"], "copy/etc/apache2/sites-enabled/b.conf");
}

#[test]
fn web_files_that_are_found_and_that_are_not() {
    let top = folder(
        "found-files",
        &[
            ("two/.git/HEAD", ""),
            ("two/web/.htaccess", ""),
            ("two/public/.htaccess", ""),
            ("home/.htaccess", ""),
            ("home/project/x", ""),
            ("home/site/public/.htaccess", ""),
        ],
    );
    let example = "example: the built-in scenario `web2py`";
    let choice = "`public` and `web` each have an .htaccess file: name one, as `--docroot public`";
    says(
        &top.join("two"),
        &[
            (&["explain", "/x"], &[choice, example]),
            (&["explain", "--docroot", "no", "/"], &["error: `no`: no such file"]),
        ],
    );
    // the home directory's own is never taken
    for (within, said) in
        [("home", example), ("home/project", example), ("home/site", "using the web files of public with")]
    {
        let mut command = routesim(&["explain", "/x"]);
        let output = command.current_dir(top.join(within)).env("HOME", top.join("home")).output().unwrap();
        let text = out(&output) + &err(&output);
        assert!(text.contains(said), "{within}: {text}");
    }
}

#[test]
fn what_a_scenario_names_and_is_not_there() {
    let top = folder(
        "missing-names",
        &[
            ("httpd.conf", "Listen 80\n"),
            ("public/a.html", "x"),
            ("file.yaml", "name: x\nconfig: {file: httpd.cnf}\nrequests: [/]\n"),
            ("far.yaml", "name: x\nconfig: {file: conf/a}\nrequests: [/]\n"),
            ("from.yaml", "name: x\nfiles: {/srv/: {from: ./pulbic}}\nrequests: [/]\n"),
        ],
    );
    let rule = "relative to the scenario's directory";
    says(
        &top,
        &[
            (
                &["test", "file.yaml"],
                &["can't read the configuration `httpd.cnf`", "file.yaml:2:9", "did you mean `httpd.conf`?"],
            ),
            (&["check", "far.yaml"], &["can't read the configuration `conf/a`: no such file", rule]),
            (&["replay", "from.yaml"], &["can't read `./pulbic`: no such file", "did you mean `./public`?"]),
        ],
    );
}

#[test]
fn includes_are_looked_up_beside_the_configuration() {
    let scenario = "name: x\nconfig: {file: conf/httpd.conf}\nfiles:\n  /etc/apache2/both.conf: Redirect 410 /both\n\
                    requests:\n- {url: /both, expect: {status: 410}}\n- {url: /one, expect: {status: 410}}\n\
                    - {url: /many, expect: {status: 410, decided_by: [{file: conf/extra/many.conf, line: 1}]}}\n";
    let top = folder(
        "beside",
        &[
            ("s.yaml", scenario),
            (
                "conf/httpd.conf",
                "Listen 80\nInclude both.conf\nInclude one.conf\nInclude extra/*.conf\nIncludeOptional no.conf\n",
            ),
            ("conf/both.conf", "Redirect 404 /both\n"),
            ("conf/one.conf", "Redirect 410 /one\n"),
            ("conf/extra/many.conf", "Redirect 410 /many\n"),
            ("conf/bad.conf", "Include ../s.yaml\n"),
            ("bad.yaml", "name: x\nconfig: {file: conf/bad.conf}\nrequests: [/]\n"),
        ],
    );
    says(
        &top,
        &[
            (&["test", "s.yaml"], &["3 passed, 0 failed"]),
            (&["check", "s.yaml"], &["no problems"]),
            // nothing above it
            (&["check", "bad.yaml"], &["Could not open configuration file /etc/s.yaml"]),
        ],
    );
}

#[test]
fn what_is_no_scenario_is_skipped_in_directories() {
    let fine = "name: x\nrequests: [{url: /, expect: {status: 404}}]\n";
    let top = folder(
        "skipped",
        &[
            ("some/fine.yaml", fine),
            ("some/ci.yml", "on: push\njobs: {}\n"),
            ("some/play.yaml", "name: deploy\ndefaults: {run: {shell: bash}}\njobs: {}\n"),
            ("near/fine.yaml", fine),
            ("near/near.yaml", "reqests: [/]\n"),
            ("broken/broken.yaml", "name: [\nconfig: x\n"),
            ("named/x.routesim.yaml", "on: push\n"),
            ("marked/x.yaml", "routesim: 1\non: push\n"),
            ("version/x.yaml", "routesim: 2\nname: x\n"),
            ("none/ci.yml", "on: push\n"),
            ("empty/x.txt", ""),
        ],
    );
    for (arguments, status, part) in [
        (&["test", "some"][..], 0, "skipped 2 YAML files without a scenario's keys\n1 passed, 0 failed"),
        (&["check", "some"], 0, "skipped 2 YAML files without a scenario's keys"),
        (&["test", "some", "--format", "json"], 0, "\"skipped\": 2"),
        (&["test", "some", "--format", "junit"], 0, "skipped 2 YAML files"),
        (&["test", "some/ci.yml"], 2, "unknown key `on`"),
        (&["test", "near"], 2, "did you mean `requests`?"),
        (&["test", "broken"], 2, "broken.yaml:"),
        (&["test", "named"], 2, "unknown key `on`"),
        (&["test", "marked"], 2, "unknown key `on`"),
        (&["check", "version"], 2, "`routesim` must be 1"),
        (&["test", "none"], 2, "nothing to look at below `none` (skipped 1 YAML file without a scenario's keys)"),
        (&["check", "empty"], 2, "nothing to look at below `empty`"),
    ] {
        let output = within(&top, arguments);
        let said = out(&output) + &err(&output);
        assert_eq!(
            (output.status.code(), said.contains(part)),
            (Some(status), true),
            "{arguments:?}: `{part}` in\n{said}"
        );
    }
}

#[test]
fn htaccess_files_by_their_own_names() {
    let config = "Listen 80\nErrorLog /dev/null\nAccessFileName .acl\nDocumentRoot \"DIR/w\"\n\
                  <Directory \"DIR/w\">\nAllowOverride All\n</Directory>\n\
                  <VirtualHost *:80>\nServerName a.example\nAccessFileName .own\n</VirtualHost>\n";
    let top = folder(
        "access-file-name",
        &[("w/a/.acl", "Optons None\n"), ("w/b/.own", "Optons None\n"), ("w/.htaccess", "Bad\n")],
    );
    let config = config.replace("DIR", &top.display().to_string());
    std::fs::write(top.join("h.conf"), config).unwrap();
    let output = run(&["check", "--modules", "all", "-c", &top.join("h.conf").display().to_string()]);
    let said = out(&output);
    for (name, times) in
        [("w/a/.acl: httpd would answer 500", 1), ("w/b/.own: httpd would answer 500", 1), (".htaccess:", 0)]
    {
        assert_eq!(said.matches(name).count(), times, "{name} in\n{said}");
    }
}

#[test]
fn check_says_which_configuration_it_takes() {
    let top = folder("check-copy", &[("copy/etc/apache2/apache2.conf", "Redirect /a /b\n"), (".git/HEAD", "")]);
    says(
        &top,
        &[
            (&["check", "-c", "copy/etc/apache2"], &["using copy/etc/apache2/apache2.conf", "a copy below", "--root"]),
            (&["check", "alias-order"], &["alias-order: httpd would start"]),
        ],
    );
}

/// The usual main file of a copy may be a link that begins with `/`: it leads below --root.
#[cfg(unix)]
#[test]
fn a_main_file_that_is_a_link_within_the_copy() {
    let top = folder("real-main", &[("copy/etc/httpd/own.conf", "Listen 80\nRedirect /a /b\n")]);
    std::fs::create_dir_all(top.join("copy/etc/apache2")).unwrap();
    let main = top.join("copy/etc/apache2/apache2.conf");
    std::os::unix::fs::symlink("/etc/httpd/own.conf", main).unwrap();
    let site = ["-c", "copy/etc/apache2", "--root", "copy", "--modules", "all"];
    says(
        &top,
        &[(
            &[&["explain", "/a"], &site[..]].concat(),
            &["using copy/etc/apache2/apache2.conf", "302 Found", "copy/etc/httpd/own.conf:2"],
        )],
    );
}

/// What httpd would start with is no news to who wants only what fails.
#[test]
fn a_quiet_check_prints_what_fails() {
    let top = folder("quiet-check", &[("good.conf", "Redirect /a /b\n"), ("bad.conf", "Bogus\n")]);
    let output = within(&top, &["check", "-q", "good.conf"]);
    assert_eq!((out(&output).as_str(), output.status.code()), ("", Some(0)));
    let said = out(&within(&top, &["check", "-q", "good.conf", "bad.conf"]));
    assert!(!said.contains("good.conf") && said.contains("bad.conf: httpd would refuse to start"), "{said}");
}
