//! Whether the expectations of a scenario notice a mutant of its site.

use super::filter::Filter;
use crate::mutate::{Form, Mutant, form};
use crate::outcome::observer::{Line, Observer};
use crate::outcome::step::Judgement;
use crate::outcome::{Decision, Outcome};
use crate::report::suite::mutation::{Noticing, Verdict};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::Site;
use crate::source::FileId;
use crate::suite::{self, Answered, Expectation, Mismatch, Scenario};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Of how many requests it is kept that they came by a line.
const KEPT: usize = 256;

/// What the requests of a scenario are answered today.
pub(super) struct Base<'s> {
    scenario: &'s Scenario,
    /// Those that expect something.
    pub cases: Vec<Case>,
    /// By line, the cases that came by it: those that it decided first.
    reached: HashMap<(FileId, u32), Vec<usize>>,
    /// Whether a case looks at the lines that decided.
    reasons: bool,
    form: Form,
}

/// A request that expects something, and what it is answered.
pub(super) struct Case {
    /// Its number in the scenario.
    pub index: usize,
    outcome: Outcome,
    /// The expectations that are not met today: those can notice nothing.
    unmet: HashSet<String>,
    /// Whether it expects more than an answer, or of more than one.
    is_more: bool,
}

/// The lines that a request came by.
#[derive(Default)]
struct Way {
    decided: Vec<(FileId, u32)>,
    reached: Vec<(FileId, u32)>,
}

impl Observer for Way {
    fn line(&mut self, line: Line) {
        if !matches!(line.judgement, Judgement::Shadowed(_) | Judgement::Skipped) {
            self.reached.push((line.at.file, line.at.line));
        }
    }

    fn decided(&mut self, decision: &Decision) {
        self.decided.push((decision.span.file, decision.span.line));
    }
}

impl<'s> Base<'s> {
    /// The cases of a scenario that `filter` takes, over a run of its site that has read its .htaccess files.
    pub(super) fn of(scenario: &'s Scenario, site: &Site, run: &Run, filter: &Filter) -> Base<'s> {
        let wanted =
            |spec: &suite::RequestSpec| !spec.expect.is_empty() && spec.skip.is_none() && filter.takes(scenario, spec);
        let mut cases = Vec::new();
        let (mut decided, mut reached): (HashMap<_, Vec<usize>>, HashMap<_, Vec<usize>>) = Default::default();
        for (index, spec) in scenario.requests.iter().enumerate().filter(|(_, spec)| wanted(spec)) {
            let mut way = Way::default();
            let mut put = |request: &Request, cookies| run.observed(request, &mut way, cookies);
            let answered = suite::answer_by(scenario, run, index, &mut put);
            let number = cases.len();
            for (lines, by_line) in [(way.decided, &mut decided), (way.reached, &mut reached)] {
                for line in lines {
                    let cases: &mut Vec<usize> = by_line.entry(line).or_default();
                    if cases.len() < KEPT && cases.last() != Some(&number) {
                        cases.push(number);
                    }
                }
            }
            let Answered { outcome, mismatches, .. } = answered;
            let unmet = mismatches.iter().map(key).collect();
            let is_more = spec.follow || spec.expect.iter().any(is_of_lines);
            cases.push(Case { index, outcome, unmet, is_more });
        }
        for (line, cases) in reached {
            let first: &mut Vec<usize> = decided.entry(line).or_default();
            let more: Vec<usize> = cases.into_iter().filter(|case| !first.contains(case)).collect();
            first.extend(more);
        }
        let reasons = cases.iter().any(|case| case.is_more);
        Base { scenario, cases, reached: decided, reasons, form: form(site, run) }
    }

    /// The cases that came by a mutant's line.
    pub(super) fn covering(&self, mutant: &Mutant) -> &[usize] {
        self.reached.get(&(mutant.at.file, mutant.at.line)).map(Vec::as_slice).unwrap_or_default()
    }

    /// What comes of a mutant, and after how many requests: of who survives, without what would notice.
    pub(super) fn judge(&self, site: &Site, mutant: &Mutant) -> (Verdict, usize) {
        if let Some(why) = mutant.inert.filter(|_| !site.is_htaccess(mutant.at.file)) {
            return (Verdict::Equivalent(why), 0);
        }
        let after = match site.with(&mutant.edits) {
            Ok(after) => after,
            Err(overlap) => return (Verdict::Refused(overlap.to_string()), 0),
        };
        let run = match suite::started(self.scenario, &after) {
            Ok(run) if self.reasons => run,
            Ok(run) => run.without_reasons(),
            Err(error) => return (Verdict::Refused(error.message.clone()), 0),
        };
        // who came by the line is the likeliest to notice, but others may
        let first = self.covering(mutant);
        let others = (0..self.cases.len()).filter(|number| !first.contains(number));
        for (before, number) in first.iter().copied().chain(others).enumerate() {
            if let Some(key) = self.noticed(&run, &self.cases[number]) {
                return (Verdict::Killed(number, key), before + 1);
            }
        }
        let verdict = match self.form.why_same(mutant, &after, &run) {
            Some(why) => Verdict::Equivalent(why),
            None => Verdict::Survived(Noticing::Unsought),
        };
        (verdict, self.cases.len())
    }

    /// The expectation of a case that is no longer met.
    fn noticed(&self, run: &Run, case: &Case) -> Option<String> {
        if !case.is_more {
            let outcome = run.ask(&suite::asked(self.scenario, run, case.index));
            if outcome.answers_as(&case.outcome) {
                return None;
            }
        }
        let answered = suite::answer(self.scenario, run, case.index);
        answered.mismatches.iter().map(key).find(|key| !case.unmet.contains(key))
    }
}

/// The expectation that a mismatch is of: of lists as a whole.
fn key(mismatch: &Mismatch) -> String {
    mismatch.key.split('[').next().unwrap_or_default().to_string()
}

/// Whether an expectation is of something that answers which are the same may differ in.
fn is_of_lines(expectation: &Expectation) -> bool {
    match expectation.key.as_str() {
        "decided_by" | "not_decided_by" | "hops" | "log_message" => true,
        "caveats" => expectation.value != Value::Array(Vec::new()),
        _ => false,
    }
}
