//! Rules of sections and .htaccess files: `hook_fixup` (mod_rewrite.c).

use super::list::{self, Action};
use super::settings::{Dir, option};
use super::{REDIRECT_HANDLER, server, trace, url, weigh};
use crate::outcome::Decision;
use crate::outcome::step::{Judgement, Rewriting};
use crate::server::core::options;
use crate::server::doubts::Alike;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::setting;
use bstr::{BString, ByteSlice};

const PHASE: Phase = Phase::Fixups;

/// `hook_fixup`
pub(super) fn hook_fixup(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.rewrite.as_deref().and_then(|dir| in_force(r, dir)) else { return Verdict::Declined };
    let Some(directory) = &dir.directory else { return Verdict::Declined };
    if !r.is_proxied() {
        // the name of the folder itself, without the slash: mod_dir sends the client there
        let itself = directory.strip_suffix(b"/").unwrap_or(directory);
        if r.filename.as_ref().is_some_and(|f| f == itself) && !dir.options.decides(r, PHASE, option::NO_SLASH) {
            trace::note(r, PHASE, Judgement::Skipped, || Rewriting::BareDirectory);
            return Verdict::Declined;
        }
    }
    if r.rewrite.end {
        trace::note(r, PHASE, Judgement::Skipped, || Rewriting::Ended);
        return Verdict::Declined;
    }
    if let Some(verdict) = forbidden(r, dir) {
        return verdict;
    }
    let (filename, args) = (r.filename.clone(), r.args.clone());
    if r.filename.is_none() {
        r.filename = Some(r.uri.clone());
    }
    let applied = list::apply(r, &dir.rules, Some(directory));
    weigh::name_engine(r, PHASE, &dir.state, applied.action, &filename);
    if applied.action == Action::Unchanged {
        r.filename = filename;
        return Verdict::Declined;
    }
    r.rewrite.redirected_by = applied.last.map(|rule| rule.span);
    finish(r, dir, directory, applied.action, filename, args)
}

/// The settings, where the engine is on.
fn in_force<'d>(r: &Request<'_>, mut dir: &'d Dir) -> Option<&'d Dir> {
    if let Some((line, hidden)) = &dir.hides {
        if r.engine.doubts.is_without(*line) {
            dir = hidden;
        } else if setting::value(&hidden.state, false) {
            r.engine.doubt(Decision::new(PHASE, *line), Alike::Any);
        }
    }
    is_on(r, PHASE, dir).then_some(dir)
}

/// Whether the engine is on. A line that switches it off may have decided, if there are rules.
pub(super) fn is_on(r: &Request<'_>, phase: Phase, dir: &Dir) -> bool {
    let Some(state) = &dir.state else { return false };
    match r.engine.doubts.without() {
        Some(line) => setting::without(&dir.state, Some(line)) == Some(&true),
        None => {
            if !state.value && setting::decisive(&dir.state, &false).is_some() {
                r.engine.doubt(Decision::new(phase, state.span), Alike::Any);
            }
            state.value
        }
    }
}

/// Rules are as good as symbolic links, and need the same Options.
fn forbidden(r: &mut Request<'_>, dir: &Dir) -> Option<Verdict> {
    let links = options::SYM_LINKS | options::SYM_OWNER;
    let core = r.core();
    for span in options::any_deciders(&core.opt_lines, links) {
        r.decide(Phase::Fixups, span);
    }
    if core.opts & links != 0 {
        return None;
    }
    let filename = r.filename_str();
    r.error(
        "AH00670",
        format!(
            "Options FollowSymLinks and SymLinksIfOwnerMatch are both off, so the RewriteRule directive is also forbidden due to its similar ability to circumvent directory restrictions : {filename}"
        ),
    );
    r.decide_if(Phase::Fixups, setting::decisive(&dir.state, &false));
    Some(Verdict::Status(403))
}

