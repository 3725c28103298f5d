//! Each reason and each near miss on the smallest site that has it.

use super::{Case, causes, nearly};
use crate::repair::suggestions;
use crate::server::asked::Request;
use crate::site::{Modules, Site};

/// What is told of a request: the codes of reasons and near misses, and the statuses of what is suggested.
fn told(config: &str, files: &[(&str, &str)], url: &str) -> (Vec<&'static str>, Vec<&'static str>, Vec<u16>) {
    told_with(Modules::Default, config, files, url)
}

fn told_with(
    modules: Modules,
    config: &str,
    files: &[(&str, &str)],
    url: &str,
) -> (Vec<&'static str>, Vec<&'static str>, Vec<u16>) {
    let mut builder = Site::builder(config).load(modules);
    for (path, text) in files {
        builder = builder.file(path, *text);
    }
    let site = builder.build().expect("its files can be laid out");
    let run = site.start().expect("httpd starts");
    let (language, url) = url.split_once('@').unwrap_or(("", url));
    let mut ask = Request::get(url);
    if !language.is_empty() {
        ask.headers.set("Accept-Language", language.to_string());
    }
    let (outcome, steps) = run.explain(&ask);
    let case = Case { site: &site, run: &run, ask: &ask, outcome: &outcome, steps: &steps, sources: run.sources() };
    let (causes, near) = (causes(&case), nearly(&case));
    let suggested = suggestions(&case, &causes, &near);
    (
        causes.iter().map(|c| c.what.code()).collect(),
        near.iter().map(|n| n.miss.code()).collect(),
        suggested.iter().map(|s| s.outcome.status).collect(),
    )
}

/// A directory that is open, with .htaccess files.
const OPEN: &str = "DocumentRoot /srv/www\n<Directory /srv/www>\nAllowOverride All\nOptions FollowSymLinks\nRequire all granted\n</Directory>\n";

/// One in which a file's name may be left open.
const VIEWS: &str = "DocumentRoot /srv/www\n<Directory /srv/www>\nAllowOverride All\nOptions MultiViews\nRequire all granted\nAddLanguage de .de\nAddLanguage en .en\nForceLanguagePriority None\n</Directory>\n";

#[test]
fn reasons() {
    let page = [("/srv/www/a.html", "x")];
    for (config, files, url, want) in [
        (OPEN, &page[..], "/none", "no-file"),
        (OPEN, &page, "/a.html/more", "path-info"),
        (OPEN, &page, "/", "no-listing"),
        ("DocumentRoot /srv/www\n<Directory /srv/www>\nOptions Indexes\n</Directory>", &page, "/", "listing"),
        ("DocumentRoot /srv/www\n<Directory />\nRequire all denied\n</Directory>", &page, "/a.html", "denied"),
        (
            "DocumentRoot /srv/www\n<Location />\nAuthType Basic\nAuthName x\nAuthUserFile /u\nRequire valid-user\n</Location>",
            &page,
            "/a.html",
            "login",
        ),
        ("DocumentRoot /srv/www\nSetHandler none-such", &page, "/a.html", "handler-not-taken"),
        (
            "DocumentRoot /srv/www\nSetHandler application/x-httpd-php\nphp_admin_flag engine off",
            &page,
            "/a.html",
            "engine-off",
        ),
        (OPEN, &[("/srv/www/x.py", "1")], "/x.py", "source-sent"),
        ("ProxyPass / http://127.0.0.1:8000/", &[], "/", "backend"),
        (OPEN, &[("/srv/www/d/index.html", "x")], "/d", "slash"),
        ("Redirect /x http://localhost/x", &[], "/x", "redirect-loop"),
        (OPEN, &[("/srv/www/.htaccess", "RewriteEngine On\nRewriteRule ^(.*)$ b/$1\n")], "/a", "loop"),
        (OPEN, &[("/srv/www/.htaccess", "Foo\n")], "/a", "faulty-htaccess"),
        ("RewriteEngine On\nRewriteCond %{HTTPS} off [OR]\nRewriteRule ^/a /b", &[], "/a", "or-at-end"),
        ("RewriteEngine On\nRewriteRule ^/(.*) /x${none:$1}", &[], "/a", "no-map"),
        (OPEN, &[("/srv/www/d/.htaccess", "RewriteEngine On\nRewriteRule ^x y [R]\n")], "/d/x", "disk-path"),
        (VIEWS, &[("/srv/www/.htaccess", "RedirectMatch \\.html$ /x\n"), ("/srv/www/a.html", "x")], "/a", "no-variant"),
        (VIEWS, &[("/srv/www/a.html.de", "x"), ("/srv/www/a.html.en", "x")], "fr@/a", "not-acceptable"),
        (
            OPEN,
            &[("/srv/www/.htaccess", "RewriteEngine On\nRewriteCond %{REQUEST_URI} //\nRewriteRule ^ /x\n")],
            "/a//b",
            "merged-slashes",
        ),
    ] {
        let (found, ..) = told(config, files, url);
        assert!(found.contains(&want), "{config}: {url} is told as {found:?}, not as {want}");
    }
}

