//! The output filters that may change the body of an answer: `core_insert_filter` (server/core.c), and what modules add.

use super::request::Request;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// The filter for server-side includes.
pub(crate) const INCLUDES: &str = "INCLUDES";

/// The filters in force by name, and the directives that say so. One that compresses needs a client that takes it.
pub(crate) fn of_body(r: &Request<'_>) -> Vec<(BString, Span)> {
    all(r).into_iter().filter(|(name, _)| takes_part(r, name)).collect()
}

/// The same, whatever the client takes.
pub(super) fn all(r: &Request<'_>) -> Vec<(BString, Span)> {
    let core = r.core();
    let own = core.output_filters.as_ref().filter(|s| !s.value.eq_ignore_ascii_case(b"none"));
    let own = own.into_iter().flat_map(|s| s.value.split(|b| *b == b';').map(|n| (BString::from(n), s.span)));
    let all = own.chain(r.output_filters.iter().cloned()).chain((r.functions().filters)(r));
    all.filter(|(name, _)| !name.is_empty()).collect()
}

fn takes_part(r: &Request<'_>, name: &[u8]) -> bool {
    let accepts =
        |coding: &[u8]| r.headers_in.get("Accept-Encoding").is_some_and(|v| v.to_lowercase().contains_str(coding));
    match name.to_ascii_uppercase().as_slice() {
        b"DEFLATE" => accepts(b"gzip"),
        b"BROTLI_COMPRESS" => accepts(b"br"),
        // what ap_expires adds are headers
        b"MOD_EXPIRES" | b"BYTERANGE" | b"CONTENT_LENGTH" => false,
        _ => true,
    }
}
