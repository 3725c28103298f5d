//! mod_authn_anon.c: guests, who give their address for a password.
//!
//! It has no merge rule: a section with any of these directives answers alone.

use super::{Provider, Status};
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::BString;
use std::sync::Arc;

const NAME: &str = "mod_authn_anon.c";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "authn_anon_module",
    directives: DIRECTIVES,
    hooks: &[],
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.authn_anon.iter().flat_map(|dir| dir.spans())));
}

/// `anon`
pub(crate) static PROVIDER: Provider =
    Provider { name: "anon", module: NAME, check_password: Some(check_anonymous), get_realm_hash: None };

static DIRECTIVES: &[Directive] = &[
    row("Anonymous", Args::Iterate, OR_AUTHCFG, Modelled, "a space-separated list of user IDs", anonymous),
    row("Anonymous_MustGiveEmail", Args::Flag, OR_AUTHCFG, Modelled, "Limited to 'on' or 'off'", |c, a| {
        flag(c, a, Rule::MustGiveEmail)
    }),
    row("Anonymous_NoUserId", Args::Flag, OR_AUTHCFG, Modelled, "Limited to 'on' or 'off'", |c, a| {
        flag(c, a, Rule::NoUserId)
    }),
    row("Anonymous_VerifyEmail", Args::Flag, OR_AUTHCFG, Modelled, "Limited to 'on' or 'off'", |c, a| {
        flag(c, a, Rule::VerifyEmail)
    }),
    row("Anonymous_LogEmail", Args::Flag, OR_AUTHCFG, Modelled, "Limited to 'on' or 'off'", |c, a| {
        flag(c, a, |_| Rule::LogEmail)
    }),
];

#[derive(Clone, Debug)]
enum Rule {
    User(BString),
    MustGiveEmail(bool),
    NoUserId(bool),
    VerifyEmail(bool),
    /// It only logs, but it covers what other sections say all the same.
    LogEmail,
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    lines: Vec<(Span, Rule)>,
    /// What this section covers: it counts for nothing, but would without this section's lines.
    under: Option<Arc<Dir>>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let under = add.under.as_ref().map_or_else(|| base.clone(), |u| Dir::merge(base, u));
        Dir { lines: add.lines.clone(), under: Some(Arc::new(under)) }
    }
}

impl Dir {
    /// The places of its lines.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        self.lines.iter().map(|l| l.0)
    }
}

/// `anon_set_string_slots`
fn anonymous(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a[0].is_empty() {
        return Err("Anonymous string cannot be empty, use Anonymous_NoUserId".into());
    }
    let line = (cmd.span(), Rule::User(a[0].clone()));
    cmd.slot(|d| &mut d.authn_anon).lines.push(line);
    Ok(())
}

fn flag(cmd: &mut Cmd<'_>, a: &[BString], rule: fn(bool) -> Rule) -> Result<(), String> {
    let line = (cmd.span(), rule(a[0].eq_ignore_ascii_case(b"on")));
    cmd.slot(|d| &mut d.authn_anon).lines.push(line);
    Ok(())
}

/// `check_anonymous`
fn check_anonymous(r: &mut Request<'_>, user: &[u8], sent: &[u8]) -> Status {
    let skip = r.without;
    let mut dir = r.per_dir.authn_anon.clone();
    while let Some(d) = &dir {
        if d.spans().any(|s| Some(s) != skip) {
            break;
        }
        dir = d.under.clone();
    }
    let dir = dir.unwrap_or_default();
    let (mut must, mut no_user, mut verify, mut any) = (true, false, false, false);
    let mut users = Vec::new();
    for (_, rule) in dir.lines.iter().filter(|l| Some(l.0) != skip) {
        match rule {
            Rule::User(_) if any => {}
            Rule::User(name) if name == "*" => any = true,
            Rule::User(name) => users.push(name),
            Rule::MustGiveEmail(on) => must = *on,
            Rule::NoUserId(on) => no_user = *on,
            Rule::VerifyEmail(on) => verify = *on,
            Rule::LogEmail => {}
        }
    }
    if users.is_empty() && !any {
        return Status::NotFound;
    }
    let found = if user.is_empty() { no_user } else { any || users.iter().any(|u| u.eq_ignore_ascii_case(user)) };
    let looks_like_email = || sent.contains(&b'@') && sent.contains(&b'.');
    match found {
        false => Status::NotFound,
        true if (!must || !sent.is_empty()) && (!verify || looks_like_email()) => Status::Granted,
        true => Status::Denied,
    }
}
