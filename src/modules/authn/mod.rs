//! Who the user is: providers of passwords (authn_provider, include/mod_auth.h) and their aliases.

pub(crate) mod anon;
pub(crate) mod core;
mod crypt;
pub(crate) mod dbm;
pub(crate) mod file;
mod password;
mod what_if;

pub(crate) use what_if::name_deciders;

use super::authz;
use super::ledger::providers::{self, Kind};
use crate::outcome::step::{By, Detail, Judgement, Password, Step};
use crate::phase::Phase;
use crate::server::build::Build;
use crate::server::cmd::Cmd;
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::Merged;
use crate::server::unmodelled;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;
use std::sync::Arc;

/// What a provider says of a user: httpd's `authn_status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The password is wrong.
    Denied,
    /// The password is right.
    Granted,
    /// The user is known, with this hash.
    Found(BString),
    /// The user is not known.
    NotFound,
    /// It can't be said.
    GeneralError,
}

/// Checks a user's password.
pub(crate) type CheckPassword = fn(&mut Request<'_>, &[u8], &[u8]) -> Status;

/// Looks up the hash of a user in a realm.
pub(crate) type GetRealmHash = fn(&mut Request<'_>, &[u8], &[u8]) -> Status;

/// A provider of passwords.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Its name.
    pub name: &'static str,
    /// The module that brings it.
    pub module: &'static str,
    /// Basic authentication.
    pub check_password: Option<CheckPassword>,
    /// Digest authentication.
    pub get_realm_hash: Option<GetRealmHash>,
}

/// A provider as a directive names it.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// One of a module that is modelled.
    Modelled(&'static Provider),
    /// One of a module that is not.
    Unmodelled(&'static str),
    /// An alias.
    Alias(Arc<Alias>),
}

/// `<AuthnProviderAlias>`: a provider with settings of its own.
pub(crate) struct Alias {
    /// Its name.
    pub name: BString,
    /// The provider that it stands for.
    pub provider: Named,
    /// Its settings.
    pub settings: Arc<Merged>,
}

impl std::fmt::Debug for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.name, self.provider)
    }
}

/// Aliases of providers: `<AuthnProviderAlias>` and `<AuthzProviderAlias>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    /// Of passwords.
    pub authn: HashMap<BString, Arc<Alias>>,
    /// Of `Require` lines.
    pub authz: HashMap<BString, Arc<authz::Alias>>,
}

static PROVIDERS: &[&Provider] = &[&file::PROVIDER, &dbm::PROVIDER, &anon::PROVIDER, &super::wsgi::AUTHN_PROVIDER];

/// `ap_lookup_provider` in the group of authn.
pub(crate) fn find(build: &Build, name: &[u8]) -> Option<Named> {
    if let Some(alias) = build.aliases.authn.get(name.as_bstr()) {
        return Some(Named::Alias(alias.clone()));
    }
    let modelled = PROVIDERS.iter().find(|p| p.name.as_bytes() == name && build.loaded.has(p.module));
    modelled.map(|p| Named::Modelled(p)).or_else(|| {
        let known = providers::find(Kind::Authn, name.to_str().ok()?)?;
        let unmodelled = PROVIDERS.iter().all(|p| p.name != known.name) && build.loaded.has(known.module);
        unmodelled.then_some(Named::Unmodelled(known.name))
    })
}

impl Named {
    /// Whether it can serve Digest authentication.
    pub(crate) fn has_realm_hash(&self) -> bool {
        match self {
            Named::Modelled(p) => p.get_realm_hash.is_some(),
            Named::Unmodelled(name) => *name != "ldap",
            Named::Alias(alias) => alias.provider.has_realm_hash(),
        }
    }

    /// Asks it for a user's password.
    pub(crate) fn check_password(&self, r: &mut Request<'_>, user: &[u8], password: &[u8]) -> Status {
        match self {
            Named::Modelled(p) => p.check_password.map_or(Status::NotFound, |check| check(r, user, password)),
            Named::Unmodelled(name) => unknown(r, name),
            Named::Alias(alias) => alias.within(r, |r| alias.provider.check_password(r, user, password)),
        }
    }

    /// Asks it for the hash of a user in a realm.
    pub(crate) fn get_realm_hash(&self, r: &mut Request<'_>, user: &[u8], realm: &[u8]) -> Status {
        match self {
            Named::Modelled(p) => p.get_realm_hash.map_or(Status::NotFound, |get| get(r, user, realm)),
            Named::Unmodelled(name) => unknown(r, name),
            Named::Alias(alias) => alias.within(r, |r| alias.provider.get_realm_hash(r, user, realm)),
        }
    }
}

impl Alias {
    /// Does something with the alias's settings over those of the request.
    fn within<T>(&self, r: &mut Request<'_>, what: impl FnOnce(&mut Request<'_>) -> T) -> T {
        let merged = r.engine.merge(r.per_dir, &self.settings);
        let outside = std::mem::replace(&mut r.per_dir, merged);
        let result = what(r);
        r.per_dir = outside;
        result
    }
}

