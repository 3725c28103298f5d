//! The handler: what must hold before a script is run, and what comes of it.

use super::alias::note;
use super::environment::{self, Passes};
use super::functions::{self, Function};
use super::setters::HandlerScript;
use super::{HANDLER, InForce, group, remote};
use crate::outcome::Wsgi;
use crate::server::core::options;
use crate::server::engine::Program;
use crate::server::environ::{self, Reader};
use crate::server::http_request::oversized_body;
use crate::server::module::{Phase, Verdict};
use crate::server::request::{PathInfo, Request};
use crate::server::{script, setting};
use crate::source::Span;
use crate::vfs::{Cred, R, resolve};
use bstr::{BStr, BString, ByteSlice};

/// What a handler script's application is called.
const HANDLE_REQUEST: &str = "handle_request";

const CANT_LOAD: &str = "Target WSGI script cannot be loaded as Python module";

/// A request that is refused.
pub(super) struct Refusal {
    /// The line of the error log.
    pub message: String,
    pub status: u16,
    /// Which of the settings of where it runs would have made another answer.
    pub blame: Blame,
}

/// What a refusal comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// None of the settings of where it runs.
    Nothing,
    /// The process group.
    Process,
    /// The name of the application. (A daemon's status is another one.)
    Callable,
}

pub(super) fn refusal(status: u16, blame: Blame, message: impl Into<String>) -> Refusal {
    Refusal { message: message.into(), status, blame }
}

/// Where a script runs, and the directives that say so, each if another one or none would say something else.
pub(super) struct Target {
    pub wsgi: Wsgi,
    /// What WSGIHandlerScript names, where that runs instead of the file.
    handler_script: Option<HandlerScript>,
    passes: Passes,
    process: Option<Span>,
    application: Option<Span>,
    callable: Option<Span>,
}

/// `wsgi_hook_handler`
pub(super) fn handler(r: &mut Request<'_>) -> Verdict {
    let Some(name) = &r.handler else { return Verdict::Declined };
    let is_script = name == HANDLER || name == "application/x-httpd-wsgi";
    let settings = InForce::of(r);
    let entry = if is_script { None } else { settings.handler_script(name).cloned() };
    if !is_script && entry.is_none() {
        return Verdict::Declined;
    }
    let target = match entry {
        Some(entry) => Ok(target_of_handler_script(r, &settings, entry)),
        None => check_script(r).map(|()| target_of_script(r, &settings)),
    };
    let done = target.and_then(|target| serve(r, &settings, &target));
    match done {
        Ok(()) => Verdict::Ok,
        Err(refusal) => {
            let file = r.filename_str();
            r.error("", format!("{}: {file}", refusal.message));
            Verdict::Status(refusal.status)
        }
    }
}

/// What follows once it is known where the script would run.
fn serve(r: &mut Request<'_>, settings: &InForce<'_>, target: &Target) -> Result<(), Refusal> {
    check_path_info(r)?;
    check_body(r, settings)?;
    // a body that is too large ends the request; httpd's filter answers
    if oversized_body(r).is_some() {
        return Ok(());
    }
    environment::build(r, settings, target.passes);
    let ran = execute(r, settings, target);
    match ran {
        Ok(()) => environ::hand(r, Reader::Wsgi, &[]),
        Err(_) if environ::is_read(r) => {}
        Err(_) => script::add_cgi_vars(r),
    }
    let spans = match ran.as_ref().err().map(|e| e.blame) {
        None => [target.process, target.application, target.callable],
        Some(Blame::Nothing) => [None; 3],
        Some(Blame::Process) => [target.process, None, None],
        Some(Blame::Callable) => [target.process, None, target.callable],
    };
    for span in spans {
        r.decide_if(Phase::Handler, span);
    }
    if ran.is_ok() {
        // the application says the status, for an ErrorDocument too
        r.status = 200;
        r.served_by = r.handler.clone();
    }
    ran
}

