//! `ap_location_walk` (server/request.c): `<Location>` sections, in the order of the configuration.

use super::names;
use super::request::Request;
use super::section::Section;
use super::setting;
use super::uri;
use super::walk_cache::{self, Found, Walk, Walked};
use crate::outcome::Step;
use crate::pattern;
use bstr::{BStr, BString, ByteSlice};

/// Merges the sections that match the URL path onto the request's settings.
pub fn run(r: &mut Request<'_>, phase: &'static str) {
    let server = r.server;
    if server.sec_url.is_empty() {
        return;
    }
    // borrowed for the while: what the walk does to the request is done to other parts of it
    let asked = std::mem::take(&mut r.uri);
    // sections see single slashes, whatever MergeSlashes says
    let single = (!setting::value(&server.core().merge_slashes, true)).then(|| uri::single_slashes(&asked));
    walk(r, &asked, single.as_ref().unwrap_or(&asked).as_bstr(), phase);
    r.uri = asked;
}

fn walk(r: &mut Request<'_>, asked: &BString, uri: &BStr, phase: &'static str) {
    let server = r.server;
    let (key, tested) = (walk_cache::key(uri), server.index as u64);
    let familiar = walk_cache::familiar(r, Walk::Location, key, tested);
    let mut settings = None;
    if familiar.is_none() || r.watched() {
        // who watches is told of those that miss, too
        let sections = if r.watched() { server.sec_url.all() } else { server.sec_url.of_path(asked) };
        for (_, section) in sections.iter() {
            let matched = matches(r, section, asked, uri, familiar.is_none());
            r.tell(|| Step { phase, span: Some(section.span), matched, ..Step::default() });
            if matched && !r.onto(&mut settings, &section.settings, section.span) {
                break;
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

/// Whether a section's path matches; a regular expression's named groups are set, but for a walk that was done before.
fn matches(r: &mut Request<'_>, section: &Section, asked: &BString, uri: &BStr, first: bool) -> bool {
    if let Some(regex) = &section.regex {
        // a regular expression sees the path as it is
        return match first {
            true => names::match_section(r, regex, section.span, asked),
            false => names::is_match(r, regex, section.span, asked),
        };
    }
    let path = section.path.as_bstr();
    if section.is_fnmatch {
        return pattern::fnmatch(path, uri, pattern::PATHNAME);
    }
    uri.starts_with(path)
        && (path.is_empty() || path.ends_with(b"/") || matches!(uri.get(path.len()), None | Some(b'/')))
}
