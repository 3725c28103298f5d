//! mod_ssl, as far as it chooses a virtual host and lets requests in: SSLEngine, SSLRequireSSL, SSLRequire, the names
//! of TLS handshakes, and the kinds of `Require` that ask for TLS (modules/ssl/ssl_engine_kernel.c).

mod checks;
mod config;
mod rows;
pub(crate) mod vars;

pub(crate) use config::{Dir, Server};

use super::authz::{Parsed, Provider};
use super::authz_core::{Asks, Status, may_decide};
use crate::diagnostic::Diagnostic;
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::server::Connection;
use crate::server::build::{Build, Draft};
use crate::server::expr_context;
use crate::server::functions::TlsVariable as Value;
use crate::server::functions::{Functions, Tls};
use crate::server::listen::Listen;
use crate::server::module::{Hook, Module, Phase, Verdict, hook, order};
use crate::server::request::{ProxyReq, Request};
use crate::server::setting;
use crate::server::setting::{Set, decisive};
use crate::server::settings::PerServer;
use crate::server::settings::merge_slot;
use crate::server::{environ, response};
use crate::source::Span;
use crate::version;
use bstr::{BString, ByteSlice};
use config::{SniPolicy, Verify, option};
use std::sync::{Arc, LazyLock};

const NAME: &str = "mod_ssl.c";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "ssl_module",
    directives: rows::DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.tls = Tls {
        speaks: engine,
        by_default: default_to_tls,
        is_https: is_tls,
        handshake,
        to_backends,
        variable: vars::lookup,
    };
    functions.check_config.push((order::FIRST, check_config));
    let asks = Asks::Where(|settings| settings.ssl.is_some());
    may_decide(functions, |r, lines| lines.extend(r.per_dir.ssl.iter().flat_map(|dir| dir.spans())), asks);
}

static HOOKS: &[Hook] = &[
    hook(Phase::CheckUserId, order::FIRST, check_user),
    hook(Phase::Fixups, order::MIDDLE, fixup),
    hook(Phase::AccessChecker, order::MIDDLE, check_access),
    hook(Phase::AuthChecker, order::MIDDLE, check_auth),
    Hook {
        phase: Phase::PostReadRequest,
        order: order::MIDDLE,
        after: &[],
        before: &["mod_setenvif.c"],
        run: Some(read_request),
    },
];

pub(super) static PROVIDERS: &[Provider] = &[
    Provider {
        name: "ssl",
        module: NAME,
        parse: |_, text| match text.is_empty() {
            true => Ok(Parsed::Nothing),
            false => Err("'Require ssl' does not take arguments".into()),
        },
        check: |r, _| if is_tls(r) { Status::Granted } else { Status::Denied },
        unmodelled: None,
    },
    Provider {
        name: "ssl-verify-client",
        module: NAME,
        parse: |_, text| match text.is_empty() {
            true => Ok(Parsed::Nothing),
            false => Err("'Require ssl-verify-client' does not take arguments".into()),
        },
        check: |_, _| Status::Denied,
        unmodelled: None,
    },
];

fn settings(server: &crate::server::Server) -> &Server {
    static NOTHING: LazyLock<Server> = LazyLock::new(Server::default);
    server.settings.ssl.as_deref().unwrap_or(&NOTHING)
}

/// SSLEngine: whether a server speaks TLS.
pub(crate) fn engine(settings: &PerServer) -> bool {
    settings.ssl.as_ref().and_then(|s| s.engine.as_ref()).is_some_and(|s| s.value)
}

/// `ssl_init_Module`: where SSLEngine is not said, a server of an https port with a certificate speaks TLS.
pub(crate) fn default_to_tls(settings: &mut PerServer, listen: &Listen) {
    let Some(ssl) = settings.ssl.as_mut().filter(|s| s.engine.is_none() && !s.cert_files.is_empty()) else { return };
    Set::put(&mut Arc::make_mut(ssl).engine, true, listen.span.unwrap_or(Span::NONE));
}

