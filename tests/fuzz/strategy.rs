//! Strategies: worlds that are likely to be interesting.

use super::templates::TEMPLATES;
use super::words::words;
use super::world::{Node, Request, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Modules that are not loaded unless the configuration says so, with what makes them of use.
const EXTRA: &[&str] = &[
    "LoadModule ssl_module modules/mod_ssl.so\n<VirtualHost *:443>\n  ServerName s.example\n  SSLEngine on\n  \
     SSLCertificateFile /etc/ssl/own.pem\n</VirtualHost>",
    "LoadModule ssl_module modules/mod_ssl.so\n<VirtualHost *:443>\n  ServerName s.example\n  SSLEngine on\n  \
     SSLOptions +StdEnvVars\n  SSLCertificateFile /etc/ssl/own.pem\n  DocumentRoot /srv/www\n</VirtualHost>",
    "LoadModule dav_module modules/mod_dav.so\nLoadModule dav_fs_module modules/mod_dav_fs.so",
    "LoadModule filter_module modules/mod_filter.so\nLoadModule deflate_module modules/mod_deflate.so",
    "LoadModule imagemap_module modules/mod_imagemap.so",
    "LoadModule mime_magic_module modules/mod_mime_magic.so",
    "LoadModule proxy_connect_module modules/mod_proxy_connect.so\nProxyRequests On",
    "LoadModule slotmem_shm_module modules/mod_slotmem_shm.so\n\
     LoadModule proxy_balancer_module modules/mod_proxy_balancer.so\n\
     LoadModule lbmethod_byrequests_module modules/mod_lbmethod_byrequests.so",
    "LoadModule session_module modules/mod_session.so\n\
     LoadModule session_cookie_module modules/mod_session_cookie.so\n\
     LoadModule request_module modules/mod_request.so\n\
     LoadModule auth_form_module modules/mod_auth_form.so",
    "LoadModule cern_meta_module modules/mod_cern_meta.so\nMetaDir b",
    "LoadModule file_cache_module modules/mod_file_cache.so\nCacheFile /srv/www/a/note.txt /srv/www/note.txt",
    "LoadModule proxy_wstunnel_module modules/mod_proxy_wstunnel.so",
    "LoadModule usertrack_module modules/mod_usertrack.so\nCookieTracking on",
    "LoadModule usertrack_module modules/mod_usertrack.so\nCookieName a\nCookieStyle Cookie2\nCookieTracking on",
];

/// A whole world.
pub fn world() -> impl Strategy<Value = World> {
    let config =
        (start(), vec(node('s', 0), 2..14), prop_oneof![3 => Just(Vec::new()), 2 => vec(host(), 1..4)], daemons());
    let config = config.prop_map(|(start, own, hosts, daemons)| [start, daemons, own, hosts].concat());
    let config = (config, proptest::option::weighted(0.3, select(EXTRA))).prop_map(|(mut config, extra)| {
        config.splice(0..0, extra.map(|lines| Node::Lines(lines.into())));
        config
    });
    let folder = select(vec!["/srv/www", "/srv/www/a", "/srv/www/a/b", "/srv/app", "/srv/static", "/srv"]);
    let htaccess = vec((folder.prop_map(str::to_string), vec(node('h', 0), 1..6)), 0..4).prop_map(|mut all| {
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.dedup_by(|a, b| a.0 == b.0);
        all
    });
    (config, htaccess, files(), vec(request(), 14..26)).prop_map(|(config, htaccess, files, requests)| World {
        config,
        htaccess,
        files,
        requests,
        ..World::default()
    })
}

/// How a configuration begins: who may come in at all.
fn start() -> impl Strategy<Value = Vec<Node>> {
    let lines = |t: &str| Node::Lines(t.into());
    let section = |open: &str, inner: &[&str]| Node::Section(open.into(), inner.iter().map(|l| lines(l)).collect());
    let root = lines("DocumentRoot /srv/www");
    select(vec![
        vec![root.clone(), section("Directory /", &["AllowOverride All\nRequire all granted"])],
        vec![root.clone(), section("Directory /", &["AllowOverride All\nOptions All\nRequire all granted"])],
        vec![
            root.clone(),
            section("Directory /", &["Require all denied"]),
            section("Directory /srv/www", &["AllowOverride All\nRequire all granted"]),
        ],
        vec![
            root.clone(),
            section("Directory /", &["AllowOverride None\nOrder deny,allow\nDeny from all"]),
            section("Directory /srv", &["AllowOverride All\nOrder allow,deny\nAllow from all"]),
        ],
        vec![root],
    ])
}

/// The daemons that process groups name.
fn daemons() -> impl Strategy<Value = Vec<Node>> {
    prop_oneof![
        3 => Just(Vec::new()),
        2 => Just(vec![Node::Lines("WSGIDaemonProcess one threads=1".into()), Node::Lines("WSGIDaemonProcess two threads=1".into())]),
    ]
}

/// A virtual host.
fn host() -> impl Strategy<Value = Node> {
    let name = prop_oneof![4 => word("servername").prop_map(Some), 1 => Just(None)];
    (word("vhostaddr"), name, vec(node('v', 0), 1..6)).prop_map(|(addr, name, mut inner)| {
        if let Some(name) = name {
            inner.insert(0, Node::Lines(format!("ServerName {name}")));
        }
        Node::Section(format!("VirtualHost {addr}"), inner)
    })
}

/// A directive or a section that may stand in `context`.
fn node(context: char, depth: usize) -> BoxedStrategy<Node> {
    let lines = line(context).prop_map(Node::Lines);
    let deeper = (depth < 3).then(|| section(context, depth)).flatten();
    match deeper {
        Some(section) => prop_oneof![3 => lines, 2 => section].boxed(),
        None => lines.boxed(),
    }
}

/// A directive that may stand in `context`, its gaps filled.
fn line(context: char) -> impl Strategy<Value = String> {
    let fitting: Vec<_> = TEMPLATES.iter().filter(|t| t.0.contains(context)).collect();
    let weighted: Vec<usize> =
        fitting.iter().enumerate().flat_map(|(i, t)| std::iter::repeat_n(i, t.1 as usize)).collect();
    (select(weighted), vec(any::<u16>(), 8)).prop_map(move |(i, picks)| filled(fitting[i].2, &picks))
}

/// Fills the gaps of a template.
pub fn filled(template: &str, picks: &[u16]) -> String {
    let mut out = String::new();
    let mut rest = template;
    let mut picks = picks.iter().cycle();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((gap, after)) = after.split_once('}') else { break };
        if gap.bytes().all(|b| b.is_ascii_lowercase()) && !gap.is_empty() && !before.ends_with('%') {
            let words = words(gap);
            let word = words[usize::from(*picks.next().unwrap_or(&0)) % words.len()];
            let bare = before.ends_with([' ', '\n']) && (after.is_empty() || after.starts_with([' ', '\n']));
            let spaced = word.contains(' ') && !word.contains('"') && matches!(gap, "url" | "path");
            out.push_str(&if bare && spaced { format!("\"{word}\"") } else { word.to_string() });
        } else {
            out.push('{');
            out.push_str(gap);
            out.push('}');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A section that may stand in `context`.
fn section(context: char, depth: usize) -> Option<BoxedStrategy<Node>> {
    let kinds: &[(&str, &str, char)] = match context {
        's' | 'v' => &[
            ("Directory", "dirpattern", 'd'),
            ("Directory", "dirpattern", 'd'),
            ("Directory", "dirpattern", 'd'),
            ("DirectoryMatch", "dirre", 'd'),
            ("Location", "locpattern", 'l'),
            ("Location", "locpattern", 'l'),
            ("LocationMatch", "urlre", 'l'),
            ("Files", "filepattern", 'f'),
            ("FilesMatch", "filere", 'f'),
            ("If", "expr", 'i'),
            ("IfModule", "module", context),
        ],
        'd' | 'h' => &[
            ("Files", "filepattern", 'f'),
            ("Files", "filepattern", 'f'),
            ("FilesMatch", "filere", 'f'),
            ("If", "expr", 'i'),
            ("Limit", "methodlist", 'm'),
            ("LimitExcept", "methodlist", 'm'),
            ("IfModule", "module", context),
        ],
        'l' | 'f' => &[("If", "expr", 'i'), ("Limit", "methodlist", 'm'), ("LimitExcept", "methodlist", 'm')],
        _ => return None,
    };
    let one = |(name, gap, inner): &(&'static str, &'static str, char)| {
        let (name, gap, inner) = (*name, *gap, *inner);
        let inside = if inner == 'm' { limited().boxed() } else { node(inner, depth + 1) };
        (word(gap), vec(inside, 1..4)).prop_map(move |(word, nodes)| {
            let word = match name {
                "If" => format!("\"{word}\""),
                "DirectoryMatch" | "LocationMatch" | "FilesMatch" => format!("\"{word}\""),
                _ => word.to_string(),
            };
            Node::Section(format!("{name} {word}"), nodes)
        })
    };
    Some(proptest::strategy::Union::new(kinds.iter().map(one)).boxed())
}

/// What may stand in `<Limit>`.
fn limited() -> impl Strategy<Value = Node> {
    let access = [
        "Require {require}",
        "Order {order}\nAllow from {from}",
        "Deny from {from}",
        "Allow from {from}",
        "Satisfy {satisfy}",
    ];
    (select(access.to_vec()), vec(any::<u16>(), 4)).prop_map(|(t, picks)| Node::Lines(filled(t, &picks)))
}

fn word(gap: &'static str) -> impl Strategy<Value = &'static str> {
    select(words(gap))
}

/// The tree: much the same each time, some of it changed.
fn files() -> impl Strategy<Value = Vec<(String, String)>> {
    const ALWAYS: &[(&str, &str)] = &[
        ("/srv/www/index.html", "\"\""),
        ("/srv/www/note.txt", "\"\""),
        ("/srv/www/a/note.txt", "\"\""),
        ("/srv/www/a/run.cgi", "\"\""),
        ("/srv/www/a/main.wsgi", "\"\""),
        ("/srv/www/a/b/note.txt", "\"\""),
        ("/srv/app/main.wsgi", "\"\""),
        ("/srv/app/db.py", "\"\""),
        ("/srv/static/page.html", "\"\""),
        ("/srv/pw", "\"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\\n\""),
        ("/srv/types", "\"text/x-note txt\\napplication/x-thing html\\n\""),
        ("/srv/nets", "\"# ours\\n10.0.0.0/8\\n203.0.113.9\\n\""),
        ("/srv/magic", "\"0 string file: text/x-named\\n0 string no application/x-httpd-cgi\\n\""),
        ("/srv/gr", "\"staff: alice\\nguests: bob\\n\""),
    ];
    const SOMETIMES: &[(&str, &str)] = &[
        ("/srv/more.conf", "\"DirectoryIndex note.txt\\n\""),
        ("/srv/inc/one.conf", "\"Alias /inc /srv/static\\n\""),
        ("/srv/inc/two.conf", "\"<Directory /srv/static>\\n  Require all granted\\n</Directory>\\n\""),
        ("/srv/map", "\"x note.txt\\ndb.py main.wsgi\\n\""),
        ("/srv/pw2", "\"carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\\n\""),
        ("/srv/www/a/b/note.txt.meta", "\"Status: 410 Gone\\nX-Meta: yes\\n\""),
        ("/srv/www/b/note.txt.meta", "\"Location: http://other.example/\\nStatus: 302 Found\\n\""),
        ("/srv/www/a/note.txt.asis", "\"Status: 203\\nno header\\n\""),
        ("/srv/www/a/index.html", "\"\""),
        ("/srv/www/a/index.php", "{probe: php}"),
        (
            "/srv/www/a/x.map",
            "\"default /a/note.txt\\nrect b/note.txt 0,0 9,9\\npoint http://other.example/ 50,50\\n\"",
        ),
        ("/srv/www/a/foo.html.fr", "\"\""),
        ("/srv/www/a/foo.html.en", "\"\""),
        ("/srv/www/a/x.php", "{probe: php}"),
        ("/srv/www/a/x y.txt", "\"\""),
        ("/srv/www/a/pic.png", "\"\""),
        ("/srv/www/a/data", "\"\""),
        ("/srv/www/data", "{symlink: a/note.txt}"),
        ("/srv/www/ln", "{symlink: ../app}"),
        ("/srv/link", "{symlink: /srv/www/a}"),
        ("/srv/www/a/out", "{symlink: /srv/static, owner: www-data}"),
        ("/srv/www/a/dead", "{symlink: none}"),
        ("/srv/www/secret.txt", "{content: \"\", mode: \"0600\"}"),
        ("/srv/www/a/shut/x.txt", "\"\""),
        ("/srv/www/a/shut/", "{dir: true, mode: \"0700\"}"),
        ("/srv/www/a/list/", "{dir: true, mode: \"0711\"}"),
        ("/srv/www/a/b/index.html", "\"\""),
        ("/srv/www/w/db.py", "\"\""),
        ("/srv/www/static/page.html", "\"\""),
        ("/srv/www/app", "\"\""),
        ("/srv/www/note", "\"\""),
        ("/srv/www/note.txt.gz", "\"\""),
        ("/home/alice/public_html/note.txt", "\"\""),
        ("/srv/alice/www/note.txt", "\"\""),
        ("/srv/www/a/.local", "\"Require all denied\\n\""),
        ("/srv/www/a/broken.cgi", "\"no program\""),
        ("/srv/app/broken.wsgi", "\"no program\""),
        ("/srv/www/a/page.asis", "\"Status: 404 gone\\nContent-Type: text/plain\\n\\nx\\n\""),
    ];
    vec(any::<bool>(), SOMETIMES.len()).prop_map(|picks| {
        let some = SOMETIMES.iter().zip(picks).filter(|(_, p)| *p).map(|(f, _)| f);
        ALWAYS.iter().chain(some).map(|(p, v)| (p.to_string(), v.to_string())).collect()
    })
}

/// A request.
fn request() -> impl Strategy<Value = Request> {
    let host = prop_oneof![
        4 => Just(""),
        2 => select(vec!["http://a.example", "http://b.example", "http://www.b.example", "http://c.example"]),
        1 => select(vec!["http://other.test", "http://192.0.2.1", "http://a.example:8080", "http://A.Example.", "http://localhost:80", "https://s.example", "https://a.example", "http://localhost:8080"]),
    ];
    let query = prop_oneof![6 => Just(""), 1 => select(vec!["?q=1", "?", "?C=N;O=D", "?a=b&q=%2F", "?q=1?x"])];
    let method = prop_oneof![12 => Just(None), 2 => select(vec!["POST", "HEAD", "PUT", "OPTIONS", "DELETE", "FOO", "TRACE", "PROPFIND", "MKCOL", "LOCK", "COPY"]).prop_map(Some)];
    let client = prop_oneof![6 => Just(None), 1 => select(vec!["10.1.2.3", "203.0.113.9", "127.0.0.1"]).prop_map(Some)];
    let server = prop_oneof![14 => Just(None), 1 => Just(Some("192.0.2.7"))];
    let user = prop_oneof![6 => Just(None), 2 => select(vec!["alice:secret", "bob:secret", "alice:wrong", "carol:x", "guest:a@b"]).prop_map(Some)];
    let header = prop_oneof![
        5 => Just(None),
        1 => select(vec![
            ("X-Who", "in"), ("X-Who", "out"), ("Cookie", "SID=1.a"), ("Cookie", "SID=1.b"), ("Depth", "0"), ("Depth", "infinity"),
            ("Referer", "http://a.example/a/x"), ("Accept-Language", "fr"), ("Upgrade", "websocket"),
            ("Cookie", "session=here-user=alice&here-pw=secret"), ("Cookie", "session=here-user=alice&here-pw=no"),
            ("Cookie", "a=b; session=here-user=zed&here-pw=x; c=d"), ("Accept-Language", "en, fr;q=0.5"),
            ("User-Agent", "Bot"), ("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-For", "10.1.2.3, 203.0.113.7"),
            ("Accept", "text/plain"), ("Accept-Encoding", "gzip"), ("Range", "bytes=0-3"), ("Range", "bytes=5-,0-1"),
            ("Range", "bytes=99999-"), ("If-None-Match", "*"), ("If-None-Match", "\"x\""), ("If-Match", "*"),
            ("If-Match", "\"x\""), ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("If-Modified-Since", "Fri, 01 Jan 2038 00:00:00 GMT"),
            ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ]).prop_map(Some),
    ];
    // a forward proxy's: the authority, or the whole URL
    let whole = prop_oneof![
        16 => Just(None),
        1 => select(vec![
            "http://127.0.0.1:8001/x", "http://a.example/a/note.txt", "http://other.example/x", "http://other/x",
            "https://127.0.0.1:8001/", "ftp://other.example/", "*", "127.0.0.1:8001",
        ]).prop_map(Some),
    ];
    (host, target(), query, (method, client, server, user, header, whole)).prop_map(
        |(host, target, query, (method, client, server, user, header, whole))| {
            let url = format!("{host}{target}{query}");
            let tls = url.starts_with("https:");
            Request { url, method, client, server, user, header, tls, target: whole.map(str::to_string) }
        },
    )
}

/// A path: what is there, what is nearly there, what is odd.
fn target() -> impl Strategy<Value = String> {
    const THERE: &[&str] = &[
        "/",
        "/a",
        "/a/",
        "/a/b",
        "/a/b/",
        "/note.txt",
        "/a/note.txt",
        "/a/b/note.txt",
        "/a/run.cgi",
        "/a/main.wsgi",
        "/a/run.cgi/info/x",
        "/a/main.wsgi/info",
        "/a/foo",
        "/a/foo.html",
        "/a/x.php",
        "/a/x.php/y",
        "/a/pic.png",
        "/a/data",
        "/data",
        "/ln/db.py",
        "/ln/",
        "/a/out/page.html",
        "/a/out",
        "/a/dead",
        "/secret.txt",
        "/a/shut/x.txt",
        "/a/list/",
        "/app",
        "/app/",
        "/app/main.wsgi",
        "/app/db.py",
        "/app/x/y",
        "/static",
        "/static/",
        "/static/page.html",
        "/w",
        "/w/db.py",
        "/w/x",
        "/cgi/run.cgi",
        "/cgi/",
        "/cgi/none",
        "/a/index.html",
        "/index.html",
        "/a/x%20y.txt",
        "/~alice/note.txt",
        "/~alice",
        "/srv/www/a/note.txt",
        "/none",
        "/none/x",
        "/a/none",
        "/note",
        "/note.txt/x",
        "/a/note.txt/",
        "/a/.htaccess",
        "/a/broken.cgi",
        "/app/broken.wsgi",
        "/a/page.asis",
        "/a/x.map",
        "/a/x.map?4,4",
        "/a/x.map?40,40",
        "/a/NOTE.txt",
        "/a/note.tx",
        "/A/note.txt",
        "/server-status",
    ];
    let segment = select(vec![
        "a",
        "b",
        "note.txt",
        "main.wsgi",
        "run.cgi",
        "index.html",
        "static",
        "app",
        "w",
        "x",
        "foo",
        "",
        ".",
        "..",
        "%2e%2e",
        "%2F",
        "a%2Fb",
        "%41",
        "%61",
        "a%20b",
        "%00",
        "%zz",
        "*",
        "a.",
        ".b",
        "~alice",
        "b;c",
        "a%3Fq",
        "%E4",
        "page.html",
        "db.py",
        "info",
        "a%5Cb",
        "%25",
    ]);
    prop_oneof![
        6 => select(THERE).prop_map(str::to_string),
        2 => vec(segment, 1..5).prop_map(|s| format!("/{}", s.join("/"))),
        1 => (select(THERE), select(vec!["/x", "/", "//", "x", "/..", "%2F", "/.", "%20", ".html", "/../note.txt"])).prop_map(|(a, b)| format!("{a}{b}")),
    ]
}
