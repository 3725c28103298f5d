//! `routesim find TARGET...`

use super::{Ended, Format, SearchArgs, opened};
use crate::cli::given::Given;
use crate::cli::output::Streams;
use crate::cli::status::Status;
use crate::cli::{End, Failure, failure};
use crate::report::{ndjson, search as report};
use crate::search::explore::{Answer, Search};
use crate::search::notes::kind_of;
use crate::search::target::{Target, is_idle};
use serde_json::json;
use std::io::Write;
use std::ops::ControlFlow;

/// A request whose answer is as described.
#[derive(clap::Args)]
pub(in crate::cli) struct Find {
    #[command(flatten)]
    given: Given,

    /// The file is one of these; `*` and `?` match slashes, too
    #[arg(long, value_name = "GLOB", help_heading = "Targets")]
    file: Vec<String>,

    /// The status, such as 404 or 5xx
    #[arg(long, value_name = "N|Nxx", help_heading = "Targets")]
    status: Vec<String>,

    /// The handler
    #[arg(long, value_name = "NAME", help_heading = "Targets")]
    handler: Vec<String>,

    /// The access decision: granted, denied, auth-required or not-reached
    #[arg(long, value_name = "WORD", help_heading = "Targets")]
    access: Vec<String>,

    /// The Location of a redirect
    #[arg(long, value_name = "REGEX", help_heading = "Targets")]
    location: Vec<String>,

    /// The code in the error log
    #[arg(long, value_name = "CODE", help_heading = "Targets")]
    log: Vec<String>,

    /// The server that answers, by its ServerName
    #[arg(long, value_name = "NAME", help_heading = "Targets")]
    vhost: Vec<String>,

    /// This line decides
    #[arg(long, value_name = "FILE:LINE", help_heading = "Targets")]
    line: Vec<String>,

    /// The pattern of this line matches
    #[arg(long, value_name = "FILE:LINE", help_heading = "Targets")]
    reaches: Vec<String>,

    /// None of what `KEY=VALUE` says, with the keys above: `--not status=403`
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Targets")]
    not: Vec<String>,

    /// List the lines that no request reaches, or that never decide, with the lines that block them
    #[arg(long, help_heading = "Targets", conflicts_with_all = ["file", "status", "handler", "access", "location", "log", "vhost", "line", "reaches", "not"])]
    dead: bool,

