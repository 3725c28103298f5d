//! The forms that findings are printed in, and the reports that are written besides.

use super::super::output::Streams;
use super::super::rooted::Root;
use super::super::{Failure, failure};
use crate::report::lint::{self as printed, Linted};
use crate::report::paint::Paint;
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Human-readable text
    Text,
    /// A list of findings
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations for GitHub Actions, and a table for the job's summary
    Github,
    /// JUnit XML
    Junit,
    /// With --list: the rules as a page
    Markdown,
}

/// `FORMAT=FILE`.
pub(super) fn report(text: &str) -> Result<(Format, PathBuf), String> {
    use clap::ValueEnum;
    let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("write FORMAT=FILE")?;
    match Format::from_str(format, false) {
        Ok(format) if format != Format::Markdown => Ok((format, file.into())),
        _ => Err(format!("no format `{format}`: it is one of text, json, sarif, github, junit")),
    }
}

/// Prints what was found, and writes the reports.
pub(super) fn print(
    all: &mut [Linted],
    format: Format,
    reports: &[(Format, PathBuf)],
    streams: &mut Streams,
) -> Result<(), Failure> {
    if format == Format::Text {
        streams.out.write_all(printed::text(all, streams.quiet, streams.paint).as_bytes())?;
    }
    let texts: Vec<_> = reports.iter().filter(|(format, _)| *format == Format::Text).collect();
    for (_, path) in texts {
        write(path, &printed::text(all, streams.quiet, Paint::default()))?;
    }
    // what follows is for programs that know files from the repository's root
    if let Some(root) = Root::find() {
        for found in all.iter_mut().flat_map(|linted| &mut linted.found) {
            root.name(&mut found.at.path);
            found.related.iter_mut().for_each(|at| root.name(&mut at.path));
            found.edited.iter_mut().for_each(|path| root.name(path));
        }
    }
    if format != Format::Text {
        streams.out.write_all(rendered(format, all)?.as_bytes())?;
    }
    for (format, path) in reports.iter().filter(|(format, _)| *format != Format::Text) {
        write(path, &rendered(*format, all)?)?;
    }
    let mut said = reports.iter().map(|(format, _)| *format).chain([format]);
    if said.any(|format| format == Format::Github)
        && let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())
    {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(printed::table(all).as_bytes()));
        written.or_else(|e| failure(format!("can't write `{}`: {e}", Path::new(&path).display())))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).or_else(|e| failure(format!("can't write `{}`: {e}", path.display())))
}

fn rendered(format: Format, all: &[Linted]) -> Result<String, Failure> {
    let pretty = |value: &Value| Ok(format!("{}\n", serde_json::to_string_pretty(value)?));
    match format {
        Format::Json => pretty(
            &all.iter()
                .flat_map(|linted| linted.found.iter().map(|found| printed::json(&found.finding, &linted.sources)))
                .collect(),
        ),
        Format::Sarif => pretty(&printed::sarif(all)),
        Format::Github => Ok(printed::annotations(all)),
        Format::Junit => Ok(printed::junit(all)),
        Format::Text | Format::Markdown => Ok(printed::text(all, false, Paint::default())),
    }
}