/// `ssl_init_server_ctx`: a server that speaks TLS has a certificate. None is needed here.
pub(crate) fn check_config(build: &mut Build) {
    let Some(main) = build.servers.first().map(|s| s.settings.ssl.clone()) else { return };
    let port = |draft: &Draft| draft.addrs.first().map(|a| a.port).filter(|p| *p != 0).unwrap_or(443);
    let mut found = Vec::new();
    for (index, draft) in build.servers.iter().enumerate() {
        let ssl = if index == 0 { main.clone() } else { merge_slot(&main, &draft.settings.ssl) };
        let Some(ssl) = ssl.filter(|s| s.cert_files.is_empty()) else { continue };
        let Some(engine) = ssl.engine.as_ref().filter(|s| s.value) else { continue };
        let name = draft.name.as_ref().or(build.servers[0].name.as_ref()).map(|n| n.host.clone()).unwrap_or_default();
        let message = format!("Failed to configure at least one certificate and key for {name}:{}", port(draft));
        found.push(Diagnostic::warning("AH02572", message, engine.span).help("name one with `SSLCertificateFile`"));
    }
    if !build.loaded.has("mod_md.c") {
        build.diagnostics.extend(found);
    }
}

/// `ssl_engine_set`: SSLProxyEngine.
fn to_backends(r: &mut Request<'_>) -> bool {
    let engine = r.per_dir.ssl.as_ref().and_then(|dir| dir.proxy_engine.clone());
    r.decide_if(Phase::Handler, setting::decisive(&engine, &false));
    setting::value(&engine, false)
}

/// `modssl_request_is_tls`
pub(crate) fn is_tls(r: &Request<'_>) -> bool {
    r.connection.tls && engine(&r.server.settings)
}

/// `init_vhost`: the server whose settings the handshake uses, by the name that the client asks for in it.
pub(crate) fn handshake(servers: &crate::server::Compiled, connection: &Connection) -> usize {
    let base = connection.base_server;
    let Some(sni) = &connection.sni else { return base };
    let chain = connection.chain.and_then(|id| servers.tables.chain(id));
    let fits = |index: usize| servers.names.get(index).is_some_and(|n| n.matches(sni).is_some());
    match chain.and_then(|c| c.names()) {
        None => base,
        Some(links) => {
            let mut same_port = links.filter(|l| l.port == 0 || l.port == connection.local_port);
            same_port.find(|l| fits(l.server)).map_or(base, |l| l.server)
        }
    }
}

/// `ssl_hook_ReadReq`
fn read_request(r: &mut Request<'_>) -> Verdict {
    if r.connection.plain_on_tls && r.is_initial() {
        r.error("AH01996", "SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page");
        let engine = settings(r.server).engine.clone();
        r.decide_if(Phase::PostReadRequest, decisive(&engine, &false));
        return Verdict::Status(400);
    }
    if !r.connection.tls || r.proxyreq == ProxyReq::Proxy || !r.is_initial() {
        return Verdict::Declined;
    }
    let all = r.engine;
    let Some(shaken) = all.server.servers.get(r.connection.handshake) else { return Verdict::Declined };
    let (own, other) = (settings(r.server), settings(shaken));
    let named = match r.connection.sni.clone() {
        Some(sni) if r.hostname.is_none() => {
            r.error("AH02031", format!("Hostname {sni} provided via SNI, but no hostname provided in HTTP request"));
            return Verdict::Status(400);
        }
        Some(sni) => format!("{sni} provided via SNI"),
        None => {
            let strict = |s: &Server| s.strict_sni.as_ref().is_some_and(|s| s.value);
            let by_name =
                r.connection.chain.and_then(|id| all.server.tables.chain(id)).is_some_and(|c| c.names().is_some());
            if by_name && (strict(own) || strict(other)) {
                r.error("AH02033", "No hostname was provided via SNI for a name based virtual host");
                if strict(own) != strict(other) {
                    let reason = if strict(own) { &own } else { &other };
                    r.decide_if(Phase::PostReadRequest, decisive(&reason.strict_sni, &false));
                }
                return Verdict::Status(403);
            }
            format!("{} (default host as no SNI was provided)", shaken.hostname)
        }
    };
    let policy = settings(&all.server.servers[0]).sni_policy.as_ref().map_or(SniPolicy::Secure, |s| s.value);
    if shaken.index != r.server.index
        && !other.compatible(own, policy)
        && (r.connection.sni.is_some() || r.has(&version::NAMELESS_HANDSHAKE))
    {
        let host = r.hostname.clone().unwrap_or_default();
        let word = format!("{policy:?}").to_lowercase();
        r.error(
            "AH02032",
            format!(
                "Hostname {named} and hostname {host} provided via HTTP have no compatible SSL setup for policy '{word}'"
            ),
        );
        return Verdict::Status(421);
    }
    Verdict::Declined
}

