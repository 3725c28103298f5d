//! The environment that a stand-in program found, against that of an outcome.

use super::answer::Answer;
use super::compare::Difference;
use crate::server::environ::is_left_out;
use bstr::ByteSlice;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a shell, PHP or a daemon adds, or has from elsewhere.
const OWN: [&str; 14] = [
    "_",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "USER",
    "HOME",
    "FCGI_ROLE",
    "PHP_SELF",
    "argv",
    "argc",
    "REQUEST_TIME",
    "REQUEST_TIME_FLOAT",
    "LD_LIBRARY_PATH",
    "LC_CTYPE",
];

/// The first variable on which the two don't agree, if a program told of its environment and the outcome has one. A value that
/// can't be known may be any.
pub(super) fn difference(answer: &Answer, outcome: &Value) -> Option<Difference> {
    let told = outcome.get("env")?;
    let nothing = serde_json::Map::new();
    let ours = told.as_object().unwrap_or(&nothing);
    let found = found(answer.probe.as_ref()?, ours)?;
    let differs = |name: &str, httpd: Option<&str>| {
        let routesim = ours.get(name);
        let same = match routesim {
            Some(Value::Null) => httpd.is_some(),
            value => value.and_then(Value::as_str) == httpd,
        };
        let said = |value: Value| json!([name, value]);
        (!same).then(|| Difference {
            key: "env",
            httpd: said(json!(httpd)),
            routesim: said(routesim.cloned().unwrap_or_default()),
        })
    };
    let wrong = found.iter().find_map(|(name, value)| differs(name, Some(value)));
    let more = || ours.keys().filter(|name| counts(name) && !found.contains_key(*name)).find_map(|n| differs(n, None));
    wrong.or_else(more)
}

/// What a program found, without values that routesim can't know. None where no program told of its environment, or the
/// outcome has none.
pub(super) fn told(answer: &Answer, outcome: &Value) -> Option<Value> {
    let ours = outcome.get("env")?.as_object()?;
    let found = found(answer.probe.as_ref()?, ours)?;
    Some(
        found
            .into_iter()
            .filter(|(name, _)| ours.get(name) != Some(&Value::Null))
            .map(|(k, v)| (k, json!(v)))
            .collect(),
    )
}

/// The variables that a program told of; none where it told of none. Of two of a name a program finds the first. Where a name
/// ends is not told: one of `ours` may have an equals sign in it.
fn found(probe: &Value, ours: &serde_json::Map<String, Value>) -> Option<BTreeMap<String, String>> {
    let hex = probe.get("environment")?.as_str()?;
    let byte = |pair: &[u8]| u8::from_str_radix(pair.to_str().ok()?, 16).ok();
    let bytes: Vec<u8> = hex.as_bytes().chunks(2).map(byte).collect::<Option<_>>()?;
    let mut found = BTreeMap::new();
    for row in bytes.split_str("\0") {
        let row = row.to_str_lossy();
        let odd = ours.keys().filter(|name| name.contains('='));
        let odd = odd.filter_map(|name| Some((name.as_str(), row.strip_prefix(name.as_str())?.strip_prefix('=')?)));
        let Some((name, value)) = odd.max_by_key(|(name, _)| name.len()).or_else(|| row.split_once('=')) else {
            continue;
        };
        if counts(name) {
            found.entry(name.to_string()).or_insert_with(|| value.to_string());
        }
    }
    Some(found)
}

/// Whether a variable is held against the outcome's. What httpd notes for its own proxy is no concern of a program.
fn counts(name: &str) -> bool {
    !OWN.contains(&name) && !is_left_out(name.as_bytes()) && !name.starts_with("proxy-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        let hex: String = b"A=1\0PWD=/\0E=f=g\0PATH=/bin\0".iter().map(|b| format!("{b:02x}")).collect();
        let answer = Answer { probe: Some(json!({"probe": "cgi", "environment": hex})), ..Answer::default() };
        let key = |env: Value| {
            let found = difference(&answer, &json!({"env": env}));
            found.map_or(String::new(), |d| format!("{} {}", d.httpd, d.routesim))
        };
        assert_eq!(key(json!({"A": "1", "E": "f=g"})), "");
        assert_eq!(key(json!({"A": "1", "E": null})), "");
        assert_eq!(key(json!({"A": "2", "E": "f=g"})), r#"["A","1"] ["A","2"]"#);
        assert_eq!(key(json!({"A": "1"})), r#"["E","f=g"] ["E",null]"#);
        assert_eq!(key(json!({"A": "1", "E": "f=g", "X": "y"})), r#"["X",null] ["X","y"]"#);
        assert_eq!(key(Value::Null), r#"["A","1"] ["A",null]"#);
        assert!(difference(&answer, &json!({})).is_none(), "it was not asked for");
        let hex: String = b"A=1\0A=2\0b=c=d".iter().map(|b| format!("{b:02x}")).collect();
        let answer = Answer { probe: Some(json!({"probe": "cgi", "environment": hex})), ..Answer::default() };
        assert!(difference(&answer, &json!({"env": {"A": "1", "b=c": "d"}})).is_none());
    }
}
