//! What a value of an outcome is to be: the value itself, or what is true of it (`{matches: REGEX}` and kin).

use super::yaml::{At, Node};
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

impl Expression {
    pub(super) fn new(regex: Regex) -> Expression {
        Expression(regex)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Want {
    pub(super) fn new(is: Is, node: &Node) -> Option<Want> {
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
