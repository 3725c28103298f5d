//! mod_auth_digest.c, as far as a 401: the nonce that would let a client in holds a secret of the running httpd.

use super::authn::core::{auth_name, auth_type};
use super::authn::{self, List, Status};
use crate::expr::digest::{hex, md5};
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::{ProxyReq, Request};
use crate::server::response::UNKNOWN;
use crate::server::setting::{Set, without};
use crate::server::settings::Settings;
use crate::server::uri;
use crate::source::Span;
use crate::version;
use bstr::{BStr, BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_auth_digest.c",
    identifier: "auth_digest_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.auth_digest.iter().flat_map(|dir| dir.spans())));
}

static HOOKS: &[Hook] = &[
    Hook { phase: Phase::PostReadRequest, order: order::MIDDLE, after: &["mod_proxy.c"], before: &[], run: None },
    hook(Phase::CheckUserId, order::MIDDLE, authenticate),
    Hook { phase: Phase::Fixups, order: order::MIDDLE, after: &[], before: &[], run: None },
];

static DIRECTIVES: &[Directive] = &[
    row(
        "AuthDigestProvider",
        Args::Iterate,
        OR_AUTHCFG,
        Modelled,
        "specify the auth providers for a directory or location",
        provider,
    ),
    row("AuthDigestQop", Args::Iterate, OR_AUTHCFG, Inert, "A list of quality-of-protection options", qop),
    row(
        "AuthDigestNonceLifetime",
        Args::Take1,
        OR_AUTHCFG,
        Inert,
        "Maximum lifetime of the server nonce (seconds)",
        nonce_lifetime,
    ),
    plain(
        "AuthDigestNcCheck",
        Args::Flag,
        OR_AUTHCFG,
        Inert,
        "Whether or not to check the nonce-count sent by the client",
    ),
    row(
        "AuthDigestAlgorithm",
        Args::Take1,
        OR_AUTHCFG,
        Inert,
        "The algorithm used for the hash calculation",
        algorithm,
    ),
    plain(
        "AuthDigestDomain",
        Args::Iterate,
        OR_AUTHCFG,
        Inert,
        "A list of URI's which belong to the same protection space as the current URI",
    ),
    row(
        "AuthDigestShmemSize",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "The amount of shared memory to allocate for keeping track of clients",
        shmem_size,
    ),
];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    providers: Option<Set<List>>,
}

impl Settings for Dir {
    /// It has no merge rule.
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { providers: add.providers.as_ref().and(Set::merge(&base.providers, &add.providers)) }
    }
}

impl Dir {
    /// The places of the settings that decide who a user is.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        self.providers.as_ref().map(|s| s.span).into_iter()
    }
}

/// `add_authn_provider`
fn provider(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let Some(found) = authn::find(cmd.build, &a[0]) else { return Err(format!("Unknown Authn provider: {}", a[0])) };
    if !found.has_realm_hash() {
        return Err(format!("The '{}' Authn provider doesn't support Digest Authentication", a[0]));
    }
    let span = cmd.span();
    List::add(&mut cmd.slot(|d| &mut d.auth_digest).providers, found, span);
    Ok(())
}

/// `set_qop`
fn qop(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    match a[0].eq_ignore_ascii_case(b"auth") {
        true => Ok(()),
        false => Err("AuthDigestQop is deprecated: only 'auth' is supported".into()),
    }
}

/// strtol: where the number ends.
fn number(text: &[u8]) -> (i64, &[u8]) {
    let start = text.trim_start();
    let signs = usize::from(matches!(start.first(), Some(b'+' | b'-')));
    let digits = start[signs..].iter().take_while(|b| b.is_ascii_digit()).count();
    let (read, rest) = start.split_at(signs + digits);
    match read.to_str().ok().and_then(|t| t.parse().ok()) {
        Some(n) => (n, rest),
        None => (0, text),
    }
}

/// `set_nonce_lifetime`
fn nonce_lifetime(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    match number(&a[0]).1.first() {
        Some(b) if !b.is_ascii_whitespace() => Err(format!("Invalid time in AuthDigestNonceLifetime: {}", a[0])),
        _ => Ok(()),
    }
}

