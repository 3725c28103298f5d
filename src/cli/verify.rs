//! `routesim verify [PATH...]`

use super::baseline::{Baseline, BaselineArgs, Finding};
use super::given;
use super::names::{apart, details};
use super::output::{OutputFormat, Streams};
use super::{End, Failure, failure, suites};
use crate::cores;
use crate::diagnostic::Diagnostic;
use crate::oracle::{self, Httpd, Oracle, Verdict, Way};
use crate::report::explain::{self, Explained, Level};
use crate::report::json;
use crate::report::paint::Paint;
use crate::report::verify::{self, Story, Verified};
use crate::server::asked::Request;
use crate::site::Site;
use crate::source::SourceMap;
use crate::suite::Scenario;
use crate::version::Version;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A real httpd and routesim, side by side.
#[derive(clap::Args)]
pub(super) struct Verify {
    /// Scenario files, directories of them, or patterns ('sites/**/*.yaml')
    #[arg(value_name = "PATH", conflicts_with = "scenario")]
    paths: Vec<PathBuf>,

    /// Name of a built-in scenario, or a scenario file
    #[arg(short, long, value_name = "NAME|FILE")]
    scenario: Option<String>,

    /// The httpd to compare with [default: the installed apache2 or httpd]
    #[arg(long, value_name = "PATH")]
    httpd: Option<PathBuf>,

    /// Write httpd's answers to the scenario files, as expectations
    #[arg(long, requires = "paths")]
    record: bool,

    /// Compare (and with --record write) the headers and environments of all answers, not only where a scenario expects something
    /// of them
    #[arg(long)]
    response: bool,

    #[command(flatten)]
    known: BaselineArgs,

    /// Number of scenarios to run at a time
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<usize>,

    /// How to isolate httpd [default: strongest available]
    #[arg(long, value_enum, value_name = "WAY")]
    way: Option<Means>,

    /// Run a scenario's own programs even where nothing contains them: with all your rights
    #[arg(long)]
    allow_programs: bool,

    /// Output format; JSON is one object
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Means {
    /// As root, contained
    Root,
    /// Contained in a user namespace
    User,
    /// As an ordinary process over a scratch directory, which contains nothing
    Scratch,
}

/// A scenario, or why it is none.
type Read = (String, Result<Scenario, String>);

impl Verify {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let (scenarios, skipped) = self.scenarios(streams)?;
        let httpd = Httpd::find(self.httpd.as_deref()).or_else(failure)?;
        let worker = std::env::current_exe().or_else(|e| failure(format!("can't find this program: {e}")))?;
        let oracle = Oracle::new(
            httpd,
            worker,
            self.way.map(|way| match way {
                Means::Root => Way::Root,
                Means::User => Way::User,
                Means::Scratch => Way::Scratch,
            }),
            self.allow_programs,
        );
        let mut oracle = oracle.or_else(failure)?;
        oracle.headers = self.response;
        // told to end, it ends what it has started first
        let _ = ctrlc::set_handler(|| {
            oracle::clean_up();
            std::process::exit(130);
        });
        let wsgi = oracle.httpd.wsgi_version();
        let way = match oracle.way {
            Way::Root => "contained".to_string(),
            Way::User => "contained in a user namespace: what needs root is left out".to_string(),
            Way::Scratch => self.uncontained(&oracle),
        };
        let with = wsgi.as_deref().map_or(String::new(), |v| format!(" with mod_wsgi {v}"));
        streams.note(&format!("asking {}{with}, {way}", oracle.httpd.version));
        let usual = Version::default();
        let silent = |s: &Read| s.1.as_ref().is_ok_and(|s| s.httpd.is_default());
        if !oracle.httpd.is_version(usual) && scenarios.iter().any(silent) {
            streams.note(&format!(
                "scenarios without `httpd:` are answered as httpd {usual}, so differences between the versions show, too"
            ));
        }
        let bar = bar(scenarios.len(), streams.quiet);
        let threads = self.jobs.unwrap_or_else(oracle::threads).clamp(1, 64);
        let mut results = cores::share(&mut vec![(); threads], &scenarios, |(), scenario| {
            let result = self.verified(&oracle, scenario, streams.paint);
            bar.inc(1);
            result
        });
        oracle::heed_end();
        bar.finish_and_clear();
        self.hold(&scenarios, &mut results, streams)?;
        match self.format {
            OutputFormat::Text => {
                let skipped = suites::skipped(skipped);
                let text = verify::text(&results, skipped.as_deref(), streams.paint, streams.quiet);
                streams.out.write_all(text.as_bytes())?;
            }
            OutputFormat::Json => {
                let value = verify::json(&results, skipped, &oracle.httpd.version, wsgi.as_deref());
                streams.json(&value)?;
            }
        }
        let sum = verify::sum(&results);
        Ok(match sum {
            _ if sum.broken > 0 || sum.scenarios == 0 => End::Wrong,
            _ if sum.differ > 0 => End::Finding,
            _ => End::Fine,
        })
    }

    /// What is said of a way that contains nothing.
    fn uncontained(&self, oracle: &Oracle) -> String {
        let why = oracle.loose.as_deref().unwrap_or_default();
        let programs = match self.allow_programs {
            true => "scenarios run their own programs with your rights",
            false => "what might run a program of its own is left out, as is what needs root",
        };
        format!("over a scratch directory and not contained ({why}): {programs}")
    }

    /// The scenarios, and how many files are skipped.
    fn scenarios(&self, streams: &Streams) -> Result<(Vec<Read>, usize), Failure> {
        if self.paths.is_empty() {
            let scenario = given::scenario(self.scenario.as_deref(), streams)?;
            return Ok((vec![(scenario.path.display().to_string(), Ok(scenario))], 0));
        }
        let files = suites::files(&self.paths, suites::is_scenario)?;
        Ok((files.paths.iter().flat_map(|p| open(p)).collect(), files.skipped))
    }

