//! What mutants came to, and the forms that it is printed in.

mod json;
mod stryker;
mod text;

pub(crate) use json::json;
pub(crate) use stryker::stryker;
pub(crate) use text::{request, text};

use super::coverage::Share;
use crate::search::explore::Stopped;
use crate::suite::Location;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A mutant, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// The file as places name it.
    pub file: String,
    /// The line.
    pub line: u32,
    /// Where that is on this machine.
    pub at: Option<Location>,
    /// What it does, in a word.
    pub kind: &'static str,
    /// The line as it is.
    pub text: String,
    /// What it becomes.
    pub becomes: Option<String>,
    /// The line that it changes places with, or goes past.
    pub other: Option<String>,
    /// What it takes the place of.
    pub piece: Piece,
    /// The requests that came by the line, by number of the test.
    pub covered_by: Vec<usize>,
    /// What came of it.
    pub verdict: Verdict,
}

/// A piece of a file, and what is there instead.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Piece {
    /// The file, as it can be opened where that is possible.
    pub path: String,
    /// Line and column, from 1.
    pub start: (u32, u32),
    /// The same of what is behind it.
    pub end: (u32, u32),
    /// The other text.
    pub text: String,
}

/// What came of a mutant.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// An expectation noticed it: the number of the test, and which one.
    Killed(usize, String),
    /// httpd would refuse to start with it, and why.
    Refused(String),
    /// No expectation noticed it; and what would.
    Survived(Noticing),
    /// It can change no answer, and why.
    Equivalent(&'static str),
    /// It was not tried: there was no time, or no more requests were to be asked.
    Untried,
}

/// What would notice a mutant.
#[derive(Clone, Debug)]
pub(crate) enum Noticing {
    /// A request.
    By(Map<String, Value>),
    /// Nothing that was tried.
    None,
    /// It was not looked for to the end.
    Unsought,
}

impl Verdict {
    /// Of the same mutant in several scenarios: the lower, the more it counts.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Verdict::Killed(..) => 0,
            Verdict::Refused(_) => 1,
            Verdict::Survived(_) => 2,
            Verdict::Equivalent(_) => 3,
            Verdict::Untried => 4,
        }
    }
}

/// A request that has expectations.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    /// The suite's file.
    pub path: String,
    /// What it is called.
    pub name: String,
    /// Its line there.
    pub line: u32,
    /// And column.
    pub column: u32,
}

/// What all mutants came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mutation {
    /// The mutants, by file and line.
    pub mutants: Vec<Judged>,
    /// The requests that they were held against.
    pub tests: Vec<Test>,
    /// The texts of the files of [`Piece`]s.
    pub sources: BTreeMap<String, String>,
    /// Whether it was ended by the first that survived.
    pub cut: bool,
    /// How many requests were put to mutants.
    pub asked: usize,
    /// Why not all were tried, or sought for.
    pub stopped: Option<Stopped>,
}

impl Mutation {
    /// Those that were noticed.
    pub(crate) fn killed(&self) -> usize {
        self.mutants.iter().filter(|m| m.verdict.rank() < 2).count()
    }

    /// Those that were not.
    pub(crate) fn survived(&self) -> impl Iterator<Item = &Judged> {
        self.mutants.iter().filter(|m| m.verdict.rank() == 2)
    }

    /// Those that can change no answer.
    pub(crate) fn equivalent(&self) -> usize {
        self.mutants.iter().filter(|m| m.verdict.rank() == 3).count()
    }

    /// Those that were not tried.
    pub(crate) fn untried(&self) -> usize {
        self.mutants.iter().filter(|m| m.verdict.rank() == 4).count()
    }

