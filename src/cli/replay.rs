//! `routesim replay [SCENARIO] [--urls FILE]`

use super::explain::place;
use super::given::{self, Given};
use super::output::Streams;
use super::parallel;
use super::{End, Failure, failure, machine};
use crate::outcome::Outcome;
use crate::report::{json, ndjson, table};
use crate::simulate::{Ask, Simulator};
use crate::suite::{RequestSpec, bounded};
use bstr::ByteSlice;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A scenario's requests, or the URLs of a file.
#[derive(clap::Args)]
pub struct Replay {
    /// A built-in scenario by its name, or a scenario file
    #[arg(conflicts_with_all = ["scenario", "config"], value_name = "SCENARIO")]
    positional: Option<String>,

    #[command(flatten)]
    given: Given,

    /// One URL a line, or METHOD and URL (`-`: standard input), in place of the scenario's requests
    #[arg(long, value_name = "FILE|-")]
    urls: Option<PathBuf>,

    /// How to tell it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Only these keys of each outcome, such as `status,handler,file` (ndjson)
    #[arg(long, value_name = "KEYS", value_delimiter = ',', value_parser = ndjson::FIELDS)]
    fields: Vec<String>,

    /// List the built-in scenarios
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Ndjson,
}

impl Replay {
    /// Runs the verb.
    pub fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if self.list {
            return given::list(streams);
        }
        if !self.fields.is_empty() && self.format != Format::Ndjson {
            return failure("--fields goes with --format ndjson");
        }
        let urls = self.urls.as_deref().map(read_urls).transpose()?;
        let name = self.positional.as_deref().or(self.given.scenario.as_deref());
        let opened = self.given.open_named(name, streams, urls)?;
        let Some(simulator) = &opened.simulator else {
            if self.format == Format::Ndjson
                && let Some(error) = opened.refusal()
            {
                ndjson::line(&mut streams.out, &json::config_error(error, &opened.sources))?;
                streams.out.flush()?;
            }
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        streams.remarks(&opened.diagnostics, &opened.sources);
        if opened.requests.is_empty() {
            streams.note("there are no requests: give URLs with --urls FILE");
        }
        let ask = |simulator: &Simulator, index: usize, spec: &RequestSpec| {
            if !opened.real {
                return simulator.ask(&Ask::of(spec, index));
            }
            let mut spec = spec.clone();
            place(&mut spec, simulator);
            simulator.ask(&Ask::of(&spec, index))
        };
        match self.format {
            Format::Ndjson => {
                let lines = |simulator: &Simulator, first: usize, specs: &[RequestSpec]| {
                    let mut text = Vec::new();
                    for (i, spec) in specs.iter().enumerate() {
                        let outcome = ask(simulator, first + i, spec);
                        match self.fields.as_slice() {
                            [] => ndjson::line(&mut text, &json::outcome(&outcome, simulator.sources()))?,
                            fields => ndjson::fields(&mut text, fields, &outcome, simulator.sources())?,
                        }
                    }
                    Ok(text)
                };
                parallel::in_order(simulator, &opened.requests, lines, |text: io::Result<Vec<u8>>| {
                    streams.out.write_all(&text?)
                })?;
            }
            Format::Table => {
                let mut outcomes = Vec::new();
                let some = |simulator: &Simulator, first: usize, specs: &[RequestSpec]| -> Vec<Outcome> {
                    specs.iter().enumerate().map(|(i, spec)| ask(simulator, first + i, spec)).collect()
                };
                parallel::in_order(simulator, &opened.requests, some, |found| {
                    outcomes.extend(found);
                    Ok::<(), io::Error>(())
                })?;
                streams.out.write_all(table::text(&outcomes, streams.paint).as_bytes())?;
            }
        }
        Ok(End::Fine)
    }
}

/// The URLs of a file: one a line, a method before it where it is not GET.
fn read_urls(path: &Path) -> Result<Vec<RequestSpec>, Failure> {
    let mut found = Vec::new();
    let mut number = 0;
    let each = |line: &[u8]| {
        number += 1;
        if !line.trim().is_empty() {
            found.push(request(&line.to_str_lossy(), number));
        }
    };
    if path == Path::new("-") {
        bounded::lines(io::stdin().lock(), each).or_else(|e| failure(format!("can't read standard input: {e}")))?;
    } else {
        let text = machine::read(path)?;
        let long = |e| failure(format!("can't read `{}`: {e}", path.display()));
        bounded::lines(text.as_slice(), each).or_else(long)?;
    }
    Ok(found)
}

fn request(line: &str, number: u32) -> RequestSpec {
    let line = line.trim();
    let method = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    let (method, url) = match line.split_once(' ') {
        Some((word, url)) if method(word) => (word, url.trim_start()),
        _ => ("GET", line),
    };
    RequestSpec { method: method.into(), url: url.into(), line: number, ..RequestSpec::default() }
}
