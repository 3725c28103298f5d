//! What kinds of values an outcome has, and how what is wanted of one is read.

use super::expect;
use super::reader::Reader;
use super::want::{Expression, Is, Want};
use super::yaml::{Node, Value};
use crate::directives;
use crate::suggest::closest;
use regex::Regex;
use serde_json::Value as Json;

/// What kind of value a key has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// A status code.
    Status,
    /// A number that is no status.
    Number,
    /// A text.
    Text,
    /// A text or null.
    Maybe,
    /// One of some words.
    Word(&'static [&'static str]),
    /// One of some words, or null.
    MaybeWord(&'static [&'static str]),
    /// A mapping of these keys, or null.
    Map(&'static [(&'static str, Shape)]),
    /// A mapping of any names to texts, or null.
    Names,
    /// Header lines by their names.
    Headers,
    /// A list of such mappings; a text alone names a line.
    Lines(&'static [(&'static str, Shape)]),
    /// The same, of those that are not to be there.
    WithoutLines(&'static [(&'static str, Shape)]),
    /// A list of outcomes' keys.
    Hops,
    /// Whatever the outcome has there.
    Any,
}

/// What may be said of a value instead of the value.
pub(crate) const MATCHERS: [&str; 4] = ["matches", "one_of", "not", "contains"];

impl Shape {
    /// Reads what is wanted of a value of this kind.
    pub(super) fn read(self, reader: &mut Reader, what: &str, node: &Node) -> Option<Want> {
        match &node.value {
            Value::Map(pairs) => match pairs.as_slice() {
                [(key, inner)] if MATCHERS.contains(&key.text.as_str()) => {
                    return self.matcher(reader, what, &key.text, node, inner);
                }
                [(key, _), ..] if self.is_scalar() => {
                    match pairs.iter().find(|(key, _)| !MATCHERS.contains(&key.text.as_str())) {
                        Some((key, _)) => reader.unknown_key(key, &format!("`{what}`"), &MATCHERS),
                        None => {
                            let help = Some("one of them alone; `not` may hold another".into());
                            let message = format!("`{what}` has several of {}", MATCHERS.join(", "));
                            reader.error("wrong-value", message, key.at).help = help;
                        }
                    }
                    return None;
                }
                _ => {}
            },
            Value::Null if self.may_be_null() => return Want::new(Is::Value(Json::Null), node),
            _ => {}
        }
        self.value(reader, what, node)
    }

    fn value(self, reader: &mut Reader, what: &str, node: &Node) -> Option<Want> {
        let exactly = |value: Option<Json>| Want::new(Is::Value(value?), node);
        match self {
            Shape::Status => {
                let status = |t: &str| t.parse::<u16>().ok().filter(|s| (100..600).contains(s));
                exactly(reader.parsed(what, "a status (100 to 599)", node, status).map(Json::from))
            }
            Shape::Number => exactly(reader.parsed(what, "a number", node, |t| t.parse::<u64>().ok()).map(Json::from)),
            Shape::Text | Shape::Maybe => exactly(reader.text(what, node).map(Json::from)),
            Shape::Word(words) | Shape::MaybeWord(words) => exactly(word(reader, what, node, words)),
            Shape::Map(keys) => Want::new(Is::Map(read_map(reader, what, node, keys)), node),
            Shape::Names => Want::new(Is::Map(any_names(reader, what, node)), node),
            Shape::Headers => match &node.value {
                Value::List(nodes) => {
                    let pairs = nodes.iter().filter_map(|n| pair(reader, what, n)).collect();
                    Want::new(Is::AllHeaders(pairs), node)
                }
                _ => Want::new(Is::Headers(any_names(reader, what, node)), node),
            },
            Shape::Hops => {
                let hop = |n: &Node| Want::new(Is::Map(expect::hop(reader, n)), n);
                let hops = node.list().map(|hops| hops.iter().filter_map(hop).collect());
                match hops {
                    Some(hops) => Want::new(Is::List(hops), node),
                    None => reader.wrong_type(what, "a list, an element for each redirect", node),
                }
            }
            Shape::Lines(keys) => {
                let Value::List(nodes) = &node.value else {
                    return match (&node.value, node.text()) {
                        (Value::Null, _) => Want::new(Is::List(Vec::new()), node),
                        (_, Some(text)) => Want::new(Is::Contains(vec![line(reader, what, text, node)]), node),
                        _ => reader.wrong_type(what, "a list, or one line by its text or place", node),
                    };
                };
                Want::new(Is::List(lines(reader, what, nodes, keys)), node)
            }
            Shape::WithoutLines(keys) => match (&node.value, node.text()) {
                (Value::List(nodes), _) => Want::new(Is::Without(lines(reader, what, nodes, keys)), node),
                (_, Some(text)) if !text.is_empty() => {
                    Want::new(Is::Without(vec![line(reader, what, text, node)]), node)
                }
                _ => reader.wrong_type(what, "a list, or one line by its text or place", node),
            },
            Shape::Any => any(reader, what, node),
        }
    }