fn unknown(r: &mut Request<'_>, name: &str) -> Status {
    // a cache knows nobody whom another provider does not
    if name == "socache" {
        return Status::NotFound;
    }
    let module = providers::find(Kind::Authn, name).map_or("", |p| p.module);
    unmodelled::note_provider(r, module);
    let directive = match r.auth_type.as_ref().map(|kind| kind.to_ascii_lowercase()) {
        Some(kind) if kind == b"form" => "AuthFormProvider",
        Some(kind) if kind == b"digest" => "AuthDigestProvider",
        _ => "AuthBasicProvider",
    };
    r.caveat(directive, Span::NONE, format!("the users of `{name}` are not known here: they are taken to be refused"));
    Status::Denied
}

/// The provider that is asked where none is named.
pub(super) static FILE: [Named; 1] = [Named::Modelled(&file::PROVIDER)];

/// The providers that are asked: those that the configuration names, or else the files', if their module is loaded.
pub(super) fn asked<'l>(r: &Request<'_>, named: Option<&'l List>) -> Option<&'l [Named]> {
    let usual = || r.engine.server.loaded.has(file::PROVIDER.module).then_some(&FILE[..]);
    named.map(|list| list.0.as_slice()).or_else(usual)
}

/// Asks providers in turn, until one knows the user.
pub(super) fn in_turn(providers: &[Named], mut ask: impl FnMut(&Named) -> Status) -> Status {
    providers.iter().map(&mut ask).find(|status| *status != Status::NotFound).unwrap_or(Status::NotFound)
}

/// Tells what became of a password.
pub(super) fn tell(r: &Request<'_>, module: &'static str, user: &BString, status: &Status) {
    if r.without.is_some() {
        return;
    }
    r.tell(|| {
        let line = core::auth_type_line(r);
        let password = match status {
            Status::Granted => Password::Right,
            Status::Denied => Password::Wrong,
            Status::NotFound => Password::NoUser,
            Status::Found(_) | Status::GeneralError => Password::Unchecked,
        };
        let judgement = Judgement::of(password == Password::Right);
        Step::new(Phase::CheckUserId, By::Module(module), line, judgement)
            .with(Detail::Password(user.clone(), password))
    });
}

/// `apr_password_validate`: whether a password is the one of a hash, which is in the file of the directive that is named.
fn weigh(r: &mut Request<'_>, sent: &[u8], hash: &[u8], (directive, span): (&str, Span)) -> Status {
    // what is found out for the reasons was mostly found out before
    let affordable = r.engine.is_supposing() || r.engine.budget.take_steps(password::steps(hash));
    match affordable.then(|| password::validate(sent, hash)).flatten() {
        Some(true) => Status::Granted,
        Some(false) => Status::Denied,
        None => {
            let kind = password::kind(hash);
            r.caveat(directive, span, format!("passwords of the kind {kind} can't be checked here"));
            Status::Denied
        }
    }
}

/// The providers that a directive lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct List(pub Vec<Named>);

impl List {
    /// Adds to the list of a section.
    pub(crate) fn add(slot: &mut Option<Set<List>>, provider: Named, span: Span) {
        match slot {
            Some(set) => {
                set.value.0.push(provider);
                set.span = span;
            }
            None => Set::put(slot, List(vec![provider]), span),
        }
    }
}

/// `<AuthnProviderAlias provider name>` (`authaliassection`, modules/aaa/mod_authn_core.c).
pub(super) fn alias_section(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (provider, name, _) = alias_words(cmd, a)?;
    if provider.eq_ignore_ascii_case(&name) {
        return Err("The alias provider name must be different from the base provider name.".into());
    }
    if find(cmd.build, &name).is_some() {
        return Err(format!(
            "The alias provider {name} has already be registered previously as either a base provider or an alias provider."
        ));
    }
    let settings = alias_settings(cmd);
    let Some(base) = find(cmd.build, &provider) else { return Err(format!("Unknown Authn provider: {provider}")) };
    let alias = Alias { name: name.clone(), provider: base, settings };
    cmd.build.aliases.authn.insert(name, Arc::new(alias));
    Ok(())
}

/// The arguments of an alias's section: the provider, the alias, and what is left.
pub(super) fn alias_words(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(BString, BString, BString), String> {
    cmd.forbid(crate::server::cmd::forbid::GLOBAL_ONLY)?;
    let argument = cmd.section_argument(a[0].as_bstr())?;
    let mut rest = argument.as_slice();
    let provider = crate::conf::args::word(&mut rest);
    let name = crate::conf::args::word(&mut rest);
    if provider.is_empty() || name.is_empty() {
        return Err(format!("{}> directive requires additional arguments", cmd.row.name));
    }
    Ok((provider, name, rest.into()))
}

/// What stands within an alias's section.
pub(super) fn alias_settings(cmd: &mut Cmd<'_>) -> Arc<Merged> {
    use crate::server::module::allowed::{ACCESS_CONF, OR_AUTHCFG};
    let mut settings = Default::default();
    cmd.children(&mut settings, cmd.path.clone(), OR_AUTHCFG | ACCESS_CONF, cmd.limited, cmd.server);
    super::authz_core::check_section(cmd, &settings);
    Merged::new(settings)
}
