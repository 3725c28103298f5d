//! mod_alias.c: Alias, Redirect and their kin. All redirects of a server are tried before its aliases, a virtual
//! host's own before those of the main server.

mod translate;

use crate::expr::Expr;
use crate::pattern::{self, Flags, Regex};
use crate::server::cmd::{Cmd, forbid};
use crate::server::index::{Beginning, Indexed};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, hook, order, row};
use crate::server::settings::Settings;
use crate::server::uri;
use crate::source::Span;
use bstr::BString;
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_alias.c",
    identifier: "alias_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    does_without: true,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[
    Hook {
        before: &["mod_userdir.c", "mod_vhost_alias.c"],
        ..hook(Phase::TranslateName, order::MIDDLE, translate::translate)
    },
    hook(Phase::Fixups, order::MIDDLE, translate::fixup_redirect),
];

static DIRECTIVES: &[Directive] = &[
    row(
        "Alias",
        Args::Take12,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "a fakename and a realname, or a realname in a Location",
        alias,
    )
    .tried(),
    row(
        "ScriptAlias",
        Args::Take12,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "a fakename and a realname, or a realname in a Location",
        script_alias,
    )
    .tried(),
    row(
        "Redirect",
        Args::Take123,
        OR_FILEINFO,
        Modelled,
        "an optional status, then document to be redirected and destination URL",
        redirect,
    )
    .tried(),
    row("AliasMatch", Args::Take2, RSRC_CONF, Modelled, "a regular expression and a filename", alias_match).tried(),
    row(
        "ScriptAliasMatch",
        Args::Take2,
        RSRC_CONF,
        Modelled,
        "a regular expression and a filename",
        script_alias_match,
    )
    .tried(),
    row(
        "RedirectMatch",
        Args::Take23,
        OR_FILEINFO,
        Modelled,
        "an optional status, then a regular expression and destination URL",
        redirect_match,
    )
    .tried(),
    row(
        "RedirectTemp",
        Args::Take2,
        OR_FILEINFO,
        Modelled,
        "a document to be redirected, then the destination URL",
        redirect_temp,
    )
    .tried(),
    row(
        "RedirectPermanent",
        Args::Take2,
        OR_FILEINFO,
        Modelled,
        "a document to be redirected, then the destination URL",
        redirect_permanent,
    )
    .tried(),
    row(
        "RedirectRelative",
        Args::Flag,
        OR_FILEINFO,
        Modelled,
        "Set to ON to allow relative redirect targets to be issued as-is",
        redirect_relative,
    ),
    row(
        "AliasPreservePath",
        Args::Flag,
        OR_FILEINFO,
        Modelled,
        "Set to ON to map the full path after the fakename to the realname.",
        alias_preserve_path,
    ),
];

/// One Alias or Redirect: httpd's `alias_entry`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its place.
    pub span: Span,
    /// The path that it stands for.
    pub fake: BString,
    /// Where that leads; none for a status without a target.
    pub real: Option<BString>,
    /// In place of the path.
    pub regex: Option<Regex>,
    /// Whether it makes CGI scripts of what it leads to.
    pub script: bool,
    /// The status of a redirect.
    pub status: u16,
}

impl Beginning for Entry {
    fn beginning(&self) -> Vec<u8> {
        match &self.regex {
            Some(regex) => regex.beginning().into(),
            None => uri::single_slashes(&self.fake).into(),
        }
    }
}

/// Settings per server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// In the order in which they are tried.
    pub aliases: Arc<Indexed<Entry>>,
    /// In the order in which they are tried.
    pub redirects: Arc<Indexed<Entry>>,
}

impl Settings for Server {
    fn merge(base: &Server, add: &Server) -> Server {
        Server {
            aliases: Indexed::join(&add.aliases, &base.aliases),
            redirects: Indexed::join(&add.redirects, &base.redirects),
        }
    }
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    redirects: Arc<Indexed<Entry>>,
    alias: Option<Target>,
    redirect: Option<(u16, Option<Arc<Expr>>, Span)>,
    relative: Option<bool>,
    preserve_path: Option<bool>,
}

/// An Alias of one argument, in a `<Location>`.
#[derive(Clone, Debug)]
struct Target {
    expr: Arc<Expr>,
    fake: BString,
    script: bool,
    span: Span,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            redirects: Indexed::join(&add.redirects, &base.redirects),
            alias: add.alias.clone().or_else(|| base.alias.clone()),
            redirect: add.redirect.clone().or_else(|| base.redirect.clone()),
            relative: add.relative.or(base.relative),
            preserve_path: add.preserve_path.or(base.preserve_path),
        }
    }
}

