//! Running suites: on all processors, in order.

use super::super::names::{self, details};
use super::super::suites;
use super::cover::Watcher;
use super::failed::Stage;
use super::filter::Filter;
use super::reads;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;
use crate::report::diagnostics;
use crate::report::paint::Paint;
use crate::report::suite::coverage;
use crate::report::suite::{Broken, Case, Checked, State};
use crate::site::Site;
use crate::source::{SourceMap, Span};
use crate::suite::{self, Location, RequestSpec, Scenario};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// How many failures of a scenario are told why: the changes that would mend them are tried.
const STORIES: usize = 20;

/// What was run: its number, what came of it, and what was read.
type Done = (usize, Vec<Checked>, Vec<PathBuf>);

/// Something to run.
pub(super) enum Work {
    /// A file.
    File(PathBuf),
    /// What was read already.
    Scenario(Box<Scenario>),
}

impl Work {
    /// Its file, where it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Work::File(path) => Some(path),
            Work::Scenario(_) => None,
        }
    }

    /// The scenarios that can be read. (What is wrong with the others, the results say.)
    pub(super) fn scenarios(&self) -> Vec<Scenario> {
        match self {
            Work::Scenario(scenario) => vec![(**scenario).clone()],
            Work::File(path) => suites::load_all(path, &SourceMap::default()).unwrap_or_default(),
        }
    }
}

/// What makes a scenario what the command line wants.
pub(super) type Prepare<'p> = dyn Fn(Scenario) -> Result<Scenario, String> + Sync + 'p;

/// What the requests reached so far.
#[derive(Default)]
pub(super) struct Covered {
    pub lines: Vec<coverage::Line>,
    /// How many requests did more than was noted.
    pub unwatched: usize,
}

/// Runs suites.
pub(super) struct Runner<'r> {
    pub paint: Paint,
    pub filter: &'r Filter,
    pub fail_fast: bool,
    pub watch: bool,
    pub coverage: Option<&'r Mutex<Covered>>,
    pub prepare: &'r Prepare<'r>,
}

