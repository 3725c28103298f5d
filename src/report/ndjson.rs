//! One JSON value a line.

use super::json;
use crate::outcome::Outcome;
use crate::source::SourceMap;
use bstr::{BString, ByteSlice};
use serde_json::Value;
use std::io::{self, Write};

/// Writes `value` on a line of its own.
///
/// # Errors
/// Those of the writer.
pub fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// The keys of an outcome.
pub const FIELDS: [&str; 15] = [
    "url",
    "method",
    "status",
    "handler",
    "file",
    "path_info",
    "script_name",
    "location",
    "vhost",
    "access",
    "user",
    "log",
    "wsgi",
    "decided_by",
    "caveats",
];

/// Writes an outcome on a line of its own, with these of its keys.
///
/// # Errors
/// Those of the writer.
pub fn fields(out: &mut dyn Write, keys: &[String], outcome: &Outcome, sources: &SourceMap) -> io::Result<()> {
    let mut whole = None;
    out.write_all(b"{")?;
    for (i, key) in keys.iter().enumerate() {
        write!(out, "{}\"{key}\":", if i == 0 { "" } else { "," })?;
        match key.as_str() {
            "status" => write!(out, "{}", outcome.status)?,
            "url" => text(out, Some(&outcome.url))?,
            "method" => text(out, Some(&outcome.method))?,
            "handler" => text(out, outcome.handler.as_ref())?,
            "file" => text(out, outcome.file.as_ref())?,
            "path_info" => text(out, Some(&outcome.path_info))?,
            "location" => text(out, outcome.location.as_ref())?,
            "vhost" => text(out, Some(&outcome.vhost))?,
            key => {
                let whole = whole.get_or_insert_with(|| json::outcome(outcome, sources));
                serde_json::to_writer(&mut *out, &whole[key])?;
            }
        }
    }
    out.write_all(b"}\n")
}

fn text(out: &mut dyn Write, text: Option<&BString>) -> io::Result<()> {
    Ok(serde_json::to_writer(out, &text.map(|t| t.to_str_lossy()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_whole() {
        let outcome = Outcome { file: Some("/a\"\u{e9}".into()), status: 200, ..Outcome::default() };
        let sources = SourceMap::default();
        let whole = json::outcome(&outcome, &sources);
        let keys: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, FIELDS);
        let mut line = Vec::new();
        fields(&mut line, &keys, &outcome, &sources).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), whole);
    }
}
