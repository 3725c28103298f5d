//! Holes that a release closed: as that release and the one before answer, as their sources have it; and the doubt where a
//! distribution's build may have the change already.

use routesim::source::SourceMap;
use routesim::suite::{self, Scenario};
use std::path::Path;

/// What a version answers: the status, the handler, and how many caveats.
fn answer(version: &str, config: &str, url: &str) -> (u16, String, usize) {
    let config: String = config.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "name: x\nhttpd: {version}\nconfig: |\n  DocumentRoot /srv\n  <Directory />\n  Require all granted\n  Options All MultiViews\n  \
         </Directory>\n{config}files:\n  /srv/a/b: x\n  /srv/index.php: x\n  /srv/page.php: x\n  /srv/t.txt: x\n  /cgi/x: x\n\
         requests:\n  - url: '{url}'\n"
    );
    let scenario = Scenario::parse(Path::new("s.yaml"), &text, &SourceMap::default()).expect("it is a scenario");
    let ran = suite::run(&scenario).expect("it can be laid out");
    assert_eq!(ran.refusal.as_ref().map(|r| r.to_string()), None, "{version}");
    let outcome = &ran.answers[0].outcome;
    let handler = outcome.handler.as_ref().map_or(String::new(), |h| h.to_string());
    (outcome.status, handler, outcome.caveats.len())
}

#[test]
fn what_a_release_closed() {
    const PHP: &str = "AddType application/x-httpd-php .php\nDirectoryIndex index.php";
    const ROUTE: &str = "application/x-httpd-php";
    const PLAIN: &str = "default-handler";
    let never = "RewriteEngine on\nRewriteCond expr \"%{REQUEST_URI} == '/never'\"\nRewriteRule ^ - [F]";
    let slashes = "RewriteEngine on\nRewriteRule ^/a/b$ - [F]";
    let line_end = "RewriteEngine on\nRewriteRule ^/x.y$ - [F]";
    let by_header = "AddType application/x-httpd-php .php\nRequestHeader set Content-Type application/x-httpd-php";
    let coding = "Header set Transfer-Encoding gzip";
    let alias = "Alias /c /cgi";
    for (version, config, url, status, handler, caveats) in [
        ("2.4.38-upstream", slashes, "/a//b", 200, PLAIN, 0),
        ("2.4.38", slashes, "/a//b", 200, PLAIN, 1),
        ("2.4.38", slashes, "/a/b", 403, "", 0),
        ("2.4.39", slashes, "/a//b", 403, "", 0),
        ("2.4.39-upstream", line_end, "/x%0Ay", 404, "", 0),
        ("2.4.39", line_end, "/x%0Ay", 404, "", 1),
        ("2.4.40", line_end, "/x%0Ay", 403, "", 0),
        ("2.4.48", alias, "/c/%%32%65/x", 400, "", 0),
        ("2.4.50", alias, "/c/a/.%2e/x", 200, PLAIN, 0),
        ("2.4.51", alias, "/c/%%32%65/x", 400, "", 0),
        ("2.4.58-upstream", coding, "/t.txt", 200, PLAIN, 0),
        ("2.4.58", coding, "/t.txt", 200, PLAIN, 1),
        ("2.4.59", coding, "/t.txt", 500, "", 0),
        ("2.4.59-upstream", PHP, "/", 200, ROUTE, 0),
        ("2.4.60-upstream", PHP, "/", 200, PLAIN, 0),
        ("2.4.60", PHP, "/", 200, PLAIN, 1),
        ("2.4.61-upstream", PHP, "/", 200, ROUTE, 0),
        ("2.4.61-upstream", PHP, "/page", 200, PLAIN, 0),
        ("2.4.62", PHP, "/page", 200, ROUTE, 0),
        ("2.4.63-upstream", by_header, "/t.txt", 200, ROUTE, 0),
        ("2.4.63", by_header, "/t.txt", 200, ROUTE, 1),
        ("2.4.64-upstream", by_header, "/t.txt", 200, PLAIN, 0),
        ("2.4.63", never, "/a/b", 200, PLAIN, 0),
        ("2.4.64-upstream", never, "/a/b", 403, "", 0),
        ("2.4.64", never, "/a/b", 403, "", 1),
        ("2.4.65", never, "/a/b", 200, PLAIN, 0),
    ] {
        assert_eq!(answer(version, config, url), (status, handler.into(), caveats), "{version} {url} {config}");
    }
    // where a path leads that leaves its directory is not told for certain, whoever built it
    for (version, url) in [("2.4.49-upstream", "/c/.%2e/x"), ("2.4.50-upstream", "/c/.%%32%65/x")] {
        assert_eq!(answer(version, alias, url).2, 1, "{version} {url}");
    }
}
