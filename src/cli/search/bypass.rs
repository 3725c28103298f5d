//! `routesim bypass URL`

use super::exposed::everything;
use super::{Ended, Format, SearchArgs, opened};
use crate::cli::baseline::{BaselineArgs, Finding};
use crate::cli::given::{Given, Opened};
use crate::cli::output::Streams;
use crate::cli::request::{header, server};
use crate::cli::status::Status;
use crate::cli::{End, Failure, failure};
use crate::clock;
use crate::cores;
use crate::report::bypass as report;
use crate::report::{ndjson, search};
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::denial::{Denial, No, denial, named, refusing};
use crate::search::explore::{Purse, Stopped};
use crate::search::ground::Ground;
use crate::search::hunt::{Found, Hunt};
use crate::search::open::Open;
use crate::search::solve::Solver;
use crate::search::target::{is_at, is_idle};
use crate::search::turns::By;
use crate::site::Site;
use crate::source::Span;
use crate::suite::RequestSpec;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How many requests are asked for one of several refusals, and for a single one.
const EACH: usize = 8_000;
const ALONE: usize = 80_000;
/// How many refused requests are looked into for the same lines.
const SAMPLES: usize = 5;

/// Requests that get what another one is refused.
#[derive(clap::Args)]
pub(in crate::cli) struct Bypass {
    /// URL that is refused
    #[arg(value_name = "URL", required_unless_present_any = ["line", "every"])]
    url: Option<String>,

    /// All that this line refuses
    #[arg(long, value_name = "FILE:LINE", conflicts_with_all = ["url", "every"])]
    line: Option<String>,

    /// All that any line refuses
    #[arg(long, conflicts_with = "url")]
    every: bool,

    #[command(flatten)]
    given: Given,

