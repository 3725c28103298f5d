//! mod_proxy_fcgi.c: what a FastCGI back-end is told of a request, and what becomes of its answer.
//!
//! The back-end is taken to be PHP-FPM with its defaults over the same file system ([`super::fpm`]).

use super::backend::Asked;
use super::fpm::{self, Found, Params};
use crate::expr::{Backrefs, Expr};
use crate::modules::php;
use crate::server::cmd::Cmd;
use crate::server::engine::Program;
use crate::server::environ::{self, Reader};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::OR_FILEINFO;
use crate::server::module::{Args, Directive, Module, Phase, Verdict, row};
use crate::server::request::Request;
use crate::server::setting::{self, Set};
use crate::server::{expr_context, script};
use crate::source::Span;
use crate::version;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// The module. (Its hooks are mod_proxy's own: see [`super::schemes`].)
pub(crate) static FCGI: Module = Module {
    name: "mod_proxy_fcgi.c",
    identifier: "proxy_fcgi_module",
    directives: &[BACKEND_TYPE, SET_ENV_IF],
    hooks: &[],
    ..Module::NONE
};

const BACKEND_TYPE: Directive = row(
    "ProxyFCGIBackendType",
    Args::Take1,
    OR_FILEINFO,
    Modelled,
    "Specify the type of FastCGI server: 'Generic', 'FPM'",
    backend_type,
);

const SET_ENV_IF: Directive =
    row("ProxyFCGISetEnvIf", Args::Take23, OR_FILEINFO, Modelled, "expr-condition env-name expr-value", set_env_if);

/// One ProxyFCGISetEnvIf: httpd's `sei_entry`.
#[derive(Clone, Debug)]
struct Fixup {
    span: Span,
    condition: Arc<Expr>,
    name: BString,
    /// None where the variable is taken away.
    value: Option<Arc<Expr>>,
}

/// Settings per directory: `fcgi_dirconf_t`.
#[derive(Clone, Debug, Default)]
pub(super) struct Dir {
    /// ProxyFCGIBackendType GENERIC.
    generic: Option<Set<bool>>,
    fixups: Arc<Vec<Fixup>>,
}

impl Dir {
    /// `fcgi_merge_dconf`
    pub(super) fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { generic: Set::merge(&base.generic, &add.generic), fixups: super::chain(&base.fixups, &add.fixups) }
    }
}

/// `cmd_servertype`
fn backend_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let generic = a[0].eq_ignore_ascii_case(b"generic");
    if !generic && !a[0].eq_ignore_ascii_case(b"fpm") {
        return Err("ProxyFCGIBackendType requires one of the following arguments: 'GENERIC', 'FPM'".into());
    }
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.proxy).fcgi.generic, generic, span);
    Ok(())
}

/// `cmd_setenv`
fn set_env_if(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let parse = |cmd: &mut Cmd<'_>, text: &BString, string| {
        cmd.expr(text, string).map(Arc::new).map_err(|e| format!("Could not parse expression \"{text}\": {e}"))
    };
    let condition = parse(cmd, &a[0], false)?;
    let (name, value) = match (a[1].strip_prefix(b"!"), a.get(2)) {
        (Some(_), Some(value)) => {
            let name = &a[1];
            return Err(format!(
                "Third argument (\"{value}\") is not allowed when using ProxyFCGISetEnvIf's unset mode ({name})"
            ));
        }
        (Some(b""), None) => return Err("ProxyFCGISetEnvIf: \"!\" is not a valid variable name".into()),
        (Some(name), None) => (name.into(), None),
        (None, value) => (a[1].clone(), Some(parse(cmd, value.unwrap_or(&BString::default()), true)?)),
    };
    let span = cmd.span();
    Arc::make_mut(&mut cmd.slot(|d| &mut d.proxy).fcgi.fixups).push(Fixup { span, condition, name, value });
    Ok(())
}

/// `proxy_fcgi_handler`, from where the back-end is known.
pub(super) fn answer(r: &mut Request<'_>, asked: &Asked) -> Verdict {
    let dir = r.per_dir.proxy.as_deref().map(|d| d.fcgi.clone()).unwrap_or_default();
    let generic = setting::value(&dir.generic, false);
    let Ok(params) = environment(r, &dir, generic) else {
        r.error("AH01074", format!("Failed writing Environment to {}:", asked.host));
        return Verdict::Status(503);
    };
    let found = fpm::find(r, &params);
    name_deciders(r, &dir, &params, &found, generic);
    if found.refusal.is_none() {
        let credentials = php::credentials(r.env.get("HTTP_AUTHORIZATION"));
        environ::hand(r, Reader::Php, &[found.environment(), credentials].concat());
    }
    let verdict = dispatch(r, &found, asked);
    r.script_name = found.script_name.clone();
    asked.told(r, found);
    verdict
}