#[test]
fn near_misses() {
    let htaccess = |text| [("/srv/www/.htaccess", text), ("/srv/www/b.html", "x")];
    for (config, files, url, want) in [
        (
            "DocumentRoot /srv/www\n<Directory />\nAllowOverride None\n</Directory>",
            &htaccess("RewriteEngine On\nRewriteRule ^a b.html\n")[..],
            "/a",
            "htaccess-unread",
        ),
        (OPEN, &htaccess("RewriteRule ^a b.html\n"), "/a", "engine-off"),
        (OPEN, &htaccess("RewriteEngine On\nRewriteRule ^/a b.html\n"), "/a", "leading-slash"),
        (OPEN, &htaccess("RewriteEngine On\nRewriteRule ^A b.html\n"), "/a", "case"),
        (OPEN, &htaccess("RewriteEngine On\nRewriteCond %{HTTPS} on\nRewriteRule ^a b.html\n"), "/a", "conditions"),
        (OPEN, &htaccess("<Files b.html>\nRewriteEngine On\nRewriteRule ^b b\n</Files>\n"), "/b.html", "whole-path"),
        (
            "RewriteEngine On\nRewriteRule ^/a /b\n<VirtualHost *>\nServerName h\n</VirtualHost>",
            &[],
            "/a",
            "not-inherited",
        ),
        ("Redirect /a /b\nAlias /a /srv/a", &[], "/a", "too-late"),
        (
            "<Location />\n<RequireAll>\nRequire all granted\nRequire not ip 203.0.113.0/24\n</RequireAll>\nRequire all granted\n</Location>",
            &[],
            "/a",
            "outvoted",
        ),
        ("<Location />\nRequire all granted\nRequire ip 10.0.0.0/8\n</Location>", &[], "/a", "granted-to-all"),
        (
            "<Location />\n<Limit GET>\nRequire all denied\n</Limit>\nRequire all granted\n</Location>",
            &[],
            "/a",
            "granted-to-all",
        ),
        (
            OPEN,
            &htaccess("Require all granted\n<LimitExcept POST>\nRequire valid-user\n</LimitExcept>\n"),
            "/b.html",
            "granted-to-all",
        ),
        (
            "<Location />\nCheckSpelling On\n</Location>\n<Location /a>\nCheckCaseOnly On\n</Location>",
            &[],
            "/a",
            "starts-afresh",
        ),
        ("<IfModule mod_alias.c>\nRewriteEngine On RewriteRule ^/a /b\n</IfModule>", &[], "/a", "left-over"),
        ("Alias /A /srv/a", &[], "/a", "case"),
        ("Alias img /srv/a", &[], "/img", "no-slash"),
        ("Alias ^/a$ /srv/a", &[], "/a", "no-pattern"),
        (
            "DocumentRoot /srv/www\n<Directory /a>\nRequire all denied\n</Directory>",
            &htaccess(""),
            "/a",
            "url-not-path",
        ),
        (
            "DocumentRoot /srv/www\n<Location /srv/www/a>\nRequire all denied\n</Location>",
            &htaccess(""),
            "/a",
            "path-not-url",
        ),
        ("DocumentRoot /srv/www\n<Files d/a>\nRequire all denied\n</Files>", &htaccess(""), "/d/a", "name-only"),
        ("<IfModule none>\nAlias /a /srv/a\n</IfModule>", &[], "/a", "not-in-force"),
        (
            "<VirtualHost *:80>\n</VirtualHost>\n<VirtualHost *:80>\nServerName x\nAlias /a /srv\n</VirtualHost>",
            &[],
            "http://h/a",
            "other-host",
        ),
        (
            "<VirtualHost *:80>\n</VirtualHost>\n<VirtualHost *:81>\nServerName h\n</VirtualHost>",
            &[],
            "http://h/a",
            "host-elsewhere",
        ),
        (
            "<VirtualHost *:80>\n</VirtualHost>\n<VirtualHost *:80>\nServerName x\nServerAlias h:80\n</VirtualHost>",
            &[],
            "http://h/a",
            "port-in-name",
        ),
    ] {
        let (_, found, _) = told(config, files, url);
        assert!(found.contains(&want), "{config}: {url} is told as {found:?}, not as {want}");
    }
    // what a Limit holds for another method is no news
    let (_, found, _) =
        told("<Location />\nRequire all granted\n<Limit POST>\nRequire all denied\n</Limit>\n</Location>", &[], "/a");
    assert!(!found.contains(&"granted-to-all"), "{found:?}");
    // of a section that is not in force, what is within others that are not this request's is no news
    for (path, is_near) in [("/srv/www", true), ("/srv/other", false)] {
        let config = format!(
            "DocumentRoot /srv/www\n<IfModule none>\n<Directory {path}>\nRequire all granted\n</Directory>\n</IfModule>"
        );
        let (_, found, _) = told(&config, &htaccess(""), "/a");
        assert_eq!(found.contains(&"not-in-force"), is_near, "{path}: {found:?}");
    }
}

