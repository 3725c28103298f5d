//! x
use routesim::simulate::{self, Ask};
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use std::hint::black_box;
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: usize = a[3].parse().unwrap();
    let s = Scenario::load(std::path::Path::new(&a[1]), &SourceMap::default()).expect("s");
    let Ok((Some(sim), _)) = simulate::scenario(&s) else { panic!() };
    let ids: Vec<usize> = if a[2] == "all" { (0..s.requests.len()).collect() } else { vec![a[2].parse().unwrap()] };
    for i in ids {
        let ask = Ask::of(&s.requests[i], i);
        let mut best = f64::MAX;
        for _ in 0..5 {
            let t = std::time::Instant::now();
            for _ in 0..n {
                black_box(sim.ask(black_box(&ask)));
            }
            best = best.min(t.elapsed().as_secs_f64() / n as f64);
        }
        println!("{:3} {:50} {:.3} us", i, s.requests[i].url, best * 1e6);
    }
}
