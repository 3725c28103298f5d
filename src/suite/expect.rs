//! What a scenario expects of an outcome, and what was different.

use super::reader::Reader;
pub(crate) use super::shape::Shape;
use super::want::{Want, value_of};
use super::yaml::{At, Node};
use crate::outcome::json::Key;
use serde_json::{Map, Value as Json};

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
    /// Its value, as it is written. Of mappings, only the keys that are named are expected.
    pub value: Json,
    /// 1-based line of the value.
    pub line: u32,
    /// 1-based column of the value, in characters.
    pub column: u32,
    /// What that comes to.
    pub(crate) want: Want,
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
    /// Its place.
    pub(crate) at: At,
}

const ACCESS: &[&str] = &["granted", "denied", "auth-required", "not-reached"];
const CONNECTION: &[&str] = &["refused", "tls-failed"];
const STOPPED: &[&str] = &["itself", "loop", "elsewhere", "not-http", "too-many"];
const WSGI: &[(&str, Shape)] =
    &[("process_group", Shape::Text), ("application_group", Shape::Text), ("callable", Shape::Text)];
const BACKEND: &[(&str, Shape)] =
    &[("url", Shape::Text), ("worker", Shape::Maybe), ("method", Shape::Text), ("fcgi", Shape::Names)];
const DECISION: &[(&str, Shape)] = &[
    ("phase", Shape::Text),
    ("directive", Shape::Text),
    ("text", Shape::Text),
    ("file", Shape::Maybe),
    ("path", Shape::Maybe),
    ("line", Shape::Number),
    ("only", Shape::Maybe),
];
const CAVEAT: &[(&str, Shape)] = &[
    ("directive", Shape::Text),
    ("file", Shape::Maybe),
    ("path", Shape::Maybe),
    ("line", Shape::Number),
    ("why", Shape::Text),
];

/// What kind of value a key of an outcome has. One that is not told here has any.
fn shape(key: &str) -> Shape {
    match key {
        "status" => Shape::Status,
        "url" | "method" | "path_info" | "vhost" => Shape::Text,
        "connection" => Shape::MaybeWord(CONNECTION),
        "handler" | "file" | "script_name" | "location" | "user" | "log" | "log_message" | "type" => Shape::Maybe,
        "access" => Shape::Word(ACCESS),
        "wsgi" => Shape::Map(WSGI),
        "backend" => Shape::Map(BACKEND),
        "env" => Shape::Names,
        "headers" => Shape::Headers,
        "decided_by" => Shape::Lines(DECISION),
        "caveats" => Shape::Lines(CAVEAT),
        _ => Shape::Any,
    }
}

/// What may be expected besides an outcome's keys: lines that are not to decide.
const BESIDES: [(&str, Shape); 1] = [("not_decided_by", Shape::WithoutLines(DECISION))];
/// And where redirects are followed.
pub(crate) const OF_FOLLOWED: [(&str, Shape); 2] = [("hops", Shape::Hops), ("stopped", Shape::MaybeWord(STOPPED))];

/// What may be expected of an outcome.
pub(crate) fn keys() -> Vec<(&'static str, Shape)> {
    Key::ALL.map(|key| (key.name(), shape(key.name()))).into_iter().chain(BESIDES).collect()
}

/// The keys of what stands in place of outcomes when httpd would refuse to start.
const REFUSED: &[(&str, Shape)] = &[("config_error", Shape::Map(CONFIG_ERROR))];
const CONFIG_ERROR: &[(&str, Shape)] =
    &[("file", Shape::Maybe), ("path", Shape::Maybe), ("line", Shape::Number), ("message", Shape::Text)];

/// What may be expected of a refusal.
pub(crate) fn refused() -> Shape {
    REFUSED[0].1
}

/// Reads the `expect` mapping of a request.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Expectation> {
    let known: Vec<_> = keys().into_iter().chain(OF_FOLLOWED).collect();
    read_keys(reader, node, &known)
}

