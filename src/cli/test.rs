//! `routesim test [PATH...]`

use super::given;
use super::output::Streams;
use super::{End, Failure, failure, suites};
use crate::diagnostic::Diagnostic;
use crate::outcome::Outcome;
use crate::report::paint::Paint;
use crate::report::suite::{Case, Checked};
use crate::report::{self, diagnostics, directive_text, junit};
use crate::run::Run;
use crate::source::SourceMap;
use crate::suite::{self, Answered, Mismatch, RequestSpec, Scenario};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Expectations against outcomes.
#[derive(clap::Args)]
pub(super) struct Test {
    /// Scenario files, directories of them, or patterns ('sites/**/*.yaml')
    #[arg(value_name = "PATH", conflicts_with = "scenario")]
    paths: Vec<PathBuf>,

    /// Accept a suite without a single expectation
    #[arg(long)]
    allow_empty: bool,

    /// Name of a built-in scenario, or a scenario file
    #[arg(short, long, value_name = "NAME|FILE")]
    scenario: Option<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Text,
    /// One JSON object
    Json,
    /// JUnit XML
    Junit,
}

impl Test {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut results = Vec::new();
        // what programs read has no colour
        let paint = if self.format == Format::Text { streams.paint } else { Paint::default() };
        if self.paths.is_empty() {
            let scenario = given::scenario(self.scenario.as_deref(), streams)?;
            results.push(check(&scenario, paint));
        }
        let files = suites::files(&self.paths, suites::is_scenario)?;
        results.extend(files.paths.iter().map(|path| file(path, paint)));
        let skipped = suites::skipped(files.skipped);
        match self.format {
            Format::Text => {
                let text = report::suite::text(&results, skipped.as_deref(), paint, streams.quiet);
                streams.out.write_all(text.as_bytes())?;
            }
            Format::Json => streams.json(&report::suite::json(&results, files.skipped))?,
            Format::Junit => {
                streams.out.write_all(junit::text(&results).as_bytes())?;
                skipped.iter().for_each(|skipped| streams.note(skipped));
            }
        }
        let broken = results.iter().any(|r| r.error.is_some());
        Ok(match report::suite::count(&results) {
            _ if broken => End::Wrong,
            (0, 0) if !self.allow_empty => {
                streams.out.flush()?;
                return failure("nothing is expected: no request has an `expect` (--allow-empty accepts that)");
            }
            (_, 0) => End::Fine,
            _ => End::Finding,
        })
    }
}

fn file(path: &Path, paint: Paint) -> Checked {
    let sources = SourceMap::default();
    match suites::load(path, &sources) {
        Ok(scenario) => check(&scenario, paint),
        Err(found) => broken(path.display().to_string(), String::new(), &found, &sources, paint),
    }
}

fn broken(path: String, name: String, found: &[Diagnostic], sources: &SourceMap, paint: Paint) -> Checked {
    let error = Some(diagnostics::text(found, sources, paint));
    Checked { path, name, cases: Vec::new(), error }
}

/// Runs a scenario.
fn check(scenario: &Scenario, paint: Paint) -> Checked {
    let (path, name) = (scenario.path.display().to_string(), scenario.name.clone());
    let ran = match suite::run(scenario) {
        Ok(ran) => ran,
        Err(found) => return broken(path, name, &found, &scenario.sources, paint),
    };
    let Some(run) = ran.run.as_ref().filter(|_| scenario.expect.is_empty()) else {
        let Some(expected) = scenario.expect.first() else {
            return broken(path, name, ran.site.diagnostics(), ran.site.sources(), paint);
        };
        let title = "httpd refuses to start".into();
        let refusal = Case { title, line: expected.line, mismatches: ran.mismatches, ..Case::default() };
        return Checked { path, name, cases: vec![refusal], error: None };
    };
    let both = ran.answers.into_iter().zip(&scenario.requests).filter(|(_, spec)| !spec.expect.is_empty());
    let case = |(answer, spec): (Answered, &RequestSpec)| {
        case(format!("{} {}", spec.method, spec.url), spec.line, answer.mismatches, &answer.outcome, run)
    };
    Checked { path, name, cases: both.map(case).collect(), error: None }
}

fn case(title: String, line: u32, mismatches: Vec<Mismatch>, outcome: &Outcome, run: &Run) -> Case {
    let sources = run.sources();
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
