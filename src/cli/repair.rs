//! `routesim repair URL --expect KEY=VALUE...`

use super::given::{Given, Opened};
use super::output::Streams;
use super::request::{RequestArgs, hint};
use super::status::Status;
use super::written;
use super::{End, Failure, failure};
use crate::reason::Case;
use crate::repair::{self, Found, Goal, Others, Repair as Mended};
use crate::report::{ndjson, repair as printed};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::Rewritten;
use crate::source::SourceMap;
use serde_json::{Value, json};

/// Changes that give an answer.
#[derive(clap::Args)]
pub(super) struct Repair {
    /// The URL, or only its path; sent exactly as written
    url: String,

    /// What the answer is to be, as `status=403`, `file=/srv/www/a.html`, `handler=cgi-script`, `location=null`, `status=2xx`
    /// or `header.X-Frame-Options=DENY`; any key of an outcome; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = pair, required = true)]
    expect: Vec<(String, String)>,

    /// Write the Nth change into the files
    #[arg(long, value_name = "N")]
    apply: Option<usize>,

    /// Show at most so many changes
    #[arg(long, value_name = "N", default_value_t = 5)]
    limit: usize,

    /// Number of threads; the results are the same on any number [default: as many as there are processors]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// Try no more after so many seconds, whatever is left
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    timeout: f64,

    #[command(flatten)]
    given: Given,

    #[command(flatten)]
    request: RequestArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text: each change in words, what else it changes, and its diff
    Text,
    /// All changes and a summary, as one JSON object
    Json,
    /// One JSON object per line: the changes, then the summary
    Ndjson,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, as in status=403")?;
    Ok((key.trim().into(), value.into()))
}

impl Repair {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let goal = Goal::of(self.expect.clone()).or_else(|wrong| failure(format!("--expect: {wrong}")))?;
        if self.request.follow {
            return failure("-L goes with explain, not with repair: ask for the last URL itself");
        }
        let until = super::until(self.timeout)?;
        let mut spec = self.request.spec(&self.url)?;
        if let Some(hint) = hint(&spec.url) {
            streams.note(&hint);
        }
        let mut opened = self.given.open_besides(streams, spec.clone())?;
        opened.run = opened.run.map(|run| if goal.asks_for_response() { run.with_response() } else { run });
        let Some(run) = &opened.run else {
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        streams.remarks(&opened.diagnostics, &opened.sources);
        let place = |spec: &mut crate::suite::RequestSpec| {
            if opened.real {
                run.place(spec);
            }
        };
        place(&mut spec);
        let ask = Request::of(&spec, 0);
        let (outcome, steps) = run.explain(&ask);
        let fits = goal.missing(&outcome, run.sources()) == 0;
        if fits {
            streams.note("the answer is as wanted already: there is nothing to change");
        }
        let case =
            Case { site: &opened.site, run, ask: &ask, outcome: &outcome, steps: &steps, sources: run.sources() };
        let own = &opened.requests[..opened.requests.len().saturating_sub(1)];
        // a part of the time is for finding out what else a change may do
        let part = super::until(self.timeout / 4.0)?;
        let others = repair::requests(&opened.site, run, &spec, own, &place, part);
        let others = Others::of(run, others);
        let status = Status::begin(streams, "changes");
        let found = repair::repair(&case, &goal, &others, until, self.jobs.map(usize::from));
        drop(status);
        if !fits || self.format != Format::Text {
            self.print(&found, &others, run, streams)?;
        }
        if let Some(number) = self.apply {
            let chosen = number.checked_sub(1).and_then(|at| found.repairs.get(at));
            let Some(chosen) = chosen else { return failure(format!("--apply: there is no change {number}")) };
            write(chosen, &opened, run.sources(), streams)?;
        }
        Ok(if fits || !found.repairs.is_empty() { End::Fine } else { End::Finding })
    }

    fn print(&self, found: &Found, others: &Others, run: &Run, streams: &mut Streams) -> Result<(), Failure> {
        let sources = run.sources();
        let shown = self.limit.min(found.repairs.len());
        let values = || found.repairs.iter().take(shown).map(|r| printed::value(r, others, sources, sources));
        let summary = || printed::summary(found, shown, others, sources);
        match self.format {
            Format::Text => {
                let page = printed::text(found, shown, others, sources, streams.paint);
                std::io::Write::write_all(&mut streams.out, page.as_bytes())?;
            }
            Format::Json => streams.json(&json!({"repairs": values().collect::<Value>(), "summary": summary()}))?,
            Format::Ndjson => {
                values().try_for_each(|value| ndjson::line(&mut streams.out, &value))?;
                ndjson::line(&mut streams.out, &json!({"summary": summary()}))?;
            }
        }
        Ok(())
    }
}

/// Writes a change into the files that it is of.
fn write(chosen: &Mended, opened: &Opened, sources: &SourceMap, streams: &Streams) -> Result<(), Failure> {
    if !opened.real {
        return failure("--apply: the text is inside a scenario: put the change there by hand");
    }
    let mut texts = Rewritten::default();
    texts.step(sources, &chosen.edits).or_else(|e| failure(e.to_string()))?;
    written::write(&texts, streams)
}
