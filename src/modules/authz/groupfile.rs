//! mod_authz_groupfile.c: group, file-group.

use super::{Parsed, Provider, host, owner};
use crate::conf::args;
use crate::modules::authn::file::config_lines;
use crate::modules::authz_core::{Asks, Status, may_decide};
use crate::server::cmd::Cmd;
use crate::server::expr_context;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BString, ByteSlice};

const NAME: &str = "mod_authz_groupfile.c";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "authz_groupfile_module",
    directives: DIRECTIVES,
    hooks: &[],
    register,
    ..Module::NONE
};

/// It denies, too: lines that decide are looked for.
fn register(functions: &mut Functions) {
    // what asks for groups is a `Require` line
    may_decide(
        functions,
        |r, lines| lines.extend(r.per_dir.authz_groupfile.iter().flat_map(|dir| dir.span())),
        Asks::Nothing,
    );
}

static DIRECTIVES: &[Directive] = &[row(
    "AuthGroupFile",
    Args::Take1,
    OR_AUTHCFG,
    Modelled,
    "text file containing group names and member user IDs",
    group_file,
)];

pub(super) static PROVIDERS: &[Provider] = &[
    Provider { name: "group", module: NAME, parse: host::parse_text, check: check_group, unmodelled: None },
    Provider {
        name: "file-group",
        module: NAME,
        parse: host::parse_nothing,
        check: check_file_group,
        unmodelled: None,
    },
];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// AuthGroupFile.
    pub file: Option<Set<BString>>,
}

impl Dir {
    fn span(&self) -> Option<Span> {
        self.file.as_ref().map(|file| file.span)
    }
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { file: Set::merge(&base.file, &add.file) }
    }
}

fn group_file(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (path, span) = (cmd.server_root_relative(&a[0]), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authz_groupfile).file, path, span);
    Ok(())
}

/// `groups_for_user`: the groups of the user, as the file has them; the error is the status without any.
fn groups(r: &mut Request<'_>, codes: [&'static str; 3]) -> Result<Vec<BString>, Status> {
    let Some(user) = r.user.clone() else { return Err(Status::DeniedNoUser) };
    let dir = r.per_dir.authz_groupfile.clone().unwrap_or_default();
    let Some(path) = without(&dir.file, r.without) else {
        r.error(codes[0], "No group file was specified in the configuration");
        return Err(Status::Denied);
    };
    let span = dir.file.as_ref().map(|f| f.span);
    let Ok(text) = r.read_file(path, span) else {
        r.error(codes[1], format!("Could not open group file: {path}"));
        return Err(Status::Denied);
    };
    let mut groups = Vec::new();
    for line in config_lines(&text) {
        let end = line.find_byte(b':').unwrap_or(line.len());
        let members = line.get(end..).unwrap_or_default().trim_start_with(|c| c == ':');
        if args::split(members).contains(&user) {
            groups.push(line[..end].trim_end().into());
        }
    }
    if groups.is_empty() {
        let uri = r.uri.clone();
        let message = format!(
            "Authorization of user {user} to access {uri} failed, reason: user doesn't appear in group file ({path})."
        );
        r.error(codes[2], message);
        return Err(Status::Denied);
    }
    Ok(groups)
}

fn granted(yes: bool) -> Status {
    if yes { Status::Granted } else { Status::Denied }
}

fn is_one_of(groups: &[BString], name: &[u8]) -> bool {
    groups.iter().any(|g| g.eq_ignore_ascii_case(name))
}

/// `group_check_authorization`
fn check_group(r: &mut Request<'_>, parsed: &Parsed) -> Status {
    let groups = match groups(r, ["AH01664", "AH01665", "AH01666"]) {
        Ok(groups) => groups,
        Err(status) => return status,
    };
    let Parsed::Text(expr) = parsed else { return Status::Denied };
    match expr_context::string(r, expr) {
        Ok(names) => {
            let mut words = args::split(&names).into_iter().take_while(|w| !w.is_empty());
            granted(words.any(|w| is_one_of(&groups, &w)))
        }
        Err(e) => {
            let what = "authz_groupfile authorize: require group: Can't evaluate require expression";
            r.error("AH02592", format!("{what}: {e}"));
            Status::Denied
        }
    }
}

/// `filegroup_check_authorization`
fn check_file_group(r: &mut Request<'_>, _: &Parsed) -> Status {
    match groups(r, ["AH01668", "AH01669", "AH01670"]) {
        Ok(groups) => granted(owner::file_group(r).is_some_and(|g| is_one_of(&groups, &g))),
        Err(status) => status,
    }
}
