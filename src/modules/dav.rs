//! mod_dav.c with mod_dav_fs.c behind it: which requests it takes over, and what it answers to those that change
//! nothing. A request that would write leaves files behind that later ones would see: a caveat.

use crate::module::Effect::{Inert, Modelled};
use crate::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::modules::core::atoi;
use crate::server::build::Cmd;
use crate::server::conditions;
use crate::server::request::Request;
use crate::server::setting::{Set, value};
use crate::server::{filepath, method, settings, uri};
use crate::source::Span;
use crate::vfs::W;
use bstr::{BStr, BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_dav.c", identifier: "dav_module", directives: DIRECTIVES, hooks: HOOKS };

/// mod_dav_fs.c.
pub(crate) static FS: Module =
    Module { name: "mod_dav_fs.c", identifier: "dav_fs_module", directives: &[LOCK_DB], hooks: &[] };

/// mod_dav_lock.c.
pub(crate) static LOCK: Module =
    Module { name: "mod_dav_lock.c", identifier: "dav_lock_module", directives: &[GENERIC_LOCK_DB], hooks: &[] };

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handler), hook(Phase::Fixups, order::MIDDLE, fixups)];

const HANDLER: &str = "dav-handler";

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("DAV", Args::Take1, ACCESS_CONF, Modelled, "specify the DAV provider for a directory or location", dav),
    plain("DAVBasePath", Args::Take1, ACCESS_CONF, Inert, "specify the DAV repository base URL"),
    row("DAVMinTimeout", Args::Take1, ACCESS_CONF | RSRC_CONF, Inert, "specify minimum allowed timeout", min_timeout),
    row("DAVDepthInfinity", Args::Flag, ACCESS_CONF | RSRC_CONF, Modelled, "allow Depth infinity PROPFIND requests", depth_infinity),
    plain("DAVLockDiscovery", Args::Flag, ACCESS_CONF | RSRC_CONF, Inert, "allow lock discovery by PROPFIND requests"),
];

const LOCK_DB: Directive = row("DAVLockDB", Args::Take1, RSRC_CONF, Modelled, "specify a lock database", lock_db);

const GENERIC_LOCK_DB: Directive =
    plain("DAVGenericLockDB", Args::Take1, ACCESS_CONF, Inert, "specify a lock database");

/// Settings per server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    lock_db: Option<Set<BString>>,
}

impl settings::Settings for Server {
    fn merge(base: &Server, add: &Server) -> Server {
        Server { lock_db: Set::merge(&base.lock_db, &add.lock_db) }
    }
}

fn lock_db(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let path = cmd.server_root_relative(&a[0]);
    Set::put(&mut cmd.server_slot(|s| &mut s.dav).lock_db, path, span);
    Ok(())
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// The provider; `Off` within an enabled folder changes nothing.
    provider: Option<Set<BString>>,
    depth_infinity: Option<Set<bool>>,
}

impl settings::Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            provider: Set::merge(&base.provider, &add.provider),
            depth_infinity: Set::merge(&base.depth_infinity, &add.depth_infinity),
        }
    }
}

/// `dav_cmd_dav`
fn dav(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let provider: BString = match a[0].to_ascii_lowercase().as_slice() {
        b"on" => "filesystem".into(),
        b"off" => {
            cmd.slot(|d| &mut d.dav).provider = None;
            return Ok(());
        }
        _ => a[0].clone(),
    };
    // other modules may bring providers of their own
    let known = match provider.as_slice() {
        b"filesystem" => cmd.build.loaded.has("dav_fs_module"),
        b"svn" => cmd.build.loaded.has("dav_svn_module"),
        _ => false,
    };
    if !known {
        return Err(format!("Unknown DAV provider: {provider}"));
    }
    Set::put(&mut cmd.slot(|d| &mut d.dav).provider, provider, span);
    Ok(())
}

fn min_timeout(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if atoi(&a[0]) < 0 { Err("DAVMinTimeout requires a non-negative integer.".into()) } else { Ok(()) }
}

fn depth_infinity(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.dav).depth_infinity, a[0].eq_ignore_ascii_case(b"on"), span);
    Ok(())
}

/// `dav_fixups`: all methods but GET and POST.
fn fixups(r: &mut Request<'_>) -> Verdict {
    let Some(provider) = r.per_dir.dav.as_ref().and_then(|d| d.provider.clone()) else { return Verdict::Declined };
    if provider.value != "filesystem" {
        r.caveat("DAV", provider.span, format!("the {} provider is not modelled", provider.value));
    }
    if matches!(r.method_number, method::GET | method::POST) {
        return Verdict::Declined;
    }
    r.handler = Some(HANDLER.into());
    r.handler_span = Some(provider.span);
    Verdict::Ok
}

