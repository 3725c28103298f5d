//! What a scenario expects of an outcome, and what was different.

use super::reader::Reader;
use super::yaml::{Node, Value};
use crate::suggest::closest;
use serde_json::Value as Json;

/// One expected key of an outcome.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::Scenario;
///
/// let text = "name: x\nconfig: ''\nrequests:\n- {url: /, expect: {status: 404}}\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let expected = &scenario.requests[0].expect[0];
/// assert_eq!((expected.key.as_str(), &expected.value, expected.line), ("status", &404.into(), 4));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The key.
    pub key: String,
    /// Its value. Of mappings, only the keys that are named are expected.
    pub value: Json,
    /// 1-based line of the value.
    pub line: u32,
    /// 1-based column of the value, in characters.
    pub column: u32,
}

/// An expectation that an outcome doesn't meet.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{Scenario, run};
///
/// let text = "name: x\nconfig: Redirect / /b\nrequests:\n- {url: /a, expect: {status: 200}}\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let ran = run(&scenario).expect("it has no files");
/// let mismatch = &ran.answers[0].mismatches[0];
/// assert_eq!((mismatch.key.as_str(), &mismatch.want, &mismatch.got), ("status", &200.into(), &302.into()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The key, with the way to a nested one: `wsgi.process_group`, `decided_by[0].line`.
    pub key: String,
    /// What was expected.
    pub want: Json,
    /// What the outcome says.
    pub got: Json,
    /// Line of the expectation.
    pub line: u32,
    /// Column of the expectation.
    pub column: u32,
}

/// What a value may be.
#[derive(Clone, Copy)]
enum Shape {
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
    /// A mapping of any names to texts or null, or null.
    Variables,
    /// A mapping of these keys, or null.
    Map(&'static [(&'static str, Shape)]),
    /// Response headers: by name (null: not sent), or all of them in a list of pairs.
    Headers,
    /// A list of such mappings; a text alone is the directive.
    Directives(&'static [(&'static str, Shape)]),
}

const ACCESS: &[&str] = &["granted", "denied", "auth-required", "not-reached"];
const WSGI: &[(&str, Shape)] =
    &[("process_group", Shape::Text), ("application_group", Shape::Text), ("callable", Shape::Text)];
const BACKEND: &[(&str, Shape)] =
    &[("url", Shape::Text), ("worker", Shape::Maybe), ("method", Shape::Text), ("fcgi", Shape::Map(FCGI))];
const FCGI: &[(&str, Shape)] = &[
    ("SCRIPT_FILENAME", Shape::Text),
    ("PATH_INFO", Shape::Text),
    ("SCRIPT_NAME", Shape::Text),
    ("PATH_TRANSLATED", Shape::Text),
];
const DECISION: &[(&str, Shape)] = &[
    ("phase", Shape::Text),
    ("directive", Shape::Text),
    ("file", Shape::Maybe),
    ("line", Shape::Number),
    ("only", Shape::Maybe),
];
const CAVEAT: &[(&str, Shape)] =
    &[("directive", Shape::Text), ("file", Shape::Maybe), ("line", Shape::Number), ("why", Shape::Text)];

/// The keys of an outcome.
const KEYS: &[(&str, Shape)] = &[
    ("url", Shape::Text),
    ("method", Shape::Text),
    ("status", Shape::Status),
    ("connection", Shape::Maybe),
    ("handler", Shape::Maybe),
    ("file", Shape::Maybe),
    ("path_info", Shape::Text),
    ("script_name", Shape::Maybe),
    ("location", Shape::Maybe),
    ("vhost", Shape::Text),
    ("access", Shape::Word(ACCESS)),
    ("user", Shape::Maybe),
    ("log", Shape::Maybe),
    ("log_message", Shape::Maybe),
    ("wsgi", Shape::Map(WSGI)),
    ("headers", Shape::Headers),
    ("type", Shape::Maybe),
    ("backend", Shape::Map(BACKEND)),
    ("env", Shape::Variables),
    ("decided_by", Shape::Directives(DECISION)),
    ("caveats", Shape::Directives(CAVEAT)),
];

/// The keys of what stands in place of outcomes when httpd would refuse to start.
const REFUSED: &[(&str, Shape)] = &[("config_error", Shape::Map(CONFIG_ERROR))];
const CONFIG_ERROR: &[(&str, Shape)] = &[("file", Shape::Maybe), ("line", Shape::Number), ("message", Shape::Text)];

/// Reads the `expect` mapping of a request.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Expectation> {
    read_keys(reader, node, KEYS)
}

/// Reads the `expect` mapping of a whole scenario.
pub(super) fn read_refusal(reader: &mut Reader, node: &Node) -> Vec<Expectation> {
    read_keys(reader, node, REFUSED)
}

