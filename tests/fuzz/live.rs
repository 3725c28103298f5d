//! Random configurations, asked of both sides.

use routesim::oracle::{self, Httpd, Oracle, Verdict, verify, worker};

fn main() -> std::process::ExitCode {
    if worker::is_wanted() {
        return worker::main();
    }
    let httpd = Httpd::find(None).unwrap();
    let o = Oracle::new(httpd, std::env::current_exe().unwrap(), None).unwrap();
    let stop = Default::default();
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let t = std::time::Instant::now();
    let found = verify::in_parallel(paths.len(), verify::threads(), &stop, |i| {
        let s = oracle::job::scenario(std::path::Path::new(&paths[i]), &std::fs::read_to_string(&paths[i]).unwrap())
            .unwrap();
        oracle::verify(&o, &s)
    });
    let (mut all, mut bad) = (0, 0);
    for (v, p) in found.iter().zip(&paths) {
        all += v.compared();
        bad += v.differing();
        match v {
            Verdict::Asked(a) => {
                for x in a.iter().filter(|x| !x.differences.is_empty()) {
                    println!("{p} {} {} {:?}", x.index, x.outcome["url"], x.differences);
                }
            }
            Verdict::Refused(d, _) if d.is_empty() => {}
            other => println!("{p} {other:?}"),
        }
    }
    println!("{bad} of {all} differ {:?}", t.elapsed());
    std::process::ExitCode::SUCCESS
}
