//! `routesim test` and `init` as users run them.

mod running;

use running::{command, directory, routesim, write};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites")
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).expect("it is there")
}

#[test]
fn every_kind_of_expectation() {
    let (out, error, status) = routesim(&["test", "features.yaml"], &own());
    assert_eq!((status, error.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("18 passed, 0 failed, 2 skipped\n"), "{out}");
    // the names of a matrix's requests say which each is
    let (out, ..) = routesim(&["test", "features.yaml", "--format", "tap"], &own());
    assert!(
        out.contains("features.yaml: HEAD http://www.example.com/admin (from 192.0.2.99, User-Agent: probe)\n"),
        "{out}"
    );
}

#[test]
fn chosen_by_name_and_tag() {
    for (filter, want) in [
        (&["--filter", "tag:smoke"][..], "1 passed, 0 failed\n"),
        (&["--filter", "admin"], "13 passed, 0 failed\n"),
        (&["--filter", "admin", "--filter", "!HEAD"], "9 passed, 0 failed\n"),
        (&["--filter", "tag:features", "--filter", "!admin"], "5 passed, 0 failed, 2 skipped\n"),
        (&["--filter", "open to all"], "1 passed, 0 failed\n"),
    ] {
        let (out, error, status) = routesim(&[&["test", "features.yaml"][..], filter].concat(), &own());
        let sum = out.lines().last().unwrap_or_default();
        assert_eq!((format!("{sum}\n").as_str(), status), (want, 0), "{filter:?} {out}{error}");
    }
    let (_, error, status) = routesim(&["test", "failing.yaml", "--filter", "nothing like it"], &own());
    assert!(status == 2 && error.contains("fits --filter"), "{error}");
}

#[test]
fn a_failure_reads_like_a_story() {
    let (out, _, status) = routesim(&["test", "failing.yaml"], &own());
    assert_eq!(status, 1);
    insta::assert_snapshot!("failing", out);
    let (out, ..) = routesim(&["test", "failing.yaml", "--format", "github"], &own());
    insta::assert_snapshot!("failing-github", out);
    let (out, ..) = routesim(&["test", "failing.yaml", "--fail-fast"], &own());
    assert!(out.ends_with("\n0 passed, 1 failed\n"), "{out}");
}

/// What is wrong with a suite, and what is said of it.
#[test]
fn wrong_suites() {
    let here = directory("suites", "wrong");
    for (text, wanted) in [
        ("requests: [{url: /, skip: true}]", "`skip` needs a reason"),
        ("requests: [{url: /, skip: ''}]", "`skip` needs a reason"),
        ("requests: [{url: /, matrix: {metod: [GET]}}]", "did you mean `method`?"),
        ("requests: [{url: /, matrix: {method: GET}}]", "`method` must be a list with something in it, not a text"),
        ("requests: [{matrix: {method: [GET]}}]", "this request has no `url`"),
        ("requests: [{url: /, expect: {hops: []}}]", "`hops` goes with `follow: true`"),
        ("defaults: {url: /}", "unknown key `url` in `defaults`"),
        ("defaults: {expct: {}}", "did you mean `expect`?"),
        ("site: {confg: x}", "did you mean `config`?"),
        ("site: {}", "`site` says neither `config` nor `docroot`"),
        ("site: {config: a.conf, docroot: b}", "`site` has both"),
        ("site: {docroot: .}\nfiles: {/a: b}\nrequests: [/]", "`files` can't be laid over a `site`"),
        ("variables: {host: a}\nrequests: ['/{{hos}}']", "did you mean `host`?"),
        ("requests: ['/{{nope}}']", "no variable `nope`"),
        ("requests: [{url: /, expect: {headers: {X: '{{ no_pe }}'}}}]", "no variable `no_pe`"),
        (
            "requests: [{url: /, expect: {wsgi: {matches: x}}}]",
            "`wsgi` takes no `matches`: that is for texts and numbers",
        ),
        (
            "requests: [{url: /, expect: {env: {contains: x}}}]",
            "`env` takes no `contains`: that is for texts and lists",
        ),
        ("requests: [/]\n---\nname: y", "there is more than one YAML document"),
        ("requests: &a [*a]", "an alias stands for something that it is in itself"),
        ("scenarios: [{scenarios: []}]", "unknown key `scenarios`"),
        ("scenarios: [x]", "must be a mapping"),
    ] {
        write(&here, "x.yaml", &format!("name: x\n{text}\n"));
        let (out, _, status) = routesim(&["test", "x.yaml"], &here);
        assert!(status == 2 && out.contains(wanted) && out.contains("x.yaml:"), "{text}: {out}");
    }
    write(&here, "braces.yaml", "name: x\nrequests: [{url: '/{{}}/{{1}}/{{/}}/%7B%7Bx', expect: {status: 404}}]\n");
    let (out, _, status) = routesim(&["test", "braces.yaml"], &here);
    assert_eq!(status, 0, "braces are braces where they name nothing: {out}");
    let (_, error, status) = routesim(&["test"], &here);
    assert!(status == 2 && error.contains("there is no ./routesim.yaml"), "{error}");
    write(&here, "two.yaml", "name: x\nscenarios: [{requests: [/]}, {requests: [/]}]\n");
    let (_, error, status) = routesim(&["replay", "two.yaml"], &here);
    assert!(status == 2 && error.contains("has 2 scenarios"), "{error}");
}

/// A suite over a real configuration, named by itself or on the command line.
#[test]
fn real_sites() {
    let here = directory("suites", "site");
    write(
        &here,
        "root/etc/apache2/apache2.conf",
        "Listen 80\nDocumentRoot /srv\nLoadModule authz_core_module modules/mod_authz_core.so\nLoadModule dir_module modules/mod_dir.so\nLoadModule mime_module modules/mod_mime.so\nLoadModule alias_module modules/mod_alias.so\n<IfDefine SHUT>\n<Location /note.txt>\nRequire all denied\n</Location>\n</IfDefine>\n<VirtualHost 192.0.2.77:80>\nServerName there.example\nRedirect /a /${WHERE}\n</VirtualHost>\n",
    );
    write(&here, "root/srv/note.txt", "hello");
    let requests = "requests:\n- {url: /note.txt, expect: {status: 200, file: /srv/note.txt}}\n- {url: 'http://there.example/a', expect: {location: 'http://there.example/b'}}\n";
    let env = "environment: {WHERE: b}\n";
    write(
        &here,
        "tests/own.yaml",
        &format!("name: x\nsite: {{config: ../root/etc/apache2, root: ../root}}\n{env}{requests}"),
    );
    write(
        &here,
        "tests/shut.yaml",
        &format!("name: x\nsite: {{config: ../root/etc/apache2, root: ../root}}\ndefines: [SHUT]\n{env}{requests}"),
    );
    write(&here, "tests/none.yaml", &format!("name: x\n{requests}"));
    let (out, error, status) = routesim(&["test", "tests/own.yaml"], &here);
    assert_eq!(status, 0, "{out}{error}");
    let (out, _, status) = routesim(&["test", "tests/shut.yaml", "--format", "github"], &here);
    assert_eq!(status, 1, "{out}");
    assert!(out.starts_with("::error title=GET /note.txt,file=root/etc/apache2/apache2.conf,line=9,col=1::"), "{out}");
    // what a link leads to, from the root of the repository
    let shut = here.join("root/etc/apache2/shut.conf");
    #[cfg(unix)]
    {
        std::fs::rename(here.join("root/etc/apache2/apache2.conf"), &shut).expect("it is there");
        std::os::unix::fs::symlink("shut.conf", here.join("root/etc/apache2/apache2.conf")).expect("there is room");
        for format in ["github", "sarif"] {
            let mut command = command(&["test", "shut.yaml", "--format", format], &here.join("tests"));
            let output = command.env("GITHUB_WORKSPACE", &here).output().expect("it runs");
            let out = String::from_utf8_lossy(&output.stdout);
            let wanted = ["file=root/etc/apache2/shut.conf,line=9", "\"uri\": \"root/etc/apache2/shut.conf\""];
            assert!(wanted.iter().any(|wanted| out.contains(wanted)), "{format}: {out}");
        }
        std::fs::remove_file(here.join("root/etc/apache2/apache2.conf")).expect("it is there");
        std::fs::rename(&shut, here.join("root/etc/apache2/apache2.conf")).expect("it is there");
    }
    let given = ["-c", "root/etc/apache2/apache2.conf", "--root", "root", "--env", "WHERE=b"];
    let (out, error, status) = routesim(&[&["test", "tests/none.yaml", "tests/own.yaml"][..], &given].concat(), &here);
    assert_eq!(status, 0, "{out}{error}");
    write(&here, "tests/inline.yaml", &format!("name: x\nconfig: DocumentRoot /srv\n{requests}"));
    let (out, _, status) = routesim(&[&["test", "tests/inline.yaml"][..], &given].concat(), &here);
    assert!(status == 2 && out.contains("configuration of its own"), "{out}");
    for verb in [&["test", "tests/none.yaml"][..], &["init"], &["explain", "/"]] {
        let (_, error, status) = routesim(&[verb, &["-c", "root/.htaccess", "--root", "root"]].concat(), &here);
        assert!(status == 2 && error.contains("--root goes with a server's configuration"), "{verb:?} {error}");
    }
}

/// What is missing of an answer is said, and what would mend it.
#[test]
fn what_a_failure_says_is_enough() {
    let here = directory("suites", "enough");
    let text = "\
name: x
config: |
  DocumentRoot /srv
  ErrorDocument 403 /err.html
  <Directory /srv>
    AllowOverride AuthConfig
    Require all granted
  </Directory>
  <Location /private>
    Header always set X-A b
    Require all denied
  </Location>
  <Location /gone>
    Header set X-B b
    Redirect gone /gone
  </Location>
files:
  /srv/err.html: x
  /srv/d/.htaccess: |
    RewriteEngine On
    RewriteRule ^x$ - [G]
requests:
  - {url: /private, expect: {headers: {X-A: b}}}
  - {url: /gone, expect: {headers: {X-B: b}}}
  - {url: /d/x, expect: {status: 410}}
  - {url: /err.html, expect: {env: {A: b}}}
  - {url: /err.html, name: served, expect: {status: {one_of: [401, 403]}}}
";
    write(&here, "x.yaml", text);
    let (out, _, status) = routesim(&["test", "x.yaml"], &here);
    assert_eq!(status, 1);
    for said in [
        "X-A: the page of ErrorDocument 403 /err.html (config:2, x.yaml:4) answers",
        "X-B: Header set X-B b (config:12, x.yaml:14): lost, httpd's own page for 410 keeps only",
        "write `Header always set X-B b`",
        "as expected (tried): to change config:4 to `AllowOverride AuthConfig FileInfo`",
        "in an .htaccess file it needs `AllowOverride FileInfo`, or All",
        "no program answers, so that there is no environment",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let (out, ..) = routesim(&["test", "x.yaml", "--format", "github"], &here);
    assert!(out.starts_with("::error title=served,"), "what is exposed is the worst: {out}");
}

#[test]
fn today_is_written_in_place() {
    let here = directory("suites", "update");
    let text = "\
name: x # a comment
config: |
  Redirect 301 /a /b
  RewriteEngine on
  RewriteRule ^/time %{TIME_HOUR}
requests:
  # first
  - {url: /a, expect: {status: 302, location: {matches: /c$}}} # stays
  - url: /none
    expect:
      status: 200   # was
      wsgi:
        process_group: x
  - url: /none
    expect: {decided_by: [Alias], status: {one_of: [200, 201]}}
  - {url: /time, expect: {status: 500}}
  - {url: /skipped, skip: later, expect: {status: 500}}
  - matrix: {url: [/a, /none]}
    expect: {status: 418}
  - GET /a     # short
  - url: /none
";
    let wanted = "\
name: x # a comment
config: |
  Redirect 301 /a /b
  RewriteEngine on
  RewriteRule ^/time %{TIME_HOUR}
requests:
  # first
  - {url: /a, expect: {status: 301, location: {matches: /c$}}} # stays
  - url: /none
    expect:
      status: 404   # was
      wsgi:
        process_group: x
  - url: /none
    expect: {decided_by: [], status: {one_of: [200, 201]}}
  - {url: /time, expect: {status: 500}}
  - {url: /skipped, skip: later, expect: {status: 500}}
  - matrix: {url: [/a, /none]}
    expect: {status: 418}
  - url: /a     # short
    expect: {status: 301, location: http://localhost/b}
  - url: /none
    expect: {status: 404}
";
    write(&here, "real.yaml", text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(here.join("real.yaml"), PermissionsExt::from_mode(0o640)).expect("it is ours");
        std::os::unix::fs::symlink("real.yaml", here.join("link.yaml")).expect("there is room");
    }
    let (_, error, status) = routesim(&["test", "link.yaml", "--update", "--record"], &here);
    assert_eq!(read(&here, "real.yaml"), wanted, "{error}");
    assert_eq!(status, 1, "what is left differs still");
    for said in [
        "`wsgi` is to be changed by hand",
        "as the answer is not certain",
        "line 19: `status`",
        "line 8: `location` is left alone, as it has `matches`: it is \"http://localhost/b\"",
        "line 15: `status` is left alone, as it has `one_of`: it is 404",
    ] {
        assert!(error.contains(said), "{said}: {error}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(here.join("real.yaml")).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert!(here.join("link.yaml").is_symlink());
    }
    let left: Vec<_> = std::fs::read_dir(&here).expect("it is there").collect();
    assert_eq!(left.len(), 2, "nothing else is left there");
}

/// Lines end as they did, a file's other names stay names of it, and what is read-only is left alone.
#[test]
fn written_as_it_was() {
    let here = directory("suites", "written");
    let text = "name: x\r\nconfig: Redirect /a /b\r\nrequests:\r\n  - /a\r\n  - url: /b\r\n  - {url: /c, expect: {status: 200}}\r\n";
    let wanted = "name: x\r\nconfig: Redirect /a /b\r\nrequests:\r\n  - url: /a\r\n    expect: {status: 302, location: http://localhost/b}\r\n  - url: /b\r\n    expect: {status: 404}\r\n  - {url: /c, expect: {status: 404}}\r\n";
    write(&here, "crlf.yaml", text);
    let (_, error, status) = routesim(&["test", "crlf.yaml", "--update", "--record"], &here);
    assert_eq!((read(&here, "crlf.yaml").as_str(), status), (wanted, 0), "{error}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        write(&here, "one.yaml", text);
        std::fs::hard_link(here.join("one.yaml"), here.join("other.yaml")).expect("there is room");
        routesim(&["test", "one.yaml", "--update", "--record"], &here);
        assert_eq!((read(&here, "one.yaml").as_str(), read(&here, "other.yaml").as_str()), (wanted, wanted));
        write(&here, "shut.yaml", text);
        std::fs::set_permissions(here.join("shut.yaml"), PermissionsExt::from_mode(0o444)).expect("it is ours");
        let (_, error, status) = routesim(&["test", "shut.yaml", "--update"], &here);
        assert_eq!((read(&here, "shut.yaml").as_str(), status), (text, 2), "{error}");
        assert!(error.contains("it is read-only"), "{error}");
    }
}

#[test]
fn known_differences() {
    let here = directory("suites", "baseline");
    write(
        &here,
        "x.yaml",
        "name: x\nrequests:\n- {url: /, expect: {status: 418, log: AH1}}\n- {url: /b, expect: {status: 404}}\n",
    );
    let run = |more: &[&str]| routesim(&[&["test", "x.yaml", "--baseline", "known"][..], more].concat(), &here);
    let (out, _, status) = run(&["--write-baseline"]);
    assert_eq!((status, out.lines().last()), (0, Some("1 passed, 0 failed, 1 known")), "{out}");
    let entries = read(&here, "known");
    assert!(entries.contains("x.yaml: GET /: status  # why?\nx.yaml: GET /: log  # why?\n"), "{entries}");
    write(&here, "known", "x.yaml: GET /: status  # an old client\nx.yaml: GET /b: status\n");
    let (out, error, status) = run(&[]);
    assert!(status == 1 && out.contains(": log\n") && !out.contains(": status\n"), "{out}");
    assert!(error.contains("known differences that did not occur: `x.yaml: GET /b: status`"), "{error}");
    run(&["--write-baseline"]);
    assert!(read(&here, "known").contains("status  # an old client\n"), "reasons stay");
    let (_, error, status) = run(&["--write-baseline", "--filter", "x"]);
    assert!(status == 2 && error.contains("leave out --filter"), "{error}");
    write(&here, "known", "# x\n./x.yaml: GET /: status\nx.yaml: GET /\nnothing\n");
    let (_, error, status) = run(&[]);
    assert_eq!(status, 2, "{error}");
    assert!(error.contains("known:3:1") && error.contains("known:4:1") && !error.contains("known:2:1"), "{error}");
    assert!(error.contains("help: write `FILE: WHAT: KEY`"), "{error}");
}

/// The same file for `check`: by the line's text, which stays the same where lines move.
#[test]
fn known_findings() {
    let here = directory("suites", "known-findings");
    write(&here, "a.conf", "Alias /a /x\nAlias /a/b /y\nBogus\n");
    let check =
        |more: &[&str]| routesim(&[&["check", "-q", "a.conf", "--baseline", "known"][..], more].concat(), &here);
    let (out, error, status) = check(&["--write-baseline"]);
    assert_eq!(status, 0, "{out}{error}");
    assert_eq!(out, "a.conf: httpd would refuse to start, which is known (1 note, 2 known)\n");
    let known = read(&here, "known");
    assert!(known.contains("a.conf: Alias /a/b /y: AH00671  # why?\na.conf: Bogus: AH00526  # why?\n"), "{known}");
    write(&here, "a.conf", "# moved\nAlias /a /x\n  Alias  /a/b /y\nBogusToo\n");
    let (out, error, status) = routesim(&["check", "a.conf", "--baseline", "known"], &here);
    assert!(status == 1 && out.contains("BogusToo") && out.contains("1 known"), "{out}");
    assert!(error.contains("did not occur: `a.conf: Bogus: AH00526`"), "{error}");
}

#[test]
fn reports_beside_the_output() {
    let here = directory("suites", "reports");
    let suite = own().join("failing.yaml").display().to_string();
    let formats = ["junit", "tap", "json", "sarif", "github"];
    let reports: Vec<String> = formats.iter().flat_map(|f| ["--report".into(), format!("{f}=out.{f}")]).collect();
    let mut arguments = vec!["test", suite.as_str()];
    arguments.extend(reports.iter().map(String::as_str));
    let summary = here.join("summary.md");
    std::fs::write(&summary, "before\n").expect("there is room");
    let output = command(&arguments, &here).env("GITHUB_STEP_SUMMARY", &summary).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("\n0 passed, 4 failed\n"));
    for (format, begin) in [
        ("junit", "<?xml"),
        ("tap", "TAP version 14\n1..4\n"),
        ("json", "{"),
        ("sarif", "{\n  \"$schema\""),
        ("github", "::error "),
    ] {
        let text = read(&here, &format!("out.{format}"));
        assert!(text.starts_with(begin), "{format}: {text}");
    }
    let table = read(&here, "summary.md");
    assert!(table.starts_with("before\n### routesim\n") && table.contains("| 0 | 4 | 0 | 0 | 0 |"), "{table}");
    let (_, error, status) = routesim(&["test", "x.yaml", "--report", "xml=y"], &here);
    assert!(status == 2 && error.contains("it is one of text, json, junit"), "{error}");
}

/// The suite that `init` writes is green, and turns red when an Alias goes above a WSGIScriptAlias.
#[test]
fn a_first_suite() {
    let here = directory("suites", "init");
    let server = "Listen 80\nLoadModule alias_module modules/mod_alias.so\nLoadModule authz_core_module modules/mod_authz_core.so\nLoadModule mime_module modules/mod_mime.so\nLoadModule dir_module modules/mod_dir.so\nLoadModule wsgi_module modules/mod_wsgi.so\n<VirtualHost *:80>\nServerName www.example.com\nDocumentRoot /srv/www\n";
    let rest = "WSGIScriptAlias /app /srv/app/site.wsgi\nRedirectMatch ^/old/(.*)$ /new/$1\nAlias /static /srv/static\n<Location /admin>\nRequire all denied\n</Location>\n</VirtualHost>\n";
    write(&here, "root/etc/apache2/apache2.conf", &format!("{server}{rest}"));
    for (file, text) in [
        ("www/index.html", "x"),
        ("www/dump.sql", "x"),
        ("static/site.css", "x"),
        ("app/site.wsgi", "application = 1\n"),
    ] {
        write(&here, &format!("root/srv/{file}"), text);
    }
    let init = ["init", "-c", "root/etc/apache2", "--root", "root", "-o", "tests/first.yaml"];
    std::fs::create_dir_all(here.join("tests")).expect("there is room");
    let (out, error, status) = routesim(&init, &here);
    assert_eq!((out.as_str(), status), ("", 0), "{error}");
    insta::assert_snapshot!("first", read(&here, "tests/first.yaml"));
    let (_, error, status) = routesim(&init, &here);
    assert!(status == 2 && error.contains("never overwrites"), "{error}");
    let (_, error, status) = routesim(&["init", "-s", "x.yaml"], &here);
    assert!(status == 2 && error.contains("a scenario is a suite already"), "{error}");
    write(&here, "bare.conf", "Listen 80\nDocumentRoot /nowhere\n");
    let (out, error, _) = routesim(&["init", "-c", "bare.conf", "--root", "root"], &here);
    assert!(
        out.contains("# Its DocumentRoot root/nowhere was not there") && error.contains("root/nowhere is not there"),
        "{error}{out}"
    );
    assert!(error.contains("its paths are from this directory"), "{error}");
    let (out, error, status) = routesim(&["test", "tests/first.yaml"], &here);
    assert_eq!(status, 0, "{out}{error}");
    write(&here, "root/etc/apache2/apache2.conf", &format!("{server}Alias /app /srv/app/site.wsgi\n{rest}"));
    let (out, _, status) = routesim(&["test", "tests/first.yaml"], &here);
    assert_eq!(status, 1, "{out}");
    assert!(
        out.contains("as expected (tried): without Alias /app /srv/app/site.wsgi (root/etc/apache2/apache2.conf:10)\n"),
        "{out}"
    );
    assert!(
        out.contains("WSGIScriptAlias /app /srv/app/site.wsgi (root/etc/apache2/apache2.conf:11) then decides\n"),
        "{out}"
    );
}

/// Each line by what the requests came to at it: tried, matched, decided; settings are in force where their section is.
#[test]
fn coverage_line_by_line() {
    let here = directory("suites", "coverage");
    write(&here, "x.yaml", COVERED);
    let (out, error, status) = routesim(&["test", "x.yaml", "--coverage=json"], &here);
    assert_eq!((status, error.as_str()), (0, "ok    x.yaml  kinds\n3 passed, 0 failed\n"), "{out}");
    let value: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let mut said = String::new();
    for line in value["lines"].as_array().expect("it is a list") {
        let word = |key: &'static str| if line[key] != 0 { key } else { "-" };
        let text = COVERED.lines().nth(line["line"].as_u64().expect("it is one") as usize - 1).expect("it is there");
        let [reached, matched, decided] = ["reached", "matched", "decided"].map(word);
        said += &format!("{reached:8}{matched:8}{decided:8}{}\n", text.trim());
    }
    insta::assert_snapshot!("coverage", said);
    assert_eq!(value["unwatched"], 0);
}

const COVERED: &str = "name: kinds
config: |
  Listen 80
  DocumentRoot /srv
  <VirtualHost *:80>
    ServerName a.example
    Alias /x /srv/x
    Alias /y /srv/y
    <Directory /srv>
      AllowOverride All
      <RequireAny>
        Require ip 10.0.0.0/8
        Require ip 203.0.113.1
      </RequireAny>
      <If \"%{REQUEST_METHOD} == 'POST'\">
        Options Indexes
      </If>
      <Else>
        SetEnv A b
      </Else>
    </Directory>
    <Location /private>
      Require all denied
      SetHandler server-status
    </Location>
    RewriteEngine on
    RewriteCond %{HTTP_HOST} ^z
    RewriteCond %{HTTP_HOST} ^q
    RewriteRule ^/h - [G,L]
    RewriteRule ^/g - [G,L]
    RewriteRule ^/h - [F,L]
  </VirtualHost>
  <VirtualHost *:8080>
    DirectoryIndex only
  </VirtualHost>
  <VirtualHost *:8081>
    DirectoryIndex other
  </VirtualHost>
files:
  /srv/x/index.html: \"\"
  /srv/x/.htaccess: |
    <IfModule mod_alias.c>
    Redirect /x/a /b
    </IfModule>
    <IfModule none>
    Redirect /x/b /c
    </IfModule>
requests:
  - {url: \"http://a.example/x/index.html\", expect: {status: 200}}
  - {url: \"http://a.example/g\", expect: {status: 410}}
  - {url: \"http://a.example:8080/\", expect: {status: 403}}
";

#[test]
fn coverage_in_all_forms() {
    let here = directory("suites", "coverage-forms");
    write(&here, "x.yaml", COVERED);
    write(&here, "y.yaml", "name: y\nrequests: [{url: /, expect: {status: 200}}]\n");
    let reports =
        ["--report", "lcov=out.info", "--report", "coverage-html=out.html", "--report", "coverage-json=out.json"];
    let (out, ..) = routesim(&[&["test", "x.yaml", "--coverage"], &reports[..]].concat(), &here);
    assert!(out.starts_with("ok    x.yaml  kinds\n3 passed, 0 failed\n\ncoverage  reached"), "{out}");
    assert!(out.contains("not reached:\n  x.yaml:8  Alias /y /srv/y\n  x.yaml:16  Options Indexes\n"), "{out}");
    let lcov = read(&here, "out.info");
    assert!(lcov.starts_with("TN:\nSF:x.yaml\nDA:4,3\n") && lcov.ends_with("end_of_record\n"), "{lcov}");
    assert!(lcov.contains("\nDA:7,1\nBRDA:7,0,0,1\nBRDA:7,0,1,0\nDA:8,0\nBRDA:8,0,0,-\nBRDA:8,0,1,-\n"), "{lcov}");
    assert!(read(&here, "out.html").contains("<tr class=\"unreached\"><td>16</td>"));
    let (listing, ..) = routesim(&["test", "x.yaml", "--coverage=listing"], &here);
    let line = |number: usize| listing.lines().find(|line| line.contains(&format!(" {number} | "))).unwrap_or_default();
    assert_eq!(line(7), "        1        1        0      7 |     Alias /x /srv/x", "{listing}");
    assert!(line(8).starts_with("!       0        0        0      8 | "), "{listing}");
    assert!(line(11).ends_with("11 |       <RequireAny>") && !listing.contains(" | requests:"), "{listing}");
    assert!(read(&here, "out.json").contains("\"decided\": 1"));
    // of two suites over one file, what either reaches counts
    let both = routesim(&["test", "x.yaml", "x.yaml", "--coverage=lcov"], &here).0;
    assert_eq!(both.matches("SF:").count(), 1, "{both}");
    for (least, want) in [("50", 0), ("90", 1), ("matched=90", 1), ("decided=5%", 0), ("decided=50", 1)] {
        let (_, error, status) = routesim(&["test", "x.yaml", "--fail-under", least], &here);
        assert_eq!((status, error.contains("which is less than")), (want, want == 1), "{least}: {error}");
    }
    let (out, error, status) = routesim(&["test", "x.yaml", "--coverage=json", "--format", "tap"], &here);
    assert!(status == 2 && out.is_empty() && error.contains("--report"), "{error}");
}

/// Includes and .htaccess files are watched, too.
#[test]
fn watching() {
    let here = directory("suites", "watch");
    write(&here, "x.yaml", "name: x\nsite: {docroot: public}\nrequests: [{url: /a, expect: {status: 302}}]\n");
    write(&here, "public/.htaccess", "Redirect /b /c\n");
    let mut child = command(&["test", "x.yaml", "--watch", "-q"], &here)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let mut sum = || lines.find(|line| line.contains(" passed, ")).unwrap_or_default();
    let first = sum();
    std::thread::sleep(std::time::Duration::from_millis(400));
    write(&here, "public/.htaccess", "Redirect /a /c\nRedirect /b /c\n");
    let second = sum();
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!((first.as_str(), second.as_str()), ("0 passed, 1 failed", "1 passed, 0 failed"));
}

#[test]
fn headers_are_expected_and_only_what_is_chosen_is_written() {
    let here = directory("suites", "headers");
    let text = "\
name: x
config: |
  <Location />
    Header always set X-Kept 1
  </Location>
requests:
  - {url: /a, expect: {status: 404, headers: {X-Kept: '1', X-Other: null}}}
  - {url: /b, expect: {status: 200}}
";
    write(&here, "x.yaml", text);
    let (printed, error, status) = routesim(&["test", "x.yaml", "--filter", "/a"], &here);
    assert_eq!((status, printed.contains("1 passed, 0 failed")), (0, true), "{printed}{error}");
    let wrong = text.replace("X-Kept: '1'", "X-Kept: '2'");
    write(&here, "x.yaml", &wrong);
    routesim(&["test", "x.yaml", "--filter", "/a", "--update"], &here);
    let after = read(&here, "x.yaml");
    assert!(after.contains("/b, expect: {status: 200}"), "{after}");
    assert!(!after.contains("headers: null"), "{after}");
    write(&here, "y.yaml", "config: ''\nrequests: [{url: /, expect: {not_decided_by: Allias}}]\n");
    let (printed, error, status) = routesim(&["test", "y.yaml"], &here);
    assert_eq!(status, 2, "{printed}{error}");
    assert!((printed + &error).contains("did you mean `Alias`?"));
}