    /// How many were noticed, of those that were tried and could be.
    pub(crate) fn score(&self) -> Share {
        Share { part: self.killed(), whole: self.mutants.len() - self.equivalent() - self.untried() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::paint::Paint;
    use super::*;

    fn mutation() -> Mutation {
        let piece = |line| Piece { path: "a.conf".into(), start: (line, 1), end: (line, 22), text: "é".into() };
        let judged = |line, kind, verdict| Judged {
            file: "/etc/a.conf".into(),
            line,
            at: Some(Location { path: "a.conf".into(), line, column: 1 }),
            kind,
            text: "Require ip 10.0.0.0/8".into(),
            becomes: (kind != "delete").then(|| "Require all granted".into()),
            other: None,
            piece: piece(line),
            covered_by: vec![0],
            verdict,
        };
        let request: Value = serde_json::from_str(r#"{"url": "/a", "client": "11.0.0.1", "expect": {"status": 403}}"#)
            .expect("it is JSON");
        let mutants = vec![
            judged(1, "delete", Verdict::Killed(0, "status".into())),
            judged(1, "loosen", Verdict::Survived(Noticing::By(request.as_object().cloned().unwrap_or_default()))),
            judged(2, "delete", Verdict::Survived(Noticing::None)),
            judged(3, "delete", Verdict::Equivalent("it has no part in answers")),
            judged(4, "delete", Verdict::Refused("no such thing".into())),
        ];
        let tests = vec![Test { path: "s.yaml".into(), name: "GET /a".into(), line: 3, column: 5 }];
        let sources = [("a.conf".to_string(), "x\n".to_string())].into();
        Mutation { mutants, tests, sources, ..Mutation::default() }
    }

    #[test]
    fn what_was_not_tried_is_told_and_does_not_count() {
        let mut all = mutation();
        all.mutants[0].verdict = Verdict::Untried;
        all.mutants[2].verdict = Verdict::Survived(Noticing::Unsought);
        all.stopped = Some(Stopped::Time);
        let said = text(&all, Paint::default(), false);
        let sum = "mutants: 1 of 3 noticed (33.3%), 2 survived; 1 can change nothing; 1 not tried (--timeout)\n";
        assert!(said.starts_with(sum), "{said}");
        assert!(said.ends_with("  what would notice it was not looked for to the end\n"), "{said}");
        let value = json(&all);
        assert_eq!((&value["untried"], &value["stopped"]), (&1.into(), &"time".into()));
        assert_eq!(stryker(&all)["files"]["a.conf"]["mutants"][0]["status"], "Pending");
    }

    #[test]
    fn survivors_are_told_with_what_would_notice() {
        let wanted = "\
mutants: 2 of 4 noticed (50.0%), 2 survived; 1 can change nothing

a.conf:1  loosen
  - Require ip 10.0.0.0/8
  + Require all granted
  noticed by:
    - url: /a
      client: \"11.0.0.1\"
      expect: {status: 403}

a.conf:2  delete
  - Require ip 10.0.0.0/8
  no request was found that notices it
";
        assert_eq!(text(&mutation(), Paint::default(), false), wanted);
        assert_eq!(
            text(&mutation(), Paint::default(), true),
            wanted.lines().next().unwrap_or_default().to_string() + "\n"
        );
    }

    #[test]
    fn json_is_as_it_is_promised() {
        let value = json(&mutation());
        let numbers = ["mutants", "killed", "equivalent"].map(|key| value[key].as_u64());
        assert_eq!(numbers, [Some(5), Some(2), Some(1)]);
        assert_eq!(value["survived"].as_array().map(Vec::len), Some(2));
        let first = &value["survived"][0];
        assert_eq!(
            (&first["file"], &first["line"], &first["kind"]),
            (&"/etc/a.conf".into(), &1.into(), &"loosen".into())
        );
        assert_eq!(
            (&first["request"]["expect"]["status"], &value["survived"][1]["request"]),
            (&403.into(), &Value::Null)
        );
    }

    #[test]
    fn a_report_for_viewers() {
        let value = stryker(&mutation());
        let mutants = value["files"]["a.conf"]["mutants"].as_array().cloned().unwrap_or_default();
        let states: Vec<&str> = mutants.iter().filter_map(|m| m["status"].as_str()).collect();
        assert_eq!(states, ["Killed", "Survived", "Survived", "Ignored", "Killed"]);
        assert_eq!(mutants[0]["killedBy"][0], value["testFiles"]["s.yaml"]["tests"][0]["id"]);
        let mut ids: Vec<&Value> = mutants.iter().map(|m| &m["id"]).collect();
        ids.dedup();
        assert_eq!(ids.len(), 5);
    }
}
