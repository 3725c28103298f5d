//! Rules at a server's own level: `hook_uri2file` (mod_rewrite.c).

use super::list::{self, Action, Applied};
use super::settings::{Rule, option};
use super::{perdir, trace, url, weigh};
use crate::outcome::step::{Judgement, Rewriting};
use crate::server::core;
use crate::server::module::{Phase, Verdict};
use crate::server::request::{ProxyReq, Request};
use crate::version;
use bstr::BString;

const PHASE: Phase = Phase::TranslateName;
const REWRITTEN: &str = "mod_rewrite_rewritten";

/// `hook_uri2file`
pub(super) fn hook_uri2file(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.rewrite.as_deref().filter(|d| perdir::is_on(r, PHASE, d)) else {
        return Verdict::Declined;
    };
    let Some(conf) = r.server.settings.rewrite.as_deref().filter(|c| c.server == r.server.index) else {
        trace::note(r, PHASE, Judgement::Skipped, || Rewriting::NoRules);
        return Verdict::Declined;
    };
    if r.rewrite.end {
        trace::note(r, PHASE, Judgement::Skipped, || Rewriting::Ended);
        return Verdict::Declined;
    }
    let is_path = r.unparsed_uri != "*" && r.uri.starts_with(b"/");
    if !is_path && !dir.options.decides(r, PHASE, option::ANY_URI) {
        trace::note(r, PHASE, Judgement::Skipped, || Rewriting::NoPath);
        return Verdict::Declined;
    }
    let (args, original) = (r.args.clone(), r.filename.clone());
    set_script_variables(r);
    let applied = match r.notes.get(REWRITTEN).and_then(|n| saved(n)) {
        Some(action) => Applied { action, last: None },
        None => {
            if r.filename.is_none() {
                r.filename = Some(r.uri.clone());
            }
            let applied = list::apply(r, &conf.rules, None);
            r.notes.set(REWRITTEN, save(applied.action));
            applied
        }
    };
    weigh::name_engine(r, PHASE, &dir.state, applied.action, &original);
    if applied.action == Action::Unchanged {
        return Verdict::Declined;
    }
    let last = applied.last.filter(|_| !conf.options.decides(r, PHASE, option::UNSAFE_PREFIX_STAT));
    finish(r, applied.action, args, last.as_deref())
}

fn save(action: Action) -> &'static str {
    match action {
        Action::Unchanged => "0",
        Action::Normal => "1",
        Action::NoEscape => "2",
        Action::Status => "4",
        Action::StatusSet => "8",
    }
}

fn saved(note: &[u8]) -> Option<Action> {
    Some(match note {
        b"0" => Action::Unchanged,
        b"1" => Action::Normal,
        b"2" => Action::NoEscape,
        b"4" => Action::Status,
        b"8" => Action::StatusSet,
        _ => return None,
    })
}

/// SCRIPT_URL and SCRIPT_URI.
fn set_script_variables(r: &mut Request<'_>) {
    let from_main = r.main.as_ref().map(|m| m.env.get("SCRIPT_URL").map(|v| v.to_owned()));
    let script_url: Option<BString> = match from_main {
        Some(inherited) => inherited,
        None => Some(r.env.get("REDIRECT_SCRIPT_URL").map_or_else(|| r.uri.clone(), |v| v.to_owned())),
    };
    if let Some(value) = &script_url {
        r.env.set("SCRIPT_URL", value.clone());
    }
    let uri = r.construct_url(script_url.as_deref().map_or(&b""[..], |u| u));
    r.env.set("SCRIPT_URI", uri);
}