/// `set_algorithm`
fn algorithm(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    match a[0].eq_ignore_ascii_case(b"MD5") {
        true => Ok(()),
        false => Err(format!("Unsupported algorithm in AuthDigestAlgorithm: {}", a[0])),
    }
}

/// `set_shmem_size`
fn shmem_size(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    // its table, a place in it and one client, on a machine with 64 bits
    const LEAST: i64 = 88;
    let (size, rest) = number(&a[0]);
    let size = match rest.trim_start().first() {
        None | Some(b'b' | b'B') => size,
        Some(b'k' | b'K') => size.saturating_mul(1024),
        Some(b'm' | b'M') => size.saturating_mul(1_048_576),
        Some(_) => return Err(format!("Invalid size in AuthDigestShmemSize: {}", a[0])),
    };
    if size < LEAST {
        return Err(format!("size in AuthDigestShmemSize too small: {size} < {LEAST}"));
    }
    Ok(())
}

/// How long httpd's own nonces are: a time and a hash.
const NONCE_LENGTH: usize = 52;

/// What a client's header says: httpd's `digest_header_rec`.
#[derive(Default)]
struct Response {
    fields: Vec<(BString, BString)>,
}

impl Response {
    /// `get_digest_rec`: the fields behind the scheme.
    fn parse(mut text: &[u8]) -> Response {
        let mut fields = Vec::new();
        let span = |t: &[u8], stop: fn(u8) -> bool| t.iter().position(|b| stop(*b)).unwrap_or(t.len());
        while !text.is_empty() {
            text = text.trim_start();
            let (key, rest) = text.split_at(span(text, |b| b == b'=' || b == b',' || b.is_ascii_whitespace()));
            let mut rest = rest.trim_start();
            let mut value = BString::default();
            if let Some(after) = rest.strip_prefix(b"=") {
                rest = after.trim_start();
                if let Some(quoted) = rest.strip_prefix(b"\"") {
                    let mut at = 0;
                    while let Some(&b) = quoted.get(at).filter(|b| **b != b'"') {
                        let escaped = quoted.get(at + 1).filter(|_| b == b'\\');
                        value.push(*escaped.unwrap_or(&b));
                        at += 1 + usize::from(escaped.is_some());
                    }
                    rest = quoted.get(at + 1..).unwrap_or_default();
                } else {
                    let end = span(rest, |b| b == b',' || b.is_ascii_whitespace());
                    value = rest[..end].into();
                    rest = &rest[end..];
                }
            }
            fields.push((key.to_ascii_lowercase().into(), value));
            text = rest.get(span(rest, |b| b == b',') + 1..).unwrap_or_default();
        }
        Response { fields }
    }

    fn get(&self, name: &str) -> Option<&BStr> {
        self.fields.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_bstr())
    }

    /// `strict`: with a nonce and a response as long as they are.
    fn complete(&self, strict: bool) -> bool {
        let has = |name| self.get(name).is_some();
        let long = |name, length| self.get(name).is_some_and(|v| !strict || v.len() == length);
        ["username", "realm", "uri"].into_iter().all(has)
            && long("nonce", NONCE_LENGTH)
            && long("response", 32)
            && (!has("qop") || has("cnonce") && has("nc"))
    }

    /// `old_digest`, `new_digest`
    fn expected(&self, r: &Request<'_>, ha1: &[u8]) -> BString {
        let text = |name| self.get(name).unwrap_or_default().as_bytes();
        let ha2 = hex(&md5(&bstr::join(":", [r.method.as_bytes(), text("uri")])));
        let parts = match self.get("qop") {
            None => vec![ha1, text("nonce"), &ha2],
            Some(qop) => vec![ha1, text("nonce"), text("nc"), text("cnonce"), qop, &ha2],
        };
        hex(&md5(&bstr::join(":", parts)))
    }
}

/// Whether a URI of the header means that of the request, written in another way.
fn same_uri(r: &Request<'_>, asked: &[u8]) -> bool {
    let Some(parts) = uri::parse(asked) else { return false };
    let own_port = r.parsed_uri.port.unwrap_or_else(|| r.default_port());
    let host = parts.hostname.filter(|h| !h.is_empty());
    let same_host = host.is_none_or(|h| r.hostname.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&h)));
    let mut path = parts.path.unwrap_or_default();
    let readable = uri::unescape(&mut path, uri::Slashes::Decode, false).is_ok();
    same_host && parts.port.is_none_or(|p| p == own_port) && readable && path == r.uri && parts.query == r.args
}

