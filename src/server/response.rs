//! The response's headers: what handlers say of a body, what filters make of them, and how they are sent
//! (`ap_http_header_filter` and its kin in modules/http/http_filters.c). All of it is made only for a run that is asked for
//! responses.
//!
//! A value that can't be known, as the tag of a file that was never made, has a NUL in it: none of httpd's has.

use super::etag::{self, Tag};
use super::request::Request;
use super::table::Table;
use super::told;
use super::{encoders, environ, error_page, method, setting};
use crate::outcome::Response;
use crate::outcome::step::By;
use crate::server::core::ErrorDocument;
use crate::vfs::Stat;
use crate::{base64, date};
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashSet;

/// A value that can't be known.
pub(crate) const UNKNOWN: &str = "\0";

/// Whether a value can't be known.
pub(crate) fn is_unknown(value: &[u8]) -> bool {
    value.contains(&0)
}

/// How long the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Length {
    /// A program or back-end sends it, and says so itself.
    #[default]
    Foreign,
    /// So long.
    Known(u64),
    /// It is told, but not known here.
    Unknown,
    /// It is not told: the body is sent in pieces.
    Untold,
    /// It may be told or not: a page of the server's own that may be too long to be held.
    Open,
}

/// What is known of the answer's body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// Its length.
    pub length: Length,
    /// The parts of it that are sent, first and last byte; none: all.
    pub ranges: Vec<(i64, i64)>,
    /// An answer went through the filters already: the length of what comes after is not told.
    passed: bool,
    /// No default charset is added to its type.
    suppress_charset: bool,
}

impl Request<'_> {
    /// What is known of its body, to be changed; none where no one asks.
    pub(crate) fn reply(&mut self) -> Option<&mut Reply> {
        if !self.engine.responds() {
            return None;
        }
        Some(self.reply.get_or_insert_default())
    }

    /// Says how long the body is.
    pub(crate) fn replies(&mut self, length: Length) {
        if let Some(reply) = self.reply() {
            reply.length = length;
        }
    }

    /// A page of the server's own, of a type.
    pub(crate) fn replies_page(&mut self, kind: impl Into<BString>) {
        if self.engine.responds() {
            self.set_content_type(Some(kind.into().into()), true);
            let header_only = self.header_only;
            self.replies(if header_only { Length::Known(0) } else { Length::Open });
        }
    }

    /// A response header that httpd sets; none where no one asks.
    pub(crate) fn says(&mut self, name: &'static str, value: impl Into<BString>) {
        if self.engine.responds() {
            self.headers_out.set(name, value.into());
        }
    }
}

/// What filters say before there is anything to filter (`includes_setup`): a page that may be put together has no tag.
pub(super) fn begin(r: &mut Request<'_>) {
    if r.engine.responds() && encoders::may_include(r) && !(r.functions().includes.keeps_tag)(r) {
        r.notes.set("no-etag", "");
    }
}

/// `ap_set_accept_ranges`
fn says_ranges(r: &mut Request<'_>) {
    let none = setting::value(&r.core().max_ranges, -2) == 0;
    let span = r.core().max_ranges.as_ref().map(|set| set.span);
    r.says("Accept-Ranges", if none { "none" } else { "bytes" });
    if none && span.is_some() {
        told::tell_set(r, By::Core, span, &[("Accept-Ranges", None)]);
    }
}

/// The headers of a file.
const FILE_HEADERS: [&str; 4] = ["Last-Modified", "ETag", "Accept-Ranges", "Content-Length"];

/// What `default_handler` (server/core.c) says of a file.
pub(crate) fn of_file(r: &mut Request<'_>, file: &Stat) {
    if !r.engine.responds() {
        return;
    }
    let path = r.filename.clone().unwrap_or_default();
    let length = match r.engine.programs.is_stand_in(&path) {
        true => None,
        false => Some(file.size),
    };
    says_modified(r, file);
    says_tag(r, file);
    if length.is_none() && r.headers_out.get("ETag").is_some() {
        r.says("ETag", UNKNOWN);
    }
    says_ranges(r);
    r.says("Content-Length", length.map_or(UNKNOWN.into(), |n| n.to_string()));
    r.replies(length.map_or(Length::Unknown, Length::Known));
    let span = r.core().etag.span;
    told::tell_set(r, By::Core, None, &FILE_HEADERS.map(|name| (name, None)));
    if let Some(span) = span {
        told::tell_set(r, By::Core, Some(span), &[("ETag", None)]);
    }
    if super::setting::value(&r.core().content_digest, false) && !encoders::makes_content(r) {
        let content = r.read(&r.filename.clone().unwrap_or_default());
        let digest = content.map_or(UNKNOWN.into(), |c| base64::encode(&crate::expr::digest::md5(&c)));
        r.says("Content-MD5", digest);
    }
}

