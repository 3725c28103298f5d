//! A scenario, run: what its requests come to, and where that is not what it expects.

use super::expect::{Expectation, Mismatch, ask_for_response, compare};
use super::scenario::Scenario;
use crate::diagnostic::Diagnostic;
use crate::follow::{self, Hop, Stopped};
use crate::outcome::{Outcome, json};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::Site;
use crate::source::directive_text;
use crate::suite::RequestSpec;
use bstr::BString;
use serde_json::Value;

/// What became of a scenario.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{Scenario, run};
///
/// let text = "name: x\nconfig: Alais /a /b\nexpect: {config_error: {line: 1}}\nrequests: [/a]\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let ran = run(&scenario).expect("it has no files");
/// assert!(ran.run.is_none() && ran.answers.is_empty(), "httpd would not start");
/// assert!(ran.mismatches.is_empty(), "and that is what the scenario expects");
/// assert_eq!(ran.refusal.expect("it is refused")["config_error"]["line"], 1);
/// ```
pub struct Ran {
    /// Its configuration over its files.
    pub site: Site,
    /// Ready for more requests; none where httpd would refuse to start.
    pub run: Option<Run>,
    /// The error at which httpd would stop, as scenarios expect it: `{"config_error": {file, line, message}}`.
    pub refusal: Option<Value>,
    /// Where the refusal (or the lack of one) is not what the scenario as a whole expects.
    pub mismatches: Vec<Mismatch>,
    /// Each request's answer, in order; empty where httpd would refuse to start.
    pub answers: Vec<Answered>,
}

/// A request's answer.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{Scenario, run};
///
/// let text = "name: x\nconfig: Redirect /a /b\nrequests:\n- {url: /a, expect: {status: 302}}\n- /b\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let ran = run(&scenario).expect("it has no files");
/// assert_eq!(ran.answers[0].outcome.location, Some("http://localhost/b".into()));
/// assert!(ran.answers.iter().all(|answered| answered.mismatches.is_empty()));
/// ```
pub struct Answered {
    /// The outcome; of a request whose redirects are followed, the last one.
    pub outcome: Outcome,
    /// What was asked for it.
    pub request: Request,
    /// The redirects that were followed to it, in order.
    pub hops: Vec<Hop>,
    /// Where it is not what the request expects.
    pub mismatches: Vec<Mismatch>,
}

/// Asks a scenario's requests, and compares the answers with what it expects of them.
///
/// # Errors
/// What is wrong with the scenario itself: a file that can't be laid out, a configuration that can't be read. What httpd
/// would refuse is no error but in the result.
pub fn run(scenario: &Scenario) -> Result<Ran, Vec<Diagnostic>> {
    let site = Site::of_scenario(scenario)?;
    let (run, refused) = match started(scenario, &site) {
        Ok(run) => (Some(run), None),
        Err(error) => (None, Some(error)),
    };
    let refusal = refused.map(|error| json::config_error(&error, site.sources()));
    let mismatches = compare(&scenario.expect, refusal.as_ref().unwrap_or(&Value::Null));
    let answers = run.iter().flat_map(|s| (0..scenario.requests.len()).map(move |index| (index, s)));
    let answers = answers.map(|(index, run)| answer(scenario, run, index)).collect();
    Ok(Ran { site, run, refusal, mismatches, answers })
}

/// Starts a scenario's site, so that its outcomes have all that its requests expect something of.
///
/// # Errors
/// The error at which httpd would stop.
pub(crate) fn started(scenario: &Scenario, site: &Site) -> Result<Run, Box<Diagnostic>> {
    let run = site.start()?;
    let respond = scenario.requests.iter().any(|r| ask_for_response(&r.expect));
    Ok(if respond { run.with_response() } else { run })
}

/// Asks one of a scenario's requests.
pub(crate) fn answer(scenario: &Scenario, run: &Run, index: usize) -> Answered {
    answer_by(scenario, run, index, &mut |request, cookies| run.put(request, cookies))
}

