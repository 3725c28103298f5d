//! The configuration that a manual printed, and what its critic said of it: as printed, with the typing errors mended, and
//! as it was meant.

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Finding, lint};
use crate::search::explore::Purse;
use crate::site::Site;
use crate::source::SourceMap;
use crate::suite::Scenario;

/// The site of a built-in scenario, with more files.
fn site(name: &str, files: &str) -> Site {
    let text = crate::builtin::find(name).expect("it is built in").text;
    let text = text.replace("\nfiles:\n", &format!("\nfiles:\n{files}"));
    let scenario = Scenario::parse(name.as_ref(), &text, &SourceMap::default()).expect("it is a scenario");
    Site::of_scenario(&scenario).expect("it can be laid out")
}

/// Rules at warning level or above, or below it, each with the text of its line.
fn found(site: &Site, grave: bool) -> Vec<(&'static str, String)> {
    let purse = Purse::of(20_000, None);
    let all: Vec<Finding> = lint(&Facts::gather(site, purse));
    let all = all.iter().filter(|finding| (finding.level <= Severity::Warning) == grave);
    let sources = site.sources();
    let line = |f: &Finding| sources.text(f.line).to_string().lines().next().unwrap_or_default().trim().to_string();
    let mut found: Vec<(&'static str, String)> = all.map(|finding| (finding.rule, line(finding))).collect();
    found.sort();
    found
}

#[test]
fn each_complaint_about_the_listing_once_and_nothing_else() {
    let files = "  /home/web2py/applications/app/uploads/photo.png: \"\"\n  \
                 /home/web2py/applications/app/out: {symlink: /etc/passwd}\n";
    let site = site("web2py", files);
    let (alias, static_only, all) =
        ("Alias / /home/web2py/applications/", r#"<locationmatch "^(/[\w_]*/static/.*)">"#, r#"<location "/">"#);
    let want = [
        ("alias-hides-wsgi-script", alias),
        ("application-code-served", alias),
        ("database-or-dump-served", alias),
        ("default-deny-covers-section-only", static_only),
        ("grant-in-location", static_only),
        ("grant-in-location", all),
        ("link-leaves-the-opened-tree", "Options FollowSymLinks"),
        ("location-overridden-by-later-location", static_only),
        ("upload-folder-served", alias),
    ];
    let mut want: Vec<(&str, String)> = want.iter().map(|(rule, line)| (*rule, line.to_string())).collect();
    want.sort();
    assert_eq!(found(&site, true), want);
    let notes: Vec<&str> = found(&site, false).into_iter().map(|(rule, _)| rule).collect();
    for rule in [
        "allow-empties-default-deny",
        "daemon-user-is-default",
        "daemon-oversized",
        "daemon-maximum-requests",
        "group-at-root-location",
        "name-virtual-host",
    ] {
        assert_eq!(notes.iter().filter(|own| **own == rule).count(), 1, "{rule}: {notes:?}");
    }
}

#[test]
fn nothing_grave_about_what_was_meant() {
    for name in ["web2py-working-2.2", "web2py-working-2.4"] {
        assert_eq!(found(&site(name, ""), true), [], "{name}");
    }
}

#[test]
fn each_typing_error_of_the_listing_as_printed() {
    let site = site("web2py-as-published", "");
    assert!(site.start().is_err());
    let want = [
        ("look-alike-character", "<locationmatch \"\u{2c6}(/[\\w_]*/static/.*)\">"),
        ("section-misspelt", "<locationmatch>"),
        ("section-misspelt", "<virualhost *:80>"),
        ("section-misspelt", "NameVirtualHost*:80"),
    ];
    let want: Vec<(&str, String)> = want.iter().map(|(rule, line)| (*rule, line.to_string())).collect();
    assert_eq!(found(&site, true), want);
}