/// `ap_set_last_modified`: nothing is of the future.
pub(crate) fn says_modified(r: &mut Request<'_>, file: &Stat) {
    let now = r.engine.now();
    let modified = match file.mtime {
        Some(mtime) if mtime.div_euclid(1_000_000) <= now => date::http(mtime.div_euclid(1_000_000)).into(),
        _ => BString::from(UNKNOWN),
    };
    r.says("Last-Modified", modified);
}

/// `ap_set_etag`
pub(crate) fn says_tag(r: &mut Request<'_>, file: &Stat) {
    let parts = r.core().etag.in_force();
    let age = file.mtime.map(|mtime| r.engine.now().saturating_mul(1_000_000).saturating_sub(mtime));
    // how old a file is that was just made is not known
    let tag = match (etag::make(r, file, parts, age.unwrap_or(i64::MAX)), age) {
        (Tag::None, _) => return r.notes.set("no-etag", "omit"),
        (Tag::Known(_), None) if parts & crate::server::core::etag::DIGEST == 0 => UNKNOWN.into(),
        (Tag::Known(_), _) if r.negotiated => UNKNOWN.into(),
        (Tag::Known(tag), _) => tag,
        (Tag::New, _) => UNKNOWN.into(),
    };
    r.says("ETag", tag);
}

/// `ap_send_http_options`
pub(crate) fn of_options(r: &mut Request<'_>) {
    if r.engine.responds() {
        r.says("Allow", allow(r));
        r.replies(Length::Known(0));
    }
}

/// `make_allow`: httpd tells the methods in the order of a hash table, which another start may change.
fn allow(r: &Request<'_>) -> BString {
    let traced = r.server.core().trace_enable.as_ref().is_none_or(|t| t.value != crate::server::core::Trace::Off);
    match (r.allowed, traced) {
        (0, true) => "TRACE".into(),
        (0, false) => "".into(),
        (one, false) if one.is_power_of_two() && one != 1 << method::GET => {
            method::BUILT_IN.get(one.trailing_zeros() as usize).map_or(UNKNOWN, |name| name).into()
        }
        _ => UNKNOWN.into(),
    }
}

/// What output filters make of an answer that went well, up to the one that sends it; `filtered` says whether there are
/// any: TRACE and `OPTIONS *` are answered before they are put in place.
pub(super) fn pass_filters(r: &mut Request<'_>, filtered: bool) {
    if !r.engine.responds() {
        if filtered {
            (r.functions().headers.respond)(r, false);
        }
        return;
    }
    if filtered {
        (r.functions().save_session)(r);
        (r.functions().expires)(r);
        encoders::filter(r);
        // ranges are cut behind
        let partial = r.reply.as_ref().is_some_and(|reply| !reply.ranges.is_empty());
        let status = r.status;
        if partial {
            r.status = 200;
        }
        (r.functions().headers.respond)(r, false);
        r.status = status;
    }
    cut(r);
    says_length(r);
    if let Some(reply) = r.reply() {
        reply.passed = true;
    }
}

/// The end of `ap_byterange_filter`: what is told of the parts that are sent.
fn cut(r: &mut Request<'_>) {
    let Some(reply) = &mut r.reply else { return };
    let ranges = std::mem::take(&mut reply.ranges);
    let whole = reply.length;
    match ranges.as_slice() {
        [] => {}
        [(first, last)] => {
            // the parts of a body that a filter made shorter or longer are others
            let (length, value) = match whole {
                Length::Known(whole) => {
                    let part = (last - first + 1).unsigned_abs();
                    (Length::Known(part), format!("bytes {first}-{last}/{whole}").into())
                }
                _ => (Length::Unknown, BString::from(UNKNOWN)),
            };
            reply.length = length;
            r.headers_out.set("Content-Range", value);
        }
        _ => {
            reply.length = Length::Unknown;
            let old = if super::byterange::is_old(r) { "x-" } else { "" };
            let multipart = format!("multipart/{old}byteranges; boundary=\0");
            r.set_content_type(Some(BString::from(multipart).into()), true);
        }
    }
}

