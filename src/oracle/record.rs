//! Writing httpd's answers into a scenario file, as expectations; comments and layout stay.
//!
//! The file's text is changed by insertions and replacements at the places that the reader of scenarios knows. What
//! comes out is read again and must say what was meant, or nothing is written.

use super::answer::Reply;
use super::compare::{certain, sent};
use super::environment;
use super::verify::{Asked, Verdict};
use crate::source::SourceMap;
use crate::suite::edits::Edits;
use crate::suite::{Expectation, RequestSpec, Scenario};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Writes the answers of `verdict` into the file at `path`, from which `scenario` was read; says how many requests
/// have other expectations now.
///
/// # Errors
/// In words, why it can't be written.
pub(crate) fn record(path: &Path, scenario: &Scenario, verdict: &Verdict) -> Result<usize, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("can't be read: {e}"))?;
    let (new, changed) = recorded(&text, scenario, verdict)?;
    if changed > 0 {
        let beside = path.with_extension("yaml.new");
        let written = std::fs::write(&beside, new).and_then(|()| std::fs::rename(&beside, path));
        written.map_err(|e| format!("can't be written: {e}"))?;
    }
    Ok(changed)
}

/// The text with the answers in it, and how many requests have other expectations now.
///
/// # Errors
/// When the text's layout is one that can't be written into.
pub fn recorded(text: &str, scenario: &Scenario, verdict: &Verdict) -> Result<(String, usize), String> {
    let mut edits = Edits::of(text);
    let mut changed = 0;
    let hosts = has_hosts(scenario);
    match verdict {
        Verdict::Asked(asked) => {
            // of what is followed, httpd answers the first request alone
            let plain = |(_, spec): &(&Asked, &RequestSpec)| !spec.follow && spec.skip.is_none();
            for (a, spec) in asked.iter().zip(&scenario.requests).filter(plain) {
                let news = news(&wanted(a, &spec.method), &spec.expect, hosts);
                if !news.is_empty() {
                    edits.request(spec, &news).ok_or_else(|| format!("line {}: no place for `expect`", spec.line))?;
                    changed += 1;
                }
            }
        }
        Verdict::Refused(_, Reply::ConfigError { line, .. }) => {
            let news =
                news(&[("config_error".into(), json!({"line": line}))].into_iter().collect(), &scenario.expect, hosts);
            if !news.is_empty() {
                edits.refusal(scenario, &news).ok_or("no place for `expect`")?;
                changed = 1;
            }
        }
        _ => {}
    }
    if changed == 0 {
        return Ok((text.into(), 0));
    }
    let new = edits.applied();
    confirm(&new, scenario, verdict, hosts)?;
    Ok((new, changed))
}

/// What a request is to expect, by key; nested where the outcome is.
fn wanted(asked: &Asked, method: &str) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, value) in certain(&asked.answer, method) {
        match key.split_once('.') {
            Some((outer, inner)) => {
                if let Value::Object(inside) = map.entry(outer).or_insert_with(|| json!({})) {
                    inside.insert(inner.into(), value);
                }
            }
            // of two names for one folder, the outcome's own
            None if key == "file" && !asked.differences.iter().any(|d| d.key == "file") => {
                map.insert(key.into(), asked.outcome["file"].clone());
            }
            None if key == "path_info" && value == "" => {}
            None if key == "user" && value.is_null() => {}
            None => drop(map.insert(key.into(), value)),
        }
    }
    // these only where they are asked for
    if let Some(headers) = sent(&asked.answer, &asked.outcome) {
        map.insert("headers".into(), headers);
        let kind = asked.answer.headers.iter().find(|(name, _)| name == "content-type");
        map.insert("type".into(), json!(kind.map(|(_, value)| value.split(';').next().unwrap_or_default().trim())));
    }
    if let Some(env) = environment::told(&asked.answer, &asked.outcome) {
        map.insert("env".into(), env);
    }
    map
}

/// Those of `wanted` that `old` doesn't expect already. Of a mapping, the old keys stay.
fn news(wanted: &Map<String, Value>, old: &[Expectation], hosts: bool) -> Map<String, Value> {
    let mut news = Map::new();
    for (key, value) in wanted {
        let had = old.iter().find(|e| e.key == *key).map(|e| &e.value);
        match (had, value) {
            (Some(had), value) if had == value => {}
            // what is true of it still
            (Some(_), value) if !value.is_object() && old.iter().any(|e| e.key == *key && e.want.fits(value)) => {}
            // which server answers is worth a word only where there are several
            (None, _) if key == "vhost" && !hosts => {}
            (Some(Value::Object(had)), Value::Object(value)) => {
                let mut all = had.clone();
                all.extend(value.clone());
                if all != *had {
                    news.insert(key.clone(), all.into());
                }
            }
            _ => drop(news.insert(key.clone(), value.clone())),
        }
    }
    // what has an answer of its own by default is written only where it is expected already
    for (key, none) in [("path_info", json!("")), ("user", Value::Null)] {
        if let Some(had) = old.iter().find(|e| e.key == key)
            && !wanted.contains_key(key)
            && wanted.contains_key("handler")
            && had.value != none
        {
            news.insert(key.into(), none);
        }
    }
    news
}

