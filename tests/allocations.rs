//! How many heap allocations a request costs: a number that may go down.

use routesim::source::SourceMap;
use routesim::suite::Scenario;
use routesim::{Request, Site};
use std::path::Path;

/// A scenario, its request's number, and what an answer may take, with reasons and without.
const MOST: &[(&str, usize, u64, u64)] = &[
    ("web2py.yaml", 0, 9, 8),
    ("web2py.yaml", 3, 9, 8),
    ("web2py.yaml", 4, 13, 12),
    ("web2py.yaml", 6, 17, 16),
    ("web2py.yaml", 7, 34, 32),
    ("rewrite/wordpress.yaml", 0, 66, 57),
    ("rewrite/wordpress.yaml", 1, 76, 62),
    ("rewrite/wordpress.yaml", 4, 35, 28),
    ("rewrite/wordpress.yaml", 5, 27, 20),
];

#[test]
fn a_request_allocates_no_more_than_it_did() {
    for &(name, index, most, quick) in MOST {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
        let scenario = Scenario::load(&path, &SourceMap::default()).expect("it is a scenario");
        let site = Site::of_scenario(&scenario).expect("it can be laid out");
        let run = site.start().expect("httpd starts");
        let spec = &scenario.requests[index];
        let ask = Request::of(spec, index);
        for (run, most) in [(run.fork(), most), (run.without_reasons(), quick)] {
            // the first time fills what is kept for all requests
            let first = run.ask(&ask);
            let mut again = None;
            let counted = allocation_counter::measure(|| again = Some(run.ask(&ask)));
            assert_eq!(again, Some(first));
            let count = counted.count_total;
            assert!(count <= most, "{name} {}: {count} allocations, {most} at most", spec.url);
        }
    }
}
