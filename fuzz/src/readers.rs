//! Everything that is read, each on the way on which users give it.

use super::parts;
use routesim::suite::{RequestSpec, parse_server, split_url};
use routesim::vfs::Owner;
use routesim::{Outcome, Request, Site};

/// A configuration alone.
pub fn configuration(data: &[u8]) {
    parts::run(data, parts::tree(std::iter::empty()), &[RequestSpec::short("/")]);
}

const OPEN: &str = "ServerName localhost\nDocumentRoot /srv/www\n<Directory />\nAllowOverride All Options=All\n\
                    Require all granted\n</Directory>\n";

/// An .htaccess file: checked alone, and met by a request.
pub fn htaccess(data: &[u8]) {
    let found = Site::builder(data).check_htaccess();
    routesim::report::diagnostics::text(&found.diagnostics, &found.sources, parts::PAINT);
    run(OPEN, &[("/srv/www/.htaccess", data)], &["/", "/index.html", "/none/x?q", "POST /index.html/more"]);
}

/// A site with these files besides the page that all have.
fn run(config: &str, content: &[(&str, &[u8])], urls: &[&str]) {
    let mut files = parts::tree(std::iter::empty());
    for (path, text) in content {
        let _ = files.add_file(path.as_bytes(), *text, 0o755, Owner::default());
    }
    parts::run(config.as_bytes(), files, &urls.iter().map(|url| RequestSpec::short(url)).collect::<Vec<_>>());
}

/// Requests of all kinds, to a site that looks at all of them.
pub fn request(data: &[u8]) {
    const LOOKING: &str = "RewriteEngine On\nRewriteRule ^/r/(.*) /$1 [NE]\nAlias /a /srv/www\nUserDir public_html\n\
        ProxyPass /p http://127.0.0.1:81/\nSetEnvIf Cookie (.*) C=$1\n<If \"%{QUERY_STRING} =~ /x(.)/\">\nSetEnv X y\n</If>\n\
        <VirtualHost *:443>\nServerName tls.example\nSSLEngine on\n</VirtualHost>\n\
        <VirtualHost *>\nServerName b.example\nServerAlias *.b.example\nServerPath /b\nOptions +MultiViews\n</VirtualHost>\n";
    let mut requests = parts::requests(data);
    if let Some(last) = requests.last().cloned() {
        let server = parse_server(split_url(&last.url).authority);
        requests.push(RequestSpec {
            target: Some(last.url.clone()),
            server,
            protocol: last.method.clone(),
            ..last.clone()
        });
        requests.push(RequestSpec { tls: Some(true), user: Some(last.url.clone()), ..last });
    }
    parts::run(format!("{OPEN}{LOOKING}").as_bytes(), parts::tree(std::iter::empty()), &requests);
}

/// Text as one argument of a line, in quotation marks.
fn quoted(text: &[u8]) -> Vec<u8> {
    let text = text.iter().filter(|b| !matches!(b, b'\n' | b'\r' | 0));
    let escaped = text.flat_map(|b| if matches!(b, b'"' | b'\\') { vec![b'\\', *b] } else { vec![*b] });
    [b'"'].into_iter().chain(escaped).chain([b'"']).collect()
}

/// An expression, as a condition and as a text.
pub fn expression(data: &[u8]) {
    let (condition, text) = (quoted(data), quoted(&[b"expr=", data].concat()));
    let requests = parts::requests(b"/index.html?q\tCookie: a=b\n/r");
    for lines in [
        [b"<If ", &condition[..], b">\nSetEnv X y\n</If>\nSetEnvIfExpr ", &condition, b" Y=$1\n"].concat(),
        [b"RequestHeader set X ", &text[..], b"\nHeader always set Location ", &text, b"\nRedirect /r /x\n"].concat(),
    ] {
        parts::run(&[OPEN.as_bytes(), &lines].concat(), parts::tree(std::iter::empty()), &requests);
    }
}

