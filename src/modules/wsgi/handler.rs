//! The handler: what must hold before a script is run, and what comes of it.

use super::alias::note;
use super::{HANDLER, InForce, group, proxies, remote};
use crate::module::{Phase, Verdict};
use crate::modules::core::options;
use crate::outcome::Wsgi;
use crate::server::engine::Program;
use crate::server::http_request::oversized_body;
use crate::server::request::{PathInfo, Request};
use crate::server::{script, setting};
use bstr::{BString, ByteSlice};

/// What a handler script's application is called.
const HANDLE_REQUEST: &str = "handle_request";

/// A request that is refused: the line of the error log, and the status.
pub(super) type Refusal = (String, u16);

/// `wsgi_hook_handler`
pub(super) fn handler(r: &mut Request<'_>) -> Verdict {
    let Some(name) = r.handler.clone() else { return Verdict::Declined };
    let settings = InForce::of(r);
    let is_script = name == HANDLER || name == "application/x-httpd-wsgi";
    let target = if is_script {
        check_script(r).map(|()| target_of_script(r, &settings))
    } else {
        match target_of_handler_script(r, &settings, &name) {
            Some(target) => Ok(target),
            None => return Verdict::Declined,
        }
    };
    let done = target.and_then(|target| {
        check_path_info(r)?;
        check_body(r, &settings)?;
        // a body that is too large ends the request; httpd's filter answers
        let runs = oversized_body(r).is_none();
        if runs {
            execute(r, &settings, &target)?;
        }
        Ok(runs)
    });
    match done {
        Ok(ran) => {
            if ran {
                // the application says the status, for an ErrorDocument too
                r.status = 200;
                r.served_by = Some(name);
            }
            Verdict::Ok
        }
        Err((message, status)) => {
            script::add_cgi_vars(r);
            let file = r.filename_str();
            r.error("", format!("{message}: {file}"));
            Verdict::Status(status)
        }
    }
}

/// Whether there is a script, and it may be run.
fn check_script(r: &mut Request<'_>) -> Result<(), Refusal> {
    if !aliased(r) {
        let core = r.core();
        for span in options::deciders(&core.opt_lines, options::EXECCGI) {
            r.decide(Phase::Handler, span);
        }
        if !core.allows(options::EXECCGI) {
            return Err(("Options ExecCGI is off in this directory".into(), 403));
        }
    }
    match r.finfo {
        None => Err(("Target WSGI script not found or unable to stat".into(), 404)),
        Some(info) if info.is_dir() => Err(("Attempt to invoke directory as WSGI application".into(), 403)),
        Some(_) => Ok(()),
    }
}

/// `wsgi_is_script_aliased`
fn aliased(r: &Request<'_>) -> bool {
    r.notes.get("alias-forced-type").is_some_and(|t| t.eq_ignore_ascii_case(HANDLER.as_bytes()))
}

fn target_of_script(r: &mut Request<'_>, settings: &InForce) -> Wsgi {
    let noted = |name: &str| r.notes.get(name).filter(|_| aliased(r)).map(BString::from);
    let (process, application, callable) =
        (noted(note::PROCESS_GROUP), noted(note::APPLICATION_GROUP), noted(note::CALLABLE_OBJECT));
    let target = Wsgi {
        process_group: process_group(r, settings, process.as_ref()),
        application_group: application_group(r, settings, application.as_ref()),
        callable: callable
            .clone()
            .unwrap_or_else(|| group::callable_object(r, settings.value(|c| &c.callable_object).map(|s| &s.value))),
    };
    let deciders = [
        settings.decisive(|c| &c.process_group, |s| group::process_group(r, s)).filter(|_| process.is_none()),
        settings
            .decisive(|c| &c.application_group, |s| group::application_group(r, s))
            .filter(|_| application.is_none()),
        settings.decisive(|c| &c.callable_object, |s| group::callable_object(r, s)).filter(|_| callable.is_none()),
    ];
    for span in deciders {
        r.decide_if(Phase::Handler, span);
    }
    target
}

fn process_group(r: &Request<'_>, settings: &InForce, own: Option<&BString>) -> BString {
    group::process_group(r, own.or(settings.value(|c| &c.process_group).map(|s| &s.value)))
}

fn application_group(r: &Request<'_>, settings: &InForce, own: Option<&BString>) -> BString {
    group::application_group(r, own.or(settings.value(|c| &c.application_group).map(|s| &s.value)))
}

