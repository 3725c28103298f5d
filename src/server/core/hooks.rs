//! What the core does with a request (server/core.c, modules/http/http_core.c).

use super::Trace;
use crate::filepath;
use crate::server::byterange::Body;
use crate::server::conditions::{self, State};
use crate::server::foreign;
use crate::server::http_request::discard_request_body;
use crate::server::module::{Hook, Phase, Verdict, hook, order};
use crate::server::request::{PathInfo, ProxyReq, Request};
use crate::server::response::{self, Length};
use crate::server::setting;
use crate::server::{directory_walk, expr_context, file_walk, method};
use crate::source::Span;
use crate::text::Text;
use crate::vfs::Kind;
use bstr::ByteSlice;

pub(super) static CORE: &[Hook] = &[
    hook(Phase::TranslateName, order::REALLY_LAST, translate),
    hook(Phase::MapToStorage, order::REALLY_FIRST, upgrade_storage),
    hook(Phase::MapToStorage, order::REALLY_LAST, map_to_storage),
    hook(Phase::TypeChecker, order::REALLY_LAST, do_nothing),
    hook(Phase::Fixups, order::REALLY_FIRST, override_type),
    hook(Phase::Handler, order::REALLY_FIRST, upgrade_handler),
    hook(Phase::Handler, order::REALLY_LAST, default_handler),
];

pub(super) static HTTP: &[Hook] =
    &[hook(Phase::MapToStorage, order::MIDDLE, send_trace), hook(Phase::MapToStorage, order::MIDDLE, send_options)];

/// `ap_core_translate`: what nobody else translated is a file below DocumentRoot.
pub(crate) fn translate(r: &mut Request<'_>) -> Verdict {
    if r.proxyreq != ProxyReq::None {
        return Verdict::Status(403);
    }
    if r.uri.first() != Some(&b'/') && r.uri != "*" {
        let (uri, line) = (r.uri.clone(), r.the_request.clone());
        r.error("AH00126", format!("Invalid URI in request '{uri}' '{line}'"));
        return Verdict::Status(400);
    }
    let server = r.server;
    if let Some((_, span)) = &server.path
        && server.below_path(&r.uri).is_some()
    {
        r.decide(Phase::TranslateName, *span);
    }
    let path = filepath::without_slashes_before(server.below_path(&r.uri).unwrap_or(&r.uri));
    let core = r.server.core();
    let root = core.document_root();
    let Some(file) = filepath::merge(Some(root), path).filter(|f| within(root, f)) else {
        let line = r.the_request.clone();
        r.error("AH00127", format!("Cannot map {line} to file"));
        return Verdict::Status(403);
    };
    let span = setting::decisive(&core.document_root, &super::BUILT_IN_DOCUMENT_ROOT.into());
    r.decide_if(Phase::TranslateName, span);
    r.filename = Some(file);
    Verdict::Ok
}

fn within(root: &[u8], file: &[u8]) -> bool {
    let root = filepath::without_slashes_after(root);
    file.starts_with(root)
}

/// `core_upgrade_storage`: `Upgrade` requests for `*` only.
fn upgrade_storage(_: &mut Request<'_>) -> Verdict {
    Verdict::Declined
}

fn map_to_storage(r: &mut Request<'_>) -> Verdict {
    match directory_walk::run(r) {
        Verdict::Ok => {}
        verdict => return verdict,
    }
    file_walk::run(r);
    Verdict::Ok
}

/// `ap_send_http_trace`
fn send_trace(r: &mut Request<'_>) -> Verdict {
    if r.method_number != method::TRACE {
        return Verdict::Declined;
    }
    let enabled = &r.server.core().trace_enable;
    let span = setting_span(enabled);
    r.decide_if(Phase::MapToStorage, span);
    if enabled.as_ref().is_some_and(|s| s.value == Trace::Off) {
        return Verdict::Status(405);
    }
    r.set_content_type(Some("message/http".into()), true);
    r.replies(Length::Untold);
    Verdict::Done
}

fn setting_span(set: &Option<setting::Set<Trace>>) -> Option<crate::source::Span> {
    setting::decisive(set, &Trace::On)
}

/// `http_send_options`: `OPTIONS *` is answered at once.
fn send_options(r: &mut Request<'_>) -> Verdict {
    if r.method_number == method::OPTIONS && r.uri == "*" {
        r.replies(Length::Known(0));
        return Verdict::Done;
    }
    Verdict::Declined
}

