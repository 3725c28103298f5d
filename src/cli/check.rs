//! `routesim check [PATH...]`

use super::baseline::{BaselineArgs, Finding};
use super::given::{self, Given, is_configuration, is_htaccess};
use super::output::{OutputFormat, Streams};
use super::{End, Failure, failure, suites};
use crate::diagnostic::{Diagnostic, Severity, Stage, UNREAD};
use crate::report::paint::{Tone, clean};
use crate::report::{diagnostics, json};
use crate::site::Site;
use crate::source::SourceMap;
use crate::source::directive_text;
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

    #[command(flatten)]
    known: BaselineArgs,

    /// Output format; JSON is a list of diagnostics
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// What was found in one file.
struct Found {
    name: String,
    /// Whether it is an .htaccess file.
    htaccess: bool,
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
    /// How many findings are known, and left out.
    known: usize,
    /// Whether an error is among those.
    known_error: bool,
}

impl Found {
    fn new(name: String, htaccess: bool, diagnostics: Vec<Diagnostic>, sources: SourceMap) -> Found {
        Found { name, htaccess, diagnostics, sources, known: 0, known_error: false }
    }

    fn of(name: String, site: &Site) -> Found {
        Found::new(name, false, site.diagnostics().to_vec(), site.sources().clone())
    }

    /// A finding as a baseline names it: by the text of its line, which stays the same where lines move.
    fn finding(&self, d: &Diagnostic) -> Finding {
        if !d.span.is_some() {
            return Finding::new(&self.name, &d.message, d.code);
        }
        // what is in no file of this machine is in the scenario
        let file = self.sources.file(d.span.file);
        let name = Some(file.shown()).filter(|shown| Path::new(shown).is_file()).unwrap_or(&self.name);
        Finding::new(name, &directive_text(&self.sources, d.span), d.code)
    }

    /// What may be known: what could not be read was not checked.
    fn can_be_known(d: &Diagnostic) -> bool {
        d.severity != Severity::Note && d.code != UNREAD
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
        let files = suites::files(&self.paths, is_configuration)?;
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
        self.hold(&mut found, streams)?;
        match self.format {
            OutputFormat::Json => {
                let all: Vec<Value> = found
                    .iter()
                    .flat_map(|f| match json::diagnostics(&f.diagnostics, &f.sources) {
                        Value::Array(list) => list,
                        other => vec![other],
                    })
                    .collect();
                streams.json(&all)?;
            }
            OutputFormat::Text => {
                for f in &found {
                    let counts = |d: &&Diagnostic| !streams.quiet || d.severity == Severity::Error;
                    let shown: Vec<Diagnostic> = f.diagnostics.iter().filter(counts).cloned().collect();
                    let text = diagnostics::text(&shown, &f.sources, streams.paint);
                    streams.out.write_all(text.as_bytes())?;
                    if !streams.quiet || f.refused() || f.known_error || f.unread() {
                        self.verdict(f, streams)?;
                    }
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

    /// Leaves out what is known.
    fn hold(&self, found: &mut [Found], streams: &Streams) -> Result<(), Failure> {
        let all = found.iter().flat_map(|f| f.diagnostics.iter().map(move |d| (f, d)));
        let all = all.filter(|(_, d)| Found::can_be_known(d)).map(|(f, d)| f.finding(d));
        let files = |f: &Found| {
            let shown = f.sources.files_from(0).into_iter().map(|file| file.shown().to_string());
            shown.chain([f.name.clone()]).collect::<Vec<_>>()
        };
        let looked_at: Vec<String> = match self.known.baseline {
            Some(_) => found.iter().flat_map(files).collect(),
            None => Vec::new(),
        };
        let mut known = self.known.known(&looked_at, all, streams)?;
        for f in found {
            let is_known = |d: &Diagnostic| Found::can_be_known(d) && known.has(&f.finding(d));
            let (gone, left): (Vec<_>, Vec<_>) = f.diagnostics.iter().cloned().partition(is_known);
            f.known = gone.len();
            f.known_error = gone.iter().any(|d| d.severity == Severity::Error);
            f.diagnostics = left;
        }
        known.tell_unused(&looked_at, streams);
        Ok(())
    }

    /// A configuration, and the .htaccess files of its sites that something is wrong with.
    fn config(&self, path: &Path) -> Result<Vec<Found>, Failure> {
        let name = path.display().to_string();
        if self.htaccess || is_htaccess(path) {
            let options = self.given.machine.options(self.given.version())?;
            let checked = options.check_htaccess(path).or_else(|e| failure(e.to_string()))?;
            return Ok(vec![Found::new(name, true, checked.diagnostics, checked.sources)]);
        }
        let site = self.given.machine.open(path, self.given.version())?;
        let mut found = Found::of(name, &site);
        found.add_machine(site.machine(), self.ignore_machine);
        Ok(with_htaccess(found, &site))
    }

    fn verdict(&self, f: &Found, streams: &mut Streams) -> Result<(), Failure> {
        let counted = diagnostics::summary(&f.diagnostics);
        let known = (f.known > 0).then(|| format!("{} known", f.known));
        let counted: Vec<String> = [counted].into_iter().filter(|counted| !counted.is_empty()).chain(known).collect();
        let counted = if counted.is_empty() { "no problems".to_string() } else { counted.join(", ") };
        let only_start = || f.diagnostics.iter().find(|d| d.first).and_then(|d| d.machine) == Some(Stage::Start);
        let (tone, verdict) = match (f.refused() || f.known_error, f.htaccess) {
            _ if f.unread() => (Tone::Bad, "not checked"),
            (false, false) => (Tone::Good, "httpd would start"),
            (true, false) if only_start() => (Tone::Bad, "`httpd -t` says Syntax OK, and httpd still would not start"),
            (true, false) if !f.refused() => (Tone::Warn, "httpd would refuse to start, which is known"),
            (true, true) if !f.refused() => (Tone::Warn, "httpd would answer 500, which is known"),
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
    let htaccess = site.check_htaccess_files().into_iter().map(|(name, wrong)| {
        Found::new(site.sources().shown(name.as_bytes()), true, vec![wrong], site.sources().clone())
    });
    [found].into_iter().chain(htaccess).collect()
}

/// A scenario's configuration, and its .htaccess files that something is wrong with.
fn scenario(scenario: Scenario, streams: &Streams) -> Result<Vec<Found>, Failure> {
    let name = scenario.path.display().to_string();
    let opened = given::open(scenario, streams)?;
    let site = opened.site;
    Ok(with_htaccess(Found::new(name, false, opened.diagnostics, opened.sources), &site))
}
