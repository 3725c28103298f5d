//! Other forms of the faults that rules are about, and what is nearly one, beside the examples that the rules show.

use super::forms_of_harm::HARM;
use super::more_forms::MORE;
use super::{PURSE, site};
use crate::lint::facts::Facts;
use crate::lint::{Example, lint};

/// A rule, the place at which it speaks (none where it is silent), and a configuration with its files.
pub(super) type Form = (&'static str, Option<(&'static str, u32)>, &'static str, &'static [&'static str]);

const OPEN: &str =
    "DocumentRoot /srv/www\n<Directory /srv/www>\nAllowOverride All\nRequire all granted\n</Directory>\n";

const FORMS: &[Form] = &[
    (
        "request-uri-without-slash",
        Some(("/srv/www/.htaccess", 2)),
        "",
        &[
            "/srv/www/.htaccess: RewriteEngine On\nRewriteCond %{REQUEST_URI} ^(api|rpc)/ [NC]\nRewriteRule ^ api.html [L]\n",
            "/srv/www/api.html",
        ],
    ),
    (
        "query-in-path-pattern",
        None,
        "<Directory /srv/www>\nRewriteEngine On\nRewriteRule ^p\\.html\\?id=(\\d+)$ q-$1.html [L,UnsafeAllow3F]\n</Directory>\n",
        &["/srv/www/q-7.html"],
    ),
    (
        "look-alike-character",
        Some(("/srv/www/.htaccess", 1)),
        "",
        &[
            "/srv/www/.htaccess: <FilesMatch \"\\.(inc\u{2223}sql)$\">\nRequire all denied\n</FilesMatch>\n",
            "/srv/www/db.inc",
        ],
    ),
    (
        "look-alike-character",
        None,
        "<Files \"plan \u{2013} old.pdf\">\nRequire all denied\n</Files>\n",
        &["/srv/www/plan \u{2013} old.pdf"],
    ),
    (
        "section-of-missing-module",
        Some(("", 6)),
        "<IfModule mod_access.c>\n<Location /private>\nRequire all denied\n</Location>\n</IfModule>\n",
        &["/srv/www/private/a.txt"],
    ),
    (
        "section-of-missing-module",
        None,
        "<IfModule mod_access.c>\n<Location /a>\nRequire all denied\n</Location>\n</IfModule>\n\
         <IfModule !mod_access.c>\n<Location /a>\nRequire ip 192.0.2.1\n</Location>\n</IfModule>\n",
        &["/srv/www/a/a.txt"],
    ),
    (
        "multiviews-before-front-controller",
        None,
        "<Directory /srv/www>\nOptions MultiViews\nRewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^ index.html [L]\n</Directory>\n",
        &["/srv/www/index.html", "/srv/www/css/a.css"],
    ),
    (
        "fallback-does-not-cover-handler",
        Some(("/srv/www/.htaccess", 2)),
        "<Directory /srv/www>\nOptions +ExecCGI\n</Directory>\n",
        &["/srv/www/.htaccess: AddHandler cgi-script .cgi\nFallbackResource /start.cgi\n", "/srv/www/start.cgi (0755)"],
    ),
    (
        "files-section-at-any-depth",
        Some(("", 7)),
        "<Directory /srv/www>\n<FilesMatch \"^readme\\.(txt|md)$\">\nRequire ip 192.0.2.1\n</FilesMatch>\n</Directory>\n",
        &["/srv/www/readme.txt", "/srv/www/tool/readme.txt"],
    ),
    (
        "files-section-at-any-depth",
        None,
        "<Directory /srv/www>\n<FilesMatch \"\\.bak$\">\nRequire all denied\n</FilesMatch>\n</Directory>\n",
        &["/srv/www/a.bak", "/srv/www/b/a.bak"],
    ),
    (
        "aliasmatch-without-capture",
        Some(("", 6)),
        "AliasMatch /img/(.*)$ /srv/www/pictures/$1\n",
        &["/srv/www/members/img/a.png", "/srv/www/pictures/b.png"],
    ),
    ("aliasmatch-without-capture", None, "AliasMatch ^/img/(.*)$ /srv/www/pictures/$1\n", &["/srv/www/pictures/b.png"]),
    (
        "allow-empties-default-deny",
        Some(("/srv/www/pub/.htaccess", 1)),
        "",
        &["/srv/www/pub/.htaccess: Order Allow,Deny\nAllow from all\n", "/srv/www/pub/a.txt"],
    ),
    (
        "limit-not-asked-in-lookups",
        Some(("", 11)),
        "DirectoryIndex index.php\nAddHandler application/x-httpd-php .php\n<Directory /srv/www>\n<Files index.php>\n\
         # only from inside\n<Limit POST>\nRequire ip 192.0.2.1\n</Limit>\n</Files>\n</Directory>\n",
        &["/srv/www/index.php"],
    ),
    (
        "require-lines-are-an-or",
        Some(("/srv/www/in/.htaccess", 2)),
        "",
        &["/srv/www/in/.htaccess: Require ip 10.0.0.0/8\nRequire method GET HEAD\n", "/srv/www/in/a.html"],
    ),
    (
        "script-alias-over-data",
        None,
        "ScriptAlias /cgi-bin/ /srv/cgi/\n<Directory /srv/cgi>\nRequire all granted\n<Files *.dat>\nRequire all denied\n</Files>\n</Directory>\n",
        &["/srv/cgi/a.cgi (0755)", "/srv/cgi/count.dat"],
    ),
    (
        "handler-by-one-case",
        Some(("/srv/www/.htaccess", 1)),
        "",
        &[
            "/srv/www/.htaccess: <Files \"*.php\">\nSetHandler application/x-httpd-php\n</Files>\n",
            "/srv/www/a.php",
            "/srv/www/b.Php",
        ],
    ),
    (
        "section-misspelt",
        Some(("/srv/www/.htaccess", 1)),
        "",
        &["/srv/www/.htaccess: <FileMatch \"\\.ini$\">\nRequire all denied\n</FileMatch>\n", "/srv/www/a.html"],
    ),
    (
        "if-opens-what-location-denies",
        Some(("", 10)),
        "<Location /server-status>\nSetHandler server-status\nRequire ip 192.0.2.1\n</Location>\n<If \"-n %{HTTP:X-Monitor}\">\nRequire all granted\n</If>\n",
        &["/srv/www/a.html"],
    ),
    (
        "application-code-served",
        None,
        "Alias /tools /srv/cgi-bin\nScriptAlias /cgi-bin /srv/cgi-bin\n<Directory /srv/cgi-bin>\nRequire all granted\n</Directory>\n",
        &["/srv/cgi-bin/mail.pl (0755)"],
    ),
    (
        "url-denial-has-another-url",
        None,
        "UserDir /srv/people/*/www\n<Directory /srv/people>\nRequire all granted\n</Directory>\n<VirtualHost *:80>\n\
         ServerName www.example.com\n</VirtualHost>\n<VirtualHost *:80>\nServerName ann.example.com\n\
         DocumentRoot /srv/people/ann/www\n<Location />\nRequire all denied\n</Location>\n</VirtualHost>\n",
        &["/srv/people/ann/www/plan.html", "/srv/www/index.html"],
    ),
];

#[test]
fn forms_that_the_examples_do_not_show() {
    let mut wrong = Vec::new();
    for (name, place, config, files) in FORMS.iter().chain(MORE).chain(HARM) {
        let config = Box::leak(format!("{OPEN}{config}").into_boxed_str());
        let site = site(&Example { config, files });
        let found = lint(&Facts::gather(&site, PURSE));
        let sources = site.sources();
        let places: Vec<(String, u32)> = found
            .iter()
            .filter(|finding| finding.rule == *name)
            .map(|finding| {
                let file = sources.file(finding.line.file);
                let name = if file.name.starts_with('/') { file.name.clone() } else { String::new() };
                (name, file.line_column(finding.line.start).0)
            })
            .collect();
        let want: Vec<(String, u32)> = place.iter().map(|(file, line)| (file.to_string(), *line)).collect();
        if places != want {
            wrong.push(format!("{name} speaks at {places:?}, not {want:?}, of\n{config}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
