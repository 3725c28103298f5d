//! Request methods and their numbers: `ap_method_registry_init` (modules/http/http_protocol.c).

use super::text::{Text, word};
use bstr::BString;

/// httpd's own methods; the index is the number.
pub const BUILT_IN: [&str; 26] = [
    "GET",
    "PUT",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "CHECKOUT",
    "UNCHECKOUT",
    "CHECKIN",
    "UPDATE",
    "LABEL",
    "REPORT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
];

/// A method's name, not copied where it is one that most requests have.
pub fn name(method: &[u8]) -> Text<'static> {
    word(method, &["GET", "POST", "HEAD"])
}

/// The bit of a method's number in a mask; none for a number beyond it.
pub fn bit(number: u32) -> u64 {
    1u64.checked_shl(number).unwrap_or(0)
}

/// GET and HEAD.
pub const GET: u32 = 0;
/// PUT.
pub const PUT: u32 = 1;
/// POST.
pub const POST: u32 = 2;
/// DELETE.
pub const DELETE: u32 = 3;
/// CONNECT.
pub const CONNECT: u32 = 4;
/// OPTIONS.
pub const OPTIONS: u32 = 5;
/// TRACE.
pub const TRACE: u32 = 6;
/// A method that nobody has registered: M_INVALID.
pub const INVALID: u32 = 26;

/// Whether one more can be registered: numbers end at METHOD_NUMBER_LAST.
pub fn has_room(registered: &[BString]) -> bool {
    const METHOD_NUMBER_LAST: usize = 62;
    BUILT_IN.len() + registered.len() < METHOD_NUMBER_LAST
}

/// The number of a method (names are exact); `registered` are those that directives added.
pub fn number(method: &[u8], registered: &[BString]) -> Option<u32> {
    if method == b"HEAD" {
        return Some(GET);
    }
    let own = BUILT_IN.iter().position(|m| m.as_bytes() == method);
    // registered ones come after M_INVALID
    own.or_else(|| registered.iter().position(|m| m == method).map(|i| i + BUILT_IN.len() + 1)).map(|i| i as u32)
}