    /// Method of the refused request
    #[arg(
        short = 'X',
        long,
        value_name = "METHOD",
        default_value = "GET",
        requires = "url",
        help_heading = "Request options"
    )]
    method: String,

    /// Header of the refused request; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header, requires = "url", help_heading = "Request options")]
    header: Vec<(String, String)>,

    /// Server address that the refused request's connection comes in on
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = server, requires = "url", help_heading = "Request options")]
    server: Option<(IpAddr, Option<u16>)>,

    /// The refused request uses TLS whatever the URL's scheme is
    #[arg(long, requires = "url", help_heading = "Request options")]
    tls: bool,

    /// The refused request is plain HTTP, even for an https URL
    #[arg(long, conflicts_with = "tls", requires = "url", help_heading = "Request options")]
    no_tls: bool,

    /// HTTP version of the refused request
    #[arg(
        long,
        value_name = "PROTOCOL",
        default_value = "HTTP/1.1",
        requires = "url",
        help_heading = "Request options"
    )]
    protocol: String,

    #[command(flatten)]
    known: BaselineArgs,

    #[command(flatten)]
    search: SearchArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Bypass {
    /// Runs the verb.
    pub(in crate::cli) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        // a file that can't be read is said before the work
        if !self.known.write_baseline {
            self.known.known(&[], std::iter::empty(), streams)?;
        }
        let Some((opened, run)) = opened(&self.given, streams)? else { return Ok(End::Wrong) };
        let site = opened.site.clone();
        let purse = self.search.purse(1)?;
        let terms = self.search.terms();
        let first: Vec<Ask> = self.refused(&opened, &run).into_iter().filter_map(|ask| terms.within(ask)).collect();
        let third = Instant::now().checked_add(Duration::from_secs_f64(self.search.timeout.clamp(0.0, 1e6) / 3.0));
        let _status = Status::begin(streams, "requests");
        let mut ground = Ground::new(&site, run, terms.clone(), Purse { until: third, ..purse }, &first);
        let mut asked = 0;
        let denials: Vec<Vec<Denial>> = match &self.url {
            Some(url) => match first.first().map(|ask| denied(&site, &ground.search.run, ask)) {
                Some(Ok(denial)) => vec![vec![*denial]],
                Some(Err(no)) => {
                    report::no_case(
                        &mut streams.out,
                        &no,
                        ground.search.run.sources(),
                        self.format == Format::Ndjson,
                        streams.paint,
                    )?;
                    if let Some(why) = report::why(&no) {
                        streams.note(&format!("{url}: {why}"));
                    }
                    if self.format == Format::Ndjson {
                        let ended = Ended { found: 0, asked: ground.search.asked, stopped: None, open: Vec::new() };
                        ndjson::line(&mut streams.out, &ended.summary(ground.search.run.sources()))?;
                    }
                    return Ok(End::Fine);
                }
                None => return failure("the request is none of those that --hold and --client leave"),
            },
            None => {
                let reached = everything(&site, &mut ground, &self.search, purse)?;
                asked += reached.asked;
                let files = reached.kept.into_values().flatten();
                let asks: Vec<Ask> = ground.refused.iter().cloned().chain(files).collect();
                let wanted = self.wanted(&site, &ground.search.run)?;
                groups(&site, &ground.search.run, asks, wanted, purse)
            }
        };
        let limit = self.search.limit.unwrap_or(usize::MAX);
        // refusals may be left out already
        let late = ground.search.stopped == Some(Stopped::Time) || clock::is_over(purse.until);
        let (mut found, mut findings, mut stopped) = (0, Vec::new(), late.then(Stopped::late));
        let sources = ground.search.run.sources().clone();
        let lore = ground.lore();
        // a single one has all cores for itself
        let (most, jobs) = if self.url.is_some() { (ALONE, purse.jobs) } else { (EACH, Some(1)) };
        let left = purse.requests.saturating_sub(ground.search.asked + asked);
        let each = Purse { requests: left.min(most), jobs, ..purse };
        let hunts = |run: &Run, group: &Vec<Denial>| {
            let solver = Solver::default();
            let hunt = |denial| Hunt::new(&lore, run, &solver, denial, &terms, each).run();
            group.iter().map(hunt).collect::<Vec<(Vec<Found>, usize, bool)>>()
        };
        let mut groups = denials.iter();
        let ended = cores::in_order(purse.jobs, &ground.search.run, &denials, hunts, |hunted| {
            let mut met: HashSet<(bool, By)> = HashSet::new();
            for (denial, (results, used, late)) in groups.next().into_iter().flatten().zip(hunted) {
                asked += used;
                if ground.search.asked + asked > purse.requests {
                    stopped = Some(Stopped::Budget);
                    return Err(None);
                }
                let results: Vec<Found> =
                    results.into_iter().filter(|f| self.url.is_some() || met.insert((f.proved, f.by))).collect();
                if self.format == Format::Text && (!results.is_empty() || self.url.is_some()) {
                    report::denial(&mut streams.out, denial, &sources, streams.paint).map_err(|e| Some(e.into()))?;
                }
                for result in &results {
                    if found >= limit {
                        stopped = Some(Stopped::Limit);
                        return Err(None);
                    }
                    found += 1;
                    if result.proved {
                        let line = result.missed.first().map(|line| sources.file(line.file));
                        let file = line.as_ref().map_or("config", |file| file.shown());
                        findings.push(Finding::new(file, &denial.ask.url(), result.by.word()));
                    }
                    self.tell(streams, denial, result, &sources).map_err(Some)?;
                }
                if late {
                    stopped = Some(Stopped::late());
                    return Err(None);
                }
            }
            Ok(())
        });
        if let Err(Some(failure)) = ended {
            return Err(failure);
        }
        let asked = ground.search.asked + asked;
        let looked_at: Vec<String> = sources.files_from(0).iter().map(|file| file.shown().to_string()).collect();
        let mut known = self.known.known(&looked_at, findings.iter().cloned(), streams)?;
        let proved = findings.iter().filter(|finding| !known.has(finding)).count();
        if self.every {
            known.tell_unused(&looked_at, streams);
        }
        match self.format {
            Format::Ndjson => {
                ndjson::line(&mut streams.out, &Ended { found, asked, stopped, open: bounded() }.summary(&sources))?
            }
            Format::Text => report::last(
                &mut streams.out,
                found,
                proved,
                denials.iter().flatten().count(),
                asked,
                stopped,
                streams.paint,
            )?,
            Format::Yaml => streams.note(&search::ended(found, asked, stopped, &bounded(), &sources)),
        }
        Ok(if proved > 0 { End::Finding } else { End::Fine })
    }

    /// The request that is refused, as the command line has it.
    fn refused(&self, opened: &Opened, run: &Run) -> Option<Ask> {
        let mut spec = RequestSpec {
            url: self.url.clone()?,
            method: self.method.clone(),
            headers: self.header.clone(),
            server: self.server,
            tls: (self.tls || self.no_tls).then_some(self.tls),
            protocol: self.protocol.clone(),
            user: self.search.user.first().cloned(),
            ..RequestSpec::default()
        };
        if opened.real {
            run.place(&mut spec);
        }
        let mut ask = Ask::of(&spec);
        ask.local = ask.local.filter(|ip| *ip != crate::suite::SERVER);
        Some(ask)
    }

    /// The line that `--line` names.
    fn wanted(&self, site: &Site, run: &Run) -> Result<Option<(&str, u32)>, Failure> {
        let Some(text) = &self.line else { return Ok(None) };
        let place = text.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
        let Some((file, line)) = place else { return failure(format!("--line {text}: write FILE:LINE")) };
        if is_idle(site, run, file, line) {
            return failure(format!("--line {text}: no directive that is in force stands there"));
        }
        Ok(Some((file, line)))
    }

    fn tell(
        &self,
        streams: &mut Streams,
        denial: &Denial,
        found: &Found,
        sources: &crate::source::SourceMap,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Ndjson => {
                let line = json!({
                    "denied": denial.ask.spec().written(),
                    "request": found.ask.spec().written(),
                    "by": found.by.word(),
                    "missed": search::places(&found.missed, sources),
                    "proved": found.proved,
                    "outcome": search::outcome(&found.outcome, sources),
                });
                ndjson::line(&mut streams.out, &line)?;
            }
            Format::Text => report::result(&mut streams.out, found, sources, streams.paint)?,
            Format::Yaml => search::yaml(&mut streams.out, &found.ask.spec(), &found.outcome, sources)?,
        }
        Ok(())
    }
}

