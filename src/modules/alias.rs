//! mod_alias.c: Alias, Redirect and their kin. All redirects of a server are tried before its aliases, a virtual
//! host's own before those of the main server.

use crate::expr::Expr;
use crate::filepath;
use crate::outcome::Decision;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Change, Field, Judgement, Step, Winner};
use crate::pattern::{self, Captures, Flags, Regex};
use crate::server::build::{Cmd, forbid};
use crate::server::captures;
use crate::server::doubts::Alike;
use crate::server::index::{Beginning, Indexed};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::settings::Settings;
use crate::server::{expr_context, uri};
use crate::source::Span;
use crate::text::Text;
use bstr::{BStr, BString, ByteSlice};
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
    Hook { before: &["mod_userdir.c", "mod_vhost_alias.c"], ..hook(Phase::TranslateName, order::MIDDLE, translate) },
    hook(Phase::Fixups, order::MIDDLE, fixup_redirect),
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

/// What a list of rules came to.
struct Found {
    target: BString,
    status: u16,
    span: Span,
}

/// `try_alias_list`. The error is that a substitution is too long.
fn try_list<'a>(r: &mut Request<'a>, entries: &'a Indexed<Entry>, redirects: bool) -> Result<Option<Found>, ()> {
    let mut found: Option<Found> = None;
    // who watches is told of those that miss, too
    let candidates = if r.watched() { entries.all() } else { entries.of_path(&r.uri) };
    for (_, entry) in candidates.iter() {
        if let Some(found) = &found {
            // somebody watches: which of the rest would have matched?
            let uri = r.uri.clone();
            if r.for_trace(|r| would_match(r, entry, &uri)) {
                r.tell(|| tried(entry.span, Judgement::Shadowed(Winner::Rule(found.span))));
            }
            continue;
        }
        if r.engine.doubts.is_without(entry.span) {
            continue;
        }
        let Some(target) = try_entry(r, entry, redirects)? else {
            r.tell_line(Phase::TranslateName, By::Module("mod_alias.c"), entry.span, Judgement::Missed);
            continue;
        };
        let field = if redirects { Field::Location } else { Field::File };
        r.tell(|| {
            tried(entry.span, Judgement::Matched).when(r.traced(), |s| s.changing(Change::to(field, target.clone())))
        });
        found = Some(Found { target, status: entry.status, span: entry.span });
        if !r.traced() {
            break;
        }
    }
    Ok(found)
}

fn would_match(r: &mut Request<'_>, entry: &Entry, uri: &[u8]) -> bool {
    match &entry.regex {
        None => overlaps(entry, uri),
        Some(regex) => captures::is_match(r, regex, entry.span, uri, (Origin::Path, b"")),
    }
}

fn tried(line: Span, judgement: Judgement) -> Step {
    Step::new(Phase::TranslateName, By::Module("mod_alias.c"), Some(line), judgement)
}

fn try_entry<'a>(r: &mut Request<'a>, entry: &'a Entry, redirect: bool) -> Result<Option<BString>, ()> {
    // borrowed for the while
    let path = std::mem::take(&mut r.uri);
    let target = try_path(r, entry, &path, redirect);
    r.uri = path;
    target
}

fn try_path<'a>(r: &mut Request<'a>, entry: &'a Entry, path: &BString, redirect: bool) -> Result<Option<BString>, ()> {
    let target = if let Some(regex) = &entry.regex {
        let mut caps = Captures::default();
        if !captures::search(r, regex, entry.span, path, (Origin::Path, b""), &mut caps) {
            return Ok(None);
        }
        match &entry.real {
            None => BString::default(),
            Some(real) => {
                let Some(text) = pattern::substitute(real, path, &caps) else {
                    r.error("AH00672", format!("Regex substitution in '{real}' failed. Replacement too long?"));
                    return Err(());
                };
                if redirect { escape_target(&text) } else { text }
            }
        }
    } else {
        let length = pattern::alias_matches(path, &entry.fake);
        r.engine.pattern_of_told(|| {
            captures::tried(entry.span, PatternKind::Prefix, &entry.fake, path, (Origin::Path, b""), length > 0)
        });
        if length == 0 {
            return Ok(None);
        }
        r.context_prefix = Some(Text::lent(&entry.fake));
        r.context_root = entry.real.as_ref().map(|real| Text::lent(real));
        let real = entry.real.as_ref().map_or(&b""[..], |real| real.as_slice());
        // with room for the slash that a folder is looked up with
        let mut target = BString::from(Vec::with_capacity(real.len() + path.len() - length + 1));
        target.extend_from_slice(real);
        if redirect {
            target.extend_from_slice(&uri::escape_path(&path[length..], true));
        } else {
            target.extend_from_slice(&path[length..]);
        }
        target
    };
    if entry.script {
        r.handler = Some("cgi-script".into());
        r.handler_span = Some(entry.span);
        r.notes.set("alias-forced-type", "cgi-script");
    }
    if redirect {
        return Ok(Some(target));
    }
    Ok(filepath::merge_owned(r.engine.server.server_root.as_bstr(), target))
}

/// Escapes a redirect's target, but for its query and fragment.
fn escape_target(text: &BString) -> BString {
    let (mut rest, mut fragment) = (text.as_slice(), None);
    if let Some(i) = rest.find_byte(b'#') {
        fragment = Some(&rest[i + 1..]);
        rest = &rest[..i];
    }
    let mut query = None;
    if let Some(i) = rest.find_byte(b'?') {
        query = Some(&rest[i + 1..]);
        rest = &rest[..i];
    }
    let mut out = uri::escape_path(rest, true);
    if let Some(q) = query {
        out.push(b'?');
        out.extend_from_slice(q);
    }
    if let Some(f) = fragment {
        out.push(b'#');
        out.extend_from_slice(f);
    }
    out
}

