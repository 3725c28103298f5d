//! Requests that would take all memory, all the stack or all the time there is. Each has an answer, with a caveat that
//! names the limit and the line; the same answer whether somebody watches or not, and whatever was asked before.

use proptest::collection::vec;
use proptest::prelude::*;
use routesim::{Outcome, Request, Run, STACK, Site};

/// An attack: what is asked of what, and what the caveat must say.
struct Attack {
    name: &'static str,
    config: String,
    files: Vec<(String, String)>,
    url: String,
    /// The directive that the caveat names, and a part of why. None: the answer is certain.
    caveat: Option<(&'static str, &'static str)>,
}

/// The most steps that a trace has, as docs/model.md tells.
const TRACE: usize = 100_000;

const NESTING: &str = "nest 100 deep";
const REQUESTS: &str = "subrequests and internal redirects";
const STEPS: &str = "the request takes more than";
const BYTES: &str = "the request's values come to more than";
const PATTERN: &str = "is given up after";
const REASONS: &str = "which lines decided";
const MERGES: &str = "settings of sections and .htaccess files";

fn attack(name: &'static str, lines: &str, url: &str, caveat: (&'static str, &'static str)) -> Attack {
    let config = format!(
        "DocumentRoot /srv/www\nServerName x\n<Directory />\nRequire all granted\nOptions All\n</Directory>\nRewriteEngine On\n{lines}\n"
    );
    let files = vec![("/srv/www/index.html".into(), "x".into()), ("/srv/www/l/keep".into(), String::new())];
    Attack { name, config, files, url: url.into(), caveat: Some(caveat) }
}

/// A line so often, `#` being its number.
fn times(count: usize, line: &str) -> String {
    (0..count).map(|i| line.replace('#', &i.to_string()) + "\n").collect()
}

fn start(attack: &Attack) -> Run {
    let mut site = Site::builder(attack.config.as_str()).lenient(true);
    for (path, text) in &attack.files {
        site = site.file(path, text.as_str());
    }
    let site = site.build().expect("there is room");
    site.start().unwrap_or_else(|refused| panic!("{}: {refused:?}", attack.name))
}

fn check(attack: &Attack) {
    let run = start(attack);
    let ask = Request::get(&attack.url);
    let (watched, steps) = run.explain(&ask);
    let plain = run.ask(&ask);
    assert!(count(&steps) <= 2 * TRACE, "{}", attack.name);
    let said =
        |outcome: &Outcome| outcome.caveats.iter().map(|c| format!("{} {}", c.directive, c.why)).collect::<Vec<_>>();
    let differ = || format!("{}: {:?} {:?}", attack.name, said(&plain), said(&watched));
    assert!(plain == watched, "watching changes the answer, {}", differ());
    match attack.caveat {
        None => assert!(plain.caveats.is_empty(), "{}: {:?}", attack.name, said(&plain)),
        Some((directive, why)) => {
            let meant = |c: &&routesim::outcome::Caveat| c.directive == directive && c.why.contains(why);
            let caveat = plain.caveats.iter().find(meant);
            let caveat = caveat.unwrap_or_else(|| panic!("{}: {} {:?}", attack.name, plain.status, said(&plain)));
            assert!(caveat.span.is_some(), "{}: it names a line", attack.name);
        }
    }
}

fn count(steps: &[routesim::outcome::Step]) -> usize {
    steps.iter().map(|s| 1 + count(&s.children)).sum()
}

