//! `decided_by` against its definition: each line is taken out in turn and the request asked again. The lines without
//! which the answer is another one are those that are named, no more and no less.

use routesim::outcome::Outcome;
use routesim::suite::RequestSpec;
use routesim::{Request, Site};

const ROOT: &str = "\
DocumentRoot /srv/www
<Directory /srv/www>
AllowOverride All
Options FollowSymLinks
Require all granted
</Directory>
";

/// A site: what its .htaccess files say, besides files that are there; and what is asked.
struct Case {
    config: &'static str,
    htaccess: &'static [(&'static str, &'static str)],
    files: &'static [(&'static str, &'static str)],
    asked: &'static [&'static str],
}

const CASES: &[Case] = &[
    // conditions that keep a rule from applying; joined by OR, the last one with an OR to nobody
    Case {
        config: ROOT,
        htaccess: &[(
            "/srv/www/.htaccess",
            "RewriteEngine On
RewriteCond %{QUERY_STRING} one [OR]
RewriteCond %{QUERY_STRING} two [NC,OR]
RewriteCond %{QUERY_STRING} three
RewriteRule ^ - [F]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.html [L]
RewriteCond %{REQUEST_URI} ^/a\\.html$ [OR]
RewriteRule ^b\\.html$ /a.html
",
        )],
        files: &[("/srv/www/a.html", ""), ("/srv/www/b.html", ""), ("/srv/www/index.html", "")],
        asked: &[
            "/a.html",
            "/b.html",
            "/c.html",
            "/a.html?one",
            "/a.html?TWO",
            "/a.html?three",
            "/a.html?one=two",
            "/",
        ],
    },
    // what a condition catches; a rule that a folder's own line hides; a loop
    Case {
        config: ROOT,
        htaccess: &[
            (
                "/srv/www/.htaccess",
                "RewriteEngine On
RewriteCond %{HTTP_HOST} ^www\\.(.+)$
RewriteCond %{HTTPS} off
RewriteRule ^(.*)$ http://%1/$1 [R=301,L]
RewriteRule \\.yaml$ - [F]
RewriteRule ^loop/(.*)$ loop/x/$1
",
            ),
            ("/srv/www/sub/.htaccess", "RewriteEngine On\n"),
        ],
        files: &[("/srv/www/a.yaml", ""), ("/srv/www/sub/a.yaml", ""), ("/srv/www/a.html", "")],
        asked: &["http://www.example/a.html", "http://www.example/a.yaml", "/a.yaml", "/sub/a.yaml", "/loop/a"],
    },
    // variables that a later rule reads, in the same pass and after an internal redirect
    Case {
        config: "DocumentRoot /srv/www\n<Directory /srv/www>\nAllowOverride All\nOptions FollowSymLinks\nRequire all granted\n</Directory>\nSetEnvIf Request_URI d\\.html$ D=1\n",
        htaccess: &[(
            "/srv/www/.htaccess",
            "RewriteEngine On
RewriteRule ^a\\.html$ - [E=X:1]
RewriteCond %{ENV:REDIRECT_X} 1
RewriteRule ^b\\.html$ c.html [L]
RewriteRule ^a\\.html$ b.html [L]
RewriteCond %{ENV:D} 1
RewriteRule ^d\\.html$ c.html [L]
RewriteRule ^e\\.html$ - [E=BASE:/]
RewriteRule ^e\\.html$ %{ENV:BASE}c.html [L]
",
        )],
        files: &[("/srv/www/a.html", ""), ("/srv/www/b.html", ""), ("/srv/www/c.html", ""), ("/srv/www/d.html", "")],
        asked: &["/a.html", "/b.html", "/d.html", "/e.html"],
    },
    // a front controller that is the index as well; a handler that a rewritten request has no use for
    Case {
        config: "DocumentRoot /srv/www\n<Directory /srv/www>\nAllowOverride All\nOptions FollowSymLinks\nRequire all granted\n</Directory>\nDirectoryIndex index.php\n<FilesMatch \\.php$>\nSetHandler application/x-httpd-php\n</FilesMatch>\n",
        htaccess: &[(
            "/srv/www/.htaccess",
            "DirectoryIndex index.html index.php
RewriteEngine On
RewriteBase /
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^ index.php [L]
RewriteRule ^old\\.php$ none.php
",
        )],
        files: &[("/srv/www/index.php", ""), ("/srv/www/old.php", ""), ("/srv/www/a.css", "")],
        asked: &["/", "/x", "/a.css", "/old.php", "/index.php"],
    },
    // aliases that lead where the root does; a redirect that spoils negotiation; a user who is asked
    Case {
        config: "DocumentRoot /srv/www\nAlias /img /srv/www/img\nAlias /doc /srv/doc\n<Directory /srv>\nAllowOverride All\nOptions FollowSymLinks\nRequire all granted\n</Directory>\n",
        htaccess: &[
            ("/srv/www/.htaccess", "Options +MultiViews\nRedirectMatch 301 ^(.*)\\.html$ $1\n"),
            ("/srv/www/p/.htaccess", "AuthType Basic\nAuthName x\nAuthUserFile /home/pw\nRequire valid-user\n"),
        ],
        files: &[
            ("/srv/www/img/a.png", ""),
            ("/srv/doc/a.txt", ""),
            ("/srv/www/foo.html", ""),
            ("/srv/www/p/x", ""),
            ("/home/pw", "admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"),
        ],
        asked: &["/img/a.png", "/doc/a.txt", "/foo", "/foo.html", "admin@/p/x", "/p/x"],
    },
    // rules of the server
    Case {
        config: "DocumentRoot /srv/www\n<Directory /srv/www>\nRequire all granted\n</Directory>\nRewriteEngine On\nRewriteMap lower int:tolower\nRewriteCond %{QUERY_STRING} ^to=(.*)$\nRewriteRule ^/go /${lower:%1} [L]\nRewriteRule ^/old/(.*) /new/$1\nRewriteCond %{REQUEST_METHOD} =POST\nRewriteRule ^/new/ - [F]\n",
        htaccess: &[],
        files: &[("/srv/www/new/a", ""), ("/srv/www/a", ""), ("/srv/www/go", "")],
        asked: &["/go?to=A", "/go", "/old/a", "/new/a", "/a"],
    },
    // what RewriteOptions says besides inheritance; the name that a Location begins with
    Case {
        config: "DocumentRoot /srv/www\nUseCanonicalName On\nAlias /doc /srv/doc\n<Directory /srv>\nAllowOverride All\nOptions FollowSymLinks\nRequire all granted\n</Directory>\nRewriteEngine On\nRewriteOptions LegacyPrefixDocRoot AllowAnyURI\nRewriteRule ^/abs http://localhost/srv/doc/b\nRewriteRule ^/moved$ /r/ [R]\n",
        htaccess: &[
            ("/srv/doc/.htaccess", "RewriteEngine On\nRewriteOptions IgnoreContextInfo\nRewriteRule ^a$ b\n"),
            ("/srv/www/base/.htaccess", "RewriteEngine On\nRewriteBase /other/\nRewriteOptions MergeBase\n"),
            ("/srv/www/base/sub/.htaccess", "RewriteEngine On\nRewriteRule ^x$ y\n"),
            ("/srv/www/dir/.htaccess", "RewriteEngine On\nRewriteOptions AllowNoSlash\nRewriteRule ^ /z.html\n"),
        ],
        files: &[
            ("/srv/doc/b", ""),
            ("/srv/www/other/y", ""),
            ("/srv/www/base/sub/y", ""),
            ("/srv/www/z.html", ""),
            ("/srv/www/r/index.html", ""),
        ],
        asked: &[
            "/doc/a",
            "/base/sub/x",
            "/dir",
            "/abs",
            "http://www.example/r",
            "http://www.example/moved",
            "/z.html",
        ],
    },
];

