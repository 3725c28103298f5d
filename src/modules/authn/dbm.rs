//! mod_authn_dbm.c: users in a database file, as htdbm and dbmmanage write them.

use super::{Provider, Status};
use crate::server::cmd::Cmd;
use crate::server::dbm;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::source::Span;
use bstr::{BString, ByteSlice};

const NAME: &str = "mod_authn_dbm.c";

/// The module.
pub(crate) static MODULE: Module =
    Module { name: NAME, identifier: "authn_dbm_module", directives: DIRECTIVES, hooks: &[], register, ..Module::NONE };

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| lines.extend(r.per_dir.authn_dbm.iter().flat_map(|dir| dir.spans())));
}

/// `dbm`
pub(crate) static PROVIDER: Provider =
    Provider { name: "dbm", module: NAME, check_password: Some(check_password), get_realm_hash: Some(get_realm_hash) };

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("AuthDBMUserFile", Args::Take1, OR_AUTHCFG, Modelled, "dbm database file containing user IDs and passwords", user_file),
    row("AuthDBMType", Args::Take1, OR_AUTHCFG, Modelled, "what type of DBM file the user file is", kind),
];

fn user_file(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (path, span) = (cmd.server_root_relative(&a[0]), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authn_dbm).file, path, span);
    Ok(())
}

fn kind(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.authn_dbm).kind, a[0].clone(), span);
    Ok(())
}

/// `fetch_dbm_value`: the value of a key up to its first colon; the error is what httpd answers without the file.
fn fetch(r: &mut Request<'_>, key: &[u8]) -> Result<(BString, Span), Status> {
    let dir = r.per_dir.authn_dbm.clone().unwrap_or_default();
    let kind = dir.kind(r.without);
    let path = without(&dir.file, r.without).cloned().unwrap_or_default();
    let span = dir.span();
    match dbm::fetch(r, (&kind, &path), key, span) {
        Ok(None) => Err(Status::NotFound),
        Ok(Some(value)) => Ok((value[..value.find_byte(b':').unwrap_or(value.len())].into(), span)),
        Err(dbm::Unopened) => {
            r.error("AH10285", format!("could not open dbm (type {kind}) file: {path}"));
            Err(Status::GeneralError)
        }
    }
}

/// `check_dbm_pw`
fn check_password(r: &mut Request<'_>, user: &[u8], sent: &[u8]) -> Status {
    match fetch(r, user) {
        Ok((hash, span)) => super::weigh(r, sent, &hash, ("AuthDBMUserFile", span)),
        Err(status) => status,
    }
}

/// `get_dbm_realm_hash`
fn get_realm_hash(r: &mut Request<'_>, user: &[u8], realm: &[u8]) -> Status {
    match fetch(r, &bstr::join(":", [user, realm])) {
        Ok((hash, _)) => Status::Found(hash),
        Err(status) => status,
    }
}