/// Runs them on a thread with the stack that the command line has.
fn run(attacks: Vec<Attack>) {
    let thread = std::thread::Builder::new().stack_size(STACK);
    let thread = thread.spawn(move || attacks.iter().for_each(check)).expect("there is a thread");
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn nesting() {
    let deep = |lines: &str| format!("LimitInternalRecursion 1000\n{lines}");
    let limit = ("LimitInternalRecursion", NESTING);
    run(vec![
        attack("an index that is the folder", &deep("DirectoryIndex nope /"), "/l/", limit),
        attack("a fallback that is not there", &deep("FallbackResource /nope/x"), "/a", limit),
        attack(
            "a rule in a section",
            &deep("<Directory /srv>\nRewriteEngine On\nRewriteRule ^(.*)$ /x$1 [L]\n</Directory>"),
            "/index.html",
            limit,
        ),
        attack(
            "a query that grows with each redirect",
            &deep(
                "<Directory /srv>\nRewriteEngine On\nRewriteRule ^(.*)$ /index.html?%{QUERY_STRING}x [L,NE]\n</Directory>",
            ),
            "/index.html",
            limit,
        ),
        attack(
            "an action that is its own script",
            &deep("Action own /a.own virtual\nAddHandler own .own"),
            "/a.own",
            limit,
        ),
        attack(
            "a condition that asks for a longer path",
            &deep("<If \"-U '%{REQUEST_URI}/x'\">\nSetEnv a b\n</If>"),
            "/a",
            limit,
        ),
    ]);
}

#[test]
fn branching() {
    run(vec![
        attack(
            "two questions in a condition",
            "<If \"-U '%{REQUEST_URI}x' && -U '%{REQUEST_URI}y'\">\nSetEnv a b\n</If>",
            "/a",
            ("If", REQUESTS),
        ),
        attack(
            "the same of files",
            "<If \"-F '/srv/www/index.html' && -F '/srv/www/index.html' && -F '/srv/www/index.html'\">\nSetEnv a b\n</If>",
            "/a",
            ("If", REQUESTS),
        ),
        attack(
            "who may, if others may",
            "<Directory /srv>\nRequire expr -U '%{REQUEST_URI}x'\nRequire expr -U '%{REQUEST_URI}y'\nRequire expr -U '%{REQUEST_URI}z'\n</Directory>",
            "/a",
            ("Require", REQUESTS),
        ),
        attack(
            "look-aheads in many conditions",
            &times(200, "RewriteCond %{LA-U:REQUEST_URI} x\nRewriteRule ^ /x"),
            "/",
            ("RewriteCond", REQUESTS),
        ),
        attack(
            "look-aheads for files",
            &times(6000, "RewriteCond %{LA-F:REQUEST_URI} x\nRewriteRule ^ /x"),
            "/",
            ("RewriteCond", STEPS),
        ),
        attack(
            "conditions that ask for a URL",
            &times(300, "RewriteCond /a# -U\nRewriteRule ^ /x"),
            "/",
            ("RewriteCond", REQUESTS),
        ),
        attack(
            "more names of an index than may be tried",
            &format!("DirectoryIndex {}", times(6000, "a#").replace('\n', " ")),
            "/l/",
            ("DirectoryIndex", REQUESTS),
        ),
    ]);
}

/// Asked for the reasons alone, it is the reasons that are not certain.
#[test]
fn reasons() {
    let mut three = attack("who may, if others may", "", "/", ("Require", REASONS));
    three.config = "DocumentRoot /srv/www\n<Directory /srv>\nRequire expr -U '/x'\nRequire expr -U '/y'\nRequire expr -U '/z'\n</Directory>\n".into();
    run(vec![three]);
}

#[test]
fn values() {
    let doubled = |first: &str, line: &str| format!("{first}\n{}", times(60, line));
    let long = format!("/a?{}", "x".repeat(100));
    run(vec![
        attack("variables", &doubled("RewriteRule ^ - [E=A:xxxxxxxxxx]", "RewriteRule ^ - [E=A:%{ENV:A}%{ENV:A}]"), "/", ("RewriteRule", BYTES)),
        attack(
            "variables by a map",
            &doubled("RewriteMap up int:toupper\nRewriteRule ^ - [E=A:xxxxxxxxxx]", "RewriteRule ^ - [E=A:${up:%{ENV:A}}${up:%{ENV:A}}]"),
            "/",
            ("RewriteRule", BYTES),
        ),
        attack(
            "variables by a map that escapes",
            &doubled("RewriteMap e int:escape\nRewriteRule ^ - [E=A:%%%%%%%%]", "RewriteRule ^ - [E=A:${e:%{ENV:A}}${e:%{ENV:A}}]"),
            "/",
            ("RewriteRule", BYTES),
        ),
        attack(
            "groups of a condition",
            &doubled("RewriteRule ^ - [E=A:xxxxxxxxxx]", "RewriteCond %{ENV:A}%{ENV:A} (.*)\nRewriteRule ^ - [E=A:%1]"),
            "/",
            ("RewriteRule", BYTES),
        ),
        attack("a query", &times(60, "RewriteRule ^(.*)$ $1?%{QUERY_STRING}%{QUERY_STRING} [NE]"), &long, ("RewriteRule", BYTES)),
        attack("a query that is appended to", &times(60, "RewriteRule ^(.*)$ $1?%{QUERY_STRING} [QSA,NE]"), &long, ("RewriteRule", BYTES)),
        attack("a handler's name", &times(40, "RewriteRule ^ - [E=A:%{ENV:A}%{ENV:A}x,H=%{ENV:A}]"), "/", ("RewriteRule", BYTES)),
        attack(
            "a header of the request",
            &doubled("RequestHeader set A xxxxxxxxxx early", "RequestHeader set A \"expr=%{req:A}%{req:A}\" early"),
            "/",
            ("RequestHeader", BYTES),
        ),
        attack(
            "a header of the answer",
            &doubled("Header always set A xxxxxxxxxx", "Header always set A \"expr=%{resp:A}%{resp:A}\""),
            "/l",
            ("Header", BYTES),
        ),
        attack(
            "an encoded header",
            &doubled("RequestHeader set A xxxxxxxxxx early", "RequestHeader set A \"expr=%{base64:%{req:A}}%{escape:%{req:A}}\" early"),
            "/",
            ("RequestHeader", BYTES),
        ),
        attack(
            "a header that is edited",
            &doubled("RequestHeader set A xxxxxxxxxx early", "RequestHeader edit* A x \"expr=%{tolower:xx}\" early"),
            "/",
            ("RequestHeader", BYTES),
        ),
        attack(
            "a header out of a variable",
            &format!("RewriteRule ^ - [E=A:{}]\n{}", "x".repeat(4000), times(9000, "RequestHeader append A %{A}e")),
            "/index.html",
            ("RequestHeader", BYTES),
        ),
        attack(
            "variables of many lines",
            &times(2000, "SetEnvIf Request_URI ^(.*)$ A#=$1$1$1$1$1$1$1$1$1"),
            &format!("/{}", "x".repeat(7000)),
            ("SetEnvIf", BYTES),
        ),
        attack(
            "a file again and again",
            "<If \"file('/srv/www/big').file('/srv/www/big').file('/srv/www/big').file('/srv/www/big').file('/srv/www/big').file('/srv/www/big') == 'x'\">\nSetEnv a b\n</If>",
            "/",
            ("If", BYTES),
        )
        .with("/srv/www/big", &"x".repeat(9_000_000)),
        attack("a folder named after a long name", &format!("UseCanonicalName On\nServerName {}\nVirtualDocumentRoot /{}", "n".repeat(8000), "%0".repeat(20_000)), "/", ("VirtualDocumentRoot", BYTES)),
        attack("an error's page", &format!("RewriteRule ^ - [E=A:{}]\nErrorDocument 404 /{}", "x".repeat(30_000), "%{reqenv:A}".repeat(2000)), "/nope", ("ErrorDocument", BYTES)),
    ]);
}

impl Attack {
    fn with(mut self, path: &str, text: &str) -> Attack {
        self.files.push((path.into(), text.into()));
        self
    }

    fn certain(mut self) -> Attack {
        self.caveat = None;
        self
    }
}

#[test]
fn patterns() {
    let many = format!("/{}", "a".repeat(6000));
    let bang = format!("/{}!", "a".repeat(7000));
    run(vec![
        attack("a pattern within itself", r#"RewriteRule "^/(a(?1)?a?)*b" /x"#, &many, ("RewriteRule", PATTERN)),
        attack(
            "patterns within each other",
            r#"RewriteRule "^/(?<n>a(?&m)?)*(?<m>a(?&n)?b?)*b" /x"#,
            &many,
            ("RewriteRule", PATTERN),
        ),
        attack(
            "a pattern that looks ahead",
            r#"RedirectMatch "^/(?:(?=a*+b)|a|aa)+z" /x"#,
            &many,
            ("RedirectMatch", PATTERN),
        ),
        attack(
            "a section's pattern",
            "<LocationMatch \"^/(a|aa)+\\1?$x\">\nSetEnv a b\n</LocationMatch>",
            &bang,
            ("LocationMatch", PATTERN),
        ),
        attack("a variable's pattern", r#"SetEnvIf Request_URI "^/(a|aa)+\1?$x" a"#, &bang, ("SetEnvIf", PATTERN)),
        attack(
            "a header's pattern",
            "RequestHeader set A \"expr=%{REQUEST_URI}\" early\nRequestHeader edit A \"^/(a|aa)+\\1?$x\" b early",
            &bang,
            ("RequestHeader", PATTERN),
        ),
        attack(
            "a condition's pattern",
            "<If \"%{REQUEST_URI} =~ m#^/(a|aa)+\\1?$x#\">\nSetEnv a b\n</If>",
            &bang,
            ("If", PATTERN),
        ),
        attack("an alias's pattern", r#"AliasMatch "^/(a|aa)+\1?$x" /srv"#, &bang, ("AliasMatch", PATTERN)),
        attack(
            "a great many groups",
            &format!(r#"RewriteRule "^/{}(?:a|aa)+\1b" /x"#, "(a?)".repeat(400)),
            &bang,
            ("RewriteRule", PATTERN),
        ),
        // it never ends in PCRE2, but another engine knows that it does not match
        attack("loops in loops", r#"RewriteRule "^/((a|aa)+)+$" /x"#, &bang, ("", "")).certain(),
    ]);
}

#[test]
fn many_patterns() {
    let bang = format!("/{}!", "a".repeat(7000));
    run(vec![
        attack("in rules", &times(1000, r#"RewriteRule "^/(a|aa|z#)+\1?$x" /x"#), &bang, ("RewriteRule", STEPS)),
        attack(
            "in lines of variables",
            &times(100, r#"SetEnvIf Request_URI "^/(a|aa|z#)+\1?$x" a"#),
            &bang,
            ("SetEnvIf", STEPS),
        ),
        attack(
            "none of them long about it",
            &times(1000, r#"RewriteRule "^/(a|z#)(.*)(.*)(?!\2)\1?$x" /x"#),
            &bang,
            ("RewriteRule", STEPS),
        ),
        attack(
            "the same list again and again",
            &format!("{}RewriteRule ^(.*)$ $1 [N]", times(5000, "RewriteRule ^nope# -")),
            "/a",
            ("RewriteRule", STEPS),
        ),
    ]);
}

#[test]
fn settings() {
    let deep = |text: &str| {
        let mut deep = attack(
            "settings of many folders",
            "<Directory />\nAllowOverride All\n</Directory>",
            &"/d".repeat(800),
            (".htaccess", MERGES),
        );
        deep.files = (1..=800).map(|n| (format!("/srv/www{}/.htaccess", "/d".repeat(n)), text.to_string())).collect();
        deep
    };
    run(vec![
        deep(&times(50, "SetEnvIf Request_URI x#y v#=1")),
        deep(&times(50, "Header set A# b")),
        deep(&format!("RewriteEngine On\nRewriteOptions Inherit\n{}", times(50, "RewriteRule ^x# /y"))),
    ]);
}

#[test]
fn maps_of_one_file_are_read_once() {
    let maps = times(100, "RewriteMap m# txt:/srv/map\nRewriteCond ${m#:key#} !=value#\nRewriteRule ^ /bad#");
    let text: String = (0..20_000).map(|i| format!("key{i} value{i}\n")).collect();
    run(vec![attack("a hundred maps", &maps, "/", ("", "")).certain().with("/srv/map", &text)]);
}

/// One request's limits are not the next one's.
#[test]
fn the_next_request_has_all_again() {
    let attack =
        attack("variables", &times(60, "RewriteRule ^/a - [E=A:%{ENV:A}%{ENV:A}xxxxx]"), "/a", ("RewriteRule", BYTES));
    let run = start(&attack);
    assert!(!run.ask(&Request::get("/a")).caveats.is_empty());
    assert_eq!(run.ask(&Request::get("/index.html")).caveats, []);
}

/// Lines that each take a good part of what a request may cost.
const DEAR: [&str; 12] = [
    "RewriteRule ^ - [E=A:%{ENV:A}%{ENV:A}xxxxxxxxxxxxxxxx]\n",
    "RewriteCond %{ENV:A}%{ENV:A} (.*)\nRewriteRule ^ - [E=A:%1]\n",
    "RewriteRule ^(.*)$ $1?%{QUERY_STRING}%{QUERY_STRING}xxxxxxxxxxxxxxxx [NE]\n",
    "RewriteRule \"^/(a|aa|z)+\\1?$x\" /x\n",
    "RewriteCond %{LA-U:REQUEST_URI} x\nRewriteRule ^ /x\n",
    "RedirectMatch \"^/(?:(?=a*+b)|a|aa)+z\" /x\n",
    "<LocationMatch \"^/(a|aa)+\\1?$x\">\nSetEnv a b\n</LocationMatch>\n",
    "<If \"-U '%{REQUEST_URI}x' && -U '%{REQUEST_URI}y'\">\nSetEnv a b\n</If>\n",
    "RequestHeader append A \"expr=%{req:A}%{req:A}xxxxxxxxxxxxxxxx\" early\n",
    "SetEnvIf Request_URI \"^/(a|aa)+\\1?$x\" a\n",
    "WSGIScriptAliasMatch \"^/(a|aa)+\\1?$x\" /srv/www/x\n",
    "DirectoryIndex a b c d\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whichever limits are reached, and in whatever order: watched or not, and whatever was asked before, the answer is
    /// the same.
    #[test]
    fn what_is_used_up_is_used_up_alike(lines in vec((0..DEAR.len(), 1..14_usize), 1..6), long in 1..7000_usize) {
        let lines: String = lines.iter().map(|(line, count)| DEAR[*line].repeat(*count)).collect();
        let attack = attack("at random", &lines, "/", ("", ""));
        let (run, again) = (start(&attack), start(&attack));
        let ask = Request::get(&format!("/{}!", "a".repeat(long)));
        let plain = run.ask(&ask);
        prop_assert_eq!(&run.explain(&ask).0, &plain);
        prop_assert_eq!(&run.ask(&Request::get("/l/")), &again.ask(&Request::get("/l/")));
        prop_assert_eq!(&again.explain(&ask).0, &plain);
    }
}
