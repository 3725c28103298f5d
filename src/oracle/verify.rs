//! Scenarios, asked of both sides.

use super::answer::{Answer, Reply};
use super::compare::{self, Difference};
use super::family::Oracle;
use super::job::Job;
use crate::outcome::{Outcome, json};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::Site;
use crate::suite::{self, RequestSpec, Scenario};
use serde_json::Value;

/// What became of one scenario.
///
/// ```no_run
/// use routesim::oracle::{Httpd, Oracle, Verdict, verify};
/// use routesim::suite::Scenario;
///
/// let oracle = Oracle::new(Httpd::find(None)?, std::env::current_exe()?, None, false)?;
/// let scenario = Scenario::load("site.yaml".as_ref(), &Default::default()).expect("it is one");
/// match verify(&oracle, &scenario) {
///     Verdict::Asked(asked) => println!("{} answers", asked.len()),
///     Verdict::Refused(differences, _) => println!("refused, {} differences", differences.len()),
///     Verdict::Lacks(what) | Verdict::Broken(what) => println!("not asked: {what}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub enum Verdict {
    /// httpd runs with it: each request's answer.
    Asked(Vec<Asked>),
    /// httpd refuses it, or routesim says that it would: where they differ, and what httpd said.
    Refused(Vec<Difference>, Reply),
    /// It can't be asked here, for want of this.
    Lacks(String),
    /// It is no scenario, or asking failed.
    Broken(String),
}

/// One request's two answers.
///
/// ```no_run
/// use routesim::oracle::{Httpd, Oracle, Verdict, verify};
/// use routesim::suite::Scenario;
///
/// let oracle = Oracle::new(Httpd::find(None)?, std::env::current_exe()?, None, false)?;
/// let scenario = Scenario::load("site.yaml".as_ref(), &Default::default()).expect("it is one");
/// let Verdict::Asked(all) = verify(&oracle, &scenario) else { return Err("it could not be asked".into()) };
/// for asked in all.iter().filter(|asked| asked.is_sure()) {
///     let url = &scenario.requests[asked.index].url;
///     asked.differences.iter().for_each(|d| println!("{url}: {} is {}, not {}", d.key, d.httpd, d.routesim));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request's number in the scenario.
    pub index: usize,
    /// httpd's answer.
    pub answer: Answer,
    /// routesim's outcome, as JSON.
    pub outcome: Value,
    /// Where they differ.
    pub differences: Vec<Difference>,
    /// The scenario's key that the answer hangs on and that a real httpd can't be given: the two are not compared.
    pub hangs_on: Option<&'static str>,
}

impl Asked {
    /// Whether routesim claims to be certain.
    pub fn is_sure(&self) -> bool {
        self.outcome["caveats"].as_array().is_none_or(Vec::is_empty)
    }
}

impl Verdict {
    /// How many answers could be held against each other.
    pub fn compared(&self) -> usize {
        match self {
            Verdict::Asked(asked) => asked.iter().filter(|a| a.answer.status.is_some() && a.hangs_on.is_none()).count(),
            Verdict::Refused(..) => 1,
            _ => 0,
        }
    }

    /// How many of them differ.
    pub fn differing(&self) -> usize {
        match self {
            Verdict::Asked(asked) => asked.iter().filter(|a| !a.differences.is_empty()).count(),
            Verdict::Refused(differences, _) => usize::from(!differences.is_empty()),
            _ => 0,
        }
    }
}

