//! Writing httpd's answers into a scenario file, as expectations; comments and layout stay.
//!
//! The file's text is changed by insertions and replacements at the places that the reader of scenarios knows. What
//! comes out is read again and must say what was meant, or nothing is written.

use super::answer::Reply;
use super::compare::certain;
use super::verify::{Asked, Verdict};
use crate::source::SourceMap;
use crate::suite::{Expectation, RequestSpec, Scenario};
use serde_json::{Map, Value, json};
use std::ops::Range;
use std::path::Path;

/// Expectations wider than this stand on lines of their own.
const WIDTH: usize = 118;

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
    let mut edits = Edits { text, lines: line_starts(text), edits: Vec::new() };
    let mut changed = 0;
    let hosts = has_hosts(scenario);
    match verdict {
        Verdict::Asked(asked) => {
            for (a, spec) in asked.iter().zip(&scenario.requests) {
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
    map
}

/// Those of `wanted` that `old` doesn't expect already. Of a mapping, the old keys stay.
fn news(wanted: &Map<String, Value>, old: &[Expectation], hosts: bool) -> Map<String, Value> {
    let mut news = Map::new();
    for (key, value) in wanted {
        let had = old.iter().find(|e| e.key == *key).map(|e| &e.value);
        match (had, value) {
            (Some(had), value) if had == value => {}
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
        let plain = |r: &RequestSpec| RequestSpec { expect: Vec::new(), line: 0, column: 0, ..r.clone() };
        let kept = |e: &Expectation| new.expect.iter().any(|n| n.key == e.key);
        if plain(new) != plain(old) || !old.expect.iter().all(kept) {
            return harm("requests");
        }
    }
    if let Verdict::Asked(asked) = verdict {
        for (a, new) in asked.iter().zip(&read.requests) {
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

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect()
}

/// A text and what is to change in it.
struct Edits<'t> {
    text: &'t str,
    lines: Vec<usize>,
    edits: Vec<(Range<usize>, String)>,
}

impl Edits<'_> {
    /// Puts expectations into a request.
    fn request(&mut self, spec: &RequestSpec, news: &Map<String, Value>) -> Option<()> {
        let start = self.offset(spec.line, spec.column)?;
        if !spec.expect.is_empty() {
            return self.merge_into_expect(&spec.expect, news);
        }
        let rest = self.text.get(start..)?;
        if rest.starts_with('{') {
            let end = start + flow_end(rest)?;
            self.edits.push((end - 1..end - 1, format!(", expect: {}", flow(&news.clone().into()))));
            return Some(());
        }
        let indent = spec.column as usize - 1;
        let pad = " ".repeat(indent);
        let line_end = start + rest.find('\n').unwrap_or(rest.len());
        if self.is_mapping(&rest[..line_end - start]) {
            if self.has_empty_expect(spec.line, indent) {
                return None;
            }
            let end = self.item_end(spec.line, indent);
            self.insert_line(end, &expect_lines(&pad, news));
        } else {
            let end = start + scalar_end(&self.text[start..line_end], false);
            let method = if spec.method == "GET" {
                String::new()
            } else {
                format!("\n{pad}method: {}", scalar(&json!(spec.method)))
            };
            self.edits.push((start..end, format!("url: {}{method}", scalar(&json!(spec.url)))));
            self.insert_line(line_end, &expect_lines(&pad, news));
        }
        Some(())
    }

    /// Puts the expectation that httpd refuses to start.
    fn refusal(&mut self, scenario: &Scenario, news: &Map<String, Value>) -> Option<()> {
        if !scenario.expect.is_empty() {
            return self.merge_into_expect(&scenario.expect, news);
        }
        self.insert_line(self.text.trim_end().len(), &expect_lines("", news));
        Some(())
    }

    /// Changes the values of an `expect` that is there, and adds to it.
    fn merge_into_expect(&mut self, old: &[Expectation], news: &Map<String, Value>) -> Option<()> {
        let mut added = Map::new();
        for (key, value) in news {
            let Some(e) = old.iter().find(|e| e.key == *key) else {
                added.insert(key.clone(), value.clone());
                continue;
            };
            let start = self.offset(e.line, e.column)?;
            let line = self.line(e.line)?;
            let before = &line[..start - self.lines.get(e.line as usize - 1)?];
            let in_flow = before.contains('{');
            let rest = self.text.get(start..)?;
            let end = match rest.chars().next()? {
                '{' | '[' => start + flow_end(rest)?,
                // a mapping on lines of its own
                _ if e.value.is_object() || e.value.is_array() => return None,
                _ => start + scalar_end(rest.lines().next().unwrap_or(""), in_flow),
            };
            self.edits.push((start..end, flow(value)));
        }
        if added.is_empty() {
            return Some(());
        }
        let last = old.iter().max_by_key(|e| (e.line, e.column))?;
        let start = self.offset(last.line, last.column)?;
        let line = self.line(last.line)?;
        let before = &line[..start - self.lines.get(last.line as usize - 1)?];
        let rest = self.text.get(start..)?;
        let opens = before.matches('{').count() > before.matches('}').count();
        if opens {
            let end = match rest.chars().next()? {
                '{' | '[' => start + flow_end(rest)?,
                _ => start + scalar_end(rest.lines().next().unwrap_or(""), true),
            };
            let more = flow(&added.into());
            self.edits.push((end..end, format!(", {}", more.trim_matches(['{', '}']))));
        } else {
            let indent = before.len() - before.trim_start().len();
            let pad = " ".repeat(indent);
            let end = self.item_end(last.line, indent + 1).max(self.line_end(last.line));
            let lines: Vec<String> = added.iter().map(|(k, v)| format!("{pad}{k}: {}", flow(v))).collect();
            self.insert_line(end, &lines.join("\n"));
        }
        Some(())
    }

    /// Whether a line begins with a key.
    fn is_mapping(&self, line: &str) -> bool {
        let key = line.split(':').next().unwrap_or("");
        let after = line.get(key.len() + 1..).unwrap_or("x");
        line.contains(':')
            && key.bytes().all(|b| b.is_ascii_lowercase())
            && (after.is_empty() || after.starts_with(' '))
    }

    /// Whether there is an `expect` without anything in it.
    fn has_empty_expect(&self, line: u32, indent: usize) -> bool {
        let end = self.item_end(line, indent);
        let start = self.lines.get(line as usize - 1).copied().unwrap_or(0);
        self.text
            .get(start..end)
            .is_some_and(|t| t.lines().any(|l| l.trim_start_matches([' ', '-']).starts_with("expect:")))
    }

    /// The end of the last line that belongs to what begins on `line` and is indented by at least so much.
    fn item_end(&self, line: u32, indent: usize) -> usize {
        let mut last = line;
        for n in line + 1..=self.lines.len() as u32 {
            let text = self.line(n).unwrap_or("");
            let words = text.trim();
            if words.is_empty() || words.starts_with('#') {
                continue;
            }
            let own = text.len() - text.trim_start_matches(' ').len();
            if own < indent || own == indent && words.starts_with("- ") {
                break;
            }
            last = n;
        }
        self.line_end(last)
    }

    fn insert_line(&mut self, end: usize, lines: &str) {
        self.edits.push((end..end, format!("\n{lines}")));
    }

    fn line(&self, number: u32) -> Option<&str> {
        let start = *self.lines.get((number as usize).checked_sub(1)?)?;
        self.text.get(start..self.line_end(number))
    }

    fn line_end(&self, number: u32) -> usize {
        let end = self.lines.get(number as usize).map_or(self.text.len(), |next| next - 1);
        if self.text[..end].ends_with('\r') { end - 1 } else { end }
    }

    fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let start = *self.lines.get((line as usize).checked_sub(1)?)?;
        let rest = self.text.get(start..)?;
        rest.char_indices().nth((column as usize).checked_sub(1)?).map(|(i, _)| start + i)
    }

    fn applied(mut self) -> String {
        self.edits.sort_by_key(|e| (e.0.start, e.0.end));
        let mut out = self.text.to_string();
        for (range, new) in self.edits.iter().rev() {
            out.replace_range(range.clone(), new);
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out
    }
}

fn expect_lines(pad: &str, news: &Map<String, Value>) -> String {
    let short = format!("{pad}expect: {}", flow(&news.clone().into()));
    if short.chars().count() <= WIDTH {
        return short;
    }
    let lines: Vec<String> = news.iter().map(|(k, v)| format!("\n{pad}  {k}: {}", flow(v))).collect();
    format!("{pad}expect:{}", lines.concat())
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let pairs: Vec<String> = map.iter().map(|(k, v)| format!("{k}: {}", flow(v))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(flow).collect::<Vec<_>>().join(", ")),
        other => scalar(other),
    }
}

/// A text as plainly as it can be, numbers and null as they are.
fn scalar(value: &Value) -> String {
    let Some(text) = value.as_str() else { return value.to_string() };
    let first = |c: char| c.is_ascii_alphabetic() || c == '/';
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=@~%".contains(c) || c == ':';
    let word = text.to_ascii_lowercase();
    let special = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&word.as_str());
    let colons = text.ends_with(':') || text.contains(": ");
    if text.starts_with(first) && text.chars().all(plain) && !special && !colons {
        text.into()
    } else {
        value.to_string()
    }
}

/// Where a mapping or list in braces ends; `text` begins with its brace.
fn flow_end(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    let mut escaped = false;
    let mut before = ' ';
    for (i, c) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some('#') if c == '\n' => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' if " ,:[{\n".contains(before) => quote = Some(c),
                '#' if before == ' ' || before == '\n' => quote = Some('#'),
                '{' | '[' => depth += 1,
                '}' | ']' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(i + 1);
                    }
                }
                _ => {}
            },
        }
        before = c;
    }
    None
}

/// Where a scalar ends on its line.
fn scalar_end(line: &str, in_flow: bool) -> usize {
    let mut chars = line.char_indices();
    match chars.next() {
        Some((_, q @ ('"' | '\''))) => {
            let mut escaped = false;
            for (i, c) in chars {
                match c {
                    _ if escaped => escaped = false,
                    '\\' if q == '"' => escaped = true,
                    c if c == q => return i + 1,
                    _ => {}
                }
            }
            line.len()
        }
        _ => {
            let comment = line.find(" #").unwrap_or(line.len());
            let flow = if in_flow { line.find([',', '}', ']']).unwrap_or(line.len()) } else { line.len() };
            line[..comment.min(flow)].trim_end().len()
        }
    }
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

    #[test]
    fn scalars() {
        for (text, written) in [("/a/b", "/a/b"), ("", "\"\""), ("a b", "\"a b\""), ("no", "\"no\""), ("x:", "\"x:\"")]
        {
            assert_eq!(scalar(&json!(text)), written);
        }
        assert_eq!(scalar_end("'it''s' # x", false), 4);
        assert_eq!(flow_end("{a: \"}\", b: [x, 'y}']} # z"), Some(22));
    }
}