fn read_keys(reader: &mut Reader, node: &Node, keys: &'static [(&'static str, Shape)]) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    for (key, node) in reader.map("expect", node) {
        let Some((_, shape)) = keys.iter().find(|(name, _)| *name == key.text) else {
            reader.unknown_key(key, "`expect`", &names(keys));
            continue;
        };
        if let Some(value) = shape.read(reader, &key.text, node) {
            let (line, column) = (node.at.line, node.at.column);
            expectations.push(Expectation { key: key.text.clone(), value, line, column });
        }
    }
    expectations
}

fn names(keys: &'static [(&'static str, Shape)]) -> Vec<&'static str> {
    keys.iter().map(|k| k.0).collect()
}

impl Shape {
    fn read(self, reader: &mut Reader, what: &str, node: &Node) -> Option<Json> {
        match self {
            Shape::Status if matches!(node.value, Value::Null) => Some(Json::Null),
            Shape::Status => {
                let status = |t: &str| t.parse::<u16>().ok().filter(|s| (100..600).contains(s));
                reader.parsed(what, "a status (100 to 599)", node, status).map(Json::from)
            }
            Shape::Number if matches!(node.value, Value::Null) => Some(Json::Null),
            Shape::Number => reader.parsed(what, "a number", node, |t| t.parse::<u64>().ok()).map(Json::from),
            Shape::Text => reader.text(what, node).map(Json::from),
            Shape::Maybe if matches!(node.value, Value::Null) => Some(Json::Null),
            Shape::Maybe => reader.text(what, node).map(Json::from),
            Shape::Word(words) => {
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
            Shape::Map(_) | Shape::Variables if matches!(node.value, Value::Null) => Some(Json::Null),
            Shape::Variables => {
                let mut variables = serde_json::Map::new();
                for (name, node) in reader.map(what, node) {
                    if let Some(value) = Shape::Maybe.read(reader, &format!("{what}.{}", name.text), node) {
                        variables.insert(name.text.clone(), value);
                    }
                }
                Some(variables.into())
            }
            Shape::Map(keys) => Some(read_map(reader, what, node, keys)),
            Shape::Headers => match &node.value {
                Value::List(nodes) => {
                    nodes.iter().map(|n| header(reader, what, n)).collect::<Option<Vec<Json>>>().map(Json::from)
                }
                _ => Some(read_headers(reader, what, node)),
            },
            Shape::Directives(keys) => {
                let mut read = |n: &Node| match n.text() {
                    Some(directive) => serde_json::json!({ "directive": directive }),
                    None => read_map(reader, what, n, keys),
                };
                match &node.value {
                    Value::Null => Some(Json::Array(Vec::new())),
                    Value::List(nodes) => Some(nodes.iter().map(&mut read).collect()),
                    _ => reader.wrong_type(what, "a list", node),
                }
            }
        }
    }
}

/// A pair of a header's name and its value; null: any value.
fn header(reader: &mut Reader, what: &str, node: &Node) -> Option<Json> {
    match &node.value {
        Value::List(pair) if pair.len() == 2 => {
            let name = reader.text(what, &pair[0])?;
            Some(serde_json::json!([name, Shape::Maybe.read(reader, what, &pair[1])?]))
        }
        _ => reader.wrong_type(what, "a pair of a name and a value", node),
    }
}

/// Headers by their names.
fn read_headers(reader: &mut Reader, what: &str, node: &Node) -> Json {
    let mut map = serde_json::Map::new();
    for (key, node) in reader.map(what, node) {
        if let Some(value) = Shape::Maybe.read(reader, &format!("{what}.{}", key.text), node) {
            map.insert(key.text.clone(), value);
        }
    }
    map.into()
}

fn read_map(reader: &mut Reader, what: &str, node: &Node, keys: &'static [(&'static str, Shape)]) -> Json {
    let mut map = serde_json::Map::new();
    for (key, node) in reader.map(what, node) {
        match keys.iter().find(|(name, _)| *name == key.text) {
            Some((name, shape)) => {
                if let Some(value) = shape.read(reader, &format!("{what}.{name}"), node) {
                    map.insert((*name).into(), value);
                }
            }
            None => reader.unknown_key(key, &format!("`{what}`"), &names(keys)),
        }
    }
    map.into()
}

/// Where `outcome` (an outcome as JSON) is not what is expected. A key that the outcome lacks counts as null.
pub(super) fn compare(expect: &[Expectation], outcome: &Json) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for e in expect {
        differ(&e.key, &e.value, outcome.get(&e.key).unwrap_or(&Json::Null), &mut |key, want, got| {
            found.push(Mismatch { key, want: want.clone(), got: got.clone(), line: e.line, column: e.column });
        });
    }
    found
}

