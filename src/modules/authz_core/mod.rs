//! mod_authz_core.c: `Require` and what combines it.

#[cfg(feature = "cli")]
mod may;
mod settings;
mod what_if;

pub(crate) use settings::{Dir, check_section};
pub(crate) use what_if::{Asks, may_decide};

use self::settings::{Kind, Logic, Section};
use super::authz::{self, Parsed};
use crate::outcome::step::{Authorization, By, Detail, Judgement, Step};
use crate::server::functions::Functions;
use crate::server::method;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::{decisive, value};
use crate::source::Span;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_authz_core.c",
    identifier: "authz_core_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.check_section = check_section;
    may_decide(functions, settings::lines, Asks::Where(settings::ask_more));
}

static HOOKS: &[Hook] = &[
    hook(Phase::AuthChecker, order::LAST, authorize_user),
    hook(Phase::AccessCheckerEx, order::LAST, authorize_userless),
];

static DIRECTIVES: &[Directive] = &[
    row(
        "<AuthzProviderAlias",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "container for grouping an authorization provider's directives under a provider alias",
        authz::alias_section,
    ),
    row(
        "Require",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "specifies authorization directives which one must pass (or not) for a request to suceeed",
        settings::require,
    ).tried(),
    row(
        "<RequireAll",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "container for grouping authorization directives of which none must fail and at least one must pass for a request to succeed",
        settings::require_all,
    ).tried(),
    row(
        "<RequireAny",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "container for grouping authorization directives of which one must pass for a request to succeed",
        settings::require_any,
    ).tried(),
    row(
        "<RequireNone",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "container for grouping authorization directives of which none must pass for a request to succeed",
        settings::require_none,
    ).tried(),
    row(
        "AuthMerging",
        Args::Take1,
        OR_AUTHCFG,
        Modelled,
        "controls how a <Directory>, <Location>, or similar directive's authorization directives are combined with those of its predecessor",
        settings::auth_merging,
    ),
    row(
        "AuthzSendForbiddenOnFailure",
        Args::Flag,
        OR_AUTHCFG,
        Modelled,
        "Controls if an authorization failure should result in a '403 FORBIDDEN' response instead of the HTTP-conforming '401 UNAUTHORIZED'",
        settings::forbidden_on_failure,
    ),
];

/// What a line or container says: httpd's `authz_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// No.
    Denied,
    /// Yes.
    Granted,
    /// Nothing.
    Neutral,
    /// No, but a user might change that.
    DeniedNoUser,
    /// It can't be said.
    GeneralError,
}

impl Status {
    /// As the trace has it.
    fn told(self) -> Authorization {
        match self {
            Status::Denied => Authorization::Denied,
            Status::Granted => Authorization::Granted,
            Status::Neutral => Authorization::Neutral,
            Status::DeniedNoUser => Authorization::DeniedNoUser,
            Status::GeneralError => Authorization::Failed,
        }
    }
}

