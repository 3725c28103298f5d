//! The smaller directives: their arguments, checked as the `wsgi_set_*` functions do.

use super::options::{self, filled};
use super::{Common, daemon};
use crate::address::IpSubnet;
use crate::conf::args;
use crate::server::cmd::{Cmd, forbid};
use crate::server::setting::Set;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

type Done = Result<(), String>;

/// WSGIHandlerScript: a script that stands behind a handler of its own name.
#[derive(Clone, Debug)]
pub(super) struct HandlerScript {
    pub name: BString,
    pub place: BString,
    pub span: Span,
    pub process_group: Option<BString>,
    pub application_group: Option<BString>,
    pub pass_authorization: Option<bool>,
}

/// Where a directive's value goes: a section's settings, or those of the server around it.
fn common<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Common {
    if cmd.path.is_some() {
        &mut cmd.slot(|d| &mut d.wsgi).common
    } else {
        &mut cmd.server_slot(|s| &mut s.wsgi).common
    }
}

fn flag(cmd: &Cmd<'_>, word: &[u8]) -> Result<bool, String> {
    options::flag(word).ok_or_else(|| format!("{} must be one of: Off | On", cmd.row.name))
}

/// `On` or `Off`, for all servers together. It changes no answer.
pub(super) fn global_flag(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    flag(cmd, &a[0]).map(drop)
}

/// Any word, for all servers together. It changes no answer.
pub(super) fn global_word(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)
}

/// `On` or `Off`, where it changes no answer.
pub(super) fn any_flag(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    flag(cmd, &a[0]).map(drop)
}

/// `wsgi_set_pass_authorization`
pub(super) fn pass_authorization(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (on, span) = (flag(cmd, &a[0])?, cmd.span());
    Set::put(&mut common(cmd).pass_authorization, on, span);
    Ok(())
}

/// `wsgi_set_map_head_to_get`
pub(super) fn map_head_to_get(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let on = options::flag(&a[0]);
    if on.is_none() && !a[0].eq_ignore_ascii_case(b"auto") {
        return Err("WSGIMapHEADToGET must be one of: Off | On | Auto".into());
    }
    let span = cmd.span();
    Set::put(&mut common(cmd).map_head_to_get, on, span);
    Ok(())
}

/// `wsgi_set_accept_mutex`
pub(super) fn accept_mutex(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    const KNOWN: [&str; 6] = ["default", "flock", "fcntl", "sysvsem", "posixsem", "pthread"];
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    if KNOWN.iter().any(|k| a[0].eq_ignore_ascii_case(k.as_bytes())) {
        return Ok(());
    }
    Err(format!(
        "Accept mutex lock mechanism '{}' is invalid. Valid accept mutex mechanisms for this platform are: {}.",
        a[0],
        KNOWN.join(", ")
    ))
}

/// `wsgi_set_python_hash_seed`
pub(super) fn python_hash_seed(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let seed = a[0].to_str().ok().and_then(|s| s.trim_start().parse::<u32>().ok());
    if a[0].is_empty() || a[0] == "random" || seed.is_some() {
        return Ok(());
    }
    Err("WSGIPythonHashSeed must be \"random\" or an integer in range [0; 4294967295]".into())
}

/// `wsgi_set_restrict_embedded`
pub(super) fn restrict_embedded(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let (on, span) = (flag(cmd, &a[0])?, cmd.span());
    Set::put(&mut cmd.server_slot(|s| &mut s.wsgi).restrict_embedded, on, span);
    Ok(())
}

/// `wsgi_set_restrict_process`
pub(super) fn restrict_process(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    let first = |w: BString| if w == "%{GLOBAL}" { BString::default() } else { w };
    let groups = args::split(&a[0]).into_iter().map(first).collect();
    Set::put(&mut common(cmd).restrict_process, Arc::new(groups), span);
    Ok(())
}

/// `wsgi_set_process_group`
pub(super) fn process_group(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut common(cmd).process_group, a[0].clone(), span);
    Ok(())
}

/// `wsgi_set_application_group`
pub(super) fn application_group(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut common(cmd).application_group, a[0].clone(), span);
    Ok(())
}

/// `wsgi_set_callable_object`
pub(super) fn callable_object(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut common(cmd).callable_object, a[0].clone(), span);
    Ok(())
}

/// `wsgi_set_chunked_request`
pub(super) fn chunked_request(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (on, span) = (flag(cmd, &a[0])?, cmd.span());
    Set::put(&mut common(cmd).chunked_request, on, span);
    Ok(())
}