/// `send_environment`: sets the variables that the back-end is sent, and takes out those that it looks at.
fn environment(r: &mut Request<'_>, dir: &Dir, generic: bool) -> Result<Params, ()> {
    if !r.engine.server.loaded.version.has(&version::PLAIN_FILE) {
        lose_url(r, generic);
    }
    script::add_common_vars(r);
    r.env.set("SCRIPT_FILENAME", script_filename(r, generic));
    if r.backend.as_ref().is_some_and(|b| b.worker.is_none()) {
        r.env.set("proxy-nokeepalive", "1");
    }
    script::add_cgi_vars(r);
    if let Some(path) = script::path_translated(r) {
        r.env.set("PATH_TRANSLATED", path);
    }
    let mut groups = Backrefs::default();
    for fixup in dir.fixups.iter() {
        r.engine.budget.name(fixup.span);
        match expr_context::condition_re(r, &fixup.condition, &mut groups) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(e) => {
                r.error_by("AH10241", format!("fix_cgivars: Condition eval returned -1: {e}"), Some(fixup.span));
                return Err(());
            }
        }
        let value = match &fixup.value {
            None => None,
            Some(value) => match expr_context::string_re(r, value, &mut groups) {
                Ok(value) => Some(value),
                Err(_) => continue,
            },
        };
        r.change_env(Phase::Handler, fixup.name.as_bstr(), value, fixup.span);
    }
    Ok(Params::of(&r.env))
}

/// What older versions did: the request's file itself loses the URL in front of it, and with that the query.
fn lose_url(r: &mut Request<'_>, generic: bool) {
    let Some(file) = r.filename.clone() else { return };
    let url = file.strip_prefix(b"proxy:balancer://").or(file.strip_prefix(b"proxy:fcgi://").filter(|_| generic));
    let Some(mut url) = url else { return };
    if generic {
        url = without_query(r, url);
    }
    r.filename = url.find_byte(b'/').map(|slash| url[slash..].into());
}

/// What is before the query at the end of a URL, where it is the request's.
fn without_query<'u>(r: &Request<'_>, url: &'u [u8]) -> &'u [u8] {
    let args = r.args.as_ref().filter(|args| !args.is_empty());
    match (args, url.rfind_byte(b'?')) {
        (Some(args), Some(question)) if url[question + 1..] == ***args => &url[..question],
        _ => url,
    }
}

/// SCRIPT_FILENAME: the file, which a back-end other than PHP-FPM gets without the URL in front of it.
fn script_filename(r: &Request<'_>, generic: bool) -> BString {
    let file = r.filename.clone().unwrap_or_default();
    let mut path = file.as_bstr();
    if generic && let Some(url) = path.strip_prefix(b"proxy:fcgi://") {
        path = without_query(r, url.find_byte(b'/').map_or(&b""[..], |slash| &url[slash..])).as_bstr();
    }
    if r.notes.get("proxy-noquery").is_some() {
        path = path[..path.find_byte(b'?').unwrap_or(path.len())].as_bstr();
    }
    path.into()
}

/// Names the lines without which another script would be run, or none.
fn name_deciders(r: &mut Request<'_>, dir: &Dir, params: &Params, found: &Found, generic: bool) {
    for fixup in dir.fixups.iter() {
        let before = r.env_changes.iter().find(|c| c.span == fixup.span).map(|c| (c.name.clone(), c.before.clone()));
        if let Some((name, before)) = before
            && !fpm::find(r, &params.with(&name, before)).is_like(found)
        {
            r.decide(Phase::Handler, fixup.span);
        }
    }
    if let Some(span) = setting::decisive(&dir.generic, &false) {
        let other = params.with(b"SCRIPT_FILENAME", Some(script_filename(r, !generic)));
        if dir.fixups.is_empty() && fpm::find(r, &other).status != found.status {
            r.decide(Phase::Handler, span);
        }
    }
}

/// `dispatch`: PHP-FPM names a status only where that is not 200, so that an error page's own stays.
fn dispatch(r: &mut Request<'_>, found: &Found, asked: &Asked) -> Verdict {
    if let Some(why) = &found.refusal {
        r.error("AH01071", format!("Got error '{why}'"));
        r.status = found.status;
        if !asked.is_local {
            let why = "the back-end is another machine, or its path is not one of this file system: the answer is \
                       PHP-FPM's where it has the same files";
            asked.caveat(r, why);
        }
    } else {
        let program = found.script.as_ref().map_or(Program::Works, |script| r.engine.programs.program("php", script));
        asked.overridden(r, program == Program::Unknown);
        // the page is sent piece by piece: no range of it is
        r.status = script::conditions(r, program).unwrap_or(r.status);
        return Verdict::Ok;
    }
    match r.is_initial() && asked.overrides(r, found.status) {
        false => Verdict::Ok,
        true => {
            // lest it count as an error within an error
            r.status = 200;
            Verdict::Status(found.status)
        }
    }
}