/// Reports every place where `got` is not as wanted: keys of mappings that are named, all elements of lists.
fn differ(key: &str, want: &Json, got: &Json, report: &mut dyn FnMut(String, &Json, &Json)) {
    match (want, got) {
        (Json::Object(wants), Json::Array(gots)) if key == "headers" => {
            for (name, want) in wants {
                let got = values_of(gots, name);
                if !meets(want, &got) {
                    report(format!("{key}.{name}"), want, &got);
                }
            }
        }
        (Json::Array(wants), Json::Array(gots)) if key == "headers" => {
            let same = wants.len() == gots.len() && wants.iter().zip(gots).all(|(w, g)| is_header(w, g));
            if !same {
                report(key.into(), want, got);
            }
        }
        (Json::Object(wants), Json::Object(gots)) => {
            for (name, want) in wants {
                differ(&format!("{key}.{name}"), want, gots.get(name).unwrap_or(&Json::Null), report);
            }
        }
        (Json::Array(wants), Json::Array(gots)) if wants.len() == gots.len() => {
            for (i, (want, got)) in wants.iter().zip(gots).enumerate() {
                differ(&format!("{key}[{i}]"), want, got, report);
            }
        }
        // of a message, a part is enough
        (Json::String(want), Json::String(got)) if key == "config_error.message" && got.contains(want.as_str()) => {}
        _ if want == got => {}
        _ => report(key.into(), want, got),
    }
}

/// What a header's values come to: a text (several: one after the other), null where it is not sent, and false where its value
/// can't be known.
fn values_of(headers: &[Json], name: &str) -> Json {
    let of_name = headers.iter().filter(|h| h[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)));
    let values: Vec<&Json> = of_name.map(|h| &h[1]).collect();
    let texts: Option<Vec<&str>> = values.iter().map(|v| v.as_str()).collect();
    match texts {
        _ if values.is_empty() => Json::Null,
        Some(texts) => texts.join(", ").into(),
        None => false.into(),
    }
}

/// Whether a header is as wanted: a value that can't be known may be any.
fn meets(want: &Json, got: &Json) -> bool {
    want == got || *got == Json::Bool(false) && want.is_string()
}

/// Whether a pair is as wanted; null stands for any value.
fn is_header(want: &Json, got: &Json) -> bool {
    let name = |pair: &Json| pair[0].as_str().map(str::to_ascii_lowercase);
    name(want) == name(got) && (want[1].is_null() || got[1].is_null() || want[1] == got[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expect(value: Json) -> Vec<Expectation> {
        let one =
            |(key, value): (&String, &Json)| Expectation { key: key.clone(), value: value.clone(), line: 3, column: 5 };
        value.as_object().unwrap().iter().map(one).collect()
    }

    #[test]
    fn only_what_is_named_counts() {
        let outcome = json!({
            "status": 403, "handler": null, "path_info": "",
            "wsgi": {"process_group": "a", "application_group": ""},
            "decided_by": [{"phase": "p", "directive": "Require", "line": 3}],
            "caveats": [],
            "headers": [["X-A", "1"], ["ETag", null], ["X-A", "2"]],
            "env": {"A": "1", "C": "2"},
            "config_error": {"file": "config", "line": 2, "message": "X not allowed here"},
        });
        let cases = [
            (json!({"status": 403, "handler": null}), vec![]),
            (json!({"status": 200, "path_info": "/x"}), vec!["status", "path_info"]),
            (json!({"wsgi": {"process_group": "a"}}), vec![]),
            (json!({"wsgi": {"process_group": "b", "callable": "c"}}), vec!["wsgi.process_group", "wsgi.callable"]),
            (json!({"wsgi": null}), vec!["wsgi"]),
            (json!({"decided_by": [{"directive": "Require"}]}), vec![]),
            (json!({"decided_by": [{"directive": "Require", "line": 4}]}), vec!["decided_by[0].line"]),
            (json!({"decided_by": []}), vec!["decided_by"]),
            (json!({"caveats": [{"directive": "x"}]}), vec!["caveats"]),
            (json!({"location": "/x"}), vec!["location"]),
            (json!({"headers": {"x-a": "1, 2", "ETag": "y", "X-C": null}}), vec![]),
            (
                json!({"headers": {"x-a": "1", "ETag": null, "X-C": ""}}),
                vec!["headers.x-a", "headers.ETag", "headers.X-C"],
            ),
            (json!({"headers": [["x-a", "1"], ["etag", "z"], ["X-A", null]]}), vec![]),
            (json!({"headers": [["x-a", "1"], ["X-A", "2"]]}), vec!["headers"]),
            (json!({"headers": [["x-a", "1"], ["etag", "z"], ["X-A", "3"]]}), vec!["headers"]),
            (json!({"env": {"A": "1", "B": null}}), vec![]),
            (json!({"env": {"A": null, "B": ""}}), vec!["env.A", "env.B"]),
            (json!({"config_error": {"line": 2, "message": "not allowed"}}), vec![]),
            (json!({"config_error": {"line": 2, "message": "unknown"}}), vec!["config_error.message"]),
        ];
        for (want, differing) in cases {
            let found: Vec<String> = compare(&expect(want.clone()), &outcome).into_iter().map(|m| m.key).collect();
            assert_eq!(found, differing, "{want}");
        }
    }
}
