//! People of five kinds, each in a directory of their own, with five questions whose right answers are stated; as root and, where
//! that can be had, as an ordinary user.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// A directory that any user may look at, gone afterwards.
struct Place(PathBuf);

impl Place {
    fn new(name: &str, files: &[(&str, &str)]) -> Place {
        let top = std::env::temp_dir().join(format!("routesim-persona-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&top);
        for (path, text) in files {
            let path = top.join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
            fs::write(path, text).expect("there is room");
        }
        fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).expect("it is ours");
        fs::copy(env!("CARGO_BIN_EXE_routesim"), top.join("routesim")).expect("there is room");
        Place(top)
    }

    /// What a command prints and its exit status, as this user or another.
    fn said(&self, user: &[&str], within: &str, arguments: &[&str]) -> (String, Option<i32>) {
        let program = self.0.join("routesim").display().to_string();
        let words: Vec<&str> =
            user.iter().copied().chain([program.as_str()]).chain(arguments.iter().copied()).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.0.join(within)).env("NO_COLOR", "1").env("HOME", "/nonexistent");
        let output = command.output().expect("it runs");
        (String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(), output.status.code())
    }

    /// Asks all questions: where, what, and the beginning of a line of the answer.
    fn ask(&self, questions: &[(&str, &[&str], &str)]) {
        assert_eq!(questions.len(), 5);
        for user in users() {
            for (within, arguments, answer) in questions {
                let (said, _) = self.said(user, within, arguments);
                let right = said.lines().any(|line| line.trim_start().starts_with(answer));
                assert!(right, "{user:?} {arguments:?}: no `{answer}` in\n{said}");
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// This user, and where this is root and there is setpriv, an ordinary one.
fn users() -> &'static [&'static [&'static str]] {
    const OTHER: &[&str] = &["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let other = Command::new(OTHER[0]).args(&OTHER[1..]).arg("true").status();
    if other.is_ok_and(|status| status.success()) { &[&[], OTHER] } else { &[&[]] }
}

const PASSWD: &str =
    "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\napache:x:48:48::/usr/share/httpd:/bin/sh\n";
const GROUP: &str = "root:x:0:\nwww-data:x:33:\napache:x:48:\n";

#[test]
fn a_debian_admin() {
    let place = Place::new(
        "debian",
        &[
            ("etc/passwd", PASSWD),
            ("etc/group", GROUP),
            (
                "etc/apache2/envvars",
                "export APACHE_RUN_USER=www-data\nexport APACHE_RUN_GROUP=www-data\nexport APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n",
            ),
            (
                "etc/apache2/apache2.conf",
                "User ${APACHE_RUN_USER}\nGroup ${APACHE_RUN_GROUP}\nErrorLog ${APACHE_LOG_DIR}/error.log\n\
                 IncludeOptional mods-enabled/*.load\nInclude ports.conf\n<Directory />\nRequire all denied\n</Directory>\n\
                 <Directory /var/www/>\nAllowOverride None\nRequire all granted\n</Directory>\nIncludeOptional sites-enabled/*.conf\n",
            ),
            ("etc/apache2/ports.conf", "Listen 80\n<IfModule ssl_module>\nListen 443\n</IfModule>\n"),
            (
                "etc/apache2/mods-enabled/all.load",
                "LoadModule mpm_event_module /m/mod_mpm_event.so\nLoadModule authz_core_module /m/mod_authz_core.so\n\
                 LoadModule alias_module /m/mod_alias.so\nLoadModule dir_module /m/mod_dir.so\nLoadModule ssl_module /m/mod_ssl.so\n",
            ),
            (
                "etc/apache2/sites-enabled/000-shop.conf",
                "<VirtualHost *:80>\nServerName shop.example\nRedirect permanent / https://shop.example/\n</VirtualHost>\n\
                 <VirtualHost *:443>\nServerName shop.example\nDocumentRoot /var/www/shop\nSSLEngine on\n\
                 SSLCertificateFile /etc/ssl/certs/shop.pem\n</VirtualHost>\n",
            ),
            ("etc/ssl/certs/shop.pem", "x"),
            ("var/www/shop/index.html", "x"),
            ("var/log/apache2/error.log", ""),
        ],
    );
    let conf = ["-c", "etc/apache2", "--root", "."];
    let explain = |url: &'static str| -> Vec<&'static str> { [&["explain", "--brief", url][..], &conf].concat() };
    place.ask(&[
        ("", &explain("http://shop.example/cart"), "301 Moved Permanently  -> https://shop.example/cart"),
        ("", &explain("https://shop.example/"), "200 OK  default-handler  /var/www/shop/index.html"),
        ("", &explain("http://shop.example:8080/"), "no answer  connection refused"),
        ("", &["check", "-c", "etc/apache2", "--root", "."], "error[syntax]: Cannot load /m/mod_mpm_event.so"),
        (
            "",
            &["check", "-c", "etc/apache2", "--root", ".", "--ignore-machine"],
            "etc/apache2/apache2.conf: httpd would start",
        ),
    ]);
}

#[test]
fn a_red_hat_admin() {
    let place = Place::new(
        "rhel",
        &[
            ("etc/passwd", PASSWD),
            ("etc/group", GROUP),
            (
                "etc/httpd/conf/httpd.conf",
                "ServerRoot \"/etc/httpd\"\nListen 80\nInclude conf.modules.d/*.conf\nUser apache\nGroup apache\n\
                 <Directory />\nAllowOverride none\nRequire all denied\n</Directory>\nDocumentRoot \"/var/www/html\"\n\
                 <Directory \"/var/www/html\">\nOptions Indexes FollowSymLinks\nAllowOverride None\nRequire all granted\n</Directory>\n\
                 <IfModule dir_module>\nDirectoryIndex index.html\n</IfModule>\nErrorLog \"logs/error_log\"\nIncludeOptional conf.d/*.conf\n",
            ),
            (
                "etc/httpd/conf.modules.d/00-base.conf",
                "LoadModule authz_core_module modules/mod_authz_core.so\nLoadModule log_config_module modules/mod_log_config.so\n\
                 LoadModule unixd_module modules/mod_unixd.so\nLoadModule dir_module modules/mod_dir.so\n\
                 LoadModule mime_module modules/mod_mime.so\nLoadModule proxy_module modules/mod_proxy.so\n\
                 LoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so\nLoadModule mpm_event_module modules/mod_mpm_event.so\n",
            ),
            (
                "etc/httpd/conf.d/php.conf",
                "DirectoryIndex index.php\n<FilesMatch \\.php$>\nSetHandler \"proxy:unix:/run/php-fpm/www.sock|fcgi://localhost\"\n</FilesMatch>\n",
            ),
            ("etc/httpd/logs/x", ""),
            ("var/www/html/index.php", "<?php"),
            ("var/www/html/.htaccess", "Require all denied\n"),
            ("var/www/html/private.txt", "x"),
        ],
    );
    fs::set_permissions(place.0.join("var/www/html/private.txt"), fs::Permissions::from_mode(0o600))
        .expect("it is ours");
    let explain =
        |url: &'static str| -> Vec<&'static str> { vec!["explain", "--brief", url, "-c", "etc/httpd", "--root", "."] };
    place.ask(&[
        ("", &explain("/"), "200 OK  proxy:unix:/run/php-fpm/www.sock|fcgi://localhost"),
        ("", &explain("/none"), "404 Not Found"),
        ("", &explain("/private.txt"), "403 Forbidden"),
        ("", &explain("https://localhost/"), "no answer  connection refused"),
        (
            "",
            &["check", "-c", "etc/httpd", "--root", ".", "--ignore-machine"],
            "etc/httpd/conf/httpd.conf: httpd would start",
        ),
    ]);
    let (said, _) = place.said(&[], "", &["check", "-c", "etc/httpd", "--root", "."]);
    assert!(!said.contains("already loaded"), "{said}");
}

#[test]
fn a_docker_user() {
    let place = Place::new(
        "docker",
        &[
            ("etc/passwd", PASSWD),
            ("etc/group", GROUP),
            (
                "usr/local/apache2/conf/httpd.conf",
                "ServerRoot \"/usr/local/apache2\"\nListen 80\nLoadModule mpm_event_module modules/mod_mpm_event.so\n\
                 LoadModule authz_core_module modules/mod_authz_core.so\nLoadModule log_config_module modules/mod_log_config.so\n\
                 LoadModule unixd_module modules/mod_unixd.so\nLoadModule dir_module modules/mod_dir.so\n\
                 LoadModule version_module modules/mod_version.so\nLoadModule mime_module modules/mod_mime.so\n\
                 LoadModule headers_module modules/mod_headers.so\nLoadModule alias_module modules/mod_alias.so\n\
                 LoadModule setenvif_module modules/mod_setenvif.so\n#LoadModule rewrite_module modules/mod_rewrite.so\n\
                 <IfModule unixd_module>\nUser www-data\nGroup www-data\n</IfModule>\n<Directory />\nAllowOverride none\n\
                 Require all denied\n</Directory>\nDocumentRoot \"/usr/local/apache2/htdocs\"\n\
                 <Directory \"/usr/local/apache2/htdocs\">\nOptions Indexes FollowSymLinks\nAllowOverride All\nRequire all granted\n\
                 </Directory>\n<IfModule dir_module>\nDirectoryIndex index.html\n</IfModule>\n<Files \".ht*\">\nRequire all denied\n\
                 </Files>\nErrorLog /proc/self/fd/2\nLogLevel warn\n<IfModule log_config_module>\n\
                 LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\nCustomLog /proc/self/fd/1 common\n</IfModule>\n\
                 <IfModule headers_module>\nRequestHeader unset Proxy early\n</IfModule>\n<IfModule mime_module>\n\
                 TypesConfig conf/mime.types\n</IfModule>\n<IfModule ssl_module>\nSSLRandomSeed startup builtin\n</IfModule>\n",
            ),
            ("usr/local/apache2/conf/mime.types", "text/html html\n"),
            ("usr/local/apache2/htdocs/index.html", "It works!"),
            ("usr/local/apache2/htdocs/app/.htaccess", "RewriteEngine On\n"),
            ("usr/local/apache2/htdocs/app/a.txt", "x"),
            ("etc/x/link", ""),
        ],
    );
    let conf = "usr/local/apache2/conf/httpd.conf";
    let explain =
        |url: &'static str| -> Vec<&'static str> { vec!["explain", "--brief", url, "-c", conf, "--root", "."] };
    place.ask(&[
        ("", &explain("/"), "200 OK  default-handler  /usr/local/apache2/htdocs/index.html"),
        ("", &explain("/app/a.txt"), "500 Internal Server Error"),
        ("", &explain("/../etc/passwd"), "400 Bad Request"),
        (
            "",
            &["check", "-c", conf, "--root", "."],
            "= help: `RewriteEngine` is a directive of mod_rewrite.c, which is not loaded",
        ),
        (
            "",
            &["vhosts", "-c", "auto", "--root", "."],
            "everything else  localhost  DocumentRoot /usr/local/apache2/htdocs",
        ),
    ]);
}

#[test]
fn a_hoster_with_modules_of_others() {
    let place = Place::new(
        "hoster",
        &[
            ("etc/passwd", PASSWD),
            ("etc/group", GROUP),
            (
                "etc/apache2/conf/httpd.conf",
                "ServerRoot \"/etc/apache2\"\nListen 0.0.0.0:80\nUser www-data\nGroup www-data\nInclude conf.modules.d/*.conf\n\
                 Include \"/etc/apache2/conf.d/includes/pre_main_global.conf\"\nLSAPI_Engine On\n\
                 <Directory />\nOptions FollowSymLinks\nAllowOverride All\n</Directory>\n\
                 <VirtualHost 192.0.2.1:80>\nServerName customer.example\nServerAlias www.customer.example\n\
                 DocumentRoot /home/customer/public_html\nScriptAlias /cgi-bin/ /home/customer/public_html/cgi-bin/\n\
                 <IfModule proxy_fcgi_module>\n<FilesMatch \\.php[0-9]*$>\n\
                 SetHandler proxy:unix:/opt/php/run/customer.sock|fcgi://customer.example\n</FilesMatch>\n</IfModule>\n\
                 IncludeOptional \"/etc/apache2/conf.d/userdata/std/2_4/customer/*.conf\"\n</VirtualHost>\n",
            ),
            (
                "etc/apache2/conf.modules.d/000_base.conf",
                "LoadModule mpm_worker_module modules/mod_mpm_worker.so\nLoadModule unixd_module modules/mod_unixd.so\n\
                 LoadModule authz_core_module modules/mod_authz_core.so\nLoadModule authn_core_module modules/mod_authn_core.so\n\
                 LoadModule alias_module modules/mod_alias.so\nLoadModule dir_module modules/mod_dir.so\n\
                 LoadModule proxy_module modules/mod_proxy.so\nLoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so\n\
                 LoadModule suexec_module modules/mod_suexec.so\n",
            ),
            (
                "etc/apache2/conf.modules.d/800_others.conf",
                "LoadModule security2_module modules/mod_security2.so\nLoadModule lsapi_module modules/mod_lsapi.so\n\
                 LoadModule mod_shib modules/mod_shib.so\n",
            ),
            (
                "etc/apache2/conf.d/includes/pre_main_global.conf",
                "DirectoryIndex index.php index.html\n<IfModule security2_module>\nSecRuleEngine On\n</IfModule>\n",
            ),
            (
                "etc/apache2/conf.d/userdata/std/2_4/customer/login.conf",
                "<Location /login>\nAuthType shibboleth\nRequire shib-session\n</Location>\n",
            ),
            ("home/customer/public_html/index.php", "<?php"),
            ("home/customer/public_html/a.html", "x"),
            ("home/customer/public_html/login/a.txt", "x"),
        ],
    );
    let explain = |url: &'static str| -> Vec<&'static str> {
        vec!["explain", "--brief", url, "-c", "etc/apache2", "--root", "."]
    };
    place.ask(&[
        (
            "",
            &explain("http://www.customer.example/a.html"),
            "200 OK  default-handler  /home/customer/public_html/a.html",
        ),
        (
            "",
            &explain("http://customer.example/"),
            "200 OK  proxy:unix:/opt/php/run/customer.sock|fcgi://customer.example",
        ),
        ("", &explain("http://customer.example/a.html"), "not certain: `SecRuleEngine`"),
        ("", &explain("http://customer.example/login/a.txt"), "401 Unauthorized"),
        (
            "",
            &["check", "-c", "etc/apache2", "--root", ".", "--ignore-machine"],
            "etc/apache2/conf/httpd.conf: httpd would start",
        ),
    ]);
    let (said, _) = place.said(&[], "", &explain("http://customer.example/login/a.txt"));
    assert!(said.contains("not certain: `AuthType`"), "{said}");
}

#[test]
fn a_developer_with_one_htaccess() {
    let place = Place::new(
        "developer",
        &[
            (".git/HEAD", ""),
            (
                "public/.htaccess",
                "RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n\
                 RewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule ^ index.php [L]\n",
            ),
            ("public/index.php", "<?php"),
            ("public/css/a.css", "x"),
            ("src/App.php", "<?php"),
        ],
    );
    let explain = |url: &'static str| -> Vec<&'static str> { vec!["explain", "--brief", url] };
    place.ask(&[
        ("", &explain("/foo/bar"), "301 Moved Permanently  -> https://localhost/foo/bar"),
        ("", &explain("https://example.com/foo/bar"), "200 OK  application/x-httpd-php  /var/www/html/index.php"),
        ("public/css", &explain("https://example.com/css/a.css"), "200 OK  default-handler  /var/www/html/css/a.css"),
        ("", &explain("https://example.com/.htaccess"), "403 Forbidden"),
        ("", &["check"], "the web files: httpd would start"),
    ]);
    let (said, _) = place.said(&[], "", &["explain", "/"]);
    assert!(said.contains("stock server"), "{said}");
}
