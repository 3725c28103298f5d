//! Reasons that lie in who answers: a handler that is not there, a program sent as a file, a back-end.

use super::{Case, Cause, What};
use crate::modules::known;
use crate::outcome::step::{By, Field, Judgement, Step, Winner};
use crate::phase::Phase;
use crate::site::Directive;
use crate::source::Span;
use crate::suggest::closest;
use crate::url::host_of;
use bstr::{BStr, BString, ByteSlice};

/// Adds those that hold.
pub(super) fn causes(case: &Case<'_>, found: &mut Vec<Cause>) {
    let o = case.outcome;
    before(case, found);
    if let Some(url) = o.file.as_ref().and_then(|f| f.strip_prefix(b"proxy:")) {
        let itself = is_itself(case, url);
        let mut places = case.deciders(&["ProxyPass", "ProxyPassMatch", "RewriteRule", "SetHandler", "AddHandler"]);
        places.extend(sticky(case));
        let fcgi = o.backend.as_ref().and_then(|b| b.fcgi.as_ref());
        let script = fcgi.and_then(|vars| vars.iter().find(|(name, _)| *name == "SCRIPT_FILENAME"));
        let what = match script {
            Some((_, script)) => What::Script { script: script.clone(), status: o.status },
            None => What::Backend { url: url.into(), itself },
        };
        return found.push(Cause { what, places });
    }
    if case.logs(&["AH02809", "AH01262"]) {
        let file = case.file().map(ToOwned::to_owned).unwrap_or_default();
        return found.push(Cause { what: What::NoExec { file }, places: case.deciders(&["Options"]) });
    }
    if o.status >= 300 && o.status != 500 {
        return;
    }
    group(case, found);
    let Some(handler) = &o.handler else { return };
    let by_core = served_by_core(case);
    if *handler != "default-handler" && by_core && o.status < 300 {
        let handler: BString = handler.as_bytes().into();
        let taker = module_of(handler.as_bstr());
        let is_loaded =
            |module: &str| known::by_name(module).is_some_and(|known| case.run.server().loaded.has(known.identifier));
        let source = case.file().is_some_and(is_source);
        if taker.is_some_and(|(name, module)| module == "mod_php" && handler == name && is_loaded(module)) {
            return found.push(Cause { what: What::SwitchedOff { source }, places: engine_off(case) });
        }
        let near = taker.filter(|(name, module)| !name.ends_with(':') && is_loaded(module));
        let near = near.map(|(name, module)| (module, name));
        let module = taker.filter(|_| near.is_none()).map(|(_, module)| module);
        let places = case.deciders(&["SetHandler", "AddHandler", "AddType", "ForceType", "ScriptAlias"]);
        found.push(Cause { what: What::NotTaken { handler, module, near, source }, places });
    }
    if by_core && o.status < 300 && case.file().is_some_and(is_source) {
        let module = case.file().and_then(|f| module_of_file(case, f));
        found.push(Cause { what: What::Source { module }, places: Vec::new() });
    }
}

/// Whether the core sent the file, whatever handler is set.
fn served_by_core(case: &Case<'_>) -> bool {
    // what becomes of headers is no handler's doing
    let of_headers = |s: &Step| s.changes.iter().any(|c| matches!(c.field, Field::Header(_) | Field::Type));
    let handled = |s: &&Step| s.phase == Phase::Handler && s.rule.is_none() && s.matched() && !of_headers(s);
    let last = Step::walk(case.steps).filter(handled).last();
    last.is_some_and(|step| step.by == By::Module("core.c"))
}

/// A line that lost to a module that is asked earlier.
fn before(case: &Case<'_>, found: &mut Vec<Cause>) {
    for step in Step::walk(case.steps) {
        if let (Judgement::Shadowed(Winner::Module(winner)), By::Module(loser)) = (step.judgement, step.by) {
            let what = What::Before { winner, loser };
            if !found.iter().any(|c| c.what == what) {
                found.push(Cause { what, places: step.rule.into_iter().collect() });
            }
        }
    }
}

/// A process group that no WSGIDaemonProcess defines.
fn group(case: &Case<'_>, found: &mut Vec<Cause>) {
    let Some(wsgi) = case.outcome.wsgi.as_ref().filter(|w| !w.process_group.is_empty()) else { return };
    if case.outcome.status >= 400 {
        let names: Vec<BString> = case
            .lines("WSGIDaemonProcess")
            .filter_map(|d| d.args().fields().next().map(|name| name.trim_with(|c| c == '"').into()))
            .collect();
        if names.contains(&wsgi.process_group) {
            return;
        }
        let wanted = wsgi.process_group.to_string();
        let known: Vec<String> = names.iter().map(ToString::to_string).collect();
        let near = closest(&wanted, known.iter().map(String::as_str)).map(BString::from);
        let places = case.deciders(&["WSGIProcessGroup", "WSGIScriptAlias", "WSGIScriptAliasMatch"]);
        found.push(Cause { what: What::NoGroup { name: wsgi.process_group.clone(), near }, places });
    }
}

