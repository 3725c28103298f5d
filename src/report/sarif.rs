//! SARIF 2.1.0, for code scanning: what every log of ours has in common.

use crate::suite::Location;
use serde_json::{Value, json};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Where the program and its pages are.
pub(super) const HOME: &str = "https://git.example.com/routesim";

/// A log of one run: its rules, and its results.
pub(super) fn log(rules: Vec<Value>, results: Vec<Value>) -> Value {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "routesim", "semanticVersion": env!("CARGO_PKG_VERSION"), "version": env!("CARGO_PKG_VERSION"),
                "informationUri": HOME, "rules": rules,
            }},
            "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The directory that routesim was run in."}}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A place.
pub(super) fn location(at: &Location) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": artifact(&at.path),
        "region": {"startLine": at.line.max(1), "startColumn": at.column.max(1)},
    }})
}

/// A second place, with what it is.
pub(super) fn related(id: usize, at: &Location, text: &str) -> Value {
    let mut place = location(at);
    place["id"] = id.into();
    place["message"] = json!({"text": text});
    place
}

/// A file.
pub(super) fn artifact(path: &str) -> Value {
    let mut artifact = json!({"uri": uri(path)});
    if !path.starts_with('/') {
        artifact["uriBaseId"] = "SRCROOT".into();
    }
    artifact
}

/// A path as a reference: of an absolute one, a file URL.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
