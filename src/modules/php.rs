//! mod_php (sapi/apache2handler of PHP 8.2): a file is run by PHP, or shown as source.

use crate::base64;
use crate::filepath;
use crate::server::byterange::Body;
use crate::server::cmd::Cmd;
use crate::server::engine::Program;
use crate::server::environ::{self, Reader};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::{PathInfo, Request};
use crate::server::response::{Length, UNKNOWN};
use crate::server::setting::{self, Set};
use crate::server::settings::Settings;
use crate::server::{method, script};
use crate::source::Span;
use crate::vfs::Kind;
use bstr::{BStr, BString, ByteSlice};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_php.c", identifier: "php_module", directives: DIRECTIVES, hooks: HOOKS, ..Module::NONE };

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handler)];

static DIRECTIVES: &[Directive] = &[
    row("php_value", Args::Take2, OR_OPTIONS, Modelled, "PHP Value Modifier", |c, a| set(c, a, false, false)),
    row("php_flag", Args::Take2, OR_OPTIONS, Modelled, "PHP Flag Modifier", |c, a| set(c, a, true, false)),
    row("php_admin_value", Args::Take2, ACCESS_CONF | RSRC_CONF, Modelled, "PHP Value Modifier (Admin)", |c, a| {
        set(c, a, false, true)
    }),
    row("php_admin_flag", Args::Take2, ACCESS_CONF | RSRC_CONF, Modelled, "PHP Flag Modifier (Admin)", |c, a| {
        set(c, a, true, true)
    }),
    row("PHPINIDir", Args::Take1, RSRC_CONF, Modelled, "Directory containing the php.ini file", ini_dir).at_start(),
];

/// The magic types and the name that PHP takes.
const PAGE: &str = "application/x-httpd-php";
const SOURCE: &str = "application/x-httpd-php-source";
const SCRIPT: &str = "php-script";

/// Settings of PHP that decide whether a page is run at all, by which httpd's answer may be another one.
const DECISIVE: [&str; 4] = ["auto_prepend_file", "auto_append_file", "open_basedir", "doc_root"];

/// One value: what `php_admin_value` set, `php_value` doesn't change.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    value: Set<BString>,
    admin: bool,
}

/// Settings per directory: `php_conf_rec`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    entries: Arc<BTreeMap<BString, Entry>>,
}

impl Settings for Dir {
    /// `merge_php_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        if base.entries.is_empty() {
            return add.clone();
        }
        let mut entries = (*base.entries).clone();
        for (name, entry) in add.entries.iter() {
            overlay(&mut entries, name, entry.clone());
        }
        Dir { entries: Arc::new(entries) }
    }
}

/// Settings of the main server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// Whether PHPINIDir was met.
    ini_dir: bool,
}

impl Settings for Server {}

fn overlay(entries: &mut BTreeMap<BString, Entry>, name: &BString, entry: Entry) {
    let Some(earlier) = entries.get(name) else {
        entries.insert(name.clone(), entry);
        return;
    };
    if earlier.admin && !entry.admin {
        return;
    }
    let value = Set::merge(&Some(earlier.value.clone()), &Some(entry.value.clone())).unwrap_or(entry.value);
    entries.insert(name.clone(), Entry { value, admin: entry.admin });
}

/// `real_value_hnd` and `real_flag_hnd`: within one section the later line counts, whichever it is.
fn set(cmd: &mut Cmd<'_>, a: &[BString], flag: bool, admin: bool) -> Result<(), String> {
    let span = cmd.span();
    let value: BString = if flag {
        let on = a[1].eq_ignore_ascii_case(b"on") || a[1] == "1";
        if on { "1" } else { "0" }.into()
    } else if a[1].eq_ignore_ascii_case(b"none") {
        BString::default()
    } else {
        a[1].clone()
    };
    let entries = Arc::make_mut(&mut cmd.slot(|d| &mut d.php).entries);
    let mut slot = entries.remove(&a[0]).map(|e| e.value);
    Set::put(&mut slot, value, span);
    if let Some(value) = slot {
        entries.insert(a[0].clone(), Entry { value, admin });
    }
    Ok(())
}

/// `php_apache_phpini_set`
fn ini_dir(cmd: &mut Cmd<'_>, _: &[BString]) -> Result<(), String> {
    let main = crate::server::settings::slot(&mut cmd.build.servers[0].settings.php, None);
    if main.ini_dir {
        return Err("Only first PHPINIDir directive honored per configuration tree - subsequent ones ignored".into());
    }
    main.ini_dir = true;
    Ok(())
}

/// What PHP takes for true: `zend_ini_parse_bool`.
fn truthy(value: &[u8]) -> bool {
    let word = value.to_ascii_lowercase();
    matches!(word.as_slice(), b"on" | b"yes" | b"true") || crate::server::core::atoi(value) != 0
}

impl Dir {
    /// A flag's value, and the line without which it would be another one.
    fn flag(&self, name: &str, default: bool) -> (bool, Option<Span>) {
        let Some(entry) = self.entries.get(BStr::new(name)) else { return (default, None) };
        let now = truthy(&entry.value.value);
        let beneath = entry.value.under.as_ref().map_or(default, |u| truthy(&u.value));
        (now, (now != beneath).then_some(entry.value.span))
    }
}

