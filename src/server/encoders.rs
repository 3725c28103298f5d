//! Output filters that change what the answer says of its body: compression (mod_deflate.c, mod_brotli.c), server-side
//! includes (mod_include.c), and whatever else may change its length.

use super::filters;
use super::functions::Time;
use super::request::Request;
use super::response::{Length, UNKNOWN, is_unknown};
use crate::conf::args::token;
use crate::server::core::options;
use bstr::{BString, ByteSlice};

/// Bodies up to this length are sent as they are: gzip's own header and trailer (18 bytes), and 50 for headers.
const SMALL_FOR_GZIP: u64 = 68;
/// Likewise, of mod_brotli.
const SMALL_FOR_BROTLI: u64 = 50;

/// Runs the filters in their order.
pub(super) fn filter(r: &mut Request<'_>) {
    let mut all = filters::all(r);
    // those that make the content come before those that encode it
    all.sort_by_key(|(name, _)| is(name, "DEFLATE") || is(name, "BROTLI_COMPRESS"));
    let mut again = false;
    for (name, _) in all {
        if is(&name, "DEFLATE") {
            compress(r, "gzip", SMALL_FOR_GZIP);
        } else if is(&name, "BROTLI_COMPRESS") {
            compress(r, "br", SMALL_FOR_BROTLI);
        } else if is(&name, filters::INCLUDES) {
            if r.core().allows(options::INCLUDES) {
                includes(r, &name, again);
                again = true;
            }
        } else if !["MOD_EXPIRES", "BYTERANGE", "CONTENT_LENGTH"].iter().any(|n| is(&name, n)) {
            lengthen(r);
        }
    }
}

/// Whether there is a filter for server-side includes, allowed or not.
pub(super) fn may_include(r: &Request<'_>) -> bool {
    filters::all(r).iter().any(|(name, _)| is(name, filters::INCLUDES))
}

/// Whether the first filter makes the content, rather than encoding it: then no digest of the file is sent.
pub(super) fn makes_content(r: &Request<'_>) -> bool {
    const RESOURCE: [&str; 5] = [filters::INCLUDES, "SUBSTITUTE", "SED", "XMLENC", "PROXY-HTML"];
    filters::all(r).iter().any(|(name, _)| RESOURCE.iter().any(|wanted| is(name, wanted)))
}

fn is(name: &[u8], wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted.as_bytes())
}

/// The body is of another length now.
fn lengthen(r: &mut Request<'_>) {
    if let Some(reply) = r.reply()
        && matches!(reply.length, Length::Known(_))
    {
        reply.length = Length::Unknown;
    }
}

/// `includes_filter`: what a page is made of may have changed at any time. It may come from the same filter (`again`).
fn includes(r: &mut Request<'_>, name: &[u8], again: bool) {
    r.headers_out.unset("Content-Length");
    match ((r.functions().includes.time)(r), r.finfo) {
        (Time::Lost, _) => drop(r.headers_out.unset("Last-Modified")),
        (Time::Kept, _) if r.headers_out.get("Last-Modified").is_some() => {}
        (_, Some(file)) => super::response::says_modified(r, &file),
        (_, None) => {}
    }
    // a page of the server's own has nothing to be put together, and an answer to OPTIONS nothing at all
    let options = r.method_number == super::method::OPTIONS;
    let length = r.reply.as_ref().map(|reply| reply.length);
    let own = length == Some(Length::Open) || options && length == Some(Length::Known(0));
    if !own && !(r.functions().includes.leaves_alone)(r, name) {
        r.replies(if again && (r.functions().includes.is_one_piece_later)(r) {
            Length::Unknown
        } else {
            Length::Untold
        });
    }
}

/// `deflate_out_filter` and `compress_filter`
fn compress(r: &mut Request<'_>, coding: &'static str, small: u64) {
    let length = r.reply.as_ref().map_or(Length::Foreign, |reply| reply.length);
    let gzip = coding == "gzip";
    if gzip && matches!(length, Length::Known(n) if n <= small) || !gzip && length == Length::Known(0) {
        return;
    }
    let off = if gzip { "no-gzip" } else { "no-brotli" };
    if r.status == 204 || r.env.get(off).is_some() || r.headers_out.get("Content-Range").is_some() {
        return;
    }
    let html = r.content_type.as_ref().is_some_and(|t| t.starts_with(b"text/html"));
    if gzip && !html && r.env.get("gzip-only-text/html").is_some_and(|v| v == "1") {
        return;
    }
    let said = [r.headers_out.get("Content-Encoding"), r.err_headers_out.get("Content-Encoding")];
    let encodings = said.into_iter().flatten().map(|v| v.to_owned()).chain(r.content_encoding.clone());
    let encoded = |list: BString| {
        list.split(|b| *b == b',')
            .map(|t| t.trim_ascii().to_vec())
            .any(|t| !t.is_empty() && ![&b"identity"[..], b"7bit", b"8bit", b"binary"].contains(&t.as_slice()))
    };
    if encodings.into_iter().any(encoded) {
        return;
    }
    r.headers_out.merge("Vary", "Accept-Encoding");
    let forced = gzip && r.env.get("force-gzip").is_some();
    if !forced && !accepts(r, coding) {
        return;
    }
    r.headers_out.set("Content-Encoding", coding);
    r.content_encoding = None;
    r.headers_out.unset("Content-Length");
    r.headers_out.unset("Content-MD5");
    if let Some(tag) = r.headers_out.get("ETag").map(|t| t.to_owned()) {
        r.headers_out.set("ETag", suffixed(&tag, if gzip { "-gzip" } else { "-br" }));
    }
    lengthen(r);
}

/// A tag of another coding than the file's: `deflate_check_etag`.
fn suffixed(tag: &BString, suffix: &str) -> BString {
    match tag.strip_suffix(b"\"") {
        _ if is_unknown(tag) => UNKNOWN.into(),
        Some(open) if tag.len() > 2 => [open, suffix.as_bytes(), b"\""].concat().into(),
        _ => tag.clone(),
    }
}

/// Whether the client takes a coding: as far as the filters read the header. An empty item ends the list, and the quality is
/// the text behind the item that was taken.
fn accepts(r: &Request<'_>, coding: &str) -> bool {
    let Some(header) = r.headers_in.get("Accept-Encoding") else { return false };
    let mut rest = header.as_bytes();
    let mut item = token(&mut rest, false);
    while !item.is_empty() && !item.eq_ignore_ascii_case(coding.as_bytes()) {
        while let Some(parameter) = rest.strip_prefix(b";") {
            rest = parameter;
            token(&mut rest, true);
        }
        rest = rest.strip_prefix(b",").unwrap_or(rest);
        item = token(&mut rest, false);
    }
    rest = rest.trim_start_with(|c| c == ';');
    let quality = token(&mut rest, true);
    let refused = quality.len() >= 3 && b"q=0.000".starts_with(&quality);
    !item.is_empty() && !refused
}
