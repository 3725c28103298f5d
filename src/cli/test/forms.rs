//! What the options of `test` name: forms of results and of coverage, and what is to be covered.

use super::super::Failure;
use crate::report::paint::Paint;
use crate::report::suite::coverage::{self, Coverage};
use crate::vfs::bounded;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
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
    /// Mutation testing report schema, for its viewers: of the mutants (`--mutate`)
    Stryker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// Human-readable table, and the lines that are not reached
    Table,
    /// The lines of the configuration, with counts beside them
    Listing,
    /// Tracefile, as genhtml and many services read it
    Lcov,
    /// One static page
    Html,
    /// One JSON object
    Json,
}

/// What a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Results(Format),
    Coverage(Form),
}

/// The reports that are no results.
const OF_COVERAGE: [(&str, Form); 4] = [
    ("lcov", Form::Lcov),
    ("coverage-json", Form::Json),
    ("coverage-html", Form::Html),
    ("coverage-listing", Form::Listing),
];

/// `FORMAT=FILE`.
pub(super) fn report(text: &str) -> Result<(Report, PathBuf), String> {
    use clap::ValueEnum;
    let names = || Format::value_variants().iter().filter_map(|f| Some(f.to_possible_value()?.get_name().to_string()));
    let all = || names().chain(OF_COVERAGE.map(|(name, _)| name.to_string())).collect::<Vec<_>>().join(", ");
    let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("write FORMAT=FILE")?;
    let report = match OF_COVERAGE.iter().find(|(name, _)| *name == format) {
        Some((_, form)) => Report::Coverage(*form),
        None => Format::from_str(format, false)
            .map(Report::Results)
            .map_err(|_| format!("no format `{format}`: it is one of {}", all()))?,
    };
    Ok((report, file.into()))
}

/// What a line has to have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reached,
    Matched,
    Decided,
    /// Of mutants.
    Noticed,
}

const KINDS: [(&str, Kind); 4] =
    [("reached", Kind::Reached), ("matched", Kind::Matched), ("decided", Kind::Decided), ("noticed", Kind::Noticed)];

/// `80`, `matched=80` or `noticed=80`.
pub(super) fn least(text: &str) -> Result<(Kind, f64), String> {
    let (word, number) = text.split_once('=').unwrap_or(("reached", text));
    let kind = KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
    let kind = kind.ok_or_else(|| format!("`{word}` is none of reached, matched, decided, noticed"))?;
    let number = number.strip_suffix('%').unwrap_or(number).parse::<f64>().ok();
    let number = number.filter(|n| (0.0..=100.0).contains(n)).ok_or("write a number from 0 to 100")?;
    Ok((kind, number))
}

/// Coverage in a form.
pub(super) fn covered(form: Form, coverage: &Coverage, paint: Paint) -> Result<String, Failure> {
    Ok(match form {
        Form::Table => coverage::table(coverage, paint),
        Form::Listing => coverage::listing(coverage, &|path| bounded::read(Path::new(path)).ok(), paint),
        Form::Lcov => coverage::lcov(coverage),
        Form::Html => coverage::html(coverage),
        Form::Json => format!("{}\n", serde_json::to_string_pretty(&coverage::json(coverage))?),
    })
}