/// `wsgi_add_import_script`
pub(super) fn import_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let invalid = "Invalid option to WSGI import script definition.";
    let mut line = a[0].as_slice();
    filled(args::word(&mut line), "Location of import script not supplied.")?;
    let (mut process, mut application) = (None, None);
    for (name, value) in options::all(line, invalid)? {
        match name.as_slice() {
            b"application-group" => application = Some(filled(value, options::NO_APPLICATION_GROUP)?),
            b"process-group" => process = Some(filled(value, options::NO_PROCESS_GROUP)?),
            _ => return Err(invalid.into()),
        }
    }
    application.ok_or("Name of WSGI application group required.")?;
    let process = process.ok_or("Name of WSGI process group required.")?;
    if process == "%{GLOBAL}" { Ok(()) } else { daemon::accessible(cmd, &process) }
}

/// A script that answers a question of httpd's: its place, then at most `application-group=`. `what` is its name in
/// messages.
fn script(line: &[u8], what: &str) -> Result<BString, String> {
    let mut line = line;
    let invalid = format!("Invalid option to WSGI {what} script definition.");
    let place = filled(args::word(&mut line), &format!("Location of {what} script not supplied."))?;
    for (name, value) in options::all(line, &invalid)? {
        if name != "application-group" {
            return Err(invalid);
        }
        filled(value, options::NO_APPLICATION_GROUP)?;
    }
    Ok(place)
}

/// `wsgi_set_dispatch_script`
pub(super) fn dispatch_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (place, span) = (script(&a[0], "dispatch")?, cmd.span());
    Set::put(&mut common(cmd).dispatch_script, place, span);
    Ok(())
}

/// `wsgi_set_access_script`
pub(super) fn access_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (place, span) = (script(&a[0], "access")?, cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.wsgi).access_script, place, span);
    Ok(())
}

/// `wsgi_set_auth_user_script`
pub(super) fn auth_user_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (place, span) = (script(&a[0], "auth user")?, cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.wsgi).auth_user_script, place, span);
    Ok(())
}

/// `wsgi_set_auth_group_script`
pub(super) fn auth_group_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (place, span) = (script(&a[0], "auth group")?, cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.wsgi).auth_group_script, place, span);
    Ok(())
}

/// `wsgi_add_handler_script`
pub(super) fn handler_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let invalid = "Invalid option to WSGI handler script definition.";
    let mut line = a[0].as_slice();
    let name = filled(args::word(&mut line), "Name for handler script not supplied.")?;
    let place = filled(args::word(&mut line), "Location of handler script not supplied.")?;
    let mut script = HandlerScript {
        name,
        place,
        span: cmd.span(),
        process_group: None,
        application_group: None,
        pass_authorization: None,
    };
    for (name, value) in options::all(line, invalid)? {
        match name.as_slice() {
            b"process-group" => script.process_group = Some(filled(value, options::NO_PROCESS_GROUP)?),
            b"application-group" => script.application_group = Some(filled(value, options::NO_APPLICATION_GROUP)?),
            b"pass-authorization" => script.pass_authorization = Some(options::flag(&value).ok_or(options::NO_FLAG)?),
            _ => return Err(invalid.into()),
        }
    }
    Arc::make_mut(&mut common(cmd).handler_scripts).push(script);
    Ok(())
}

/// `wsgi_set_trusted_proxy_headers`
pub(super) fn trusted_proxy_headers(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let names = args::split(&a[0]);
    Arc::make_mut(common(cmd).trusted_proxy_headers.get_or_insert_default()).extend(names);
    Ok(())
}

/// `wsgi_set_trusted_proxies`
pub(super) fn trusted_proxies(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let networks: Result<Vec<IpSubnet>, String> = args::split(&a[0]).iter().map(|w| network(w.as_bstr())).collect();
    Arc::make_mut(common(cmd).trusted_proxies.get_or_insert_default()).extend(networks?);
    Ok(())
}

fn network(word: &BStr) -> Result<IpSubnet, String> {
    let wrong = |detail: &str| format!("Unable to parse trusted proxy IP address/subnet of \"{word}\".{detail}");
    let digits: &[u8] = if word.contains(&b':') { b"0123456789abcdef:/" } else { b"0123456789./" };
    if word.is_empty() || !word.iter().all(|b| digits.contains(b)) {
        return Err(wrong(""));
    }
    IpSubnet::read(word).map_err(|e| wrong(&e.detail().map_or(String::new(), |d| format!(" {d}"))))
}