/// What a request is refused; where that is a redirect to the directory's own name, what is behind that.
fn denied(site: &Site, run: &Run, ask: &Ask) -> Result<Box<Denial>, No> {
    match denial(site, run, ask) {
        Ok(denial) => Ok(denial.into()),
        Err(No::Nothing(outcome, lines)) => {
            let slash = outcome.location.as_ref().is_some_and(|to| to.ends_with(b"/"));
            let again =
                (slash && !ask.path.ends_with('/')).then(|| denial(site, run, &ask.at(format!("{}/", ask.path))));
            match again {
                Some(Ok(denial)) => Ok(denial.into()),
                _ => Err(No::Nothing(outcome, lines)),
            }
        }
        Err(no) => Err(no),
    }
}

/// Refusals by the lines that refuse, a few of each.
fn groups(site: &Site, run: &Run, mut asks: Vec<Ask>, wanted: Option<(&str, u32)>, purse: Purse) -> Vec<Vec<Denial>> {
    asks.sort_by_key(|ask| (ask.weight(), ask.path.clone(), ask.host.clone()));
    asks.dedup();
    let mut by_lines: BTreeMap<Vec<(String, u32)>, Vec<Ask>> = BTreeMap::new();
    for ask in asks {
        if clock::is_over(purse.until) {
            break;
        }
        let lines = refusing(run, &run.ask(&ask.request()));
        let meant = wanted.is_none_or(|(file, number)| lines.iter().any(|line| is_at(run, *line, file, number)));
        if !lines.is_empty() && meant {
            let group = by_lines.entry(named(run.sources(), &lines)).or_default();
            if group.len() < 4 * SAMPLES {
                group.push(ask);
            }
        }
    }
    let some = |run: &Run, asks: &Vec<Ask>| {
        let mut known: Vec<Denial> = Vec::new();
        for ask in asks {
            if known.len() >= SAMPLES || clock::is_over(purse.until) {
                break;
            }
            if let Ok(denial) = denied(site, run, ask)
                && !known.iter().any(|other| other.thing == denial.thing && other.part == denial.part)
            {
                known.push(*denial);
            }
        }
        known
    };
    let (asks, mut all): (Vec<Vec<Ask>>, _) = (by_lines.into_values().collect(), Vec::new());
    let put = |known: Vec<Denial>| {
        all.extend((!known.is_empty()).then_some(known));
        Ok::<(), Infallible>(())
    };
    let Ok(()) = cores::in_order(purse.jobs, run, &asks, some, put);
    all
}

/// Why the absence of a bypass is no proof.
fn bounded() -> Vec<Open> {
    vec![Open { line: Span::NONE, why: "spellings, headers and hosts are combined up to a bound".into() }]
}
