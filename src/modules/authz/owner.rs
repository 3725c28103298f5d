//! mod_authz_owner.c: file-owner, and the group of a file.

use super::{Parsed, Provider, host};
use crate::modules::authz_core::Status;
use crate::server::module::Module;
use crate::server::request::Request;
use bstr::BString;

const NAME: &str = "mod_authz_owner.c";

/// The module.
pub(crate) static MODULE: Module =
    Module { name: NAME, identifier: "authz_owner_module", directives: &[], hooks: &[], ..Module::NONE };

pub(super) static PROVIDERS: &[Provider] = &[Provider {
    name: "file-owner",
    module: NAME,
    parse: host::parse_nothing,
    check: check_file_owner,
    unmodelled: None,
}];

fn refuse(r: &mut Request<'_>, code: &'static str, reason: String) {
    let (user, uri) = (r.user.clone().unwrap_or_default(), r.uri.clone());
    r.error(code, format!("Authorization of user {user} to access {uri} failed, reason: {reason}"));
}

/// `fileowner_check_authorization`
fn check_file_owner(r: &mut Request<'_>, _: &Parsed) -> Status {
    let Some(user) = r.user.clone() else { return Status::DeniedNoUser };
    let Some(filename) = r.filename.clone() else {
        refuse(r, "AH01633", "no filename available".into());
        return Status::Denied;
    };
    let Ok(stat) = r.engine.stat(&filename) else {
        refuse(r, "AH01634", format!("could not stat file {filename}"));
        return Status::Denied;
    };
    let Some(owner) = r.engine.server.users.user_by_id(stat.uid).map(|u| u.name.clone()) else {
        refuse(r, "AH01636", "could not get name of file owner".into());
        return Status::Denied;
    };
    if owner != user {
        refuse(r, "AH01637", format!("file owner {owner} does not match."));
        return Status::Denied;
    }
    Status::Granted
}

/// `authz_owner_get_file_group`
pub(super) fn file_group(r: &mut Request<'_>) -> Option<BString> {
    if !r.engine.server.loaded.has(NAME) {
        return None;
    }
    let Some(filename) = r.filename.clone() else {
        refuse(r, "AH01638", "no filename available".into());
        return None;
    };
    let Ok(stat) = r.engine.stat(&filename) else {
        refuse(r, "AH01639", format!("could not stat file {filename}"));
        return None;
    };
    let group = r.engine.server.users.group_by_id(stat.gid).cloned();
    if group.is_none() {
        refuse(r, "AH01641", "could not get name of file group".into());
    }
    group
}