/// Why the access check refuses a request.
pub(crate) enum Refusal {
    /// SSLRequireSSL, over plain HTTP.
    Plain,
    /// A certificate would have to be asked for once the handshake is over.
    Handshake,
    /// A condition of SSLRequire that doesn't hold, or can't be evaluated.
    Condition(Span, Option<String>),
}

/// What `ssl_hook_Access` finds against a request.
pub(crate) fn refusal(r: &mut Request<'_>) -> Option<Refusal> {
    let dir = r.per_dir.ssl.as_deref()?;
    let skip = r.without;
    if !r.connection.tls && dir.require_ssl.iter().any(|s| Some(*s) != skip) {
        return Some(Refusal::Plain);
    }
    if !is_tls(r) {
        return None;
    }
    if asks_again(r, dir.verify_client.as_ref()) {
        return Some(Refusal::Handshake);
    }
    for (span, expr) in dir.require.iter().filter(|l| Some(l.0) != skip) {
        let held = expr_context::condition(r, expr);
        r.engine.budget.name(*span);
        match held {
            Ok(true) => {}
            Ok(false) => return Some(Refusal::Condition(*span, None)),
            Err(e) => return Some(Refusal::Condition(*span, Some(e.to_string()))),
        }
    }
    None
}

/// `ssl_hook_Access_modern`: whether the place wants to see a certificate and the handshake asked for none. Over TLS 1.3
/// it would have to be asked for afterwards, which few clients allow.
fn asks_again(r: &Request<'_>, dir: Option<&Set<Verify>>) -> bool {
    let mode = |set: Option<&Set<Verify>>| set.map_or(Verify::None, |s| s.value);
    let skipped = dir.filter(|s| r.without != Some(s.span));
    let server = mode(settings(r.server).verify_client.as_ref());
    let shaken = settings(r.engine.server.servers.get(r.connection.handshake).unwrap_or(r.server));
    let any = |of: &[Verify]| of.contains(&server) || of.contains(&mode(skipped));
    let strict = any(&[Verify::Require]);
    let needed = strict || any(&[Verify::Optional, Verify::OptionalNoCa]);
    match mode(shaken.verify_client.as_ref()) {
        Verify::None => needed,
        Verify::Require => false,
        Verify::Optional | Verify::OptionalNoCa => strict,
    }
}

/// `ssl_hook_Access`
fn check_access(r: &mut Request<'_>) -> Verdict {
    let file = r.filename_str();
    warn_of_certificates(r);
    let refused = refusal(r);
    tell(r, refused.as_ref());
    match refused {
        None => {}
        Some(Refusal::Plain) => {
            r.error("AH02219", format!("access to {file} failed, reason: SSL connection required"));
            r.notes.set("ssl-access-forbidden", "1");
            return Verdict::Status(403);
        }
        Some(Refusal::Handshake) => {
            r.error("AH10158", "cannot perform post-handshake authentication");
            return Verdict::Status(403);
        }
        Some(Refusal::Condition(_, error)) => {
            match error {
                Some(e) => r.error(
                    "AH02265",
                    format!("access to {file} failed, reason: Failed to execute SSL requirement expression: {e}"),
                ),
                None => r.error(
                    "AH02229",
                    format!("access to {file} failed, reason: SSL requirement expression not fulfilled"),
                ),
            }
            r.notes.set("ssl-access-forbidden", "1");
            return Verdict::Status(403);
        }
    }
    set_user(r);
    Verdict::Declined
}

fn tell(r: &Request<'_>, refused: Option<&Refusal>) {
    let Some(dir) = r.per_dir.ssl.as_deref().filter(|_| r.watched()) else { return };
    let plain = matches!(refused, Some(Refusal::Plain));
    let step = |span, failed: bool, detail| {
        Step::new(Phase::AccessChecker, By::Module(NAME), Some(span), Judgement::of(!failed)).with(detail)
    };
    for span in &dir.require_ssl {
        r.tell(|| step(*span, plain, Detail::Tls(!plain)));
    }
    for (span, _) in dir.require.iter().filter(|_| !plain && is_tls(r)) {
        let failed = matches!(refused, Some(Refusal::Condition(at, _)) if at == span);
        r.tell(|| step(*span, failed, Detail::SslRequire));
        if failed {
            break;
        }
    }
}