/// How a request is put: its answer, and the cookies that it sets where they are asked for.
pub(crate) type Put<'p> = dyn FnMut(&Request, bool) -> (Outcome, Vec<BString>) + 'p;

/// The same, where each request on the way is put by `put`.
pub(crate) fn answer_by(scenario: &Scenario, run: &Run, index: usize, put: &mut Put<'_>) -> Answered {
    let spec = &scenario.requests[index];
    let request = asked(scenario, run, index);
    if !spec.follow {
        let (outcome, _) = put(&request, false);
        let mismatches = match spec.expect.is_empty() {
            true => Vec::new(),
            false => compare(&spec.expect, &told(&outcome, &spec.expect, run)),
        };
        return Answered { outcome, request, hops: Vec::new(), mismatches };
    }
    let mut followed = follow::follow(run, &request, &mut |request| put(request, true));
    let mut json = told(&followed.last().outcome, &spec.expect, run);
    if let Value::Object(map) = &mut json {
        let before = &followed.hops[..followed.hops.len() - 1];
        map.insert("hops".into(), before.iter().map(|hop| told(&hop.outcome, &spec.expect, run)).collect());
        map.insert("stopped".into(), followed.stopped.map(Stopped::as_str).into());
    }
    let mismatches = compare(&spec.expect, &json);
    match followed.hops.pop() {
        Some(Hop { request, outcome }) => Answered { outcome, request, hops: followed.hops, mismatches },
        None => Answered { outcome: Outcome::default(), request, hops: Vec::new(), mismatches },
    }
}

/// A request as it is put to the scenario's site.
pub(crate) fn asked(scenario: &Scenario, run: &Run, index: usize) -> Request {
    put(scenario, run, &scenario.requests[index], index)
}

/// The same of any request, which is the `index`th.
pub(crate) fn put(scenario: &Scenario, run: &Run, spec: &RequestSpec, index: usize) -> Request {
    #[cfg(feature = "disk")]
    if scenario.site.is_some() && spec.server.is_none() {
        let mut spec = spec.clone();
        run.place(&mut spec);
        return Request::of(&spec, index);
    }
    let _ = (scenario, run);
    Request::of(spec, index)
}

/// An outcome as expectations see it: its JSON, and where lines are expected, their texts.
fn told(outcome: &Outcome, expect: &[Expectation], run: &Run) -> Value {
    let mut told = json::outcome(outcome, run.sources());
    let lines = ["decided_by", "not_decided_by", "hops"];
    if expect.iter().any(|e| lines.contains(&e.key.as_str()))
        && let Some(Value::Array(decisions)) = told.get_mut("decided_by")
    {
        for (json, decision) in decisions.iter_mut().zip(&outcome.decided_by) {
            json["text"] = directive_text(run.sources(), decision.span).into();
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use std::path::Path;

    fn ran(text: &str) -> Ran {
        let scenario = Scenario::parse(Path::new("x.yaml"), text, &SourceMap::default()).unwrap();
        run(&scenario).unwrap()
    }

    #[test]
    fn answers_and_refusals_are_compared() {
        let works = ran("name: x\nconfig: ''\nrequests:\n- {url: /, expect: {status: 200}}\n- /gone\n");
        let keys: Vec<Vec<&str>> =
            works.answers.iter().map(|a| a.mismatches.iter().map(|m| m.key.as_str()).collect()).collect();
        assert_eq!((keys, works.refusal), (vec![vec!["status"], vec![]], None));
        let refused = ran("name: x\nconfig: Bogus\nexpect: {config_error: {line: 2}}\nrequests: [/]\n");
        assert!(refused.answers.is_empty() && refused.run.is_none());
        assert_eq!(refused.mismatches[0].key, "config_error.line");
        let starts = ran("name: x\nconfig: ''\nexpect: {config_error: {line: 2}}\nrequests: [/]\n");
        assert_eq!(starts.mismatches[0].key, "config_error");
    }
}
