//! mod_dav.c with mod_dav_fs.c behind it: which requests it takes over, and what it answers to those that change
//! nothing. A request that would write leaves files behind that later ones would see: a caveat.

mod methods;

use crate::filepath;
use crate::server::cmd::Cmd;
use crate::server::conditions;
use crate::server::core::atoi;
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::{method, settings};
use crate::source::Span;
use crate::version;
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_dav.c", identifier: "dav_module", directives: DIRECTIVES, hooks: HOOKS, ..Module::NONE };

/// mod_dav_fs.c.
pub(crate) static FS: Module =
    Module { name: "mod_dav_fs.c", identifier: "dav_fs_module", directives: &[LOCK_DB], hooks: &[], ..Module::NONE };

/// mod_dav_lock.c.
pub(crate) static LOCK: Module = Module {
    name: "mod_dav_lock.c",
    identifier: "dav_lock_module",
    directives: &[GENERIC_LOCK_DB],
    hooks: &[],
    ..Module::NONE
};

static HOOKS: &[Hook] = &[
    hook(Phase::Handler, order::MIDDLE, handler),
    hook(Phase::Fixups, order::FIRST, keep_state),
    hook(Phase::Fixups, order::MIDDLE, fixups),
];

/// Where mod_dav_fs keeps its state, beside the files.
const STATE: &[u8] = b".DAV";

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

/// Refuses the directories with the state of mod_dav_fs, and what is in them.
fn keep_state(r: &mut Request<'_>) -> Verdict {
    let Some(provider) = r.per_dir.dav.as_ref().and_then(|d| d.provider.clone()) else { return Verdict::Declined };
    let Some(file) = r.filename.clone().filter(|_| provider.value == "filesystem") else { return Verdict::Declined };
    let path = BString::from([file.as_slice(), r.path_info.as_ref().map_or(&b""[..], |p| p.as_slice())].concat());
    let bare = |path: &'_ [u8]| path.strip_suffix(b"/").unwrap_or(path).to_owned();
    let is_state = |path: &[u8]| filepath::basename(path) == STATE;
    let path = bare(&path);
    if !is_state(&path) && !is_state(&bare(filepath::dirname(&path))) || !r.has(&version::STATE_IS_PRIVATE) {
        return Verdict::Declined;
    }
    r.error_by("AH10619", format!("access to .DAV state directory denied for {file}"), Some(provider.span));
    r.decide(Phase::Fixups, provider.span);
    Verdict::Status(403)
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
    let verdict = methods::answer(r);
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