/// What a client's certificate would change.
fn warn_of_certificates(r: &mut Request<'_>) {
    if !r.connection.tls {
        return;
    }
    let dir = r.per_dir.ssl.as_ref().and_then(|d| d.verify_client.clone());
    let server = settings(r.server).verify_client.clone();
    if let Some(set) = server.filter(|s| s.value == Verify::Require) {
        let why = "the client is taken to have shown a certificate; one without is turned away in the handshake";
        r.caveat("SSLVerifyClient", set.span, why);
    } else if let Some(set) = dir.filter(|s| s.value != Verify::None) {
        let why = "the client is taken to speak TLS 1.3 and to show no certificate once the handshake is over";
        r.caveat("SSLVerifyClient", set.span, why);
    }
}

/// SSLUserName: a variable names the user.
fn set_user(r: &mut Request<'_>) {
    let Some(dir) = r.per_dir.ssl.as_deref() else { return };
    let Some(name) = dir.user_name.as_ref().filter(|_| is_tls(r) && !dir.has(option::FAKE_BASIC_AUTH, None)) else {
        return;
    };
    let user = expr_context::ssl_variable(r, name);
    if !user.is_empty() {
        r.user = Some(user);
        r.authenticated = true;
    }
}

/// Whether StrictRequire refuses what the access check refused, whatever Satisfy says.
fn strictly_forbidden(r: &Request<'_>) -> bool {
    let strict = r.per_dir.ssl.as_ref().is_some_and(|d| d.has(option::STRICT_REQUIRE, r.without));
    strict && r.notes.get("ssl-access-forbidden").is_some()
}

/// `ssl_hook_UserCheck`
fn check_user(r: &mut Request<'_>) -> Verdict {
    if strictly_forbidden(r) {
        return Verdict::Status(403);
    }
    if !r.is_initial() {
        return Verdict::Declined;
    }
    // the name that FakeBasicAuth would make up must not come from the client
    let line = r.headers_in.get("Authorization").map(|l| l.to_owned()).unwrap_or_default();
    if let Some(sent) = line.strip_prefix(b"Basic ") {
        let decoded = crate::base64::decode(sent.trim_start_with(|c| c == ' ' || c == '\t'));
        let (user, password) = decoded.split_once_str(":").unwrap_or((&decoded, b""));
        if user.starts_with(b"/") && password == b"password" {
            let user = BString::from(user);
            r.error("AH02035", format!("Encountered FakeBasicAuth spoof: {user}"));
            return Verdict::Status(403);
        }
    }
    Verdict::Declined
}

/// `ssl_hook_Auth`
fn check_auth(r: &mut Request<'_>) -> Verdict {
    if strictly_forbidden(r) { Verdict::Status(403) } else { Verdict::Declined }
}

/// `ssl_hook_Fixup`
fn fixup(r: &mut Request<'_>) -> Verdict {
    if is_tls(r) {
        r.env.set("HTTPS", "on");
        if let Some(sni) = r.connection.sni.clone() {
            r.env.set("SSL_TLS_SNI", sni);
        }
        if let Some(dir) = r.per_dir.ssl.as_deref().filter(|_| environ::is_read(r)) {
            std_env_vars(r, dir);
        }
    }
    Verdict::Declined
}

/// What `SSLOptions +StdEnvVars` and `+ExportCertData` set. Of the server's certificate no value is known.
fn std_env_vars(r: &mut Request<'_>, dir: &Dir) {
    let set = |r: &mut Request<'_>, name: &str, value: Option<BString>| {
        if let Some(span) = dir.options_span {
            r.environ.lines.push((name.into(), span));
        }
        r.env.set(BString::from(name), value.unwrap_or(response::UNKNOWN.into()));
    };
    if dir.has(option::STD_ENV_VARS, None) {
        for name in vars::STANDARD {
            match vars::lookup(r, name.into()) {
                Value::Known(value) | Value::Likely(value) if value.is_empty() => {}
                Value::Known(value) | Value::Likely(value) => set(r, &format!("SSL_{name}"), Some(value)),
                Value::Unknown => set(r, &format!("SSL_{name}"), None),
                Value::Unset => {}
            }
        }
    }
    if dir.has(option::EXPORT_CERT_DATA, None) {
        set(r, "SSL_SERVER_CERT", None);
        set(r, "SSL_CLIENT_CERT", Some(BString::default()));
    }
}
