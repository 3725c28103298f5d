//! mod_access_compat.c: Order, Allow, Deny and Satisfy, as before 2.4.
//!
//! It has no merge rule: a section with any of these directives answers alone, whatever the sections before it said.

use super::authz::host::in_domain;
pub(crate) use crate::server::functions::Satisfy;

use super::authz_core::{Asks, denied_what, may_decide};
use crate::address::IpSubnet;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::pattern::after_nocase;
use crate::server::captures::tried;
use crate::server::cmd::Cmd;
use crate::server::core::remote_host;
use crate::server::functions::Functions;
use crate::server::method;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::settings::{PerDir, Settings};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_access_compat.c",
    identifier: "access_compat_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.satisfies = satisfies;
    let asks = |settings: &PerDir| settings.access_compat.as_ref().is_some_and(|dir| !dir.asks_nothing());
    may_decide(functions, lines, Asks::Where(asks));
}

static HOOKS: &[Hook] = &[hook(Phase::AccessChecker, order::MIDDLE, check_access)];

static DIRECTIVES: &[Directive] = &[
    row("order", Args::Take1, OR_LIMIT, Modelled, "'allow,deny', 'deny,allow', or 'mutual-failure'", set_order),
    row("allow", Args::Iterate2, OR_LIMIT, Modelled, "'from' followed by hostnames or IP-address wildcards", allow)
        .tried(),
    row("deny", Args::Iterate2, OR_LIMIT, Modelled, "'from' followed by hostnames or IP-address wildcards", deny)
        .tried(),
    row(
        "Satisfy",
        Args::Take1,
        OR_AUTHCFG,
        Modelled,
        "access policy if both allow and require used ('all' or 'any')",
        set_satisfy,
    ),
];

/// Order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    DenyThenAllow,
    AllowThenDeny,
    MutualFailure,
}

/// Whom an Allow or Deny names.
#[derive(Clone, Debug)]
enum From {
    All,
    Env(BString),
    NoEnv(BString),
    Network(IpSubnet),
    Host(BString),
}

#[derive(Clone, Debug)]
enum Rule {
    Order(Order),
    Allow(From),
    Deny(From),
    Satisfy(Satisfy),
}

#[derive(Clone, Debug)]
struct Line {
    span: Span,
    limited: u64,
    rule: Rule,
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    lines: Vec<Line>,
    /// What this section covers: it counts for nothing, but would without this section's lines.
    under: Option<Arc<Dir>>,
}

impl Dir {
    /// Whether nothing but `all` stands in it and what it covers: it says the same of each request of a method.
    pub(crate) fn asks_nothing(&self) -> bool {
        let says_all = |l: &Line| match &l.rule {
            Rule::Allow(from) | Rule::Deny(from) => matches!(from, From::All),
            Rule::Order(_) | Rule::Satisfy(_) => true,
        };
        self.lines.iter().all(says_all) && self.under.as_ref().is_none_or(|under| under.asks_nothing())
    }
}

/// What its lines can come to, whatever is asked.
#[cfg(feature = "cli")]
impl Dir {
    /// Whether its lines let anyone in, by any method.
    pub(crate) fn may_allow(&self) -> bool {
        let (mut order, mut allows, mut denies_all) = (Order::DenyThenAllow, false, false);
        for line in &self.lines {
            let always = line.limited == crate::server::cmd::ALL_METHODS;
            match &line.rule {
                Rule::Order(_) if !always => return true,
                Rule::Order(own) => order = *own,
                Rule::Allow(_) => allows = true,
                Rule::Deny(from) => denies_all |= always && matches!(from, From::All),
                Rule::Satisfy(_) => {}
            }
        }
        match order {
            Order::AllowThenDeny | Order::MutualFailure => allows && !denies_all,
            Order::DenyThenAllow => allows || !denies_all,
        }
    }

