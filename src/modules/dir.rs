//! mod_dir.c: the trailing slash, index files, and the fallback.

use crate::outcome::Decision;
use crate::server::cmd::Cmd;
use crate::server::doubts::Alike;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::redirect::{internal_fast_redirect, overlay, take_marks, without_cookies_of};
use crate::server::request::Request;
use crate::server::setting::{self, List, Set};
use crate::server::settings::Settings;
use crate::server::{method, subrequest, uri};
use crate::source::Span;
use bstr::BString;
use smallvec::smallvec;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_dir.c", identifier: "dir_module", directives: DIRECTIVES, hooks: HOOKS, ..Module::NONE };

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::LAST, fixups)];

/// The handler of folders: DIR_MAGIC_TYPE.
pub(crate) const DIR_MAGIC_TYPE: &str = "httpd/unix-directory";

static DIRECTIVES: &[Directive] = &[
    row("FallbackResource", Args::Take1, OR_INDEXES, Modelled, "Set a default handler", fallback_resource),
    row("DirectoryIndex", Args::Raw, OR_INDEXES, Modelled, "a list of file names", directory_index),
    row("DirectorySlash", Args::Flag, OR_INDEXES, Modelled, "On or Off", directory_slash),
    row("DirectoryCheckHandler", Args::Flag, OR_INDEXES, Modelled, "On or Off", directory_check_handler),
    row(
        "DirectoryIndexRedirect",
        Args::Take1,
        OR_INDEXES,
        Modelled,
        "On, Off, or a 3xx status code.",
        directory_index_redirect,
    ),
];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// DirectoryIndex: all names set in one section.
    index_names: Option<List>,
    slash: Option<Set<bool>>,
    check_handler: Option<Set<bool>>,
    redirect_index: Option<Set<u16>>,
    fallback: Option<Set<BString>>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            index_names: Set::merge(&base.index_names, &add.index_names),
            slash: Set::merge(&base.slash, &add.slash),
            check_handler: Set::merge(&base.check_handler, &add.check_handler),
            redirect_index: Set::merge(&base.redirect_index, &add.redirect_index),
            fallback: Set::merge(&base.fallback, &add.fallback),
        }
    }
}

fn fallback_resource(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.dir).fallback, a[0].clone(), span);
    Ok(())
}

fn directory_index(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let words = crate::conf::args::split(&a[0]);
    let dir = cmd.slot(|d| &mut d.dir);
    let disabled = words.len() == 1 && words[0].eq_ignore_ascii_case(b"disabled");
    List::add(&mut dir.index_names, if disabled { Vec::new() } else { words }, disabled, span);
    Ok(())
}

fn directory_slash(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.dir).slash, a[0].eq_ignore_ascii_case(b"on"), span);
    Ok(())
}

fn directory_check_handler(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.dir).check_handler, a[0].eq_ignore_ascii_case(b"on"), span);
    Ok(())
}

