//! `routesim lint [PATH...]`

mod fix;
mod forms;
mod settings;
mod unnamed;

use super::baseline::{BaselineArgs, Finding as Known};
use super::given::{self, Given, Opened};
use super::output::Streams;
use super::{End, Failure, failure, suites, until};
use crate::diagnostic::Severity;
use crate::lint::settings::Settings;
use crate::lint::{self, Finding, Rule};
use crate::report::lint::{self as printed, Found, Linted};
use crate::report::{self};
use crate::search::explore::Purse;
use crate::source::Span;
use crate::source::directive_text;
use crate::suggest::closest;
use crate::suite::Location;
use clap::ValueEnum;
use forms::Format;
use std::io::Write;
use std::path::{Path, PathBuf};
use unnamed::Here;

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

    /// Mend what can be mended without changing anything else
    #[arg(long)]
    fix: bool,

    /// Mend what can be mended, though other answers may change too; they are shown
    #[arg(long)]
    unsafe_fixes: bool,

    /// Only show what --fix (or --unsafe-fixes) would write, as a diff
    #[arg(long)]
    diff: bool,

    /// Levels of rules, and what is left out [default: the `routesim.toml` that is nearest upwards from the configuration]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    #[command(flatten)]
    known: BaselineArgs,

    /// Fail where a finding is of this level or above [default: warning]
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<FailOn>,

    /// Ask no request: report only what the text alone shows, quickly. Most rules say nothing then
    #[arg(long)]
    no_proof: bool,

    /// Try at most so many requests for each configuration
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    budget: usize,

    /// Stop trying after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    timeout: f64,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Also write a report to a file, such as `sarif=lint.sarif`; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = forms::report)]
    report: Vec<(Format, PathBuf)>,
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

/// Something that is looked at.
struct Looked {
    opened: Opened,
    /// As it was named.
    name: String,
    /// The options by which `explain` finds it.
    named: String,
    settings: Settings,
}