/// Whether there is a script, and it may be run.
fn check_script(r: &mut Request<'_>) -> Result<(), Refusal> {
    if !aliased(r) {
        let core = r.core();
        for span in options::deciders(&core.opt_lines, options::EXECCGI) {
            r.decide(Phase::Handler, span);
        }
        if !core.allows(options::EXECCGI) {
            return Err(refusal(403, Blame::Nothing, "Options ExecCGI is off in this directory"));
        }
    }
    match r.finfo {
        None => Err(refusal(404, Blame::Nothing, "Target WSGI script not found or unable to stat")),
        Some(info) if info.is_dir() => {
            Err(refusal(403, Blame::Nothing, "Attempt to invoke directory as WSGI application"))
        }
        Some(_) => Ok(()),
    }
}

/// `wsgi_is_script_aliased`
fn aliased(r: &Request<'_>) -> bool {
    r.notes.get("alias-forced-type").is_some_and(|t| t.eq_ignore_ascii_case(HANDLER.as_bytes()))
}

fn target_of_script(r: &Request<'_>, settings: &InForce<'_>) -> Target {
    let noted = |name: &str| r.notes.get(name).filter(|_| aliased(r)).map(BString::from);
    let (process, application, callable) =
        (noted(note::PROCESS_GROUP), noted(note::APPLICATION_GROUP), noted(note::CALLABLE_OBJECT));
    let set_callable = || group::callable_object(r, settings.value(|c| &c.callable_object).map(|s| &s.value));
    let passes = r.notes.get(note::PASS_AUTHORIZATION).filter(|_| aliased(r)).map(|note| note == "1");
    Target {
        handler_script: None,
        passes: passes.map_or_else(|| set_passes(settings), |passes| (passes, r.handler_span)),
        process: settings.decisive(|c| &c.process_group, |s| group::process_group(r, s)).filter(|_| process.is_none()),
        application: settings
            .decisive(|c| &c.application_group, |s| group::application_group(r, s))
            .filter(|_| application.is_none()),
        callable: settings
            .decisive(|c| &c.callable_object, |s| group::callable_object(r, s))
            .filter(|_| callable.is_none()),
        wsgi: Wsgi {
            process_group: process_group(r, settings, process.as_ref()),
            application_group: application_group(r, settings, application.as_ref()),
            callable: callable.unwrap_or_else(set_callable),
        },
    }
}

fn process_group(r: &Request<'_>, settings: &InForce<'_>, own: Option<&BString>) -> BString {
    group::process_group(r, own.or(settings.value(|c| &c.process_group).map(|s| &s.value)))
}

fn application_group(r: &Request<'_>, settings: &InForce<'_>, own: Option<&BString>) -> BString {
    group::application_group(r, own.or(settings.value(|c| &c.application_group).map(|s| &s.value)))
}

/// WSGIPassAuthorization.
fn set_passes(settings: &InForce<'_>) -> Passes {
    settings.value(|c| &c.pass_authorization).map_or((false, None), |set| (set.value, Some(set.span)))
}

/// What runs for a handler that WSGIHandlerScript names.
fn target_of_handler_script(r: &mut Request<'_>, settings: &InForce<'_>, entry: HandlerScript) -> Target {
    r.decide(Phase::Handler, entry.span);
    Target {
        wsgi: Wsgi {
            process_group: process_group(r, settings, entry.process_group.as_ref()),
            application_group: application_group(r, settings, entry.application_group.as_ref()),
            callable: HANDLE_REQUEST.into(),
        },
        passes: entry.pass_authorization.map_or_else(|| set_passes(settings), |passes| (passes, Some(entry.span))),
        handler_script: Some(entry),
        process: None,
        application: None,
        callable: None,
    }
}

/// AcceptPathInfo: by default a script takes what follows it in the path.
fn check_path_info(r: &mut Request<'_>) -> Result<(), Refusal> {
    if r.used_path_info != PathInfo::Reject || r.path_info_str().is_empty() {
        return Ok(());
    }
    r.decide_if(Phase::Fixups, setting::decisive(&r.core().accept_path_info, &PathInfo::Default));
    Err(refusal(404, Blame::Nothing, "AcceptPathInfo off disallows user's path"))
}

