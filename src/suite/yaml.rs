//! YAML as a tree that knows its places.

use crate::diagnostic::Diagnostic;
use crate::limits::{ALIAS_BYTES, YAML_VALUES, bytes};
use crate::source::{FileId, Span, whole_characters};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_yaml::Spanned;
use std::fmt;

/// Where a node stands.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::Scenario;
///
/// let sources = SourceMap::default();
/// let text = "name: x\nfiles: {/srv/a: hello}\n";
/// let at = Scenario::parse("x.yaml".as_ref(), text, &sources).expect("it is one").files[0].at;
/// assert_eq!((at.line, at.column, sources.text(at.span)), (2, 9, "/srv/a".into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// In the source map.
    pub span: Span,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What it is.
    pub value: Value,
    /// Its first character; of a block text, the first that is not indentation.
    pub at: At,
}

/// What a node can be.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing, or `~` or `null`.
    Null,
    /// An unquoted truth value or number: as written, and as meant.
    Plain(String, Json),
    /// Any other text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, its keys in order.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping and its place.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The key, as text.
    pub text: String,
    /// Its place.
    pub at: At,
}

impl Node {
    /// A scalar as it is written (quotes and escapes resolved), nothing being the empty text; `None` for others.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text, _) | Value::Text(text) => Some(text),
            Value::Null => Some(""),
            _ => None,
        }
    }

    /// A list's elements; nothing is an empty one, `None` for others.
    pub(crate) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            Value::Null => Some(&[]),
            _ => None,
        }
    }

    /// What it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Plain(_, Json::Bool(_)) => "a truth value",
            Value::Plain(..) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Reads one YAML document.
///
/// # Errors
/// What is no YAML, a key that stands twice in a mapping, more than one document, more than [`YAML_VALUES`].
pub(crate) fn parse(text: &str, file: FileId) -> Result<Node, Box<Diagnostic>> {
    within(YAML_VALUES, text, file)
}

/// The same, with no more than `values` values.
fn within(values: usize, text: &str, file: FileId) -> Result<Node, Box<Diagnostic>> {
    // the text itself is within bounds already: what it stands for must be, too
    let options = serde_yaml::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_yaml::budget! {
            max_events: usize::MAX,
            max_nodes: values,
            max_total_scalar_bytes: text.len().saturating_add(ALIAS_BYTES),
            max_total_comment_bytes: usize::MAX,
        },
    };
    let places = Places { text, file };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) => Ok(places.node(root)),
        Err(error) => Err(Box::new(places.problem(&error))),
    }
}

/// From the parser's places to ours.
struct Places<'t> {
    text: &'t str,
    file: FileId,
}