/// Reads the new text again and holds it against what was meant.
fn confirm(new: &str, scenario: &Scenario, verdict: &Verdict, hosts: bool) -> Result<(), String> {
    let harm = |why: &str| Err(format!("its layout can't be written into ({why})"));
    let Ok(read) = Scenario::parse(&scenario.path, new, &SourceMap::default()) else { return harm("YAML") };
    let same = read.requests.len() == scenario.requests.len()
        && read.config_text().ok() == scenario.config_text().ok()
        && read.files.len() == scenario.files.len();
    if !same {
        return harm("scenario");
    }
    for (new, old) in read.requests.iter().zip(&scenario.requests) {
        let kept = |e: &Expectation| new.expect.iter().any(|n| n.key == e.key);
        if new.unexpecting() != old.unexpecting() || !old.expect.iter().all(kept) {
            return harm("requests");
        }
    }
    if let Verdict::Asked(asked) = verdict {
        for (a, new) in asked.iter().zip(&read.requests).filter(|(_, new)| !new.follow && new.skip.is_none()) {
            if !news(&wanted(a, &new.method), &new.expect, hosts).is_empty() {
                return harm("expectations");
            }
        }
    }
    Ok(())
}

/// Whether a scenario has virtual hosts.
fn has_hosts(scenario: &Scenario) -> bool {
    let text = scenario.config_text().unwrap_or_default().to_ascii_lowercase();
    text.windows(12).any(|w| w == b"<virtualhost")
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Answer, Inner, LogLine};
    use super::*;

    fn answered(status: u16, file: &str, code: &str) -> Asked {
        let log = LogLine { level: "error".into(), code: code.into(), text: String::new() };
        let answer = Answer {
            status: Some(status),
            vhost: Some("localhost".into()),
            file: Some(file.into()),
            inner: Some(Inner { file: file.into(), ..Inner::default() }),
            log: if code.is_empty() { vec![] } else { vec![log] },
            ..Answer::default()
        };
        Asked { index: 0, answer, outcome: json!({"file": file}), differences: Vec::new(), hangs_on: None }
    }

    #[test]
    fn headers_are_written_where_they_are_compared() {
        let mut asked = answered(404, "/w", "");
        asked.answer.headers = [("etag", "x"), ("content-type", "text/html; charset=utf-8"), ("x-own", "1")]
            .map(|(n, v)| (n.into(), v.into()))
            .into();
        assert!(!wanted(&asked, "GET").contains_key("headers"));
        asked.outcome["headers"] =
            json!([["Content-Type", "text/html; charset=utf-8"], ["ETag", null], ["X-Lost", "2"]]);
        let map = wanted(&asked, "GET");
        let sent = json!([["Content-Type", "text/html; charset=utf-8"], ["ETag", null], ["x-own", "1"]]);
        assert_eq!((&map["headers"], &map["type"]), (&sent, &json!("text/html")));
    }

    #[test]
    fn comments_and_layout_stay() {
        let text = "\
name: x # a comment
config: |
  DocumentRoot /srv
requests:
  # first
  - /a   # short
  - POST /b
  - url: /c   # block
    method: GET

  # flow
  - {url: /d}
  - url: /e
    expect: {status: 200, access: granted} # old
  - url: /f
    expect:
      status: 404  # was
      decided_by: [Require]
    client: 203.0.113.9
# the end
";
        let wanted = "\
name: x # a comment
config: |
  DocumentRoot /srv
requests:
  # first
  - url: /a   # short
    expect: {status: 403, file: /w, log: AH01630, access: denied}
  - url: /b
    method: POST
    expect: {status: 403, file: /w, log: AH01630, access: denied}
  - url: /c   # block
    method: GET
    expect: {status: 403, file: /w, log: AH01630, access: denied}

  # flow
  - {url: /d, expect: {status: 403, file: /w, log: AH01630, access: denied}}
  - url: /e
    expect: {status: 403, access: denied, file: /w, log: AH01630} # old
  - url: /f
    expect:
      status: 403  # was
      decided_by: [Require]
      file: /w
      log: AH01630
      access: denied
    client: 203.0.113.9
# the end
";
        let read = |t: &str| Scenario::parse(Path::new("s.yaml"), t, &SourceMap::default()).unwrap();
        let verdict = Verdict::Asked((0..6).map(|_| answered(403, "/w", "AH01630")).collect());
        let (new, changed) = recorded(text, &read(text), &verdict).unwrap();
        assert_eq!(new, wanted);
        assert_eq!(changed, 6);
        assert_eq!(recorded(&new, &read(&new), &verdict).unwrap(), (new.clone(), 0));
    }

    #[test]
    fn a_refusal() {
        let text = "name: x\nconfig: Bad\n";
        let scenario = Scenario::parse(Path::new("s.yaml"), text, &SourceMap::default()).unwrap();
        let reply = Reply::ConfigError { file: Some("config".into()), line: Some(1), message: String::new() };
        let (new, _) = recorded(text, &scenario, &Verdict::Refused(Vec::new(), reply)).unwrap();
        assert_eq!(new, "name: x\nconfig: Bad\nexpect: {config_error: {line: 1}}\n");
    }
}
