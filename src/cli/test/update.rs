//! Writing today's answers into a suite: by place, so that comments and layout stay.

use super::super::output::Streams;
use super::super::suites;
use super::super::written::replace;
use super::filter::Filter;
use super::runner::Prepare;
use super::{Failure, failure};
use crate::outcome::json;
use crate::run::Run;
use crate::site::Site;
use crate::source::SourceMap;
use crate::suite::edits::Edits;
use crate::suite::shape::MATCHERS;
use crate::suite::{self, Answered, Mismatch, RequestSpec, Scenario, worth};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What is done to a file's text.
struct Plan<'t> {
    edits: Edits<'t>,
    /// What can't be written, and why.
    left: Vec<String>,
}

/// What is written: the answers that differ, those of requests without expectations, and of which requests.
#[derive(Clone, Copy)]
pub(super) struct Which<'f> {
    pub update: bool,
    pub record: bool,
    pub filter: &'f Filter,
}

/// Writes answers into a file.
pub(super) fn file(path: &Path, which: Which<'_>, prepare: &Prepare<'_>, streams: &mut Streams) -> Result<(), Failure> {
    if suites::built_in(path).is_some() {
        return failure(format!("`{}` is built in: nothing can be written into it", path.display()));
    }
    let said = |why: &str| Failure::Said(format!("`{}`: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|e| said(&format!("can't be read: {e}")))?;
    let Ok(scenarios) = Scenario::parse_all(path, &text, &SourceMap::default()) else {
        return Ok(()); // the run says why
    };
    let mut plan = Plan { edits: Edits::of(&text), left: Vec::new() };
    for scenario in &scenarios {
        plan.scenario(scenario, which, prepare);
    }
    for left in &plan.left {
        streams.note(&format!("{}: {left}", path.display()));
    }
    if plan.edits.is_empty() {
        return Ok(());
    }
    let new = plan.edits.applied();
    if let Err(why) = confirm(path, &new, &scenarios, prepare) {
        return Err(said(&format!("its layout can't be written into ({why}); nothing was changed")));
    }
    replace(path, text.as_bytes(), new.as_bytes()).map_err(|e| said(&format!("can't be written: {e}")))?;
    streams.note(&format!("{}: today's answers are written", path.display()));
    Ok(())
}

fn started(scenario: &Scenario, prepare: &Prepare<'_>) -> Option<(Scenario, Run)> {
    let scenario = prepare(scenario.clone()).ok().filter(|s| s.skip.is_none() && s.expect.is_empty())?;
    let run = suite::started(&scenario, &Site::of_scenario(&scenario).ok()?).ok()?;
    Some((scenario, run))
}

impl Plan<'_> {
    fn scenario(&mut self, scenario: &Scenario, which: Which<'_>, prepare: &Prepare<'_>) {
        let Some((scenario, run)) = started(scenario, prepare) else { return };
        let asked = scenario.requests.iter().enumerate().filter(|(_, spec)| spec.skip.is_none());
        let asked: Vec<(&RequestSpec, Answered)> =
            asked.map(|(index, spec)| (spec, suite::answer(&scenario, &run, index))).collect();
        // what several requests expect stays where it holds for one
        for (spec, answered) in &asked {
            let is_sure = answered.outcome.caveats.is_empty() && which.filter.takes(&scenario, spec);
            let holds = |key: &str| !answered.mismatches.iter().any(|m| m.key.split(['.', '[']).next() == Some(key));
            for e in spec.expect.iter().filter(|e| !is_sure || holds(&e.key)) {
                self.edits.keep(e.want.at.span.start as usize);
            }
        }
        for (spec, answered) in &asked {
            let missing = which.record && spec.expect.is_empty();
            let wanted = which.update && !spec.expect.is_empty();
            if !which.filter.takes(&scenario, spec) || !wanted && !missing {
                continue;
            }
            if !answered.outcome.caveats.is_empty() {
                if missing || !answered.mismatches.is_empty() {
                    self.left.push(format!("line {}: left alone, as the answer is not certain", spec.line));
                }
            } else if missing {
                self.record(spec, answered, &run);
            } else {
                answered.mismatches.iter().for_each(|m| self.update(spec, m));
            }
        }
    }

    fn update(&mut self, spec: &RequestSpec, mismatch: &Mismatch) {
        let from = self.edits.start_of(spec.line, spec.column).unwrap_or(0);
        let start = mismatch.at.span.start as usize;
        let is_scalar = !mismatch.want.is_object() && !mismatch.want.is_array() || is_line(mismatch);
        if let Some(matcher) = matcher(&mismatch.want) {
            let (line, key) = (mismatch.line, &mismatch.key);
            self.left
                .push(format!("line {line}: `{key}` is left alone, as it has `{matcher}`: it is {}", mismatch.got));
            return;
        }
        // what is expected may be written elsewhere: in `defaults`, behind an alias
        let from = if from <= start { from } else { start };
        match written(mismatch).and_then(|value| self.edits.value(from, start, is_scalar, &value)) {
            Some(()) => {}
            None => {
                let (line, key) = (mismatch.line, &mismatch.key);
                self.left.push(format!("line {line}: `{key}` is to be changed by hand: it is {}", mismatch.got));
            }
        }
    }

    fn record(&mut self, spec: &RequestSpec, answered: &Answered, run: &Run) {
        let told = json::outcome(&answered.outcome, run.sources());
        if self.edits.request(spec, &worth(&told)).is_none() {
            self.left.push(format!("line {}: no place for `expect`", spec.line));
        }
    }
}

/// What an expectation says of a value instead of naming it: that is for its writer to change.
fn matcher(want: &Value) -> Option<&'static str> {
    let [key] = want.as_object()?.keys().collect::<Vec<_>>()[..] else { return None };
    MATCHERS.into_iter().find(|matcher| matcher == key)
}