impl Places<'_> {
    fn node(&self, raw: Spanned<Raw>) -> Node {
        let at = self.at(raw.referenced);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Text(text) => Value::Text(text),
            Raw::Plain(json) => {
                // as it is written where it is defined: 1.10 is not 1.1, and 0600 not 600
                let defined = self.at(raw.defined).span;
                let written = self.text.get(defined.start as usize..defined.end as usize).unwrap_or("").trim_end();
                Value::Plain(if written.is_empty() { json.to_string() } else { written.into() }, json)
            }
            Raw::List(nodes) => Value::List(nodes.into_iter().map(|n| self.node(n)).collect()),
            Raw::Map(pairs) => {
                let pair =
                    |(k, n): (Spanned<String>, _)| (Key { text: k.value, at: self.at(k.referenced) }, self.node(n));
                Value::Map(pairs.into_iter().map(pair).collect())
            }
        };
        Node { value, at }
    }

    fn at(&self, location: serde_yaml::Location) -> At {
        let span = location.span();
        let (line, column) = (small(location.line()), small(location.column()));
        let start = span.byte_offset().map_or_else(|| self.offset(line, column), small);
        let end = start.saturating_add(span.byte_len().map_or(1, small));
        let range = whole_characters(self.text.as_bytes(), start as usize..end as usize);
        let (start, end) = (small(range.start as u64), small(range.end as u64));
        At { span: Span { file: self.file, line, start, end }, line, column }
    }

    /// The byte offset of a place that is known by line and column only.
    fn offset(&self, line: u32, column: u32) -> u32 {
        let before: usize = self.text.split_inclusive('\n').take((line as usize).saturating_sub(1)).map(str::len).sum();
        let inside = self.text.get(before..).unwrap_or("").chars().take((column as usize).saturating_sub(1));
        small((before + inside.map(char::len_utf8).sum::<usize>()) as u64)
    }

    fn problem(&self, error: &serde_yaml::Error) -> Diagnostic {
        let span = error.location().map_or(Span { file: self.file, line: 1, start: 0, end: 0 }, |l| self.at(l).span);
        if let serde_yaml::Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
            let message = format!("key `{}` stands twice", key.as_deref().unwrap_or("?"));
            return Diagnostic::error("duplicate-key", message, span).help("keep one of them");
        }
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or_default().lines().next().unwrap_or_default();
        if message.contains("recursion limit") || message.contains("Depth") {
            return Diagnostic::error("yaml-syntax", "nested too deep", span)
                .help("is a bracket or a brace not closed?");
        }
        if let serde_yaml::Error::Budget { breach: serde_yaml::budget::BudgetBreach::Nodes { .. }, .. } =
            error.without_snippet()
        {
            return Diagnostic::error("too-large", "it has too many values", span)
                .help(format!("a scenario may have {YAML_VALUES}: distribute the requests over several"));
        }
        if message.starts_with("multiple YAML documents") {
            return Diagnostic::error("yaml-syntax", "there is more than one YAML document", span)
                .help("a line `---` begins another: several scenarios of a file are a list, `scenarios`");
        }
        if message.contains("recursive reference") {
            return Diagnostic::error("yaml-syntax", "an alias stands for something that it is in itself", span)
                .help("write out what `*name` is to stand for");
        }
        if message.starts_with("budget breached") {
            return Diagnostic::error("yaml-syntax", "the aliases stand for too much", span).help(format!(
                "write out what `*name` is to stand for: aliases may make it {} longer",
                bytes(ALIAS_BYTES as u64)
            ));
        }
        let error = Diagnostic::error("yaml-syntax", message, span);
        match self.is_indented_by_tab(span) {
            true => error.help("this line is indented with a tab: YAML wants spaces"),
            false => error,
        }
    }

    /// Whether the line of a place begins with white space that has a tab in it.
    fn is_indented_by_tab(&self, span: Span) -> bool {
        let line = self.text.lines().nth((span.line as usize).saturating_sub(1)).unwrap_or_default();
        line.chars().take_while(|c| matches!(c, ' ' | '\t')).any(|c| c == '\t')
    }
}

fn small(n: u64) -> u32 {
    n.try_into().unwrap_or(u32::MAX)
}

/// A node as the parser gives it.
enum Raw {
    Null,
    Plain(Json),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Plain((value as f64).into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Plain((value as f64).into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.into()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element()? {
            nodes.push(node);
        }
        Ok(Raw::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = entries.next_key()? {
            pairs.push((key, entries.next_value()?));
        }
        Ok(Raw::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn values_are_counted() {
        let file = SourceMap::default().add("x", "");
        let fits = |values, text| within(values, text, file).map(drop).map_err(|d| d.message);
        // a mapping, its key, a list and what is in it
        assert_eq!(fits(6, "a: [b, c, d]"), Ok(()));
        assert_eq!(fits(5, "a: [b, c, d]"), Err("it has too many values".into()));
        let aliases = "a: &x [b]\nc: [*x, *x]";
        assert_eq!((fits(10, aliases), fits(9, aliases).is_err()), (Ok(()), true));
    }

    #[test]
    fn places_are_of_whole_characters() {
        let sources = SourceMap::default();
        let text = "\u{1f600}: [é, \"\u{10348}\"]\n\u{1f600}";
        let file = sources.add("x", text);
        let found = parse(text, file).expect_err("the second key has no value");
        let range = found.span.start as usize..found.span.end as usize;
        assert!(text.get(range).is_some(), "{found:?}");
    }
}
