//! `routesim test [PATH...]`

mod baseline;
mod runner;
mod update;
mod watch;

use super::given::{self, Given};
use super::output::Streams;
use super::{End, Failure, failure, suites};
use crate::report::paint::Paint;
use crate::report::suite::{self as printed, Checked};
use crate::site::SiteOptions;
use crate::suite::{RealSite, Scenario};
use baseline::Baseline;
use runner::{Filter, Runner, Work};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use update::Which;
pub(super) use update::worth;

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

    /// File of known differences, one `FILE: REQUEST: KEY` per line, with the reason after two spaces and `# `
    #[arg(long, value_name = "FILE", conflicts_with_all = ["update", "record"])]
    baseline: Option<PathBuf>,

    /// Write what differs to the file of known differences
    #[arg(long, requires = "baseline")]
    write_baseline: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Also write a report to a file, such as `junit=report.xml`; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report)]
    report: Vec<(Format, PathBuf)>,

    /// List every request, with the time it took
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Text,
    /// One JSON object
    Json,
    /// JUnit XML
    Junit,
    /// Test Anything Protocol, version 14
    Tap,
    /// Annotations for GitHub Actions, and a table for the job's summary
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// `FORMAT=FILE`.
fn report(text: &str) -> Result<(Format, PathBuf), String> {
    use clap::ValueEnum;
    let names = || Format::value_variants().iter().filter_map(|f| Some(f.to_possible_value()?.get_name().to_string()));
    let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("write FORMAT=FILE")?;
    let known = || format!("no format `{format}`: it is one of {}", names().collect::<Vec<_>>().join(", "));
    Ok((Format::from_str(format, false).map_err(|_| known())?, file.into()))
}

impl Test {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let site = self.site(streams)?;
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

    /// The site that suites without one are asked of.
    fn site(&self, streams: &Streams) -> Result<Option<RealSite>, Failure> {
        let (machine, version) = (&self.given.machine, self.given.version());
        match (&self.given.config, &self.given.docroot) {
            (Some(config), _) if given::is_htaccess(config) => Ok(Some(RealSite::Htaccess(config.clone()))),
            (Some(config), _) => {
                let options: SiteOptions = machine.options(version)?;
                Ok(Some(RealSite::Config(self.given.main_file(config, streams)?, options)))
            }
            (None, Some(docroot)) => Ok(Some(RealSite::Docroot(docroot.clone()))),
            (None, None) => match machine.used() {
                Some(option) => failure(format!("{option} requires -c FILE")),
                None => Ok(None),
            },
        }
    }

    /// Runs the suites once; `reads` gets what was read for it.
    fn once(&self, site: &Option<RealSite>, streams: &mut Streams, reads: &mut Vec<PathBuf>) -> Result<End, Failure> {
        // what programs read has no colour
        let paint = if self.format == Format::Text { streams.paint } else { Paint::default() };
        let given = |scenario| self.prepared(scenario, site);
        let filter = Filter::of(&self.filter);
        let runner = Runner { paint, filter: &filter, fail_fast: self.fail_fast, watch: self.watch, prepare: &given };
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
        if let Some(path) = &self.baseline {
            let known = Baseline::read(path, self.write_baseline)?;
            if self.write_baseline {
                known.write(path, &results)?;
            }
            let known = if self.write_baseline { Baseline::read(path, false)? } else { known };
            let unused = known.apply(&mut results);
            if !unused.is_empty() && self.filter.is_empty() && !self.fail_fast {
                let entries: Vec<&str> = unused.iter().take(3).map(String::as_str).collect();
                let more = if unused.len() > 3 { ", ..." } else { "" };
                streams.note(&format!("known differences that did not occur: {}{more}", entries.join(", ")));
            }
        }
        self.print(&results, skipped, paint, streams)?;
        self.end(&results, streams)
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

    fn print(&self, results: &[Checked], skipped: usize, paint: Paint, streams: &mut Streams) -> Result<(), Failure> {
        let text = self.rendered(self.format, results, skipped, paint, streams.quiet)?;
        streams.out.write_all(text.as_bytes())?;
        // the text says it itself, and JSON by a number
        if !matches!(self.format, Format::Text | Format::Json) {
            suites::skipped(skipped).iter().for_each(|skipped| streams.note(skipped));
        }
        for (format, path) in &self.report {
            let text = self.rendered(*format, results, skipped, Paint::default(), streams.quiet)?;
            let written = std::fs::write(path, text);
            written.or_else(|e| failure(format!("can't write `{}`: {e}", path.display())))?;
        }
        let said = [self.format].into_iter().chain(self.report.iter().map(|r| r.0));
        if said.into_iter().any(|format| format == Format::Github)
            && let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())
        {
            let table = printed::table(results);
            let file = OpenOptions::new().create(true).append(true).open(&path);
            let written = file.and_then(|mut file| file.write_all(table.as_bytes()));
            written.or_else(|e| failure(format!("can't write `{}`: {e}", Path::new(&path).display())))?;
        }
        Ok(())
    }

    fn rendered(
        &self,
        format: Format,
        results: &[Checked],
        skipped: usize,
        paint: Paint,
        quiet: bool,
    ) -> Result<String, Failure> {
        Ok(match format {
            Format::Text => printed::text(results, suites::skipped(skipped).as_deref(), paint, quiet, self.verbose),
            Format::Json => format!("{}\n", serde_json::to_string_pretty(&printed::json(results, skipped))?),
            Format::Junit => printed::junit(results),
            Format::Tap => printed::tap(results),
            Format::Github => printed::annotations(results),
            Format::Sarif => format!("{}\n", serde_json::to_string_pretty(&printed::sarif(results))?),
        })
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
