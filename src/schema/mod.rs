//! JSON Schemas of what is read and printed. Those of scenarios are made from the tables that their reader uses.

mod outputs;
mod scenario;

use serde_json::{Map, Value, json};

/// Where the schemas are published.
const HOME: &str = "https://git.example.com/routesim/docs/schemas";

/// A schema: its name, what it is of, and what makes it.
type Schema = (&'static str, &'static str, fn() -> Value);

/// All of them.
const ALL: [Schema; 14] = [
    ("scenario", "a scenario, or a suite of them", scenario::schema),
    ("outcome", "a line of `replay --format ndjson`", outputs::replay),
    ("explain", "`explain --format json`", outputs::explain),
    ("repair", "a line of `repair --format ndjson`", outputs::repair),
    ("test", "`test --format json`", outputs::test),
    ("coverage", "`test --coverage=json`", outputs::coverage),
    ("check", "`check --format json`", outputs::check),
    ("lint", "`lint --format json`", outputs::lint),
    ("migrate", "`migrate --format json`", outputs::migrate),
    ("verify", "`verify --format json`", outputs::verify),
    ("directives", "`directives --format json`", outputs::directives),
    ("phases", "`phases --format json`", outputs::phases),
    ("vhosts", "`vhosts --format json`", outputs::vhosts),
    ("why", "`why --format json`", outputs::why),
];

/// The names of the schemas, each with what it is of.
pub(crate) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().map(|(name, of, _)| (*name, *of))
}

/// The schema of that name.
pub(crate) fn named(name: &str) -> Option<Value> {
    let (name, of, make) = ALL.iter().find(|(known, ..)| *known == name)?;
    let mut schema = Map::new();
    schema.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    schema.insert("$id".into(), url(name).into());
    schema.insert("title".into(), format!("routesim: {of}").into());
    if let Value::Object(own) = make() {
        schema.extend(own);
    }
    Some(schema.into())
}

/// Where a schema is published.
pub(crate) fn url(name: &str) -> String {
    format!("{HOME}/{name}.json")
}

/// A mapping with these keys and no others; those whose names end in `?` may be missing.
fn object(keys: &[(&str, Value)]) -> Value {
    let name = |key: &str| key.trim_end_matches('?').to_string();
    let required: Vec<&str> = keys.iter().map(|(key, _)| *key).filter(|key| !key.ends_with('?')).collect();
    let properties: Map<String, Value> = keys.iter().map(|(key, value)| (name(key), value.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

fn map(of: Value) -> Value {
    json!({"type": "object", "additionalProperties": of})
}

fn maybe(of: Value) -> Value {
    json!({"anyOf": [of, {"type": "null"}]})
}

fn any_of(these: &[Value]) -> Value {
    json!({"anyOf": these})
}

fn words(words: &[&str]) -> Value {
    json!({"enum": words})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn number() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn truth() -> Value {
    json!({"type": "boolean"})
}

fn of(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}
