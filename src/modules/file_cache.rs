//! mod_file_cache.c: files that are opened while httpd starts, as root, and found before other modules look.

use crate::server::byterange::Body;
use crate::server::cmd::Cmd;
use crate::server::conditions::{self, State};
use crate::server::core::allow_methods;
use crate::server::core::hooks;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::response::{self, Length};
use crate::server::settings::Settings;
use crate::server::{http_request, method};
use crate::source::Span;
use crate::vfs::{Cred, Kind, Stat, resolve};
use bstr::BString;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_file_cache.c",
    identifier: "file_cache_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] =
    &[hook(Phase::Handler, order::LAST, handler), hook(Phase::TranslateName, order::MIDDLE, translate)];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("cachefile", Args::Iterate, RSRC_CONF, Modelled, "A space separated list of files to add to the file handle cache at config time", open),
    row("mmapfile", Args::Iterate, RSRC_CONF, Modelled, "A space separated list of files to mmap at config time", open),
];

/// Settings per server: the files that were there, and what they were then. A virtual host that names any has those alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    files: Arc<BTreeMap<BString, (Stat, Span)>>,
}

impl Settings for Server {}

/// A note: the file is one of those.
const FOUND: &str = "file_cache";

/// `cache_the_file`
fn open(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let path = cmd.server_root_relative(&a[0]);
    let found = resolve::stat(&*cmd.build.vfs, &Cred::root(), &path).ok().filter(|stat| stat.kind == Kind::Regular);
    let span = cmd.span();
    // a virtual host with a line for no file has no files
    let files = &mut cmd.server_slot(|s| &mut s.file_cache).files;
    if let Some(stat) = found {
        Arc::make_mut(files).insert(path, (stat, span));
    }
    Ok(())
}

fn files<'a>(r: &Request<'a>) -> Option<&'a BTreeMap<BString, (Stat, Span)>> {
    r.server.settings.file_cache.as_deref().map(|conf| &*conf.files).filter(|files| !files.is_empty())
}

/// `file_cache_xlat`: before modules that come later can translate the path.
fn translate(r: &mut Request<'_>) -> Verdict {
    let Some(files) = files(r) else { return Verdict::Declined };
    match hooks::translate(r) {
        Verdict::Ok => {}
        verdict => return verdict,
    }
    let Some((stat, span)) = r.filename.as_ref().and_then(|name| files.get(name)) else { return Verdict::Declined };
    r.decide(Phase::TranslateName, *span);
    r.notes.set(FOUND, "1");
    r.finfo = Some(*stat);
    Verdict::Ok
}

/// `file_cache_handler`: the file is open already, whoever may read it.
fn handler(r: &mut Request<'_>) -> Verdict {
    let fits = r.handler.as_ref().is_none_or(|h| h.is_empty() || *h == "default-handler" || h.contains(&b'/'));
    if !fits || r.method_number != method::GET || r.notes.get(FOUND).is_none() {
        return Verdict::Declined;
    }
    let Some(info) = r.finfo else { return Verdict::Declined };
    allow_methods(r, &[method::GET]);
    if let Err(status) = http_request::discard_request_body(r) {
        return Verdict::Status(status);
    }
    r.served_by = Some("default-handler".into());
    response::says_modified(r, &info);
    r.says("Content-Length", info.size.to_string());
    r.replies(Length::Known(info.size));
    response::says_tag(r, &info);
    let states = State::of_file(r, &info);
    if let Some(status) = conditions::meet(r, &states).filter(|_| conditions::made(r)) {
        return Verdict::Status(status);
    }
    r.body = Body::new(r, Some(info.size), || states);
    Verdict::Ok
}
