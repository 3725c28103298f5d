//! Scenarios with the answers that a real httpd gave: each outcome must be that answer.

use routesim::report::json;
use routesim::simulate::{self, Ask};
use routesim::source::SourceMap;
use routesim::suite::{self, Scenario, paths};
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
    let (simulator, loaded) = match simulate::scenario(&scenario) {
        Ok(parts) => parts,
        Err(problems) => return vec![format!("0: can't be built: {problems:?}")],
    };
    let mut found = Vec::new();
    let Some(simulator) = simulator else {
        let error = json::config_error(loaded.first_error().expect("it was refused"), &loaded.sources);
        let missing = suite::compare(&scenario.expect, &error);
        if scenario.expect.is_empty() {
            found.push(format!("0: refused: {error}"));
        }
        found.extend(missing.iter().map(|m| format!("0: {}: got {}, wanted {}", m.key, m.got, m.want)));
        return found;
    };
    if !scenario.expect.is_empty() {
        found.push("0: httpd refuses this configuration".into());
    }
    for (i, spec) in scenario.requests.iter().enumerate() {
        let ask = Ask::of(spec, i);
        let outcome = json::outcome(&simulator.ask(&ask), simulator.sources());
        for m in suite::compare(&spec.expect, &outcome) {
            found.push(format!("{}: {}: got {}, wanted {}", i + 1, m.key, m.got, m.want));
        }
    }
    found
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
