//! `routesim replay [SCENARIO] [--urls FILE]`

use super::given::{self, Given, Opened};
use super::output::Streams;
use super::remembered::Remembered;
use super::request::RequestArgs;
use super::urls::{self, Asker, Urls};
use super::{End, Failure, failure};
use crate::cores;
use crate::follow::json::ToldHops;
use crate::outcome::json::{self, Key, Texts, Told};
use crate::report::ndjson;
use crate::report::table::{Row, Table};
use crate::run::Run;
use crate::server::asked::Request;
use crate::suite::RequestSpec;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::{self, Write};
use std::path::PathBuf;

/// A scenario's requests, or the URLs of a file.
#[derive(clap::Args)]
pub(super) struct Replay {
    /// Name of a built-in scenario, or a scenario file
    #[arg(conflicts_with_all = ["scenario", "config"], value_name = "SCENARIO")]
    positional: Option<String>,

    #[command(flatten)]
    given: Given,

    /// File of URLs, one per line, each with an optional METHOD before it (`-` for standard input); used instead of
    /// the scenario's requests
    #[arg(long, value_name = "FILE|-")]
    urls: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Print only these keys of each outcome, such as `status,handler,file` (ndjson)
    #[arg(long, value_name = "KEYS", value_delimiter = ',', value_parser = keys())]
    fields: Vec<Key>,

    /// Also print what the client, the program, the back-end and the error log get: the keys `headers`, `type`, `env`,
    /// `backend` and `log_message` (ndjson)
    #[arg(long, conflicts_with = "fields")]
    response: bool,

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
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if self.list {
            return given::list(streams);
        }
        if !self.fields.is_empty() && self.format != Format::Ndjson {
            return failure("--fields goes with --format ndjson");
        }
        if self.response && self.format != Format::Ndjson {
            return failure("--response goes with --format ndjson");
        }
        let urls = self.urls.as_deref().map(Urls::read).transpose()?;
        let like = self.request.spec("/")?;
        if urls.is_none() && like != RequestSpec::short("/") {
            return failure("request options go with --urls FILE: a scenario says how its own requests are made");
        }
        let name = self.positional.as_deref().or(self.given.scenario.as_deref());
        let mut opened = self.given.open_named(name, streams, urls.as_ref().map(|u| urls::of_each_port(u.lines())))?;
        if self.response || self.fields.iter().any(|key| key.is_of_response()) {
            opened.run = opened.run.map(Run::with_response);
        }
        let Some(run) = &opened.run else {
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
        let quick = (!self.gives_reasons()).then(|| run.fork().without_reasons());
        let run = quick.as_ref().unwrap_or(run);
        match self.format {
            Format::Ndjson => self.ndjson(run, &opened, urls.as_ref(), &like, streams)?,
            Format::Table => self.table(run, &opened, urls.as_ref(), &like, streams)?,
        }
        Ok(End::Fine)
    }

    /// Whether what is printed has the lines that decided.
    fn gives_reasons(&self) -> bool {
        self.format == Format::Ndjson && (self.fields.is_empty() || self.fields.contains(&Key::DecidedBy))
    }

    /// One JSON object a line.
    fn ndjson(
        &self,
        run: &Run,
        opened: &Opened,
        urls: Option<&Urls>,
        like: &RequestSpec,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let print = |out: io::Result<Vec<u8>>| streams.out.write_all(&out?);
        match urls {
            None => {
                let some = |run: &Run, (first, specs): &Piece<'_>| {
                    let texts = Texts::for_many(run.sources());
                    let mut out = Vec::new();
                    for (i, spec) in specs.iter().enumerate() {
                        self.answer(&mut out, run, &Request::of(spec, first + i), &texts)?;
                    }
                    Ok(out)
                };
                cores::in_order(None, run, &pieces(&opened.requests), some, print)?;
            }
            Some(urls) => {
                let real = opened.real;
                let remembered = (!self.no_cache).then(Remembered::new);
                let some =
                    |run: &Run, piece: &_| self.lines(Asker::new(run, real, like), run, piece, remembered.as_ref());
                cores::in_order(None, run, &urls.pieces(), some, print)?;
            }
        }
        Ok(())
    }

    /// A table, printed as it goes.
    fn table(
        &self,
        run: &Run,
        opened: &Opened,
        urls: Option<&Urls>,
        like: &RequestSpec,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let mut table = Table::new(streams.paint);
        let mut print = |rows: Vec<Row>| rows.into_iter().try_for_each(|row| table.row(row, &mut streams.out));
        match urls {
            None => {
                let some = |run: &Run, (first, specs): &Piece<'_>| {
                    let numbered = specs.iter().enumerate();
                    numbered.flat_map(|(i, spec)| self.rows(run, &Request::of(spec, first + i))).collect()
                };
                cores::in_order(None, run, &pieces(&opened.requests), some, &mut print)?;
            }
            Some(urls) => {
                let real = opened.real;
                let some = |run: &Run, piece: &&[u8]| {
                    let mut asker = Asker::new(run, real, like);
                    let rows = urls::lines(piece).flat_map(|l| self.rows(run, asker.ask(&urls::text(l))));
                    rows.collect()
                };
                cores::in_order(None, run, &urls.pieces(), some, &mut print)?;
            }
        }
        Ok(table.end(&mut streams.out)?)
    }

    /// The outcomes of a piece's lines, in ndjson.
    fn lines<'l>(
        &self,
        mut asker: Asker<'_>,
        run: &Run,
        piece: &&'l [u8],
        remembered: Option<&Remembered<'l>>,
    ) -> io::Result<Vec<u8>> {
        let texts = Texts::for_many(run.sources());
        let mut out = Vec::new();
        for line in urls::lines(piece) {
            if remembered.is_some_and(|r| r.recall(line, &mut out)) {
                continue;
            }
            let start = out.len();
            self.answer(&mut out, run, asker.ask(&urls::text(line)), &texts)?;
            if let Some(remembered) = remembered {
                remembered.note(line, &out[start..]);
            }
        }
        Ok(out)
    }

    /// A request's outcome, as a line of ndjson.
    fn answer(&self, out: &mut Vec<u8>, run: &Run, ask: &Request, texts: &Texts<'_>) -> io::Result<()> {
        let keys = match self.fields.is_empty() {
            true if self.response => &Key::ALL[..],
            true => Key::USUAL,
            false => &self.fields,
        };
        match self.request.follow {
            true => ndjson::line(out, &ToldHops::new(&run.follow(ask), keys, texts)),
            false => ndjson::line(out, &Told { outcome: &run.ask(ask), keys, texts }),
        }
    }

    /// A request's rows in a table: its outcome, after those of the redirects that were followed.
    fn rows(&self, run: &Run, ask: &Request) -> Vec<Row> {
        if !self.request.follow {
            return vec![Row::of(&run.ask(ask))];
        }
        let followed = run.follow(ask);
        let mut rows: Vec<Row> = followed.hops.iter().map(|hop| Row::of(&hop.outcome)).collect();
        let last = rows.pop().map(|row| row.stopped(followed.stopped));
        rows.extend(last);
        rows
    }
}

/// Requests that are worked on at a time.
const PIECE: usize = 512;

/// Some requests, and the number of the first.
type Piece<'s> = (usize, &'s [RequestSpec]);

fn pieces(specs: &[RequestSpec]) -> Vec<Piece<'_>> {
    specs.chunks(PIECE).enumerate().map(|(i, piece)| (i * PIECE, piece)).collect()
}
