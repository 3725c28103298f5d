//! mod_userdir.c: `/~user/` leads to a folder of that user's.

use crate::conf::args;
use crate::server::cmd::Cmd;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::source::Span;
use crate::version;
use bstr::{BStr, BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_userdir.c",
    identifier: "userdir_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[Hook {
    after: &["mod_alias.c"],
    before: &["mod_vhost_alias.c"],
    ..hook(Phase::TranslateName, order::MIDDLE, translate)
}];

static DIRECTIVES: &[Directive] = &[row(
    "UserDir",
    Args::Raw,
    RSRC_CONF,
    Modelled,
    "the public subdirectory in users' home directories, or 'disabled', or 'disabled username username...', or \
     'enabled username username...'",
    user_dir,
)];

/// Settings per server: httpd's `userdir_config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// The folders, one after the other, as written.
    folders: Option<Set<BString>>,
    /// `disabled` or `enabled` without names.
    disabled: Option<Set<bool>>,
    enabled_users: Vec<(BString, Span)>,
    disabled_users: Vec<(BString, Span)>,
}

impl Settings for Server {
    /// `merge_userdir_config`: the lists of users are not merged.
    fn merge(base: &Server, add: &Server) -> Server {
        Server {
            folders: Set::merge(&base.folders, &add.folders),
            disabled: Set::merge(&base.disabled, &add.disabled),
            enabled_users: add.enabled_users.clone(),
            disabled_users: add.disabled_users.clone(),
        }
    }
}

/// `set_user_dir`
fn user_dir(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let mut rest = a[0].as_slice();
    let word = args::word(&mut rest);
    if word.is_empty() {
        return Err("UserDir requires an argument.".into());
    }
    let conf = cmd.server_slot(|s| &mut s.userdir);
    let is = |names: [&str; 2]| names.iter().any(|n| word.eq_ignore_ascii_case(n.as_bytes()));
    let disabled = is(["disable", "disabled"]);
    if !disabled && !is(["enable", "enabled"]) {
        Set::put(&mut conf.folders, a[0].clone(), span);
    } else if rest.is_empty() {
        Set::put(&mut conf.disabled, disabled, span);
    } else {
        let users = if disabled { &mut conf.disabled_users } else { &mut conf.enabled_users };
        users.extend(args::split(rest).into_iter().map(|name| (name, span)));
    }
    Ok(())
}

/// The line that names a user, in a list whose names have no case.
fn named(users: &[(BString, Span)], user: &[u8]) -> Option<Span> {
    users.iter().find(|(name, _)| name.eq_ignore_ascii_case(user)).map(|(_, span)| *span)
}

/// What one of the folders makes of a request.
#[derive(PartialEq, Eq)]
enum Found {
    File { file: BString, folder: BString },
    Redirect(BString),
}

/// `translate_userdir`
fn translate(r: &mut Request<'_>) -> Verdict {
    let server = r.server;
    let Some(conf) = server.settings.userdir.as_ref().filter(|_| r.uri.starts_with(b"/~")) else {
        return Verdict::Declined;
    };
    let uri = r.uri.clone();
    let path = &uri[2..];
    let Some(folders) = &conf.folders else { return Verdict::Declined };
    let end = path.find_byte(b'/').unwrap_or(path.len());
    let (user, rest) = (path[..end].as_bstr(), after_slashes(&path[end..]));
    let are_dots = |name: &[u8]| matches!(name, b"." | b"..");
    // where this is asked either way of names that the old rule and the new one don't differ in, there is no caveat
    let dots = match (are_dots(user), user.get(1..).is_some_and(are_dots)) {
        (new, old) if new != old => {
            if r.has(&version::DOTS_ARE_NO_USER) {
                new
            } else {
                old
            }
        }
        (both, _) => both,
    };
    if user.is_empty() || dots {
        return Verdict::Declined;
    }
    let found = search(r, &folders.value, user, rest);
    let refused = named(&conf.disabled_users, user);
    let disabled = conf.disabled.as_ref().filter(|s| s.value);
    let enabled = named(&conf.enabled_users, user);
    let by_default = disabled.filter(|_| enabled.is_none()).map(|s| s.span);
    if let Some(span) = refused.or(by_default) {
        if found.is_some() {
            r.decide(Phase::TranslateName, span);
        }
        return Verdict::Declined;
    }
    let covered = folders.under.as_ref().and_then(|u| search(r, &u.value, user, rest));
    if covered != found {
        r.decide(Phase::TranslateName, folders.span);
    }
    let Some(found) = found else { return Verdict::Declined };
    if disabled.is_some() {
        r.decide_if(Phase::TranslateName, enabled);
    } else {
        r.decide_if(Phase::TranslateName, crate::server::setting::decisive(&conf.disabled, &false));
    }
    match found {
        Found::Redirect(to) => {
            r.headers_out.set("Location", to);
            Verdict::Status(302)
        }
        Found::File { file, folder } => {
            r.filename = Some(file);
            r.context_prefix = Some(uri[..uri.len() - rest.len()].into());
            r.context_root = Some(folder.into());
            r.notes.set("mod_userdir_user", user);
            Verdict::Ok
        }
    }
}

/// What follows the user's name: with one slash in front, where there were any.
fn after_slashes(rest: &[u8]) -> &[u8] {
    let slashes = rest.iter().take_while(|b| **b == b'/').count();
    &rest[slashes.saturating_sub(1)..]
}

fn search(r: &Request<'_>, folders: &[u8], user: &BStr, rest: &[u8]) -> Option<Found> {
    let mut words = folders;
    while !words.is_empty() {
        let word = args::word(&mut words);
        let absolute = word.starts_with(b"/");
        let (prefix, folder) = match word.find_byte(b'*') {
            None => (None, word.as_slice()),
            Some(star) => (Some(&word[..star]), word[star..].trim_start_with(|c| c == '*')),
        };
        let elsewhere = prefix.is_some_and(|p| p.contains(&b':')) && !absolute;
        let folder: BString = if folder.is_empty() || absolute {
            match prefix {
                Some(p) if elsewhere => return Some(Found::Redirect([p, user, folder, rest].concat().into())),
                Some(p) => [p, user.as_bytes(), folder].concat().into(),
                None => [folder, b"/", user].concat().into(),
            }
        } else if let (true, Some(p)) = (elsewhere, prefix) {
            return Some(Found::Redirect([p, user.as_bytes(), rest].concat().into()));
        } else {
            let Some(home) = r.engine.server.users.user(user).map(|u| u.home.clone()) else { continue };
            [home.as_slice(), b"/", folder].concat().into()
        };
        // the last one is taken even where it is missing: a handler may know what to do with it
        if words.is_empty() || r.engine.stat(&folder).is_ok() {
            return Some(Found::File { file: [folder.as_slice(), rest].concat().into(), folder });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_after_the_name_are_one() {
        for (rest, want) in [("", ""), ("/", "/"), ("//a//b", "/a//b")] {
            assert_eq!(after_slashes(rest.as_bytes()), want.as_bytes());
        }
    }
}
