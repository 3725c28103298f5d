//! `daemon-oversized`

use super::daemon::{daemons, starts};
use crate::diagnostic::Severity;
use crate::lint::edits;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "daemon-oversized",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "A WSGIDaemonProcess line has room for far more requests at a time than an application needs.",
    why: "A process has 15 threads where nothing else is said: many processes take memory and are hardly used.",
    help: "begin with `processes=2`",
    safe: Some(false),
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
    let daemons = daemons(facts).into_iter().map(|daemon| (at_a_time(&daemon), daemon));
    let large = daemons.filter(|(requests, _)| *requests >= MANY);
    let told = large.map(|(n, daemon)| {
        let threads = daemon.number("threads").unwrap_or(THREADS);
        let fix = if threads.saturating_mul(FEW) < MANY { fewer(facts, daemon.line) } else { None };
        Finding { fix, ..rule.at(daemon.line, format!("this is room for {n} requests at a time")) }
    });
    told.collect()
}

/// How many processes there are to be.
const FEW: u64 = 2;

/// The line with a few processes.
fn fewer(facts: &Facts<'_>, line: Span) -> Option<Fix> {
    let own = facts.directives.iter().find(|d| d.span() == line)?;
    let words = own.words();
    let n = words.iter().position(|word| word.starts_with(b"processes="))?;
    let value = words[n].strip_prefix(b"processes=")?.to_str().ok()?.to_string();
    let few = |old: &str| Some(old.replace(&format!("processes={value}"), &format!("processes={FEW}")));
    let edits = vec![edits::in_word(facts.site.sources(), own, n, few)?];
    let fix = Fix { message: format!("begin with {FEW} processes"), safety: Safety::Unsafe, edits };
    Some(fix).filter(|fix| starts(facts, &fix.edits))
}
