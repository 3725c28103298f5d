//! mod_auth_form.c: who logged in by a form is known by the session. What a form's body says is not known here.

use super::authn::core::{auth_name, auth_type};
use super::authn::{self, List, Status};
use super::session;
use crate::base64;
use crate::expr::Expr;
use crate::expr::digest::{hex, md5};
use crate::outcome::Access;
use crate::server::build::Build;
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Args::{Flag, Iterate, Take1};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::{ACCESS_CONF, OR_AUTHCFG};
use crate::server::module::{Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::{ProxyReq, Request};
use crate::server::rule::Rule::Arg;
use crate::server::rule::Test::{Long, Without};
use crate::server::setting::{Set, value, without};
use crate::server::{expr_context, method, settings};
use crate::source::Span;
use bstr::BString;
use std::sync::Arc;

const NAME: &str = "mod_auth_form.c";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "auth_form_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.auth_form.iter().flat_map(|dir| dir.spans())));
    functions.check_config.push((order::REALLY_LAST, check_config));
}

static HOOKS: &[Hook] = &[
    hook(Phase::CheckUserId, order::MIDDLE, authenticate),
    hook(Phase::Handler, order::MIDDLE, login),
    hook(Phase::Handler, order::MIDDLE, logout),
    hook(Phase::Handler, order::MIDDLE, redirect),
];

const FIELD: &[crate::server::rule::Rule] = &[Arg(0, Without(b"=&"), "{name} cannot be empty, or contain '=' or '&'.")];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("AuthFormProvider", Iterate, OR_AUTHCFG, Modelled,
        "specify the auth providers for a directory or location", provider),
    plain("AuthFormUsername", Take1, OR_AUTHCFG, Inert, "The field of the login form carrying the username")
        .must(FIELD),
    plain("AuthFormPassword", Take1, OR_AUTHCFG, Inert, "The field of the login form carrying the password")
        .must(FIELD),
    plain("AuthFormLocation", Take1, OR_AUTHCFG, Inert,
        "The field of the login form carrying the URL to redirect on successful login.")
        .must(FIELD),
    plain("AuthFormMethod", Take1, OR_AUTHCFG, Inert,
        "The field of the login form carrying the original request method.")
        .must(FIELD),
    plain("AuthFormMimetype", Take1, OR_AUTHCFG, Inert,
        "The field of the login form carrying the original request mimetype.")
        .must(FIELD),
    plain("AuthFormBody", Take1, OR_AUTHCFG, Inert,
        "The field of the login form carrying the urlencoded original request body.")
        .must(FIELD),
    plain("AuthFormSize", Take1, ACCESS_CONF, Inert, "Maximum size of body parsed by the form parser")
        .must(&[Arg(0, Long(0, i64::MAX), "AuthCookieFormSize must be a size in bytes, or zero.")]),
    row("AuthFormLoginRequiredLocation", Take1, OR_AUTHCFG, Modelled,
        "If set, redirect the browser to this URL rather than return 401 Not Authorized.",
        |c, a| location(c, a, "login required", |d| &mut d.login_required)),
    row("AuthFormLoginSuccessLocation", Take1, OR_AUTHCFG, Modelled,
        "If set, redirect the browser to this URL when a login processed by the login handler is successful.",
        |c, a| location(c, a, "login success", |d| &mut d.login_success)),
    row("AuthFormLogoutLocation", Take1, OR_AUTHCFG, Modelled,
        "The URL of the logout successful page. An attempt to access an URL handled by the handler \
        form-logout-handler will result in an redirect to this page after logout.",
        |c, a| location(c, a, "logout required", |d| &mut d.logout)),
    row("AuthFormSitePassphrase", Take1, OR_AUTHCFG, Modelled,
        "If set, use this passphrase to determine whether the user should be authenticated. Bypasses the user \
        authentication check on every website hit, and is useful for high traffic sites.", passphrase),
    row("AuthFormAuthoritative", Flag, OR_AUTHCFG, Modelled,
        "Set to 'Off' to allow access control to be passed along to lower modules if the UserID is not known to \
        this module", |c, a| flag(c, a, |d| &mut d.authoritative)),
    row("AuthFormFakeBasicAuth", Flag, OR_AUTHCFG, Modelled,
        "Set to 'On' to pass through authentication to the rest of the server as a basic authentication header.",
        |c, a| flag(c, a, |d| &mut d.fake_basic)),
    row("AuthFormDisableNoStore", Flag, OR_AUTHCFG, Modelled,
        "Set to 'on' to stop the sending of a Cache-Control no-store header with the login screen. This allows \
        the browser to cache the credentials, but at the risk of it being possible for the login form to be \
        resubmitted and revealed to the backend server through XSS. Use at own risk.",
        |c, a| flag(c, a, |d| &mut d.disable_no_store)),
];

