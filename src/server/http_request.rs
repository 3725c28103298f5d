//! From a request to its answer, ErrorDocuments included: modules/http/http_request.c, and
//! `ap_invoke_handler` (server/config.c).

use super::byterange::{self, Body};
use super::process;
use super::redirect::{internal_redirect, take_marks};
use super::request::{ProxyReq, Request};
use super::response;
use super::sendable;
use super::setting;
use super::table::Table;
use crate::outcome::step::{By, Change, Field, Judgement, Step};
use crate::server::core::ErrorDocument;
use crate::server::module::{Phase, Verdict};
use crate::text::Text;
use crate::version;
use bstr::ByteSlice;

/// Runs a request that was read to its end.
pub(crate) fn process_request<'a>(r: &mut Request<'a>) {
    let mut verdict = process::run(r);
    if verdict == Verdict::Ok {
        verdict = invoke_handler(r);
    }
    decide_handler(r);
    match verdict {
        // a module may have set the status before it gave up: that is no earlier error
        Verdict::Status(status) => die_after(r, status, None),
        verdict if r.next.is_none() && (r.engine.responds() || sendable::may_matter(r)) => {
            answer_well(r, verdict != Verdict::Done)
        }
        _ => {}
    }
    finalize(r);
}

/// A body larger than LimitRequestBody allows: its length, and the limit. A proxy looks for itself.
pub(crate) fn oversized_body(r: &Request<'_>) -> Option<(u64, u64)> {
    const DEFAULT: u64 = 1 << 30;
    let length = r.headers_in.get("Content-Length")?.to_str().ok()?.parse().ok()?;
    let limit = setting::value(&r.core().limit_request_body, DEFAULT);
    (limit > 0 && length > limit && r.proxyreq == ProxyReq::None).then_some((length, limit))
}

/// Reads the body for a handler that wants none: `ap_discard_request_body`. One that is too large ends the request.
///
/// # Errors
/// The status. Where the connection is dropped anyway (`ap_status_drops_connection`), nothing is read.
pub(crate) fn discard_request_body(r: &mut Request<'_>) -> Result<(), u16> {
    let Some((length, limit)) = oversized_body(r) else { return Ok(()) };
    if drops_connection(r.status) {
        return Ok(());
    }
    let span = r.core().limit_request_body.as_ref().map(|s| s.span);
    r.decide_if(Phase::Handler, span);
    r.error("AH01588", format!("Requested content-length of {length} is larger than the configured limit of {limit}"));
    Err(413)
}

/// Whether the connection ends with an answer: `ap_status_drops_connection`.
pub(super) fn drops_connection(status: u16) -> bool {
    matches!(status, 400 | 408 | 411 | 413 | 414 | 500 | 501 | 503)
}

/// What `ap_finalize_request_protocol` finds: whoever answered, the body is read at last, and one that is too large
/// takes the answer's place, which is still in a buffer (`ap_http_header_filter`).
fn finalize(r: &mut Request<'_>) {
    if oversized_body(r.last()).is_none() {
        return;
    }
    let last = r.last_mut();
    let Err(status) = discard_request_body(last) else { return };
    let (log, decided) = (std::mem::take(&mut last.log), std::mem::take(&mut last.decided));
    take_marks(r, log, decided, Vec::new());
    if r.status == 200 && r.next.is_none() {
        die(r, status);
    } else {
        r.status = status;
        r.next = None;
    }
}

/// Names the directive that set the handler, or the content type that stood in for one.
pub(super) fn decide_handler(r: &mut Request<'_>) {
    if r.handler.is_some() {
        r.decide_if(Phase::Fixups, r.handler_span);
    } else if r.served_by.is_some() {
        let by_type = handler_by_type(r);
        if r.served_by == by_type {
            r.decide_if(Phase::Fixups, r.type_span);
        }
    }
}

/// The content type without its parameters, where it may name a handler.
fn handler_by_type<'a>(r: &mut Request<'a>) -> Option<Text<'a>> {
    let content_type = r.content_type.clone()?;
    let end = content_type.find_byte(b';').unwrap_or(content_type.len());
    let end = content_type[..end].iter().rposition(|b| *b != b' ').map_or(0, |i| i + 1);
    let name = content_type.up_to(end);
    let trusted = r.trusted_content_type
        || match HANDLER_TYPES.iter().any(|t| name == *t) {
            true => !r.has(&version::TRUSTED_TYPE),
            false => !r.engine.server.loaded.version.has(&version::TRUSTED_TYPE),
        };
    trusted.then_some(name)
}

/// Content types that are names of handlers, and of nothing else.
const HANDLER_TYPES: [&str; 7] = [
    "application/x-httpd-php",
    "application/x-httpd-php-source",
    "application/x-httpd-cgi",
    "application/x-type-map",
    "application/x-httpd-imap",
    "httpd/send-as-is",
    "text/x-server-parsed-html",
];

