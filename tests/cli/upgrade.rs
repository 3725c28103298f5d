//! `diff --httpd-a VERSION --httpd-b VERSION`: a site before and after an upgrade of httpd.

use super::{err, folder, out, routesim};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// A rule that makes a file's name of what a visitor asks for: 2.4.60 refuses the question mark in it.
const SITE: &str = "DocumentRoot /srv\n<Directory /srv>\n  Require all granted\n</Directory>\n\
                    RewriteEngine on\nRewriteRule ^/go/(.*)$ /page.html?from=$1\n";

/// What 2.4.58 doesn't know.
const LATER: &str = "RewriteRule ^/old/(.*)$ /srv/$1 [UnsafePrefixStat]";

fn diff(folder: &Path, arguments: &[&str]) -> Output {
    routesim(&[&["diff"], arguments].concat()).current_dir(folder).output().unwrap()
}

/// The results, without the summary.
fn found(output: &Output) -> Vec<Value> {
    let text = out(output);
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("{}", err(output)));
    assert_eq!(summary["summary"]["found"], lines.len());
    lines
}

fn site(name: &str) -> std::path::PathBuf {
    let scenario = |config: &str| {
        let lines: String = config.lines().map(|line| format!("  {line}\n")).collect();
        format!("name: a site\nconfig: |\n{lines}files:\n  /srv/page.html: x\nrequests: [/]\n")
    };
    folder(
        name,
        &[
            ("site.yaml", &scenario(SITE)),
            ("later.yaml", &scenario(&format!("{SITE}{LATER}\n"))),
            ("urls.txt", "http://localhost/go/a%3Fb\nhttp://localhost/go/a\nhttp://localhost/page.html\n"),
        ],
    )
}

#[test]
fn an_upgrade_is_compared_by_urls_and_by_a_search() {
    let folder = site("upgrade");
    let versions = ["--httpd-a", "2.4.59-upstream", "--httpd-b", "2.4.60", "--format", "ndjson"];
    let asked = diff(&folder, &[&["-s", "site.yaml", "--urls", "urls.txt"], &versions[..]].concat());
    let results = found(&asked);
    assert_eq!(results.len(), 1, "{results:?}");
    let (before, after) = (&results[0]["before"], &results[0]["after"]);
    assert_eq!((&before["status"], &after["status"]), (&200.into(), &403.into()));
    assert_eq!(results[0]["request"]["url"], "http://localhost/go/a%3Fb");
    assert_eq!(asked.status.code(), Some(1));
    // two sites have their versions likewise
    let two = diff(&folder, &[&["site.yaml", "site.yaml", "--urls", "urls.txt"], &versions[..]].concat());
    assert_eq!(found(&two), results);
    // one version: the other one is the site's own
    let one = ["-s", "site.yaml", "--urls", "urls.txt", "--httpd-a", "2.4.60", "--format", "ndjson"];
    assert_eq!(found(&diff(&folder, &one)).len(), 1);
    let same = ["-s", "site.yaml", "--httpd-a", "2.4.70", "--httpd-b", "2.4.71", "--format", "ndjson"];
    let same = diff(&folder, &same);
    assert_eq!((found(&same).len(), same.status.code()), (0, Some(0)));
    let searched = diff(&folder, &[&["-s", "site.yaml"], &versions[..]].concat());
    assert!(found(&searched).iter().any(|result| result["after"]["status"] == 403), "{}", out(&searched));
}

#[test]
fn a_version_at_which_httpd_does_not_start_is_the_result() {
    let folder = site("upgrade-refused");
    for (a, b, lacks) in [("2.4.58", "2.4.62", "before"), ("2.4.62", "2.4.58", "after")] {
        let versions = ["-s", "later.yaml", "--httpd-a", a, "--httpd-b", b];
        let output = diff(&folder, &[&versions[..], &["--format", "ndjson"]].concat());
        let results = found(&output);
        assert_eq!(results[0]["kind"], "httpd refuses to start");
        assert!(results[0][lacks]["config_error"].is_object(), "{}", results[0]);
        let side = if lacks == "before" { "a" } else { "b" };
        assert_eq!(results[0]["cause"][side][0]["directive"], LATER);
        assert_eq!(output.status.code(), Some(1));
        let text = diff(&folder, &versions);
        assert!(out(&text).starts_with("httpd 2.4.58 would refuse to start: it stops at "), "{}", out(&text));
        assert!(err(&text).contains("UnsafePrefixStat"), "{}", err(&text));
    }
}