#[test]
fn what_is_suggested_was_tried() {
    let page = [("/srv/www/d/a.html", "x"), ("/srv/www/.git/config", "x")];
    let closed = "DocumentRoot /srv/www\n<Directory />\nRequire all denied\n</Directory>";
    assert_eq!(told(closed, &page, "/d/a.html").2, [200]);
    // version control is closed on purpose
    assert_eq!(told(closed, &page, "/.git/config").2, [0; 0]);
    // and so is what the nearest section closes
    let meant = "DocumentRoot /srv/www\n<Directory /srv/www/d>\nRequire all denied\n</Directory>";
    assert_eq!(told(meant, &page, "/d/a.html").2, [0; 0]);
    let unread = [("/srv/www/.htaccess", "RewriteEngine On\nRewriteRule ^a b.html\n"), ("/srv/www/b.html", "x")];
    assert_eq!(
        told("DocumentRoot /srv/www\n<Directory /srv>\nAllowOverride None\n</Directory>", &unread, "/a").2,
        [200]
    );
    let source = "DocumentRoot /srv/www\n<FilesMatch \\.php$>\nSetHandler application/x-httpd-php\n</FilesMatch>";
    let modules = Modules::Pick(vec!["dir".into()]);
    assert_eq!(
        told_with(modules, source, &[("/srv/www/a.php", "<?php")], "/a.php").0,
        ["handler-not-taken", "source-sent"]
    );
}

/// The file that is missing is the one that was looked for, not where a rule that lost would have led.
#[test]
fn what_is_missing_is_where_the_request_went() {
    let config = "Alias / /srv/app/\nWSGIScriptAlias / /srv/app/site.wsgi\n<Directory /srv/app>\nRequire all granted\n</Directory>\n";
    let site = Site::builder(config).file("/srv/app/site.wsgi", "").build().expect("its files can be laid out");
    let run = site.start().expect("httpd starts");
    let ask = Request::get("/x/y");
    let (outcome, steps) = run.explain(&ask);
    let case = Case { site: &site, run: &run, ask: &ask, outcome: &outcome, steps: &steps, sources: run.sources() };
    let missing = causes(&case).into_iter().find_map(|cause| match cause.what {
        super::What::NoFile { missing } => Some(missing),
        _ => None,
    });
    assert_eq!(missing, Some("/srv/app/x".into()));
}