/// Settings per directory: `auth_form_config_rec`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    providers: Option<Set<List>>,
    authoritative: Option<Set<bool>>,
    passphrase: Option<Set<BString>>,
    fake_basic: Option<Set<bool>>,
    disable_no_store: Option<Set<bool>>,
    login_required: Option<Set<Arc<Expr>>>,
    login_success: Option<Set<Arc<Expr>>>,
    logout: Option<Set<Arc<Expr>>>,
}

impl settings::Settings for Dir {
    /// `merge_auth_form_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            providers: Set::merge(&base.providers, &add.providers),
            authoritative: Set::merge(&base.authoritative, &add.authoritative),
            passphrase: Set::merge(&base.passphrase, &add.passphrase),
            fake_basic: Set::merge(&base.fake_basic, &add.fake_basic),
            disable_no_store: Set::merge(&base.disable_no_store, &add.disable_no_store),
            login_required: Set::merge(&base.login_required, &add.login_required),
            login_success: Set::merge(&base.login_success, &add.login_success),
            logout: Set::merge(&base.logout, &add.logout),
        }
    }
}

impl Dir {
    /// The places of the settings that decide who a user is.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        let spans = [
            self.providers.as_ref().map(|s| s.span),
            self.authoritative.as_ref().map(|s| s.span),
            self.passphrase.as_ref().map(|s| s.span),
            self.login_required.as_ref().map(|s| s.span),
        ];
        spans.into_iter().flatten()
    }
}

type Done = Result<(), String>;

/// `add_authn_provider`
fn provider(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let Some(found) = authn::find(cmd.build, &a[0]) else { return Err(format!("Unknown Authn provider: {}", a[0])) };
    let span = cmd.span();
    List::add(&mut cmd.slot(|d| &mut d.auth_form).providers, found, span);
    Ok(())
}

fn flag(cmd: &mut Cmd<'_>, a: &[BString], pick: fn(&mut Dir) -> &mut Option<Set<bool>>) -> Done {
    let span = cmd.span();
    Set::put(pick(cmd.slot(|d| &mut d.auth_form)), a[0].eq_ignore_ascii_case(b"on"), span);
    Ok(())
}

fn passphrase(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.auth_form).passphrase, a[0].clone(), span);
    Ok(())
}

type Place = fn(&mut Dir) -> &mut Option<Set<Arc<Expr>>>;

fn location(cmd: &mut Cmd<'_>, a: &[BString], what: &str, pick: Place) -> Done {
    let parsed = cmd.expr(&a[0], true);
    let expr = parsed.map_err(|e| format!("Could not parse {what} expression '{}': {e}", a[0]))?;
    let span = cmd.span();
    Set::put(pick(cmd.slot(|d| &mut d.auth_form)), Arc::new(expr), span);
    Ok(())
}

/// `authenticate_form_post_config`: the modules that it can't do without.
pub(crate) fn check_config(build: &mut Build) {
    if !build.loaded.has(NAME) {
        return;
    }
    for (module, code, name) in
        [("session_module", "AH02617", "mod_session"), ("request_module", "AH02618", "mod_request")]
    {
        if !build.loaded.has(module) {
            let message = format!("You must load {name} to enable the mod_auth_form functions");
            build.diagnostics.push(crate::diagnostic::Diagnostic::error(code, message, Span::NONE));
            return;
        }
    }
}

fn settings_of(r: &Request<'_>) -> Arc<Dir> {
    r.per_dir.auth_form.clone().unwrap_or_default()
}

/// `authenticate_form_authn`
pub(crate) fn authenticate(r: &mut Request<'_>) -> Verdict {
    let Some(kind) = auth_type(r).filter(|t| t.eq_ignore_ascii_case(b"form")) else { return Verdict::Declined };
    let uri = r.uri.clone();
    if r.proxyreq == ProxyReq::Proxy {
        let message = "form auth cannot be used for proxy requests due to XSS risk, access denied";
        r.error("AH01809", format!("{message}: {uri}"));
        return Verdict::Status(500);
    }
    let Some(realm) = auth_name(r) else {
        r.error("AH01810", format!("need AuthName: {uri}"));
        return Verdict::Status(500);
    };
    r.auth_type = Some(kind);
    let dir = settings_of(r);
    let entries = session::load(r).unwrap_or_default();
    let entry = |what: &str| entries.get(format!("{realm}-{what}")).map(BString::from);
    let (user, password, site) = (entry("user"), entry("pw"), entry("site"));
    if user.is_some() {
        r.user = user.clone();
    }
    let mut verdict = Verdict::Status(401);
    if let (Some(user), Some(password)) = (user, password) {
        let passphrase = without(&dir.passphrase, r.without);
        let by_site = passphrase
            .zip(site)
            .is_some_and(|(phrase, sent)| hex(&md5(&bstr::join(":", [user.as_slice(), phrase.as_slice()]))) == sent);
        verdict = if by_site { Verdict::Ok } else { check(r, &dir, &user, &password) };
        if verdict == Verdict::Ok {
            if value(&dir.fake_basic, false) && r.without.is_none() {
                let basic = base64::encode(&bstr::join(":", [&user, &password]));
                r.headers_in.set("Authorization", format!("Basic {basic}"));
            }
            return Verdict::Ok;
        }
    }
    if verdict == Verdict::Status(401) {
        if r.method_number == method::POST && r.is_initial() {
            caveat_of_form(r);
        }
        return refuse(r, &dir, "AH02340", value(&dir.disable_no_store, false));
    }
    verdict
}