impl Runner<'_> {
    /// Runs all, `jobs` at a time; the results are in order. With `fail_fast`, what comes after the first failure is left out.
    pub(super) fn all(&self, work: &[Work], jobs: Option<usize>, reads: &mut Vec<PathBuf>) -> Vec<Checked> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = jobs.unwrap_or_else(|| if self.fail_fast { 1 } else { cores() }).min(work.len());
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let done: Mutex<Vec<Done>> = Mutex::default();
        let run = || {
            while !stop.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(work) = work.get(index) else { return };
                let mut reads = Vec::new();
                let results = self.one(work, &mut reads);
                if self.fail_fast && results.iter().any(Checked::failed) {
                    stop.store(true, Ordering::Relaxed);
                }
                if let Ok(mut done) = done.lock() {
                    done.push((index, results, reads));
                }
            }
        };
        if jobs < 2 {
            run();
        } else {
            std::thread::scope(|scope| {
                let start = |_| std::thread::Builder::new().stack_size(limits::STACK).spawn_scoped(scope, run).is_ok();
                // the system may have no thread left
                if (0..jobs).filter(|job| start(*job)).count() == 0 {
                    run();
                }
            });
        }
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(index, ..)| *index);
        let mut results = Vec::new();
        for (_, checked, read) in done {
            results.extend(checked);
            reads.extend(read);
        }
        if self.fail_fast {
            cut(&mut results);
        }
        results
    }

    fn one(&self, work: &Work, reads: &mut Vec<PathBuf>) -> Vec<Checked> {
        let path = match work {
            Work::Scenario(scenario) => return named_apart(vec![self.scenario((**scenario).clone(), reads)]),
            Work::File(path) => path,
        };
        reads.push(path.clone());
        let sources = SourceMap::default();
        match suites::load_all(path, &sources) {
            Ok(all) => {
                let mut results: Vec<Checked> = Vec::new();
                for scenario in all {
                    let is_empty = scenario.requests.is_empty() && scenario.expect.is_empty();
                    if is_empty && !results.is_empty() {
                        continue;
                    }
                    results.push(self.scenario(scenario, reads));
                    if self.fail_fast && results.iter().any(Checked::failed) {
                        break;
                    }
                }
                named_apart(results)
            }
            Err(found) => {
                let place = |span: Span| {
                    let file = sources.file(span.file);
                    let (line, column) = file.line_column(span.start);
                    Some(Location { path: file.name.clone(), line, column })
                };
                vec![self.broken(path.display().to_string(), String::new(), &found, &sources, &place)]
            }
        }
    }

    fn broken(
        &self,
        path: String,
        name: String,
        found: &[Diagnostic],
        sources: &SourceMap,
        place: &dyn Fn(Span) -> Option<Location>,
    ) -> Checked {
        let first = found.iter().find(|d| d.first).or_else(|| found.iter().find(|d| d.severity == Severity::Error));
        let error = Broken {
            text: diagnostics::text(found, sources, self.paint),
            message: first.map_or_else(|| "it can't be run".into(), |d| d.message.clone()),
            at: first.filter(|d| d.span.is_some()).and_then(|d| place(d.span)),
        };
        Checked { path, name, cases: Vec::new(), error: Some(error) }
    }

    /// Runs a scenario.
    fn scenario(&self, scenario: Scenario, reads: &mut Vec<PathBuf>) -> Checked {
        let (path, name) = (scenario.path.display().to_string(), scenario.name.clone());
        let at = scenario.config_at;
        let scenario = match (self.prepare)(scenario) {
            Ok(scenario) => scenario,
            Err(message) => {
                let error = Broken { text: format!("error: {message}"), message, at: None };
                return Checked { path, name, cases: Vec::new(), error: Some(error) };
            }
        };
        if let Some(why) = &scenario.skip {
            let wanted = |spec: &&RequestSpec| !spec.expect.is_empty() && self.filter.takes(&scenario, spec);
            let skipped = scenario.requests.iter().filter(wanted);
            let case = |spec: &RequestSpec| skipped_case(spec, why);
            return Checked { path, name, cases: skipped.map(case).collect(), error: None };
        }
        if self.watch {
            reads::of_scenario(&scenario, reads);
        }
        let own = |span: Span| scenario.location(&scenario.sources, span);
        let site = match Site::of_scenario(&scenario) {
            Ok(site) => site,
            Err(mut found) => {
                found.iter_mut().filter(|d| !d.span.is_some()).for_each(|d| d.span = at);
                return self.broken(path, name, &found, &scenario.sources, &own);
            }
        };
        if !scenario.expect.is_empty() {
            return Checked { path, name, cases: vec![refusal(&scenario)], error: None };
        }
        let place = |span: Span| scenario.location(site.sources(), span);
        let Ok(run) = suite::started(&scenario, &site) else {
            return self.broken(path, name, site.diagnostics(), site.sources(), &place);
        };
        let mut watcher = self.coverage.map(|_| Watcher::new(&run));
        let mut told = 0;
        let mut cases = Vec::new();
        for (index, spec) in scenario.requests.iter().enumerate() {
            if spec.expect.is_empty() || !self.filter.takes(&scenario, spec) {
                continue;
            }
            if let Some(why) = &spec.skip {
                cases.push(skipped_case(spec, why));
                continue;
            }
            let begun = Instant::now();
            let answered = match &mut watcher {
                Some(watcher) => watcher.answer(&scenario, &run, index),
                None => suite::answer(&scenario, &run, index),
            };
            let took = begun.elapsed();
            let mut case =
                Case { title: spec.title(), details: details(spec), line: spec.line, took, ..Case::default() };
            if self.watch {
                reads::of_answer(&run, &answered.outcome, reads);
            }
            if !answered.mismatches.is_empty() {
                let stage = Stage { scenario: &scenario, site: &site, run: &run, index };
                stage.failed(answered, told < STORIES, &mut case);
                told += 1;
            }
            let stop = self.fail_fast && case.failed();
            cases.push(case);
            if stop {
                break;
            }
        }
        if let (Some(watcher), Some(covered)) = (watcher, self.coverage) {
            let lines = watcher.lines(&scenario, &site, &run);
            if let Ok(mut covered) = covered.lock() {
                covered.lines.extend(lines);
                covered.unwatched += watcher.unwatched;
            }
        }
        if self.watch {
            reads::of_run(&run, reads);
        }
        Checked { path, name, cases, error: None }
    }
}

fn skipped_case(spec: &RequestSpec, why: &str) -> Case {
    let state = State::Skipped(why.into());
    Case { title: spec.title(), details: details(spec), line: spec.line, state, ..Case::default() }
}

/// That httpd refuses to start, as a case.
fn refusal(scenario: &Scenario) -> Case {
    let line = scenario.expect.first().map_or(0, |e| e.line);
    let mismatches = suite::run(scenario).map(|ran| ran.mismatches).unwrap_or_default();
    let state = if mismatches.is_empty() { State::Passed } else { State::Failed };
    Case { title: "httpd refuses to start".into(), line, state, mismatches, ..Case::default() }
}

/// Leaves out what comes after the first failure.
fn cut(results: &mut Vec<Checked>) {
    if let Some(at) = results.iter().position(Checked::failed) {
        results.truncate(at + 1);
        if let Some(first) = results[at].cases.iter().position(Case::failed) {
            results[at].cases.truncate(first + 1);
        }
    }
}

/// Gives the cases of a file names that no other has.
fn named_apart(mut results: Vec<Checked>) -> Vec<Checked> {
    let titles: Vec<(String, String)> =
        results.iter().flat_map(|s| &s.cases).map(|case| (case.title.clone(), case.details.clone())).collect();
    let names = names::apart(&titles);
    for (case, name) in results.iter_mut().flat_map(|s| &mut s.cases).zip(names) {
        if case.title != name && !case.details.is_empty() {
            case.asked = None;
        }
        case.title = name;
    }
    results
}