fn add_alias(cmd: &mut Cmd<'_>, a: &[BString], script: bool, is_match: bool) -> Result<(), String> {
    if a.len() == 1 {
        return add_location_alias(cmd, &a[0], script);
    }
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let regex = match is_match {
        true => Some(cmd.regex(&a[0], Flags::default()).map_err(|_| "Regular expression could not be compiled.")?),
        false => None,
    };
    let span = cmd.span();
    let entry = Entry { span, fake: a[0].clone(), real: Some(a[1].clone()), regex, script, status: 0 };
    let server = cmd.server_slot(|s| &mut s.alias);
    let earlier = |fake| server.aliases.of_path(fake).iter().find(|(_, e)| overlaps(e, fake)).map(|(_, e)| e.clone());
    let overlapped = if is_match { None } else { earlier(&a[0]) };
    Arc::make_mut(&mut server.aliases).push(entry);
    if let Some(e) = overlapped {
        let earlier =
            format!("{}Alias{}", if e.script { "Script" } else { "" }, if e.regex.is_some() { "Match" } else { "" });
        let name = cmd.row.name;
        let message =
            format!("the {name} directive will probably never match because it overlaps an earlier {earlier}");
        let d = crate::diagnostic::Diagnostic::warning("AH00671", message, span)
            .related(e.span, format!("the earlier {earlier}"));
        cmd.build.diagnostics.push(d);
    }
    Ok(())
}

fn overlaps(earlier: &Entry, fake: &[u8]) -> bool {
    match &earlier.regex {
        None => pattern::alias_matches(fake, &earlier.fake) > 0,
        Some(regex) => regex.is_match(fake).unwrap_or(false),
    }
}

fn add_location_alias(cmd: &mut Cmd<'_>, text: &BString, script: bool) -> Result<(), String> {
    cmd.forbid(forbid::DIRECTORY | forbid::FILES)?;
    let Some(fake) = cmd.path.clone() else {
        return Err("Alias must have two arguments when used globally".into());
    };
    let expr = cmd.expr(text, true).map_err(|e| format!("Cannot parse alias expression '{text}': {e}"))?;
    let span = cmd.span();
    cmd.slot(|d| &mut d.alias).alias = Some(Target { expr: Arc::new(expr), fake, script, span });
    Ok(())
}

fn alias(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_alias(cmd, a, false, false)
}
fn script_alias(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_alias(cmd, a, true, false)
}
fn alias_match(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_alias(cmd, a, false, true)
}
fn script_alias_match(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_alias(cmd, a, true, true)
}

/// A redirect's status by name or number, and whether a target goes with it.
fn status(word: &[u8]) -> Option<(u16, bool)> {
    Some(match word.to_ascii_lowercase().as_slice() {
        b"permanent" => (301, true),
        b"temp" => (302, true),
        b"seeother" => (303, true),
        b"gone" => (410, false),
        w if w.first().is_some_and(u8::is_ascii_digit) => {
            let n = crate::server::core::atoi(w).clamp(0, 65535) as u16;
            (n, (300..400).contains(&n))
        }
        _ => return None,
    })
}

fn add_redirect(cmd: &mut Cmd<'_>, a: &[BString], default: u16, is_match: bool) -> Result<(), String> {
    let understood = status(&a[0]);
    let (first, second, third) = (&a[0], a.get(1), a.get(2));
    if third.is_some() && understood.is_none() {
        return Err("Redirect: invalid first argument (of three)".into());
    }
    let code = understood.map_or(default, |(code, _)| code);
    let span = cmd.span();
    if cmd.path.is_some() {
        let target = match (understood, second, third) {
            (Some((_, true)), Some(url), None) => Some(Some(url)),
            (None, None, _) => Some(Some(first)),
            (Some((_, false)), None, _) => Some(None),
            _ => None,
        };
        if let Some(target) = target {
            let expr = match target {
                None => None,
                Some(url) => Some(Arc::new(
                    cmd.expr(url, true).map_err(|e| format!("Cannot parse redirect expression '{url}': {e}"))?,
                )),
            };
            cmd.slot(|d| &mut d.alias).redirect = Some((code, expr, span));
            return Ok(());
        }
    }
    let (fake, url) = if third.is_none() && understood.is_none() { (Some(first), second) } else { (second, third) };
    let regex = match (is_match, fake) {
        (true, Some(fake)) => {
            Some(cmd.regex(fake, Flags::default()).map_err(|_| "Regular expression could not be compiled.")?)
        }
        _ => None,
    };
    if (300..400).contains(&code) {
        let Some(url) = url else { return Err("URL to redirect to is missing".into()) };
        if !is_match && !uri::is_url(url) && !url.starts_with(b"/") {
            return Err("Redirect to non-URL".into());
        }
    } else if url.is_some() {
        return Err("Redirect URL not valid for this status".into());
    }
    let entry =
        Entry { span, fake: fake.cloned().unwrap_or_default(), real: url.cloned(), regex, script: false, status: code };
    let list = if cmd.path.is_some() {
        &mut cmd.slot(|d| &mut d.alias).redirects
    } else {
        &mut cmd.server_slot(|s| &mut s.alias).redirects
    };
    Arc::make_mut(list).push(entry);
    Ok(())
}

fn redirect(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_redirect(cmd, a, 302, false)
}
fn redirect_match(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_redirect(cmd, a, 302, true)
}
fn redirect_temp(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_redirect(cmd, a, 302, false)
}
fn redirect_permanent(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add_redirect(cmd, a, 301, false)
}

fn redirect_relative(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.alias).relative = Some(a[0].eq_ignore_ascii_case(b"on"));
    Ok(())
}
fn alias_preserve_path(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.alias).preserve_path = Some(a[0].eq_ignore_ascii_case(b"on"));
    Ok(())
}
