//! A real httpd and routesim side by side, for people and as JSON.

use super::paint::{Paint, Tone, clean, wrap};
use super::plural;
use crate::oracle::{Answer, Difference, Reply};
use crate::oracle::{Asked, Verdict};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// How far what a side did is from the margin.
const SIDE: usize = 6;

/// What became of one scenario.
pub(crate) struct Verified {
    /// The file.
    pub path: String,
    /// What it shows.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
    /// The requests that were answered differently.
    pub stories: Vec<Story>,
    /// How many expectations were written into the file.
    pub recorded: Option<usize>,
}

/// A request that was answered differently.
pub(crate) struct Story {
    /// `GET /app`
    pub title: String,
    /// The request's line in the scenario.
    pub line: u32,
    /// And its column.
    pub column: u32,
    /// Its number in the scenario.
    pub index: usize,
    /// routesim's explanation.
    pub explanation: String,
    /// routesim's trace.
    pub trace: Value,
}

/// The sum of all scenarios.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Answers that agree.
    pub agree: usize,
    /// Answers that differ.
    pub differ: usize,
    /// Scenarios that were asked.
    pub scenarios: usize,
    /// Scenarios that could not be asked here.
    pub lacking: usize,
    /// Scenarios that are none, or failed.
    pub broken: usize,
}

/// Adds up.
pub(crate) fn sum(all: &[Verified]) -> Sum {
    let mut sum = Sum::default();
    for v in all {
        let differ = v.verdict.differing();
        sum.differ += differ;
        sum.agree += v.verdict.compared() - differ;
        match v.verdict {
            Verdict::Asked(_) | Verdict::Refused(..) => sum.scenarios += 1,
            Verdict::Lacks(_) => sum.lacking += 1,
            Verdict::Broken(_) => sum.broken += 1,
        }
    }
    sum
}

/// A line for each scenario (with `quiet`, where the two differ), the differences in full, what was `skipped`, and the sum on
/// the last line.
pub(crate) fn text(all: &[Verified], skipped: Option<&str>, paint: Paint, quiet: bool) -> String {
    let mut out = String::new();
    let news = |v: &Verified| matches!(v.verdict, Verdict::Broken(_)) || v.verdict.differing() > 0;
    for v in all.iter().filter(|v| !quiet || news(v)) {
        scenario(&mut out, v, paint);
    }
    let s = sum(all);
    for (number, what) in [(s.lacking, "could not be asked here"), (s.broken, "could not be run")] {
        if number > 0 {
            let _ = writeln!(out, "{} {what}", plural(number, "scenario"));
        }
    }
    if let Some(skipped) = skipped {
        let _ = writeln!(out, "{}", paint.tone(Tone::Dim, skipped));
    }
    let tone = if s.differ + s.broken > 0 { Tone::Bad } else { Tone::Good };
    let last = format!("{} agree, {} differ, in {}", s.agree, s.differ, plural(s.scenarios, "scenario"));
    let _ = writeln!(out, "{}", paint.tone(tone, &last));
    out
}

fn scenario(out: &mut String, v: &Verified, paint: Paint) {
    let (word, tone) = match &v.verdict {
        Verdict::Broken(_) => ("error", Tone::Bad),
        Verdict::Lacks(_) => ("skip ", Tone::Warn),
        other if other.differing() > 0 => ("DIFF ", Tone::Bad),
        _ => ("ok   ", Tone::Good),
    };
    let path = clean(&v.path);
    let said = match &v.verdict {
        Verdict::Asked(asked) if v.verdict.differing() == 0 => {
            let hanging = asked.iter().filter(|a| a.hangs_on.is_some()).count();
            format!("{} alike", plural(asked.len() - hanging, "answer"))
        }
        Verdict::Refused(..) if v.verdict.differing() == 0 => "both refuse to start".into(),
        Verdict::Lacks(what) => format!("needs {}", clean(what)),
        Verdict::Broken(why) => clean(why),
        _ => paint.fit(&clean(&v.name), paint.columns().saturating_sub(10 + path.chars().count()).max(12)),
    };
    let recorded = v.recorded.map_or(String::new(), |n| format!(", {} recorded", plural(n, "expectation")));
    let _ = writeln!(out, "{} {path}{}", paint.tone(tone, word), paint.tone(Tone::Dim, &format!("  {said}{recorded}")));
    match &v.verdict {
        Verdict::Asked(asked) => {
            for key in ["time", "ssl"] {
                let hanging = asked.iter().filter(|a| a.hangs_on == Some(key)).count();
                if hanging > 0 {
                    let which = plural(hanging, "answer");
                    let told = format!(
                        "  not compared: {which} that the scenario's `{key}` decides, which httpd can't be told"
                    );
                    let _ = writeln!(out, "{}", paint.tone(Tone::Dim, &told));
                }
            }
            for story in &v.stories {
                if let Some(asked) = asked.get(story.index) {
                    difference(out, &path, story, asked, paint);
                }
            }
        }
        Verdict::Refused(differences, reply) if !differences.is_empty() => {
            fields(out, differences, paint);
            let said = match reply {
                Reply::ConfigError { message, .. } => message.as_str(),
                _ => "",
            };
            side(out, "httpd", said.lines().map(str::to_string), paint);
        }
        _ => {}
    }
}