/// `ap_content_length_filter`
fn says_length(r: &mut Request<'_>) {
    match r.reply.as_ref().map_or(Length::Foreign, |reply| reply.length) {
        // what is not sent for HEAD has the length that the handler told
        Length::Known(0) if r.header_only && r.headers_out.get("Content-Length").is_some() => {}
        Length::Known(n) => r.headers_out.set("Content-Length", n.to_string()),
        Length::Unknown | Length::Open => r.headers_out.set("Content-Length", UNKNOWN),
        Length::Untold => {
            r.headers_out.unset("Content-Length");
        }
        Length::Foreign => {}
    }
}

/// Statuses without a body: `AP_STATUS_IS_HEADER_ONLY`.
pub(super) fn is_header_only(status: u16) -> bool {
    status == 204 || status == 304
}

/// Whether httpd's own page for a status has the Location that was set before.
pub(crate) fn keeps_location(status: u16) -> bool {
    (300..400).contains(&status) || status == 201
}

/// `ap_send_error_response`: the page that httpd itself answers with, for an error within an ErrorDocument as well (`second`,
/// its status). The headers of an answer that would have gone well are lost.
pub(super) fn make_page(r: &mut Request<'_>, second: Option<u16>) {
    if !r.engine.responds() {
        return;
    }
    let status = r.status;
    let before = r.reply().map(std::mem::take).unwrap_or_default();
    if let Some(reply) = r.reply() {
        reply.passed = before.passed;
    }
    if is_header_only(status) {
        return;
    }
    let location = r.headers_out.get("Location").or(r.err_headers_out.get("Location")).map(|l| l.to_owned());
    told::tell_lost(r);
    r.headers_out = std::mem::take(&mut r.err_headers_out);
    let location = location.filter(|l| !l.is_empty() && keeps_location(status));
    if let Some(location) = &location {
        r.says("Location", location.clone());
    }
    r.content_languages = Vec::new();
    r.content_encoding = None;
    let plain = r.env.get("suppress-error-charset").is_some();
    if let Some(reply) = r.reply() {
        reply.suppress_charset = plain;
    }
    let kind = if plain { "text/html" } else { "text/html; charset=iso-8859-1" };
    r.set_content_type(Some(kind.into()), true);
    if status == 405 || status == 501 {
        r.says("Allow", allow(r));
    }
    let length = match r.header_only {
        true => Length::Known(0),
        false if before.passed => Length::Untold,
        false => page_length(r, &location.unwrap_or_default(), second),
    };
    r.replies(length);
    // a redirect is no error: it goes through mod_expires (`insert_error_filter`)
    (r.functions().save_session)(r);
    (r.functions().expires)(r);
}

/// The length of the text that ErrorDocument gives, else of httpd's own page.
fn page_length(r: &mut Request<'_>, location: &[u8], second: Option<u16>) -> Length {
    let status = r.status;
    let core = r.core();
    if let Some((ErrorDocument::Text(text), _)) = core.error_document(super::status::index(status)) {
        match super::expr_context::string(r, text) {
            Ok(text) if text.starts_with(b"\"") => return Length::Known(text.len() as u64 - 1),
            Ok(_) => {}
            Err(_) => return Length::Unknown,
        }
    }
    let recursive = second.filter(|_| status != 200);
    error_page::length(r, status, location, recursive).map_or(Length::Unknown, Length::Known)
}

/// The same once `Header always` lines were carried out.
pub(super) fn page_length_is_told(r: &mut Request<'_>) {
    if r.engine.responds() {
        says_length(r);
        if let Some(reply) = r.reply() {
            reply.passed = true;
        }
    }
}

/// `check_headers` found something that can't be sent: nothing of this answer is.
pub(super) fn clear(r: &mut Request<'_>) {
    if r.engine.responds() {
        r.set_content_type(None, false);
        r.content_encoding = None;
        r.content_languages = Vec::new();
        r.reply = Some(Box::new(Reply { length: Length::Known(0), passed: true, ..Reply::default() }));
    }
}

/// Headers that are left out of an outcome: those of the connection, and of every answer alike.
const LEFT_OUT: [&str; 5] = ["Date", "Server", "Connection", "Keep-Alive", "Transfer-Encoding"];

/// Whether a header is left out.
pub(crate) fn is_left_out(name: &[u8]) -> bool {
    LEFT_OUT.iter().any(|left| name.eq_ignore_ascii_case(left.as_bytes()))
}

