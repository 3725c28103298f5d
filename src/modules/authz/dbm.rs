//! mod_authz_dbm.c: dbm-group, dbm-file-group.

use super::{Parsed, Provider, host, owner};
use crate::conf::args;
use crate::modules::authn::core::auth_name;
use crate::modules::authz_core::{Asks, Status, may_decide};
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::server::{dbm, expr_context};
use bstr::BString;

const NAME: &str = "mod_authz_dbm.c";

/// The module.
pub(crate) static MODULE: Module =
    Module { name: NAME, identifier: "authz_dbm_module", directives: DIRECTIVES, hooks: &[], register, ..Module::NONE };

fn register(functions: &mut Functions) {
    may_decide(
        functions,
        |r, lines| lines.extend(r.per_dir.authz_dbm.iter().flat_map(|dir| dir.spans())),
        Asks::Nothing,
    );
}

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("AuthDBMGroupFile", Args::Take1, OR_AUTHCFG, Modelled, "database file containing group names and member user IDs", group_file),
    row("AuthzDBMType", Args::Take1, OR_AUTHCFG, Modelled, "what type of DBM file the group file is", kind),
];

pub(super) static PROVIDERS: &[Provider] = &[
    Provider { name: "dbm-group", module: NAME, parse: host::parse_text, check: check_group, unmodelled: None },
    Provider {
        name: "dbm-file-group",
        module: NAME,
        parse: host::parse_nothing,
        check: check_file_group,
        unmodelled: None,
    },
];

fn group_file(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (path, span) = (cmd.server_root_relative(&a[0]), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authz_dbm).file, path, span);
    Ok(())
}

fn kind(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.authz_dbm).kind, a[0].clone(), span);
    Ok(())
}

/// `get_dbm_grp`: the user's groups. `codes`: without a file in the configuration, and without the user in it. `unopened` is
/// the status without the file.
fn groups(r: &mut Request<'_>, codes: [&'static str; 2], unopened: Status) -> Result<Vec<BString>, Status> {
    let Some(user) = r.user.clone() else { return Err(Status::DeniedNoUser) };
    let dir = r.per_dir.authz_dbm.clone().unwrap_or_default();
    let Some(path) = without(&dir.file, r.without) else {
        r.error(codes[0], "No group file was specified in the configuration");
        return Err(Status::Denied);
    };
    let kind = dir.kind(r.without);
    let span = dir.span();
    let realm = auth_name(r).unwrap_or_default();
    let mut found = dbm::fetch(r, (&kind, path), &bstr::join(":", [&user, &realm]), span);
    if found == Ok(None) {
        found = dbm::fetch(r, (&kind, path), &user, span);
    }
    let value = match found {
        Ok(Some(value)) => value,
        Ok(None) => {
            let uri = r.uri.clone();
            let why = format!("user doesn't appear in DBM group file ({path}).");
            r.error(codes[1], format!("Authorization of user {user} to access {uri} failed, reason: {why}"));
            return Err(Status::Denied);
        }
        Err(dbm::Unopened) => {
            r.error("AH01799", format!("could not open dbm (type {kind}) group access file: {path}"));
            return Err(unopened);
        }
    };
    // the file may be the one of the passwords: what stands between the first two colons counts
    let names = value.splitn(3, |b| *b == b':').nth(usize::from(value.contains(&b':'))).unwrap_or_default();
    Ok(names.split(|b| *b == b',').map(BString::from).collect())
}

fn granted(r: &mut Request<'_>, yes: bool, code: &'static str) -> Status {
    if yes {
        return Status::Granted;
    }
    let (user, uri) = (r.user.clone().unwrap_or_default(), r.uri.clone());
    let why = "user is not part of the 'require'ed group(s).";
    r.error(code, format!("Authorization of user {user} to access {uri} failed, reason: {why}"));
    Status::Denied
}

/// `dbmgroup_check_authorization`
fn check_group(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let groups = match groups(r, ["AH01798", "AH01800"], Status::GeneralError) {
        Ok(groups) => groups,
        Err(status) => return status,
    };
    let Parsed::Text(expr) = parsed else { return Status::Denied };
    match expr_context::string(r, expr) {
        Ok(names) => {
            let member = args::split(&names).into_iter().take_while(|w| !w.is_empty()).any(|w| groups.contains(&w));
            granted(r, member, "AH01801")
        }
        Err(e) => {
            let what = "authz_dbm authorize: require dbm-group: Can't evaluate require expression";
            r.error("AH02591", format!("{what}: {e}"));
            Status::Denied
        }
    }
}

/// `dbmfilegroup_check_authorization`
fn check_file_group(r: &mut Request<'_>, _: &Parsed) -> Status {
    match groups(r, ["AH01802", "AH01804"], Status::Denied) {
        Ok(groups) => {
            let member = owner::file_group(r).is_some_and(|g| groups.contains(&g));
            granted(r, member, "AH01805")
        }
        Err(status) => status,
    }
}