/// Whether the expectation is one line's name.
fn is_line(mismatch: &Mismatch) -> bool {
    mismatch.want.as_object().is_some_and(|map| map.len() == 1 && map.contains_key("directive"))
}

/// The value to write for what came; none where that is no value of the key.
fn written(mismatch: &Mismatch) -> Option<Value> {
    let line = |got: &Value| Some(Value::from(got["directive"].as_str()?));
    match &mismatch.got {
        // what a line is to decide is no more than its name
        Value::Array(lines) if mismatch.key == "decided_by" || mismatch.key == "caveats" => {
            lines.iter().map(line).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        Value::Object(_) if is_line(mismatch) => line(&mismatch.got),
        _ if mismatch.key == "not_decided_by" || mismatch.key == "hops" => None,
        Value::Null if mismatch.want.is_object() || mismatch.want.is_array() => None,
        got => Some(got.clone()),
    }
}

/// Whether a new text reads as the old one but for what it expects, and expects what comes.
fn confirm(path: &Path, new: &str, before: &[Scenario], prepare: &Prepare<'_>) -> Result<(), &'static str> {
    let after = Scenario::parse_all(path, new, &SourceMap::default()).map_err(|_| "YAML")?;
    if after.len() != before.len() {
        return Err("scenarios");
    }
    for (new, old) in after.iter().zip(before) {
        let same =
            new.requests.iter().map(RequestSpec::unexpecting).eq(old.requests.iter().map(RequestSpec::unexpecting));
        let files = new.files.iter().map(|f| (&f.path, &f.kind)).eq(old.files.iter().map(|f| (&f.path, &f.kind)));
        if !same || !files || new.config_text().ok() != old.config_text().ok() {
            return Err("requests");
        }
        let keys = |r: &RequestSpec| r.expect.iter().map(|e| e.key.clone()).collect::<Vec<_>>();
        if new.requests.iter().zip(&old.requests).any(|(n, o)| !o.expect.is_empty() && keys(n) != keys(o)) {
            return Err("expectations");
        }
        let (Some((old, old_run)), Some((new, new_run))) = (started(old, prepare), started(new, prepare)) else {
            continue;
        };
        for index in 0..new.requests.len() {
            let wrong = |scenario: &Scenario, run: &Run| suite::answer(scenario, run, index).mismatches.len();
            let after = wrong(&new, &new_run);
            if after > 0 && after > wrong(&old, &old_run) {
                return Err("expectations");
            }
        }
    }
    Ok(())
}
