//! `routesim explain URL`

use super::given::{self, Given};
use super::output::{OutputFormat, Streams};
use super::request::{RequestArgs, hint};
use super::{End, Failure};
use crate::diagnostic::{Diagnostic, Severity};
use crate::outcome;
use crate::report::Explained;
use crate::report::explain::{self, Level};
use crate::report::paint::{Tone, clean};
use crate::report::{follow, json};
use crate::run::Run;
use crate::server::asked::Request;
use crate::source::SourceMap;
use std::io::Write;

/// What becomes of one request, and why.
#[derive(clap::Args)]
pub(super) struct Explain {
    /// The URL, or only its path; sent exactly as written
    #[arg(required_unless_present = "list")]
    url: Option<String>,

    #[command(flatten)]
    given: Given,

    #[command(flatten)]
    request: RequestArgs,

    /// Print only the one-line result
    #[arg(long, conflicts_with = "all")]
    brief: bool,

    /// Also show what did not match
    #[arg(long)]
    all: bool,

    /// Show the rewrite rules line by line, with what became of each in every pass
    #[arg(long, conflicts_with_all = ["all", "brief"])]
    rules: bool,

    /// Show the response headers, each with the lines that set, changed and lost it
    #[arg(long, conflicts_with_all = ["all", "brief", "rules"])]
    headers: bool,

    /// Show what the program finds in its environment, with the line that set each variable
    #[arg(long, conflicts_with_all = ["all", "brief", "rules", "headers"])]
    environment: bool,

    /// Leave out what httpd would stop at, and answer as it would without
    #[arg(long)]
    past_errors: bool,

    /// Output format; JSON is one object, the outcome with its trace
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,

    /// List the built-in scenarios
    #[arg(long)]
    list: bool,
}

impl Explain {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if self.list {
            return given::list(streams);
        }
        let mut spec = self.request.spec(self.url.as_deref().unwrap_or_default())?;
        if let Some(hint) = hint(&spec.url) {
            streams.note(&hint);
        }
        let mut opened = self.given.open(streams, Some(vec![spec.clone()]))?;
        if self.past_errors {
            opened = opened.past_errors();
            let errors = opened.diagnostics.iter().filter(|d| d.severity == Severity::Error);
            for d in errors {
                streams.note(&format!("left out: {}: {}", clean(opened.sources.place(d.span)), clean(&d.message)));
            }
        }
        opened.run = opened.run.map(Run::with_response);
        let Some(run) = &opened.run else {
            if let Some(error) = opened.refusal() {
                self.refused(error, &opened.sources, streams)?;
            }
            streams.out.flush()?;
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        streams.remarks(&opened.diagnostics, &opened.sources);
        if opened.real {
            run.place(&mut spec);
        }
        let mut ask = Request::of(&spec, 0);
        let followed = self.request.follow.then(|| run.follow(&ask));
        if let Some(followed) = &followed {
            ask.clone_from(&followed.last().request);
        }
        let (outcome, steps) = run.explain(&ask);
        let mut explained = Explained::of(&opened.site, run, &ask, &outcome, &steps);
        if self.format == OutputFormat::Json || !self.brief && !self.rules {
            explained = explained.with_suggestions();
        }
        match self.format {
            OutputFormat::Json => {
                let mut value = json::explained(&explained);
                if let (Some(example), Some(map)) = (opened.example, value.as_object_mut()) {
                    map.insert("site".into(), example.into());
                }
                if let (Some(followed), Some(map)) = (&followed, value.as_object_mut()) {
                    map.extend(json::hops(followed, run.sources()).map(|(key, value)| (key.into(), value)));
                }
                streams.json(&value)?;
            }
            OutputFormat::Text => {
                if let Some(example) = opened.example {
                    let row = format!("example: the built-in scenario `{example}`, since no site was given");
                    writeln!(streams.out, "{}", streams.paint.tone(Tone::Key, &row))?;
                }
                if let Some(followed) = &followed {
                    streams.out.write_all(follow::text(followed, streams.paint).as_bytes())?;
                }
                let page = match () {
                    () if self.rules => explain::rules(&explained, streams.paint),
                    () if self.headers => explain::headers(&explained, streams.paint),
                    () if self.environment => explain::environment(&explained, streams.paint),
                    () => explain::render(&explained, self.level(), streams.paint),
                };
                streams.out.write_all(page.as_bytes())?;
            }
        }
        Ok(End::Fine)
    }

    /// A configuration that httpd would not start with.
    fn refused(&self, error: &Diagnostic, sources: &SourceMap, streams: &mut Streams) -> Result<(), Failure> {
        if self.format == OutputFormat::Json {
            writeln!(streams.out, "{}", outcome::json::config_error(error, sources))?;
            return Ok(());
        }
        let none = streams.paint.tone(Tone::Bad, "no answer");
        let (message, place) = (clean(&error.message), clean(sources.place(error.span)));
        writeln!(streams.out, "{none}  httpd would refuse to start: {message} ({place})")?;
        Ok(())
    }

    fn level(&self) -> Level {
        match (self.brief, self.all) {
            (true, _) => Level::Brief,
            (_, true) => Level::All,
            _ => Level::Story,
        }
    }
}