/// The same, of pairs as a command line has them: `null` is null, `2xx` any status that begins so, `header.NAME` a header.
pub(crate) fn of_pairs(pairs: &[(String, String)]) -> Result<Vec<Expectation>, String> {
    let mut map = Map::new();
    let mut headers = Map::new();
    for (key, value) in pairs {
        let class = value.strip_suffix("xx").filter(|first| key == "status" && first.len() == 1);
        let value = match class {
            Some(first) => serde_json::json!({ "matches": format!("^{first}") }),
            None if value == "null" => Json::Null,
            None => Json::from(value.as_str()),
        };
        match key.split_once('.') {
            Some(("header" | "headers", name)) => headers.insert(name.into(), value),
            _ => map.insert(key.clone(), value),
        };
    }
    if !headers.is_empty() {
        map.insert("headers".into(), headers.into());
    }
    let text = Json::from(map).to_string();
    let sources = crate::source::SourceMap::default();
    let node = super::yaml::parse(&text, sources.add("expected", text.as_str())).map_err(|d| d.message)?;
    let mut reader = Reader::default();
    let read = read_keys(&mut reader, &node, &keys());
    match reader.problems.all().first() {
        Some(d) => Err(format!("{}{}", d.message, d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())),
        None => Ok(read),
    }
}

/// Reads the `expect` mapping of a whole scenario.
pub(super) fn read_refusal(reader: &mut Reader, node: &Node) -> Vec<Expectation> {
    read_keys(reader, node, REFUSED)
}

/// Reads what is expected of a redirect on the way.
pub(super) fn hop(reader: &mut Reader, node: &Node) -> Vec<(String, Want)> {
    read_keys(reader, node, &keys()).into_iter().map(|e| (e.key, e.want)).collect()
}

