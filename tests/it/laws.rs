//! Laws that hold for any input.

use proptest::prelude::*;
use routesim::outcome::Outcome;
use routesim::source::SourceMap;
use routesim::suite::{ConfigSource, RequestSpec, Scenario};
use routesim::{Request, Run, Site};
use std::path::Path;

fn site(text: impl Into<Vec<u8>>) -> Site {
    Site::builder(text.into()).lenient(true).build().expect("it has no files")
}

fn run(scenario: &Scenario) -> Run {
    let site = Site::of_scenario(scenario).expect("it can be laid out");
    site.start().unwrap_or_else(|refused| panic!("{}: {}", scenario.name, refused.message))
}

/// Pieces that configurations are made of, and what breaks them.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<Directory /srv>\n".to_string()),
        Just("</Directory>\n".to_string()),
        Just("<Location ~ \"^/(a|b)[\">\n".to_string()),
        Just("<If \"%{REQUEST_URI} =~ /x/\">\n</If>\n".to_string()),
        Just("<VirtualHost *:80>\n".to_string()),
        Just("</VirtualHost>\n".to_string()),
        Just("Alias / /srv \\\n".to_string()),
        Just("Require all granted\n".to_string()),
        Just("RewriteRule ^(.*)$ /$1 [L,R=301]\n".to_string()),
        Just("Define X y\nAlias /${X} /${Y}\n".to_string()),
        "[ -~]{0,20}\n",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = site(bytes).start();
    }

    #[test]
    fn reading_never_panics_on_pieces(pieces in proptest::collection::vec(piece(), 0..12)) {
        let _ = site(pieces.concat()).start();
    }
}

/// Watched or not, with reasons or without, the answer is the same, whatever was asked before.
#[test]
fn watching_changes_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut asked = 0;
    for name in [
        "rewrite/redirectmatch-deny-allow",
        "htaccess/setenvifnocase-rewritebase-allowencodedslashes",
        "map/scriptalias-aliasmatch",
        "access/mergeslashes-deny-allow",
        "dirs/allowencodedslashes-locationmatch-acceptpathinfo",
        "vhost/redirectmatch-serverpath-usecanonicalname",
        "handlers/addlanguage-addhandler-sethandler",
    ] {
        let scenario = Scenario::load(&root.join(format!("{name}.yaml")), &SourceMap::default()).expect("a scenario");
        let run = run(&scenario);
        let quick = run.fork().without_reasons();
        for (i, spec) in scenario.requests.iter().enumerate() {
            let ask = Request::of(spec, i);
            let plain = run.ask(&ask);
            let unreasoned = Outcome { decided_by: plain.decided_by.clone(), ..quick.ask(&ask) };
            assert_eq!(plain, unreasoned, "{name} {} without reasons", spec.url);
            assert_eq!(run.explain(&ask), quick.explain(&ask), "{name} {} explained", spec.url);
            let (watched, steps) = run.explain(&ask);
            assert_eq!(plain, watched, "{name} {}", spec.url);
            assert_eq!(plain, run.ask(&ask), "{name} {} again", spec.url);
            assert!(!steps.is_empty());
            asked += 1;
        }
    }
    assert!(asked > 50);
}

/// Odd requests get an answer.
#[test]
fn odd_requests_are_answered() {
    let site = site("DocumentRoot /srv\n<Directory />\nRequire all granted\n</Directory>\n");
    let run = site.start().expect("it is good");
    let long = format!("/{}", "a/".repeat(50_000));
    for (target, status) in [
        ("/\u{1}", 400),
        ("//..//../x", 400),
        (long.as_str(), 414),
        ("*", 400),
        ("/%00", 404),
        ("/%zz", 400),
        ("/", 403),
    ] {
        let mut ask = Request::of(&RequestSpec::short("/"), 0);
        ask.target = target.into();
        assert_eq!(run.ask(&ask).status, status, "{}", &target[..target.len().min(20)]);
    }
}

/// A section with nothing in it changes nothing.
#[test]
fn an_empty_section_is_the_identity_of_merging() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    for name in [
        "access/mergeslashes-deny-allow",
        "auth/requirenone-deny-allow",
        "mixed/acceptpathinfo-requirenone-scriptaliasmatch",
        "modules/undefine-setenvif-locationmatch",
        "proxy/authuserfile-authtype-authname",
    ] {
        let mut scenario =
            Scenario::load(&root.join(format!("{name}.yaml")), &SourceMap::default()).expect("a scenario");
        let plain = run(&scenario);
        let ConfigSource::Text { text, .. } = &mut scenario.config else { panic!("{name} has its text") };
        text.push_str(
            "\n<Directory />\n</Directory>\n<DirectoryMatch .>\n</DirectoryMatch>\n<FilesMatch .>\n</FilesMatch>\n",
        );
        let padded = run(&scenario);
        for (i, spec) in scenario.requests.iter().enumerate() {
            let ask = Request::of(spec, i);
            assert_eq!(plain.ask(&ask), padded.ask(&ask), "{name} {}", spec.url);
        }
    }
}
