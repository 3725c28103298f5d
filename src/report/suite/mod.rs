//! Results of scenario suites, and the forms that they are printed in.

pub(crate) mod coverage;
mod github;
mod json;
mod junit;
pub(crate) mod mutation;
mod sarif;
mod story;
mod tap;
mod text;

pub(crate) use github::{annotations, table};
pub(crate) use json::json;
pub(crate) use junit::text as junit;
pub(crate) use sarif::sarif;
pub(crate) use story::{Missing, Row, story};
pub(crate) use tap::tap;
pub(crate) use text::{snippet, text};

use crate::suite::{Location, Mismatch};
use std::time::Duration;

/// What became of a scenario's expectations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    /// The file.
    pub path: String,
    /// What it shows; empty where it could not be read.
    pub name: String,
    /// One for each request that expects something.
    pub cases: Vec<Case>,
    /// Why it could not be run.
    pub error: Option<Broken>,
}

impl Checked {
    /// Whether it fails the suite.
    pub(crate) fn failed(&self) -> bool {
        self.error.is_some() || self.cases.iter().any(Case::failed)
    }
}

/// Why a scenario could not be run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Broken {
    /// The diagnostics, as people are shown them.
    pub text: String,
    /// The first one, in one line.
    pub message: String,
    /// Where it is.
    pub at: Option<Location>,
}

/// What became of one request's expectations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    /// Its name, or `GET /app`. No other of its file has it.
    pub title: String,
    /// What is asked, where the title doesn't say.
    pub asked: Option<String>,
    /// What it is asked with besides method and URL.
    pub details: String,
    /// Line of the request in the scenario.
    pub line: u32,
    /// What came of it.
    pub state: State,
    /// Where the outcome is not what was expected.
    pub mismatches: Vec<Mismatch>,
    /// The redirects that were followed before, and the lines that decided them.
    pub followed: Vec<String>,
    /// The outcome, in one line.
    pub got: String,
    /// The directives that decided the outcome, with their places.
    pub decided_by: Vec<String>,
    /// Why the outcome is not certain.
    pub caveats: Vec<String>,
    /// The line of a real file that decided.
    pub at: Option<Location>,
    /// The lines of the scenario that expect it, with marks below what did not come.
    pub snippet: Vec<String>,
    /// Why it came out so, and what would be as expected.
    pub story: Vec<Row>,
    /// Whether it is served though it was to be refused.
    pub exposed: bool,
    /// The outcome's status.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
}

/// What came of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// All was as expected.
    #[default]
    Passed,
    /// Something was not.
    Failed,
    /// Something was not, and that is known.
    Known,
    /// It was not asked, for this reason.
    Skipped(String),
}

impl State {
    /// The word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            State::Passed => "passed",
            State::Failed => "failed",
            State::Known => "known",
            State::Skipped(_) => "skipped",
        }
    }
}

impl Case {
    /// Whether it fails the suite.
    pub(crate) fn failed(&self) -> bool {
        self.state == State::Failed
    }

    /// What is not as expected, in one line.
    pub(crate) fn message(&self) -> String {
        self.mismatches.iter().map(said).collect::<Vec<_>>().join("; ")
    }

    /// The lines that tell it whole, without colour.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.asked.iter().map(|asked| format!("asked: {asked}"));
        let said = self.mismatches.iter().map(said);
        let decided = self.decided_by.iter().map(|d| format!("decided by {d}"));
        let caveats = self.caveats.iter().map(|c| format!("not certain: {c}"));
        let story = self.story.iter().map(Row::plain);
        let answer = self.followed.iter().cloned().chain([format!("answer: {}", self.got)]);
        asked
            .chain(said)
            .chain(self.snippet.iter().cloned())
            .chain(answer)
            .chain(decided)
            .chain(caveats)
            .chain(story)
            .collect()
    }

    /// How bad its failure is: the lower, the worse.
    fn rank(&self) -> u8 {
        match self.status {
            _ if self.exposed => 0,
            500.. => 1,
            _ => 2,
        }
    }
}

/// What one expectation came to.
fn said(m: &Mismatch) -> String {
    format!("{}: expected {}, got {}", m.key, m.want, m.got)
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// As expected.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
    /// Not as expected, which is known.
    pub known: usize,
    /// Not asked.
    pub skipped: usize,
    /// Scenarios that could not be run.
    pub broken: usize,
}

/// Counts them.
pub(crate) fn count(suite: &[Checked]) -> Count {
    let mut count = Count { broken: suite.iter().filter(|s| s.error.is_some()).count(), ..Count::default() };
    for case in suite.iter().flat_map(|s| &s.cases) {
        *match case.state {
            State::Passed => &mut count.passed,
            State::Failed => &mut count.failed,
            State::Known => &mut count.known,
            State::Skipped(_) => &mut count.skipped,
        } += 1;
    }
    count
}

