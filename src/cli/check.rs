//! `routesim check [PATH...]`

use super::given::{self, Given, is_htaccess};
use super::output::Streams;
use super::{End, Failure, failure, suites};
use crate::diagnostic::{Diagnostic, Severity, Stage, UNREAD};
use crate::report::paint::{Tone, clean};
use crate::report::{diagnostics, json};
use crate::site::Site;
use crate::source::SourceMap;
use crate::suite::Scenario;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The start-up verdict, and every error and warning.
#[derive(clap::Args)]
pub(super) struct Check {
    /// Scenarios, configuration files, .htaccess files, directories of them, or patterns ('sites/**/*.conf')
    #[arg(value_name = "PATH", conflicts_with_all = ["scenario", "config"])]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    given: Given,

    /// Read every PATH as an .htaccess file, with AllowOverride All
    #[arg(long)]
    htaccess: bool,

    /// Make notes of what is missing on this machine (certificates, directories of logs, module files)
    #[arg(long)]
    ignore_machine: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Text,
    /// A list of diagnostics
    Json,
}

/// What was found in one file.
struct Found {
    name: String,
    /// Whether it is an .htaccess file.
    htaccess: bool,
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl Found {
    fn of(name: String, site: &Site) -> Found {
        Found { name, htaccess: false, diagnostics: site.diagnostics().to_vec(), sources: site.sources().clone() }
    }

    /// What is missing on the machine; the first of it is where httpd stops, if nothing else stops it before.
    fn add_machine(&mut self, missing: Vec<Diagnostic>, ignored: bool) {
        // said better now
        let said = |d: &Diagnostic| d.severity == Severity::Note && missing.iter().any(|m| m.span == d.span);
        self.diagnostics.retain(|d| !said(d));
        let mut stops = !ignored && !self.diagnostics.iter().any(|d| d.first);
        for mut found in missing {
            if ignored {
                found.severity = Severity::Note;
            }
            found.first = std::mem::take(&mut stops);
            self.diagnostics.push(found);
        }
    }

    /// Whether it could not be read, and so not be checked.
    fn unread(&self) -> bool {
        self.diagnostics.iter().any(|d| d.code == UNREAD && d.severity == Severity::Error)
    }

    fn refused(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

impl Check {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut found = Vec::new();
        let mut broken = false;
        if self.paths.is_empty() {
            match &self.given.config {
                Some(config) => found.extend(self.config(&self.given.main_file(config, streams)?)?),
                None => match self.given.files(self.given.scenario.as_deref(), streams)? {
                    Some(site) => found.extend(with_htaccess(Found::of("the web files".into(), &site), &site)),
                    None => found.extend(scenario(
                        self.given.dated(given::scenario(self.given.scenario.as_deref(), streams)?),
                        streams,
                    )?),
                },
            }
        }
        let wanted = |p: &Path| suites::is_scenario(p) || is_htaccess(p) || p.extension().is_some_and(|e| e == "conf");
        let files = suites::files(&self.paths, wanted)?;
        for path in files.paths {
            if suites::built_in(&path).is_some() || suites::is_scenario(&path) && !self.htaccess {
                // what is no scenario is told of, and the others are looked at all the same
                let one = |s| scenario(self.given.dated(s), streams);
                let all = given::all_from_file(&path, streams);
                match all.and_then(|all| all.into_iter().map(one).collect::<Result<Vec<_>, _>>()) {
                    Ok(all) => found.extend(all.into_iter().flatten()),
                    Err(Failure::Said(words)) => {
                        streams.error(&words);
                        broken = true;
                    }
                    Err(closed) => return Err(closed),
                }
            } else {
                found.extend(self.config(&path)?);
            }
        }
        match self.format {
            Format::Json => {
                let all: Vec<Value> = found
                    .iter()
                    .flat_map(|f| match json::diagnostics(&f.diagnostics, &f.sources) {
                        Value::Array(list) => list,
                        other => vec![other],
                    })
                    .collect();
                streams.json(&all)?;
            }
            Format::Text => {
                for f in &found {
                    let counts = |d: &&Diagnostic| !streams.quiet || d.severity == Severity::Error;
                    let shown: Vec<Diagnostic> = f.diagnostics.iter().filter(counts).cloned().collect();
                    let text = diagnostics::text(&shown, &f.sources, streams.paint);
                    streams.out.write_all(text.as_bytes())?;
                    self.verdict(f, streams)?;
                }
            }
        }
        suites::skipped(files.skipped).iter().for_each(|skipped| streams.note(skipped));
        Ok(match found.iter().any(Found::refused) {
            _ if broken || found.iter().any(Found::unread) => End::Wrong,
            true => End::Finding,
            false => End::Fine,
        })
    }

    /// A configuration, and the .htaccess files of its sites that something is wrong with.
    fn config(&self, path: &Path) -> Result<Vec<Found>, Failure> {
        let name = path.display().to_string();
        if self.htaccess || is_htaccess(path) {
            let options = self.given.machine.options(self.given.version())?;
            let checked = options.check_htaccess(path).or_else(|e| failure(e.to_string()))?;
            return Ok(vec![Found {
                name,
                htaccess: true,
                diagnostics: checked.diagnostics,
                sources: checked.sources,
            }]);
        }
        let site = self.given.machine.open(path, self.given.version())?;
        let mut found = Found::of(name, &site);
        found.add_machine(site.machine(), self.ignore_machine);
        Ok(with_htaccess(found, &site))
    }

    fn verdict(&self, f: &Found, streams: &mut Streams) -> Result<(), Failure> {
        let counted = diagnostics::summary(&f.diagnostics);
        let counted = if counted.is_empty() { "no problems".to_string() } else { counted };
        let only_start = || f.diagnostics.iter().find(|d| d.first).and_then(|d| d.machine) == Some(Stage::Start);
        let (tone, verdict) = match (f.refused(), f.htaccess) {
            _ if f.unread() => (Tone::Bad, "not checked"),
            (false, false) => (Tone::Good, "httpd would start"),
            (true, false) if only_start() => (Tone::Bad, "`httpd -t` says Syntax OK, and httpd still would not start"),
            (true, false) => (Tone::Bad, "httpd would refuse to start"),
            (false, true) => (Tone::Good, "httpd would accept it"),
            (true, true) => (Tone::Bad, "httpd would answer 500"),
        };
        let verdict = streams.paint.tone(tone, verdict);
        writeln!(streams.out, "{}: {verdict} ({counted})", clean(&f.name))?;
        Ok(())
    }
}

/// What was found in a configuration, and in each .htaccess file of its sites that something is wrong with.
fn with_htaccess(found: Found, site: &Site) -> Vec<Found> {
    let htaccess = site.check_htaccess_files().into_iter().map(|(name, wrong)| Found {
        name: site.sources().shown(name.as_bytes()),
        htaccess: true,
        diagnostics: vec![wrong],
        sources: site.sources().clone(),
    });
    [found].into_iter().chain(htaccess).collect()
}

/// A scenario's configuration, and its .htaccess files that something is wrong with.
fn scenario(scenario: Scenario, streams: &Streams) -> Result<Vec<Found>, Failure> {
    let name = scenario.path.display().to_string();
    let opened = given::open(scenario, streams)?;
    let site = opened.site;
    Ok(with_htaccess(Found { name, htaccess: false, diagnostics: opened.diagnostics, sources: opened.sources }, &site))
}