/// What becomes of a request whose file name was rewritten.
fn finish(
    r: &mut Request<'_>,
    dir: &Dir,
    directory: &BString,
    action: Action,
    original: Option<BString>,
    args: Option<BString>,
) -> Verdict {
    let filename = r.filename.clone().unwrap_or_default();
    let scheme = url::scheme(&filename);
    if url::refuses_query(r, scheme.is_some() && action != Action::NoEscape) {
        r.error("AH10411", "Rewritten query string contains control characters or spaces");
        return Verdict::Status(403);
    }
    match action {
        Action::Status => {
            return server::answer(r);
        }
        Action::StatusSet => return Verdict::Status(r.status),
        _ => {}
    }
    if filename.len() > 6 && filename.starts_with(b"proxy:") {
        return server::proxy(r, action, "AH10160");
    }
    if let Some((skip, _)) = scheme {
        let filename = with_base(r, dir, directory, filename, skip);
        let target = server::escaped(r, filename, skip, action, args);
        return server::redirect(r, PHASE, target);
    }
    local(r, dir, directory, filename, original)
}

/// In a URL: RewriteBase in the place of the folder.
fn with_base(r: &mut Request<'_>, dir: &Dir, directory: &BString, filename: BString, skip: usize) -> BString {
    let Some((base, span)) = &dir.base else { return filename };
    let Some(slash) = filename[skip.min(filename.len())..].find_byte(b'/') else { return filename };
    let (head, path) = filename.split_at(skip + slash + 1);
    let prefix = directory.strip_prefix(b"/").unwrap_or(directory);
    match url::replace_prefix(path, prefix, base.get(1..).unwrap_or_default()) {
        Some(path) => {
            r.decide(Phase::Fixups, *span);
            r.decide_if(Phase::Fixups, dir.base_by);
            trace::base(r, *span, directory, base);
            [head, &path].concat().into()
        }
        None => filename,
    }
}

/// The result is a path: an internal redirect to the URL that it stands for.
fn local(
    r: &mut Request<'_>,
    dir: &Dir,
    directory: &BString,
    mut filename: BString,
    original: Option<BString>,
) -> Verdict {
    if let Some(rest) = filename.strip_prefix(b"passthrough:").filter(|p| !p.is_empty()) {
        filename = rest.into();
        r.filename = Some(filename.clone());
    }
    if !filename.starts_with(b"/") {
        return Verdict::Status(400);
    }
    if original.as_ref() == Some(&filename) {
        trace::note(r, PHASE, Judgement::Missed, || Rewriting::Unchanged);
        return Verdict::Ok;
    }
    let target = as_url(r, dir, directory, &filename);
    r.notes.set("redirect-keeps-vary", "");
    trace::note(r, PHASE, Judgement::Matched, || Rewriting::Redirect(target.clone()));
    r.filename = Some([b"redirect:".as_slice(), &target].concat().into());
    r.handler = Some(REDIRECT_HANDLER.into());
    r.handler_span = None;
    Verdict::Ok
}

/// The URL of a file: RewriteBase for the folder, else below DocumentRoot, else below what an Alias leads to.
fn as_url(r: &mut Request<'_>, dir: &Dir, directory: &BString, filename: &BString) -> BString {
    let Some((base, span)) = &dir.base else { return as_url_without_base(r, dir, filename) };
    let Some(url) = url::replace_prefix(filename, directory, base) else { return by_context(r, dir, filename) };
    if url != as_url_without_base(r, dir, filename) {
        r.decide(Phase::Fixups, *span);
        r.decide_if(Phase::Fixups, dir.base_by);
    }
    trace::base(r, *span, directory, base);
    url
}

fn as_url_without_base(r: &Request<'_>, dir: &Dir, filename: &BString) -> BString {
    let root = r.document_root();
    let root = root.strip_suffix(b"/").unwrap_or(&root);
    match filename.strip_prefix(root).filter(|rest| rest.starts_with(b"/")) {
        Some(rest) => rest.into(),
        None => by_context(r, dir, filename),
    }
}

/// By what an Alias leads to.
fn by_context(r: &Request<'_>, dir: &Dir, filename: &BString) -> BString {
    let root = r.context_root.clone().unwrap_or_else(|| r.document_root().into());
    let prefix = r.context_prefix.clone().unwrap_or_default();
    match url::replace_prefix(filename, &root, &prefix) {
        Some(url) if !dir.options.decides(r, PHASE, option::IGNORE_CONTEXT_INFO) => url,
        _ => filename.clone(),
    }
}
