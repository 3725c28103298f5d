//! `routesim replay [SCENARIO] [--urls FILE]`

use super::given::{self, Given};
use super::output::Streams;
use super::remembered::Remembered;
use super::urls::{self, Asker, Urls};
use super::{End, Failure, failure, parallel};
use crate::outcome::Outcome;
use crate::outcome::json::{self, Key, Texts, Told};
use crate::report::{ndjson, table};
use crate::simulate::{Ask, Simulator};
use crate::suite::RequestSpec;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::{self, Write};
use std::path::PathBuf;

/// A scenario's requests, or the URLs of a file.
#[derive(clap::Args)]
pub struct Replay {
    /// A built-in scenario by its name, or a scenario file
    #[arg(conflicts_with_all = ["scenario", "config"], value_name = "SCENARIO")]
    positional: Option<String>,

    #[command(flatten)]
    given: Given,

    /// File of URLs, one per line, each with an optional METHOD before it (`-` for standard input); used instead of
    /// the scenario's requests
    #[arg(long, value_name = "FILE|-")]
    urls: Option<PathBuf>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Print only these keys of each outcome, such as `status,handler,file` (ndjson)
    #[arg(long, value_name = "KEYS", value_delimiter = ',', value_parser = keys())]
    fields: Vec<Key>,

    /// Simulate every line of --urls again, even a repeated one
    #[arg(long)]
    no_cache: bool,

    /// List the built-in scenarios
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Table,
    /// One JSON object per line
    Ndjson,
}

/// Keys by their names.
fn keys() -> impl TypedValueParser<Value = Key> {
    let named = |name: String| Key::ALL.into_iter().find(|k| k.name() == name).ok_or("no such key");
    PossibleValuesParser::new(Key::ALL.map(Key::name)).try_map(named)
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
        let urls = self.urls.as_deref().map(Urls::read).transpose()?;
        let lines = urls.as_ref().map(Urls::lines);
        let name = self.positional.as_deref().or(self.given.scenario.as_deref());
        let opened = self.given.open_named(name, streams, lines.as_deref().map(urls::of_each_port))?;
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
        match (&lines, self.format) {
            (None, Format::Ndjson) => {
                let some = |simulator: &Simulator, first: usize, specs: &[RequestSpec]| {
                    let texts = Texts::for_many(simulator.sources());
                    let mut out = Vec::new();
                    for (i, spec) in specs.iter().enumerate() {
                        self.write(&mut out, &simulator.ask(&Ask::of(spec, first + i)), &texts)?;
                    }
                    Ok(out)
                };
                parallel::in_order(simulator, &opened.requests, some, |out| print(streams, out))?;
            }
            (Some(lines), Format::Ndjson) => {
                let remembered = (!self.no_cache).then(Remembered::new);
                let some = |simulator: &Simulator, _, lines: &[_]| {
                    self.lines(simulator, opened.real, lines, remembered.as_ref())
                };
                parallel::in_order(simulator, lines, some, |out| print(streams, out))?;
            }
            (lines, Format::Table) => {
                let mut outcomes: Vec<Outcome> = Vec::new();
                let mut take = |found: Vec<Outcome>| {
                    outcomes.extend(found);
                    Ok::<(), io::Error>(())
                };
                match lines {
                    None => {
                        let some = |simulator: &Simulator, first: usize, specs: &[RequestSpec]| {
                            let numbered = specs.iter().enumerate();
                            numbered.map(|(i, spec)| simulator.ask(&Ask::of(spec, first + i))).collect()
                        };
                        parallel::in_order(simulator, &opened.requests, some, &mut take)?;
                    }
                    Some(lines) => {
                        let some = |simulator: &Simulator, _, lines: &[&str]| {
                            let mut asker = Asker::new(simulator, opened.real);
                            lines.iter().map(|line| simulator.ask(asker.ask(line))).collect()
                        };
                        parallel::in_order(simulator, lines, some, &mut take)?;
                    }
                }
                streams.out.write_all(table::text(&outcomes, streams.paint).as_bytes())?;
            }
        }
        Ok(End::Fine)
    }

    /// The outcomes of lines, in ndjson.
    fn lines<'l>(
        &self,
        simulator: &Simulator,
        real: bool,
        lines: &[&'l str],
        remembered: Option<&Remembered<'l>>,
    ) -> io::Result<Vec<u8>> {
        let texts = Texts::for_many(simulator.sources());
        let mut asker = Asker::new(simulator, real);
        let mut out = Vec::new();
        for line in lines {
            if remembered.is_some_and(|r| r.recall(line, &mut out)) {
                continue;
            }
            let start = out.len();
            self.write(&mut out, &simulator.ask(asker.ask(line)), &texts)?;
            if let Some(remembered) = remembered {
                remembered.note(line, &out[start..]);
            }
        }
        Ok(out)
    }

    fn write(&self, out: &mut Vec<u8>, outcome: &Outcome, texts: &Texts<'_>) -> io::Result<()> {
        let keys = if self.fields.is_empty() { &Key::ALL[..] } else { &self.fields };
        ndjson::line(out, &Told { outcome, keys, texts })
    }
}

fn print(streams: &mut Streams, out: io::Result<Vec<u8>>) -> io::Result<()> {
    streams.out.write_all(&out?)
}
