//! Forms of what redirects, handlers and virtual hosts do that nobody means, beside the examples that the rules show.

use super::forms::Form;

pub(super) const HARM: &[Form] = &[
    (
        "redirect-sends-decoded-path",
        Some(("", 7)),
        "RewriteEngine on\nRewriteRule ^/w/(.+)$ https://w.example/wiki/$1 [R,NE]\n",
        &[],
    ),
    (
        "redirect-sends-decoded-path",
        None,
        "RewriteEngine on\nRewriteRule ^/w/(.+)$ https://w.example/wiki/$1 [R]\n",
        &[],
    ),
    // what is in a fragment needs NE
    (
        "redirect-sends-decoded-path",
        None,
        "RewriteEngine on\nRewriteRule ^/w/(.+)$ https://w.example/wiki#$1 [R,NE]\n",
        &[],
    ),
    (
        "redirect-sends-decoded-path",
        Some(("/srv/www/.htaccess", 2)),
        "",
        &[
            "/srv/www/.htaccess: RewriteEngine On\nRewriteRule ^(.*)$ https://new.example/$1 [R=301,NE,L]\n",
            "/srv/www/a.html",
        ],
    ),
    (
        "redirect-escapes-twice",
        Some(("/srv/www/.htaccess", 3)),
        "",
        &[
            "/srv/www/.htaccess: RewriteEngine On\nRewriteCond %{THE_REQUEST} \\s/(.+)\\.php[?\\s]\nRewriteRule ^ /%1 [R=301,L]\n",
            "/srv/www/a.php",
        ],
    ),
    ("redirect-escapes-twice", Some(("", 7)), "RewriteEngine on\nRewriteRule ^/old$ /new?page=old [R,QSA]\n", &[]),
    (
        "redirect-escapes-twice",
        None,
        "RewriteEngine on\nRewriteCond %{QUERY_STRING} ^q=(.+)$\nRewriteRule ^/s$ https://s.example/?q=%1 [R,NE]\n",
        &[],
    ),
    (
        "proxy-sends-decoded-path",
        None,
        "RewriteEngine on\nRewriteRule ^/api/([a-z]+)$ http://127.0.0.1:8080/$1 [P,NE]\n",
        &[],
    ),
    (
        "php-switched-off-in-vain",
        Some(("", 10)),
        "<FilesMatch \"\\.php$\">\nSetHandler \"proxy:fcgi://127.0.0.1:9000\"\n</FilesMatch>\n<Directory /srv/www/up>\nphp_admin_flag engine off\n</Directory>\n",
        &["/srv/www/index.php", "/srv/www/up/a.png"],
    ),
    (
        "php-switched-off-in-vain",
        None,
        "<FilesMatch \"\\.php$\">\nSetHandler application/x-httpd-php\n</FilesMatch>\n<Directory /srv/www/up>\nphp_admin_flag engine off\n</Directory>\n",
        &["/srv/www/index.php", "/srv/www/up/a.png"],
    ),
    (
        "php-switched-off-in-vain",
        Some(("/srv/www/up/.htaccess", 1)),
        "<FilesMatch \"\\.php$\">\nSetHandler application/x-httpd-php\n</FilesMatch>\n",
        &[
            "/srv/www/up/.htaccess: <IfModule mod_php5.c>\nphp_flag engine 0\n</IfModule>\n<IfModule mod_php7.c>\nphp_flag engine 0\n</IfModule>\n",
            "/srv/www/up/a.png",
        ],
    ),
    // the files are denied besides
    (
        "php-switched-off-in-vain",
        None,
        "<FilesMatch \"\\.php$\">\nSetHandler application/x-httpd-php\n</FilesMatch>\n",
        &[
            "/srv/www/up/.htaccess: <IfModule mod_php5.c>\nphp_flag engine 0\n</IfModule>\n<Files *.php>\nRequire all denied\n</Files>\n",
            "/srv/www/up/a.png",
        ],
    ),
    // what runs PHP is not said
    (
        "php-switched-off-in-vain",
        Some(("", 7)),
        "<Directory /srv/www/up>\n<IfModule mod_php5.c>\nphp_admin_flag engine off\n</IfModule>\n</Directory>\n",
        &[],
    ),
    (
        "filename-test-too-early",
        Some(("", 7)),
        "RewriteEngine on\nRewriteCond %{REQUEST_FILENAME}\\.gz -f\nRewriteRule ^(.*)\\.css$ $1.css.gz [QSA]\n",
        &[],
    ),
    (
        "child-rules-replace-parents",
        Some(("/srv/www/tool/.htaccess", 1)),
        "",
        &[
            "/srv/www/.htaccess: RewriteEngine On\nRewriteRule (^|/)\\.git/ - [F]\n",
            "/srv/www/tool/.htaccess: RewriteEngine Off\n",
            "/srv/www/tool/.git/config",
            "/srv/www/tool/a.html",
        ],
    ),
    (
        "child-rules-replace-parents",
        None,
        "",
        &[
            "/srv/www/.htaccess: RewriteEngine On\nRewriteRule ^old$ a.html\n",
            "/srv/www/tool/.htaccess: RewriteEngine Off\n",
            "/srv/www/tool/a.html",
        ],
    ),
    ("handler-by-any-suffix", Some(("", 6)), "AddHandler application/x-httpd-php .html\n", &["/srv/www/a.txt"]),
    ("handler-by-any-suffix", None, "AddType application/x-httpd-php-source .phps\n", &["/srv/www/a.txt"]),
    (
        "port-443-without-tls",
        None,
        "Listen 443\n<VirtualHost *:443>\nServerName a.example\nSSLEngine on\nSSLCertificateFile /etc/a.pem\n</VirtualHost>\n",
        &[],
    ),
    ("port-443-without-tls", None, "Listen 443\n<VirtualHost *:80 *:443>\nServerName a.example\n</VirtualHost>\n", &[]),
    (
        "name-with-leading-dot",
        Some(("", 8)),
        "<VirtualHost *:80>\nServerName a.example\nServerAlias .a.example\n</VirtualHost>\n",
        &[],
    ),
    (
        "header-lost-on-errors",
        Some(("/srv/www/.htaccess", 1)),
        "",
        &["/srv/www/.htaccess: Header set X-Frame-Options DENY\n", "/srv/www/a.html"],
    ),
    ("anchor-for-first-branch", None, "RewriteEngine on\nRewriteRule ^/\\.git|\\.env - [F]\n", &["/srv/www/a.html"]),
    (
        "anchor-for-first-branch",
        Some(("/srv/www/.htaccess", 2)),
        "",
        &["/srv/www/.htaccess: RewriteEngine On\nRewriteRule ^news|press news.html [L]\n", "/srv/www/news.html"],
    ),
    (
        "proxypass-without-reverse",
        Some(("", 7)),
        "RewriteEngine on\nRewriteRule ^/api/(.*)$ http://127.0.0.1:8080/$1 [P]\n",
        &[],
    ),
    (
        "proxypass-without-reverse",
        None,
        "ProxyPass /api http://127.0.0.1:8080\n<Location /api>\nProxyPassReverse http://127.0.0.1:8080\n</Location>\n",
        &[],
    ),
];
