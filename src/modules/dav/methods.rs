//! What each method of WebDAV comes to, with its questions in the order of mod_dav.c, and what mod_dav_fs's repos.c and
//! lock.c make of files and locks. A tree that httpd may write is not changed: such an answer is a caveat.

use crate::filepath;
use crate::pattern::begins_nocase;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::response::Length;
use crate::server::setting::value;
use crate::server::{core, method, uri};
use crate::source::Span;
use crate::version;
use crate::vfs::W;
use bstr::{BStr, BString, ByteSlice};

fn refuse(r: &mut Request<'_>, status: u16, code: &'static str, message: &str) -> Verdict {
    r.error(code, message);
    Verdict::Status(status)
}

/// What a request is about: `dav_fs_get_resource`.
struct Resource {
    /// The file's path with what follows it, without a slash at the end.
    path: BString,
    exists: bool,
    collection: bool,
}

/// The resource; none where something follows a file's name.
fn resource(r: &Request<'_>) -> Option<Resource> {
    let extra = r.path_info.as_ref().map_or(&b""[..], |p| p.as_bytes());
    let mut path = r.filename.clone().unwrap_or_default();
    path.extend_from_slice(extra);
    if path.len() > 1 && path.ends_with(b"/") {
        path.pop();
    }
    let collection = r.is_dir() && matches!(extra, b"" | b"/");
    if r.finfo.is_some() && !r.is_dir() && !extra.is_empty() {
        return None;
    }
    Some(Resource { path, exists: collection || r.finfo.is_some() && !r.is_dir(), collection })
}

/// The methods in the order of `dav_handler`, each with its questions in httpd's order.
pub(super) fn answer(r: &mut Request<'_>) -> Verdict {
    let name = r.method.clone();
    // these look at their headers, or at what there is, before they look for the resource
    match name.as_bytes() {
        b"LOCK" if depth(r) == Depth::One || depth(r) == Depth::Invalid => {
            bad_depth(r);
            return refuse(r, 400, "AH00595", "Depth must be 0 or \"infinity\" for LOCK.");
        }
        b"UNLOCK" => match r.headers_in.get("Lock-Token").map(is_lock_token) {
            None => return refuse(r, 400, "AH00596", "Unlock failed: no Lock-Token specified in header"),
            Some(false) => return Verdict::Status(400),
            Some(true) => {}
        },
        b"REPORT" => return refuse(r, 400, "AH00614", "The request body must specify a report."),
        // these have numbers as mod_dav registers them, and nobody answers them
        b"SEARCH" | b"BIND" => {
            core::allow_methods(r, &[method::GET, method::OPTIONS, method::POST]);
            return Verdict::Status(405);
        }
        b"CHECKIN" | b"CHECKOUT" | b"UNCHECKOUT" | b"UPDATE" | b"LABEL" | b"MERGE" | b"MKACTIVITY" | b"MKWORKSPACE"
        | b"BASELINE-CONTROL" | b"VERSION-CONTROL" => return Verdict::Declined,
        b"OPTIONS" | b"PROPFIND" | b"PUT" | b"DELETE" | b"MKCOL" | b"COPY" | b"MOVE" | b"LOCK" | b"PROPPATCH" => {}
        _ => return Verdict::Declined,
    }
    let Some(resource) = resource(r) else { return Verdict::Status(400) };
    match name.as_bytes() {
        b"OPTIONS" => {
            offer(r, &resource);
            Verdict::Done
        }
        b"PROPFIND" => propfind(r, &resource),
        b"PUT" if resource.collection => Verdict::Status(409),
        b"MKCOL" if resource.exists => Verdict::Status(405),
        b"PUT" | b"MKCOL" => {
            state(r, &resource);
            validate(r, &resource).unwrap_or_else(|| match r.headers_in.get("Content-Range").map(is_range) {
                _ if *name != "PUT" => write(r, &resource, 201, 403),
                Some(false) => Verdict::Status(400),
                Some(true) if resource.exists => unsure(r, 204),
                _ if r.engine.server.loaded.version.has(&version::STATUS_OF_PUT) => {
                    write(r, &resource, if resource.exists { 204 } else { 201 }, 500)
                }
                _ => match write(r, &resource, if resource.exists { 204 } else { 201 }, 403) {
                    Verdict::Status(409) => Verdict::Status(403),
                    verdict => verdict,
                },
            })
        }
        b"COPY" | b"MOVE" if resource.exists => copy_or_move(r),
        b"DELETE" if resource.exists => delete(r, &resource),
        b"PROPPATCH" if resource.exists => {
            refuse(r, 400, "AH00587", "The request body does not contain a \"propertyupdate\" element.")
        }
        b"COPY" | b"MOVE" | b"DELETE" | b"PROPPATCH" => Verdict::Status(404),
        b"LOCK" if !is_folder(r, filepath::dirname(&resource.path)) => Verdict::Status(409),
        // without a body it renews a lock, which an If header has to name
        b"LOCK" => without_locks(r)
            .unwrap_or_else(|| if r.headers_in.get("If").is_some() { unsure(r, 400) } else { Verdict::Status(400) }),
        _ => {
            state(r, &resource);
            validate(r, &resource).unwrap_or_else(|| unsure(r, 400))
        }
    }
}