/// `dav_handler`
fn handler(r: &mut Request<'_>) -> Verdict {
    if r.handler.as_ref().is_none_or(|h| h != HANDLER) {
        return Verdict::Declined;
    }
    let verdict = answer(r);
    if verdict != Verdict::Declined {
        r.served_by = Some(HANDLER.into());
        // dav_validate_request asks them of what would be changed
        if conditions::made(r) && !matches!(r.method.as_bytes(), b"OPTIONS" | b"PROPFIND") {
            let span = r.per_dir.dav.as_ref().and_then(|d| d.provider.as_ref()).map_or(Span::NONE, |p| p.span);
            r.caveat("DAV", span, "a request that changes files may be refused for its conditions (412)");
        }
    }
    verdict
}

fn refuse(r: &mut Request<'_>, status: u16, code: &'static str, message: &str) -> Verdict {
    r.error(code, message);
    Verdict::Status(status)
}

fn answer(r: &mut Request<'_>) -> Verdict {
    let extra = r.path_info.as_ref().is_some_and(|p| !p.is_empty());
    let exists = r.finfo.is_some();
    let locks = match r.method.as_bytes() {
        b"PROPFIND" | b"PUT" | b"MKCOL" | b"LOCK" => true,
        b"DELETE" => exists,
        _ => false,
    };
    if locks && let Some(verdict) = without_locks(r) {
        return verdict;
    }
    match r.method.as_bytes() {
        // a file with something behind it is no resource
        b"OPTIONS" | b"PROPFIND" if extra && exists => Verdict::Status(400),
        b"OPTIONS" => Verdict::Done,
        b"PROPFIND" => propfind(r, exists),
        b"PUT" if extra => Verdict::Status(409),
        b"PUT" => write(r, if exists { 204 } else { 201 }, 500),
        b"DELETE" if !exists => Verdict::Status(404),
        b"DELETE" => write(r, 204, 403),
        b"MKCOL" if exists => Verdict::Status(405),
        b"MKCOL" if extra => Verdict::Status(409),
        b"MKCOL" => write(r, 201, 403),
        b"COPY" | b"MOVE" if !exists => Verdict::Status(404),
        b"COPY" | b"MOVE" if r.headers_in.get("Destination").is_none() => {
            let host = r.headers_in.get("New-uri").is_none();
            if host { refuse(r, 400, "AH00591", "The request is missing a Destination header") } else { unsure(r, 400) }
        }
        b"COPY" | b"MOVE" => unsure(r, 201),
        b"LOCK" => Verdict::Status(400),
        b"UNLOCK" if r.headers_in.get("Lock-Token").is_none() => {
            refuse(r, 400, "AH00596", "Unlock failed: no Lock-Token specified in header")
        }
        b"UNLOCK" => unsure(r, 400),
        b"PROPPATCH" if !exists => Verdict::Status(404),
        b"PROPPATCH" => refuse(r, 400, "AH00587", "The request body does not contain a \"propertyupdate\" element."),
        b"REPORT" => refuse(r, 400, "AH00614", "The request body must specify a report."),
        b"SEARCH" | b"BIND" | b"CHECKIN" | b"CHECKOUT" | b"UNCHECKOUT" | b"UPDATE" | b"LABEL" | b"MERGE"
        | b"MKACTIVITY" | b"MKWORKSPACE" | b"BASELINE-CONTROL" | b"VERSION-CONTROL" => Verdict::Status(405),
        _ => Verdict::Declined,
    }
}

/// Where locks may have to be heeded there must be a place for them.
fn without_locks(r: &mut Request<'_>) -> Option<Verdict> {
    let set = r.server.settings.dav.as_ref().and_then(|s| s.lock_db.as_ref()).map(|s| s.span);
    r.decide_if(Phase::Handler, set);
    if set.is_some() {
        return None;
    }
    if *r.method != "LOCK" {
        r.error("AH00623", "A lock database was not specified with the DAVLockDB directive.");
    }
    Some(Verdict::Status(500))
}

/// `dav_method_propfind`
fn propfind(r: &mut Request<'_>, exists: bool) -> Verdict {
    if !exists {
        return Verdict::Status(404);
    }
    let depth = r.headers_in.get("Depth").map_or("infinity".into(), BStr::to_owned);
    if !["0", "1", "infinity"].iter().any(|d| depth.eq_ignore_ascii_case(d.as_bytes())) {
        return Verdict::Status(400);
    }
    let dir = r.per_dir.dav.clone().unwrap_or_default();
    let everything = depth.eq_ignore_ascii_case(b"infinity") && r.is_dir();
    if everything {
        r.decide_if(Phase::Handler, crate::server::setting::decisive(&dir.depth_infinity, &false));
        if !value(&dir.depth_infinity, false) {
            return Verdict::Status(403);
        }
    }
    r.status = 207;
    Verdict::Done
}

/// A request that writes: whether the folder lets it.
fn write(r: &mut Request<'_>, done: u16, refused: u16) -> Verdict {
    let path = r.filename.clone().unwrap_or_default();
    let path = path.strip_suffix(b"/").unwrap_or(&path);
    let folder = filepath::dirname(path);
    let is_folder = r.engine.stat(folder).is_ok_and(|s| s.is_dir());
    if !is_folder {
        return Verdict::Status(409);
    }
    match r.engine.access(folder, W) {
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
