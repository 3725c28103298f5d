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