fn do_nothing(_: &mut Request<'_>) -> Verdict {
    Verdict::Ok
}

/// `core_override_type`: ForceType, SetHandler and AcceptPathInfo.
fn override_type(r: &mut Request<'_>) -> Verdict {
    let core = r.core();
    if let Some(forced) = &core.mime_type
        && forced.value != "none"
    {
        r.type_span = Some(forced.span);
        r.set_content_type(Some(Text::lent(&forced.value)), true);
    }
    if let Some(set) = &core.handler {
        let value = match expr_context::string(r, &set.value.expr) {
            Ok(v) => v,
            Err(e) => {
                r.error("AH03154", format!("Can't evaluate handler expression: {e}"));
                return Verdict::Status(500);
            }
        };
        r.engine.budget.name(set.span);
        // a name of a socket keeps its letters
        let mut value = value;
        if !value.starts_with(b"proxy:unix") {
            value.make_ascii_lowercase();
        }
        if value != "none" {
            // a line beneath that says the same, or the alias that said it already, leaves nothing to decide
            let beneath = set.under.as_ref().is_some_and(|u| u.value == set.value);
            if r.handler.as_ref().is_none_or(|h| *h != value) && !beneath {
                r.handler_span = Some(set.span);
            }
            r.handler = Some(value.into());
        }
    }
    if r.used_path_info == PathInfo::Default
        && let Some(accept) = &core.accept_path_info
    {
        r.used_path_info = accept.value;
    }
    Verdict::Ok
}

/// `core_upgrade_handler`: other protocols are not spoken.
fn upgrade_handler(_: &mut Request<'_>) -> Verdict {
    Verdict::Declined
}

/// `default_handler`: a file is sent.
fn default_handler(r: &mut Request<'_>) -> Verdict {
    allow_methods(r, &[method::GET, method::OPTIONS, method::POST]);
    if let Err(status) = discard_request_body(r) {
        return Verdict::Status(status);
    }
    if r.method_number != method::GET && r.method_number != method::POST {
        return match r.method_number {
            method::INVALID => {
                let line = r.the_request.clone();
                r.error("AH00135", format!("Invalid method in request {line}"));
                Verdict::Status(501)
            }
            method::OPTIONS => {
                response::of_options(r);
                Verdict::Ok
            }
            _ => Verdict::Status(405),
        };
    }
    let Some(info) = r.finfo else {
        return no_such_file(r, "AH00128");
    };
    if info.kind == Kind::Directory {
        r.error("AH00129", format!("Attempt to serve directory: {}", r.filename_str()));
        return Verdict::Status(404);
    }
    if !r.path_info_str().is_empty() {
        r.decide_if(Phase::Fixups, setting::decisive(&r.core().accept_path_info, &PathInfo::Default));
        if r.used_path_info != PathInfo::Accept {
            return no_such_file(r, "AH00130");
        }
    }
    foreign::note_handler(r);
    let path = r.filename.as_ref().map_or(b"".as_slice(), |f| f.as_slice());
    if r.engine.read_allowed(path).is_err() {
        r.error("AH00132", format!("file permissions deny server access: {}", r.filename_str()));
        return Verdict::Status(403);
    }
    if info.kind == Kind::Other {
        let why = "it is no regular file: httpd waits for what comes out of a pipe, and sends nothing of a device";
        r.caveat(&r.filename_str(), Span::NONE, why);
    }
    r.served_by = Some("default-handler".into());
    response::of_file(r, &info);
    let states = match conditions::made(r) {
        true => State::of_file(r, &info),
        false => Vec::new(),
    };
    if let Some(status) = conditions::meet(r, &states) {
        r.status = status;
        // nothing of the file is sent
        r.replies(Length::Known(0));
        return Verdict::Ok;
    }
    r.body = Body::new(r, Some(info.size), || states);
    Verdict::Ok
}

/// The commonest of all errors.
fn no_such_file(r: &mut Request<'_>, code: &'static str) -> Verdict {
    let message = ["File does not exist: ", &r.filename_str(), &r.path_info_str().to_str_lossy()].concat();
    r.error(code, message);
    Verdict::Status(404)
}

/// Adds methods to those that an Allow header names.
pub(crate) fn allow_methods(r: &mut Request<'_>, methods: &[u32]) {
    for m in methods {
        r.allowed |= 1 << m;
    }
}