/// `dav_get_depth`
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Zero,
    One,
    Infinity,
    Invalid,
}

fn depth(r: &Request<'_>) -> Depth {
    match r.headers_in.get("Depth") {
        None => Depth::Infinity,
        Some(d) if d.eq_ignore_ascii_case(b"infinity") => Depth::Infinity,
        Some(d) if d == "0" => Depth::Zero,
        Some(d) if d == "1" => Depth::One,
        Some(_) => Depth::Invalid,
    }
}

/// Logs a Depth header that is none.
fn bad_depth(r: &mut Request<'_>) {
    if depth(r) == Depth::Invalid {
        r.error("AH00580", "An invalid Depth header was specified.");
    }
}

/// Whether a Lock-Token header has the form of one: `dav_method_unlock`, `dav_fs_parse_locktoken`, `apr_uuid_parse`.
fn is_lock_token(text: &BStr) -> bool {
    let token = text.strip_prefix(b"<opaquelocktoken:").and_then(|t| t.strip_suffix(b">"));
    let is = |(at, b): (usize, &u8)| if matches!(at, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() };
    token.is_some_and(|uuid| uuid.len() == 36 && uuid.iter().enumerate().all(is))
}

/// Whether a Content-Range header is one: `dav_parse_range`.
fn is_range(text: &BStr) -> bool {
    let number =
        |t: &[u8]| t.to_str().ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse().ok());
    let parts = begins_nocase(text, b"bytes ").then(|| text[6..].split_once_str("-")).flatten();
    let Some((start, (end, length))) = parts.and_then(|(start, rest)| Some((start, rest.split_once_str("/")?))) else {
        return false;
    };
    let (Some(start), Some(end)) = (number(start), number(end)) else { return false };
    let end: i64 = end;
    start <= end && (length.starts_with(b"*") || number(length).is_some_and(|length| length > end))
}

fn is_folder(r: &Request<'_>, path: &BStr) -> bool {
    r.engine.stat(path).is_ok_and(|s| s.is_dir())
}

/// `dav_get_resource_state`: where nothing exists, a lock may; without a place for locks that is an error, which is logged.
/// Whether it was one.
fn state(r: &mut Request<'_>, resource: &Resource) -> bool {
    if resource.exists || r.path_info.as_ref().is_some_and(|p| !p.is_empty()) || lock_db_set(r) {
        return false;
    }
    r.error("AH00623", "A lock database was not specified with the DAVLockDB directive.");
    true
}

/// The line that gives locks a place.
fn lock_db_span(r: &Request<'_>) -> Option<Span> {
    r.server.settings.dav.as_ref().and_then(|s| s.lock_db.as_ref()).map(|s| s.span)
}

fn lock_db_set(r: &Request<'_>) -> bool {
    lock_db_span(r).is_some()
}

/// The headers of `dav_method_options`.
fn offer(r: &mut Request<'_>, resource: &Resource) {
    let failed = state(r, resource);
    for value in ["1,2", "<http://apache.org/dav/propset/fs/1>"] {
        r.headers_out.add("DAV", value);
    }
    r.headers_out.set("MS-Author-Via", "DAV");
    let methods = match (resource.exists, resource.collection) {
        (true, true) => "OPTIONS,GET,HEAD,POST,DELETE,TRACE,PROPFIND,PROPPATCH,COPY,MOVE,LOCK,UNLOCK",
        (true, false) => "OPTIONS,GET,HEAD,POST,DELETE,TRACE,PROPFIND,PROPPATCH,COPY,MOVE,PUT,LOCK,UNLOCK",
        _ if failed => "OPTIONS",
        _ => "OPTIONS,MKCOL,PUT,LOCK",
    };
    r.headers_out.set("Allow", methods);
    r.replies(Length::Known(0));
}