fn directory_index_redirect(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let status = match a[0].to_ascii_lowercase().as_slice() {
        b"on" | b"temp" => 302,
        b"off" => 0,
        b"permanent" => 301,
        b"seeother" => 303,
        w if w.first().is_some_and(u8::is_ascii_digit) => match crate::server::core::atoi(w) {
            n @ 300..=399 => n as u16,
            _ => return Err("DirectoryIndexRedirect only accepts values between 300 and 399".into()),
        },
        _ => return Err("DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.dir).redirect_index, status, span);
    Ok(())
}

/// `dir_fixups`
fn fixups(r: &mut Request<'_>) -> Verdict {
    if r.is_dir() {
        return fixup_dir(r);
    }
    if r.finfo.is_none() && r.handler.is_none() {
        return fixup_fallback(r);
    }
    Verdict::Declined
}

/// Whether a subrequest found something that can be served.
fn usable(sub: &Request<'_>) -> bool {
    sub.status == 200 && (sub.handler.as_ref().is_some_and(|h| h == "proxy-server") || sub.is_regular())
}

fn with_args(name: &BString, r: &Request<'_>) -> BString {
    match &r.args {
        Some(args) => [name.as_slice(), b"?", args].concat().into(),
        None => name.clone(),
    }
}

/// Takes over the answer of a subrequest that redirects (or refuses).
fn propagate(r: &mut Request<'_>, sub: Request<'_>) -> Verdict {
    let status = sub.status;
    r.headers_out = overlay(&r.headers_out, &sub.headers_out);
    let said = without_cookies_of(sub.err_headers_out, &r.err_headers_out);
    r.err_headers_out = overlay(&r.err_headers_out, &said);
    r.access = sub.access;
    take_marks(r, sub.log, sub.decided, sub.caveats);
    Verdict::Status(status)
}

/// `fixup_dflt`: FallbackResource, for what is not there.
fn fixup_fallback(r: &mut Request<'_>) -> Verdict {
    let Some(set) = r.per_dir.dir.as_ref().and_then(|d| d.fallback.clone()) else { return Verdict::Declined };
    if let Some(span) = setting::decisive(&Some(set.clone()), &"disabled".into()) {
        r.decide(Phase::Fixups, span);
    }
    if set.value.eq_ignore_ascii_case(b"disabled") {
        return Verdict::Declined;
    }
    let target = with_args(&set.value, r);
    let sub = subrequest::lookup_uri(r, &target);
    r.engine.budget.name(set.span);
    if usable(&sub) {
        internal_fast_redirect(r, sub);
        return Verdict::Ok;
    }
    let status = sub.status;
    if (300..400).contains(&status) {
        // the redirect is read after the subrequest's memory was given back
        r.caveat("FallbackResource", set.span, "it is redirected, and httpd may garble the Location then");
        return propagate(r, sub);
    }
    take_marks(r, sub.log, Vec::new(), sub.caveats);
    if status != 404 && status != 200 {
        r.access = sub.access;
        return Verdict::Status(status);
    }
    Verdict::Declined
}

/// Another module has the handler: the type of folders must not leak out.
fn step_aside(r: &mut Request<'_>) -> Verdict {
    if r.content_type.as_ref().is_some_and(|t| t == DIR_MAGIC_TYPE) {
        r.set_content_type(None, false);
    }
    Verdict::Declined
}

/// `fixup_dir`: the slash, then the index.
fn fixup_dir(r: &mut Request<'_>) -> Verdict {
    if r.handler.is_none() {
        r.handler = Some(DIR_MAGIC_TYPE.into());
    }
    if r.path_info.as_ref().is_some_and(|p| !p.is_empty()) {
        return Verdict::Declined;
    }
    static NOTHING: LazyLock<Dir> = LazyLock::new(Dir::default);
    let dir = r.per_dir.dir.as_deref().unwrap_or(&NOTHING);
    if !r.uri.ends_with(b"/") {
        r.decide_if(Phase::Fixups, setting::decisive(&dir.slash, &true));
        if !setting::value(&dir.slash, true) {
            return Verdict::Declined;
        }
        if r.method_number != method::GET && r.env.get("redirect-carefully").is_some() {
            return Verdict::Declined;
        }
        let mut target = uri::escape_path(&r.uri, true);
        target.push(b'/');
        if let Some(args) = &r.args {
            target.push(b'?');
            target.extend_from_slice(args);
        }
        let location = r.locate(Phase::Fixups, &target);
        r.headers_out.set("Location", location);
        return Verdict::Status(301);
    }
    let handler = r.handler.clone().unwrap_or_default();
    if handler == "redirect-handler" {
        return step_aside(r);
    }
    if setting::value(&dir.check_handler, false) && handler != DIR_MAGIC_TYPE {
        r.decide_if(Phase::Fixups, dir.check_handler.as_ref().map(|s| s.span));
        return step_aside(r);
    }
    index(r, dir)
}

/// The names that are tried where no DirectoryIndex line says which.
static DEFAULT: LazyLock<BString> = LazyLock::new(|| "index.html".into());

fn index(r: &mut Request<'_>, dir: &Dir) -> Verdict {
    let names = match &dir.index_names {
        None => smallvec![&*DEFAULT],
        Some(list) if r.engine.doubts.is_without(list.span) => list.beneath().unwrap_or_else(|| smallvec![&*DEFAULT]),
        Some(list) => list.words(),
    };
    let mut refused = None;
    let mut marks = Vec::new();
    for (i, &name) in names.iter().enumerate() {
        let target = with_args(name, r);
        let sub = subrequest::lookup_uri(r, &target);
        r.engine.budget.name(dir.index_names.as_ref().map_or(Span::NONE, |s| s.span));
        if usable(&sub) {
            decide_index(r, dir, name, i);
            let redirect = dir.redirect_index.as_ref().filter(|s| (300..400).contains(&s.value));
            if let Some(redirect) = redirect {
                r.decide(Phase::Fixups, redirect.span);
                let location = r.locate(Phase::Fixups, &sub.uri);
                r.headers_out.set("Location", location);
                take_marks(r, sub.log, sub.decided, sub.caveats);
                return Verdict::Status(redirect.value);
            }
            internal_fast_redirect(r, sub);
            return Verdict::Ok;
        }
        let alone = i + 1 == names.len();
        if (300..400).contains(&sub.status) || matches!(sub.status, 401 | 406) && alone {
            decide_index(r, dir, name, i);
            return propagate(r, sub);
        }
        if sub.status != 404 && sub.status != 200 {
            refused = Some((sub.status, sub.access));
            marks.extend(sub.decided.iter().copied());
        }
        r.doubt_of(sub.decided);
        take_marks(r, sub.log, Vec::new(), sub.caveats);
    }
    if let Some((status, access)) = refused {
        r.access = access;
        take_marks(r, Vec::new(), marks, Vec::new());
        return Verdict::Status(status);
    }
    decide_no_index(r, dir);
    r.notes.set("dir-index-names", bstr::join(",", names.iter()));
    Verdict::Declined
}

/// Names the DirectoryIndex line without which an index would be looked for, and is there.
fn decide_no_index(r: &mut Request<'_>, dir: &Dir) {
    let Some(set) = &dir.index_names else { return };
    let folder = r.filename.clone().unwrap_or_default();
    let beneath = set.beneath().unwrap_or_else(|| smallvec![&*DEFAULT]);
    let tried: HashSet<&BString> = set.words().into_iter().collect();
    let there = |name: &&BString| {
        let path = crate::filepath::merge(Some(bstr::BStr::new(&folder)), name);
        !tried.contains(name) && path.is_some_and(|p| r.engine.stat(&p).is_ok_and(|s| s.is_file()))
    };
    if beneath.iter().any(there) {
        r.decide(Phase::Fixups, set.span);
    }
}

/// Names the DirectoryIndex line that brought the name in, unless it would have been tried anyway.
fn decide_index(r: &mut Request<'_>, dir: &Dir, name: &BString, position: usize) {
    // the earliest line of the chain that already holds the name at its place is the one that brings it in
    let deciding = dir.index_names.as_ref().and_then(|list| list.first_with(name, position));
    if name == "index.html" && position == 0 && dir.index_names.as_ref().is_some_and(|s| s.under.is_none()) {
        return;
    }
    r.decide_if(Phase::Fixups, deciding);
    // where the line isn't, another may bring it in at another place
    let last = dir.index_names.as_ref().filter(|list| deciding == Some(list.span));
    if let Some(list) = last.filter(|list| list.beneath().is_some_and(|names| names.contains(&name))) {
        r.engine.doubt(Decision::new(Phase::Fixups, list.span), Alike::Any);
    }
}
