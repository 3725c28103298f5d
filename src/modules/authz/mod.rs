//! Providers of `Require`: what each kind of line asks of a request (authz_provider, include/mod_auth.h).

mod builtin;
pub mod host;

use super::authz_core::Status;
use crate::address::IpSubnet;
use crate::expr::Expr;
use crate::server::Loaded;
use crate::server::build::Cmd;
use crate::server::request::Request;
use bstr::{BStr, BString};
use std::sync::Arc;

/// What a line's arguments were read as.
#[derive(Clone, Debug)]
pub enum Parsed {
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
}

/// A kind of `Require` line.
#[derive(Debug)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// The module that brings it.
    pub module: &'static str,
    /// Reads its arguments.
    pub parse: fn(&mut Cmd<'_>, &BStr) -> Result<Parsed, String>,
    /// Asks the request.
    pub check: fn(&mut Request<'_>, &Parsed) -> Status,
    /// Why an answer is not certain, when it is not modelled.
    pub blind: Option<&'static str>,
}

static PROVIDERS: &[&[Provider]] = &[builtin::PROVIDERS, host::PROVIDERS, super::wsgi::PROVIDERS];

/// The provider of that name, if a module that brings it is loaded. Names are exact.
pub fn find(name: &[u8], loaded: &Loaded) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().flatten().find(|p| p.name.as_bytes() == name && loaded.has(p.module))
}
