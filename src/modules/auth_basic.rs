//! mod_auth_basic.c: names and passwords in the Authorization header.

use super::authn::core::{auth_name, auth_type};
use super::authn::{self, List, Status};
use crate::base64;
use crate::expr::Expr;
use crate::expr::digest::{hex, md5};
use crate::server::cmd::Cmd;
use crate::server::expr_context;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::{ProxyReq, Request};
use crate::server::setting::{Set, without};
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_auth_basic.c",
    identifier: "auth_basic_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.auth_basic.iter().flat_map(|dir| dir.spans())));
}

static HOOKS: &[Hook] =
    &[hook(Phase::CheckUserId, order::MIDDLE, authenticate), hook(Phase::Fixups, order::LAST, authenticate_fake)];

static DIRECTIVES: &[Directive] = &[
    row(
        "AuthBasicProvider",
        Args::Iterate,
        OR_AUTHCFG,
        Modelled,
        "specify the auth providers for a directory or location",
        provider,
    ),
    row(
        "AuthBasicAuthoritative",
        Args::Flag,
        OR_AUTHCFG,
        Modelled,
        "Set to 'Off' to allow access control to be passed along to lower modules if the UserID is not known to this module",
        authoritative,
    ),
    row(
        "AuthBasicFake",
        Args::Take12,
        OR_AUTHCFG,
        Modelled,
        "Fake basic authentication using the given expressions for username and password, 'off' to disable. Password defaults to 'password' if missing.",
        fake,
    ),
    row(
        "AuthBasicUseDigestAlgorithm",
        Args::Take1,
        OR_AUTHCFG,
        Modelled,
        "Set to 'MD5' to use the auth provider's authentication check for digest auth, using a hash of 'user:realm:pass'",
        use_digest_algorithm,
    ),
];

/// A user and a password to make up.
type Fake = (Arc<Expr>, Arc<Expr>);

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    providers: Option<Set<List>>,
    authoritative: Option<Set<bool>>,
    fake: Option<Set<Option<Fake>>>,
    digest: Option<Set<bool>>,
}

impl Settings for Dir {
    /// `merge_auth_basic_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            providers: Set::merge(&base.providers, &add.providers),
            authoritative: Set::merge(&base.authoritative, &add.authoritative),
            fake: Set::merge(&base.fake, &add.fake),
            digest: Set::merge(&base.digest, &add.digest),
        }
    }
}

impl Dir {
    /// The places of the settings that decide who a user is.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        let spans = [
            self.providers.as_ref().map(|s| s.span),
            self.authoritative.as_ref().map(|s| s.span),
            self.digest.as_ref().map(|s| s.span),
        ];
        spans.into_iter().flatten()
    }
}

/// `add_authn_provider`
fn provider(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let Some(found) = authn::find(cmd.build, &a[0]) else { return Err(format!("Unknown Authn provider: {}", a[0])) };
    let span = cmd.span();
    List::add(&mut cmd.slot(|d| &mut d.auth_basic).providers, found, span);
    Ok(())
}

/// `set_authoritative`
fn authoritative(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.auth_basic).authoritative, on, span);
    Ok(())
}

/// `add_basic_fake`
fn fake(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let user = &a[0];
    let mut value = None;
    if !user.eq_ignore_ascii_case(b"off") {
        let password = a.get(1).cloned().unwrap_or_else(|| "password".into());
        let name = cmd.expr(user, true);
        let name = name.map_err(|e| format!("Could not parse fake username expression '{user}': {e}"))?;
        let password = cmd
            .expr(&password, true)
            .map_err(|e| format!("Could not parse fake password expression associated to user '{user}': {e}"))?;
        value = Some((Arc::new(name), Arc::new(password)));
    }
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.auth_basic).fake, value, span);
    Ok(())
}

/// `set_use_digest_algorithm`
fn use_digest_algorithm(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let on = a[0].eq_ignore_ascii_case(b"MD5");
    if !on && !a[0].eq_ignore_ascii_case(b"Off") {
        return Err(format!("Invalid algorithm in AuthBasicUseDigestAlgorithm: {}", a[0]));
    }
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.auth_basic).digest, on, span);
    Ok(())
}

/// `hook_note_basic_auth_failure`: who may not have it is asked for other credentials.
pub(crate) fn note_auth_failure(r: &mut Request<'_>) {
    if auth_type(r).is_some_and(|t| t.eq_ignore_ascii_case(b"Basic")) {
        note_failure(r);
    }
}