    #[command(flatten)]
    search: SearchArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Find {
    fn written(&self) -> Vec<(&'static str, &str, bool)> {
        let keys = [
            ("file", &self.file),
            ("status", &self.status),
            ("handler", &self.handler),
            ("access", &self.access),
            ("location", &self.location),
            ("log", &self.log),
            ("vhost", &self.vhost),
            ("line", &self.line),
            ("reaches", &self.reaches),
        ];
        keys.into_iter().flat_map(|(key, all)| all.iter().map(move |value| (key, value.as_str(), true))).collect()
    }

    /// Runs the verb.
    pub(in crate::cli) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut written = self.written();
        for not in &self.not {
            let Some((key, value)) = not.split_once('=') else {
                return failure(format!("--not {not}: write KEY=VALUE"));
            };
            let known = ["file", "status", "handler", "access", "location", "log", "vhost", "line", "reaches"];
            let Some(key) = known.into_iter().find(|k| *k == key) else {
                return failure(format!("--not {not}: the keys are {}", known.join(", ")));
            };
            written.push((key, value, false));
        }
        if self.dead {
            return self.dead_lines(streams);
        }
        if written.is_empty() {
            return failure("say what to look for, such as `--status 5xx`, `--file '*.py'` or `--line FILE:LINE`");
        }
        let Some((opened, run)) = opened(&self.given, streams)? else { return Ok(End::Wrong) };
        let site = opened.site.clone();
        let mut targets = Vec::new();
        for (key, value, yes) in written {
            match Target::parse(key, value, &site, &run) {
                Ok(Target::Line(_, file, line) | Target::Reaches(_, file, line))
                    if is_idle(&site, &run, &file, line) =>
                {
                    return failure(format!("--{key} {value}: no directive that is in force stands there"));
                }
                Ok(target) => targets.push((target, yes)),
                Err(why) => return failure(format!("--{key} {value}: {why}")),
            }
        }
        let lines: Vec<_> = targets.iter().filter(|(_, yes)| *yes).flat_map(|(t, _)| t.lines()).collect();
        let limit = self.search.limit.unwrap_or(if self.format == Format::Text { 3 } else { 20 });
        let _status = Status::begin(streams, "requests");
        let mut search = Search::new(&site, run, self.search.terms(), self.search.purse(1)?);
        let watcher = search.run.fork();
        let sources = search.run.sources().clone();
        let (mut found, mut any) = (0, false);
        let mut wrong = None;
        let mut seen = std::collections::HashSet::new();
        search.run(&lines, &mut |answer: &Answer<'_>| {
            let fits = targets.iter().all(|(target, yes)| target.fits(answer, &watcher) == *yes);
            // each result is to show something of its own
            if !fits || !seen.insert(kind_of(answer.outcome)) {
                return ControlFlow::Continue(());
            }
            any = true;
            if found >= limit {
                return ControlFlow::Break(());
            }
            found += 1;
            let spec = answer.ask.spec();
            let told = match self.format {
                Format::Ndjson => {
                    let line = json!({"request": spec.written(), "outcome": report::outcome(answer.outcome, &sources)});
                    ndjson::line(&mut streams.out, &line)
                }
                Format::Text => report::result(&mut streams.out, &spec, answer.outcome, &sources, streams.paint),
                Format::Yaml => report::yaml(&mut streams.out, &spec, answer.outcome, &sources),
            };
            wrong = told.and_then(|()| streams.out.flush()).err();
            if wrong.is_some() || found >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(error) = wrong {
            return Err(error.into());
        }
        if !any && self.format != Format::Ndjson {
            for line in &lines {
                let Some(blockers) = search.blocked_by(*line).filter(|blockers| !blockers.is_empty()) else { continue };
                let by: Vec<String> = blockers.iter().map(|by| sources.place(*by)).collect();
                let line = sources.place(*line);
                streams
                    .note(&format!("no request can reach {line}: {} takes all that it would match", by.join(" and ")));
            }
        }
        let ended = Ended::of(&search, found);
        match self.format {
            Format::Ndjson => ndjson::line(&mut streams.out, &ended.summary(&sources))?,
            Format::Text | Format::Yaml => {
                streams.note(&report::ended(found, search.asked, ended.stopped, &ended.open, &sources))
            }
        }
        Ok(if any { End::Fine } else { End::Finding })
    }

    /// The lines that never have a part in an answer.
    fn dead_lines(&self, streams: &mut Streams) -> Result<End, Failure> {
        let Some((opened, run)) = opened(&self.given, streams)? else { return Ok(End::Wrong) };
        let site = opened.site.clone();
        let status = Status::begin(streams, "requests");
        let mut search = Search::new(&site, run, self.search.terms(), self.search.purse(1)?);
        search.run(&[], &mut |_| ControlFlow::Continue(()));
        let dead = search.dead();
        drop(status);
        let sources = search.run.sources().clone();
        let found = dead.len();
        for line in dead.iter().take(self.search.limit.unwrap_or(usize::MAX)) {
            match self.format {
                Format::Ndjson => {
                    let mut map = report::place(line.line, &sources);
                    map.insert("reached".into(), line.reached.into());
                    map.insert("decides".into(), false.into());
                    map.insert("blocked_by".into(), report::places(&line.blocked_by, &sources));
                    map.insert("would_differ".into(), line.would_differ.into());
                    map.insert("proved".into(), line.proved.into());
                    map.insert("request".into(), line.ask.as_ref().map(|ask| ask.spec().written()).into());
                    ndjson::line(&mut streams.out, &map)?;
                }
                Format::Text | Format::Yaml => report::dead(&mut streams.out, line, &sources, streams.paint)?,
            }
        }
        let ended = Ended::of(&search, found);
        match self.format {
            Format::Ndjson => ndjson::line(&mut streams.out, &ended.summary(&sources))?,
            Format::Text | Format::Yaml => {
                let lines = crate::text::plural(found, "line");
                streams.note(&format!("{lines} of the configuration decided nothing; {} requests tried", search.asked));
            }
        }
        Ok(if found > 0 { End::Fine } else { End::Finding })
    }
}
