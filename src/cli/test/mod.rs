//! `routesim test [PATH...]`

mod cover;
mod failed;
mod filter;
mod forms;
mod judge;
mod mutate;
mod print;
mod reads;
mod rooted;
mod runner;
mod suggest;
mod update;
mod watch;

use super::baseline::{BaselineArgs, Finding};
use super::given::{self, Given, HERE};
use super::output::Streams;
use super::status::Status;
use super::{End, Failure, failure, suites};
use crate::report::paint::Paint;
use crate::report::suite::coverage::{Coverage, Suggested};
use crate::report::suite::mutation::Mutation;
use crate::report::suite::{self as printed, Case, Checked, State};
use crate::search::explore::Purse;
use crate::suite::{RealSite, Scenario};
use crate::text::plural;
use filter::Filter;
use forms::{Form, Format, Kind, Report, least, report};
use mutate::Mutate;
use runner::{Covered, Runner, Work};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use update::Which;

/// Expectations against outcomes.
#[derive(clap::Args)]
pub(super) struct Test {
    /// Scenario files, directories of them, or patterns ('sites/**/*.yaml')
    #[arg(value_name = "PATH", conflicts_with = "scenario")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    given: Given,

    /// Run only requests whose name, URL, scenario or file has TEXT in it, or that have a tag (`tag:smoke`); `!` before it
    /// leaves those out. May be repeated
    #[arg(long, value_name = "TEXT|tag:NAME")]
    filter: Vec<String>,

    /// Accept a suite without a single expectation
    #[arg(long)]
    allow_empty: bool,

    /// Stop at the first failure
    #[arg(long)]
    fail_fast: bool,

    /// Number of files to run at a time [default: as many as there are processors]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// Run again whenever a file that was read changes
    #[arg(long, conflicts_with_all = ["update", "record"])]
    watch: bool,

    /// Write today's answers into the expectations that differ; never where the answer is not certain
    #[arg(long, requires = "paths")]
    update: bool,

    /// Write today's answers into the requests that have no expectation
    #[arg(long, requires = "paths")]
    record: bool,

    #[command(flatten)]
    known: BaselineArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Also write a report to a file, such as `junit=report.xml`; may be repeated. Besides the output formats, FORMAT can be
    /// `lcov`, `coverage-json`, `coverage-html` or `coverage-listing`; `stryker` is of the mutants
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report)]
    report: Vec<(Report, PathBuf)>,

    /// Show which lines of the configuration the requests reach, and which decide. A format other than `table` takes
    /// standard output for itself
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    coverage: Option<Form>,

    /// Change the configuration in small ways, one at a time, and report the changes that no expectation notices, each with a
    /// request that would
    #[arg(long, conflicts_with_all = ["update", "record"])]
    mutate: bool,

    /// Put at most so many requests to the changed configurations; the same number gives the same results
    #[arg(long, value_name = "N")]
    budget: Option<usize>,

    /// Try no more changes after so many seconds, whatever is left
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    timeout: f64,

    /// Write requests for the lines that none reaches or matches, with today's answers, to paste into a suite
    #[arg(long, conflicts_with_all = ["update", "record"])]
    suggest: bool,

    /// Fail if less than PERCENT of the lines are reached (`80`), matched (`matched=80`) or have decided (`decided=30`), or if
    /// less of the mutants are noticed (`noticed=90`); may be repeated
    #[arg(long, value_name = "[WHAT=]PERCENT", value_parser = least)]
    fail_under: Vec<(Kind, f64)>,

    /// List every request, with the time it took
    #[arg(short, long)]
    verbose: bool,
}

/// What a run tells besides its results.
#[derive(Clone, Copy)]
struct Besides<'b> {
    coverage: Option<&'b Coverage>,
    mutation: Option<&'b Mutation>,
    suggested: Option<&'b [Suggested]>,
}

