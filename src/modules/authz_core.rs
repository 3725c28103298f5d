//! mod_authz_core.c: `Require` and what combines it.
//!
//! Beside the decision stands its counterfactual: with each line taken out in turn, would it be another one?

use super::access_compat;
use super::authz::{self, Parsed, Provider};
use crate::conf::args;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::outcome;
use crate::outcome::step::{Authorization, By, Detail, Judgement, Required, Step};
use crate::server::build::Cmd;
use crate::server::functions::Functions;
use crate::server::method;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::{Set, decisive, value};
use crate::server::settings::{PerDir, Settings};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use smallvec::SmallVec;
use std::sync::Arc;

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
    functions.name_access = name_deciders;
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
        require,
    ).tried(),
    row(
        "<RequireAll",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "container for grouping authorization directives of which none must fail and at least one must pass for a request to succeed",
        require_all,
    ).tried(),
    row(
        "<RequireAny",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "container for grouping authorization directives of which one must pass for a request to succeed",
        require_any,
    ).tried(),
    row(
        "<RequireNone",
        Args::Raw,
        OR_AUTHCFG,
        Modelled,
        "container for grouping authorization directives of which none must pass for a request to succeed",
        require_none,
    ).tried(),
    row(
        "AuthMerging",
        Args::Take1,
        OR_AUTHCFG,
        Modelled,
        "controls how a <Directory>, <Location>, or similar directive's authorization directives are combined with those of its predecessor",
        auth_merging,
    ),
    row(
        "AuthzSendForbiddenOnFailure",
        Args::Flag,
        OR_AUTHCFG,
        Modelled,
        "Controls if an authorization failure should result in a '403 FORBIDDEN' response instead of the HTTP-conforming '401 UNAUTHORIZED'",
        forbidden_on_failure,
    ),
];

/// How a section combines what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
    /// All must pass.
    And,
    /// One must pass.
    Or,
}

/// A `Require` line or a container of them: httpd's `authz_section_conf`.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Where it stands; a merge and a section's own top stand nowhere.
    pub span: Option<Span>,
    /// The methods that it speaks of.
    limited: u64,
    negate: bool,
    merged: bool,
    logic: Logic,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Require { provider: &'static Provider, name: BString, args: BString, parsed: Parsed },
    Sections(Vec<Section>),
}

impl Section {
    fn container(logic: Logic, negate: bool, span: Option<Span>) -> Section {
        Section { span, limited: 0, negate, merged: false, logic, kind: Kind::Sections(Vec::new()) }
    }

    fn children(&self) -> &[Section] {
        match &self.kind {
            Kind::Sections(children) => children,
            Kind::Require { .. } => &[],
        }
    }

    fn push(&mut self, child: Section) {
        self.limited |= child.limited;
        if let Kind::Sections(children) = &mut self.kind {
            children.push(child);
        }
    }

    /// How httpd's messages name it.
    fn name(&self) -> String {
        self.told().to_string()
    }

    /// As the trace has it.
    fn told(&self) -> Required {
        match (&self.kind, self.logic, self.negate) {
            (Kind::Require { name, args, .. }, _, not) => Required::Line(not, name.clone(), args.clone()),
            (_, Logic::And, true) => Required::Group("NotAll", self.merged),
            (_, Logic::And, false) => Required::Group("All", self.merged),
            (_, Logic::Or, true) => Required::Group("None", self.merged),
            (_, Logic::Or, false) => Required::Group("Any", self.merged),
        }
    }

    /// The section without the line at `skip`; nothing when that leaves nothing.
    fn without(&self, skip: Span) -> Option<Section> {
        if self.span == Some(skip) && matches!(self.kind, Kind::Require { .. }) {
            return None;
        }
        let Kind::Sections(children) = &self.kind else { return Some(self.clone()) };
        let mut left = Section { kind: Kind::Sections(Vec::new()), limited: 0, ..self.clone() };
        children.iter().filter_map(|c| c.without(skip)).for_each(|c| left.push(c));
        (!left.children().is_empty()).then_some(left)
    }

    fn has(&self, line: Span) -> bool {
        match &self.kind {
            Kind::Require { .. } => self.span == Some(line),
            Kind::Sections(children) => children.iter().any(|c| c.has(line)),
        }
    }

    /// Whether nothing but `all` stands in it: it says the same of each request.
    fn asks_nothing(&self) -> bool {
        match &self.kind {
            Kind::Require { parsed, .. } => matches!(parsed, Parsed::All(_)),
            Kind::Sections(children) => children.iter().all(Section::asks_nothing),
        }
    }

    fn lines(&self, into: &mut Vec<Span>) {
        match &self.kind {
            Kind::Require { .. } => into.extend(self.span),
            Kind::Sections(children) => children.iter().for_each(|c| c.lines(into)),
        }
    }
}