fn difference(out: &mut String, path: &str, story: &Story, asked: &Asked, paint: Paint) {
    let place = format!("{path}:{}:{}", story.line, story.column);
    let title = paint.tone(Tone::Head, &clean(&story.title));
    let doubt = if asked.is_sure() { "" } else { "  (not certain: it carries a caveat)" };
    let _ = writeln!(out, "  {title}  {}{}", paint.tone(Tone::Dim, &place), paint.tone(Tone::Warn, doubt));
    fields(out, &asked.differences, paint);
    side(out, "httpd", std::iter::once(verdict(&asked.answer)).chain(log(&asked.answer, paint)), paint);
    side(out, "routesim", story.explanation.lines().map(str::to_string), paint);
}

fn fields(out: &mut String, differences: &[Difference], paint: Paint) {
    for d in differences {
        let _ = writeln!(out, "    {}", paint.tone(Tone::Key, d.key));
        let _ = writeln!(out, "      httpd    {}", paint.tone(Tone::Good, &clean(d.httpd.to_string())));
        let _ = writeln!(out, "      routesim {}", paint.tone(Tone::Bad, &clean(d.routesim.to_string())));
    }
}

fn side(out: &mut String, who: &str, lines: impl Iterator<Item = String>, paint: Paint) {
    let _ = writeln!(out, "    {}", paint.tone(Tone::Head, &format!("what {who} did")));
    for line in lines {
        let _ = writeln!(out, "      {line}");
    }
}

/// What httpd answered, on one line.
fn verdict(answer: &Answer) -> String {
    let or = |v: &Option<String>, none: &str| v.as_deref().map_or(none.to_string(), clean);
    let status = answer.status.map_or("no answer".into(), |s| format!("{s} {}", super::reason(s)));
    let location = answer.location.as_ref().map_or(String::new(), |l| format!("  to {}", clean(l)));
    format!("{}  {}  {}{location}", status.trim_end(), or(&answer.handler, "-"), or(&answer.file, "-"))
}

/// The lines of httpd's log that have to do with the request.
fn log(answer: &Answer, paint: Paint) -> impl Iterator<Item = String> {
    let told = answer.log.iter().filter(|l| !(l.code.is_empty() && l.text.starts_with("mod_wsgi (pid=")));
    told.flat_map(move |l| wrap(&format!("[{}] {}", l.level, clean(&l.text)), paint.columns() - SIDE))
}

/// The same as one JSON value; `skipped` is how many files were.
pub(crate) fn json(all: &[Verified], skipped: usize, httpd: &str, wsgi: Option<&str>) -> Value {
    let s = sum(all);
    let scenarios: Vec<Value> = all.iter().map(one).collect();
    json!({
        "httpd": httpd, "mod_wsgi": wsgi, "agree": s.agree, "differ": s.differ, "lacking": s.lacking,
        "broken": s.broken, "skipped": skipped, "scenarios": scenarios,
    })
}

fn one(v: &Verified) -> Value {
    let (mut lacks, mut error, mut refusal, mut found) = (Value::Null, Value::Null, Value::Null, Vec::new());
    match &v.verdict {
        Verdict::Lacks(what) => lacks = json!(what),
        Verdict::Broken(why) => error = json!(why),
        Verdict::Refused(differences, _) => refusal = by_field(differences),
        Verdict::Asked(asked) => {
            found = v.stories.iter().filter_map(|s| asked.get(s.index).map(|a| request(s, a))).collect();
        }
    }
    let hanging: Vec<Value> = match &v.verdict {
        Verdict::Asked(asked) => {
            let hanging = asked.iter().filter_map(|a| a.hangs_on.map(|key| (a.index + 1, key)));
            hanging.map(|(request, key)| json!({"request": request, "hangs_on": key})).collect()
        }
        _ => Vec::new(),
    };
    json!({
        "not_compared": hanging,
        "path": v.path, "name": v.name, "compared": v.verdict.compared(), "differ": v.verdict.differing(),
        "lacks": lacks, "error": error, "refusal": refusal, "differences": found,
    })
}

fn request(story: &Story, asked: &Asked) -> Value {
    let log: Vec<String> = asked.answer.log.iter().map(|l| format!("[{}] {}", l.level, l.text)).collect();
    json!({
        "request": story.title, "line": story.line, "column": story.column, "fields": by_field(&asked.differences),
        "certain": asked.is_sure(), "log": log, "trace": story.trace,
    })
}

fn by_field(differences: &[Difference]) -> Value {
    let field = |d: &Difference| (d.key.to_string(), json!({"httpd": d.httpd, "routesim": d.routesim}));
    Value::Object(differences.iter().map(field).collect::<Map<_, _>>())
}
