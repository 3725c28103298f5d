//! URLs as one that was asked, with something more in them: what a rule has to carry on whole.

use super::facts::Seen;
use crate::search::ask::Ask;
use bstr::{BString, ByteSlice};

/// How many places of a path are tried.
const PLACES: usize = 6;

/// Paths with a text put in: at the end, at the end of each folder, before a suffix.
pub(super) fn marked(path: &str, mark: &str) -> Vec<String> {
    let folders = path.match_indices('/').map(|(at, _)| at).skip(1);
    let suffix = path.rfind('.').filter(|at| path.rfind('/').is_none_or(|slash| slash + 1 < *at));
    let places = [path.len()].into_iter().chain(suffix).chain(folders).take(PLACES);
    places.map(|at| format!("{}{mark}{}", &path[..at], &path[at..])).collect()
}

/// Requests as one that was asked, with something more in their path.
pub(super) fn in_path(seen: &Seen, mark: &str) -> Vec<Ask> {
    marked(&seen.ask.path, mark).into_iter().map(|path| seen.ask.at(path)).collect()
}

/// The same, with something more in their query: behind each part, or as all of it.
pub(super) fn in_query(seen: &Seen, mark: &str) -> Vec<Ask> {
    let with = |query: String| Ask { query: Some(query), target: None, ..seen.ask.clone() };
    let Some(query) = seen.ask.query.as_deref().filter(|query| !query.is_empty()) else {
        return vec![with(format!("q={mark}"))];
    };
    let parts = query.match_indices('&').map(|(at, _)| at);
    let places = [query.len()].into_iter().chain(parts).take(PLACES);
    let behind = places.map(|at| format!("{}{mark}{}", &query[..at], &query[at..]));
    behind.chain([mark.to_string()]).map(with).collect()
}

/// Whether a text that may be there has another one in it.
pub(super) fn has(text: Option<&BString>, part: &str) -> bool {
    text.is_some_and(|text| text.contains_str(part))
}