/// The cases that failed, the worst first.
fn worst(suite: &[Checked]) -> Vec<(&Checked, &Case)> {
    let mut failed: Vec<(&Checked, &Case)> =
        suite.iter().flat_map(|s| s.cases.iter().filter(|c| c.failed()).map(move |c| (s, c))).collect();
    failed.sort_by_key(|(_, case)| case.rank());
    failed
}

#[cfg(test)]
mod tests {
    use super::super::paint::Paint;
    use super::*;
    use crate::source::Span;
    use crate::suite::At;
    use serde_json::json;

    fn suite() -> Vec<Checked> {
        let at = At { span: Span::NONE, line: 7, column: 22 };
        let mismatch = Mismatch { key: "status".into(), want: json!(403), got: json!(200), line: 7, column: 22, at };
        let bad = Case {
            title: "GET /a".into(),
            line: 6,
            state: State::Failed,
            mismatches: vec![mismatch],
            at: Some(Location { path: "conf/httpd.conf".into(), line: 3, column: 5 }),
            got: "GET /a: 200 /srv/a".into(),
            exposed: true,
            status: 200,
            ..Case::default()
        };
        let good = Case { title: "GET /b#c".into(), line: 8, ..Case::default() };
        let skipped =
            Case { state: State::Skipped("later".into()), line: 9, title: "GET /d".into(), ..Case::default() };
        let broken = Broken { text: "b.yaml is no YAML".into(), message: "no YAML".into(), at: None };
        vec![
            Checked { path: "a.yaml".into(), name: "x".into(), cases: vec![bad, good, skipped], error: None },
            Checked { path: "b.yaml".into(), error: Some(broken), ..Checked::default() },
        ]
    }

    #[test]
    fn failures_have_their_places() {
        let out = text(&suite(), None, Paint::default(), false, false);
        assert!(out.contains("a.yaml:7:22: status\n      want 403\n      got  200\n"), "{out}");
        assert!(out.ends_with("\n1 scenario could not be run\n1 passed, 1 failed, 1 skipped\n"), "{out}");
        let quiet = text(&suite()[1..], None, Paint::default(), true, false);
        assert!(quiet.starts_with("error b.yaml"), "{quiet}");
        assert_eq!(json(&suite(), 0)["scenarios"][0]["requests"][0]["passed"], false);
        let xml = junit(&suite());
        assert!(xml.contains("tests=\"4\"") && xml.contains("failures=\"1\"") && xml.contains("errors=\"1\""), "{xml}");
        assert!(xml.contains("file=\"a.yaml\" line=\"6\"") && xml.contains("<skipped message=\"later\""), "{xml}");
    }

    #[test]
    fn lines_that_programs_read() {
        let tap = tap(&suite());
        assert!(tap.starts_with("TAP version 14\n1..4\nnot ok 1 - a.yaml: GET /a\n  ---\n"), "{tap}");
        assert!(
            tap.contains("\nok 2 - a.yaml: GET /b\\#c\nok 3 - a.yaml: GET /d # SKIP later\nnot ok 4 - b.yaml\n"),
            "{tap}"
        );
        let lines = annotations(&suite());
        assert!(lines.starts_with("::error title=b.yaml can't be run,file=b.yaml::no YAML\n"), "{lines}");
        assert!(lines.contains("::error title=GET /a,file=conf/httpd.conf,line=3,col=5::"), "{lines}");
        assert!(table(&suite()).contains("| 1 | 1 | 0 | 1 | 1 |"), "{}", table(&suite()));
    }

    #[test]
    fn no_more_annotations_than_are_shown() {
        let mut suite = suite();
        suite[0].cases = vec![suite[0].cases[0].clone(); 15];
        suite[0].cases[14].exposed = false;
        let lines = annotations(&suite);
        assert_eq!(lines.matches("::error ").count(), 10);
        assert!(
            lines.ends_with("::notice::6 more failures are not shown here: see the log, or the report\n"),
            "{lines}"
        );
    }

    #[test]
    fn sarif_has_what_readers_ask_for() {
        let value = sarif(&suite());
        let results = &value["runs"][0]["results"];
        assert_eq!(results.as_array().map(Vec::len), Some(2));
        for result in results.as_array().into_iter().flatten() {
            let place = &result["locations"][0]["physicalLocation"];
            assert!(
                place["artifactLocation"]["uri"].is_string() && place["region"]["startLine"].as_u64() > Some(0),
                "{result}"
            );
            let rule = &value["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap_or(9) as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
        assert_eq!(results[1]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 7);
    }
}