/// `AuthMerging`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Merging {
    #[default]
    Unset,
    Off,
    With(Logic, Span),
}

/// One section's own lines, kept for counterfactuals.
#[derive(Clone, Debug, Default)]
struct Layer {
    own: Option<Arc<Section>>,
    merging: Merging,
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    section: Option<Arc<Section>>,
    merging: Merging,
    forbidden_on_fail: Option<Set<bool>>,
    layers: Vec<Layer>,
    /// Containers that are open while the configuration is read.
    open: Vec<Section>,
}

impl Settings for Dir {
    /// `merge_authz_core_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let (section, merging) = merge(&base.section, base.merging, &add.section, add.merging);
        let layers = base.own_layers().chain(add.own_layers()).collect();
        let forbidden_on_fail = Set::merge(&base.forbidden_on_fail, &add.forbidden_on_fail);
        Dir { section, merging, forbidden_on_fail, layers, open: Vec::new() }
    }
}

impl Dir {
    fn own_layers(&self) -> impl Iterator<Item = Layer> + '_ {
        let own = self.layers.is_empty().then(|| Layer { own: self.section.clone(), merging: self.merging });
        self.layers.iter().cloned().chain(own)
    }

    /// What the merge would be without one line.
    fn without(&self, skip: Span) -> Option<Arc<Section>> {
        let mut section = None;
        let mut merging = Merging::Unset;
        for layer in self.own_layers() {
            let own = layer.own.and_then(|s| if s.has(skip) { s.without(skip).map(Arc::new) } else { Some(s) });
            let how =
                if matches!(layer.merging, Merging::With(_, s) if s == skip) { Merging::Unset } else { layer.merging };
            (section, merging) = merge(&section, merging, &own, how);
        }
        section
    }
}

type Merge = (Option<Arc<Section>>, Merging);

fn merge(base: &Option<Arc<Section>>, base_merging: Merging, add: &Option<Arc<Section>>, merging: Merging) -> Merge {
    if merging == Merging::Unset && add.is_none() && base.is_some() {
        return (base.clone(), base_merging);
    }
    let logic = match merging {
        Merging::With(logic, _) => logic,
        Merging::Off | Merging::Unset => return (add.clone(), merging),
    };
    let section = match (base, add) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (Some(base), Some(add)) => {
            let mut both = Section { merged: true, ..Section::container(logic, false, None) };
            both.push((**base).clone());
            both.push((**add).clone());
            Some(Arc::new(both))
        }
    };
    (section, merging)
}

/// `add_authz_provider`
fn require(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let mut rest = a[0].as_slice();
    let mut name = crate::conf::args::word(&mut rest);
    let mut negate = false;
    if name.eq_ignore_ascii_case(b"not") {
        name = crate::conf::args::word(&mut rest);
        negate = true;
    }
    let args: BString = rest.into();
    let foreign = || Some(&authz::FOREIGN).filter(|_| !cmd.build.loaded.strangers().is_empty());
    let Some(provider) = authz::find(&name, cmd.build).or_else(foreign) else {
        return Err(format!("Unknown Authz provider: {name}"));
    };
    let parsed = provider.read(cmd, name.as_bstr(), args.as_bstr())?;
    let (limited, span) = (cmd.limited, cmd.span());
    let line = Section {
        span: Some(span),
        limited,
        negate,
        merged: false,
        logic: Logic::And,
        kind: Kind::Require { provider, name, args, parsed },
    };
    if let Some(why) = provider.unmodelled {
        cmd.unmodelled("Require", provider.module, why);
    }
    add(cmd.slot(|d| &mut d.authz_core), line, "Require")
}

/// Puts a line or container into the innermost container that is open.
fn add(dir: &mut Dir, child: Section, name: &str) -> Result<(), String> {
    let into = match dir.open.last_mut() {
        Some(open) => open,
        None => Arc::make_mut(dir.section.get_or_insert_with(|| Arc::new(Section::container(Logic::Or, false, None)))),
    };
    if child.negate && into.logic == Logic::Or {
        let what = if name == "Require" { format!("negative {name}") } else { child.name() };
        return Err(format!("{what} directive has no effect in {} directive", into.name()));
    }
    // containers of one kind within another are one
    if !child.negate && child.logic == into.logic && matches!(child.kind, Kind::Sections(_)) {
        for grandchild in child.children() {
            into.push(grandchild.clone());
        }
        into.limited |= child.limited;
    } else {
        into.push(child);
    }
    Ok(())
}