impl Test {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if let (true, Some(form)) = (self.format != Format::Text, self.coverage)
            && form != Form::Table
        {
            return failure(
                "--coverage=FORMAT and --format are both for standard output: write one of them with --report",
            );
        }
        if self.known.write_baseline && (!self.filter.is_empty() || self.fail_fast) {
            return failure("--write-baseline needs all requests: leave out --filter and --fail-fast");
        }
        if self.known.baseline.is_some() && (self.update || self.record) {
            return failure(
                "--baseline and --update or --record don't go together: what is written is not a difference",
            );
        }
        if self.paths.is_empty() && self.given.scenario.is_none() && !Path::new(HERE).is_file() {
            return failure(format!(
                "no suite is given, and there is no ./{HERE}: name suites or a directory of them (`routesim init` writes a first one)"
            ));
        }
        let site = self.given.real_site(streams)?;
        if !self.watch {
            return self.once(&site, streams, &mut Vec::new());
        }
        loop {
            let mut reads = Vec::new();
            let end = self.once(&site, streams, &mut reads);
            if let Err(Failure::Said(words)) = &end {
                streams.error(words);
            } else {
                end?;
            }
            streams.out.flush()?;
            reads.extend(self.paths.iter().cloned());
            streams.note("waiting for a change (Ctrl-C ends it)");
            watch::change(&reads);
        }
    }

    /// Runs the suites once; `reads` gets what was read for it.
    fn once(&self, site: &Option<RealSite>, streams: &mut Streams, reads: &mut Vec<PathBuf>) -> Result<End, Failure> {
        // what programs read has no colour
        let paint = match (self.format, self.coverage) {
            (Format::Text, None | Some(Form::Table)) => streams.paint,
            (Format::Text, Some(_)) => streams.error_paint,
            _ => Paint::default(),
        };
        let given = |scenario| self.prepared(scenario, site);
        let filter = Filter::of(&self.filter);
        let covered = self.covers().then(Mutex::<Covered>::default);
        let runner = Runner {
            paint,
            filter: &filter,
            fail_fast: self.fail_fast,
            watch: self.watch,
            coverage: covered.as_ref(),
            prepare: &given,
        };
        let mut skipped = 0;
        let work: Vec<Work> = if self.paths.is_empty() {
            vec![Work::Scenario(Box::new(given::scenario(self.given.scenario.as_deref(), streams)?))]
        } else {
            let files = suites::files(&self.paths, suites::is_scenario)?;
            skipped = files.skipped;
            files.paths.into_iter().map(Work::File).collect()
        };
        if self.update || self.record {
            for path in work.iter().filter_map(Work::path) {
                let which = Which { update: self.update, record: self.record, filter: &filter };
                update::file(path, which, &given, streams)?;
            }
        }
        let mut results = runner.all(&work, self.jobs.map(usize::from), reads);
        self.hold(&mut results, streams)?;
        let covered = covered.and_then(|covered| covered.into_inner().ok());
        if let Some(number @ 1..) = covered.as_ref().map(|covered| covered.unwatched) {
            let requests = plural(number, "request");
            streams.note(&format!(
                "coverage: of {requests} only the lines that decided are counted, there are too many others"
            ));
        }
        let coverage = covered.map(|covered| Coverage::of(covered.lines, covered.unwatched));
        let is_over = self.fail_fast && results.iter().any(Checked::failed);
        let mutation = (self.mutates() && !is_over).then(|| {
            let (jobs, fail_fast) = (self.jobs.map(usize::from), self.fail_fast);
            let _status = Status::begin(streams, "mutants");
            let purse = Purse::of(self.budget.unwrap_or(usize::MAX), super::until(self.timeout)?);
            Ok::<Mutation, Failure>(Mutate { filter: &filter, prepare: &given, jobs, fail_fast, purse }.run(&work))
        });
        let mutation = mutation.transpose()?;
        let suggested = coverage.as_ref().filter(|_| self.suggest);
        let suggested = suggested.map(|coverage| suggest::suggestions(&work, &given, coverage));
        let besides =
            Besides { coverage: coverage.as_ref(), mutation: mutation.as_ref(), suggested: suggested.as_deref() };
        self.print(&results, besides, skipped, paint, streams)?;
        let end = self.end(&results, streams)?;
        Ok(match (end, self.short_of(besides.coverage, besides.mutation, streams)) {
            (End::Fine, true) => End::Finding,
            (end, _) => end,
        })
    }

    /// Takes what is known out of the failures.
    fn hold(&self, results: &mut [Checked], streams: &Streams) -> Result<(), Failure> {
        let finding = |path: &str, case: &Case, key: &str| Finding::new(path, &case.title, key);
        let failed = results.iter().flat_map(|s| s.cases.iter().filter(|c| c.failed()).map(move |case| (s, case)));
        let found = failed.flat_map(|(s, c)| c.mismatches.iter().map(move |m| finding(&s.path, c, &m.key)));
        let looked_at: Vec<String> = results.iter().map(|s| s.path.clone()).collect();
        let mut known = self.known.known(&looked_at, found, streams)?;
        for s in results {
            for case in s.cases.iter_mut().filter(|case| case.failed()) {
                let is_known = case.mismatches.iter().map(|m| known.has(&finding(&s.path, case, &m.key)));
                let is_known: Vec<bool> = is_known.collect();
                if is_known.iter().all(|known| *known) {
                    case.state = State::Known;
                } else {
                    let mut is_known = is_known.into_iter();
                    case.mismatches.retain(|_| !is_known.next().unwrap_or_default());
                }
            }
        }
        if self.filter.is_empty() && !self.fail_fast {
            known.tell_unused(&looked_at, streams);
        }
        Ok(())
    }

    /// Whether anything asks for coverage.
    fn covers(&self) -> bool {
        let reported = self.report.iter().any(|(report, _)| matches!(report, Report::Coverage(_)));
        let least = self.fail_under.iter().any(|(kind, _)| *kind != Kind::Noticed);
        self.coverage.is_some() || least || reported || self.suggest
    }

    /// Whether anything asks for mutants.
    fn mutates(&self) -> bool {
        let reported = self.report.iter().any(|(report, _)| *report == Report::Results(Format::Stryker));
        let least = self.fail_under.iter().any(|(kind, _)| *kind == Kind::Noticed);
        self.mutate || self.format == Format::Stryker || least || reported
    }

    /// Whether less is reached, or noticed, than has to be.
    fn short_of(&self, coverage: Option<&Coverage>, mutation: Option<&Mutation>, streams: &Streams) -> bool {
        let mut short = false;
        for (kind, least) in &self.fail_under {
            let (share, what) = match (kind, coverage, mutation) {
                (Kind::Reached, Some(coverage), _) => (coverage.reached(), "lines are reached"),
                (Kind::Matched, Some(coverage), _) => (coverage.matched(), "lines are matched"),
                (Kind::Decided, Some(coverage), _) => (coverage.decided(), "lines have decided"),
                (Kind::Noticed, _, Some(mutation)) => (mutation.score(), "mutants are noticed"),
                _ => continue,
            };
            if share.percent() < *least {
                short = true;
                streams.error(&format!("{} of {} {what}, which is less than {least}%", share.part, share.whole));
            }
        }
        // without a share that is enough, all are to be noticed
        let is_enough = self.fail_under.iter().any(|(kind, _)| *kind == Kind::Noticed);
        short || !is_enough && mutation.is_some_and(|mutation| mutation.survived().next().is_some())
    }

    /// A scenario as the command line wants it.
    fn prepared(&self, scenario: Scenario, site: &Option<RealSite>) -> Result<Scenario, String> {
        let mut scenario = self.given.dated(scenario);
        if let Some(site) = site {
            if scenario.config_at.is_some() && scenario.site.is_none() {
                return Err(
                    "it has a configuration of its own: -c and --docroot are for suites without `config`".into()
                );
            }
            scenario.site = Some(site.clone());
        }
        Ok(scenario)
    }

    fn end(&self, results: &[Checked], streams: &mut Streams) -> Result<End, Failure> {
        let count = printed::count(results);
        let asked = count.passed + count.failed + count.known;
        if count.broken == 0 && asked == 0 && !self.allow_empty {
            streams.out.flush()?;
            return failure(match (count.skipped, self.filter.is_empty()) {
                (0, true) => "nothing is expected: no request has an `expect` (--allow-empty accepts that)",
                (0, false) => {
                    "nothing is expected: no request with an `expect` fits --filter (--allow-empty accepts that)"
                }
                _ => "nothing was asked: all requests are skipped (--allow-empty accepts that)",
            });
        }
        Ok(match count {
            _ if count.broken > 0 => End::Wrong,
            _ if count.failed > 0 => End::Finding,
            _ => End::Fine,
        })
    }
}