fn refuse(r: &mut Request<'_>, code: &'static str, message: String) -> Verdict {
    r.error(code, message);
    note_failure(r)
}

/// `hook_note_digest_auth_failure`: who may not have it is asked for other credentials.
pub(crate) fn note_auth_failure(r: &mut Request<'_>) {
    if auth_type(r).is_some_and(|t| t.eq_ignore_ascii_case(b"Digest")) {
        note_failure(r);
    }
}

/// `note_digest_auth_failure`
fn note_failure(r: &mut Request<'_>) -> Verdict {
    let name = if r.proxyreq == ProxyReq::Proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
    let realm = auth_name(r).unwrap_or_default();
    // with a nonce that is made from the time
    r.err_headers_out.set(name, format!("Digest realm=\"{realm}\", nonce=\"{UNKNOWN}\""));
    Verdict::Status(401)
}

/// `authenticate_digest_user`
pub(crate) fn authenticate(r: &mut Request<'_>) -> Verdict {
    if auth_type(r).is_none_or(|t| !t.eq_ignore_ascii_case(b"Digest")) {
        return Verdict::Declined;
    }
    let uri = r.uri.clone();
    let Some(realm) = auth_name(r) else {
        r.error("AH01780", format!("need AuthName: {uri}"));
        return Verdict::Status(500);
    };
    let header = if r.proxyreq == ProxyReq::Proxy { "Proxy-Authorization" } else { "Authorization" };
    let Some(line) = r.headers_in.get(header).map(|l| l.to_owned()) else { return note_failure(r) };
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let scheme = line[..end].as_bstr();
    if !scheme.eq_ignore_ascii_case(b"Digest") {
        return refuse(r, "AH01781", format!("client used wrong authentication scheme `{scheme}': {uri}"));
    }
    let response = Response::parse(&line[end..]);
    let strict = r.engine.server.loaded.version.has(&version::STRICT_DIGEST);
    if !response.complete(strict) {
        let what = "missing user, realm, nonce, uri, digest, cnonce, or nonce_count in authorization header";
        return refuse(r, "AH01782", format!("{what}: {uri}"));
    }
    let text = |name| response.get(name).unwrap_or_default().to_owned();
    let user = text("username");
    r.user = Some(user.clone());
    r.auth_type = Some("Digest".into());
    let asked = text("uri");
    if asked != r.unparsed_uri && !same_uri(r, &asked) {
        r.error("AH01786", format!("uri mismatch - <{asked}> does not match request-uri <{}>", r.unparsed_uri.clone()));
        return Verdict::Status(400);
    }
    if text("realm") != realm {
        let got = text("realm");
        return refuse(r, "AH01788", format!("realm mismatch - got `{got}' but expected `{realm}'"));
    }
    let dir = r.per_dir.auth_digest.clone().unwrap_or_default();
    let providers = without(&dir.providers, r.without).map_or(&authn::FILE[..], |list| &list.0);
    let hash = match authn::in_turn(providers, |provider| provider.get_realm_hash(r, &user, &realm)) {
        Status::Found(hash) => hash,
        Status::NotFound => return refuse(r, "AH01790", format!("user `{user}' in realm `{realm}' not found: {uri}")),
        Status::Denied | Status::Granted => {
            return refuse(r, "AH01791", format!("user `{user}' in realm `{realm}' denied by provider: {uri}"));
        }
        Status::GeneralError => return Verdict::Status(500),
    };
    let qop = text("qop");
    if !qop.eq_ignore_ascii_case(b"auth") {
        return refuse(
            r,
            "AH10560",
            format!("invalid or missing qop value '{qop}', RFC 2069 is no longer supported: {uri}"),
        );
    }
    if text("response") != response.expected(r, &hash) {
        return refuse(r, "AH01794", format!("user {user}: password mismatch: {uri}"));
    }
    let nonce = text("nonce");
    refuse(r, "AH01776", format!("invalid nonce {nonce} received"))
}
