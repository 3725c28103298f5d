//! Laws that hold for any input.

use bstr::BString;
use proptest::prelude::*;
use routesim::modules::core::options;
use routesim::server::uri::{self, Normalize, Slashes};
use routesim::simulate::{self, Ask, Input};
use routesim::source::SourceMap;
use routesim::suite::{ConfigSource, RequestSpec, Scenario};
use routesim::vfs::Memory;
use std::path::Path;
use std::sync::Arc;

fn input(text: impl Into<BString>) -> Input {
    Input { lenient_paths: true, ..Input::new(text, Arc::new(Memory::new())) }
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
        simulate::load(input(bytes));
    }

    #[test]
    fn reading_never_panics_on_pieces(pieces in proptest::collection::vec(piece(), 0..12)) {
        simulate::load(input(pieces.concat()));
    }

    #[test]
    fn normalizing_twice_is_normalizing_once(path in "(/|/\\.|/\\.\\.|/[a-c%2eEfF]{0,4}){0,8}") {
        let how = Normalize { decode_unreserved: false, merge_slashes: true, allow_relative: false };
        let mut once = BString::from(format!("/{path}"));
        uri::normalize(&mut once, how);
        let mut twice = once.clone();
        uri::normalize(&mut twice, how);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn unescaping_undoes_escaping(path in proptest::collection::vec(1u8.., 0..40)) {
        let mut text = uri::escape_path(&path, true);
        prop_assert_eq!(uri::unescape(&mut text, Slashes::Decode, false), Ok(()));
        prop_assert_eq!(text, BString::from(path));
    }

    /// What lines of Options come to one by one is what the sections come to, merged as httpd merges them.
    #[test]
    fn options_lines_tell_what_merging_gives(sections in proptest::collection::vec(options_line(), 1..5)) {
        let mut text = String::from("DocumentRoot /srv\n");
        for (depth, line) in sections.iter().enumerate() {
            let path = format!("/srv{}", "/d".repeat(depth));
            text.push_str(&format!("<Directory {path}>\n{line}\n</Directory>\n"));
        }
        let loaded = simulate::load(input(text));
        let server = loaded.server.expect("these lines are good");
        let virtual_host = &server.servers[0];
        let mut merged = virtual_host.lookup_defaults.settings.clone();
        for section in virtual_host.sec_dir.iter() {
            merged = routesim::server::settings::PerDir::merge(&merged, &section.settings.settings);
        }
        let core = merged.core.expect("the core is always there");
        prop_assert_eq!(core.opts & !options::UNSET, options::fold(core.opt_lines.iter()));
    }
}

fn options_line() -> impl Strategy<Value = String> {
    let word = prop_oneof![Just("Indexes"), Just("FollowSymLinks"), Just("MultiViews"), Just("ExecCGI")];
    let signed = proptest::collection::vec((prop_oneof![Just("+"), Just("-")], word.clone()), 1..4)
        .prop_map(|words| words.iter().map(|(s, w)| format!("{s}{w}")).collect::<Vec<_>>().join(" "));
    let plain = proptest::collection::vec(word, 1..4).prop_map(|words| words.join(" "));
    prop_oneof![signed, plain, Just("None".to_string()), Just("All".to_string())].prop_map(|w| format!("Options {w}"))
}

/// Watched or not, the answer is the same, whatever was asked before.
#[test]
fn watching_changes_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut asked = 0;
    for name in ["map/map-0001", "access/access-0001", "dirs/dirs-0001", "vhost/vhost-0001", "handlers/handlers-0001"] {
        let scenario = Scenario::load(&root.join(format!("{name}.yaml")), &SourceMap::default()).expect("a scenario");
        let Ok((Some(simulator), _)) = simulate::scenario(&scenario) else { panic!("{name} is not refused") };
        for (i, spec) in scenario.requests.iter().enumerate() {
            let ask = Ask::of(spec, i);
            let plain = simulator.ask(&ask);
            let (watched, steps) = simulator.explain(&ask);
            assert_eq!(plain, watched, "{name} {}", spec.url);
            assert_eq!(plain, simulator.ask(&ask), "{name} {} again", spec.url);
            assert!(!steps.is_empty());
            asked += 1;
        }
    }
    assert!(asked > 50);
}

/// Odd requests get an answer.
#[test]
fn odd_requests_are_answered() {
    let vfs = Arc::new(Memory::new());
    let loaded = simulate::load(input("DocumentRoot /srv\n<Directory />\nRequire all granted\n</Directory>\n"));
    let server = loaded.server.expect("it is good");
    let simulator = simulate::Simulator::new(server, vfs, Arc::new(simulate::RealPrograms));
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
        let mut ask = Ask::of(&RequestSpec::short("/"), 0);
        ask.target = target.into();
        assert_eq!(simulator.ask(&ask).status, status, "{}", &target[..target.len().min(20)]);
    }
}

/// A section with nothing in it changes nothing.
#[test]
fn an_empty_section_is_the_identity_of_merging() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    for name in ["access/access-0001", "auth/auth-0001", "mixed/mixed-0001", "modules/modules-0001", "proxy/proxy-0001"]
    {
        let mut scenario =
            Scenario::load(&root.join(format!("{name}.yaml")), &SourceMap::default()).expect("a scenario");
        let Ok((Some(plain), _)) = simulate::scenario(&scenario) else { panic!("{name} is not refused") };
        let ConfigSource::Text { text, .. } = &mut scenario.config else { panic!("{name} has its text") };
        text.push_str(
            "\n<Directory />\n</Directory>\n<DirectoryMatch .>\n</DirectoryMatch>\n<FilesMatch .>\n</FilesMatch>\n",
        );
        let Ok((Some(padded), _)) = simulate::scenario(&scenario) else { panic!("{name} is not refused") };
        for (i, spec) in scenario.requests.iter().enumerate() {
            let ask = Ask::of(spec, i);
            assert_eq!(plain.ask(&ask), padded.ask(&ask), "{name} {}", spec.url);
        }
    }
}
