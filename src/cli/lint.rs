//! `routesim lint [PATH...]`

use super::given::{self, Given, Opened};
use super::output::Streams;
use super::{End, Failure, failure, suites};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{self, Finding, Rule};
use crate::report::lint as report;
use crate::search::explore::Purse;
use crate::suggest::closest;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a configuration's author can hardly have meant, each finding with a request that shows it.
#[derive(clap::Args)]
pub(super) struct Lint {
    /// Scenarios, configuration files, .htaccess files, directories of them, or patterns ('sites/**/*.conf')
    #[arg(value_name = "PATH", conflicts_with_all = ["scenario", "config", "docroot"])]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    given: Given,

    /// Describe a rule: what it finds, why that is bad, and an example
    #[arg(long, value_name = "RULE", conflicts_with = "list")]
    explain: Option<String>,

    /// List the rules
    #[arg(long)]
    list: bool,

    /// Fail where a finding is of this level or above
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = FailOn::Warning)]
    fail_on: FailOn,

    /// Try at most so many requests for each configuration
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    budget: usize,

    /// Stop trying after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    timeout: f64,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    fn takes(self, level: Severity) -> bool {
        match self {
            FailOn::Error => level <= Severity::Error,
            FailOn::Warning => level <= Severity::Warning,
            FailOn::Note => level <= Severity::Note,
            FailOn::Never => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Text,
    /// A list of findings
    Json,
    /// With --list: the rules as a page
    Markdown,
}

impl Lint {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if let Some(name) = &self.explain {
            report::explain(&mut streams.out, known(name)?, streams.paint)?;
            return Ok(End::Fine);
        }
        if self.list {
            match self.format {
                Format::Text => report::list(&mut streams.out, lint::rules(), streams.paint)?,
                Format::Json => streams.json(&report::list_json(lint::rules()))?,
                Format::Markdown => streams.out.write_all(report::page(lint::rules()).as_bytes())?,
            }
            return Ok(End::Fine);
        }
        if self.format == Format::Markdown {
            return failure("--format markdown goes with --list");
        }
        let mut all: Vec<Value> = Vec::new();
        let (mut refused, mut telling) = (false, false);
        for (opened, named) in self.opened(streams)? {
            if opened.run.is_none() {
                streams.refused(&opened);
                refused = true;
            }
            let found = self.found(&opened)?;
            telling |= found.iter().any(|finding| self.fail_on.takes(finding.level));
            match self.format {
                Format::Json => {
                    all.extend(found.iter().map(|f| report::json(f, &opened.sources)));
                }
                _ => report::text(&mut streams.out, &found, &opened.sources, &named, streams.paint)?,
            }
        }
        if self.format == Format::Json {
            streams.json(&all)?;
        }
        Ok(match (refused, telling) {
            (true, _) => End::Wrong,
            (false, true) => End::Finding,
            (false, false) => End::Fine,
        })
    }

    /// What is to be looked at, each with the options by which `explain` finds it.
    fn opened(&self, streams: &Streams) -> Result<Vec<(Opened, String)>, Failure> {
        if self.paths.is_empty() {
            let name = self.given.scenario.as_deref();
            let opened = self.given.open_for_search(name, streams)?;
            let named = match (&self.given.config, &self.given.docroot, name.or(opened.example)) {
                (Some(config), ..) => format!("-c {} ", config.display()),
                (_, Some(docroot), _) => format!("--docroot {} ", docroot.display()),
                (.., Some(name)) => format!("-s {name} "),
                _ => String::new(),
            };
            return Ok(vec![(opened, named)]);
        }
        let wanted =
            |p: &Path| suites::is_scenario(p) || given::is_htaccess(p) || p.extension().is_some_and(|e| e == "conf");
        let files = suites::files(&self.paths, wanted)?;
        let mut all = Vec::new();
        for path in files.paths {
            let shown = path.display();
            if suites::built_in(&path).is_some() || suites::is_scenario(&path) {
                let opened = self.given.open_for_search(Some(&shown.to_string()), streams)?;
                all.push((opened, format!("-s {shown} ")));
            } else {
                let site = self.given.configuration(&path, streams)?;
                all.push((Opened::of(&site, Vec::new(), true), format!("-c {shown} ")));
            }
        }
        suites::skipped(files.skipped).iter().for_each(|skipped| streams.note(skipped));
        Ok(all)
    }

    /// What is found and not allowed.
    fn found(&self, opened: &Opened) -> Result<Vec<Finding>, Failure> {
        let Ok(seconds) = Duration::try_from_secs_f64(self.timeout) else {
            return failure("--timeout takes a number of seconds");
        };
        let purse = Purse { requests: self.budget, seed: 0, until: Instant::now().checked_add(seconds) };
        let facts = Facts::gather(&opened.site, purse);
        let allowed = lint::allowed(opened.site.sources());
        let mut found = lint::lint(&facts);
        found.retain(|finding| !allowed.iter().any(|allowed| allowed.covers(finding, &opened.sources)));
        found.extend(allowed.iter().filter_map(lint::Allowed::wrong));
        Ok(found)
    }
}

fn known(name: &str) -> Result<&'static Rule, Failure> {
    if let Some(rule) = lint::rule(name) {
        return Ok(rule);
    }
    match closest(name, lint::rules().iter().map(|rule| rule.name)) {
        Some(near) => failure(format!("no rule `{name}`: did you mean `{near}`?")),
        None => failure(format!("no rule `{name}` (`routesim lint --list` names them)")),
    }
}