/// Asks a scenario of both sides. One of another httpd than the one at hand is not asked.
pub fn verify(oracle: &Oracle, scenario: &Scenario) -> Verdict {
    if !scenario.httpd.is_default() && !oracle.httpd.is_version(scenario.httpd) {
        return Verdict::Lacks(format!("httpd {}", scenario.httpd));
    }
    let ran = match suite::run(scenario) {
        Ok(ran) => ran,
        Err(found) => return Verdict::Broken(found.first().map_or_else(String::new, |d| d.message.clone())),
    };
    let job = match Job::of(scenario, &oracle.httpd, oracle.way) {
        Ok(job) => job,
        Err(why) => return Verdict::Broken(why),
    };
    let lacking = |name: &String| Verdict::Lacks(format!("the module {name}"));
    if let Some(name) = job.missing.iter().find(|m| scenario.modules.as_ref().is_some_and(|s| s.contains(m))) {
        return lacking(name);
    }
    let reply = match oracle.ask(&job) {
        Ok(reply) => reply,
        Err(need) => return Verdict::Lacks(need),
    };
    match (reply, &ran.run) {
        (Reply::Failed(why), _) => Verdict::Broken(why),
        (Reply::Contained, _) => Verdict::Broken("the worker gave no answer".into()),
        (Reply::MachineError(why), _) => Verdict::Lacks(machine(&why)),
        (Reply::ConfigError { message, .. }, _)
            if !job.missing.is_empty() && message.contains("defined by a module not included") =>
        {
            lacking(&job.missing[0])
        }
        (Reply::Answers { answers, .. }, Some(run)) => {
            let both = answers.into_iter().zip(&ran.answers).enumerate();
            let timeless = timeless(scenario);
            let responding = oracle.headers.then(|| run.fork().with_response());
            let asked = both.map(|(index, (answer, answered))| {
                let (spec, found) = (&scenario.requests[index], &answered.outcome);
                let hangs_on = hangs_on(found, run, timeless.as_ref(), spec, index);
                let told = responding.as_ref().filter(|_| !spec.follow).map(|run| run.ask(&answered.request));
                let mut outcome = json::outcome(told.as_ref().unwrap_or(found), run.sources());
                let wanted =
                    |keys: &[&str]| oracle.headers || spec.expect.iter().any(|e| keys.contains(&e.key.as_str()));
                let (headers, environment) = (wanted(&["headers", "type"]), wanted(&["env"]));
                if let Some(keys) = outcome.as_object_mut() {
                    keys.retain(|key, _| key != "headers" || headers);
                    keys.retain(|key, _| key != "env" || environment);
                }
                let mut differences = compare::differences(&answer, &spec.method, &outcome);
                differences.retain(|_| hangs_on.is_none());
                Asked { index, answer, outcome, differences, hangs_on }
            });
            Verdict::Asked(asked.collect())
        }
        (reply, _) => Verdict::Refused(compare::refusal(&reply, ran.refusal.as_ref()), reply),
    }
}

/// The scenario as it is at any time, where it says when it is.
fn timeless(scenario: &Scenario) -> Option<Run> {
    scenario.time?;
    Site::of_scenario(&Scenario { time: None, ..scenario.clone() }).ok()?.start().ok()
}

/// What of a scenario's premises httpd can't be made to share, and the answer is not certain without.
fn hangs_on(
    found: &Outcome,
    run: &Run,
    timeless: Option<&Run>,
    spec: &RequestSpec,
    index: usize,
) -> Option<&'static str> {
    let surer = |run: &Run, spec: &RequestSpec| {
        let without = run.ask(&Request::of(spec, index));
        without.caveats.iter().any(|c| !found.caveats.contains(c))
    };
    if timeless.is_some_and(|timeless| surer(timeless, spec)) {
        return Some("time");
    }
    let bare = RequestSpec { ssl: Vec::new(), ..spec.clone() };
    (!spec.ssl.is_empty() && surer(run, &bare)).then_some("ssl")
}

/// What httpd missed on this machine: the last that it said.
fn machine(said: &str) -> String {
    let last = said.lines().rev().find(|l| !l.trim().is_empty() && !l.contains("AH00016")).unwrap_or("");
    format!("something of this machine: {}", last.trim())
}

/// How many scenarios are asked at a time: httpd spends much of its time waiting.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, |n| (n.get() * 2).min(16))
}