/// What runs for a handler that WSGIHandlerScript names.
fn target_of_handler_script(r: &mut Request<'_>, settings: &InForce, handler: &BString) -> Option<Wsgi> {
    let entry = settings.levels().flat_map(|c| c.handler_scripts.iter()).find(|s| s.name == *handler)?;
    r.decide(Phase::Handler, entry.span);
    r.caveat("WSGIHandlerScript", entry.span, "what the handler script answers is not known");
    Some(Wsgi {
        process_group: process_group(r, settings, entry.process_group.as_ref()),
        application_group: application_group(r, settings, entry.application_group.as_ref()),
        callable: HANDLE_REQUEST.into(),
    })
}

/// AcceptPathInfo: by default a script takes what follows it in the path.
fn check_path_info(r: &mut Request<'_>) -> Result<(), Refusal> {
    if r.used_path_info != PathInfo::Reject || r.path_info_str().is_empty() {
        return Ok(());
    }
    r.decide_if(Phase::Fixups, setting::decisive(&r.core().accept_path_info, &PathInfo::Default));
    Err(("AcceptPathInfo off disallows user's path".into(), 404))
}

/// What a body may look like.
fn check_body(r: &mut Request<'_>, settings: &InForce) -> Result<(), Refusal> {
    if let Some(encoding) = r.headers_in.get_joined("Transfer-Encoding") {
        if !encoding.eq_ignore_ascii_case(b"chunked") {
            let message = format!("Unexpected value for Transfer-Encoding of '{encoding}' supplied");
            return Err((format!("{message}. Only 'chunked' supported."), 501));
        }
        r.decide_if(Phase::Handler, settings.decisive(|c| &c.chunked_request, |s| s.copied().unwrap_or(false)));
        if !settings.value(|c| &c.chunked_request).is_some_and(|s| s.value) {
            let message = "Received request requiring chunked transfer encoding, but optional support for chunked \
                           transfer encoding has not been enabled.";
            return Err((message.into(), 411));
        }
    }
    match r.headers_in.get_joined("Content-Length") {
        Some(length) if !is_length(&length) => {
            Err((format!("Invalid Content-Length header value of '{length}' was supplied."), 400))
        }
        _ => Ok(()),
    }
}

/// `wsgi_strtoff`, which must read all of it.
fn is_length(text: &[u8]) -> bool {
    text.to_str().ok().and_then(|t| t.trim_start().parse::<i64>().ok()).is_some_and(|n| n >= 0)
}

/// `wsgi_build_environment`, then the script, in a daemon process or here.
fn execute(r: &mut Request<'_>, settings: &InForce, target: &Wsgi) -> Result<(), Refusal> {
    script::tell_path_translated(r);
    let name = script::single_slashes(&script::script_name(r));
    r.script_name = Some(proxies::script_name(r, settings).unwrap_or(name));
    if let Some(set) = settings.value(|c| &c.dispatch_script) {
        r.caveat("WSGIDispatchScript", set.span, "the dispatch script may choose other groups, and is not run");
    }
    r.wsgi = Some(target.clone());
    if remote::execute(r, settings, target)? {
        return Ok(());
    }
    let main = r.engine.server.servers.first().and_then(|s| s.settings.wsgi.clone());
    if let Some(set) = main.as_ref().and_then(|s| s.restrict_embedded.as_ref()).filter(|s| s.value) {
        r.decide(Phase::Handler, set.span);
        return Err(("Embedded mode of mod_wsgi disabled by runtime configuration".into(), 500));
    }
    let file = r.filename.clone().unwrap_or_default();
    if target.callable != HANDLE_REQUEST && r.engine.read_allowed(&file).is_err() {
        return Err(("Failed to open the WSGI script".into(), 500));
    }
    run(r, target, 404)
}

/// `wsgi_execute_script`. `missing` is the status for a script without the application that is asked for.
pub(super) fn run(r: &mut Request<'_>, target: &Wsgi, missing: u16) -> Result<(), Refusal> {
    if target.callable == HANDLE_REQUEST {
        return Ok(());
    }
    let file = r.filename.clone().unwrap_or_default();
    match r.engine.programs.program("wsgi", &file) {
        Program::Broken => Err(("Target WSGI script cannot be loaded as Python module".into(), 500)),
        Program::Works if target.callable != "application" => {
            Err((format!("Target WSGI script does not contain WSGI application '{}'", target.callable), missing))
        }
        _ => Ok(()),
    }
}