fn read_keys(reader: &mut Reader, node: &Node, keys: &[(&'static str, Shape)]) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    for (key, node) in reader.map("expect", node) {
        let Some((_, shape)) = keys.iter().find(|(name, _)| *name == key.text) else {
            let known: Vec<&str> = keys.iter().map(|k| k.0).collect();
            reader.unknown_key(key, "`expect`", &known);
            continue;
        };
        if let Some(want) = shape.read(reader, &key.text, node) {
            let (line, column) = (node.at.line, node.at.column);
            expectations.push(Expectation { key: key.text.clone(), value: want.json(), line, column, want });
        }
    }
    expectations
}

/// Whether some of these, or of what is expected of a redirect on the way, is of what an outcome has only where it is asked
/// for.
pub(crate) fn ask_for_response(expect: &[Expectation]) -> bool {
    let of_response = |name: &str| Key::ALL.iter().any(|key| key.is_of_response() && key.name() == name);
    let hops = expect.iter().filter(|e| e.key == "hops").flat_map(|e| e.value.as_array().into_iter().flatten());
    let of_hops = hops.filter_map(Json::as_object).flat_map(Map::keys);
    expect.iter().map(|e| &e.key).chain(of_hops).any(|key| of_response(key))
}

/// Where `outcome` (an outcome as JSON) is not what is expected. A key that the outcome lacks counts as null.
pub(crate) fn compare(expect: &[Expectation], outcome: &Json) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let none = Map::new();
    let outcome = outcome.as_object().unwrap_or(&none);
    for e in expect {
        e.want.differ(&e.key, value_of(outcome, &e.key), &mut |key, want, got| {
            let (line, column) = (want.at.line, want.at.column);
            found.push(Mismatch { key, want: want.json(), got: got.clone(), line, column, at: want.at });
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::*;
    use crate::source::SourceMap;
    use serde_json::json;

    /// Expectations as a scenario writes them; those of keys that outcomes don't have yet, too.
    fn expect(text: &str) -> Result<Vec<Expectation>, String> {
        let sources = SourceMap::default();
        let node = super::super::yaml::parse(text, sources.add("x", text)).map_err(|d| d.message)?;
        let mut reader = Reader::default();
        let more = [("headers", shape("headers")), ("env", shape("env")), ("type", shape("type")), REFUSED[0]];
        let known: Vec<_> = keys().into_iter().chain(OF_FOLLOWED).chain(more).collect();
        let read = read_keys(&mut reader, &node, &known);
        match reader.problems.all().first() {
            Some(d) => Err(format!("{}{}", d.message, d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())),
            None => Ok(read),
        }
    }

    #[test]
    fn only_what_is_named_counts() {
        let outcome = json!({
            "status": 403, "handler": null, "path_info": "", "file": "/srv/www/a.html",
            "wsgi": {"process_group": "a", "application_group": ""},
            "decided_by": [
                {"phase": "p", "directive": "Require", "text": "Require  all denied", "file": "/etc/apache2/apache2.conf", "line": 3},
            ],
            "caveats": [],
            "env": {"A": "1", "B": "two"},
            "headers": [["Set-Cookie", "a=1"], ["X-Frame-Options", "DENY"], ["set-cookie", "b=2"], ["ETag", null]],
            "hops": [{"status": 301, "location": "/b"}], "stopped": "loop",
            "config_error": {"file": "config", "line": 2, "message": "X not allowed here"},
        });
        for (want, differing) in [
            ("{status: 403, handler: null}", vec![]),
            ("{status: 200, path_info: /x}", vec!["status", "path_info"]),
            ("{status: {one_of: [403, 404]}, file: {matches: '^/srv/.*\\.html$'}}", vec![]),
            ("{status: {one_of: [200, 404]}, file: {matches: '^/var'}}", vec!["status", "file"]),
            ("{status: {not: 200}, handler: {not: null}, file: {contains: [www, a.h]}}", vec!["handler"]),
            ("{status: {matches: '^4'}, file: {not: {contains: www}}}", vec!["file"]),
            ("{wsgi: {process_group: a}}", vec![]),
            ("{wsgi: {process_group: b, callable: c}}", vec!["wsgi.process_group", "wsgi.callable"]),
            ("{wsgi: null}", vec!["wsgi"]),
            ("{wsgi: {not: null}}", vec![]),
            ("{decided_by: [Require]}", vec![]),
            ("{decided_by: [{directive: Require, line: 4}]}", vec!["decided_by[0].line"]),
            ("{decided_by: []}", vec!["decided_by"]),
            ("{decided_by: require all denied}", vec![]),
            ("{decided_by: apache2.conf:3}", vec![]),
            ("{decided_by: pache2.conf:3}", vec!["decided_by"]),
            ("{decided_by: apache2.conf:4, not_decided_by: apache2.conf:4}", vec!["decided_by"]),
            ("{not_decided_by: [Alias, Require]}", vec!["not_decided_by"]),
            ("{decided_by: {contains: {directive: Require}}}", vec![]),
            ("{caveats: [x]}", vec!["caveats"]),
            ("{location: /x}", vec!["location"]),
            ("{env: {A: '1', B: {matches: ^t}, C: null}}", vec![]),
            ("{env: {A: '2', D: x}}", vec!["env.A", "env.D"]),
            ("{headers: {x-frame-options: DENY, Set-Cookie: {contains: b=}, X-B: null}}", vec![]),
            ("{headers: {Set-Cookie: [a=1, b=2], X-B: {not: DENY}, X-Frame-Options: {not: null}}}", vec![]),
            (
                "{headers: {Set-Cookie: c=3, X-Frame-Options: null, X-B: {not: null}, ETag: null}}",
                vec!["headers.Set-Cookie", "headers.X-Frame-Options", "headers.X-B", "headers.ETag"],
            ),
            ("{headers: {Set-Cookie: {not: {contains: a=}}}}", vec!["headers.Set-Cookie"]),
            ("{headers: {ETag: x}}", vec![]),
            ("{headers: [[set-cookie, a=1], [x-frame-options, DENY], [Set-Cookie, null], [ETag, x]]}", vec![]),
            ("{headers: [[set-cookie, a=1], [x-frame-options, DENY], [Set-Cookie, c=2], [ETag, x]]}", vec!["headers"]),
            ("{headers: [[set-cookie, a=1]]}", vec!["headers"]),
            ("{hops: [{status: 302}], stopped: null}", vec!["hops[0].status", "stopped"]),
            ("{hops: []}", vec!["hops"]),
            ("{config_error: {line: 2, message: not allowed}}", vec![]),
            ("{config_error: {line: 2, message: unknown}}", vec!["config_error.message"]),
        ] {
            let wants = expect(want).unwrap_or_else(|e| panic!("{want}: {e}"));
            let found: Vec<String> = compare(&wants, &outcome).into_iter().map(|m| m.key).collect();
            assert_eq!(found, differing, "{want}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wanted) in [
            ("{status: {mathces: 4}}", "unknown key `mathces` in `status` (did you mean `matches`?)"),
            (
                "{status: {not: 4, one_of: [4]}}",
                "`status` has several of matches, one_of, not, contains (one of them alone; `not` may hold another)",
            ),
            ("{status: {one_of: []}}", "`one_of` has nothing in it"),
            ("{status: {one_of: [200, ok]}}", "`status` must be a status (100 to 599), not `ok`"),
            ("{file: {matches: '('}}", "`(` is no regular expression: unclosed group"),
            ("{connection: refusd}", "`refusd` is no value of `connection` (did you mean `refused`?)"),
            ("{hops: {status: 301}}", "`hops` must be a list, an element for each redirect, not a mapping"),
            ("{hops: [{staus: 301}]}", "unknown key `staus` in `expect` (did you mean `status`?)"),
        ] {
            assert_eq!(expect(text).unwrap_err(), wanted, "{text}");
        }
        assert!(Scenario::default().expect.is_empty());
    }
}
