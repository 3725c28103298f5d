//! Results of scenario suites, for people and as JSON.

use super::paint::{Paint, Tone, clean};
use super::plural;
use crate::suite::Mismatch;
use serde_json::{Value, json};
use std::fmt::Write;

/// What became of a scenario's expectations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    /// The file.
    pub path: String,
    /// What it shows; empty where it could not be read.
    pub name: String,
    /// One for each request that expects something.
    pub cases: Vec<Case>,
    /// Why it could not be run: diagnostics, as text.
    pub error: Option<String>,
}

/// What became of one request's expectations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    /// `GET /app`
    pub title: String,
    /// Line of the request in the scenario.
    pub line: u32,
    /// Where the outcome is not what was expected.
    pub mismatches: Vec<Mismatch>,
    /// The directives that decided the outcome, with their places.
    pub decided_by: Vec<String>,
    /// Why the outcome is not certain.
    pub caveats: Vec<String>,
}

impl Case {
    /// Whether all was as expected.
    pub(crate) fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// How many passed, and how many did not.
pub(crate) fn count(suite: &[Checked]) -> (usize, usize) {
    let all = suite.iter().map(|s| s.cases.len()).sum::<usize>();
    let passed = suite.iter().flat_map(|s| &s.cases).filter(|c| c.passed()).count();
    (passed, all - passed)
}

/// A line for each scenario (with `quiet`, where something is wrong), the failures in full, what was `skipped`, and a summary
/// alone on the last line.
pub(crate) fn text(suite: &[Checked], skipped: Option<&str>, paint: Paint, quiet: bool) -> String {
    let mut out = String::new();
    for s in suite.iter().filter(|s| !quiet || s.error.is_some() || !s.cases.iter().all(Case::passed)) {
        scenario(&mut out, s, paint);
    }
    let (passed, failed) = count(suite);
    let broken = suite.iter().filter(|s| s.error.is_some()).count();
    if broken > 0 {
        let _ = writeln!(out, "{} could not be run", plural(broken, "scenario"));
    }
    if let Some(skipped) = skipped {
        let _ = writeln!(out, "{}", paint.tone(Tone::Dim, skipped));
    }
    let tone = if failed + broken > 0 { Tone::Bad } else { Tone::Good };
    let _ = writeln!(out, "{}", paint.tone(tone, &format!("{passed} passed, {failed} failed")));
    out
}

fn scenario(out: &mut String, s: &Checked, paint: Paint) {
    let failed = s.cases.iter().filter(|c| !c.passed()).count();
    let (word, tone) = match (&s.error, failed) {
        (Some(_), _) => ("error", Tone::Bad),
        (None, 0) => ("ok   ", Tone::Good),
        _ => ("FAIL ", Tone::Bad),
    };
    let path = clean(&s.path);
    let room = paint.columns().saturating_sub(10 + path.chars().count());
    let name =
        if s.name.is_empty() || room < 12 { String::new() } else { format!("  {}", paint.fit(&clean(&s.name), room)) };
    let _ = writeln!(out, "{} {path}{}", paint.tone(tone, word), paint.tone(Tone::Dim, &name));
    if let Some(error) = &s.error {
        let _ = writeln!(out, "{}", error.trim_end());
    }
    for case in s.cases.iter().filter(|c| !c.passed()) {
        let _ = writeln!(
            out,
            "  {}  {}",
            paint.tone(Tone::Head, &clean(&case.title)),
            paint.tone(Tone::Dim, &format!("{path}:{}", case.line))
        );
        for m in &case.mismatches {
            let _ = writeln!(out, "    {path}:{}:{}: {}", m.line, m.column, paint.tone(Tone::Key, &m.key));
            let _ = writeln!(out, "      want {}", paint.tone(Tone::Good, &shown(&m.want)));
            let _ = writeln!(out, "      got  {}", paint.tone(Tone::Bad, &shown(&m.got)));
        }
        for d in &case.decided_by {
            let _ = writeln!(out, "    {}", paint.tone(Tone::Dim, &format!("decided by {}", clean(d))));
        }
        for c in &case.caveats {
            let _ = writeln!(out, "    {}", paint.tone(Tone::Warn, &format!("not certain: {}", clean(c))));
        }
    }
}

fn shown(value: &Value) -> String {
    clean(value.to_string())
}

/// The same as one JSON value; `skipped` is how many files were.
pub(crate) fn json(suite: &[Checked], skipped: usize) -> Value {
    let (passed, failed) = count(suite);
    let scenarios: Vec<Value> = suite
        .iter()
        .map(|s| {
            let requests: Vec<Value> = s.cases.iter().map(case).collect();
            json!({"path": s.path, "name": s.name, "error": s.error, "requests": requests})
        })
        .collect();
    json!({"passed": passed, "failed": failed, "skipped": skipped, "scenarios": scenarios})
}

fn case(c: &Case) -> Value {
    let mismatches: Vec<Value> = c
        .mismatches
        .iter()
        .map(|m| json!({"key": m.key, "want": m.want, "got": m.got, "line": m.line, "column": m.column}))
        .collect();
    json!({"request": c.title, "line": c.line, "passed": c.passed(), "mismatches": mismatches,
           "decided_by": c.decided_by, "caveats": c.caveats})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite() -> Vec<Checked> {
        let mismatch = Mismatch { key: "status".into(), want: json!(403), got: json!(200), line: 7, column: 22 };
        let bad = Case { title: "GET /a".into(), line: 6, mismatches: vec![mismatch], ..Case::default() };
        let good = Case { title: "GET /b".into(), line: 8, ..Case::default() };
        vec![
            Checked { path: "a.yaml".into(), name: "x".into(), cases: vec![bad, good], error: None },
            Checked { path: "b.yaml".into(), error: Some("b.yaml is no YAML".into()), ..Checked::default() },
        ]
    }

    #[test]
    fn failures_have_their_places() {
        let out = text(&suite(), None, Paint::default(), false);
        assert!(out.contains("a.yaml:7:22: status\n      want 403\n      got  200\n"), "{out}");
        assert!(out.ends_with("\n1 scenario could not be run\n1 passed, 1 failed\n"), "{out}");
        let quiet = text(&suite()[1..], None, Paint::default(), true);
        assert!(quiet.starts_with("error b.yaml"), "{quiet}");
        assert_eq!(json(&suite(), 0)["scenarios"][0]["requests"][0]["passed"], false);
        let xml = crate::report::junit::text(&suite());
        assert!(xml.contains("tests=\"3\"") && xml.contains("failures=\"1\"") && xml.contains("errors=\"1\""), "{xml}");
    }
}
