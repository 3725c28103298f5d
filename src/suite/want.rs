//! What a value of an outcome is to be: the value itself, or what is true of it (`{matches: REGEX}` and kin).

use super::reader::Reader;
use super::yaml::{At, Node, Value};
use crate::directives;
use crate::suggest::closest;
use regex::Regex;
use serde_json::{Map, Value as Json, json};

/// What is expected of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Want {
    /// What it is to be.
    pub is: Is,
    /// Where that is said.
    pub at: At,
}

/// What a value is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Is {
    /// This.
    Value(Json),
    /// A mapping with these keys, whatever else it has.
    Map(Vec<(String, Want)>),
    /// A list of these.
    List(Vec<Want>),
    /// A list of `[name, value]` in which these names have these values: any of them, or all of a list. Null: not there.
    Headers(Vec<(String, Want)>),
    /// All header lines, in their order: names, and their values where they matter.
    AllHeaders(Vec<(String, Option<String>)>),
    /// A line that is named by its directive, its whole text or its place (`httpd.conf:41`).
    Line(String),
    /// A text that this is found in.
    Matches(Expression),
    /// One of these.
    OneOf(Vec<Want>),
    /// Anything but this.
    Not(Box<Want>),
    /// A text or a list that has all of these in it.
    Contains(Vec<Want>),
    /// A list that has none of these in it.
    Without(Vec<Want>),
}

/// A regular expression, which is equal to one that is written the same.
#[derive(Clone, Debug)]
pub(crate) struct Expression(Regex);

impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

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

impl Want {
    fn new(is: Is, node: &Node) -> Option<Want> {
        Some(Want { is, at: node.at })
    }

    /// As it is written.
    pub(crate) fn json(&self) -> Json {
        let list = |wants: &[Want]| Json::Array(wants.iter().map(Want::json).collect());
        let map = |pairs: &[(String, Want)]| Json::Object(pairs.iter().map(|(k, w)| (k.clone(), w.json())).collect());
        match &self.is {
            Is::Value(value) => value.clone(),
            Is::Map(pairs) | Is::Headers(pairs) => map(pairs),
            Is::AllHeaders(pairs) => json!(pairs),
            Is::List(wants) | Is::Without(wants) => list(wants),
            Is::Line(text) => json!({ "directive": text }),
            Is::Matches(expression) => json!({"matches": expression.0.as_str()}),
            Is::OneOf(wants) => json!({"one_of": list(wants)}),
            Is::Not(want) => json!({"not": want.json()}),
            Is::Contains(wants) => match wants.as_slice() {
                [Want { is: Is::Line(text), .. }] => json!(text),
                [one] => json!({"contains": one.json()}),
                _ => json!({"contains": list(wants)}),
            },
        }
    }

    /// Whether a value is as wanted.
    pub(crate) fn fits(&self, got: &Json) -> bool {
        let mut fits = true;
        self.differ("", got, &mut |_, _, _| fits = false);
        fits
    }

    /// Reports every place where `got` is not as wanted: keys of mappings that are named, all elements of lists.
    pub(crate) fn differ(&self, key: &str, got: &Json, report: &mut dyn FnMut(String, &Want, &Json)) {
        match (&self.is, got) {
            (Is::Map(pairs), Json::Object(gots)) => {
                for (name, want) in pairs {
                    want.differ(&format!("{key}.{name}"), value_of(gots, name), report);
                }
            }
            (Is::List(wants), Json::Array(gots)) if wants.len() == gots.len() => {
                for (i, (want, got)) in wants.iter().zip(gots).enumerate() {
                    want.differ(&format!("{key}[{i}]"), got, report);
                }
            }
            (Is::Headers(pairs), Json::Array(lines)) => {
                for (name, want) in pairs {
                    header(&format!("{key}.{name}"), name, want, lines, report);
                }
            }
            // of a message, a part is enough
            (Is::Value(Json::String(want)), Json::String(got))
                if key == "config_error.message" && got.contains(want.as_str()) => {}
            _ if self.holds(got) => {}
            _ => report(key.into(), self, got),
        }
    }

