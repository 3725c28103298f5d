//! Random configurations, asked of both sides.

use routesim::oracle::{self, Httpd, Job, Oracle, worker};

fn main() -> std::process::ExitCode {
    if worker::is_wanted() {
        return worker::main();
    }
    let httpd = Httpd::find(None).unwrap();
    let o = Oracle::new(httpd, std::env::current_exe().unwrap());
    println!("{o:?}");
    for path in std::env::args().skip(1) {
        let s = oracle::job::scenario(std::path::Path::new(&path), &std::fs::read_to_string(&path).unwrap()).unwrap();
        let t = std::time::Instant::now();
        println!("{:#?}", o.ask(&Job::of(&s, &o.httpd, o.way).unwrap()));
        println!("{:?}", t.elapsed());
    }
    std::process::ExitCode::SUCCESS
}