/// `php_handler`
fn handler(r: &mut Request<'_>) -> Verdict {
    let name = r.handler.clone().unwrap_or_default();
    let ours = [PAGE, SOURCE, SCRIPT].iter().any(|n| name == *n);
    let executable = r.finfo.is_some_and(|f| f.mode & 0o100 != 0);
    if !ours && (name != "text/html" || !executable) {
        return Verdict::Declined;
    }
    static NOTHING: LazyLock<Dir> = LazyLock::new(Dir::default);
    let dir = r.per_dir.php.as_deref().unwrap_or(&NOTHING);
    if !ours {
        let (hack, span) = dir.flag("xbithack", false);
        if !hack {
            return Verdict::Declined;
        }
        r.decide_if(Phase::Handler, span);
    }
    let source = name == SOURCE;
    if r.used_path_info == PathInfo::Reject && !r.path_info_str().is_empty() {
        r.decide_if(Phase::Fixups, setting::decisive(&r.core().accept_path_info, &PathInfo::Default));
        r.served_by = Some(name);
        return Verdict::Status(404);
    }
    let (engine, span) = dir.flag("engine", true);
    // a plain file is answered by the same name whether it is run or sent
    let sendable = [method::GET, method::POST].contains(&r.method_number);
    if r.is_dir() || !r.path_info_str().is_empty() || !sendable {
        r.decide_if(Phase::Handler, span);
    }
    if !engine {
        return Verdict::Declined;
    }
    r.served_by = Some(name);
    let path = r.filename.clone().unwrap_or_default();
    let Some(info) = r.finfo else {
        r.error("", format!("script '{path}' not found or unable to stat"));
        return Verdict::Status(404);
    };
    if info.kind == Kind::Directory {
        r.error("", format!("attempt to invoke directory '{path}' as script"));
        return Verdict::Status(403);
    }
    for (setting, entry) in dir.entries.iter() {
        if DECISIVE.iter().any(|n| setting == *n) && !entry.value.value.is_empty() {
            let why = format!("PHP's {setting} may keep a page from being run");
            r.caveat("php_value", entry.value.span, why);
        }
    }
    script::add_vars(r);
    take_user(r);
    if source {
        r.body = Body::page(r);
        return Verdict::Ok;
    }
    if r.engine.read_allowed(&path).is_err() || r.engine.programs.program("php", &path) == Program::Broken {
        let script = filepath::basename(&path).to_owned();
        r.error("", format!("PHP Fatal error: Failed opening required '{script}'"));
        return fail(r, dir);
    }
    let credentials = credentials(r.headers_in.get("Authorization"));
    environ::hand(r, Reader::Php, &credentials);
    r.body = Body::page(r);
    Verdict::Ok
}

/// An error that ends a script: PHP answers by itself, and no ErrorDocument is looked for.
fn fail(r: &mut Request<'_>, dir: &Dir) -> Verdict {
    let set = |name: &str| dir.entries.contains_key(BStr::new(name));
    let kind = if set("default_mimetype") || set("default_charset") { UNKNOWN } else { "text/html; charset=UTF-8" };
    r.status = 500;
    r.set_content_type(Some(kind.into()), false);
    r.replies(if dir.flag("display_errors", false).0 { Length::Unknown } else { Length::Known(0) });
    Verdict::Ok
}

/// `php_apache_request_ctor`: the user is the one that the Authorization header names, whoever asked for it.
fn take_user(r: &mut Request<'_>) {
    let Some((user, _)) = r.headers_in.get("Authorization").and_then(|line| basic(line)) else { return };
    r.user = Some(user);
    r.authenticated = true;
}

/// The name and the password of Basic authentication.
fn basic(line: &[u8]) -> Option<(BString, BString)> {
    let code = after_scheme(line, b"Basic ")?;
    // PHP passes over what is no base 64
    let digits: Vec<u8> = code.iter().copied().filter(|b| b.is_ascii_alphanumeric() || b"+/".contains(b)).collect();
    let text = base64::decode(&digits);
    let (user, password) = text.split_once_str(":")?;
    Some((user.into(), password.into()))
}

/// What follows the scheme in an Authorization header.
fn after_scheme<'l>(line: &'l [u8], scheme: &[u8]) -> Option<&'l [u8]> {
    let (head, rest) = line.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The variables that PHP makes of an Authorization header: `php_handle_auth_data` (main/main.c of PHP).
pub(crate) fn credentials(authorization: Option<&BStr>) -> Vec<(&'static str, Option<BString>)> {
    let Some(line) = authorization else { return Vec::new() };
    match basic(line) {
        Some((user, password)) => {
            let password = (!password.is_empty()).then_some(("PHP_AUTH_PW", Some(password)));
            [("PHP_AUTH_USER", Some(user))].into_iter().chain(password).collect()
        }
        None => after_scheme(line, b"Digest ").map(|d| ("PHP_AUTH_DIGEST", Some(d.into()))).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(value: &str, admin: bool) -> Dir {
        let value = Set::alone(value.into(), Span::NONE);
        Dir { entries: Arc::new(BTreeMap::from([("engine".into(), Entry { value, admin })])) }
    }

    #[test]
    fn what_an_admin_set_stays() {
        for (base, add, engine) in [
            (("off", false), ("on", false), true),
            (("off", true), ("on", false), false),
            (("off", true), ("1", true), true),
            (("off", false), ("on", true), true),
        ] {
            let merged = Dir::merge(&dir(base.0, base.1), &dir(add.0, add.1));
            assert_eq!(merged.flag("engine", true).0, engine, "{base:?} {add:?}");
        }
    }
}