impl Lint {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if let Some(name) = &self.explain {
            printed::explain(&mut streams.out, known(name)?, streams.paint)?;
            return Ok(End::Fine);
        }
        if self.list {
            return self.list(streams);
        }
        if self.format == Format::Markdown {
            return failure("--format markdown goes with --list");
        }
        let fixes = self.fix || self.unsafe_fixes;
        if self.diff && !fixes {
            return failure("--diff goes with --fix or --unsafe-fixes: it shows what they would write");
        }
        if fixes && self.no_proof {
            return failure("--fix needs the requests that --no-proof leaves out: each fix is tried before it is made");
        }
        let mut all: Vec<Linted> = Vec::new();
        let mut refused = false;
        for mut looked in self.looked(streams)? {
            if looked.opened.run.is_none() {
                looked.past_errors();
            }
            if fixes {
                fix::fix(&mut looked, self, streams)?;
            }
            refused |= looked.refused();
            let linted = self.linted(&looked)?;
            // an .htaccess file with an error is answered 500: the rest of it is looked at past that
            let stops: Vec<String> = linted.found.iter().filter_map(|found| looked.stops(&found.finding)).collect();
            let said: Vec<_> = linted.found.iter().map(|f| (f.finding.rule, f.finding.line.start)).collect();
            if !self.diff {
                all.push(linted);
            }
            if !stops.is_empty() && looked.past_errors() {
                if fixes {
                    fix::fix(&mut looked, self, streams)?;
                }
                let mut rest = self.linted(&looked)?;
                rest.found.retain(|Found { finding, .. }| {
                    stops.contains(&looked.file(finding)) && !said.contains(&(finding.rule, finding.line.start))
                });
                if !self.diff && !rest.found.is_empty() {
                    all.push(rest);
                }
            }
        }
        if self.diff {
            return Ok(if refused { End::Wrong } else { End::Fine });
        }
        self.hold(&mut all, streams)?;
        forms::print(&mut all, self.format, &self.report, streams)?;
        if self.no_proof {
            streams.note("no request was asked (--no-proof): what only an answer can show was not looked for");
        }
        let fails = all.iter().flat_map(|linted| &linted.found).any(|found| found.fails);
        Ok(match (refused, fails) {
            (true, _) => End::Wrong,
            (false, true) => End::Finding,
            (false, false) => End::Fine,
        })
    }

    fn list(&self, streams: &mut Streams) -> Result<End, Failure> {
        match self.format {
            Format::Text => printed::list(&mut streams.out, lint::rules(), streams.paint)?,
            Format::Json => streams.json(&printed::list_json(lint::rules()))?,
            Format::Markdown => streams.out.write_all(printed::page(lint::rules()).as_bytes())?,
            _ => return failure("--list is printed as text, json or markdown"),
        }
        Ok(End::Fine)
    }

    /// What is to be looked at.
    fn looked(&self, streams: &Streams) -> Result<Vec<Looked>, Failure> {
        let own = self.settings.as_deref().map(|path| settings::read(path, streams)).transpose()?;
        let of = |from: &Path| match (&own, settings::nearest(from)) {
            (Some(own), _) => Ok(own.clone()),
            (None, Some(path)) => {
                streams.note(&format!("using the settings of {}", path.display()));
                settings::read(&path, streams)
            }
            (None, None) => Ok(Settings::default()),
        };
        let mut paths = self.paths.clone();
        if paths.is_empty() && !self.given.is_named() {
            paths = of(Path::new("."))?.paths;
        }
        let mut given = self.given.clone();
        if paths.is_empty() && !given.is_named() {
            match unnamed::here()? {
                Some(Here::Config(file)) => given.config = Some(file),
                Some(Here::Files(directory)) => given.docroot = Some(directory),
                Some(Here::Several) => paths = vec![".".into()],
                None => {}
            }
        }
        if paths.is_empty() {
            return Ok(vec![one(&given, &of, streams)?]);
        }
        let files = suites::files(&paths, given::is_configuration)?;
        let mut all = Vec::new();
        for path in files.paths {
            let settings = of(&path)?;
            let name = path.display().to_string();
            if settings.excludes(&name) {
                continue;
            }
            let opened = self.given.open_path(&path, streams)?;
            let option = if opened.scenario.is_some() { "-s" } else { "-c" };
            let named = format!("{option} {} {}", report::search::quoted(&name), self.given.machine.words());
            all.push(Looked { opened, name, named, settings });
        }
        suites::skipped(files.skipped).iter().for_each(|skipped| streams.note(skipped));
        Ok(all)
    }

    fn purse(&self) -> Result<Purse, Failure> {
        Ok(Purse::of(self.budget, until(self.timeout)?))
    }

    /// What is found and not allowed.
    fn linted(&self, looked: &Looked) -> Result<Linted, Failure> {
        let purse = (!self.no_proof).then(|| self.purse()).transpose()?;
        let fail_on = looked.settings.fail_on.as_ref().and_then(|level| FailOn::from_str(level, true).ok());
        let fail_on = self.fail_on.or(fail_on).unwrap_or(FailOn::Warning);
        let found = lint::judged(&looked.opened.site, purse, &looked.settings);
        let found = found.into_iter().map(|finding| Found {
            at: looked.about(&finding),
            related: finding.related.iter().map(|(span, _)| looked.at(*span)).collect(),
            fails: fail_on.takes(finding.level),
            edited: looked.edited(&finding),
            finding,
        });
        let (name, named) = (looked.name.clone(), looked.named.clone());
        let (found, sources) = (found.collect(), looked.opened.site.sources().clone());
        Ok(Linted { name, named, sources, found, known: 0, refused: looked.refused() })
    }

    /// Leaves out what is known.
    fn hold(&self, all: &mut [Linted], streams: &Streams) -> Result<(), Failure> {
        let named = |linted: &Linted, found: &Found| {
            let text = directive_text(&linted.sources, found.finding.line);
            Known::new(&found.at.path, &text, found.finding.rule)
        };
        let files = |linted: &Linted| {
            let shown = linted.sources.files_from(0).into_iter().map(|file| file.shown().to_string());
            shown.chain([linted.name.clone()]).collect::<Vec<_>>()
        };
        let looked_at: Vec<String> = match self.known.baseline {
            Some(_) => all.iter().flat_map(files).collect(),
            None => Vec::new(),
        };
        let found = all.iter().flat_map(|linted| linted.found.iter().map(|found| named(linted, found)));
        let mut known = self.known.known(&looked_at, found, streams)?;
        for linted in all {
            let (gone, left) = std::mem::take(&mut linted.found)
                .into_iter()
                .partition::<Vec<_>, _>(|found| known.has(&named(linted, found)));
            (linted.known, linted.found) = (gone.len(), left);
        }
        known.tell_unused(&looked_at, streams);
        Ok(())
    }
}