/// `dav_validate_request`: conditions are not modelled, and locks must have a place.
fn validate(r: &mut Request<'_>, resource: &Resource) -> Option<Verdict> {
    state(r, resource);
    if r.headers_in.get("If").is_some() {
        let span = r.per_dir.dav.as_ref().and_then(|d| d.provider.as_ref()).map_or(Span::NONE, |p| p.span);
        r.caveat("DAV", span, "the locks that an If header names are not known: the request may be refused for it");
    }
    without_locks(r)
}

/// Where locks may have to be heeded there must be a place for them: `dav_fs_open_lockdb`.
fn without_locks(r: &mut Request<'_>) -> Option<Verdict> {
    let set = lock_db_span(r);
    r.decide_if(Phase::Handler, set);
    set.is_none().then_some(Verdict::Status(500))
}

/// `dav_method_propfind`
fn propfind(r: &mut Request<'_>, resource: &Resource) -> Verdict {
    // an error of the state is none here: what comes after it fails
    if !resource.exists && !state(r, resource) {
        r.decide_if(Phase::Handler, lock_db_span(r));
        return Verdict::Status(404);
    }
    let depth = depth(r);
    if depth == Depth::Invalid {
        bad_depth(r);
        return Verdict::Status(400);
    }
    if depth == Depth::Infinity && resource.collection {
        let dir = r.per_dir.dav.clone().unwrap_or_default();
        r.decide_if(Phase::Handler, crate::server::setting::decisive(&dir.depth_infinity, &false));
        if !value(&dir.depth_infinity, false) {
            return Verdict::Status(403);
        }
    }
    without_locks(r).unwrap_or_else(|| {
        r.status = 207;
        Verdict::Done
    })
}

/// `dav_method_delete` of something that exists
fn delete(r: &mut Request<'_>, resource: &Resource) -> Verdict {
    bad_depth(r);
    match depth(r) {
        Depth::Infinity => {}
        _ if resource.collection => {
            return refuse(r, 400, "AH00582", "Depth must be \"infinity\" for DELETE of a collection.");
        }
        Depth::One => return refuse(r, 400, "AH00583", "Depth of \"1\" is not allowed for DELETE."),
        Depth::Zero | Depth::Invalid => {}
    }
    // what can't be removed below a directory is listed
    validate(r, resource).unwrap_or_else(|| write(r, resource, 204, if resource.collection { 207 } else { 403 }))
}

/// `dav_method_copymove` of something that exists
fn copy_or_move(r: &mut Request<'_>) -> Verdict {
    match r.headers_in.get("Destination").map(|to| uri::is_url(to)) {
        None if r.headers_in.get("New-uri").is_some() => unsure(r, 400),
        None => refuse(r, 400, "AH00591", "The request is missing a Destination header"),
        Some(false) => refuse(r, 400, "AH00592", "Destination URI must be an absolute URI."),
        Some(true) => {
            let status = if lock_db_set(r) { 201 } else { 500 };
            r.decide_if(Phase::Handler, lock_db_span(r));
            unsure(r, status)
        }
    }
}

/// A request that writes: whether the directory lets it.
fn write(r: &mut Request<'_>, resource: &Resource, done: u16, refused: u16) -> Verdict {
    let folder = filepath::dirname(&resource.path);
    if !is_folder(r, folder) {
        return Verdict::Status(409);
    }
    match r.engine.access(folder, W) {
        Err(_) if refused == 207 => {
            r.status = 207;
            Verdict::Done
        }
        Err(_) => Verdict::Status(refused),
        Ok(()) => {
            if done == 201 {
                let path = uri::escape_path(&r.uri, true);
                let location = r.locate(Phase::Handler, &path);
                r.headers_out.set("Location", location);
            }
            unsure(r, done)
        }
    }
}

fn unsure(r: &mut Request<'_>, status: u16) -> Verdict {
    if let Some(provider) = r.per_dir.dav.as_ref().and_then(|d| d.provider.clone()) {
        r.caveat("DAV", provider.span, "a request that changes files is not carried out");
    }
    if status < 300 {
        r.status = status;
        return Verdict::Done;
    }
    Verdict::Status(status)
}