/// The response of the request that answers, its headers in the order sent: `ap_http_header_filter`; `last` is the one that
/// ran last, whose program it was.
pub(super) fn of(answer: &Request<'_>, last: &Request<'_>) -> Response {
    let r = answer;
    let none = Reply::default();
    let reply = r.reply.as_deref().unwrap_or(&none);
    let mut out: Table = r.err_headers_out.iter().chain(r.headers_out.iter()).map(owned).collect();
    // HTTP/0.9 has no headers
    if r.connection.unanswered.is_some() || r.proto_num < 1000 {
        return Response { env: environ::found(last), env_lines: environ::lines(last), ..Response::default() };
    }
    if r.env.get("force-no-vary").is_some() {
        out.unset("Vary");
    } else {
        fix_vary(&mut out);
    }
    if r.notes.get("no-etag").is_some() {
        out.unset("ETag");
    }
    let header_only = is_header_only(r.status);
    if header_only {
        out.unset("Content-Length");
    }
    let foreign = reply.length == Length::Foreign;
    let kind = r.content_type.as_ref().filter(|t| !t.is_empty() && !header_only && !foreign);
    let mut content_type = None;
    if let Some(kind) = kind {
        let kind = with_charset(r, kind, reply.suppress_charset);
        out.set("Content-Type", kind.clone());
        content_type = Some(essence(&kind).into());
    }
    if let Some(encoding) = r.content_encoding.as_ref().filter(|_| !header_only) {
        out.set("Content-Encoding", encoding.clone());
    }
    if !r.content_languages.is_empty() && !header_only {
        let languages = languages(r, &out);
        out.set("Content-Language", languages);
    }
    if r.header_only && out.get("Content-Length").is_some_and(|length| length == "0") {
        out.unset("Content-Length");
    }
    let sent = out.iter().filter(|(name, _)| !is_left_out(name));
    let headers: Vec<(BString, Option<BString>)> =
        sent.map(|(name, value)| (name.to_owned(), (!is_unknown(value)).then(|| value.to_owned()))).collect();
    let said = || out.get("Content-Type").map(|kind| essence(kind).into());
    Response {
        headers,
        content_type: content_type.or_else(said),
        env: environ::found(last),
        env_lines: environ::lines(last),
    }
}

fn owned((name, value): (&BStr, &BStr)) -> (BString, BString) {
    (name.to_owned(), value.to_owned())
}

/// A content type without its parameters.
pub(crate) fn essence(kind: &[u8]) -> &[u8] {
    kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii()
}

/// `ap_make_content_type`: AddDefaultCharset.
fn with_charset(r: &Request<'_>, kind: &[u8], suppressed: bool) -> BString {
    const NEED_ONE: [&str; 2] = ["text/plain", "text/html"];
    let charset = r.core().default_charset.as_ref().and_then(|set| set.value.as_ref());
    let needs = || NEED_ONE.iter().any(|n| kind.to_ascii_lowercase().contains_str(n));
    match charset {
        Some(charset) if !suppressed && !kind.to_ascii_lowercase().contains_str("charset=") && needs() => {
            [kind, b"; charset=", charset].concat().into()
        }
        _ => kind.into(),
    }
}

/// The languages of the file, and after them those that a header names already.
fn languages(r: &Request<'_>, out: &Table) -> BString {
    let said = out.get("Content-Language").map(|v| v.to_owned()).unwrap_or_default();
    let said = said.split(|b| *b == b',').map(|t| t.trim_ascii()).filter(|t| !t.is_empty());
    let own: Vec<&[u8]> = r.content_languages.iter().map(|l| l.as_slice()).collect();
    let of_file = each_once(own.iter().copied()).count();
    let said = each_once(own.iter().copied().chain(said)).skip(of_file);
    bstr::join(",", own.iter().copied().chain(said).collect::<Vec<_>>()).into()
}

/// Names without those that came before, whatever their case.
fn each_once<'n>(names: impl Iterator<Item = &'n [u8]>) -> impl Iterator<Item = &'n [u8]> {
    let mut known: HashSet<Vec<u8>> = HashSet::new();
    names.filter(move |name| known.insert(name.to_ascii_lowercase()))
}

/// `fixup_vary`: all Vary headers in one, each name once.
fn fix_vary(out: &mut Table) {
    let all = out.named(b"Vary").flat_map(|(_, value)| value.split(|b| *b == b',' || b.is_ascii_whitespace()));
    let names: Vec<&[u8]> = each_once(all.filter(|name| !name.is_empty())).collect();
    if !names.is_empty() {
        let one = BString::from(bstr::join(",", names));
        out.set("Vary", one);
    }
}
