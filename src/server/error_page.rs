//! How long httpd's own pages are: `ap_send_error_response` (modules/http/http_protocol.c). Of what they say only the length
//! matters; it was measured at httpd 2.4.71, 2.4.67, 2.4.54 and 2.4.48.

use super::request::Request;
use super::{script, setting, status};
use crate::server::core::Signature;
use crate::version::{self, Version};

/// What is around a page's title, heading and sentence.
const FRAME: usize = 159;

/// The sentence that tells of a second error, without that error's status line.
const SECOND: usize = 106;

/// What an administrator is called where no one is named.
const NO_ADMIN: &str = "[no address given]";

/// The status line's text: `status_lines`.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Requested Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        423 => "Locked",
        424 => "Failed Dependency",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        510 => "Not Extended",
        511 => "Network Authentication Required",
        _ => "Internal Server Error",
    }
}

/// What is around a version's pages; none where that is not known, or their words are others.
fn frame(version: Version) -> Option<usize> {
    /// The document type was one of HTML 2.0.
    const SHORTER: usize = 40;
    match () {
        () if version.has(&version::PAGES_OF_HTML_4) => Some(FRAME),
        () if version.has(&version::PAGES_OF_HTML_2_OR_4) => None,
        () => version.has(&version::PAGES_WITHOUT_URL).then_some(FRAME - SHORTER),
    }
}

/// How long the page for `answered` is, an error's within an ErrorDocument (`second`) told too; none where that can't be known.
pub(super) fn length(r: &Request<'_>, answered: u16, location: &[u8], second: Option<u16>) -> Option<u64> {
    let frame = frame(r.engine.server.loaded.version)?;
    let has = |change| r.engine.server.loaded.version.has(change);
    let status = status::index(answered);
    // what a module says about the error goes with some of the pages
    let notes = notes(r);
    let method = escaped(&r.method);
    let sentence = match status {
        // without a Location it has a list of what there is
        300 if location.is_empty() => return None,
        300 => 0,
        301 | 302 | 307 | 308 => 51 + escaped(location),
        303 => 66 + escaped(location),
        305 => 123,
        400 => 81 + notes?,
        401 | 407 => 234,
        403 => 58 + notes?,
        404 => 55,
        405 => 58 + method,
        406 => r.notes.get("variant-list").map_or(Some(98), |_| None)?,
        408 => 68,
        410 => 151,
        411 => 82 + method + notes?,
        412 => 72,
        413 => 141 + method,
        414 => 85 + notes?,
        415 => 96,
        416 => 129,
        417 => r.headers_in.get("Expect").map_or(notes.map(|n| 153 + n), |_| None)?,
        421 => 161,
        422 => 122,
        423 => 142,
        424 => 143,
        426 => 230,
        428 => 50,
        429 => 70,
        431 => 88,
        451 => 68 + notes?,
        501 => 46 + method + notes? + usize::from(!has(&version::PAGE_OF_501)),
        502 => 87 + notes?,
        503 => 138,
        504 => 94,
        506 => 129,
        507 => 226,
        508 => 83,
        510 => 100,
        511 => 64,
        _ => 348 + r.server.core().admin.as_ref().map_or(NO_ADMIN.len(), |admin| escaped(&admin.value)),
    };
    // a signature names the build, which is not known
    let signed = setting::value(&r.core().signature, Signature::Off) != Signature::Off;
    let second = second.map_or(0, |s| SECOND + 4 + reason(status::index(s)).len());
    let title = reason(status).len();
    (!signed).then_some((frame + 4 + title + title + sentence + second) as u64)
}

/// How long the note is that goes with the error; none where that is not known.
fn notes(r: &Request<'_>) -> Option<usize> {
    /// What is said of an .htaccess file that can't be read.
    const UNREAD: usize = 62;
    const OF_HEADERS: [&str; 5] = ["AH00560", "AH00561", "AH00563", "AH00565", "AH02426"];
    match r.log.iter().rev().find(|l| !l.subrequest).map(|l| l.code) {
        Some("AH00529") => Some(UNREAD),
        Some(code) if OF_HEADERS.contains(&code) => None,
        _ if r.connection.plain_on_tls || r.is_proxied() => None,
        _ => Some(0),
    }
}

/// The length of a text once HTML's letters are escaped.
fn escaped(text: &[u8]) -> usize {
    script::escape_html(text.into()).len()
}
