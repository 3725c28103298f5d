//! `routesim test [PATH...]`

use super::given;
use super::output::Streams;
use super::{End, Failure, suites};
use crate::diagnostic::Diagnostic;
use crate::outcome::Outcome;
use crate::report::paint::Paint;
use crate::report::suite::{self, Case, Checked};
use crate::report::{diagnostics, directive_text, json, junit};
use crate::simulate::{self, Ask, Simulator};
use crate::source::SourceMap;
use crate::suite::{Mismatch, Scenario, compare};
use serde_json::json as value;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Expectations against outcomes.
#[derive(clap::Args)]
pub struct Test {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", conflicts_with = "scenario")]
    paths: Vec<PathBuf>,

    /// A built-in scenario by its name, or a scenario file
    #[arg(short, long, value_name = "NAME|FILE")]
    scenario: Option<String>,

    /// How to tell it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// JUnit's XML
    Junit,
}

impl Test {
    /// Runs the verb.
    pub fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut results = Vec::new();
        if self.paths.is_empty() {
            let scenario = given::scenario(self.scenario.as_deref(), streams)?;
            results.push(check(&scenario, streams.paint));
        }
        for path in suites::files(&self.paths, suites::is_scenario)? {
            results.push(file(&path, streams.paint));
        }
        match self.format {
            Format::Text => streams.out.write_all(suite::text(&results, streams.paint).as_bytes())?,
            Format::Json => {
                streams.json(&suite::json(&results))?;
            }
            Format::Junit => streams.out.write_all(junit::text(&results).as_bytes())?,
        }
        let broken = results.iter().any(|r| r.error.is_some());
        Ok(match suite::count(&results) {
            _ if broken => End::Wrong,
            (_, 0) => End::Fine,
            _ => End::Finding,
        })
    }
}

fn file(path: &Path, paint: Paint) -> Checked {
    let sources = SourceMap::default();
    match Scenario::load(path, &sources) {
        Ok(scenario) => check(&scenario, paint),
        Err(found) => broken(path.display().to_string(), String::new(), &found, &sources, paint),
    }
}

fn broken(path: String, name: String, found: &[Diagnostic], sources: &SourceMap, paint: Paint) -> Checked {
    let error = Some(diagnostics::text(found, sources, paint.colour));
    Checked { path, name, cases: Vec::new(), error }
}

/// Runs a scenario.
fn check(scenario: &Scenario, paint: Paint) -> Checked {
    let (path, name) = (scenario.path.display().to_string(), scenario.name.clone());
    let (simulator, loaded) = match simulate::scenario(scenario) {
        Ok(opened) => opened,
        Err(found) => return broken(path, name, &found, &scenario.sources, paint),
    };
    let started = match (&simulator, loaded.first_error()) {
        (None, Some(error)) => json::config_error(error, &loaded.sources),
        _ => value!({}),
    };
    let mut cases = Vec::new();
    if !scenario.expect.is_empty() {
        let mismatches = compare(&scenario.expect, &started);
        let line = scenario.expect[0].line;
        cases.push(Case { title: "httpd refuses to start".into(), line, mismatches, ..Case::default() });
    }
    let Some(simulator) = simulator else {
        if scenario.expect.is_empty() {
            return broken(path, name, &loaded.diagnostics, &loaded.sources, paint);
        }
        return Checked { path, name, cases, error: None };
    };
    for (index, spec) in scenario.requests.iter().enumerate().filter(|(_, r)| !r.expect.is_empty()) {
        let outcome = simulator.ask(&Ask::of(spec, index));
        let mismatches = compare(&spec.expect, &json::outcome(&outcome, simulator.sources()));
        let title = format!("{} {}", spec.method, spec.url);
        cases.push(case(title, spec.line, mismatches, &outcome, &simulator));
    }
    Checked { path, name, cases, error: None }
}

fn case(title: String, line: u32, mismatches: Vec<Mismatch>, outcome: &Outcome, simulator: &Simulator) -> Case {
    let sources = simulator.sources();
    let decided = outcome.decided_by.iter();
    let said = |c: &crate::outcome::Caveat| format!("`{}` ({}): {}", c.directive, sources.place(c.span), c.why);
    Case {
        title,
        line,
        mismatches,
        decided_by: decided
            .map(|d| format!("{} ({})", directive_text(sources, d.span), sources.place(d.span)))
            .collect(),
        caveats: outcome.caveats.iter().map(said).collect(),
    }
}