/// `add_authz_section`
fn container(cmd: &mut Cmd<'_>, a: &[BString], logic: Logic, negate: bool) -> Result<(), String> {
    if !args::before_closing(cmd.row.name, &a[0])?.is_empty() {
        return Err(format!("{}> directive doesn't take additional arguments", cmd.row.name));
    }
    let span = cmd.span();
    cmd.slot(|d| &mut d.authz_core).open.push(Section::container(logic, negate, Some(span)));
    let overrides = std::mem::replace(&mut cmd.overrides, OR_AUTHCFG);
    let limited = cmd.limited & !(1 << 63);
    let sound = cmd.within(limited);
    cmd.overrides = overrides;
    let dir = cmd.slot(|d| &mut d.authz_core);
    let Some(section) = dir.open.pop() else { return Ok(()) };
    if section.children().is_empty() {
        // httpd stopped at a line within
        if !sound {
            return Ok(());
        }
        return Err(format!("{} directive contains no authorization directives", section.name()));
    }
    add(dir, section, "")
}

fn require_all(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    container(cmd, a, Logic::And, false)
}
fn require_any(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    container(cmd, a, Logic::Or, false)
}
fn require_none(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    container(cmd, a, Logic::Or, true)
}

fn auth_merging(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let merging = match a[0].to_ascii_lowercase().as_slice() {
        b"off" => Merging::Off,
        b"and" => Merging::With(Logic::And, span),
        b"or" => Merging::With(Logic::Or, span),
        _ => return Err("AuthMerging must be one of: Off | And | Or".into()),
    };
    cmd.slot(|d| &mut d.authz_core).merging = merging;
    Ok(())
}

fn forbidden_on_failure(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authz_core).forbidden_on_fail, on, span);
    Ok(())
}

/// `authz_core_check_config`, for a section that has been read: its error comes last of all.
pub(crate) fn check_section(cmd: &mut Cmd<'_>, settings: &PerDir) {
    let Some(message) = settings.authz_core.as_deref().filter(|_| !cmd.build.htaccess).and_then(only_negative) else {
        return;
    };
    let place = cmd.span();
    let help = "add a line that lets in, such as `Require all granted`";
    let error = Diagnostic::error("AH01624", message, Span::NONE).related(place, "in this section").help(help);
    cmd.build.late.insert(0, error);
}

/// `authz_core_check_section`: httpd refuses to start when a section holds nothing but negative lines.
fn only_negative(dir: &Dir) -> Option<String> {
    fn check(section: &Section, top: bool) -> Option<String> {
        for child in section.children() {
            if !child.children().is_empty()
                && let Some(found) = check(child, false)
            {
                return Some(found);
            }
        }
        let positive = |c: &Section| {
            // De Morgan: the lines of a negated container of the other kind count each for itself
            if c.negate && !c.children().is_empty() && c.logic != section.logic {
                c.children().iter().any(|g| g.negate)
            } else {
                !c.negate
            }
        };
        if section.children().iter().any(positive) {
            return None;
        }
        let name = if top { "<Directory>, <Location>, or similar".into() } else { section.name() };
        Some(format!("{name} directive contains only negative authorization directives"))
    }
    check(dir.section.as_deref()?, true)
}

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

/// How access would be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Granted,
    /// To a user who had to say who it is.
    GrantedToUser,
    /// By AllowMethods.
    DeniedMethod,
    /// By SSLRequireSSL or SSLRequire.
    DeniedByTls,
    DeniedByCompat,
    Denied,
    /// To a user who said who it is.
    DeniedToUser,
    NeedsUser,
    Error,
}

impl Decision {
    /// What the client gets of it: the status, and whether there is a user. What is alike here differs in the error log
    /// alone.
    fn answer(self) -> (u16, bool) {
        match self {
            Decision::Granted => (200, false),
            Decision::GrantedToUser => (200, true),
            Decision::DeniedMethod => (405, false),
            Decision::DeniedByTls | Decision::DeniedByCompat | Decision::Denied => (403, false),
            Decision::DeniedToUser => (401, true),
            Decision::NeedsUser => (401, false),
            Decision::Error => (500, false),
        }
    }
}

/// The decision, with one line taken out: what it did to the environment is undone for the while.
fn decide(r: &mut Request<'_>, skip: Option<Span>) -> Decision {
    let env = skip.filter(|s| r.env_changes.iter().any(|c| c.span == *s)).map(|skip| {
        let env = r.env.clone();
        undo(r, skip);
        env
    });
    r.without = skip;
    let decision = decide_now(r, skip);
    r.without = None;
    if let Some(env) = env {
        r.env = env;
    }
    decision
}

