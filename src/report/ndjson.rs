//! One JSON value a line.

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
