//! `test --suggest`: requests for the lines that no request of the suites reaches, or that never matched.

use super::runner::{Prepare, Work};
use crate::report::search::pasted;
use crate::report::suite::coverage::{Coverage, Suggested};
use crate::search::explore::{Answer, Purse, Search};
use crate::search::space::{Clients, Terms};
use crate::site::Site;
use crate::source::Span;
use crate::suite::{self, Scenario};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What the search for one scenario may cost.
const REQUESTS: usize = 60_000;
const TIME: Duration = Duration::from_secs(10);

/// For each such line a request with today's answer that the line decides or, failing that, that it applies to.
pub(super) fn suggestions(work: &[Work], prepare: &Prepare<'_>, coverage: &Coverage) -> Vec<Suggested> {
    let mut wanted: Vec<Suggested> = coverage
        .untested()
        .map(|line| Suggested { file: line.file.clone(), line: line.line, text: line.text.clone(), request: None })
        .collect();
    for work in work {
        for scenario in work.scenarios().into_iter().filter_map(|scenario| prepare(scenario).ok()) {
            if wanted.iter().any(|line| line.request.is_none()) {
                search(&scenario, &mut wanted);
            }
        }
    }
    wanted
}

fn search(scenario: &Scenario, wanted: &mut [Suggested]) {
    let Ok(site) = Site::of_scenario(scenario) else { return };
    let Ok(run) = suite::started(scenario, &site) else { return };
    // the lines of this scenario's configuration, by their places
    let mut lines: HashMap<Span, usize> = HashMap::new();
    for directive in site.directives() {
        let span = directive.span();
        let Some(place) = scenario.location(run.sources(), span) else { continue };
        let missing = |line: &Suggested| line.request.is_none() && line.file == place.path && line.line == place.line;
        lines.extend(wanted.iter().position(missing).map(|index| (span, index)));
    }
    if lines.is_empty() {
        return;
    }
    let mut first: Vec<Span> = lines.keys().copied().collect();
    first.sort_by_key(|span| (span.file, span.start));
    // whoever the suite's own requests come from may ask
    let users: BTreeSet<String> = scenario.requests.iter().filter_map(|spec| spec.user.clone()).collect();
    let terms = Terms { clients: Clients::Any, users: users.into_iter().collect(), hold: Vec::new() };
    let purse = Purse::of(REQUESTS, Instant::now().checked_add(TIME));
    let mut search = Search::new(&site, run, terms, purse);
    let sources = search.run.sources().clone();
    let mut left: HashSet<usize> = lines.values().copied().collect();
    search.run(&first, &mut |answer: &Answer<'_>| {
        if answer.outcome.caveats.is_empty() {
            for decision in &answer.outcome.decided_by {
                if let Some(index) = lines.get(&decision.span).filter(|index| left.remove(*index)) {
                    wanted[*index].request = Some(pasted(&answer.ask.spec(), answer.outcome, &sources));
                }
            }
        }
        if left.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    // a line that decides nothing is reached where its pattern matches
    for ask in search.kept.clone() {
        if left.is_empty() {
            break;
        }
        let request = ask.request();
        let matched = search.matched(&request);
        let outcome = search.run.ask(&request);
        for index in matched.iter().filter_map(|span| lines.get(span)) {
            if outcome.caveats.is_empty() && left.remove(index) {
                wanted[*index].request = Some(pasted(&ask.spec(), &outcome, &sources));
            }
        }
    }
}
