//! One JSON value a line.

use serde::Serialize;
use std::io::{self, Write};

/// Writes `value` on a line of its own.
///
/// # Errors
/// Those of the writer.
pub(crate) fn line(mut out: impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")
}
