//! Printers: pure functions from results to text.
//!
//! Nothing here decides anything or asks anybody; what a printer says stands in an outcome, its trace or a diagnostic.

#[cfg(feature = "cli")]
mod annotations;
#[cfg(feature = "cli")]
pub(crate) mod bypass;
mod explained;
#[cfg(feature = "cli")]
pub(crate) mod exposed;
pub mod json;
pub(crate) mod ndjson;
#[cfg(feature = "cli")]
pub(crate) mod search;

mod causes;
#[cfg(feature = "cli")]
pub mod diagnostics;
#[cfg(feature = "cli")]
pub mod explain;
#[cfg(feature = "cli")]
pub(crate) mod follow;
#[cfg(feature = "cli")]
pub(crate) mod lint;
#[cfg(feature = "cli")]
pub(crate) mod migrate;
#[cfg(feature = "cli")]
pub mod paint;
#[cfg(feature = "cli")]
pub(crate) mod repair;
#[cfg(feature = "cli")]
mod sarif;
#[cfg(feature = "cli")]
pub(crate) mod suite;
#[cfg(feature = "cli")]
pub(crate) mod table;
#[cfg(feature = "cli")]
pub(crate) mod unified;
#[cfg(all(feature = "cli", feature = "oracle", target_os = "linux"))]
pub(crate) mod verify;
mod words;

#[cfg(all(test, feature = "cli"))]
mod any_place;

pub use explained::Explained;

/// What httpd calls a status: RFC 9110's words, and what httpd adds.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        508 => "Loop Detected",
        _ => "",
    }
}

pub(crate) use crate::source::directive_text;
pub(crate) use crate::text::plural;

/// A number with a comma before each three digits.
#[cfg(feature = "cli")]
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
