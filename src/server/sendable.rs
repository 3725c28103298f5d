//! Whether headers can be sent: `check_headers` (modules/http/http_filters.c). An answer with one that can't is 500.

use super::http_request::{die_after, drops_connection};
use super::request::Request;
use super::response::{self, Length};
use super::table::Table;
use super::{protocol, setting};
use crate::version;
use bstr::{BStr, BString, ByteSlice};

/// Whether an answer that went well may have a header that can't be sent, or that matters otherwise. What the configuration rules
/// out is not looked at.
pub(super) fn may_matter(r: &Request<'_>) -> bool {
    let typed = r.content_type.as_ref().is_some_and(|kind| has_control(kind.as_bstr()));
    typed || !r.headers_out.is_empty() || !r.err_headers_out.is_empty() || (r.functions().headers.may_matter)(r)
}

/// Why an answer can't be sent: the code and the line of the error log, where httpd writes one.
type Reason = Option<(&'static str, String)>;

/// A header whose name is no token, or whose value has control characters in it, is not sent, and neither is a coding of the
/// body that doesn't say where it ends: the answer is 500.
pub(super) fn check_headers(r: &mut Request<'_>) {
    for table in [&mut r.headers_out, &mut r.err_headers_out] {
        let lines = table.iter().filter(|(_, value)| value.contains_str("\r\n"));
        let folded: Vec<(BString, BString)> = lines.map(|(name, value)| (name.into(), unfolded(value))).collect();
        for (name, value) in folded {
            table.set(name, value);
        }
    }
    let Some(reason) = by_coding(r).or_else(|| by_header(r).map(Some)) else { return };
    r.headers_out = Table::default();
    r.err_headers_out = Table::default();
    response::clear(r);
    if let Some((code, message)) = reason {
        r.error(code, message);
    }
    if r.connection.unsendable.replace(true) {
        r.status = 500;
        r.says("Content-Length", "0");
    } else {
        let for_error = r.env.get("REDIRECT_STATUS").is_some_and(|status| *status != *b"200".as_bstr());
        die_after(r, 500, (r.prev.is_some() && for_error).then_some(r.status));
    }
}

/// What is wrong with Transfer-Encoding. One that is in order stands for the length.
fn by_coding(r: &mut Request<'_>) -> Option<Reason> {
    let coding = r.err_headers_out.get("Transfer-Encoding").or(r.headers_out.get("Transfer-Encoding"))?;
    // a body whose length is not told is sent in chunks besides, unless the connection ends with it
    let untold = r.reply.as_ref().is_some_and(|reply| reply.length == Length::Untold);
    let untold = untold && r.proto_num >= 1001 && !drops_connection(r.status);
    let chunked = untold || is_chunked(coding);
    if response::is_header_only(r.status) || !untold && !r.has(&version::CHECKED_CODING) {
        return None;
    }
    r.headers_out.unset("Content-Length");
    r.err_headers_out.unset("Content-Length");
    (!chunked).then_some(None)
}

/// Whether a coding ends with chunks: `ap_is_chunked`.
fn is_chunked(coding: &[u8]) -> bool {
    let Some((before, last)) = coding.split_at_checked(coding.len().wrapping_sub(b"chunked".len())) else {
        return false;
    };
    let before = before.trim_end_with(|c| c == ' ');
    last.eq_ignore_ascii_case(b"chunked") && (before.is_empty() || before.ends_with(b","))
}

/// What is wrong with a header.
fn by_header(r: &mut Request<'_>) -> Reason {
    const UNSENT: &str = "aborting request";
    let strict = !setting::value(&r.server.core().unsafe_protocol, false);
    let wrong = r.headers_out.iter().chain(r.err_headers_out.iter()).find_map(|(name, value)| match () {
        () if name.is_empty() => Some(("AH02428", format!("Empty response header name, {UNSENT}"))),
        () if !protocol::is_field_name(name, strict) => {
            Some(("AH02429", format!("Response header name '{name}' contains invalid characters, {UNSENT}")))
        }
        () if has_control(value) => Some(("AH02430", of_value(name, value))),
        () => None,
    });
    wrong.or_else(|| {
        let kind = r.content_type.as_ref().filter(|kind| has_control(kind.as_bstr()))?;
        let message = of_value("Content-Type".into(), kind.as_bstr());
        let checked = !response::is_header_only(r.status) && r.has(&version::CHECKED_TYPE);
        checked.then_some(("AH02430", message))
    })
}

fn of_value(name: &BStr, value: &BStr) -> String {
    format!("Response header '{name}' value of '{value}' contains invalid characters, aborting request")
}

/// Whether a value has a character that can't be sent. (What can't be known has a NUL.)
fn has_control(value: &BStr) -> bool {
    value.iter().any(|b| b.is_ascii_control() && !matches!(b, b'\t' | 0))
}

/// Whether a header line of the configuration may come to something that can't be sent, for the text in its value.
pub(crate) fn is_risky_text(text: &[u8]) -> bool {
    has_control(text.as_bstr())
}

/// Whether a header of that name may keep an answer from being sent.
pub(crate) fn is_risky_name(name: &[u8]) -> bool {
    name.is_empty() || !protocol::is_field_name(name, true) || name.eq_ignore_ascii_case(b"Transfer-Encoding")
}

/// A value whose lines go on in the next (`\r\n` and a space), in one line.
fn unfolded(value: &[u8]) -> BString {
    let mut out = BString::default();
    let mut rest = value;
    while let Some(end) = rest.find("\r\n") {
        let next = &rest[end + 2..];
        let text = next.trim_start_with(|c| c == ' ' || c == '\t');
        if text.len() == next.len() {
            break;
        }
        out.extend_from_slice(&rest[..end]);
        out.push(b' ');
        rest = text;
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings() {
        for (coding, chunked) in [
            ("chunked", true),
            ("Chunked", true),
            ("gzip, chunked", true),
            ("gzip , chunked", true),
            ("gzip chunked", false),
            ("xchunked", false),
            ("chunked, gzip", false),
            ("", false),
        ] {
            assert_eq!(is_chunked(coding.as_bytes()), chunked, "{coding}");
        }
    }
}
