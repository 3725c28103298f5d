//! What can hardly have been meant: its forms, its fixes, what is meant; and what is left of httpd 2.2.

use super::{err, folder, out, path, run};
use serde_json::Value;
use std::fs;

const PICS: &str = "Listen 80\n  NameVirtualHost *:80\n<Directory /srv>\n  Require all granted\n</Directory>\n# pictures\nAlias /img/ /srv/pics\n";
const MENDED: &str =
    "Listen 80\n<Directory /srv>\n  Require all granted\n</Directory>\n# pictures\nAlias /img/ /srv/pics/\n";

fn site(name: &str) -> (std::path::PathBuf, String, String) {
    let here = folder(name, &[("pics.conf", PICS), ("root/srv/pics/a.png", "a"), ("root/srv/pics-b/b.png", "b")]);
    let (config, root) = (path(&here, "pics.conf"), path(&here, "root"));
    (here, config, root)
}

#[test]
fn each_form_has_all_findings() {
    let (here, config, root) = site("lint-forms");
    let (sarif, junit) = (path(&here, "o.sarif"), path(&here, "o.xml"));
    let reports = [format!("sarif={sarif}"), format!("junit={junit}")];
    let arguments = ["lint", "-c", &config, "--root", &root, "--format", "github"];
    let output = run(&[&arguments[..], &["--report", &reports[0], "--report", &reports[1]]].concat());
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(text.contains("::error title=unequal-final-slashes,file=lint-forms/pics.conf,line=7,col=1::"), "{text}");
    assert!(text.contains("::notice title=name-virtual-host,file=lint-forms/pics.conf,line=2,col=3::"), "{text}");
    let log: Value = serde_json::from_str(&fs::read_to_string(&sarif).unwrap()).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let change = &result["fixes"][0]["artifactChanges"][0];
        assert_eq!(change["artifactLocation"]["uri"], "lint-forms/pics.conf", "{result}");
    }
    let slash = &results[1]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!((&slash["insertedContent"]["text"], &slash["deletedRegion"]["startColumn"]), (&"/".into(), &22.into()));
    let xml = fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("skipped=\"1\""), "{xml}");
}

#[test]
fn fixes_are_shown_and_made() {
    let (here, config, root) = site("lint-fix");
    let fix = |more: &[&str]| run(&[&["lint", "-c", &config, "--root", &root, "--fix"], more].concat());
    let shown = fix(&["--diff"]);
    assert_eq!(shown.status.code(), Some(0), "{}", err(&shown));
    assert!(out(&shown).contains("-  NameVirtualHost *:80\n <Directory /srv>\n"), "{}", out(&shown));
    assert!(out(&shown).contains("-Alias /img/ /srv/pics\n+Alias /img/ /srv/pics/\n"), "{}", out(&shown));
    assert_eq!(fs::read_to_string(&config).unwrap(), PICS);
    let made = fix(&[]);
    assert_eq!((made.status.code(), out(&made).as_str()), (Some(0), "no findings\n"), "{}", err(&made));
    assert!(err(&made).contains("now served: http://localhost/img/a.png"), "{}", err(&made));
    assert_eq!(fs::read_to_string(&config).unwrap(), MENDED);
    // nothing is left beside it
    let names = fs::read_dir(&here).unwrap().count();
    assert_eq!(names, 2);
    let again = fix(&[]);
    assert!(err(&again).contains("there is nothing to mend"), "{}", err(&again));
}

#[cfg(unix)]
#[test]
fn a_fix_follows_links_and_keeps_the_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (here, config, root) = site("lint-link");
    let link = here.join("link.conf");
    symlink("pics.conf", &link).unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).unwrap();
    let made = run(&["lint", "-c", &path(&here, "link.conf"), "--root", &root, "--fix"]);
    assert_eq!(fs::read_to_string(&config).unwrap(), MENDED, "{}", err(&made));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&config).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_built_in_or_in_a_scenario_is_not_written() {
    let scenario = format!("name: x\nconfig: |\n  {}\n", PICS.trim_end().replace('\n', "\n  "));
    let here = folder("lint-scenario", &[("x.yaml", &scenario)]);
    for (site, why) in [("web2py", "built in"), (path(&here, "x.yaml").as_str(), "inside a scenario")] {
        let output = run(&["lint", site, "--fix"]);
        assert_eq!(output.status.code(), Some(2), "{site}");
        assert!(err(&output).contains(why), "{}", err(&output));
        let shown = run(&["lint", site, "--fix", "--diff"]);
        assert!(out(&shown).contains("NameVirtualHost *:80\n"), "{}{}", out(&shown), err(&shown));
    }
    assert_eq!(fs::read_to_string(here.join("x.yaml")).unwrap(), scenario);
}