    /// Whether a value is as wanted, where that is no question of its parts.
    fn holds(&self, got: &Json) -> bool {
        match &self.is {
            Is::Value(want) => want == got,
            Is::Map(_) | Is::List(_) | Is::Headers(_) => false,
            Is::AllHeaders(pairs) => got.as_array().is_some_and(|lines| {
                lines.len() == pairs.len() && pairs.iter().zip(lines).all(|(pair, line)| is_header(pair, line))
            }),
            Is::Line(text) => names(text, got),
            Is::Matches(expression) => text_of(got).is_some_and(|text| expression.0.is_match(&text)),
            Is::OneOf(wants) => wants.iter().any(|want| want.fits(got)),
            Is::Not(want) => !want.fits(got),
            Is::Contains(wants) => wants.iter().all(|want| want.is_in(got)),
            Is::Without(wants) => !wants.iter().any(|want| want.is_in(got)),
        }
    }

    fn is_in(&self, got: &Json) -> bool {
        match got {
            Json::Array(elements) => elements.iter().any(|element| self.fits(element)),
            _ => match (&self.is, text_of(got)) {
                (Is::Value(Json::String(part)), Some(text)) => text.contains(part.as_str()),
                _ => false,
            },
        }
    }
}

/// What stands under a key; of lines that are not to be there, the lines.
pub(crate) fn value_of<'j>(outcome: &'j Map<String, Json>, key: &str) -> &'j Json {
    let key = if key == "not_decided_by" { "decided_by" } else { key };
    outcome.get(key).unwrap_or(&Json::Null)
}

/// Whether a header line is as wanted. A value that can't be known may be any.
fn is_header((name, value): &(String, Option<String>), line: &Json) -> bool {
    let same_name = line[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
    same_name && value.as_ref().is_none_or(|value| line[1].is_null() || line[1] == value.as_str())
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

/// Holds a header's lines against what is wanted of them. A value that can't be known may be any.
fn header(key: &str, name: &str, want: &Want, lines: &[Json], report: &mut dyn FnMut(String, &Want, &Json)) {
    let of_name = |line: &&Json| line[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
    let values: Vec<Json> = lines.iter().filter(of_name).map(|line| line[1].clone()).collect();
    let fits = match &want.is {
        Is::Value(Json::Null) => values.is_empty(),
        _ if values.contains(&Json::Null) => true,
        Is::List(_) => want.fits(&Json::Array(values.clone())),
        // no line may be what none is to be, and a header that is not there is null
        Is::Not(_) if values.is_empty() => want.fits(&Json::Null),
        Is::Not(inner) if inner.is == Is::Value(Json::Null) => true,
        Is::Not(_) => values.iter().all(|value| want.fits(value)),
        _ => values.iter().any(|value| want.fits(value)),
    };
    if !fits {
        let mut values = values;
        let got = match values.len() {
            0 => Json::Null,
            1 => values.remove(0),
            _ => Json::Array(values),
        };
        report(key.into(), want, &got);
    }
}

/// Whether a text names the line that a decision or caveat is about.
fn names(text: &str, got: &Json) -> bool {
    let same = |key: &str| got[key].as_str().is_some_and(|own| one_line(own).eq_ignore_ascii_case(&one_line(text)));
    if same("directive") || same("text") {
        return true;
    }
    let Some((file, line)) = text.rsplit_once(':') else { return false };
    let Ok(line) = line.trim().parse::<u64>() else { return false };
    let is_file = |key: &str| got[key].as_str().is_some_and(|own| is_path_end(own, file));
    got["line"] == line && (is_file("file") || is_file("path"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a path is the one that is named, or ends in it.
fn is_path_end(path: &str, named: &str) -> bool {
    path.strip_suffix(named).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// What a regular expression is tried on.
fn text_of(got: &Json) -> Option<String> {
    match got {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(got.to_string()),
        _ => None,
    }
}

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
                let hop = |n: &Node| Want::new(Is::Map(super::expect::hop(reader, n)), n);
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
                    Ok(regex) => Want::new(Is::Matches(Expression(regex)), node),
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
