//! Recorded environments: a program finds these variables, and no others.

use routesim::outcome::Outcome;
use routesim::source::SourceMap;
use routesim::suite::{self, Scenario, paths};
use routesim::{Request, Site};
use std::path::Path;

#[test]
fn programs_find_what_httpd_gave_them_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let (mut compared, mut wrong) = (0, Vec::new());
    for folder in ["env", "fpm"] {
        for path in paths::below(&root.join(folder), paths::is_scenario).expect("the folder is there") {
            let scenario = Scenario::load(&path, &SourceMap::default()).expect("it is a scenario");
            let ran = suite::run(&scenario).expect("it can be laid out");
            for (spec, answer) in scenario.requests.iter().zip(&ran.answers) {
                let Some(wanted) = spec.expect.iter().find(|e| e.key == "env").and_then(|e| e.value.as_object()) else {
                    continue;
                };
                compared += 1;
                let place = format!("{} {}", path.display(), spec.url);
                wrong.extend(answer.mismatches.iter().map(|m| format!("{place} {}: {}, not {}", m.key, m.got, m.want)));
                let response = answer.outcome.response.as_ref().expect("it was asked for");
                let found = response.env.iter().flatten().map(|(name, _)| name.to_string());
                // what httpd notes for its own proxy is no concern of a program
                let more = found.filter(|name| !wanted.contains_key(name) && !name.starts_with("proxy-"));
                wrong.extend(more.map(|name| format!("{place} env.{name}: httpd gave none")));
            }
        }
    }
    assert!(compared > 200, "only {compared} environments were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn to_ask_for_it_changes_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut asked = 0;
    for folder in ["env", "fpm", "wsgi", "handlers"] {
        for path in paths::below(&root.join(folder), paths::is_scenario).expect("the folder is there") {
            let scenario = Scenario::load(&path, &SourceMap::default()).expect("it is a scenario");
            let site = Site::of_scenario(&scenario).expect("it can be laid out");
            let (Ok(with), Ok(without)) = (site.start(), site.start()) else { continue };
            let with = with.with_response();
            for (index, spec) in scenario.requests.iter().enumerate() {
                let ask = Request::of(spec, index);
                let outcome = with.ask(&ask);
                assert!(outcome.response.is_some(), "{} {}", path.display(), spec.url);
                assert_eq!(Outcome { response: None, ..outcome }, without.ask(&ask), "{} {}", path.display(), spec.url);
                asked += 1;
            }
        }
    }
    assert!(asked > 1000, "only {asked} requests were found");
}