/// `try_redirect`: a Redirect of one argument, in a section.
fn try_redirect(r: &mut Request<'_>, dir: Option<&Dir>) -> Result<Option<Found>, ()> {
    let Some((status, expr, span)) = dir.and_then(|d| d.redirect.clone()) else { return Ok(None) };
    let target = match expr {
        None => BString::default(),
        Some(expr) => match expr_context::string(r, &expr) {
            Ok(text) => escape_target(&text),
            Err(e) => {
                r.error("AH02826", format!("Can't evaluate redirect expression: {e}"));
                return Err(());
            }
        },
    };
    r.engine.budget.name(span);
    r.tell(|| tried(span, Judgement::Matched).changing(Change::to(Field::Location, target.clone())));
    Ok(Some(Found { target, status, span }))
}

/// `try_alias`: an Alias of one argument, in a section.
fn try_alias<'a>(r: &mut Request<'a>, dir: Option<&'a Dir>) -> Result<Option<Found>, ()> {
    let Some(alias) = dir.and_then(|d| d.alias.as_ref()) else { return Ok(None) };
    let mut target = match expr_context::string(r, &alias.expr) {
        Ok(t) => t,
        Err(e) => {
            r.error("AH02825", format!("Can't evaluate alias expression: {e}"));
            return Err(());
        }
    };
    r.engine.budget.name(alias.span);
    if dir.is_some_and(|d| d.preserve_path == Some(true)) {
        let length = pattern::alias_matches(&r.uri, &alias.fake);
        if length > 0 {
            r.context_prefix = Some(Text::lent(&alias.fake));
            r.context_root = Some(target.clone().into());
            target.extend_from_slice(&r.uri[length..]);
        }
    }
    if alias.script {
        r.handler = Some("cgi-script".into());
        r.handler_span = Some(alias.span);
        r.notes.set("alias-forced-type", "cgi-script");
    }
    r.tell(|| tried(alias.span, Judgement::Matched).changing(Change::to(Field::File, target.clone())));
    let root: &BStr = r.engine.server.server_root.as_bstr();
    Ok(filepath::merge(Some(root), &target).map(|target| Found { target, status: 0, span: alias.span }))
}

/// Sends the client elsewhere, or away.
fn send(r: &mut Request<'_>, dir: Option<&Dir>, found: Found, code: &'static str, phase: Phase) -> Verdict {
    r.decide(phase, found.span);
    if (300..400).contains(&found.status) {
        let mut target = found.target;
        let relative = dir.is_some_and(|d| d.relative == Some(true));
        if !relative || !target.starts_with(b"/") {
            if target.starts_with(b"/") {
                target = r.locate(phase, &target);
            }
            if !uri::is_url(&target) {
                let from = r.uri.clone();
                r.error(
                    code,
                    format!("cannot redirect '{from}' to '{target}'; target is not a valid absoluteURI or abs_path"),
                );
                return Verdict::Status(500);
            }
        }
        if let Some(args) = &r.args
            && !target.contains(&b'?')
        {
            target.push(b'?');
            target.extend_from_slice(args);
        }
        r.headers_out.set("Location", target);
    }
    Verdict::Status(found.status)
}

/// Whether the path leads there below DocumentRoot, too.
fn is_below_root(r: &Request<'_>, file: &BString) -> bool {
    let Some(root) = file.strip_suffix(r.uri.as_slice()) else { return false };
    let own = r.document_root_override.as_ref().map_or(r.server.core().document_root(), |own| own.as_bstr());
    root == own.strip_suffix(b"/").unwrap_or(own)
}

/// `translate_alias_redir`
fn translate(r: &mut Request<'_>) -> Verdict {
    if r.uri.first().is_some_and(|b| *b != b'/') {
        return Verdict::Declined;
    }
    let dir = r.per_dir.alias.as_deref();
    let server = r.server.settings.alias.as_deref();
    let redirected = match try_redirect(r, dir) {
        Ok(None) => match &server {
            Some(s) => try_list(r, &s.redirects, true),
            None => Ok(None),
        },
        other => other,
    };
    match redirected {
        Err(()) => return Verdict::Status(500),
        Ok(Some(found)) => return send(r, dir, found, "AH00674", Phase::TranslateName),
        Ok(None) => {}
    }
    let aliased = match try_alias(r, dir) {
        Ok(None) => match &server {
            Some(s) => try_list(r, &s.aliases, false),
            None => Ok(None),
        },
        other => other,
    };
    match aliased {
        Err(()) => Verdict::Status(500),
        Ok(Some(found)) => {
            r.decide(Phase::TranslateName, found.span);
            if is_below_root(r, &found.target) {
                r.engine.doubt(Decision::new(Phase::TranslateName, found.span), Alike::Any);
            }
            r.filename = Some(found.target);
            Verdict::Ok
        }
        Ok(None) => Verdict::Declined,
    }
}

/// `fixup_redir`: redirects of sections and .htaccess files.
fn fixup_redirect(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.alias.as_deref() else { return Verdict::Declined };
    let found = match try_redirect(r, Some(dir)) {
        Ok(None) => try_list(r, &dir.redirects, true),
        other => other,
    };
    match found {
        Err(()) => Verdict::Status(500),
        Ok(Some(found)) => send(r, Some(dir), found, "AH00676", Phase::Fixups),
        Ok(None) => Verdict::Declined,
    }
}
