//! What the verbs that search say where there is nothing to find, or no time.

use super::{err, folder, out, path, run};

const SITE: &str = r#"name: a scraper is refused
config: |
  DocumentRoot /srv/www
  <Directory /srv/www>
    AllowOverride All
    Require all granted
  </Directory>
files:
  /srv/www/a.txt: x
  /srv/www/.htaccess: |
    RewriteEngine On
    RewriteCond %{HTTP_USER_AGENT} !^Mozilla
    RewriteRule ^a\.txt$ - [F]
"#;
const BROKEN: &str = "name: broken\nconfig: |\n  DocumentRoot /srv/www\n  Nonsense\nfiles:\n  /srv/www/a.txt: x\n";
const OPEN: &str = "name: open\nconfig: |\n  DocumentRoot /srv/www\nfiles:\n  /srv/www/a.txt: x\n";

#[test]
fn lines_that_are_named() {
    let files = folder("search-lines", &[("s.yaml", SITE), ("open.yaml", OPEN)]);
    let (site, open) = (path(&files, "s.yaml"), path(&files, "open.yaml"));
    for arguments in [
        &["find", "-s", &site, "--line", "config:99"][..],
        &["find", "-s", &site, "--reaches", "config:5"],
        &["bypass", "-s", &site, "--line", "config:99"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", out(&output));
        assert!(err(&output).contains("no directive that is in force stands there"), "{}", err(&output));
    }
    // an .htaccess file is read only while requests are asked
    let output = run(&["find", "-s", &site, "--line", "/srv/www/.htaccess:3", "--status", "403"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let output = run(&["bypass", "-s", &site, "--line", "/srv/www/.htaccess:3"]);
    assert!(out(&output).contains("User-Agent: Mozilla"), "{}{}", out(&output), err(&output));
    assert_eq!(output.status.code(), Some(1));
    let output = run(&["bypass", "-s", &open, "--every"]);
    assert!(out(&output).starts_with("no request is refused"), "{}", out(&output));
}

#[test]
fn yaml_has_nothing_but_requests() {
    let files = folder("search-yaml", &[("open.yaml", OPEN), ("broken.yaml", BROKEN)]);
    let output = run(&["diff", &path(&files, "open.yaml"), &path(&files, "broken.yaml"), "--format", "yaml"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{}", err(&output));
    assert!(err(&output).contains("refuse to start"), "{}", err(&output));
}

#[test]
fn the_time_is_told() {
    let files = folder("search-time", &[("s.yaml", SITE)]);
    let site = path(&files, "s.yaml");
    let output = run(&["repair", "-s", &site, "/a.txt", "-e", "status=200", "--timeout", "0", "--format", "ndjson"]);
    assert!(out(&output).contains(r#""stopped":"time""#), "{}", out(&output));
    assert_eq!(output.status.code(), Some(1));
    let output = run(&["bypass", "-s", &site, "--every", "--timeout", "0"]);
    assert!(out(&output).contains("the time is over"), "{}", out(&output));
    assert_eq!(run(&["repair", "-s", &site, "/", "-e", "status=200", "--timeout", "nan"]).status.code(), Some(2));
}

#[test]
fn a_limit_of_none_prints_none() {
    let files = folder("search-none", &[("s.yaml", SITE)]);
    let output = run(&["find", "-s", &path(&files, "s.yaml"), "--status", "403", "--limit", "0", "--format", "ndjson"]);
    assert!(out(&output).starts_with(r#"{"summary":{"found":0,"#), "{}", out(&output));
    assert_eq!(output.status.code(), Some(0), "there is one");
}

#[test]
fn what_is_undecided_on_both_sides_is_said_once() {
    let config = "name: x\nconfig: |\n  DocumentRoot /srv\n  RewriteEngine on\n  RewriteCond %{TIME_YEAR} =1999\n  RewriteRule ^/a - [F]\n";
    let files = folder("search-twice", &[("a.yaml", config), ("b.yaml", config)]);
    let output = run(&["diff", &path(&files, "a.yaml"), &path(&files, "b.yaml"), "--format", "ndjson"]);
    let text = out(&output);
    assert!(text.contains("RewriteCond %{TIME_YEAR} =1999"), "{text}");
    assert!(!text.contains("after the change"), "{text}");
}

/// Told to end, a search ends with what it has.
#[cfg(unix)]
#[test]
fn a_search_ends_by_hand() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let hosts: String = (0..400)
        .map(|i| format!("  <VirtualHost *:80>\n  ServerName h{i}.example\n  Redirect 410 /gone{i}\n  RedirectMatch ^/(x+{i})$ /y\n  </VirtualHost>\n"))
        .collect();
    let files = folder("search-ends", &[("s.yaml", &format!("name: many\nconfig: |\n  DocumentRoot /srv\n{hosts}"))]);
    let site = path(&files, "s.yaml");
    let arguments =
        ["find", "-s", &site, "--not", "status=418", "--limit", "100000", "--format", "ndjson", "--timeout", "600"];
    let mut child = super::routesim(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("\"request\""), "results come while it searches");
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.contains(r#""stopped":"interrupted""#), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// A server with many lines and .htaccess files, so that a round of requests is worth more than one thread.
fn large() -> String {
    let mut config = "  DocumentRoot /srv/www\n  <Directory /srv>\n    AllowOverride All\n    Require all granted\n  </Directory>\n                      \x20 <Directory /srv/www/kept>\n    Require all denied\n  </Directory>\n"
        .to_string();
    let mut files = "  /srv/www/kept/a.db: x\n  /srv/open/l: {symlink: /srv/www/kept}\n".to_string();
    for n in 0..10 {
        config += &format!("  Alias /a{n} /srv/a{n}\n  RedirectMatch 302 ^/r{n}/([0-9]+)$ /x{n}/$1\n");
        config += &format!("  <Location /l{n}>\n    Require ip 10.{n}.0.0/16\n  </Location>\n");
        files += &format!(
            "  /srv/a{n}/f{n}.txt: x\n  /srv/a{n}/.htaccess: \"<Files f{n}.txt>\\nRequire method POST\\n</Files>\"\n"
        );
    }
    format!("name: large\nconfig: |\n{config}  Alias /open /srv/open\nfiles:\n{files}")
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let site = large();
    let other = site.replace("Require ip 10.7.0.0/16", "Require all granted");
    let files = folder("search-threads", &[("a.yaml", &site), ("b.yaml", &other)]);
    let (a, b) = (path(&files, "a.yaml"), path(&files, "b.yaml"));
    for (budget, verb) in [
        (3_000, &["find", "-s", &a, "--status", "4xx", "--limit", "400"][..]),
        (3_000, &["find", "-s", &a, "--dead"]),
        (3_000, &["exposed", "-s", &a]),
        (14_000, &["bypass", "-s", &a, "--every"]),
        (14_000, &["bypass", "-s", &a, "/kept/a.db"]),
        (4_000, &["diff", &a, &b]),
        (0, &["repair", "-s", &a, "/a3/f3.txt", "--expect", "status=200"]),
    ] {
        let budget = budget.to_string();
        let budget: &[&str] = if verb[0] == "repair" { &[] } else { &["--budget", &budget] };
        let told = |jobs: &str| {
            let output = run(&[verb, budget, &["--format", "ndjson", "--timeout", "900", "--jobs", jobs]].concat());
            let (told, wrong) = (out(&output), err(&output));
            assert!(told.lines().count() > 1, "{verb:?}: {told}{wrong}");
            assert!(!told.contains(r#""stopped":"time""#), "{verb:?}: {told}");
            told
        };
        assert_eq!(told("1"), told("3"), "{verb:?}");
    }
}