/// `apply_authz_sections`
fn apply(r: &mut Request<'_>, section: &Section, parent: Logic, told: bool) -> Status {
    let method = method::bit(r.method_number);
    if section.limited & method == 0 {
        return if parent == Logic::And { Status::Granted } else { Status::Neutral };
    }
    if told {
        if let (Kind::Require { parsed: Parsed::Networks(networks), .. }, Some(span)) = (&section.kind, section.span) {
            r.tell_networks(span, networks);
        }
        r.engine.open();
    }
    let mut result = match &section.kind {
        Kind::Require { provider, parsed, .. } => (provider.check)(r, parsed),
        Kind::Sections(children) => {
            let mut result = Status::Neutral;
            for child in children {
                let said = apply(r, child, section.logic, told);
                if said == Status::GeneralError {
                    result = said;
                    break;
                }
                if said == Status::Neutral {
                    continue;
                }
                let (ends, keeps) = match section.logic {
                    Logic::And => (Status::Denied, Status::Denied),
                    Logic::Or => (Status::Granted, Status::Denied),
                };
                if said == ends {
                    result = said;
                    break;
                }
                let upgrade = match section.logic {
                    Logic::And => said == Status::DeniedNoUser && result != keeps,
                    Logic::Or => said == Status::DeniedNoUser && result == keeps,
                };
                if upgrade || result == Status::Neutral {
                    result = said;
                }
            }
            result
        }
    };
    r.engine.budget.name(section.span.unwrap_or(Span::NONE));
    if section.negate {
        result = match result {
            Status::Granted => Status::Denied,
            Status::Denied | Status::DeniedNoUser => Status::Neutral,
            other => other,
        };
    }
    if told {
        r.engine.close(|_| {
            let judgement = Judgement::of(result == Status::Granted);
            let step = Step::new(Phase::AccessCheckerEx, By::Module("mod_authz_core.c"), section.span, judgement);
            Some(step.when(r.traced(), |s| s.with(Detail::Require(section.told(), result.told()))))
        });
    }
    result
}

fn authorize_userless(r: &mut Request<'_>) -> Verdict {
    authorize(r, false)
}

fn authorize_user(r: &mut Request<'_>) -> Verdict {
    authorize(r, true)
}

/// `authorize_user_core`
fn authorize(r: &mut Request<'_>, after_authn: bool) -> Verdict {
    let dir = r.per_dir.authz_core.as_deref();
    let Some(section) = dir.as_ref().and_then(|d| d.section.clone()) else {
        if r.auth_type_configured() {
            r.error("AH01627", "AuthType configured with no corresponding authorization directives");
            return Verdict::Status(500);
        }
        return Verdict::Ok;
    };
    let told = r.watched();
    if told {
        tell_overridden(r, dir, &section);
    }
    match apply(r, &section, Logic::And, told) {
        Status::Granted => Verdict::Ok,
        Status::DeniedNoUser => {
            if after_authn {
                let uri = r.uri.clone();
                r.error("AH01629", format!("authorization failure (no authenticated user): {uri}"));
                return Verdict::Status(401);
            }
            Verdict::Declined
        }
        Status::Denied | Status::Neutral => {
            if !after_authn || !r.auth_type_configured() {
                let what = denied_what(r);
                r.error("AH01630", format!("client denied by server configuration: {what}"));
                return Verdict::Status(403);
            }
            let (user, uri) = (r.user.clone().unwrap_or_default(), r.uri.clone());
            r.error("AH01631", format!("user {user}: authorization failure for \"{uri}\": "));
            let forbid = dir.and_then(|d| d.forbidden_on_fail.clone());
            r.decide_if(Phase::AuthChecker, decisive(&forbid, &false));
            if value(&forbid, false) {
                return Verdict::Status(403);
            }
            super::auth_basic::note_auth_failure(r);
            super::auth_digest::note_auth_failure(r);
            Verdict::Status(401)
        }
        Status::GeneralError => Verdict::Status(500),
    }
}

/// Tells the lines that later sections' lines replace.
fn tell_overridden(r: &Request<'_>, dir: Option<&Dir>, section: &Section) {
    let (mut in_force, mut all) = (Vec::new(), Vec::new());
    section.lines(&mut in_force);
    dir.into_iter().flat_map(Dir::own_layers).filter_map(|l| l.own).for_each(|own| own.lines(&mut all));
    for span in all.into_iter().filter(|s| !in_force.contains(s)) {
        r.tell(|| {
            let overridden = Judgement::Overridden(in_force.first().copied());
            Step::new(Phase::AccessCheckerEx, By::Module("mod_authz_core.c"), Some(span), overridden)
        });
    }
}

/// The file, or the URI where there is none, as messages name it.
pub(crate) fn denied_what(r: &Request<'_>) -> String {
    match &r.filename {
        Some(f) => f.to_string(),
        None => format!("uri {}", r.uri),
    }
}
