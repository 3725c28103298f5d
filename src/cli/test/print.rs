//! What a run of suites came to, in the forms that were asked for.

use super::super::output::Streams;
use super::super::{Failure, failure, suites};
use super::forms::{Form, Format, Report, covered};
use super::rooted::rooted;
use super::{Besides, Test};
use crate::report::paint::Paint;
use crate::report::suite::coverage;
use crate::report::suite::mutation;
use crate::report::suite::{self as printed, Checked};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

impl Test {
    /// Prints the results and what goes with them, and writes the reports.
    pub(super) fn print(
        &self,
        results: &[Checked],
        besides: Besides<'_>,
        skipped: usize,
        paint: Paint,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let Besides { coverage, mutation, suggested } = besides;
        let is_text = self.format == Format::Text;
        let own = match is_text {
            true => paint,
            false => Paint::default(),
        };
        let mut out = self.rendered(self.format, results, besides, skipped, paint, streams.quiet)?;
        let mut aside = String::new();
        if self.format == Format::Stryker {
            aside = self.rendered(Format::Text, results, besides, skipped, own, streams.quiet)?;
        }
        match (self.coverage, coverage) {
            (Some(Form::Table), Some(coverage)) if is_text => {
                out = format!("{out}\n{}", coverage::table(coverage, paint));
            }
            (Some(Form::Table), Some(coverage)) if self.format != Format::Json => {
                aside.push_str(&coverage::table(coverage, own));
            }
            (Some(form), Some(coverage)) if form != Form::Table => {
                let paint = if form == Form::Listing { streams.paint } else { Paint::default() };
                aside = std::mem::replace(&mut out, covered(form, coverage, paint)?);
            }
            _ => {}
        }
        if let Some(mutation) = mutation.filter(|_| self.format != Format::Json) {
            let text = mutation::text(mutation, own, streams.quiet);
            let to =
                if is_text && self.coverage.is_none_or(|form| form == Form::Table) { &mut out } else { &mut aside };
            to.push_str(if to.is_empty() { "" } else { "\n" });
            to.push_str(&text);
        }
        if let Some(suggested) = suggested.filter(|_| self.format != Format::Json) {
            let to =
                if is_text && self.coverage.is_none_or(|form| form == Form::Table) { &mut out } else { &mut aside };
            to.push_str(if to.is_empty() { "" } else { "\n" });
            to.push_str(&coverage::suggested(suggested));
        }
        streams.out.write_all(out.as_bytes())?;
        if !aside.is_empty() {
            streams.aside(&aside);
        }
        // the text says it itself, and JSON by a number
        if !matches!(self.format, Format::Text | Format::Json | Format::Stryker) {
            suites::skipped(skipped).iter().for_each(|skipped| streams.note(skipped));
        }
        for (report, path) in &self.report {
            let text = match (report, coverage) {
                (Report::Results(Format::Stryker), _) if mutation.is_none() => continue,
                (Report::Results(format), _) => {
                    self.rendered(*format, results, besides, skipped, Paint::default(), streams.quiet)?
                }
                (Report::Coverage(form), Some(coverage)) => covered(*form, coverage, Paint::default())?,
                (Report::Coverage(_), None) => continue,
            };
            let written = std::fs::write(path, text);
            written.or_else(|e| failure(format!("can't write `{}`: {e}", path.display())))?;
        }
        let mut said = self.report.iter().map(|(report, _)| *report).chain([Report::Results(self.format)]);
        if said.any(|report| report == Report::Results(Format::Github))
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
        besides: Besides<'_>,
        skipped: usize,
        paint: Paint,
        quiet: bool,
    ) -> Result<String, Failure> {
        Ok(match format {
            Format::Text => printed::text(results, suites::skipped(skipped).as_deref(), paint, quiet, self.verbose),
            Format::Json => {
                let mut value = printed::json(results, skipped);
                if let (Some(Form::Table), Some(coverage)) = (self.coverage, besides.coverage) {
                    value["coverage"] = coverage::json(coverage);
                }
                if let Some(suggested) = besides.suggested {
                    value["suggestions"] = coverage::suggestions(suggested);
                }
                if let Some(mutation) = besides.mutation {
                    value["mutation"] = mutation::json(mutation);
                }
                format!("{}\n", serde_json::to_string_pretty(&value)?)
            }
            Format::Stryker => match besides.mutation {
                Some(mutation) => format!("{}\n", serde_json::to_string_pretty(&mutation::stryker(mutation))?),
                None => String::new(),
            },
            Format::Junit => printed::junit(&rooted(results)),
            Format::Tap => printed::tap(results),
            Format::Github => printed::annotations(&rooted(results)),
            Format::Sarif => format!("{}\n", serde_json::to_string_pretty(&printed::sarif(&rooted(results)))?),
        })
    }
}