/// `ap_invoke_handler`: the content type stands in for a handler where none is set; each module is asked in turn.
pub(crate) fn invoke_handler(r: &mut Request<'_>) -> Verdict {
    let asked = r.handler.clone();
    let mut type_named = None;
    if asked.is_none() {
        let by_type = handler_by_type(r).unwrap_or_default();
        type_named = HANDLER_TYPES.into_iter().find(|t| by_type == *t);
        r.handler = Some(by_type);
    }
    response::begin(r);
    let mut verdict = process::run_phase(r, Phase::Handler);
    if verdict == Verdict::Ok && r.next.is_none() {
        verdict = byterange::filter(r);
        if verdict == Verdict::Status(416) && r.engine.responds() {
            // nothing of the answer is left
            r.headers_out = Table::default();
            r.err_headers_out = Table::default();
            response::clear(r);
        }
    }
    if r.served_by.as_ref().is_some_and(|h| h == "default-handler") {
        // a name that no module takes stays the name
        let named = asked.clone().or(type_named.map(Text::from)).filter(|name| !name.is_empty());
        r.served_by = named.or(r.served_by.take());
    }
    r.handler = asked;
    if verdict == Verdict::Declined { Verdict::Status(500) } else { verdict }
}

/// `ap_die` with the status that the request has so far.
pub(crate) fn end(r: &mut Request<'_>, verdict: Verdict) {
    match verdict {
        Verdict::Status(status) => die(r, status),
        // where a chain of redirects got too long, the page for that is there already
        verdict if r.next.is_none() && !r.page_is_sent => answer_well(r, verdict != Verdict::Done),
        _ => {}
    }
}

/// Sends an answer that went well through the output filters, where they were put in place.
fn answer_well(r: &mut Request<'_>, filtered: bool) {
    response::pass_filters(r, filtered);
    sendable::check_headers(r);
}

/// `ap_die`: the answer to a request that ends with a status, ErrorDocument included.
pub(crate) fn die(r: &mut Request<'_>, status: u16) {
    let before = Some(r.status).filter(|status| *status != 200);
    die_after(r, status, before);
}

/// `ap_die_r`: the same, told which status came before.
pub(super) fn die_after(r: &mut Request<'_>, status: u16, before: Option<u16>) {
    refuse(r, status, before);
    if before.is_some() && r.engine.responds() {
        // the page is that of the request with the first error
        return;
    }
    if r.next.is_none() {
        // a rule may ask for a success so ([R=200]), and ranges cut pages of httpd's own too
        if r.status == 200 {
            r.body = Body::page(r);
            if let Verdict::Status(status) = byterange::filter(r) {
                r.status = status;
            }
        }
        send_page(r, None);
    } else if r.engine.responds()
        && let Some(second) = r.last().failed_again
    {
        // what the requests of the chain said for errors is in one table
        let last = r.last_mut();
        let said = std::mem::take(&mut last.err_headers_out);
        let reply = last.reply.take();
        let next = r.next.take();
        r.err_headers_out = said;
        r.reply = reply.or(r.reply.take());
        // the page is made while the ErrorDocument is looked for, by GET
        let method = std::mem::replace(&mut r.method, super::method::name(b"GET"));
        let number = std::mem::replace(&mut r.method_number, super::method::GET);
        send_page(r, Some(second));
        (r.method, r.method_number) = (method, number);
        if r.next.is_none() {
            r.next = next;
        }
    }
}

/// `ap_send_error_response`: a page of httpd's own, for an error within an ErrorDocument (`second`) too.
fn send_page(r: &mut Request<'_>, second: Option<u16>) {
    r.page_is_sent = true;
    response::make_page(r, second);
    (r.functions().headers.respond)(r, true);
    if !r.engine.responds() && !response::keeps_location(r.status) {
        // of what the answer would have said, a page has nothing
        r.headers_out.unset("Location");
    }
    response::page_length_is_told(r);
    sendable::check_headers(r);
}

fn refuse(r: &mut Request<'_>, status: u16, before: Option<u16>) {
    let status = if (100..600).contains(&status) { status } else { 500 };
    if before.is_some() {
        // an error within an ErrorDocument: what the client gets is the first error, in httpd's own words
        r.status = status;
        r.failed_again = before;
        return;
    }
    r.status = if status == 401 && r.proxyreq == ProxyReq::Proxy { 407 } else { status };
    let core = r.core();
    let Some((document, span)) = core.error_document(super::status::index(status)) else { return };
    let text = match document {
        ErrorDocument::Default => return,
        ErrorDocument::Text(expr) => match super::expr_context::string(r, expr) {
            Ok(t) => t,
            Err(_) => return,
        },
    };
    r.engine.budget.name(span);
    if text.first() == Some(&b'"') {
        return;
    }
    r.decide(Phase::ErrorDocument, span);
    if super::uri::is_url(&text) {
        r.tell(|| {
            Step::new(Phase::ErrorDocument, By::Core, Some(span), Judgement::Matched)
                .changing(Change::to(Field::Location, text.clone()))
        });
        r.status = 302;
        r.headers_out.set("Location", text);
    } else if text.first() == Some(&b'/') {
        r.engine.open();
        let (method, number) = (r.method.clone(), r.method_number);
        r.env.set("REQUEST_METHOD", method.clone());
        if let Some(notes) = r.notes.get("error-notes").map(|n| n.to_owned()) {
            r.env.set("ERROR_NOTES", notes);
        }
        r.method = super::method::name(b"GET");
        r.method_number = super::method::GET;
        internal_redirect(r, &text);
        r.method = method;
        r.method_number = number;
        r.engine.close(|_| {
            let step = Step::new(Phase::ErrorDocument, By::Core, Some(span), Judgement::Matched);
            Some(step.changing(Change::to(Field::Uri, text)))
        });
    } else {
        r.error("AH01580", format!("Invalid error redirection directive: {text}"));
    }
}
