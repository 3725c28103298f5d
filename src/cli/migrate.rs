//! `routesim migrate [PATH...]`

use super::given::{self, Given, Opened};
use super::output::{OutputFormat, Streams};
use super::{End, Failure, failure, suites, until, written};
use crate::migrate::{Done, Migrated, migrate};
use crate::report::{migrate as printed, unified};
use crate::search::explore::Purse;
use std::io::Write;
use std::path::PathBuf;

/// A configuration of 2.2 as 2.4 has it.
#[derive(clap::Args)]
pub(super) struct Migrate {
    /// Configuration files, .htaccess files or scenarios, directories of them, or patterns
    #[arg(value_name = "PATH", conflicts_with_all = ["scenario", "config", "docroot"])]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    given: Given,

    /// Write the changes into the files [default: show them as a diff]
    #[arg(long, conflicts_with = "output")]
    write: bool,

    /// Write the new text to a file, where only one changes
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Try at most so many requests each time
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    budget: usize,

    /// Stop trying after so many seconds each time
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    timeout: f64,

    /// Output format; text is the diff, with what is left, and why, on standard error; JSON is a list of all steps and the
    /// diff, one object for each site
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

impl Migrate {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        until(self.timeout)?;
        let mut all = Vec::new();
        let mut left = false;
        for (opened, name) in self.opened(streams)? {
            let purse = || Purse::of(self.budget, until(self.timeout).unwrap_or_default());
            let migrated = migrate(&opened.site, &opened.requests, &purse);
            left |= migrated.steps.iter().any(|step| matches!(step.done, Done::Left(_)));
            match self.format {
                OutputFormat::Json => all.push(printed::json(&migrated)),
                OutputFormat::Text => self.tell(&migrated, streams)?,
            }
            self.put(&migrated, &opened, &name, streams)?;
        }
        if self.format == OutputFormat::Json {
            streams.json(&all)?;
        }
        Ok(if left { End::Finding } else { End::Fine })
    }

    fn tell(&self, migrated: &Migrated, streams: &mut Streams) -> Result<(), Failure> {
        if !self.write && self.output.is_none() {
            let diff = unified::texts(&migrated.texts);
            streams.out.write_all(unified::painted(&diff, "", streams.paint).as_bytes())?;
            streams.out.flush()?;
        }
        streams.aside(&printed::remarks(migrated, streams.error_paint));
        Ok(())
    }

    /// Writes the texts where they are to go.
    fn put(&self, migrated: &Migrated, opened: &Opened, name: &str, streams: &Streams) -> Result<(), Failure> {
        if let Some(output) = &self.output {
            let mut texts = migrated.texts.texts();
            let (first, second) = (texts.next(), texts.next());
            let text = match (first, second) {
                (Some(text), None) => text,
                (None, _) => return failure(format!("`{name}`: nothing changes: there is nothing to write")),
                _ => return failure("-o is for one text, and several change: --write writes each where it is"),
            };
            let written = std::fs::write(output, &text.after);
            return written.or_else(|e| failure(format!("can't write `{}`: {e}", output.display())));
        }
        if !self.write {
            return Ok(());
        }
        if !opened.real {
            return failure(format!(
                "`{name}`: the text is inside a scenario: without --write the changes are shown, put them there by hand"
            ));
        }
        written::write(&migrated.texts, streams)
    }

    /// What is to be migrated, and its name.
    fn opened(&self, streams: &Streams) -> Result<Vec<(Opened, String)>, Failure> {
        if self.paths.is_empty() {
            let name = self.given.scenario.as_deref();
            let opened = self.given.open_for_search(name, streams)?;
            return Ok(vec![(opened, name.unwrap_or("the configuration").into())]);
        }
        let files = suites::files(&self.paths, given::is_configuration)?;
        if self.output.is_some() && files.paths.len() > 1 {
            return failure("-o is for one text: name one");
        }
        let open = |path: &PathBuf| Ok((self.given.open_path(path, streams)?, path.display().to_string()));
        files.paths.iter().map(open).collect()
    }
}
