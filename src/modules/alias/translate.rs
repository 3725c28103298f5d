//! What Alias and Redirect lines make of a request.

use super::{Dir, Entry, overlaps};
use crate::filepath;
use crate::outcome::Decision;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Change, Field, Judgement, Step, Winner};
use crate::pattern::{self, Captures};
use crate::server::captures;
use crate::server::doubts::Alike;
use crate::server::index::Indexed;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::{expr_context, uri};
use crate::source::Span;
use crate::text::Text;
use bstr::{BStr, BString, ByteSlice};

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
pub(super) fn translate(r: &mut Request<'_>) -> Verdict {
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
pub(super) fn fixup_redirect(r: &mut Request<'_>) -> Verdict {
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
