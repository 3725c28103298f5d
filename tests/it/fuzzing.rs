//! The targets of fuzzing, as ordinary tests: random inputs made of what the scenarios say, and of what breaks it.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use routesim::builtin::BUILTIN;
use std::cell::Cell;

/// Lines of all scenarios, and bytes that begin, end and cut things.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&[u8]> = BUILTIN.iter().flat_map(|b| b.text.lines()).map(|l| l.trim().as_bytes()).collect();
    let marks = [
        "\0",
        "\n",
        "\0/srv/www/.htaccess\n",
        "GET /a?b\tHost: x",
        "(",
        "[",
        "\\",
        "${",
        "%{",
        "\"",
        "\u{1f600}",
        "/../",
        "->",
    ];
    prop_oneof![
        8 => select(lines).prop_map(<[u8]>::to_vec),
        3 => select(marks.to_vec()).prop_map(|mark| mark.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

/// Pieces, each on a line of its own or not.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let pieces = proptest::collection::vec((piece(), any::<bool>()), 0..24);
    pieces.prop_map(|p| {
        p.into_iter()
            .flat_map(|(mut piece, line)| {
                if line {
                    piece.push(b'\n')
                }
                piece
            })
            .collect()
    })
}

#[test]
fn targets_find_nothing() {
    for (name, target) in targets::TARGETS {
        let tried = Cell::new(0);
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let result = runner.run(&input(), |data| {
            tried.set(tried.get() + 1);
            target(&data);
            Ok(())
        });
        assert!(result.is_ok(), "{name}: {}", result.unwrap_err());
        assert!(tried.get() >= 24, "{name}");
    }
}

/// A built-in scenario is an input as it stands.
#[test]
fn scenarios_find_nothing() {
    for builtin in BUILTIN {
        targets::scenario(builtin.text.as_bytes());
    }
}

/// What cargo-fuzz runs is what the tests run.
#[test]
fn every_target_is_fuzzed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("fuzz/ is there");
    let bins = manifest.matches("[[bin]]").count();
    assert_eq!(bins, targets::TARGETS.len());
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let path = root.join("fuzz_targets").join(format!("{name}.rs"));
        let text = std::fs::read_to_string(&path).expect("each target has its file");
        assert!(text.contains(&format!("routesim_fuzz::{name}(data)")), "{name}");
    }
}