/// Gives the variables that a line changed, and no later line did, their values back.
fn undo(r: &mut Request<'_>, skip: Span) {
    let changes = std::mem::take(&mut r.env_changes);
    for (i, change) in changes.iter().enumerate().rev().filter(|(_, c)| c.span == skip) {
        let later = changes.iter().skip(i + 1).any(|c| c.span != skip && c.name.eq_ignore_ascii_case(&change.name));
        match &change.before {
            _ if later => {}
            Some(value) => r.env.set(change.name.clone(), value.clone()),
            None => {
                r.env.unset(&change.name);
            }
        }
    }
    r.env_changes = changes;
}

/// What the `Require` lines say, who the user is being asked only where they can't say without.
fn required(r: &mut Request<'_>, section: &Section) -> Decision {
    let user = r.user.take();
    let known = user.is_some();
    let mut said = apply(r, section, Logic::And, false);
    r.user = user;
    let asked = known && said == Status::DeniedNoUser;
    if asked {
        said = apply(r, section, Logic::And, false);
    }
    match said {
        Status::Granted if asked => Decision::GrantedToUser,
        Status::Granted => Decision::Granted,
        Status::Denied | Status::Neutral if asked => Decision::DeniedToUser,
        Status::Denied | Status::Neutral => Decision::Denied,
        Status::DeniedNoUser => Decision::NeedsUser,
        Status::GeneralError => Decision::Error,
    }
}

fn decide_now(r: &mut Request<'_>, skip: Option<Span>) -> Decision {
    let compat = access_compat::check(r, skip);
    let section = match (r.per_dir.authz_core.as_deref(), skip) {
        (None, _) => None,
        (Some(dir), None) => dir.section.clone(),
        (Some(dir), Some(skip)) => dir.without(skip),
    };
    let required = match section {
        None => Decision::Granted,
        Some(s) => required(r, &s),
    };
    // the access checkers, in their order
    let refused = if super::allowmethods::refuses(r) {
        Some(Decision::DeniedMethod)
    } else if !compat.allowed {
        Some(Decision::DeniedByCompat)
    } else {
        super::ssl::refusal(r).map(|_| Decision::DeniedByTls)
    };
    match (compat.satisfy_any, refused) {
        (true, None) => Decision::Granted,
        (false, Some(refused)) => refused,
        _ => required,
    }
}

/// Names the lines without each of which the decision would be another one.
pub(crate) fn name_deciders(r: &mut Request<'_>, verdict: Verdict) {
    let phase = if verdict == Verdict::Ok { Phase::AccessCheckerEx } else { Phase::AccessChecker };
    let engine = r.engine;
    if !engine.gives_reasons() {
        return;
    }
    let of = (r.per_dir.id, r.method_number);
    let known = engine.deciders(of, || asks_nothing(r.functions(), r.per_dir).then(|| deciders(r).into_vec()));
    let found = if known.is_none() { deciders(r) } else { Deciders::new() };
    for &(span, only_log) in known.unwrap_or(&found) {
        r.name(outcome::Decision { phase, span, only_log });
    }
}

/// Whether the decision hangs on the settings and the method alone: all that is asked is `all`.
fn asks_nothing(functions: &Functions, settings: &PerDir) -> bool {
    let own = |d: &Dir| d.layers.iter().filter_map(|l| l.own.as_ref()).chain(&d.section).all(|own| own.asks_nothing());
    settings.authz_core.as_ref().is_none_or(|d| own(d)) && !functions.access_asks.iter().any(|asks| asks(settings))
}

/// Lines that decide, and whether only the error log would be another one without them.
type Deciders = SmallVec<[(Span, bool); 4]>;

/// The lines without each of which the decision would be another one, and whether only the error log would tell.
fn deciders(r: &mut Request<'_>) -> Deciders {
    let mut lines = Vec::new();
    if let Some(dir) = &r.per_dir.authz_core {
        for layer in dir.own_layers() {
            if let Some(own) = &layer.own {
                own.lines(&mut lines);
            }
            if let Merging::With(_, span) = layer.merging {
                lines.push(span);
            }
        }
    }
    r.functions().access_lines.iter().for_each(|of| of(r, &mut lines));
    if lines.is_empty() {
        return Deciders::new();
    }
    lines.extend(r.env_changes.iter().map(|c| c.span));
    lines.sort_unstable();
    lines.dedup();
    if lines.len() > limits::ACCESS_LINES {
        return Deciders::new();
    }
    let log = r.log.len();
    let engine = r.engine;
    let deciders = engine.suppose(lines[0], || {
        let now = decide(r, None);
        let differing = |line: Span| {
            let other = decide(r, Some(line));
            (other != now).then(|| (line, other.answer() == now.answer()))
        };
        lines.into_iter().filter_map(differing).collect()
    });
    r.log.truncate(log);
    deciders
}
