//! `daemon-oversized`

use super::daemon::daemons;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "daemon-oversized",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "A WSGIDaemonProcess line has room for far more requests at a time than an application needs.",
    why: "A process has 15 threads where nothing else is said: many processes take memory and are hardly used.",
    help: "begin with `processes=2`",
    safe: None,
    bad: Example {
        config: r##"# finding
WSGIDaemonProcess shop processes=10
WSGIProcessGroup shop
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"WSGIDaemonProcess shop processes=10 threads=1
WSGIProcessGroup shop
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

/// How many threads a process has where that is not said.
const THREADS: u64 = 15;
/// From how many requests at a time on it is told.
const MANY: u64 = 100;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let at_a_time = |daemon: &super::daemon::Daemon| {
        let processes = daemon.number("processes").unwrap_or(1);
        processes.saturating_mul(daemon.number("threads").unwrap_or(THREADS))
    };
    let daemons = daemons(facts).into_iter().map(|daemon| (daemon.line, at_a_time(&daemon)));
    let large = daemons.filter(|(_, requests)| *requests >= MANY);
    large.map(|(line, n)| rule.at(line, format!("this is room for {n} requests at a time"))).collect()
}
