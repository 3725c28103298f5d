//! The JSON Schemas in docs/schemas are those that the program prints, and what it reads and prints is as they say.
//!
//! `ROUTESIM_BLESS=1 cargo test --test schemas` writes them again.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

fn routesim(arguments: &[&str], directory: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
    let output = command.args(arguments).current_dir(directory).env_remove("GITHUB_STEP_SUMMARY").output();
    String::from_utf8(output.expect("the program runs").stdout).expect("it is UTF-8")
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&routesim(&["show", "schema", name], &here())).expect("it is JSON")
}

fn names() -> Vec<String> {
    let list = routesim(&["show", "schema"], &here());
    list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

#[test]
fn the_files_are_what_is_printed() {
    let directory = here().join("docs/schemas");
    let mut there: Vec<String> = std::fs::read_dir(&directory)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().trim_end_matches(".json").to_string())
        .collect();
    for name in names() {
        let (file, text) = (directory.join(format!("{name}.json")), routesim(&["show", "schema", &name], &here()));
        if std::env::var_os("ROUTESIM_BLESS").is_some() {
            std::fs::write(&file, &text).expect("there is room");
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == text, "docs/schemas/{name}.json is not what `routesim show schema {name}` prints");
        there.retain(|other| *other != name);
    }
    assert!(there.is_empty() || std::env::var_os("ROUTESIM_BLESS").is_some(), "no schemas: {there:?}");
}

/// As much of JSON Schema as ours use.
fn wrong(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    let Some(map) = schema.as_object() else { return Err(format!("{at}: no schema")) };
    for (key, rule) in map {
        match key.as_str() {
            "$schema" | "$id" | "title" | "description" | "definitions" | "required" => {}
            "$ref" => {
                let name = rule.as_str().unwrap_or_default().trim_start_matches("#/definitions/");
                wrong(value, &root["definitions"][name], root, at)?;
            }
            "anyOf" => {
                let tried: Vec<String> =
                    rule.as_array().into_iter().flatten().filter_map(|s| wrong(value, s, root, at).err()).collect();
                if tried.len() == rule.as_array().map_or(0, Vec::len) {
                    return Err(format!("{at}: none of [{}]", tried.join(" | ")));
                }
            }
            "const" if value != rule => return Err(format!("{at}: {value} is not {rule}")),
            "enum" if !rule.as_array().is_some_and(|a| a.contains(value)) => {
                return Err(format!("{at}: {value} not in {rule}"));
            }
            "type" => {
                let is = |name: &str| match name {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    _ => value.is_null(),
                };
                let fits = match rule {
                    Value::String(name) => is(name),
                    names => names.as_array().into_iter().flatten().filter_map(Value::as_str).any(is),
                };
                if !fits {
                    return Err(format!("{at}: {value} is no {rule}"));
                }
            }
            "minimum" if value.as_i64() < rule.as_i64() && value.is_number() => return Err(format!("{at}: too small")),
            "maximum" if value.as_i64() > rule.as_i64() => return Err(format!("{at}: too large")),
            "minItems" if value.as_array().is_some_and(|a| (a.len() as u64) < rule.as_u64().unwrap_or(0)) => {
                return Err(format!("{at}: too short"));
            }
            "maxItems" if value.as_array().is_some_and(|a| a.len() as u64 > rule.as_u64().unwrap_or(0)) => {
                return Err(format!("{at}: too long"));
            }
            "items" => {
                for (i, one) in value.as_array().into_iter().flatten().enumerate() {
                    wrong(one, rule, root, &format!("{at}[{i}]"))?;
                }
            }
            "properties" | "additionalProperties" => {
                for (name, one) in value.as_object().into_iter().flatten() {
                    let known = schema.get("properties").and_then(|properties| properties.get(name));
                    match (key.as_str(), known) {
                        ("properties", Some(own)) => wrong(one, own, root, &format!("{at}.{name}"))?,
                        ("additionalProperties", None) if *rule == Value::Bool(false) => {
                            return Err(format!("{at}: no key `{name}`"));
                        }
                        ("additionalProperties", None) => wrong(one, rule, root, &format!("{at}.{name}"))?,
                        _ => {}
                    }
                }
            }
            "const" | "enum" | "minimum" | "maximum" | "minItems" | "maxItems" | "minLength" | "minProperties" => {}
            other => return Err(format!("{at}: this test does not know `{other}`")),
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    match required.into_iter().find(|name| value.is_object() && value.get(name).is_none()) {
        Some(name) => Err(format!("{at}: `{name}` is missing")),
        None => Ok(()),
    }
}

fn holds(name: &str, text: &str) {
    static KNOWN: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());
    let schema = KNOWN.lock().expect("no panic").entry(name.into()).or_insert_with(|| schema(name)).clone();
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}: {text}"));
    if let Err(why) = wrong(&value, &schema, &schema, "") {
        panic!("{name}: {}", why.chars().take(2000).collect::<String>());
    }
}

#[test]
fn outputs_are_as_the_schemas_say() {
    let own = here().join("scenarios");
    let all: Vec<String> = std::fs::read_dir(&own)
        .expect("it is there")
        .filter_map(|entry| Some(entry.ok()?.path().display().to_string()))
        .filter(|path| path.ends_with(".yaml"))
        .collect();
    assert!(all.len() > 10, "{all:?}");
    for path in &all {
        for line in routesim(&["replay", "--format", "ndjson", "--response", path], &here()).lines() {
            holds("outcome", line);
        }
        for url in ["http://example.com/app/a?b", "/"] {
            let said = routesim(&["explain", "--format", "json", "-s", path, "-L", url], &here());
            if !said.is_empty() {
                holds("explain", &said);
            }
        }
        holds("check", &routesim(&["check", "--format", "json", path], &here()));
    }
    holds("test", &routesim(&["test", "--format", "json", "scenarios"], &here()));
    holds("test", &routesim(&["test", "--format", "json", "tests/suites"], &here()));
    holds("test", &routesim(&["test", "--format", "json", "--coverage", "tests/suites"], &here()));
    holds("test", &routesim(&["test", "--format", "json", "--mutate", "tests/suites"], &here()));
    holds("coverage", &routesim(&["test", "--coverage=json", "scenarios"], &here()));
    holds("phases", &routesim(&["phases", "--format", "json"], &here()));
    holds("directives", &routesim(&["directives", "--format", "json"], &here()));
    holds("vhosts", &routesim(&["vhosts", "--format", "json", "-s", "web2py"], &here()));
    holds(
        "vhosts",
        &routesim(&["vhosts", "--format", "json", "-c", "demo/server/etc/apache2", "--root", "demo/server"], &here()),
    );
    for site in ["web2py", "alias-slashes", "location-undoes-directory"] {
        holds("lint", &routesim(&["lint", "--format", "json", "-s", site], &here()));
    }
    holds("migrate", &routesim(&["migrate", "--format", "json", "-s", "web2py"], &here()));
    holds("why", &routesim(&["why", "--format", "json", "-s", "web2py", "AH01630"], &here()));
}

#[test]
fn a_schema_can_fail() {
    let schema = schema("outcome");
    for text in ["{\"status\": \"200\"}", "{\"stats\": 200}", "{\"access\": \"maybe\"}", "[]"] {
        let value: Value = serde_json::from_str(text).expect("it is JSON");
        assert!(wrong(&value, &schema, &schema, "").is_err(), "{text}");
    }
}