    /// Leaves out the differences that are known.
    fn hold(&self, scenarios: &[Read], results: &mut [Verified], streams: &Streams) -> Result<(), Failure> {
        let names: Vec<Vec<String>> = scenarios.iter().map(|(_, scenario)| names(scenario)).collect();
        let found = results.iter().zip(&names).flat_map(|(result, names)| findings(result, names));
        let looked_at: Vec<String> = results.iter().map(|result| result.path.clone()).collect();
        let mut known = self.known.known(&looked_at, found, streams)?;
        for (result, names) in results.iter_mut().zip(&names) {
            leave_out(result, names, &mut known);
        }
        known.tell_unused(&looked_at, streams);
        Ok(())
    }

    fn verified(&self, oracle: &Oracle, (path, scenario): &Read, paint: Paint) -> Verified {
        let mut result = Verified {
            path: path.clone(),
            name: String::new(),
            verdict: Verdict::Broken(String::new()),
            stories: Vec::new(),
            recorded: None,
        };
        let scenario = match scenario {
            Ok(scenario) => scenario,
            Err(why) => return Verified { verdict: Verdict::Broken(why.clone()), ..result },
        };
        result.name = scenario.name.clone();
        result.verdict = oracle::verify(oracle, scenario);
        if let Verdict::Asked(asked) = &result.verdict {
            let differing: Vec<usize> = asked.iter().filter(|a| !a.differences.is_empty()).map(|a| a.index).collect();
            if !differing.is_empty() {
                result.stories = stories(scenario, &differing, paint);
            }
        }
        if self.record {
            match oracle::record(Path::new(path), scenario, &result.verdict) {
                Ok(number) => result.recorded = Some(number),
                Err(why) => result.verdict = Verdict::Broken(why),
            }
        }
        result
    }
}

fn open(path: &Path) -> Vec<Read> {
    let (name, sources) = (path.display().to_string(), SourceMap::default());
    let place = |d: &Diagnostic| if d.span.is_some() { format!(" ({})", sources.place(d.span)) } else { String::new() };
    match suites::load_all(path, &sources) {
        Ok(all) => all.into_iter().map(|scenario| (name.clone(), of_its_own(scenario))).collect(),
        Err(found) => {
            let why = found.first().map_or_else(String::new, |d| format!("{}{}", d.message, place(d)));
            vec![(name, Err(why))]
        }
    }
}

/// What the known differences of a scenario that refuses to start are of.
const START: &str = "httpd refuses to start";

/// The names of a scenario's requests.
fn names(scenario: &Result<Scenario, String>) -> Vec<String> {
    let requests = scenario.iter().flat_map(|scenario| &scenario.requests);
    apart(&requests.map(|spec| (spec.title(), details(spec))).collect::<Vec<_>>())
}

fn finding(path: &str, names: &[String], index: usize, key: &str) -> Finding {
    Finding::new(path, names.get(index).map_or("", String::as_str), key)
}

/// The differences of a scenario.
fn findings(result: &Verified, names: &[String]) -> Vec<Finding> {
    match &result.verdict {
        Verdict::Asked(asked) => {
            let of = asked.iter().flat_map(|a| a.differences.iter().map(move |d| (a.index, d.key)));
            of.map(|(index, key)| finding(&result.path, names, index, key)).collect()
        }
        Verdict::Refused(found, _) => found.iter().map(|d| Finding::new(&result.path, START, d.key)).collect(),
        _ => Vec::new(),
    }
}

/// Leaves out what is known of a scenario's differences.
fn leave_out(result: &mut Verified, names: &[String], known: &mut Baseline) {
    let path = &result.path;
    match &mut result.verdict {
        Verdict::Asked(asked) => {
            for a in asked.iter_mut() {
                a.differences.retain(|d| !known.has(&finding(path, names, a.index, d.key)));
            }
            let differs = |index: usize| asked.iter().any(|a| a.index == index && !a.differences.is_empty());
            result.stories.retain(|story| differs(story.index));
        }
        Verdict::Refused(found, _) => found.retain(|d| !known.has(&Finding::new(path, START, d.key))),
        _ => {}
    }
}

/// A scenario that can be laid out.
fn of_its_own(scenario: Scenario) -> Result<Scenario, String> {
    match scenario.site {
        Some(_) => Err("it asks a `site` of this machine, which is not laid out for a real httpd".into()),
        None => Ok(scenario),
    }
}

/// routesim's side of each request in `indices`.
fn stories(scenario: &Scenario, indices: &[usize], paint: Paint) -> Vec<Story> {
    let Ok(site) = Site::of_scenario(scenario) else { return Vec::new() };
    let Ok(run) = site.start() else { return Vec::new() };
    let story = |index: usize| {
        let spec = scenario.requests.get(index)?;
        let ask = Request::of(spec, index);
        let (outcome, steps) = run.explain(&ask);
        let explained = Explained::of(&site, &run, &ask, &outcome, &steps);
        Some(Story {
            title: format!("{} {}", spec.method, spec.url),
            line: spec.line,
            column: spec.column,
            index,
            explanation: explain::render(&explained, Level::Story, paint),
            trace: json::trace(&steps, run.sources()),
        })
    };
    indices.iter().copied().filter_map(story).collect()
}

/// Shows the way on a terminal, and nothing elsewhere.
fn bar(length: usize, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() || length < 2 {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} scenarios, {elapsed} gone, {eta} to go");
    let bar = ProgressBar::new(length as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
