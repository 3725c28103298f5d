//! Random configurations, file trees and requests, asked of a real httpd and of routesim; what differs is made small.
//!
//! `cargo fuzz-live --requests 20000 --seed 7`

mod shrink;
mod strategy;
mod templates;
mod words;
mod world;

use clap::Parser;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use routesim::oracle::{self, Httpd, Oracle, Reply, Verdict, recorded, verify, worker};
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};
use world::World;

/// Differential random testing against a real httpd.
#[derive(Parser)]
#[command(name = "fuzz-live")]
struct Options {
    /// How many requests are asked
    #[arg(long, default_value_t = 2000)]
    requests: usize,
    /// For how long at most
    #[arg(long)]
    seconds: Option<u64>,
    /// Where randomness begins [default: a fresh one, which is printed]
    #[arg(long)]
    seed: Option<u64>,
    /// Only the world of this number
    #[arg(long)]
    world: Option<usize>,
    /// How many kinds of difference are made small
    #[arg(long, default_value_t = 8)]
    shrink: usize,
    /// Where minimal scenarios are written, with httpd's answers
    #[arg(long)]
    keep: Option<PathBuf>,
    /// The least agreement, in per cent, that passes
    #[arg(long, default_value_t = 99.5)]
    least: f64,
    /// The httpd to ask
    #[arg(long)]
    httpd: Option<PathBuf>,
    /// The version that it is, where it is not the one that routesim answers as
    #[arg(long, value_name = "VERSION")]
    httpd_version: Option<String>,
    /// Compare response headers and environments, too
    #[arg(long)]
    response: bool,
    /// Say why httpd refused configurations
    #[arg(long)]
    refusals: bool,
    /// Say which modelled directives are never asked, and why
    #[arg(long)]
    unasked: bool,
    /// Print the scenarios instead of asking
    #[arg(long)]
    print: bool,
}

/// A difference: which world, which request, which keys.
struct Found {
    world: usize,
    request: Option<usize>,
    kind: String,
    sure: bool,
}

fn main() -> ExitCode {
    if worker::is_wanted() {
        return worker::main();
    }
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.subsec_nanos().into())
    });
    if options.unasked {
        for (name, why) in templates::UNASKED {
            println!("{name}: {why}");
        }
        return ExitCode::SUCCESS;
    }
    println!("seed {seed}");
    if options.print {
        for i in options.world.map_or(0..3, |w| w..w + 1) {
            println!("{}", world(&options, seed, i).yaml(&title(seed, i)));
        }
        return ExitCode::SUCCESS;
    }
    let oracle = Httpd::find(options.httpd.as_deref()).and_then(|httpd| {
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        Oracle::new(httpd, own, None, false)
    });
    let oracle = match oracle {
        Ok(mut oracle) => {
            oracle.headers = options.response;
            oracle
        }
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let _ = ctrlc::set_handler(|| {
        oracle::clean_up();
        std::process::exit(130);
    });
    run(&options, &oracle, seed)
}

fn run(options: &Options, oracle: &Oracle, seed: u64) -> ExitCode {
    let (asked, refused, lacking) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let found: Mutex<Vec<Found>> = Mutex::default();
    let reasons: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let stop = AtomicBool::new(false);
    let end = options.seconds.map(|s| Instant::now() + Duration::from_secs(s));
    let only = options.world;
    let count = if only.is_some() { 1 } else { options.requests };
    let next = AtomicUsize::new(0);
    let one = |i: usize| {
        let i = only.unwrap_or(i);
        let verdict = ask(oracle, &world(options, seed, i).yaml(&title(seed, i)));
        let news = differences(i, &verdict);
        if let Ok(mut found) = found.lock() {
            found.extend(news);
        }
        let total = asked.fetch_add(verdict.compared(), Ordering::Relaxed) + verdict.compared();
        match &verdict {
            Verdict::Refused(_, reply) => {
                refused.fetch_add(1, Ordering::Relaxed);
                let Reply::ConfigError { message, .. } = reply else { return };
                let reason = message.lines().find(|l| !l.contains("on line ")).unwrap_or(message);
                if let Ok(mut reasons) = reasons.lock() {
                    *reasons.entry(reason.into()).or_default() += 1;
                }
            }
            Verdict::Lacks(_) => drop(lacking.fetch_add(1, Ordering::Relaxed)),
            Verdict::Broken(why) => eprintln!("world {i}: {why}"),
            Verdict::Asked(_) => {}
        }
        if total >= options.requests || end.is_some_and(|e| Instant::now() > e) {
            stop.store(true, Ordering::Relaxed);
        }
    };
    // httpd spends much of its time waiting
    let threads = std::thread::available_parallelism().map_or(2, |n| 2 * n.get()).min(count);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    match next.fetch_add(1, Ordering::Relaxed) {
                        i if i < count => one(i),
                        _ => break,
                    }
                }
            });
        }
    });
    if options.refusals {
        for (reason, count) in reasons.into_inner().unwrap_or_default() {
            println!("{count:5} refused: {reason}");
        }
    }
    let asked = asked.into_inner().max(1);
    let found = found.into_inner().unwrap_or_default();
    let mut kinds: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for f in &found {
        kinds.entry(&f.kind).or_default().push(f);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    // the sure ones first, then the frequent
    kinds.sort_by_key(|(_, all)| (!all.iter().any(|f| f.sure), std::cmp::Reverse(all.len())));
    for (kind, all) in &kinds {
        let unsure = all.iter().filter(|f| !f.sure).count();
        let first = all.iter().find(|f| f.sure).unwrap_or(&all[0]);
        println!("{:5} {kind}   {unsure} with a caveat, first: --seed {seed} --world {}", all.len(), first.world);
    }
    for (number, (kind, all)) in kinds.iter().take(options.shrink).enumerate() {
        small(options, oracle, seed, number, kind, all.iter().find(|f| f.sure).unwrap_or(&all[0]));
    }
    let unsure = found.iter().filter(|f| !f.sure).count();
    let agreement = 100.0 * (asked - found.len().min(asked)) as f64 / asked as f64;
    println!(
        "seed {seed}: {asked} requests, {} differ ({unsure} of them with a caveat), {} configurations refused, {} not asked: {agreement:.3} % agree",
        found.len(),
        refused.into_inner(),
        lacking.into_inner(),
    );
    ExitCode::from(u8::from(agreement < options.least))
}

