//! `routesim exposed`

use super::{Ended, Format, SearchArgs, opened};
use crate::cli::baseline::{Baseline, BaselineArgs, Finding};
use crate::cli::given::Given;
use crate::cli::output::Streams;
use crate::cli::status::Status;
use crate::cli::{End, Failure};
use crate::clock;
use crate::cores;
use crate::outcome::Outcome;
use crate::report::exposed::{self as report, File};
use crate::report::{ndjson, search};
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::explore::{Purse, Stopped};
use crate::search::ground::Ground;
use crate::search::kinds::sensitive;
use crate::search::reach::{PIECE, Pass, Reached};
use crate::search::shown::How;
use crate::search::stubborn::past;
use crate::search::tree::Entry;
use crate::site::Site;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

/// Every file that a visitor gets, and how.
#[derive(clap::Args)]
pub(in crate::cli) struct Exposed {
    #[command(flatten)]
    given: Given,

    /// Report hidden files too, with the lines that hide them
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    known: BaselineArgs,

    #[command(flatten)]
    search: SearchArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Exposed {
    /// The files that are known and meant, by themselves or with a directory that they are in.
    fn meant(
        &self,
        files: &[File],
        tree: &[Entry],
        streams: &Streams,
    ) -> Result<(HashSet<BString>, Baseline, Vec<String>), Failure> {
        let looked_at: Vec<String> = match self.known.baseline {
            Some(_) => tree.iter().map(|entry| entry.path.trim_end_with(|c| c == '/').to_str_lossy().into()).collect(),
            None => Vec::new(),
        };
        let finding = |path: &[u8], key: &str| Finding::new(&path.to_str_lossy(), "exposed", key);
        let telling = || files.iter().filter_map(|file| Some((&file.path, file.kind?)));
        let found = telling().map(|(path, kind)| finding(path, kind.word()));
        let mut meant = self.known.known(&looked_at, found, streams)?;
        let mut known = HashSet::new();
        for (path, kind) in telling() {
            let slashes = path.iter().enumerate().filter(|(at, b)| **b == b'/' && *at > 0).map(|(at, _)| at);
            let above: Vec<Finding> = slashes.map(|at| finding(&path[..at], "all")).collect();
            let is_above = above.iter().any(|finding| meant.has(finding));
            if meant.has(&finding(path, kind.word())) || is_above {
                known.insert(path.clone());
            }
        }
        Ok((known, meant, looked_at))
    }

    /// Runs the verb.
    pub(in crate::cli) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let Some((opened, run)) = opened(&self.given, streams)? else { return Ok(End::Wrong) };
        let site = opened.site.clone();
        let purse = self.search.purse(1)?;
        let third = Instant::now().checked_add(Duration::from_secs_f64(self.search.timeout.clamp(0.0, 1e6) / 3.0));
        let terms = self.search.terms();
        let status = Status::begin(streams, "requests");
        let mut ground = Ground::new(&site, run, terms.clone(), Purse { until: third, ..purse }, &[]);
        let mut reached = everything(&site, &mut ground, &self.search, purse)?;
        let left = self.search.requests(ground.tree.len()).saturating_sub(ground.search.asked + reached.asked);
        past(&ground, &mut reached, &terms, Purse { requests: left, ..purse });
        drop(status);
        let mut files = files(&reached);
        let (known, meant, looked_at) = self.meant(&files, &ground.tree, streams)?;
        let known = |file: &File| known.contains(&file.path);
        let telling = files.iter().filter(|file| file.kind.is_some() && !known(file)).count();
        let total = files.len();
        let limit = self.search.limit.unwrap_or(usize::MAX);
        let stopped = match reached.whole {
            false if clock::is_over(purse.until) => Some(Stopped::late()),
            false => Some(Stopped::Budget),
            true if total > limit => Some(Stopped::Limit),
            true => None,
        };
        files.truncate(limit);
        let run = &ground.search.run;
        let sources = run.sources().clone();
        match self.format {
            Format::Ndjson => {
                let pieces: Vec<&[File]> = files.chunks(PIECE).collect();
                cores::in_order(
                    self.search.jobs(),
                    run,
                    &pieces,
                    |run, piece: &&[File]| {
                        let line = |file: &File| {
                            let outcome = run.ask(&file.ask.request());
                            let line = json!({
                                "file": file.path.to_str_lossy(),
                                "as": file.how.word(),
                                "kind": file.kind.map(|kind| kind.word()),
                                "request": file.ask.spec().written(),
                                "outcome": search::outcome(&outcome, &sources),
                            });
                            format!("{line}\n")
                        };
                        piece.iter().map(line).collect::<String>()
                    },
                    |text| Ok::<_, Failure>(std::io::Write::write_all(&mut streams.out, text.as_bytes())?),
                )?;
            }
            Format::Text => report::text(&mut streams.out, &files, &known, streams.paint)?,
            Format::Yaml => {
                for file in &files {
                    search::yaml(&mut streams.out, &file.ask.spec(), &run.ask(&file.ask.request()), &sources)?;
                }
            }
        }
        if self.all {
            let hidden = hidden(&site, &ground.tree, &reached);
            for (path, ask) in &hidden {
                let why = ask.as_ref().map(|ask| report::lines(&run.ask(&ask.request()))).unwrap_or_default();
                match self.format {
                    Format::Ndjson => {
                        let why = search::places(&why, &sources);
                        ndjson::line(&mut streams.out, &json!({"file": path.to_str_lossy(), "as": null, "why": why}))?;
                    }
                    Format::Text => report::hidden(&mut streams.out, path, &why, &sources, streams.paint)?,
                    Format::Yaml => {
                        if let Some(ask) = ask {
                            let outcome: Outcome = run.ask(&ask.request());
                            search::yaml(&mut streams.out, &ask.spec(), &outcome, &sources)?;
                        }
                    }
                }
            }
        }
        let asked = ground.search.asked + reached.asked;
        let open = ground.search.open();
        match self.format {
            Format::Ndjson => {
                let mut summary = Ended { found: total, asked, stopped, open }.summary(&sources);
                summary["summary"]["sensitive"] = telling.into();
                ndjson::line(&mut streams.out, &summary)?;
            }
            Format::Text => report::last(&mut streams.out, total, telling, stopped, streams.paint)?,
            Format::Yaml => streams.note(&search::ended(total, asked, stopped, &open, &sources)),
        }
        meant.tell_unused(&looked_at, streams);
        Ok(if telling > 0 { End::Finding } else { End::Fine })
    }
}

