//! Long lists are indexed, and who watches has them searched entry by entry: both must come to the same.

use proptest::prelude::*;
use proptest::sample::select;
use routesim::{Request, Run, Site};

const PATHS: &str = "/[ab]{1,2}(/[ab]{1,2})?";

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => rewrite(),
        3 => set_env_if(),
        2 => (select(vec!["Files", "FilesMatch"]), name(), outcome())
            .prop_map(|(kind, name, inside)| format!("<{kind} {name}>\n{inside}\n</{kind}>")),
        1 => (select(vec!["Alias", "ScriptAlias", "WSGIScriptAlias", "ProxyPass"]), PATHS)
            .prop_map(|(kind, path)| match kind {
                "ProxyPass" => format!("{kind} {path} http://127.0.0.1:81/"),
                _ => format!("{kind} {path} /srv/b"),
            }),
        1 => PATHS.prop_map(|path| format!("AliasMatch ^{path}x /srv/a")),
        1 => PATHS.prop_map(|path| format!("Redirect {path}/r /new")),
        1 => PATHS.prop_map(|path| format!("RedirectMatch ^{path}y /new")),
        1 => (select(vec!["Location", "LocationMatch"]), PATHS, outcome())
            .prop_map(|(kind, path, inside)| format!("<{kind} {path}>\n{inside}\n</{kind}>")),
        1 => (select(vec!["Directory", "DirectoryMatch"]), PATHS, outcome())
            .prop_map(|(kind, path, inside)| format!("<{kind} /srv{path}>\n{inside}\n</{kind}>")),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,2}", "[ab]\\*", "\\^[ab]{1,2}", "[ab]\\?"]
}

fn outcome() -> impl Strategy<Value = String> {
    select(vec!["Require all denied", "Require all granted", "Require env v1", "ErrorDocument 404 /a"])
        .prop_map(str::to_string)
}

fn rewrite() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        3 => Just(String::new()),
        1 => select(vec!["%{ENV:v1} =1", "%{REQUEST_URI} ^/a", "%{ENV:v2} !=1 [OR]"])
            .prop_map(|c| format!("RewriteCond {c}\n")),
    ];
    let pattern = prop_oneof![
        6 => "\\^/[ab]{1,2}(/|\\$)?",
        1 => "!\\^/[ab]",
        1 => "[ab]{2}",
    ];
    let target = select(vec!["-", "/b$1", "/a/b", "/ab", "/bb/aa"]);
    let flags = select(vec![
        "",
        "[L]",
        "[C]",
        "[S=1]",
        "[S=3]",
        "[NS]",
        "[E=v1:1]",
        "[NC]",
        "[F]",
        "[R]",
        "[PT]",
        "[C,E=v2:1]",
    ]);
    (condition, pattern, target, flags).prop_map(|(c, p, t, f)| format!("{c}RewriteRule {p} {t} {f}"))
}

fn set_env_if() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        6 => Just("Request_URI"),
        1 => Just("Host"),
        1 => Just("v2"),
    ];
    let pattern = prop_oneof!["\\^/[ab]{1,2}", "/[ab]{1,2}", "\\^1", "\\^(/[ab])"];
    let plain = (attribute, pattern, select(vec!["v1", "v2=1", "!v1", "v2=$1"]))
        .prop_map(|(a, p, v)| format!("SetEnvIf {a} {p} {v}"));
    prop_oneof![9 => plain, 1 => Just("SetEnvIfExpr \"%{REQUEST_URI} =~ m#/(.)b#\" v3=$1".to_string())]
}

fn run(text: &str) -> Option<Run> {
    let files = ["/srv/a/a", "/srv/a/b", "/srv/b/ab", "/srv/ab", "/srv/bb"];
    let site = files.iter().fold(Site::builder(text), |site, path| site.file(path, "x"));
    site.build().ok()?.start().ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn indexed_and_linear_agree(
        lines in proptest::collection::vec(line(), 100..300),
        paths in proptest::collection::vec("/{1,2}[ab]{0,2}(/[ab]{1,2}){0,2}", 10),
    ) {
        let head = "DocumentRoot /srv\n<Directory />\nRequire all granted\n</Directory>\nRewriteEngine On\n";
        let text = format!("{head}{}\n", lines.join("\n"));
        let run = run(&text);
        prop_assert!(run.is_some(), "it is refused");
        for path in paths {
            let ask = Request::get(&path);
            let asked = run.as_ref().map(|s| s.ask(&ask));
            let watched = run.as_ref().map(|s| s.explain(&ask).0);
            prop_assert_eq!(asked, watched, "{}", path);
        }
    }
}