    /// Whether `Satisfy Any` may be in force.
    pub(crate) fn may_satisfy_any(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.rule, Rule::Satisfy(Satisfy::Any)))
    }

    /// Whether a line is in force here.
    pub(crate) fn has(&self, span: Span) -> bool {
        self.lines.iter().any(|line| line.span == span)
    }
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let under = match &add.under {
            None => base.clone(),
            Some(u) => Dir::merge(base, u),
        };
        Dir { lines: add.lines.clone(), under: Some(Arc::new(under)) }
    }
}

fn push(cmd: &mut Cmd<'_>, rule: Rule) {
    let line = Line { span: cmd.span(), limited: cmd.limited, rule };
    cmd.slot(|d| &mut d.access_compat).lines.push(line);
}

fn set_order(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let order = match a[0].to_ascii_lowercase().as_slice() {
        b"allow,deny" => Order::AllowThenDeny,
        b"deny,allow" => Order::DenyThenAllow,
        b"mutual-failure" => Order::MutualFailure,
        _ => return Err("unknown order".into()),
    };
    push(cmd, Rule::Order(order));
    Ok(())
}

fn set_satisfy(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let satisfy = match a[0].to_ascii_lowercase().as_slice() {
        b"all" => Satisfy::All,
        b"any" => Satisfy::Any,
        _ => return Err("Satisfy either 'any' or 'all'.".into()),
    };
    push(cmd, Rule::Satisfy(satisfy));
    Ok(())
}

fn from(a: &[BString]) -> Result<From, String> {
    if !a[0].eq_ignore_ascii_case(b"from") {
        return Err("allow and deny must be followed by 'from'".into());
    }
    let place = &a[1];
    if let Some(name) = after_nocase(place, b"env=!") {
        return Ok(From::NoEnv(name.into()));
    }
    if let Some(name) = after_nocase(place, b"env=") {
        return Ok(From::Env(name.into()));
    }
    if place.eq_ignore_ascii_case(b"all") {
        return Ok(From::All);
    }
    if let Some(slash) = place.find_byte(b'/') {
        return match IpSubnet::parse(&place[..slash], Some(&place[slash + 1..])) {
            Ok(network) => Ok(From::Network(network)),
            Err(e) => Err(e.detail().map_or("An IP address was expected".into(), str::to_string)),
        };
    }
    match IpSubnet::parse(place, None) {
        Ok(network) => Ok(From::Network(network)),
        Err(e) => match e.detail() {
            Some(detail) => Err(detail.into()),
            None if place.contains(&b'#') => Err("No comments are allowed here".into()),
            None => Ok(From::Host(place.clone())),
        },
    }
}

fn allow(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    push(cmd, Rule::Allow(from(a)?));
    Ok(())
}
fn deny(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    push(cmd, Rule::Deny(from(a)?));
    Ok(())
}

/// What the section decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// Whether Order, Allow and Deny let the request in.
    pub allowed: bool,
    /// Whether `Satisfy Any` is in force.
    pub satisfy_any: bool,
}

/// Decides, with the line at `skip` taken out: a section without lines does not cover those beneath.
pub(crate) fn check(r: &mut Request<'_>, skip: Option<Span>) -> Check {
    let mut dir = r.per_dir.access_compat.as_deref();
    while let Some(d) = &dir {
        if d.lines.is_empty() || d.lines.iter().any(|l| Some(l.span) != skip) {
            break;
        }
        dir = d.under.as_deref();
    }
    let Some(dir) = dir else { return Check { allowed: true, satisfy_any: false } };
    let method = method::bit(r.method_number);
    let mut order = Order::DenyThenAllow;
    let mut satisfy = Satisfy::NotSpecified;
    let (mut allows, mut denies) = (false, false);
    for line in dir.lines.iter().filter(|l| l.limited & method != 0 && Some(l.span) != skip) {
        match &line.rule {
            Rule::Order(o) => order = *o,
            Rule::Satisfy(s) => satisfy = *s,
            Rule::Allow(f) => allows = allows || names(r, f, line.span),
            Rule::Deny(f) => denies = denies || names(r, f, line.span),
        }
    }
    let allowed = match order {
        Order::AllowThenDeny | Order::MutualFailure => allows && !denies,
        Order::DenyThenAllow => allows || !denies,
    };
    Check { allowed, satisfy_any: satisfy == Satisfy::Any }
}

