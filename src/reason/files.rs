//! Reasons that lie in the file system: what is not there, what httpd may not read, what has no index.

use super::{Case, Cause, What};
use crate::filepath;
use crate::outcome::step::{By, Detail};
use crate::phase::Phase;
use crate::vfs::{R, X};
use bstr::{BStr, BString, ByteSlice};

/// Adds those that hold.
pub(super) fn causes(case: &Case<'_>, found: &mut Vec<Cause>) {
    let o = case.outcome;
    let Some(file) = case.file() else { return };
    let mapping = || case.decided_in(&[Phase::TranslateName]);
    if case.logs(&["AH00037", "AH00032"]) {
        let path = first_link(case, file).unwrap_or_else(|| file.to_owned());
        return found.push(Cause { what: What::Link { path }, places: options(case) });
    }
    if case.logs(&["AH01276"]) {
        let what = What::NoListing { directory: file.to_owned(), names: index_names(case) };
        return found.push(Cause { what, places: options(case) });
    }
    if o.status == 403
        && let Some(what) = keeps_out(case, file)
    {
        return found.push(Cause { what, places: Vec::new() });
    }
    if o.status == 404 && !case.logs(&["AH00687"]) {
        // behind an error page stands the file of the request that failed
        let missing = case.files().iter().find_map(|file| first_missing(case, file.as_bstr()));
        let what = match missing {
            Some(missing) => What::NoFile { missing },
            None if !o.path_info.is_empty() => What::PathInfo { file: file.to_owned(), rest: o.path_info.clone() },
            None => return,
        };
        return found.push(Cause { what, places: mapping() });
    }
    if o.status == 200 && o.handler.as_ref().is_some_and(|h| *h == "httpd/unix-directory") {
        let what = What::Listing { directory: file.to_owned(), names: index_names(case) };
        found.push(Cause { what, places: options(case) });
    }
}

/// The Options lines that decided.
fn options(case: &Case<'_>) -> Vec<crate::source::Span> {
    case.deciders(&["Options"])
}

/// A path and all directories above it, the topmost first.
pub(super) fn ancestors(path: &BStr) -> impl Iterator<Item = &BStr> {
    let ends = path.char_indices().filter(|(at, _, c)| *c == '/' && *at > 0).map(|(at, _, _)| at);
    ends.chain([path.len()]).map(|end| path[..end].as_bstr()).filter(|part| !part.ends_with(b"/"))
}

fn first_missing(case: &Case<'_>, file: &BStr) -> Option<BString> {
    ancestors(file).find(|part| case.stat(part).is_err()).map(ToOwned::to_owned)
}

fn first_link(case: &Case<'_>, file: &BStr) -> Option<BString> {
    let is_link = |path: &BString| case.lstat(path).is_ok_and(|s| s.kind == crate::vfs::Kind::Symlink);
    let own = ancestors(file).map(ToOwned::to_owned).find(&is_link);
    // a link within a directory is refused as its index is looked for
    own.or_else(|| index_names(case).into_iter().map(|name| filepath::join(file, &name)).find(is_link))
}

/// The first directory that httpd may not search, or the file that it may not read.
fn keeps_out(case: &Case<'_>, file: &BStr) -> Option<What> {
    if !case.logs(&["AH00132", "AH00035", "AH01275", "AH00036", "AH00529"]) {
        return None;
    }
    let server = case.run.server();
    let refused = ancestors(file).find_map(|part| {
        let stat = case.stat(part).ok()?;
        let wanted = if stat.is_dir() && part != file { X } else { R };
        (!server.cred.may(&stat, wanted)).then_some((part, stat))
    });
    let (path, stat) = refused?;
    let user = server.users.user_by_id(server.cred.uid).map_or_else(|| "another user".into(), |user| user.name.clone());
    Some(What::NoPermission { path: path.to_owned(), mode: stat.mode, uid: stat.uid, user })
}

/// The index files that were looked for, in order.
pub(super) fn index_names(case: &Case<'_>) -> Vec<BString> {
    let mut names: Vec<BString> = Vec::new();
    let by_dir = case.walk().filter(|s| s.phase == Phase::Fixups && s.by == By::Module("mod_dir.c"));
    for step in by_dir.flat_map(|s| &s.children) {
        if let Detail::Subrequest(asked) = &step.detail
            && asked.kind == "uri"
        {
            let name = filepath::basename(&asked.what);
            if !name.is_empty() && !names.iter().any(|n| n == name) {
                names.push(name.into());
            }
        }
    }
    names
}
