//! The verbs that ask about all requests at once, and what they have in common.

mod bypass;
mod diff;
mod exposed;
mod find;
mod revision;

pub(super) use bypass::Bypass;
pub(super) use diff::Diff;
pub(super) use exposed::Exposed;
pub(super) use find::Find;

use super::given::{Given, Opened};
use super::output::Streams;
use super::{Failure, until};
use crate::address::IpSubnet;
use crate::report::search as report;
use crate::run::Run;
use crate::search::explore::{Purse, Search, Stopped};
use crate::search::open::Open;
use crate::search::space::{Clients, Held, Terms};
use crate::source::SourceMap;
use serde_json::{Value, json};

/// How many requests are asked at most, where the tree is of usual size.
const BUDGET: usize = 200_000;

/// The options of a search.
#[derive(clap::Args)]
#[command(next_help_heading = "Search options")]
pub(super) struct SearchArgs {
    /// Whose requests are tried: an outside visitor's (the default), those from an address or network, or `any`
    #[arg(long, value_name = "ADDRESS|NETWORK|any", value_parser = clients)]
    pub client: Option<Clients>,

    /// Basic credentials that are tried, besides none; may be repeated
    #[arg(short = 'u', long, value_name = "NAME:PASSWORD")]
    pub user: Vec<String>,

    /// Keep a part of the request as it is: host, port, method, path, query, protocol, tls, server or header:NAME; may be
    /// repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = Held::parse)]
    pub hold: Vec<Held>,

    /// Stop after so many results
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,

    /// Try at most so many requests [default: 200000, more for a tree of more files]
    #[arg(long, value_name = "N")]
    pub budget: Option<usize>,

    /// Change the order in which equals are tried; the same seed gives the same results
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Number of threads; the results are the same on any number [default: as many as there are processors]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Stop after so many seconds, whatever is left to try
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub timeout: f64,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Human-readable text
    Text,
    /// One JSON object per line, the summary last
    Ndjson,
    /// Requests with today's answers as expectations, to paste into a suite
    Yaml,
}

fn clients(text: &str) -> Result<Clients, String> {
    if text.eq_ignore_ascii_case("any") {
        return Ok(Clients::Any);
    }
    let network = IpSubnet::read(text.as_bytes());
    network.map(Clients::In).map_err(|_| "write an address, a network such as 192.0.2.0/24, or `any`".into())
}

impl SearchArgs {
    /// The terms on which requests are made.
    pub(super) fn terms(&self) -> Terms {
        Terms { clients: self.client.clone().unwrap_or_default(), users: self.user.clone(), hold: self.hold.clone() }
    }

    /// How many requests may be asked, of a site with so many files.
    pub(super) fn requests(&self, files: usize) -> usize {
        self.budget.unwrap_or_else(|| BUDGET.max(files.saturating_mul(10)))
    }

    /// On how many threads, where that is said.
    pub(super) fn jobs(&self) -> Option<usize> {
        self.jobs.map(usize::from)
    }

    /// What it may cost; `part` is how many searches share it.
    pub(super) fn purse(&self, part: usize) -> Result<Purse, Failure> {
        let (requests, until) = (self.requests(0) / part.max(1), until(self.timeout)?);
        Ok(Purse { requests, seed: self.seed, until, jobs: self.jobs() })
    }
}

/// Opens the site for a search, with its run; none where httpd would refuse it, which has been said.
pub(super) fn opened(given: &Given, streams: &Streams) -> Result<Option<(Opened, Run)>, Failure> {
    let mut opened = given.open_for_search(given.scenario.as_deref(), streams)?;
    let Some(run) = opened.run.take() else {
        streams.refused(&opened);
        return Ok(None);
    };
    streams.remarks(&opened.diagnostics, &opened.sources);
    Ok(Some((opened, run)))
}

/// How a search ended.
pub(super) struct Ended {
    pub found: usize,
    pub asked: usize,
    pub stopped: Option<Stopped>,
    pub open: Vec<Open>,
}

impl Ended {
    /// Of one search.
    pub(super) fn of(search: &Search<'_>, found: usize) -> Ended {
        Ended { found, asked: search.asked, stopped: search.stopped, open: search.open() }
    }

    /// Whether nothing is left that was not decided.
    pub(super) fn complete(&self) -> bool {
        self.stopped.is_none() && self.open.is_empty()
    }

    /// The last line.
    pub(super) fn summary(&self, sources: &SourceMap) -> Value {
        let open: Vec<Value> = self
            .open
            .iter()
            .map(|open| {
                let mut place = report::place(open.line, sources);
                place.insert("why".into(), open.why.clone().into());
                Value::Object(place)
            })
            .collect();
        json!({"summary": {
            "found": self.found,
            "asked": self.asked,
            "complete": self.complete(),
            "open": open,
            "stopped": self.stopped.map(Stopped::word),
        }})
    }
}
