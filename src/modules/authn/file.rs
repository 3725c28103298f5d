//! mod_authn_file.c: users in a file, as htpasswd and htdigest write them.

use super::{Provider, Status};
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::setting::{Set, without};
use crate::server::settings::Settings;
use bstr::{BString, ByteSlice};
use std::borrow::Cow;

const NAME: &str = "mod_authn_file.c";

/// The module.
pub(crate) static MODULE: Module = Module {
    name: NAME,
    identifier: "authn_file_module",
    directives: DIRECTIVES,
    hooks: &[],
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.user_lines.push(|r, lines| {
        lines.extend(r.per_dir.authn_file.iter().flat_map(|dir| dir.file.as_ref().map(|file| file.span)))
    });
}

/// `file`
pub(crate) static PROVIDER: Provider =
    Provider { name: "file", module: NAME, check_password: Some(check_password), get_realm_hash: Some(get_realm_hash) };

static DIRECTIVES: &[Directive] =
    &[row("AuthUserFile", Args::Take1, OR_AUTHCFG, Modelled, "text file containing user IDs and passwords", user_file)];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
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

/// The file's first line that is wanted, split at its colons; the error is what httpd answers without the file.
fn find(
    r: &mut Request<'_>,
    codes: [&'static str; 2],
    wanted: impl Fn(&[&[u8]]) -> bool,
) -> Result<Option<Vec<BString>>, Status> {
    let dir = r.per_dir.authn_file.clone().unwrap_or_default();
    let Some(path) = without(&dir.file, r.without) else {
        r.error(codes[0], "AuthUserFile not specified in the configuration");
        return Err(Status::GeneralError);
    };
    let span = dir.file.as_ref().map(|f| f.span);
    let Ok(text) = r.read_file(path, span) else {
        r.error(codes[1], format!("Could not open password file: {path}"));
        return Err(Status::GeneralError);
    };
    let found = config_lines(&text).find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|b| *b == b':').collect();
        wanted(&fields).then(|| fields.into_iter().map(BString::from).collect())
    });
    Ok(found)
}

/// The lines of a file as `ap_cfg_getline` reads them: white space off both ends, those that end in a backslash
/// joined to the next; without comments and empty ones.
pub(in crate::modules) fn config_lines(text: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let white = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let mut rest = text.lines();
    std::iter::from_fn(move || {
        loop {
            let mut line = Cow::Borrowed(rest.next()?);
            while let Some(stem) = line.strip_suffix(b"\\") {
                let next = rest.next().unwrap_or_default();
                line = Cow::Owned([stem, next].concat());
            }
            let line = match line {
                Cow::Borrowed(l) => Cow::Borrowed(l.trim_with(white)),
                Cow::Owned(l) => Cow::Owned(l.trim_with(white).to_vec()),
            };
            if !line.is_empty() && line.first() != Some(&b'#') {
                return Some(line);
            }
        }
    })
}

/// `check_password`
fn check_password(r: &mut Request<'_>, user: &[u8], sent: &[u8]) -> Status {
    let line = match find(r, ["AH01619", "AH01620"], |l| l[0] == user) {
        Ok(Some(line)) => line,
        Ok(None) => return Status::NotFound,
        Err(status) => return status,
    };
    let hash = line.get(1).cloned().unwrap_or_default();
    let span = pick_span(r);
    super::weigh(r, sent, &hash, ("AuthUserFile", span))
}

fn pick_span(r: &Request<'_>) -> crate::source::Span {
    let set = r.per_dir.authn_file.as_ref().and_then(|d| d.file.as_ref());
    set.map_or(crate::source::Span::NONE, |s| s.span)
}

/// `get_realm_hash`
fn get_realm_hash(r: &mut Request<'_>, user: &[u8], realm: &[u8]) -> Status {
    match find(r, ["AH01621", "AH01622"], |l| l.len() > 1 && l[0] == user && l[1] == realm) {
        Ok(Some(line)) => Status::Found(line.get(2).cloned().unwrap_or_default()),
        Ok(None) => Status::NotFound,
        Err(status) => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_trimmed() {
        let lines: Vec<_> = config_lines(b" a:b \n#c\n\nd: e\\\n f\r\n").collect();
        assert_eq!(lines, [&b"a:b"[..], b"d: e f"]);
    }
}
