//! `ap_location_walk` (server/request.c): `<Location>` sections, in the order of the configuration.

use super::request::Request;
use super::section::Section;
use super::setting;
use super::uri;
use super::walk_cache::{self, Found, Walk, Walked};
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Judgement};
use crate::pattern;
use crate::phase::Phase;
use crate::server::captures;
use crate::version;
use bstr::{BStr, BString, ByteSlice};

/// Merges the sections that match the URL path onto the request's settings.
pub(crate) fn run(r: &mut Request<'_>, phase: Phase) {
    let server = r.server;
    if server.sec_url.is_empty() {
        return;
    }
    // borrowed for the while: what the walk does to the request is done to other parts of it
    let asked = std::mem::take(&mut r.uri);
    // sections see single slashes, whatever MergeSlashes says
    let merged = setting::value(&server.core().merge_slashes, true)
        && r.engine.server.loaded.version.has(&version::MERGED_SLASHES);
    let single = (!merged).then(|| uri::single_slashes(&asked));
    walk(r, &asked, single.as_ref().unwrap_or(&asked).as_bstr(), phase);
    r.uri = asked;
}

fn walk(r: &mut Request<'_>, asked: &BString, uri: &BStr, phase: Phase) {
    let server = r.server;
    let (key, tested) = (walk_cache::key(uri), server.index as u64);
    let familiar = walk_cache::familiar(r, Walk::Location, key, tested);
    let mut settings = None;
    if familiar.is_none() || r.traced() {
        // who watches is told of those that miss, too
        let sections = if r.watched() { server.sec_url.all() } else { server.sec_url.of_path(asked) };
        for (_, section) in sections.iter() {
            let matched = match familiar {
                None => matches(r, section, asked, uri, true),
                Some(_) => r.for_trace(|r| matches_again(r, section, asked, uri)),
            };
            r.tell_line(phase, By::Core, section.span, Judgement::of(matched));
            if matched {
                settings = Some(r.engine.with_section(settings, section));
            }
        }
    }
    let (settings, merged) = match familiar {
        Some(familiar) => (familiar.found.settings, familiar.merged),
        None => (settings, settings.map_or(0, |m| m.id)),
    };
    let found = Found { settings, told: None };
    let walked =
        Walked { walk: Walk::Location, key: Some(key), key_after: None, tested, merged, found, may_be_familiar: true };
    if walk_cache::settle(r, walked) {
        settings.iter().for_each(|m| r.merge(m));
    }
}

/// The same for a walk that was done before.
#[cold]
fn matches_again(r: &mut Request<'_>, section: &Section, asked: &BString, uri: &BStr) -> bool {
    matches(r, section, asked, uri, false)
}

/// Whether a section's path matches; a regular expression's named groups are set, but for a walk that was done before.
#[inline(always)]
fn matches(r: &mut Request<'_>, section: &Section, asked: &BString, uri: &BStr, first: bool) -> bool {
    if let Some(regex) = &section.regex {
        // a regular expression sees the path as it is
        return match first {
            true => captures::match_section(r, regex, section.span, asked, Origin::Path),
            false => captures::is_match(r, regex, section.span, asked, (Origin::Path, b"")),
        };
    }
    let path = section.path.as_bstr();
    let (kind, matched) = match section.is_fnmatch {
        true => (PatternKind::Wildcards, pattern::fnmatch(path, uri, pattern::PATHNAME)),
        false => (PatternKind::Prefix, is_below(uri, path)),
    };
    r.engine.pattern_of_told(|| captures::tried(section.span, kind, path, uri, (Origin::Path, b""), matched));
    matched
}

/// Whether a path is another one, or below it.
fn is_below(uri: &BStr, path: &BStr) -> bool {
    uri.starts_with(path)
        && (path.is_empty() || path.ends_with(b"/") || matches!(uri.get(path.len()), None | Some(b'/')))
}