impl Looked {
    /// What httpd would stop at is left out from here on.
    fn past_errors(&mut self) -> bool {
        let Some(site) = self.opened.site.past_errors() else { return false };
        let (real, scenario) = (self.opened.real, self.opened.scenario.take());
        self.opened = Opened { scenario, ..Opened::of(&site, Vec::new(), real) };
        self.named.push_str("--past-errors ");
        true
    }

    /// The name of the file that a finding is in.
    fn file(&self, finding: &Finding) -> String {
        self.opened.site.sources().file(finding.line.file).name.clone()
    }

    /// The .htaccess file that a finding says httpd stops in.
    fn stops(&self, finding: &Finding) -> Option<String> {
        let site = &self.opened.site;
        let says = ["htaccess-directive-not-allowed", "htaccess-needs-missing-module", "section-misspelt"];
        let within = finding.line.is_some() && site.is_htaccess(finding.line.file);
        (within && says.contains(&finding.rule)).then(|| self.file(finding))
    }

    /// Whether httpd would refuse to start.
    fn refused(&self) -> bool {
        self.opened.site.as_httpd_reads().is_some_and(|site| site.start().is_err())
    }

    /// The files that a fix changes, one for each edit, where they are files of this machine.
    fn edited(&self, finding: &Finding) -> Vec<String> {
        let edits = finding.fix.iter().filter(|_| self.opened.real).flat_map(|fix| &fix.edits);
        edits.map(|edit| from_here(self.opened.site.sources().file(edit.file).shown())).collect()
    }

    /// Where a finding is for those who read the files.
    fn about(&self, finding: &Finding) -> Location {
        match printed::published(finding, self.opened.site.sources()) {
            Some(path) => Location { path: from_here(&path), line: 1, column: 1 },
            None => self.at(finding.line),
        }
    }

    /// Where a line is for those who read the files: of a text in a scenario, in that file.
    fn at(&self, span: Span) -> Location {
        let sources = self.opened.site.sources();
        if let Some(at) = self.opened.scenario.as_ref().and_then(|scenario| scenario.location(sources, span)) {
            return at;
        }
        let file = sources.file(span.file);
        let (line, column) = file.line_column(span.start);
        match Path::new(file.shown()).is_file() {
            true => Location { path: from_here(file.shown()), line, column },
            // what is in no file of this machine is in what was named
            false => Location { path: self.name.clone(), line, column },
        }
    }
}

/// A path from the working directory, where it is below it.
fn from_here(path: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    Path::new(path).strip_prefix(here).map_or_else(|_| path.into(), |path| path.display().to_string())
}

/// The one that the options name.
fn one(given: &Given, of: &dyn Fn(&Path) -> Result<Settings, Failure>, streams: &Streams) -> Result<Looked, Failure> {
    let scenario = given.scenario.as_deref();
    let opened = given.open_for_search(scenario, streams)?;
    let (option, name) = match (&given.config, &given.docroot, scenario.or(opened.example)) {
        (Some(config), ..) => ("-c", config.display().to_string()),
        (_, Some(docroot), _) => ("--docroot", docroot.display().to_string()),
        (.., Some(name)) => ("-s", name.to_string()),
        _ => ("", given::HERE.to_string()),
    };
    let named = match option {
        "" => String::new(),
        _ => format!("{option} {} {}", report::search::quoted(&name), given.machine.words()),
    };
    // `-c auto` and a directory are where the file is that they stand for
    let main = opened.sources.file(crate::source::FileId(0));
    let from = if Path::new(&name).exists() { name.as_str() } else { main.shown() };
    let settings = of(if Path::new(from).exists() { Path::new(from) } else { Path::new(".") })?;
    Ok(Looked { opened, name, named, settings })
}

/// The rule of a name.
fn known(name: &str) -> Result<&'static Rule, Failure> {
    if let Some(rule) = lint::rule(name) {
        return Ok(rule);
    }
    match closest(name, lint::rules().iter().map(|rule| rule.name)) {
        Some(near) => failure(format!("no rule `{name}`: did you mean `{near}`?")),
        None => failure(format!("no rule `{name}` (`routesim lint --list` names them)")),
    }
}

/// What is found in a site of these settings.
fn judged(site: &crate::site::Site, purse: Purse, settings: &Settings) -> Vec<Finding> {
    lint::judged(site, Some(purse), settings)
}