/// What becomes of a request whose URL was rewritten.
fn finish(r: &mut Request<'_>, action: Action, args: Option<BString>, last: Option<&Rule>) -> Verdict {
    let filename = r.filename.clone().unwrap_or_default();
    let scheme = url::scheme(&filename);
    if url::refuses_query(r, scheme.is_some() && action != Action::NoEscape) {
        r.error("AH10410", "Rewritten query string contains control characters or spaces");
        return Verdict::Status(403);
    }
    match action {
        Action::Status => {
            return answer(r);
        }
        Action::StatusSet => return Verdict::Status(r.status),
        _ => {}
    }
    if filename.len() > 6 && filename.starts_with(b"proxy:") {
        if let Some(path_info) = r.path_info.clone() {
            r.filename = Some([filename.as_slice(), &path_info].concat().into());
        }
        return proxy(r, action, "AH00669");
    }
    if let Some((skip, _)) = scheme {
        let target = escaped(r, filename, skip, action, args);
        return redirect(r, Phase::TranslateName, target);
    }
    if let Some(path) = filename.strip_prefix(b"passthrough:").filter(|p| !p.is_empty()) {
        r.uri = path.into();
        trace::note(r, PHASE, Judgement::Matched, || Rewriting::PassedThrough);
        return Verdict::Declined;
    }
    local(r, filename, last)
}

/// Ends the request with the status of a rule; none at all (of a flag that names no status) is no error.
pub(super) fn answer(r: &mut Request<'_>) -> Verdict {
    match std::mem::replace(&mut r.status, 200) {
        0 => Verdict::Ok,
        status => Verdict::Status(status),
    }
}

/// Hands the request to mod_proxy.
pub(super) fn proxy(r: &mut Request<'_>, action: Action, refused: &'static str) -> Verdict {
    let loaded = &r.engine.server.loaded;
    let is_refused = refused == "AH00669" || loaded.version.has(&version::PROXY_IS_NEEDED);
    if !loaded.has("proxy_module") && is_refused {
        let filename = r.filename_str();
        r.error(refused, format!("attempt to make remote request from mod_rewrite without proxy enabled: {filename}"));
        return Verdict::Status(403);
    }
    if action == Action::NoEscape {
        r.notes.set("proxy-nocanon", "1");
    }
    let forward = refused == "AH00669" && r.proxyreq == ProxyReq::Proxy;
    if let (Some(args), Some(filename)) = (&r.args, &mut r.filename)
        && (forward || r.notes.get("proxy-nocanon").is_some())
    {
        filename.push(b'?');
        filename.extend_from_slice(args);
    }
    if r.proxyreq == ProxyReq::None {
        r.proxyreq = ProxyReq::Reverse;
    }
    r.handler = Some("proxy-server".into());
    Verdict::Ok
}

/// The Location of a redirect: escaped where the rule allows it, with the query behind.
pub(super) fn escaped(
    r: &Request<'_>,
    filename: BString,
    skip: usize,
    action: Action,
    original_args: Option<BString>,
) -> BString {
    let plain = action == Action::NoEscape;
    let mut target = if plain { filename } else { url::escape_absolute(&filename, skip) };
    if let Some(args) = &r.args {
        target.push(b'?');
        if plain || original_args.as_ref() == Some(args) {
            target.extend_from_slice(args);
        } else {
            target.extend_from_slice(&crate::server::uri::escape_path(args, true));
        }
    }
    target
}

/// Answers with a redirect.
pub(super) fn redirect(r: &mut Request<'_>, phase: Phase, target: BString) -> Verdict {
    let status = match r.status {
        status @ 300..=399 => {
            r.status = 200;
            status
        }
        _ => 302,
    };
    r.filename = Some(target.clone());
    r.headers_out.set("Location", target);
    if r.rewrite.qualified {
        r.name_canonical(phase);
    }
    Verdict::Status(status)
}

/// The result is a path: one of the file system, or one below DocumentRoot.
fn local(r: &mut Request<'_>, filename: BString, last: Option<&Rule>) -> Verdict {
    let filename = url::expand_tilde(r, filename);
    r.filename = Some(filename.clone());
    if !filename.starts_with(b"/") {
        return Verdict::Status(400);
    }
    let reduced = r.notes.get("mod_rewrite_uri_reduced").is_some() && !url::is_legacy(r);
    if !reduced && url::is_file_path(r, &filename, last) {
        trace::note(r, PHASE, Judgement::Matched, || Rewriting::FileSystemPath(filename.to_owned()));
        return Verdict::Ok;
    }
    let uri = std::mem::replace(&mut r.uri, filename);
    let verdict = core::translate(r);
    r.uri = uri;
    if verdict == Verdict::Ok {
        trace::note(r, PHASE, Judgement::Matched, || Rewriting::BelowRoot(r.filename.clone().unwrap_or_default()));
    }
    verdict
}
