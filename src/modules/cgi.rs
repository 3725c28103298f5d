//! mod_cgi.c and mod_cgid.c: a file is run as a program.

use super::suexec;
use crate::filepath;
use crate::server::cmd::{Cmd, forbid};
use crate::server::core::options;
use crate::server::engine::Program;
use crate::server::environ::{self, Reader};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::{PathInfo, Request};
use crate::server::rule::{Rule, Test};
use crate::server::{script, setting};
use crate::vfs::{Kind, X};
use bstr::BString;

/// mod_cgi.
pub(crate) static MODULE: Module =
    Module { name: "mod_cgi.c", identifier: "cgi_module", directives: DIRECTIVES, hooks: HOOKS, ..Module::NONE };

/// mod_cgid, which has a daemon start the programs.
pub(crate) static DAEMON: Module = Module {
    name: "mod_cgid.c",
    identifier: "cgid_module",
    directives: DAEMON_DIRECTIVES,
    hooks: DAEMON_HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, cgi_handler)];
static DAEMON_HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, cgid_handler)];

static DIRECTIVES: &[Directive] = &[
    LOG,
    LOG_LENGTH,
    LOG_BUFFER,
    plain("CGIScriptTimeout", Args::Take1, ACCESS_CONF | RSRC_CONF, Modelled, TIMEOUT_USAGE).must(TIMEOUT),
];
static DAEMON_DIRECTIVES: &[Directive] = &[
    LOG,
    LOG_LENGTH,
    LOG_BUFFER,
    row(
        "ScriptSock",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "the name of the socket to use for communication with the cgi daemon.",
        socket,
    )
    .at_start(),
    plain("CGIDScriptTimeout", Args::Take1, ACCESS_CONF | RSRC_CONF, Modelled, TIMEOUT_USAGE).must(TIMEOUT),
];
const LOG: Directive = plain("ScriptLog", Args::Take1, RSRC_CONF, Inert, "the name of a log for script debugging info");
const LOG_LENGTH: Directive =
    plain("ScriptLogLength", Args::Take1, RSRC_CONF, Inert, "the maximum length (in bytes) of the script debug log");
const LOG_BUFFER: Directive =
    plain("ScriptLogBuffer", Args::Take1, RSRC_CONF, Inert, "the maximum size (in bytes) to record of a POST request");
const TIMEOUT: &[Rule] = &[Rule::Arg(0, Test::Time(0, i64::MAX), "{name} has wrong format")];
const TIMEOUT_USAGE: &str = "The amount of time to wait between successful reads from the CGI script, in seconds.";

fn socket(cmd: &mut Cmd<'_>, _: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)
}

/// The log codes by which the two modules tell the same refusals.
struct Codes {
    exec_off: &'static str,
    not_found: &'static str,
    directory: &'static str,
    path_info: &'static str,
}

/// `cgi_handler` of mod_cgi.c
fn cgi_handler(r: &mut Request<'_>) -> Verdict {
    run(r, &Codes { exec_off: "AH02809", not_found: "AH02811", directory: "AH02812", path_info: "AH02813" })
}

/// `cgid_handler`
fn cgid_handler(r: &mut Request<'_>) -> Verdict {
    run(r, &Codes { exec_off: "AH01262", not_found: "AH01264", directory: "AH01265", path_info: "AH01266" })
}

fn run(r: &mut Request<'_>, codes: &Codes) -> Verdict {
    let Some(name) = r.handler_among(&["cgi-script", "application/x-httpd-cgi"]) else {
        return Verdict::Declined;
    };
    r.served_by = Some(name);
    let core = r.core();
    let aliased = r.notes.get("alias-forced-type").is_some_and(|t| t.eq_ignore_ascii_case(b"cgi-script"));
    if !aliased {
        for span in options::deciders(&core.opt_lines, options::EXECCGI) {
            r.decide(Phase::Handler, span);
        }
        if !core.allows(options::EXECCGI) {
            return refuse(r, 403, codes.exec_off, "Options ExecCGI is off in this directory");
        }
    }
    let Some(info) = r.finfo else {
        return refuse(r, 404, codes.not_found, "script not found or unable to stat");
    };
    if info.kind == Kind::Directory {
        return refuse(r, 403, codes.directory, "attempt to invoke directory as script");
    }
    if !r.path_info_str().is_empty() {
        let rejected = r.used_path_info == PathInfo::Reject;
        if rejected {
            r.decide_if(Phase::Fixups, setting::decisive(&core.accept_path_info, &PathInfo::Default));
            return refuse(r, 404, codes.path_info, "AcceptPathInfo off disallows user's path");
        }
    }
    script::add_vars(r);
    suexec::note(r);
    let path = r.filename.clone().unwrap_or_default();
    let failure = if r.engine.access(&path, X).is_err() {
        "Permission denied"
    } else {
        match r.engine.programs.program("cgi", &path) {
            Program::Broken => "Exec format error",
            program => {
                environ::hand(r, Reader::Cgi, &[]);
                return answer(r, program);
            }
        }
    };
    script::path_translated(r);
    let script = filepath::basename(&path).to_owned();
    r.notes.set("error-notes", format!("End of script output before headers: {script}"));
    r.error("AH01215", format!("exec of '{path}' failed: {failure}; end of script output before headers: {script}"));
    Verdict::Status(500)
}

/// What becomes of a program's answer: `cgi_handle_response`.
fn answer(r: &mut Request<'_>, program: Program) -> Verdict {
    match script::conditions(r, program) {
        Some(304) => {
            r.status = 304;
            Verdict::Ok
        }
        Some(status) => Verdict::Status(status),
        None => Verdict::Ok,
    }
}

fn refuse(r: &mut Request<'_>, status: u16, code: &'static str, why: &str) -> Verdict {
    let file = r.filename_str();
    r.error(code, format!("{why}: {file}"));
    Verdict::Status(status)
}
