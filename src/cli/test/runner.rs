//! Running suites: on all processors, in order.

use super::super::suites;
use super::cover::Watcher;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;
use crate::outcome::{Access, Decision, Outcome};
use crate::phase::Phase;
use crate::reason;
use crate::report::Explained;
use crate::report::paint::Paint;
use crate::report::suite::coverage;
use crate::report::suite::{self as printed, Broken, Case, Checked, Row, State};
use crate::report::{diagnostics, directive_text};
use crate::request::Request;
use crate::run::Run;
use crate::site::Site;
use crate::source::{SourceMap, Span};
use crate::suite::{self, Answered, ConfigSource, FileKind, Location, RequestSpec, Scenario};
use std::collections::{HashMap, HashSet};
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
}

/// Which requests are run.
pub(super) struct Filter {
    with: Vec<String>,
    without: Vec<String>,
}

impl Filter {
    /// Of the words of the command line.
    pub(super) fn of(words: &[String]) -> Filter {
        let (without, with): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('!'));
        let without = without.iter().map(|word| word[1..].to_string()).collect();
        Filter { with: with.into_iter().cloned().collect(), without }
    }

    /// Whether a request is one of them.
    pub(super) fn takes(&self, scenario: &Scenario, spec: &RequestSpec) -> bool {
        let fits = |word: &String| match word.strip_prefix("tag:") {
            Some(tag) => spec.tags.iter().chain(&scenario.tags).any(|own| own == tag),
            None => {
                let path = scenario.path.display().to_string();
                [spec.title(), spec.url.clone(), scenario.name.clone(), path].iter().any(|text| text.contains(word))
            }
        };
        (self.with.is_empty() || self.with.iter().any(fits)) && !self.without.iter().any(fits)
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
        self.read(&scenario, reads);
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
            let answered = suite::answer(&scenario, &run, index);
            let took = begun.elapsed();
            if let Some(watcher) = &mut watcher {
                watcher.see(&run, &answered);
            }
            let mut case =
                Case { title: spec.title(), details: details(spec), line: spec.line, took, ..Case::default() };
            if self.watch {
                served(&run, &answered.outcome, reads);
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
            reads.extend(
                run.sources().files_from(0).iter().filter_map(|file| real(file.shown())).flat_map(with_directory),
            );
        }
        Checked { path, name, cases, error: None }
    }

    /// What running a scenario reads.
    fn read(&self, scenario: &Scenario, reads: &mut Vec<PathBuf>) {
        if !self.watch {
            return;
        }
        if let ConfigSource::File(path) = &scenario.config {
            reads.extend(with_directory(path.clone()));
            let directory = path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
            reads.extend(
                suite::paths::below(directory, |_| true).unwrap_or_default().into_iter().flat_map(with_directory),
            );
        }
        for entry in &scenario.files {
            if let FileKind::From(from) = &entry.kind {
                reads.extend(with_directory(from.clone()));
                reads.extend(
                    suite::paths::below(from, |_| true).unwrap_or_default().into_iter().flat_map(with_directory),
                );
            }
        }
    }
}

/// A file of this machine, by its path.
fn real(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(path)).filter(|path| path.is_file())
}

fn with_directory(path: PathBuf) -> [PathBuf; 2] {
    let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
    [path, directory]
}

/// The directory that an answer is from: an .htaccess file may come to be there.
fn served(run: &Run, outcome: &Outcome, reads: &mut Vec<PathBuf>) {
    if let Some(file) = &outcome.file {
        let path = PathBuf::from(run.sources().shown(file));
        reads.extend(path.ancestors().skip(1).filter(|above| above.is_dir()).map(Path::to_path_buf));
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

/// Gives the cases of a file names that no other has: with what they are asked with, then with a number.
fn named_apart(mut results: Vec<Checked>) -> Vec<Checked> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let cases = results.iter().flat_map(|s| &s.cases);
    cases.for_each(|case| *counts.entry(case.title.clone()).or_default() += 1);
    let mut used: HashSet<String> = HashSet::new();
    for case in results.iter_mut().flat_map(|s| &mut s.cases) {
        if counts[&case.title] > 1 && !case.details.is_empty() {
            case.title = format!("{} ({})", case.title, case.details);
            case.asked = None;
        }
        let plain = case.title.clone();
        let mut number = 1;
        while !used.insert(case.title.clone()) {
            number += 1;
            case.title = format!("{plain} ({number})");
        }
    }
    results
}

/// A request of a scenario that is being run.
struct Stage<'s> {
    scenario: &'s Scenario,
    site: &'s Site,
    run: &'s Run,
    index: usize,
}

