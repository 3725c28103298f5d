//! How many instructions four requests take, counted by callgrind: a number that hangs on the code and the compiler
//! alone, not on what else the machine does; asked with reasons and without, observed and explained. `cargo bench --bench instructions` (needs
//! valgrind).

use routesim::outcome::observer::Observer;
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use routesim::{Request, Site};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

// as the binary does
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A scenario and its request's number.
const REQUESTS: [(&str, usize); 4] =
    [("web2py.yaml", 0), ("web2py.yaml", 7), ("rewrite/wordpress.yaml", 1), ("rewrite/wordpress.yaml", 5)];
/// Requests before counting begins, and those that are counted.
const WARM: u64 = 200;
const COUNTED: u64 = 2000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().position(|a| a == "--ask") {
        Some(at) => run(args.get(at + 1).map_or("", |how| how), number(&args, at + 2) as usize, number(&args, at + 3)),
        None => REQUESTS.iter().enumerate().for_each(|(which, (name, _))| {
            let counts = HOW.map(|how| each(how, which).map_or("-".into(), |n| n.to_string()));
            println!(
                "{name} {}: {} instructions ({} without reasons, {} observed, {} explained)",
                url(which),
                counts[0],
                counts[1],
                counts[2],
                counts[3]
            );
        }),
    }
}

/// How a request is asked.
const HOW: [&str; 4] = ["ask", "quick", "observe", "explain"];

/// Is told, and does nothing.
struct Idle;

impl Observer for Idle {}

/// What one request takes; none where nothing counts.
fn each(how: &str, which: usize) -> Option<u64> {
    let (before, after) = (counted(how, which, WARM)?, counted(how, which, WARM + COUNTED)?);
    Some((after - before) / COUNTED)
}

fn number(args: &[String], at: usize) -> u64 {
    args.get(at).and_then(|a| a.parse().ok()).unwrap_or(0)
}

fn scenario(which: usize) -> (Scenario, usize) {
    let (name, index) = REQUESTS[which];
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    (Scenario::load(&path, &SourceMap::default()).expect("it is a scenario"), index)
}

fn url(which: usize) -> String {
    let (scenario, index) = scenario(which);
    scenario.requests[index].url.clone()
}

/// Asks one of the requests so many times.
fn run(how: &str, which: usize, times: u64) {
    let (scenario, index) = scenario(which);
    let site = Site::of_scenario(&scenario).expect("it can be laid out");
    let run = site.start().expect("httpd starts");
    let run = if how == "quick" { run.without_reasons() } else { run };
    let ask = Request::of(&scenario.requests[index], index);
    for _ in 0..times {
        match how {
            "observe" => drop(black_box(run.observe(black_box(&ask), &mut Idle))),
            "explain" => drop(black_box(run.explain(black_box(&ask)))),
            _ => drop(black_box(run.ask(black_box(&ask)))),
        }
    }
}

/// What callgrind counts of the whole process.
fn counted(how: &str, which: usize, times: u64) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--ask", how, &which.to_string(), &times.to_string()])
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().find_map(|l| l.split_once("Collected :"))?.1.trim().parse().ok()
}