#[test]
fn a_fix_that_would_take_a_comment_away_is_left() {
    let text = "Listen 80\nWSGIScriptAlias / /srv/app/x.wsgi\nWSGIDaemonProcess app\n<Location />\n# here, for all\nWSGIProcessGroup app\n</Location>\n";
    let here = folder("lint-comment", &[("a.conf", text), ("root/srv/app/x.wsgi", "x")]);
    let (config, root) = (path(&here, "a.conf"), path(&here, "root"));
    let output = run(&["lint", "-c", &config, "--root", &root, "--fix"]);
    let now = fs::read_to_string(&config).unwrap();
    assert!(now.contains("# here, for all"), "{now}{}", err(&output));
}

#[test]
fn settings_are_found_upwards() {
    let (here, config, root) = site("lint-settings");
    let lint = |more: &[&str]| run(&[&["lint", "-c", &config, "--root", &root], more].concat());
    let settings = |text: &str| fs::write(here.join("routesim.toml"), text).unwrap();
    settings("[lint.rules]\nname-virtual-host = \"off\"\nunequal-final-slashes = \"note\"\n");
    let output = lint(&[]);
    assert!(output.status.success() && out(&output).contains("\n1 note; --fix mends 1\n"), "{}", out(&output));
    settings("[lint]\nexlude = []\n[lint.rules]\nname-virtual-hots = \"off\"\n");
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(2));
    for part in
        ["routesim.toml:2:1", "did you mean `exclude`?", "routesim.toml:4:1", "did you mean `name-virtual-host`?"]
    {
        assert!(err(&output).contains(part), "{part}: {}", err(&output));
    }
    let other = path(&here, "other.toml");
    fs::write(&other, "[lint]\nexclude = [\"pics.conf\"]\n").unwrap();
    let output = lint(&["--settings", &other]);
    assert_eq!(out(&output), "no findings\n");
}

#[test]
fn what_is_known_does_not_fail() {
    let (here, config, root) = site("lint-known");
    let known = path(&here, "known.txt");
    let lint = |more: &[&str]| run(&[&["lint", "-c", &config, "--root", &root, "--baseline", &known], more].concat());
    assert!(lint(&["--write-baseline"]).status.success());
    let lines = fs::read_to_string(&known).unwrap();
    assert!(lines.contains("pics.conf: Alias /img/ /srv/pics: unequal-final-slashes  # why?\n"), "{lines}");
    assert_eq!(out(&lint(&[])), "2 known\n");
    fs::write(&config, format!("{PICS}Alias /pub/ /srv/pics\n")).unwrap();
    let output = lint(&[]);
    assert!(
        output.status.code() == Some(1) && out(&output).ends_with("1 error, 2 known; --fix mends 1\n"),
        "{}",
        out(&output)
    );
}

const OLD: &str = "Listen 80\nDocumentRoot /srv/www\nNameVirtualHost *:80\n<Directory />\n  # nobody\n  Order deny,allow\n  Deny from all\n</Directory>\n<Directory /srv/www>\n  Order allow,deny\n  Allow from all\n</Directory>\n<Location /intern>\n  Order deny,allow\n  Deny from all\n  Allow from 192.0.2.0/24\n</Location>\n";
const NEW: &str = "Listen 80\nDocumentRoot /srv/www\n<Directory />\n  # nobody\n  Require all denied\n</Directory>\n<Directory /srv/www>\n  Require all granted\n</Directory>\n<Location /intern>\n  Require ip 192.0.2.0/24\n</Location>\n";

#[test]
fn what_is_of_2_2_is_written_for_2_4() {
    let here = folder(
        "migrate",
        &[("old.conf", OLD), ("root/srv/www/index.html", "x"), ("root/srv/www/intern/index.html", "x")],
    );
    let (config, root, to) = (path(&here, "old.conf"), path(&here, "root"), path(&here, "new.conf"));
    let migrate = |more: &[&str]| run(&[&["migrate", "-c", &config, "--root", &root], more].concat());
    let shown = migrate(&[]);
    assert!(
        shown.status.success() && err(&shown).contains("every answer is the same but for the log"),
        "{}",
        err(&shown)
    );
    assert!(out(&shown).contains("+  Require ip 192.0.2.0/24\n"), "{}", out(&shown));
    assert!(migrate(&["-o", &to]).status.success());
    assert_eq!((fs::read_to_string(&to).unwrap().as_str(), fs::read_to_string(&config).unwrap().as_str()), (NEW, OLD));
    let value: Value = serde_json::from_str(&out(&migrate(&["--format", "json"]))).unwrap();
    let done: Vec<&str> = value[0]["steps"].as_array().unwrap().iter().map(|s| s["done"].as_str().unwrap()).collect();
    assert_eq!(done, ["removed", "changed", "changed", "changed"]);
    assert!(migrate(&["--write"]).status.success());
    assert_eq!(fs::read_to_string(&config).unwrap(), NEW);
}

#[test]
fn an_htaccess_file_is_migrated_too() {
    let text = "<Files secret.txt>\nOrder allow,deny\nDeny from all\n</Files>\nRedirect /a /b\n";
    let here = folder("migrate-htaccess", &[("public/.htaccess", text), ("public/secret.txt", "x")]);
    let output = run(&["migrate", &path(&here, "public/.htaccess"), "--write"]);
    let now = fs::read_to_string(here.join("public/.htaccess")).unwrap();
    assert_eq!(now, "<Files secret.txt>\nRequire all denied\n</Files>\nRedirect /a /b\n", "{}", err(&output));
}

