//! mod_proxy_express.c: the back-end of a host name, in a database file.

use crate::server::cmd::Cmd;
use crate::server::dbm;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::OR_FILEINFO;
use crate::server::module::{Args, Directive, Module, Phase, Verdict, hook, order, row};
use crate::server::request::{ProxyReq, Request};
use crate::server::setting::Set;
use crate::server::settings::Settings;
use bstr::BString;

/// The module.
pub(crate) static EXPRESS: Module = Module {
    name: "mod_proxy_express.c",
    identifier: "proxy_express_module",
    directives: DIRECTIVES,
    hooks: &[hook(Phase::TranslateName, order::FIRST, translate)],
    ..Module::NONE
};

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("ProxyExpressEnable", Args::Flag, OR_FILEINFO, Modelled, "Enable the ProxyExpress functionality", enable),
    row("ProxyExpressDBMFile", Args::Take1, OR_FILEINFO, Modelled, "Location of ProxyExpressDBMFile file", file),
    row("ProxyExpressDBMType", Args::Take1, OR_FILEINFO, Modelled, "Type of ProxyExpressDBMFile file", kind),
];

/// Settings per server, wherever their directives are: `express_server_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Express {
    enabled: Option<Set<bool>>,
    file: Option<Set<BString>>,
    kind: Option<Set<BString>>,
}

impl Settings for Express {
    /// `server_merge`: what is on stays on; a virtual host with any of them has a type of its own, said or not.
    fn merge(base: &Express, add: &Express) -> Express {
        let on = add.enabled.as_ref().is_some_and(|s| s.value);
        Express {
            enabled: if on { add.enabled.clone() } else { base.enabled.clone() },
            file: Set::merge(&base.file, &add.file),
            kind: add.kind.clone(),
        }
    }
}

fn enable(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut cmd.server_slot(|s| &mut s.proxy_express).enabled, on, span);
    Ok(())
}

fn file(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (path, span) = (cmd.server_root_relative(&a[0]), cmd.span());
    Set::put(&mut cmd.server_slot(|s| &mut s.proxy_express).file, path, span);
    Ok(())
}

fn kind(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.server_slot(|s| &mut s.proxy_express).kind, a[0].clone(), span);
    Ok(())
}

/// `xlate_name`
fn translate(r: &mut Request<'_>) -> Verdict {
    let Some(conf) = r.server.settings.proxy_express.as_deref() else { return Verdict::Declined };
    let Some(enabled) = conf.enabled.as_ref().filter(|s| s.value) else { return Verdict::Declined };
    let Some(file) = &conf.file else { return Verdict::Declined };
    if r.filename.as_ref().is_some_and(|f| f.starts_with(b"proxy:")) {
        return Verdict::Declined;
    }
    let kind = conf.kind.as_ref().map_or_else(|| dbm::DEFAULT.into(), |set| set.value.clone());
    let name = r.server_name_for_url();
    let Ok(Some(backend)) = dbm::fetch(r, (&kind, &file.value), &name, file.span) else { return Verdict::Declined };
    for line in [Some(enabled.span), Some(file.span), conf.kind.as_ref().map(|set| set.span)] {
        r.decide_if(Phase::TranslateName, line);
    }
    r.filename = Some([b"proxy:", backend.as_slice(), r.uri.as_slice()].concat().into());
    r.handler = Some("proxy-server".into());
    r.handler_span = None;
    r.proxyreq = ProxyReq::Reverse;
    Verdict::Ok
}