    fn matcher(self, reader: &mut Reader, what: &str, word: &str, node: &Node, inner: &Node) -> Option<Want> {
        match word {
            "matches" => {
                if !self.has_text() {
                    return no_matcher(reader, what, "matches", "texts and numbers", node);
                }
                let text = reader.text(what, inner)?;
                match Regex::new(&text) {
                    Ok(regex) => Want::new(Is::Matches(Expression::new(regex)), node),
                    Err(error) => {
                        let last = error.to_string().lines().last().unwrap_or_default().trim().to_string();
                        let why = last.strip_prefix("error: ").unwrap_or(&last).to_string();
                        reader.error("wrong-value", format!("`{text}` is no regular expression: {why}"), inner.at);
                        None
                    }
                }
            }
            "one_of" => {
                let nodes = reader.list("one_of", inner);
                if nodes.is_empty() {
                    reader.error("wrong-value", "`one_of` has nothing in it", inner.at);
                }
                Want::new(Is::OneOf(nodes.iter().filter_map(|n| self.read(reader, what, n)).collect()), node)
            }
            "not" => Want::new(Is::Not(Box::new(self.read(reader, what, inner)?)), node),
            _ => {
                let one = |reader: &mut Reader, n: &Node| match self {
                    Shape::Lines(keys) | Shape::WithoutLines(keys) => {
                        lines(reader, what, std::slice::from_ref(n), keys).pop()
                    }
                    _ if self.has_text() => Want::new(Is::Value(reader.text("contains", n)?.into()), n),
                    _ => no_matcher(reader, what, "contains", "texts and lists", node),
                };
                let wants = match inner.list() {
                    Some(nodes) => nodes.iter().filter_map(|n| one(reader, n)).collect(),
                    None => vec![one(reader, inner)?],
                };
                Want::new(Is::Contains(wants), node)
            }
        }
    }

    /// Whether no mapping is a value of its kind.
    fn is_scalar(self) -> bool {
        matches!(
            self,
            Shape::Status | Shape::Number | Shape::Text | Shape::Maybe | Shape::Word(_) | Shape::MaybeWord(_)
        )
    }

    fn has_text(self) -> bool {
        self.is_scalar() || matches!(self, Shape::Any)
    }

    fn may_be_null(self) -> bool {
        matches!(
            self,
            Shape::Status
                | Shape::Number
                | Shape::Maybe
                | Shape::MaybeWord(_)
                | Shape::Map(_)
                | Shape::Names
                | Shape::Any
        )
    }
}

/// Notes that a value can't be held against a matcher.
fn no_matcher(reader: &mut Reader, what: &str, matcher: &str, of: &str, node: &Node) -> Option<Want> {
    reader.error("wrong-type", format!("`{what}` takes no `{matcher}`: that is for {of}"), node.at);
    None
}

fn word(reader: &mut Reader, what: &str, node: &Node, words: &[&str]) -> Option<Json> {
    let text = reader.text(what, node)?;
    if !words.contains(&text.as_str()) {
        let help = match closest(&text, words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("it is one of {}", words.join(", ")),
        };
        reader.error("wrong-value", format!("`{text}` is no value of `{what}`"), node.at).help = Some(help);
        return None;
    }
    Some(text.into())
}