/// `note_basic_auth_failure`
fn note_failure(r: &mut Request<'_>) -> Verdict {
    let name = if r.proxyreq == ProxyReq::Proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
    let realm = auth_name(r).unwrap_or_default();
    r.err_headers_out.set(name, format!("Basic realm=\"{realm}\""));
    Verdict::Status(401)
}

/// `get_basic_auth`: the name and the password sent; the error is the answer without them.
fn credentials(r: &mut Request<'_>) -> Result<(BString, BString), Verdict> {
    let header = if r.proxyreq == ProxyReq::Proxy { "Proxy-Authorization" } else { "Authorization" };
    let Some(line) = r.headers_in.get(header).map(|l| l.to_owned()) else { return Err(note_failure(r)) };
    let scheme = line.find_byte(b' ').unwrap_or(line.len());
    if !line[..scheme].eq_ignore_ascii_case(b"Basic") {
        let uri = r.uri.clone();
        r.error("AH01614", format!("client used wrong authentication scheme: {uri}"));
        return Err(note_failure(r));
    }
    let decoded = base64::decode(line[scheme..].trim_start_with(|c| c == ' ' || c == '\t'));
    let (user, password) = match decoded.find_byte(b':') {
        Some(i) => (decoded[..i].into(), decoded[i + 1..].into()),
        None => (decoded, BString::default()),
    };
    Ok((user, password))
}

/// `authenticate_basic_user`
pub(crate) fn authenticate(r: &mut Request<'_>) -> Verdict {
    let Some(kind) = auth_type(r).filter(|t| t.eq_ignore_ascii_case(b"Basic")) else { return Verdict::Declined };
    let Some(realm) = auth_name(r) else {
        let uri = r.uri.clone();
        r.error("AH01615", format!("need AuthName: {uri}"));
        return Verdict::Status(500);
    };
    r.auth_type = Some(kind);
    let (user, password) = match credentials(r) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    r.user = Some(user.clone());
    let dir = r.per_dir.auth_basic.clone().unwrap_or_default();
    let digest = without(&dir.digest, r.without) == Some(&true);
    let digest = digest.then(|| hex(&md5(&bstr::join(":", [&user, &realm, &password]))));
    let status = match authn::asked(r, without(&dir.providers, r.without)) {
        Some(providers) => authn::in_turn(providers, |provider| match &digest {
            None => provider.check_password(r, &user, &password),
            Some(_) if !provider.has_realm_hash() => {
                r.error("AH02493", "Authn provider does not support AuthBasicUseDigestAlgorithm");
                Status::GeneralError
            }
            Some(digest) => match provider.get_realm_hash(r, &user, &realm) {
                Status::Found(hash) if hash == *digest => Status::Granted,
                Status::Found(_) => Status::Denied,
                other => other,
            },
        }),
        None => {
            r.error("AH01616", "No Authn provider configured");
            Status::GeneralError
        }
    };
    authn::tell(r, MODULE.name, &user, &status);
    let uri = r.uri.clone();
    match status {
        Status::Granted => return Verdict::Ok,
        Status::Denied => {
            r.error("AH01617", format!("user {user}: authentication failure for \"{uri}\": Password Mismatch"));
        }
        _ if without(&dir.authoritative, r.without) == Some(&false) => return Verdict::Declined,
        Status::NotFound => r.error("AH01618", format!("user {user} not found: {uri}")),
        Status::Found(_) | Status::GeneralError => return Verdict::Status(500),
    }
    note_failure(r)
}

/// `authenticate_basic_fake`: credentials for who stands behind.
fn authenticate_fake(r: &mut Request<'_>) -> Verdict {
    let fake = r.per_dir.auth_basic.as_ref().and_then(|d| d.fake.as_ref()).and_then(|s| s.value.clone());
    let Some((user, password)) = fake else { return Verdict::Declined };
    let mut words = Vec::new();
    for (expr, code, what) in [(user, "AH02455", "user"), (password, "AH02456", "password")] {
        match expr_context::string(r, &expr) {
            Ok(word) if word.is_empty() => {
                r.headers_in.unset("Authorization");
                return Verdict::Declined;
            }
            Ok(word) => words.push(word),
            Err(e) => {
                let uri = r.uri.clone();
                r.error(code, format!("AuthBasicFake: could not evaluate {what} expression for URI '{uri}': {e}"));
                return Verdict::Status(500);
            }
        }
    }
    r.headers_in.set("Authorization", format!("Basic {}", base64::encode(&bstr::join(":", words))));
    Verdict::Ok
}