/// What a body may look like.
fn check_body(r: &mut Request<'_>, settings: &InForce<'_>) -> Result<(), Refusal> {
    if let Some(encoding) = r.headers_in.get_joined("Transfer-Encoding") {
        if !encoding.eq_ignore_ascii_case(b"chunked") {
            let message = format!("Unexpected value for Transfer-Encoding of '{encoding}' supplied");
            return Err(refusal(501, Blame::Nothing, format!("{message}. Only 'chunked' supported.")));
        }
        r.decide_if(Phase::Handler, settings.decisive(|c| &c.chunked_request, |s| s.copied().unwrap_or(false)));
        if !settings.value(|c| &c.chunked_request).is_some_and(|s| s.value) {
            let message = "Received request requiring chunked transfer encoding, but optional support for chunked \
                           transfer encoding has not been enabled.";
            return Err(refusal(411, Blame::Nothing, message));
        }
    }
    match r.headers_in.get_joined("Content-Length") {
        Some(length) if !is_length(&length) => {
            let message = format!("Invalid Content-Length header value of '{length}' was supplied.");
            Err(refusal(400, Blame::Nothing, message))
        }
        _ => Ok(()),
    }
}

/// `wsgi_strtoff`, which must read all of it.
fn is_length(text: &[u8]) -> bool {
    text.to_str().ok().and_then(|t| t.trim_start().parse::<i64>().ok()).is_some_and(|n| n >= 0)
}

/// Runs the script, in a daemon process or here.
fn execute(r: &mut Request<'_>, settings: &InForce<'_>, target: &Target) -> Result<(), Refusal> {
    let groups = ["process_group", "application_group", "callable_object"];
    if let Some(set) = settings.value(|c| &c.dispatch_script)
        && functions::find_embedded(r, &set.value, &groups) == Function::Named
    {
        r.caveat("WSGIDispatchScript", set.span, "the dispatch script may choose other groups, and is not run");
    }
    r.wsgi = Some(target.wsgi.clone());
    if remote::execute(r, settings, target)? {
        return Ok(());
    }
    let main = r.engine.server.servers.first().and_then(|s| s.settings.wsgi.clone());
    if let Some(set) = main.as_ref().and_then(|s| s.restrict_embedded.as_ref()).filter(|s| s.value) {
        r.decide(Phase::Handler, set.span);
        let message = "Embedded mode of mod_wsgi disabled by runtime configuration";
        return Err(refusal(500, Blame::Process, message));
    }
    let cred = r.engine.server.cred.clone();
    run(r, target, &cred, 404)
}

/// `wsgi_execute_script`, in a process that may do what `cred` may. `missing` is the status for a script without the
/// application that is asked for.
pub(super) fn run(r: &mut Request<'_>, target: &Target, cred: &Cred, missing: u16) -> Result<(), Refusal> {
    if let Some(script) = &target.handler_script {
        return run_handler_script(r, script, cred, missing);
    }
    let file = r.filename.clone().unwrap_or_default();
    if resolve::access(&*r.engine.vfs, cred, &file, R).is_err() {
        return Err(refusal(500, Blame::Process, "Failed to open the WSGI script"));
    }
    let callable = &target.wsgi.callable;
    match r.engine.programs.program("wsgi", &file) {
        Program::Broken => Err(refusal(500, Blame::Nothing, CANT_LOAD)),
        Program::Works if callable != "application" => {
            Err(refusal(missing, Blame::Callable, does_not_contain(callable.as_bstr())))
        }
        _ => Ok(()),
    }
}

fn run_handler_script(r: &mut Request<'_>, script: &HandlerScript, cred: &Cred, missing: u16) -> Result<(), Refusal> {
    let place = &script.place;
    match (functions::find(r, cred, place, &[HANDLE_REQUEST]), r.engine.programs.program("wsgi", place)) {
        (Function::Unreadable, _) => Err(refusal(500, Blame::Process, "Failed to open the WSGI script")),
        (Function::Absent, Program::Broken) => {
            r.caveat(
                "WSGIHandlerScript",
                script.span,
                "whether Python can load the script is not known: it may answer 404",
            );
            Err(refusal(500, Blame::Nothing, CANT_LOAD))
        }
        (Function::Absent, Program::Works) => {
            Err(refusal(missing, Blame::Process, does_not_contain(HANDLE_REQUEST.into())))
        }
        _ => {
            r.caveat("WSGIHandlerScript", script.span, "what the handler script answers is not known");
            Ok(())
        }
    }
}

fn does_not_contain(callable: &BStr) -> String {
    format!("Target WSGI script does not contain WSGI application '{callable}'")
}