fn title(seed: u64, i: usize) -> String {
    format!("found by random testing, seed {seed}, world {i}")
}

/// The `i`th world of a seed.
fn world(options: &Options, seed: u64, i: usize) -> World {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(i as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let made = strategy::world().new_tree(&mut runner).map(|tree| tree.current()).unwrap_or_default();
    World { httpd: options.httpd_version.clone(), ..made }
}

/// Reads a scenario; in words, what is wrong with it.
fn scenario(path: &Path, text: &str) -> Result<Scenario, String> {
    let sources = SourceMap::default();
    Scenario::parse(path, text, &sources).map_err(|found| {
        found.first().map_or_else(String::new, |d| format!("{}: {}", sources.place(d.span), d.message))
    })
}

fn ask(oracle: &Oracle, yaml: &str) -> Verdict {
    match scenario(Path::new("generated.yaml"), yaml) {
        // a panic is a finding, and no reason to stop
        Ok(scenario) => std::panic::catch_unwind(|| verify(oracle, &scenario))
            .unwrap_or_else(|_| Verdict::Broken(format!("routesim panics\n{yaml}"))),
        Err(why) => Verdict::Broken(format!("{why}\n{yaml}")),
    }
}

fn differences(world: usize, verdict: &Verdict) -> Vec<Found> {
    match verdict {
        Verdict::Asked(asked) => asked
            .iter()
            .filter(|a| !a.differences.is_empty())
            .map(|a| {
                let kind: Vec<String> = a
                    .differences
                    .iter()
                    .map(|d| match d.key {
                        "status" | "log" | "access" | "handler" => format!("{} {}/{}", d.key, d.httpd, d.routesim),
                        key => key.to_string(),
                    })
                    .collect();
                Found { world, request: Some(a.index), kind: kind.join(", "), sure: a.is_sure() }
            })
            .collect(),
        Verdict::Refused(differences, _) if !differences.is_empty() => {
            let words =
                |v: &serde_json::Value| v["message"].as_str().unwrap_or("").lines().last().unwrap_or("").to_string();
            let d = &differences[0];
            let kind = format!("{}: {}/{}", d.key, words(&d.httpd), words(&d.routesim));
            vec![Found { world, request: None, kind, sure: true }]
        }
        _ => Vec::new(),
    }
}

/// Makes a difference small, prints it, keeps it.
fn small(options: &Options, oracle: &Oracle, seed: u64, number: usize, kind: &str, found: &Found) {
    let mut start = world(options, seed, found.world);
    if let Some(i) = found.request.filter(|i| *i < start.requests.len()) {
        let one = World { requests: vec![start.requests[i].clone()], ..start.clone() };
        if differences(0, &ask(oracle, &one.yaml("x"))).iter().any(|f| f.kind == kind) {
            start = one;
        }
    }
    let least =
        shrink::shrink(start, 160, |w| differences(0, &ask(oracle, &w.yaml("x"))).iter().any(|f| f.kind == kind));
    let yaml = least.yaml(&title(seed, found.world));
    let verdict = ask(oracle, &yaml);
    println!("\n== {kind}\n{yaml}");
    if let Verdict::Asked(asked) = &verdict {
        for d in asked.iter().flat_map(|a| &a.differences) {
            println!("# {}: httpd {}, routesim {}", d.key, d.httpd, d.routesim);
        }
        for line in
            asked.iter().flat_map(|a| &a.answer.log).filter(|l| l.is_news() && !l.text.starts_with("mod_wsgi (pid"))
        {
            println!("# [{}] {}", line.level, line.text);
        }
    } else {
        println!("# {verdict:?}");
    }
    if let Some(folder) = &options.keep {
        let path = folder.join(format!("seed-{seed}-{number}.yaml"));
        let kept = std::fs::create_dir_all(folder).map_err(|e| e.to_string()).and_then(|()| {
            let scenario = scenario(&path, &yaml)?;
            let (text, _) = recorded(&yaml, &scenario, &verdict)?;
            std::fs::write(&path, text).map_err(|e| e.to_string())
        });
        match kept {
            Ok(()) => println!("# kept as {}", path.display()),
            Err(why) => println!("# not kept: {why}"),
        }
    }
}