/// The lines that bind a session to a member of the balancer that was asked.
fn sticky(case: &Case<'_>) -> Vec<Span> {
    let applied: Vec<Span> = case.walk().filter(|s| s.matched()).filter_map(|s| s.rule).collect();
    let binds = |d: &Directive<'_>| {
        d.args().to_ascii_lowercase().contains_str("stickysession")
            && d.parents().last().is_some_and(|(_, section)| applied.contains(&section))
    };
    case.lines("ProxySet").filter(binds).map(|d| d.span()).collect()
}

/// Whether a back-end's URL leads to this very server.
fn is_itself(case: &Case<'_>, url: &[u8]) -> bool {
    let Some(rest) = url.strip_prefix(b"http://").or_else(|| url.strip_prefix(b"https://")) else { return false };
    let authority = rest.split(|b| matches!(b, b'/' | b'?')).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once_str(":") {
        Some((host, port)) => (host, port.to_str().ok().and_then(|p| p.parse().ok()).unwrap_or(0)),
        None => (authority, if url.starts_with(b"https") { 443 } else { 80 }),
    };
    let ours = case.run.server().names.iter().any(|names| names.matches(host).is_some());
    let local = host == b"localhost" || host == b"127.0.0.1" || host == b"[::1]";
    let asked = case.ask.headers.get("Host").is_some_and(|h| host_of(&h.to_str_lossy()).as_bytes() == host);
    port == case.ask.local_port && (ours || local || asked)
}

/// The beginning of a handler's name and the module that takes it, for names that are often written without it.
fn module_of(handler: &BStr) -> Option<(&'static str, &'static str)> {
    const TAKERS: [(&str, &str); 14] = [
        ("proxy:fcgi:", "mod_proxy_fcgi"),
        ("proxy:http:", "mod_proxy_http"),
        ("proxy:https:", "mod_proxy_http"),
        ("proxy:ajp:", "mod_proxy_ajp"),
        ("proxy:uwsgi:", "mod_proxy_uwsgi"),
        ("proxy:scgi:", "mod_proxy_scgi"),
        ("proxy:balancer:", "mod_proxy_balancer"),
        ("proxy:unix:", "mod_proxy_fcgi"),
        ("proxy:", "mod_proxy"),
        ("cgi-script", "mod_cgi"),
        ("wsgi-script", "mod_wsgi"),
        ("fcgid-script", "mod_fcgid"),
        ("application/x-httpd-php", "mod_php"),
        ("server-status", "mod_status"),
    ];
    TAKERS.iter().find(|(name, _)| handler.starts_with(name.as_bytes())).copied()
}

/// The line that switches PHP off: an administrator's counts before others, then the one that was read last.
fn engine_off(case: &Case<'_>) -> Vec<Span> {
    let last = |name: &str| {
        let lines = case.in_force(&|own| own.eq_ignore_ascii_case(name.as_bytes()));
        let engine = lines.into_iter().filter(|(_, line)| {
            case.sources.text(*line).fields().nth(1).is_some_and(|word| word.eq_ignore_ascii_case(b"engine"))
        });
        engine.max_by_key(|(rank, _)| *rank).map(|(_, line)| line)
    };
    last("php_admin_flag").or_else(|| last("php_flag")).into_iter().collect()
}

/// The module that runs programs with a file's extension, where it is not loaded.
fn module_of_file(case: &Case<'_>, file: &BStr) -> Option<&'static str> {
    let extension = extension(file).to_ascii_lowercase();
    let (identifiers, module): (&[&str], _) = match extension.as_slice() {
        b"php" | b"phtml" => (&["php_module", "php7_module", "php5_module", "proxy_fcgi_module"], "mod_php"),
        b"cgi" | b"pl" => (&["cgi_module", "cgid_module"], "mod_cgi"),
        b"wsgi" => (&["wsgi_module"], "mod_wsgi"),
        _ => return None,
    };
    let loaded = &case.run.server().loaded;
    (!identifiers.iter().any(|id| loaded.has(id))).then_some(module)
}

fn extension(file: &BStr) -> &[u8] {
    file.rsplit(|b| matches!(b, b'.' | b'/')).next().unwrap_or_default()
}

/// Whether a file is one that is seldom meant to be read: a program, a database, a secret.
pub(crate) fn is_source(file: &BStr) -> bool {
    const KINDS: [&str; 14] =
        ["py", "wsgi", "php", "phtml", "cgi", "pl", "rb", "sh", "lua", "sqlite", "db", "sql", "env", "htpasswd"];
    KINDS.iter().any(|k| extension(file).eq_ignore_ascii_case(k.as_bytes()))
}