const PART: &str = "Include /etc/letsencrypt/options-ssl-apache.conf\nGeoIPEnable On\n<VirtualHost *:80>\nDocumentRoot /srv/www\nRedirect 301 / https://www.example.com\n</VirtualHost>\n";

/// The rules that speak, with their lines.
fn rules(output: &std::process::Output) -> Vec<(String, u64)> {
    let all: Value = serde_json::from_str(&out(output)).unwrap_or_else(|e| panic!("{e}: {}", err(output)));
    let all = all.as_array().unwrap().iter();
    all.map(|f| (f["rule"].as_str().unwrap().to_string(), f["line"].as_u64().unwrap())).collect()
}

fn within(folder: &std::path::Path, arguments: &[&str]) -> std::process::Output {
    super::routesim(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn what_httpd_would_stop_at_hides_nothing() {
    let here = folder("lint-part", &[("part.conf", PART), ("root/srv/www/a.html", "x")]);
    let (config, root) = (path(&here, "part.conf"), path(&here, "root"));
    let lint = |more: &[&str]| run(&[&["lint", "-c", &config, "--root", &root], more].concat());
    let json = lint(&["--format", "json"]);
    assert_eq!(json.status.code(), Some(2));
    let found = rules(&json);
    let at = |rule: &str| found.iter().position(|(own, _)| own == rule);
    assert_eq!((at("httpd-refuses"), found[0].1), (Some(0), 1), "{found:?}");
    assert!(
        found.contains(&("left-out".into(), 2)) && found.contains(&("redirect-target-slash".into(), 5)),
        "{found:?}"
    );
    // the request that shows it is answered as it says
    let text = out(&lint(&[]));
    assert!(text.contains("--past-errors ") && !text.contains("no findings"), "{text}");
    let shown = run(&["explain", "-c", &config, "--root", &root, "--past-errors", "/a.html"]);
    assert!(shown.status.success() && err(&shown).contains("left out: "), "{}", err(&shown));
    // the fix is made in the text as it is
    let fixed = lint(&["--fix"]);
    let now = fs::read_to_string(&config).unwrap();
    assert_eq!(now, PART.replace("www.example.com\n", "www.example.com/\n"), "{}", err(&fixed));
}

#[test]
fn a_module_that_is_loaded_takes_no_directive_of_another() {
    let text = "LoadModule geoip_module modules/mod_geoip.so\n<VirtualHost *:80>\nDocumentRoot /srv/www\nGeoIPEnable On\nRedirect 301 / https://www.example.com\n</VirtualHost>\n";
    let here = folder("lint-lone", &[("a.conf", text), ("root/srv/www/a.html", "x")]);
    let output = run(&["lint", "-c", &path(&here, "a.conf"), "--root", &path(&here, "root"), "--format", "json"]);
    let found = rules(&output);
    assert_eq!(found[0], ("httpd-refuses".into(), 5), "{found:?}");
    assert!(found.contains(&("redirect-target-slash".into(), 5)), "{found:?}");
}

#[test]
fn a_folder_is_looked_at_as_what_it_publishes() {
    let here = folder("lint-folder", &[(".env", "PASSWORD=x"), ("index.html", "x"), ("dump.sql", "x")]);
    let alone = within(&here, &["lint", "--format", "json"]);
    let named: Vec<String> = rules(&alone).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(named, ["database-or-dump-served", "secret-file-served"], "{}", err(&alone));
    assert!(out(&alone).contains(".env\""), "{}", out(&alone));
    assert_eq!(alone.status.code(), Some(1));
    fs::write(here.join(".htaccess"), "<FilesMatch \"^\\.env|\\.sql$\">\nRequire all denied\n</FilesMatch>\n").unwrap();
    let denied = within(&here, &["lint", "--format", "json"]);
    assert_eq!(rules(&denied), [], "{}", out(&denied));
    let empty = folder("lint-empty", &[("in/x", "")]).join("none");
    fs::create_dir(&empty).unwrap();
    let none = within(&empty, &["lint"]);
    assert!(none.status.code() == Some(2) && err(&none).contains("there is no configuration here"), "{}", err(&none));
}

#[test]
fn an_htaccess_file_is_read_past_its_error() {
    let text = "PerlSetVar a b\nRewriteEngine On\nRewriteRule ^tag/(.+)$ index.html?tag=$1 [L]\n";
    let here = folder("lint-perl", &[(".htaccess", text), ("index.html", "x")]);
    let output = run(&["lint", "--docroot", &here.display().to_string(), "--format", "json"]);
    let found = rules(&output);
    assert_eq!(found[0], ("htaccess-needs-missing-module".into(), 1), "{found:?}");
    assert!(found.contains(&("unescaped-back-reference".into(), 3)), "{found:?}");
}
