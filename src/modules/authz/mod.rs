//! Providers of `Require`: what each kind of line asks of a request (authz_provider, include/mod_auth.h).

mod builtin;
pub(crate) mod dbm;
pub(crate) mod groupfile;
pub(crate) mod host;
mod ledger;
pub(crate) mod owner;
pub(crate) mod user;

use super::authz_core::Status;
use crate::address::IpSubnet;
use crate::expr::Expr;
use crate::server::build::Build;
use crate::server::cmd::Cmd;
use crate::server::request::Request;
use crate::server::settings::Merged;
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

/// What a `Require` line asks for that only a foreign module can know.
pub(super) static FOREIGN: Provider = Provider {
    name: "",
    module: "",
    parse: host::parse_nothing,
    check: |_: &mut Request<'_>, _: &Parsed| Status::DeniedNoUser,
    unmodelled: Some("a module that is not httpd's own decides it: nobody is taken to be logged in"),
};

/// What a line's arguments were read as.
#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    /// Nothing to read.
    Nothing,
    /// `all granted`, `all denied`.
    All(bool),
    /// Names.
    Words(Vec<BString>),
    /// Methods, as bits.
    Methods(u64),
    /// Networks.
    Networks(Vec<IpSubnet>),
    /// A condition, and whether it asks for the user.
    Expr(Arc<Expr>, bool),
    /// A text that is an expression for words.
    Text(Arc<Expr>),
    /// An alias, whose own arguments are read.
    Alias(Arc<Alias>),
}

/// `<AuthzProviderAlias>`: a kind of `Require` line with arguments and settings of its own.
pub(crate) struct Alias {
    provider: &'static Provider,
    parsed: Parsed,
    settings: Arc<Merged>,
}

impl std::fmt::Debug for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.provider.name, self.parsed)
    }
}

/// A kind of `Require` line.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Its name.
    pub name: &'static str,
    /// The module that brings it.
    pub module: &'static str,
    /// Reads its arguments.
    pub parse: fn(&mut Cmd<'_>, &BStr) -> Result<Parsed, String>,
    /// Asks the request.
    pub check: fn(&mut Request<'_>, &Parsed) -> Status,
    /// Why an answer is not certain, when it is not modelled.
    pub unmodelled: Option<&'static str>,
}

static PROVIDERS: &[&[Provider]] = &[
    builtin::PROVIDERS,
    host::PROVIDERS,
    user::PROVIDERS,
    dbm::PROVIDERS,
    groupfile::PROVIDERS,
    owner::PROVIDERS,
    super::ssl::PROVIDERS,
    super::wsgi::PROVIDERS,
    ledger::PROVIDERS,
];

/// What every alias is.
static ALIAS: Provider =
    Provider { name: "", module: "", parse: host::parse_nothing, check: check_alias, unmodelled: None };

/// The provider of that name, if a module that brings it is loaded. Names are exact.
pub(crate) fn find(name: &[u8], build: &Build) -> Option<&'static Provider> {
    if build.aliases.authz.contains_key(name.as_bstr()) {
        return Some(&ALIAS);
    }
    PROVIDERS.iter().copied().flatten().find(|p| p.name.as_bytes() == name && build.loaded.has(p.module))
}

impl Provider {
    /// Reads the arguments of a line that names this provider by `name`.
    ///
    /// # Errors
    /// httpd's message.
    pub(crate) fn read(&self, cmd: &mut Cmd<'_>, name: &BStr, text: &BStr) -> Result<Parsed, String> {
        match cmd.build.aliases.authz.get(name) {
            Some(alias) => Ok(Parsed::Alias(alias.clone())),
            None => (self.parse)(cmd, text),
        }
    }
}

/// `authz_alias_check_authorization`
fn check_alias(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let Parsed::Alias(alias) = parsed else { return Status::Denied };
    let merged = r.engine.merge(r.per_dir, &alias.settings);
    let outside = std::mem::replace(&mut r.per_dir, merged);
    let status = (alias.provider.check)(r, &alias.parsed);
    r.per_dir = outside;
    status
}

/// `<AuthzProviderAlias provider name arguments>` (`authz_require_alias_section`, modules/aaa/mod_authz_core.c).
pub(super) fn alias_section(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (provider_name, name, rest) = super::authn::alias_words(cmd, a)?;
    let mut rest = rest.as_slice();
    let text = crate::conf::args::word(&mut rest);
    let extra = crate::conf::args::word(&mut rest);
    if !extra.is_empty() {
        let message = format!(
            "When several arguments ({text} {extra}...) are passed to a {} directive, they must be enclosed in quotation marks.  Otherwise, only the first one is taken into account",
            cmd.row.name
        );
        cmd.warn("AH10142", message);
    }
    let settings = super::authn::alias_settings(cmd);
    let Some(provider) = find(&provider_name, cmd.build) else {
        return Err(format!("Unknown Authz provider: {provider_name}"));
    };
    let parsed = provider.read(cmd, provider_name.as_bstr(), text.as_bstr());
    let parsed = parsed.map_err(|e| format!("Can't parse 'Require {provider_name} {text}': {e}"))?;
    if let Some(why) = provider.unmodelled {
        cmd.unmodelled("<AuthzProviderAlias", provider.module, why);
    }
    cmd.build.aliases.authz.insert(name, Arc::new(Alias { provider, parsed, settings }));
    Ok(())
}
