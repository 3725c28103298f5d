//! Fixes of other forms of the faults than those that the rules show, and where none is offered.

use super::site;
use crate::lint::facts::Facts;
use crate::lint::fix::fix;
use crate::lint::{Example, Finding, lint};
use crate::search::explore::Purse;
use crate::site::Site;

/// A rule, what the configuration (or an .htaccess file) then has (none where no fix is offered), the configuration behind
/// what opens the document root, and the files.
type Form = (&'static str, Option<&'static str>, &'static str, &'static [&'static str]);

const PURSE: Purse = Purse::of(3_000, None);
const OPEN: &str =
    "DocumentRoot /srv/www\n<Directory /srv/www>\n  AllowOverride All\n  Require all granted\n</Directory>\n";

const FORMS: &[Form] = &[
    // by a rule, by a redirect, and by an address
    (
        "url-denial-has-another-url",
        Some("<Directory \"/srv/www/admin\">\n  Require all denied\n</Directory>\n"),
        "Alias /old /srv/www/admin\nRewriteEngine On\nRewriteRule ^/admin(/|$) - [F]\n",
        &["/srv/www/admin/users.txt"],
    ),
    (
        "url-denial-has-another-url",
        Some("<Directory \"/srv/www/admin\">\n  Require all denied\n</Directory>\n"),
        "Alias /old /srv/www/admin\nRedirect 403 /admin\n",
        &["/srv/www/admin/users.txt"],
    ),
    // what is let in by an address stays so
    (
        "url-denial-has-another-url",
        Some("<Directory \"/srv/www/admin\">\n  Require ip 192.0.2.0/28\n</Directory>\n"),
        "Alias /old /srv/www/admin\n<Location /admin>\n  Require ip 192.0.2.0/28\n</Location>\n",
        &["/srv/www/admin/users.txt"],
    ),
    // another site's root is its own
    (
        "same-root-fewer-rules",
        None,
        "<VirtualHost *:80>\n  ServerName old.example\n  DocumentRoot /srv/www\n  <Location />\n    Require all denied\n  </Location>\n</VirtualHost>\n\
         <VirtualHost *:80>\n  ServerName www.example\n  DocumentRoot /srv/www\n</VirtualHost>\n",
        &["/srv/www/index.html"],
    ),
    // the comment above a section goes with it
    (
        "location-overridden-by-later-location",
        Some("</Location>\n# nobody's\n<Location /a/secret>\n  Require all denied\n</Location>\n# the end\n"),
        "# nobody's\n<Location /a/secret>\n  Require all denied\n</Location>\n\n<Location /a>\n  Require all granted\n</Location>\n# the end\n",
        &["/srv/www/a/secret/x.txt", "/srv/www/a/y.txt"],
    ),
    // what is nobody's is not opened
    (
        "mapping-not-granted",
        None,
        "<Directory />\n  Require all denied\n</Directory>\nAlias /app /srv/app\n",
        &["/srv/app/a.html", "/srv/app/.env"],
    ),
    (
        "query-in-path-pattern",
        Some("  RewriteCond %{QUERY_STRING} ^id=(\\d+)$\n  RewriteRule ^(old|older)\\.html$ /$1-%1.html [L]\n"),
        "<Directory /srv/www>\n  Options FollowSymLinks\n  RewriteEngine On\n  RewriteRule ^(old|older)\\.html\\?id=(\\d+)$ /$1-$2.html [L]\n</Directory>\n",
        &["/srv/www/old-7.html", "/srv/www/old.html"],
    ),
    (
        "query-in-path-pattern",
        Some("<If \"%{QUERY_STRING} == 'id=1'\">\n  Redirect 301 /page /one.html\n</If>\n"),
        "Redirect 301 /page?id=1 /one.html\n",
        &["/srv/www/one.html"],
    ),
    (
        "redirect-takes-all-below",
        Some("<LocationMatch ^/al$>"),
        "<Location /al>\n  Alias /srv/www/one.html\n</Location>\n",
        &["/srv/www/one.html"],
    ),
    (
        "redirect-takes-all-below",
        Some("RedirectMatch permanent ^/a\\.html$ /b.html\n"),
        "RedirectPermanent /a.html /b.html\n",
        &[],
    ),
    // two addresses are an or that is meant
    (
        "require-lines-are-an-or",
        None,
        "<Directory /srv/www/in>\n  Require all granted\n  Require ip 192.0.2.0/24\n  Require ip 198.51.100.0/24\n</Directory>\n",
        &["/srv/www/in/a.html"],
    ),
    (
        "require-lines-are-an-or",
        Some("<RequireAll>\n  Require all granted\n  Require ip 192.0.2.0/24\n</RequireAll>\n"),
        "",
        &["/srv/www/in/.htaccess: Require all granted\nRequire ip 192.0.2.0/24\n", "/srv/www/in/a.html"],
    ),
    (
        "rewrite-in-location",
        Some("RewriteEngine on\nRewriteRule ^/app/x$ /index.html\n"),
        "<Location /app>\n  RewriteEngine on\n  RewriteRule ^/app/x$ /index.html\n</Location>\n",
        &["/srv/www/index.html"],
    ),
    (
        "program-without-handler",
        Some("  <FilesMatch \"\\.cgi$\">\n    SetHandler cgi-script\n  </FilesMatch>\n"),
        "<Directory /srv/www/bin>\n  Options +ExecCGI\n</Directory>\n",
        &["/srv/www/bin/form.cgi (0755)"],
    ),
    (
        "port-copies-differ",
        Some("  DocumentRoot /srv/www\n  Alias /docs /srv/www/manual\n</VirtualHost>\n"),
        "Listen 8080\n<VirtualHost *:80>\n  ServerName www.example\n  DocumentRoot /srv/www\n  Alias /docs /srv/www/manual\n</VirtualHost>\n\
         <VirtualHost *:8080>\n  ServerName www.example\n  DocumentRoot /srv/www\n</VirtualHost>\n",
        &["/srv/www/index.html", "/srv/www/manual/a.html"],
    ),
    (
        "upload-folder-runs-programs",
        Some("SetHandler None\n<FilesMatch \"(?i)\\.(php"),
        "<FilesMatch \"\\.php$\">\n  SetHandler application/x-httpd-php\n</FilesMatch>\n",
        &["/srv/www/uploads/.htaccess: SetHandler None\n", "/srv/www/uploads/photo.jpg"],
    ),
    (
        "satisfy-any-without-rules",
        Some("  Require all granted\n</Directory>\n"),
        "<Directory /srv/www/data>\n  Require all denied\n  Satisfy Any\n</Directory>\n<Directory /srv/www/open>\n  Require all granted\n</Directory>\n",
        &["/srv/www/data/a.txt", "/srv/www/open/a.txt"],
    ),
    (
        "redirect-after-rewrite-in-folder",
        Some("RewriteRule ^old(/.*)?$ /new$1 [R=302,L]\nRewriteRule ^old$ page.html?from=old\n"),
        "",
        &[
            "/srv/www/in/.htaccess: RewriteEngine on\nRewriteRule ^old$ page.html?from=old\nRedirect /in/old /new\n",
            "/srv/www/in/page.html",
        ],
    ),
    (
        "setenvif-url-is-not-decoded",
        Some("<FilesMatch \"\\.inc$\">\n  Require all denied\n</FilesMatch>\n"),
        "SetEnvIf Request_URI \"\\.inc$\" hidden\n<Directory /srv/www/lib>\n  <RequireAll>\n    Require all granted\n    Require not env hidden\n  </RequireAll>\n</Directory>\n",
        &["/srv/www/lib/db.inc", "/srv/www/lib/a.html"],
    ),
    (
        "not-inherited-by-virtual-hosts",
        Some("  DocumentRoot /srv/www\n  AllowEncodedSlashes NoDecode\n</VirtualHost>\n"),
        "AllowEncodedSlashes NoDecode\n<VirtualHost *:80>\n  ServerName www.example\n  DocumentRoot /srv/www\n</VirtualHost>\n",
        &["/srv/www/index.html"],
    ),
];

#[test]
fn fixes_of_other_forms() {
    let mut wrong = Vec::new();
    for (rule, want, config, files) in FORMS {
        let config = Box::leak(format!("{OPEN}{config}").into_boxed_str());
        let site = site(&Example { config, files });
        let of = |site: &Site| -> Vec<Finding> {
            lint(&Facts::gather(site, PURSE)).into_iter().filter(|finding| finding.rule == *rule).collect()
        };
        let found = of(&site);
        let offered = found.iter().any(|finding| finding.fix.is_some());
        if found.is_empty() || offered != want.is_some() {
            wrong.push(format!("{rule}: {} findings, a fix is offered: {offered}, of\n{config}{files:?}", found.len()));
            continue;
        }
        let Some(want) = want else { continue };
        let fixed = fix(&site, true, &of, &|| PURSE);
        let texts: Vec<String> = fixed.texts.texts().map(|text| text.after.to_string()).collect();
        if !texts.iter().any(|text| text.contains(want)) || !of(&fixed.site).is_empty() {
            wrong.push(format!(
                "{rule}: it becomes\n{}\nwith {} findings",
                texts.join("\n--\n"),
                of(&fixed.site).len()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