/// A regular expression, a line break, and what it is held against: whichever way it is matched, it is as by PCRE2, to
/// which a look ahead for nothing leaves it.
pub fn pattern(data: &[u8]) {
    let Some((how, rest)) = data.split_first().filter(|(_, rest)| rest.len() < 1 << 12) else { return };
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let (pattern, subject) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let mut request = Request::get("/");
    request.headers.set("X", subject);
    let answer = |behind: &[u8]| -> Option<Outcome> {
        let pattern = quoted(&[b"(?:", pattern, b")", behind].concat());
        let flag = if how & 1 == 0 { &b"\n"[..] } else { b" [NC]\n" };
        let config = [
            b"RewriteEngine On\nRewriteCond %{HTTP:X} ",
            &pattern[..],
            flag,
            b"RewriteRule ^ /%0|%1|%2|%3|%4|%5|%6|%7|%8|%9 [R,NE]\n",
        ];
        let site = Site::builder(config.concat()).build().expect("it has no files");
        let outcome = site.start().ok()?.ask(&request);
        // one of them may be given up sooner
        outcome.caveats.is_empty().then_some(outcome)
    };
    if let (Some(quick), Some(slow)) = (answer(b""), answer(b"(?=)")) {
        assert_eq!((quick.status, quick.location), (slow.status, slow.location), "another match than PCRE2's");
    }
}

/// What a server reads to answer a request: the first byte says what kind of file it is.
pub fn page(data: &[u8]) {
    const KINDS: &[(&str, &str)] = &[
        (
            "/srv/www/x.shtml",
            "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\nOptions +Includes\nXBitHack On\n",
        ),
        ("/srv/www/x.var", "AddHandler type-map .var\n"),
        ("/srv/www/x.map", "AddHandler imap-file .map\nImapMenu formatted\n"),
        ("/srv/www/x.asis", "AddHandler send-as-is .asis\n"),
        ("/srv/www/x.php", "AddHandler application/x-httpd-php .php\n"),
        ("/srv/www/x.cgi", "AddHandler cgi-script .cgi\nOptions +ExecCGI\n"),
        ("/srv/www/x", "MimeMagicFile /etc/apache2/magic\n"),
        ("/srv/www/x.gz", "FileETag All\nAddEncoding x-gzip .gz\n"),
    ];
    let Some((kind, text)) = data.split_first() else { return };
    let (path, lines) = KINDS[usize::from(*kind) % KINDS.len()];
    let url = &path["/srv/www".len()..];
    let pointed = format!("{url}?1,2");
    run(&format!("{OPEN}{lines}"), &[(path, text)], &[url, &pointed, "/x", "/x.en"]);
}

/// A list that a configuration names: the first byte says which.
pub fn list(data: &[u8]) {
    const KINDS: &[&str] = &[
        "TypesConfig /srv/list\n",
        "AuthType Basic\nAuthName a\nAuthUserFile /srv/list\n<Location />\nRequire valid-user\n</Location>\n",
        "AuthType Basic\nAuthName a\nAuthUserFile /srv/users\nAuthGroupFile /srv/list\n<Location />\nRequire group a b\n</Location>\n",
        "AuthType Digest\nAuthName a\nAuthUserFile /srv/list\n<Location />\nRequire valid-user\n</Location>\n",
        "RewriteEngine On\nRewriteMap m txt:/srv/list\nRewriteRule ^/(.*) /${m:$1|x}\n",
        "RewriteEngine On\nRewriteMap m rnd:/srv/list\nRewriteRule ^/(.*) /${m:$1|x}\n",
        "RemoteIPHeader X-F\nRemoteIPTrustedProxyList /srv/list\n",
        "MimeMagicFile /srv/list\n",
        "Include /srv/list\n",
        "UserDir public_html\n",
    ];
    let Some((kind, text)) = data.split_first() else { return };
    let config = format!("{OPEN}{}", KINDS[usize::from(*kind) % KINDS.len()]);
    let mut files = parts::tree(std::iter::empty());
    for (path, text) in [("/srv/list", text), ("/etc/passwd", text), ("/etc/group", text), ("/srv/users", b"alice:x\n")]
    {
        let _ = files.add_file(path.as_bytes(), text, 0o644, Owner::default());
    }
    let asked = |url: &str| RequestSpec {
        user: Some("alice:x".into()),
        headers: vec![("X-F".into(), "10.0.0.1".into())],
        ..RequestSpec::short(url)
    };
    parts::run(config.as_bytes(), files, &["/index.html", "/~alice/", "/key"].map(asked));
}
