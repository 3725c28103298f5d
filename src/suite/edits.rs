//! Changes of a scenario's text: values in the place of values, expectations where there are none. Comments and layout stay.

use super::{Expectation, RequestSpec, Scenario};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::ops::Range;

/// Expectations wider than this stand on lines of their own.
const WIDTH: usize = 118;

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect()
}

/// A text and what is to change in it.
pub(crate) struct Edits<'t> {
    text: &'t str,
    lines: Vec<usize>,
    edits: Vec<(Range<usize>, String)>,
    /// Where values stay.
    kept: HashSet<usize>,
}

impl Edits<'_> {
    /// None yet.
    pub(crate) fn of(text: &str) -> Edits<'_> {
        Edits { text, lines: line_starts(text), edits: Vec::new(), kept: HashSet::new() }
    }

    /// Puts expectations into a request.
    pub(crate) fn request(&mut self, spec: &RequestSpec, news: &Map<String, Value>) -> Option<()> {
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
        let line_end = self.line_end(spec.line).max(start);
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
    pub(crate) fn refusal(&mut self, scenario: &Scenario, news: &Map<String, Value>) -> Option<()> {
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

    /// Puts a value in the place of the one at an offset, within what begins at `from`; not where that stands on lines of
    /// its own.
    pub(crate) fn value(&mut self, from: usize, start: usize, is_scalar: bool, value: &Value) -> Option<()> {
        let rest = self.text.get(start..)?;
        let end = match rest.chars().next()? {
            '{' | '[' => start + flow_end(rest)?,
            // an alias, an anchor, a tag, a block text, a variable
            '*' | '&' | '!' | '|' | '>' => return None,
            _ if !is_scalar => return None,
            _ => {
                let before = self.text.get(from..start)?;
                let count = |c: char| before.matches(c).count();
                let in_flow = count('{') + count('[') > count('}') + count(']');
                start + scalar_end(rest.lines().next().unwrap_or(""), in_flow)
            }
        };
        if self.text.get(start..end)?.contains("{{") {
            return None;
        }
        let edit = (start..end, flow(value));
        // one that stands for several requests is changed once, or not at all
        if self.kept.contains(&start) {
            return None;
        }
        if let Some(known) = self.edits.iter().position(|known| known.0 == edit.0) {
            if self.edits[known].1 == edit.1 {
                return Some(());
            }
            self.edits.remove(known);
            self.keep(start);
            return None;
        }
        self.edits.push(edit);
        Some(())
    }

    /// Lets the value at an offset be as it is.
    pub(crate) fn keep(&mut self, start: usize) {
        self.kept.insert(start);
    }

    /// Whether nothing is to change.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The offset of a place.
    pub(crate) fn start_of(&self, line: u32, column: u32) -> Option<usize> {
        self.offset(line, column)
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

    /// The text with them.
    pub(crate) fn applied(mut self) -> String {
        self.edits.sort_by_key(|e| (e.0.start, e.0.end));
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut out = self.text.to_string();
        for (range, new) in self.edits.iter().rev() {
            out.replace_range(range.clone(), &new.replace('\n', newline));
        }
        if !out.ends_with('\n') {
            out.push_str(newline);
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
pub(crate) fn flow(value: &Value) -> String {
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
pub(crate) fn scalar(value: &Value) -> String {
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
    use super::*;

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