impl Stage<'_> {
    /// Completes a case whose answer is not the expected one.
    fn failed(&self, answered: Answered, tell: bool, case: &mut Case) {
        let Answered { outcome, request, hops, mismatches } = answered;
        let spec = &self.scenario.requests[self.index];
        let sources = self.run.sources();
        case.state = State::Failed;
        case.asked = asked(spec, &request);
        case.status = outcome.status;
        case.got = outcome.to_string();
        case.exposed = outcome.status < 400
            && outcome.connection.is_none()
            && mismatches.iter().any(|m| {
                m.key == "status" && m.want.as_u64().is_some_and(|status| (400..500).contains(&status))
                    || m.key == "access" && m.want.as_str().is_some_and(|access| access != "granted")
            });
        let line = |d: &Decision| format!("{} ({})", directive_text(sources, d.span), self.place(d.span));
        for hop in &hops {
            case.followed.push(format!("followed: {}", hop.outcome));
            case.followed.extend(hop.outcome.decided_by.iter().map(|d| format!("  decided by {}", line(d))));
        }
        case.decided_by = outcome.decided_by.iter().map(line).collect();
        let said = |c: &crate::outcome::Caveat| match c.span.is_some() {
            true => format!("`{}` ({}): {}", c.directive, self.place(c.span), c.why),
            false => format!("`{}`: {}", c.directive, c.why),
        };
        case.caveats = outcome.caveats.iter().map(said).collect();
        if let Some(own) = self.scenario.source {
            let own = self.scenario.sources.file(own);
            case.snippet = printed::snippet(&own, spec.line, &mismatches);
        }
        case.mismatches = mismatches;
        let mut culprit = None;
        if tell {
            (case.story, culprit) = self.story(&outcome, &request);
        }
        let places = culprit.into_iter().chain(self.telling(&outcome));
        case.at = places.into_iter().find_map(|line| self.scenario.location(sources, line));
    }

    /// The lines that decided, the most telling first.
    fn telling(&self, outcome: &Outcome) -> Vec<Span> {
        let refused = matches!(outcome.access, Access::Denied | Access::AuthRequired);
        let of_access = |phase: Phase| {
            matches!(phase, Phase::AccessCheckerEx | Phase::AccessChecker | Phase::AuthChecker | Phase::CheckUserId)
        };
        let mut lines: Vec<&Decision> = outcome.decided_by.iter().filter(|d| !d.only_log).collect();
        lines.sort_by_key(|d| (refused && !of_access(d.phase), reason::is_usual(self.run.sources(), d.span)));
        lines.into_iter().map(|d| d.span).collect()
    }

    /// A place as people are shown it; where it is in another file of this machine, there too.
    fn place(&self, span: Span) -> String {
        let own = self.run.sources().place(span);
        match self.scenario.location(self.run.sources(), span).map(|at| format!("{}:{}", at.path, at.line)) {
            Some(real) if real != own => format!("{own}, {real}"),
            _ => own,
        }
    }

    fn story(&self, outcome: &Outcome, request: &Request) -> (Vec<Row>, Option<Span>) {
        let (again, steps) = self.run.explain(request);
        if again != *outcome {
            return (Vec::new(), None);
        }
        let explained = Explained::of(self.site, self.run, request, outcome, &steps);
        let fits = |run: &Run| {
            let answered = suite::answer(self.scenario, run, self.index);
            answered.mismatches.is_empty()
        };
        printed::story(&explained, &|span| self.place(span), &fits)
    }
}

/// What is asked, where a case's title doesn't say it.
fn asked(spec: &RequestSpec, request: &Request) -> Option<String> {
    let details = details(spec);
    let mut said = format!("{} {}", request.method, request.url);
    if !details.is_empty() {
        said = format!("{said} ({details})");
    }
    (said != spec.title()).then_some(said)
}

/// What a request is made with besides its method and URL.
fn details(spec: &RequestSpec) -> String {
    let mut said = Vec::new();
    said.extend(spec.client.map(|client| format!("from {client}")));
    said.extend(spec.server.map(|(ip, port)| match port {
        Some(port) => format!("to {}", std::net::SocketAddr::new(ip, port)),
        None => format!("to {ip}"),
    }));
    said.extend(spec.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    said.extend(spec.user.as_ref().map(|user| format!("as {}", user.split(':').next().unwrap_or_default())));
    said.extend(spec.target.as_ref().map(|target| format!("target {target}")));
    said.extend(spec.tls.map(|tls| if tls { "over TLS" } else { "without TLS" }.to_string()));
    said.extend((spec.protocol != "HTTP/1.1").then(|| spec.protocol.clone()));
    said.join(", ")
}