/// The lines in force, and those beneath that a section alone in its line covers.
pub(crate) fn lines(r: &Request<'_>, into: &mut Vec<Span>) {
    let Some(dir) = &r.per_dir.access_compat else { return };
    into.extend(dir.lines.iter().map(|l| l.span));
}

/// Whether an Allow or Deny names the client: `find_allowdeny`.
fn names(r: &mut Request<'_>, from: &From, span: Span) -> bool {
    match from {
        From::All => true,
        From::Env(name) => r.env.get(name).is_some(),
        From::NoEnv(name) => r.env.get(name).is_none(),
        From::Network(network) => r.client_is(|ip| network.contains(ip)),
        From::Host(domain) => remote_host(r, "Allow or Deny", span).is_some_and(|name| in_domain(domain, &name)),
    }
}

/// `access_compat_ap_satisfies`
pub(crate) fn satisfies(r: &mut Request<'_>) -> Satisfy {
    let Some(dir) = &r.per_dir.access_compat else { return Satisfy::NotSpecified };
    let method = method::bit(r.method_number);
    let said = dir.lines.iter().rev().find_map(|l| match l.rule {
        Rule::Satisfy(s) if l.limited & method != 0 => Some(s),
        _ => None,
    });
    said.unwrap_or(Satisfy::NotSpecified)
}

/// `check_dir_access`
fn check_access(r: &mut Request<'_>) -> Verdict {
    let decision = check(r, None);
    tell(r);
    if decision.allowed {
        return Verdict::Ok;
    }
    let what = denied_what(r);
    r.error("AH01797", format!("client denied by server configuration: {what}"));
    Verdict::Status(403)
}

/// Tells an observer what the client is held against.
fn tell_whom(r: &mut Request<'_>, from: &From, span: Span) {
    match from {
        From::Network(network) => r.tell_networks(span, &[*network]),
        From::Host(domain) => {
            let Some(name) = remote_host(r, "Allow or Deny", span) else { return };
            let (matched, whence) = (in_domain(domain, &name), (Origin::ClientName, &b""[..]));
            r.engine.pattern(|| tried(span, PatternKind::Domain, domain, name.as_bytes(), whence, matched));
        }
        From::All | From::Env(_) | From::NoEnv(_) => {}
    }
}

fn tell(r: &mut Request<'_>) {
    if !r.watched() {
        return;
    }
    let Some(dir) = r.per_dir.access_compat.as_deref() else { return };
    let method = method::bit(r.method_number);
    let step =
        |span, judgement| Step::new(Phase::AccessChecker, By::Module("mod_access_compat.c"), Some(span), judgement);
    for line in &dir.lines {
        let in_force = line.limited & method != 0;
        if let (true, Rule::Allow(from) | Rule::Deny(from)) = (in_force, &line.rule) {
            tell_whom(r, from, line.span);
        }
        let (matched, detail) = match &line.rule {
            Rule::Allow(f) => (in_force && names(r, f, line.span), Detail::Allow),
            Rule::Deny(f) => (in_force && names(r, f, line.span), Detail::Deny),
            Rule::Order(_) | Rule::Satisfy(_) => (in_force, Detail::Nothing),
        };
        r.tell(|| step(line.span, Judgement::of(matched)).with(detail));
    }
    let by = dir.lines.first().map(|line| line.span);
    for line in std::iter::successors(dir.under.as_deref(), |under| under.under.as_deref()).flat_map(|d| &d.lines) {
        r.tell(|| step(line.span, Judgement::Overridden(by)));
    }
}