/// All files by all ways, on all cores.
pub(super) fn everything(
    site: &Site,
    ground: &mut Ground<'_>,
    args: &SearchArgs,
    purse: Purse,
) -> Result<Reached, Failure> {
    let terms = args.terms();
    let mut reached = Reached { whole: ground.search.tree_whole, ..Reached::default() };
    for round in 0..3 {
        // the second time, only those that no request got
        let entries = ground.left((round > 0).then_some(&reached));
        let pieces: Vec<&[(usize, Entry)]> = entries.chunks(PIECE).collect();
        let most =
            args.requests(ground.tree.len()).saturating_sub(ground.search.asked + reached.asked) / pieces.len().max(1);
        let pass = Pass { site, routes: &ground.routes, doors: &ground.doors, terms: &terms, until: purse.until, most };
        let mut now = Reached { whole: true, ..Reached::default() };
        cores::in_order(
            args.jobs(),
            &ground.search.run,
            &pieces,
            |run: &Run, piece: &&[(usize, Entry)]| pass.through(&run.fork().without_reasons(), piece),
            |piece| {
                now.add(piece);
                Ok::<_, Failure>(())
            },
        )?;
        reached.kept = std::mem::take(&mut now.kept);
        reached.add(now);
        // .htaccess files that were read meanwhile have rules of their own
        if !ground.read_htaccess() {
            break;
        }
    }
    ground.note(&mut reached);
    Ok(reached)
}

fn files(reached: &Reached) -> Vec<File> {
    let slashed = |path: &BString, how: How| match how {
        How::Listing if !path.ends_with(b"/") => [path.as_slice(), b"/"].concat().into(),
        _ => path.clone(),
    };
    let made = reached.shown.iter().map(|(path, (how, ask))| {
        let path = slashed(path, *how);
        File { kind: sensitive(&path, *how), path, how: *how, ask: ask.clone() }
    });
    made.collect()
}

/// The files that no request got, by their paths without links, each with a request that was refused.
fn hidden(site: &Site, tree: &[Entry], reached: &Reached) -> Vec<(BString, Option<Ask>)> {
    let mut met: BTreeSet<BString> = BTreeSet::new();
    let mut found = Vec::new();
    for (number, ask) in &reached.kept {
        let Some(entry) = tree.get(*number).filter(|entry| !entry.dir) else { continue };
        let real = resolve::realpath(site.vfs(), &Cred::root(), &entry.path).unwrap_or_else(|_| entry.path.clone());
        if !reached.shown.contains_key(&real) && met.insert(real.clone()) {
            found.push((real, ask.clone()));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}