fn ask(config: &str, case: &Case, htaccess: &[(&str, String)], asked: &str) -> Option<(Outcome, Vec<(String, u32)>)> {
    let mut builder = Site::builder(config);
    for (path, text) in case.files {
        builder = builder.file(path, *text);
    }
    for (path, text) in htaccess {
        builder = builder.file(path, text.as_str());
    }
    let run = builder.build().ok()?.start().ok()?;
    let spec = match asked.split_once('@') {
        Some((user, url)) => RequestSpec { user: Some(format!("{user}:password")), ..RequestSpec::short(url) },
        None => RequestSpec::short(asked),
    };
    let outcome = run.ask(&Request::of(&spec, 0));
    let place = |span: routesim::source::Span| (run.sources().file(span.file).name.clone(), span.line);
    let decided = outcome.decided_by.iter().map(|d| place(d.span)).collect();
    Some((outcome, decided))
}

/// What the definition compares.
fn answer(outcome: Outcome) -> impl PartialEq + std::fmt::Debug {
    let o = outcome;
    ((o.status, o.handler, o.file, o.path_info, o.location), (o.vhost, o.user, o.log, o.wsgi))
}

#[test]
fn lines_that_decide_are_those_that_matter() {
    let mut wrong = Vec::new();
    for case in CASES {
        let texts: Vec<(&str, String)> = case.htaccess.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
        for asked in case.asked {
            let (outcome, mut decided) = ask(case.config, case, &texts, asked).expect("httpd starts");
            let now = answer(outcome);
            let mut matter = Vec::new();
            let config = ("config", case.config.to_owned());
            for (number, (name, text)) in std::iter::once(&config).chain(&texts).enumerate() {
                for (at, _) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('<')) {
                    let without: String = text
                        .lines()
                        .enumerate()
                        .map(|(i, l)| if i == at { "#\n".into() } else { format!("{l}\n") })
                        .collect();
                    let mut others = texts.clone();
                    let config = match number.checked_sub(1) {
                        None => without,
                        Some(file) => {
                            others[file].1 = without;
                            case.config.to_owned()
                        }
                    };
                    let other = ask(&config, case, &others, asked).map(|(outcome, _)| answer(outcome));
                    if other.is_some_and(|other| other != now) {
                        matter.push(((*name).to_owned(), at as u32 + 1));
                    }
                }
            }
            decided.sort();
            matter.sort();
            if decided != matter {
                wrong.push(format!("{asked}: named {decided:?}, matter {matter:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
