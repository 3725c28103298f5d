//! mod_authn_file.c: users in a file, as htpasswd and htdigest write them.

use super::{Provider, Status, password};
use crate::module::Effect::Modelled;
use crate::module::allowed::*;
use crate::module::{Args, Directive, Module, row};
use crate::server::build::Cmd;
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::server::settings::Settings;
use bstr::{BString, ByteSlice};

const NAME: &str = "mod_authn_file.c";

/// The module.
pub static MODULE: Module = Module { name: NAME, identifier: "authn_file_module", directives: DIRECTIVES, hooks: &[] };

/// `file`
pub static PROVIDER: Provider =
    Provider { name: "file", module: NAME, check_password: Some(check_password), get_realm_hash: Some(get_realm_hash) };

static DIRECTIVES: &[Directive] =
    &[row("AuthUserFile", Args::Take1, OR_AUTHCFG, Modelled, "text file containing user IDs and passwords", user_file)];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub struct Dir {
    /// AuthUserFile.
    pub file: Option<Set<BString>>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { file: Set::merge(&base.file, &add.file) }
    }
}

fn user_file(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (path, span) = (cmd.server_root_relative(&a[0]), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authn_file).file, path, span);
    Ok(())
}

/// The file's lines that count, each split at its colons; the error is the code of httpd's line when there is no file.
fn lines(r: &mut Request<'_>, codes: [&'static str; 2]) -> Option<Vec<Vec<BString>>> {
    let dir = r.per_dir.authn_file.clone().unwrap_or_default();
    let Some(path) = without(&dir.file, r.without) else {
        r.error(codes[0], "AuthUserFile not specified in the configuration");
        return None;
    };
    let Ok(text) = r.engine.read(path) else {
        r.error(codes[1], format!("Could not open password file: {path}"));
        return None;
    };
    let lines = text.lines().map(trim).filter(|l| !l.is_empty() && !l.starts_with(b"#"));
    Some(lines.map(|l| l.split(|b| *b == b':').map(BString::from).collect()).collect())
}

/// `ap_cfg_getline` takes white space off both ends.
pub(in crate::modules) fn trim(line: &[u8]) -> &[u8] {
    line.trim_with(|c| c.is_ascii_whitespace() || c == '\x0b')
}

/// `check_password`
fn check_password(r: &mut Request<'_>, user: &[u8], sent: &[u8]) -> Status {
    let Some(lines) = lines(r, ["AH01619", "AH01620"]) else { return Status::GeneralError };
    let Some(line) = lines.iter().find(|l| l.first().is_some_and(|u| u == user)) else { return Status::NotFound };
    let hash = line.get(1).cloned().unwrap_or_default();
    match password::validate(sent, &hash) {
        Some(true) => Status::Granted,
        Some(false) => Status::Denied,
        None => {
            let (kind, span) = (password::kind(&hash), pick_span(r));
            r.caveat("AuthUserFile", span, format!("passwords of the kind {kind} can't be checked here"));
            Status::Denied
        }
    }
}

fn pick_span(r: &Request<'_>) -> crate::source::Span {
    let set = r.per_dir.authn_file.as_ref().and_then(|d| d.file.as_ref());
    set.map_or(crate::source::Span::NONE, |s| s.span)
}

/// `get_realm_hash`
fn get_realm_hash(r: &mut Request<'_>, user: &[u8], realm: &[u8]) -> Status {
    let Some(lines) = lines(r, ["AH01621", "AH01622"]) else { return Status::GeneralError };
    let found = lines.iter().find(|l| l.len() > 1 && l[0] == user && l[1] == realm);
    found.map_or(Status::NotFound, |l| Status::Found(l.get(2).cloned().unwrap_or_default()))
}
