//! A request whose answer is not the expected one: what is to be said of it.

use super::super::names::details;
use crate::outcome::{Access, Decision, Outcome};
use crate::phase::Phase;
use crate::reason;
use crate::report::Explained;
use crate::report::suite::{self as printed, Case, Missing, Row, State};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::Site;
use crate::source::Span;
use crate::source::directive_text;
use crate::suite::{self, Answered, Expectation, Mismatch, RequestSpec, Scenario};
use serde_json::Value;

/// A request of a scenario that is being run.
pub(super) struct Stage<'s> {
    pub scenario: &'s Scenario,
    pub site: &'s Site,
    pub run: &'s Run,
    pub index: usize,
}

impl Stage<'_> {
    /// Completes a case whose answer is not the expected one.
    pub(super) fn failed(&self, answered: Answered, tell: bool, case: &mut Case) {
        let Answered { outcome, request, hops, mismatches } = answered;
        let spec = &self.scenario.requests[self.index];
        let sources = self.run.sources();
        case.state = State::Failed;
        case.asked = asked(spec, &request);
        case.status = outcome.status;
        case.got = outcome.to_string();
        let served = outcome.status < 400 && outcome.connection.is_none();
        case.exposed = served && spec.expect.iter().any(|e| is_refusal(e) && differs(&mismatches, &e.key));
        let line = |d: &Decision| format!("{} ({})", directive_text(sources, d.span), self.place(d.span));
        for hop in &hops {
            case.followed.push(format!("followed: {}", hop.outcome));
            case.followed.extend(hop.outcome.decided_by.iter().map(|d| format!("  decided by {}", line(d))));
        }
        case.decided_by = outcome.decided_by.iter().map(line).collect();
        let said = |c: &crate::outcome::Caveat| match c.span.is_some() {
            true => format!("`{}` ({}): {}", c.directive, self.place(c.span), c.why),
            false => format!("`{}`: {}", c.directive, c.why),
        };
        case.caveats = outcome.caveats.iter().map(said).collect();
        if let Some(own) = self.scenario.source {
            let own = self.scenario.sources.file(own);
            case.snippet = printed::snippet(&own, spec.line, &mismatches);
        }
        let mut culprit = None;
        if tell {
            let headers: Vec<&str> = mismatches.iter().filter_map(|m| m.key.strip_prefix("headers.")).collect();
            let program = mismatches.iter().any(|m| m.key == "env" && m.got.is_null());
            (case.story, culprit) = self.story(&outcome, &request, &Missing { headers: &headers, program });
        }
        case.mismatches = mismatches;
        let places = culprit.into_iter().chain(self.telling(&outcome));
        case.at = places.into_iter().find_map(|line| self.scenario.location(sources, line));
    }

    /// The lines that decided, the most telling first.
    fn telling(&self, outcome: &Outcome) -> Vec<Span> {
        let refused = matches!(outcome.access, Access::Denied | Access::AuthRequired);
        let of_access = |phase: Phase| {
            matches!(phase, Phase::AccessCheckerEx | Phase::AccessChecker | Phase::AuthChecker | Phase::CheckUserId)
        };
        let mut lines: Vec<&Decision> = outcome.decided_by.iter().filter(|d| !d.only_log).collect();
        lines.sort_by_key(|d| (refused && !of_access(d.phase), reason::is_usual(self.run.sources(), d.span)));
        lines.into_iter().map(|d| d.span).collect()
    }

    /// A place as people are shown it; where it is in another file of this machine, there too.
    fn place(&self, span: Span) -> String {
        let own = self.run.sources().place(span);
        if self.scenario.site.is_some() {
            return own;
        }
        match self.scenario.location(self.run.sources(), span).map(|at| format!("{}:{}", at.path, at.line)) {
            Some(real) if real != own => format!("{own}, {real}"),
            _ => own,
        }
    }

    fn story(&self, outcome: &Outcome, request: &Request, missing: &Missing<'_>) -> (Vec<Row>, Option<Span>) {
        let (again, steps) = self.run.explain(request);
        if again != *outcome {
            return (Vec::new(), None);
        }
        let explained = Explained::of(self.site, self.run, request, outcome, &steps);
        let fits = |run: &Run| {
            let answered = suite::answer(self.scenario, run, self.index);
            answered.mismatches.is_empty()
        };
        printed::story(&explained, missing, &|span| self.place(span), &fits)
    }
}

fn differs(mismatches: &[Mismatch], key: &str) -> bool {
    mismatches.iter().any(|m| m.key == key)
}

/// Whether an expectation holds for what is refused, and for nothing that is served.
fn is_refusal(expected: &Expectation) -> bool {
    let fits = |values: &[Value]| values.iter().any(|value| expected.want.fits(value));
    match expected.key.as_str() {
        "status" => fits(&[401, 403, 404, 410].map(Value::from)) && !fits(&[200.into()]),
        "access" => fits(&["denied", "auth-required"].map(Value::from)) && !fits(&["granted".into()]),
        _ => false,
    }
}

/// What is asked, where a case's title doesn't say it.
fn asked(spec: &RequestSpec, request: &Request) -> Option<String> {
    let details = details(spec);
    let mut said = format!("{} {}", request.method, request.url);
    if !details.is_empty() {
        said = format!("{said} ({details})");
    }
    (said != spec.title()).then_some(said)
}
