//! Scenarios with the answers that a real httpd gave: each outcome must be that answer.

use routesim::source::SourceMap;
use routesim::suite::{self, Mismatch, Scenario, paths};
use std::collections::BTreeSet;
use std::path::Path;

/// Answers that are known to differ, a line each. One that no longer differs must leave the list.
const KNOWN: &str = include_str!("../recorded/known-differences.txt");

/// What differs in one scenario: `request number: key: got, wanted`.
fn differences(path: &Path) -> Vec<String> {
    let sources = SourceMap::default();
    let scenario = match Scenario::load(path, &sources) {
        Ok(s) => s,
        Err(problems) => return vec![format!("0: not a scenario: {problems:?}")],
    };
    let ran = match suite::run(&scenario) {
        Ok(ran) => ran,
        Err(problems) => return vec![format!("0: can't be built: {problems:?}")],
    };
    if let (Some(refusal), true) = (&ran.refusal, scenario.expect.is_empty()) {
        return vec![format!("0: refused: {refusal}")];
    }
    let asked = ran.answers.iter().enumerate().map(|(i, answer)| (i + 1, &answer.mismatches));
    let all = [(0, &ran.mismatches)].into_iter().chain(asked);
    let said = |n: usize, m: &Mismatch| format!("{n}: {}: got {}, wanted {}", m.key, m.got, m.want);
    all.flat_map(|(n, mismatches)| mismatches.iter().map(move |m| said(n, m))).collect()
}

#[test]
fn outcomes_are_what_httpd_answered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // a line is a place, and after `  # ` the reason
    let places = KNOWN.lines().map(|l| l.split_once("  # ").map_or(l, |(place, _)| place.trim_end()));
    let mut known: BTreeSet<&str> = places.filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let mut news = Vec::new();
    let mut asked = 0;
    for folder in ["tests/recorded", "scenarios"] {
        for path in paths::below(&root.join(folder), paths::is_scenario).expect("the folder is there") {
            asked += 1;
            let name = path.strip_prefix(root).expect("it is below").display().to_string();
            for difference in differences(&path) {
                let place = format!("{name} {}", difference.split(": got ").next().unwrap_or_default());
                if !known.remove(place.as_str()) {
                    news.push(format!("{name} request {difference}"));
                }
            }
        }
    }
    assert!(asked > 100, "only {asked} scenarios were found");
    assert!(news.is_empty(), "{} answers differ:\n{}", news.len(), news.join("\n"));
    assert!(known.is_empty(), "these differ no longer, take them off the list:\n{known:#?}");
}