/// A line by its place, its text or its directive's name.
fn line(reader: &mut Reader, what: &str, text: &str, node: &Node) -> Want {
    let name = text.split_whitespace().next().unwrap_or_default().trim_matches(['<', '>']);
    let is_place = text.rsplit_once(':').is_some_and(|(_, line)| line.trim().parse::<u64>().is_ok());
    let known = || directives::all().map(|row| row.name());
    if what.contains("decided_by")
        && !is_place
        && !known().any(|n| n.eq_ignore_ascii_case(name))
        && let Some(meant) = closest(name, known())
    {
        let help = Some(format!("did you mean `{meant}`?"));
        reader.error("wrong-value", format!("no directive is named `{name}`"), node.at).help = help;
    }
    Want { is: Is::Line(text.into()), at: node.at }
}

fn lines(reader: &mut Reader, what: &str, nodes: &[Node], keys: &'static [(&'static str, Shape)]) -> Vec<Want> {
    let mut one = |n: &Node| match n.text() {
        Some(text) => line(reader, what, text, n),
        None => Want { is: Is::Map(read_map(reader, what, n, keys)), at: n.at },
    };
    nodes.iter().map(&mut one).collect()
}

fn read_map(
    reader: &mut Reader,
    what: &str,
    node: &Node,
    keys: &'static [(&'static str, Shape)],
) -> Vec<(String, Want)> {
    let mut map = Vec::new();
    for (key, node) in reader.map(what, node) {
        match keys.iter().find(|(name, _)| *name == key.text) {
            Some((name, shape)) => {
                let want = shape.read(reader, &format!("{what}.{name}"), node);
                map.extend(want.map(|want| (key.text.clone(), want)));
            }
            None => {
                let known: Vec<&str> = keys.iter().map(|k| k.0).collect();
                reader.unknown_key(key, &format!("`{what}`"), &known);
            }
        }
    }
    map
}

/// Names that the configuration makes, with texts, or lists of them.
fn any_names(reader: &mut Reader, what: &str, node: &Node) -> Vec<(String, Want)> {
    let mut map = Vec::new();
    for (key, node) in reader.map(what, node) {
        let what = format!("{what}.{}", key.text);
        let want = match &node.value {
            Value::List(nodes) => {
                let all = nodes.iter().filter_map(|n| Shape::Maybe.read(reader, &what, n)).collect();
                Want::new(Is::List(all), node)
            }
            _ => Shape::Maybe.read(reader, &what, node),
        };
        map.extend(want.map(|want| (key.text.clone(), want)));
    }
    map
}

fn any(reader: &mut Reader, what: &str, node: &Node) -> Option<Want> {
    match &node.value {
        Value::Null => Want::new(Is::Value(Json::Null), node),
        Value::Plain(_, json) => Want::new(Is::Value(json.clone()), node),
        Value::Text(text) => Want::new(Is::Value(text.as_str().into()), node),
        Value::List(nodes) => {
            Want::new(Is::List(nodes.iter().filter_map(|n| Shape::Any.read(reader, what, n)).collect()), node)
        }
        Value::Map(pairs) => {
            let pair = |(key, n): &(super::yaml::Key, Node)| {
                let want = Shape::Any.read(reader, &format!("{what}.{}", key.text), n);
                want.map(|want| (key.text.clone(), want))
            };
            Want::new(Is::Map(pairs.iter().filter_map(pair).collect()), node)
        }
    }
}

/// Reads a header line: its name and its value.
fn pair(reader: &mut Reader, what: &str, node: &Node) -> Option<(String, Option<String>)> {
    let Some([name, value]) = node.list() else {
        return reader.wrong_type(what, "a pair of a name and a value", node);
    };
    let value = match value.value {
        Value::Null => None,
        _ => Some(reader.text(what, value)?),
    };
    Some((reader.text(what, name)?, value))
}