fn caveat_of_form(r: &mut Request<'_>) {
    let span = super::authn::core::auth_type_line(r).unwrap_or(Span::NONE);
    let why = "the user and password are in the body, which is not known: no one is taken to log in";
    r.caveat("AuthType", span, why);
}

/// What is answered to who did not log in: 401, or where AuthFormLoginRequiredLocation sends one.
fn refuse(r: &mut Request<'_>, dir: &Dir, code: &'static str, may_be_kept: bool) -> Verdict {
    let Some(target) = without(&dir.login_required, r.without) else {
        if !may_be_kept {
            r.err_headers_out.add("Cache-Control", "no-store");
        }
        return Verdict::Status(401);
    };
    send_to(r, target, (302, code, "login required"))
}

/// Sends the browser to what an expression says.
fn send_to(r: &mut Request<'_>, target: &Expr, (status, code, what): (u16, &'static str, &str)) -> Verdict {
    match expr_context::string(r, target) {
        Ok(location) => {
            r.headers_out.set("Location", location);
            Verdict::Status(status)
        }
        Err(e) => {
            r.error(code, format!("Can't evaluate {what} expression: {e}"));
            Verdict::Status(500)
        }
    }
}

/// `check_authn`: asks the providers in turn, until one knows the user.
fn check(r: &mut Request<'_>, dir: &Dir, user: &BString, password: &BString) -> Verdict {
    let status = match authn::asked(r, without(&dir.providers, r.without)) {
        Some(providers) => authn::in_turn(providers, |provider| provider.check_password(r, user, password)),
        None => {
            r.error("AH01806", "no authn provider configured");
            Status::GeneralError
        }
    };
    authn::tell(r, NAME, user, &status);
    let uri = r.uri.clone();
    match status {
        Status::Granted => return Verdict::Ok,
        Status::Denied => {
            r.error("AH01807", format!("user '{user}': authentication failure for \"{uri}\": password Mismatch"));
        }
        _ if without(&dir.authoritative, r.without) == Some(&false) => return Verdict::Declined,
        Status::NotFound => r.error("AH01808", format!("user '{user}' not found: {uri}")),
        Status::Found(_) | Status::GeneralError => return Verdict::Status(500),
    }
    Verdict::Status(401)
}

/// Whether the handler is of that name; then it serves the request.
fn takes(r: &mut Request<'_>, name: &'static str) -> bool {
    let named = r.handler_among(&[name]);
    let takes = named.is_some();
    r.served_by = named.or(r.served_by.take());
    takes
}

/// `authenticate_form_login_handler`
fn login(r: &mut Request<'_>) -> Verdict {
    if !takes(r, "form-login-handler") {
        return Verdict::Declined;
    }
    if r.method_number != method::POST {
        let uri = r.uri.clone();
        r.error("AH01811", format!("the form-login-handler only supports the POST method for {uri}"));
        return Verdict::Status(405);
    }
    r.access = Access::AuthRequired;
    let why = "the user and password are in the body, which is not known: no one is taken to log in";
    r.caveat("form-login-handler", Span::NONE, why);
    let dir = settings_of(r);
    r.decide_if(Phase::Handler, dir.login_required.as_ref().map(|set| set.span));
    refuse(r, &dir, "AH02342", true)
}

/// `authenticate_form_logout_handler`
fn logout(r: &mut Request<'_>) -> Verdict {
    if !takes(r, "form-logout-handler") {
        return Verdict::Declined;
    }
    let realm = auth_name(r).unwrap_or("(null)".into());
    session::clear(r, &["user", "pw", "site"].map(|what| format!("{realm}-{what}")));
    r.headers_out.add("Cache-Control", "no-store");
    r.err_headers_out.add("Cache-Control", "no-store");
    if let Some(target) = &settings_of(r).logout {
        r.decide(Phase::Handler, target.span);
        return send_to(r, &target.value, (307, "AH02343", "logout"));
    }
    // the page that httpd has for this status
    Verdict::Status(200)
}

/// `authenticate_form_redirect_handler`: there is no body that was kept.
fn redirect(r: &mut Request<'_>) -> Verdict {
    if !takes(r, "form-redirect-handler") {
        return Verdict::Declined;
    }
    let uri = r.uri.clone();
    let what = "internal redirect requested but one or all of method, mimetype or body are NULL";
    r.error("AH01813", format!("{what}: {uri}"));
    r.caveat("form-redirect-handler", Span::NONE, "the request that the login interrupted may be in a session");
    Verdict::Status(500)
}
