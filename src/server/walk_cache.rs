//! Which settings httpd would take for the very same: `prep_walk_cache` and what the walks make of it
//! (server/request.c).
//!
//! A request that was redirected, or a subrequest, is not authorised again when its settings are its predecessor's.
//! httpd compares pointers, and whether a walk gives the same pointer again depends on its caches, not on the
//! settings alone: on the path that was walked, on the sections that matched, and on whether all modules that check
//! access promised to do so by settings alone. This is that bookkeeping, with numbers for pointers.

use super::request::Request;
use super::settings::Merged;
use crate::outcome::Step;
use foldhash::fast::FixedState;
use smallvec::SmallVec;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The four walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// `ap_directory_walk`
    Directory,
    /// `ap_location_walk`
    Location,
    /// `ap_file_walk`
    File,
    /// `ap_if_walk_sub`
    If,
}

/// What one invocation of a walk left behind: httpd's `walk_cache_t`.
#[derive(Clone, Copy, Debug, Default)]
struct Cache {
    cached: Option<u64>,
    dir_conf_tested: u64,
    dir_conf_merged: u64,
    per_dir_result: u64,
    walked: u64,
}

impl Cache {
    /// Whether it is of a walk over the same path and the same sections.
    fn is_of(&self, key: u64, tested: u64) -> bool {
        self.cached == Some(key) && self.dir_conf_tested == tested
    }
}

/// What a walk found, where a later one may do with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found<'a> {
    /// What the sections that matched came to.
    pub settings: Option<&'a Merged>,
    /// What was told, if somebody watched.
    pub told: Option<Arc<[Step]>>,
}

type Left<'a> = (Cache, Found<'a>);

/// The caches of a request, each walk's in the order of its invocations: two or three over locations, one over folders.
#[derive(Clone, Debug, Default)]
pub(crate) struct WalkCaches<'a> {
    directory: SmallVec<[Left<'a>; 1]>,
    location: SmallVec<[Left<'a>; 2]>,
    file: SmallVec<[Left<'a>; 1]>,
    condition: Vec<Left<'a>>,
}

impl<'a> WalkCaches<'a> {
    fn of(&self, walk: Walk) -> &[Left<'a>] {
        match walk {
            Walk::Directory => &self.directory,
            Walk::Location => &self.location,
            Walk::File => &self.file,
            Walk::If => &self.condition,
        }
    }

    fn push(&mut self, walk: Walk, cache: Cache, found: Found<'a>) {
        let left = (cache, found);
        match walk {
            Walk::Directory => self.directory.push(left),
            Walk::Location => self.location.push(left),
            Walk::File => self.file.push(left),
            Walk::If => self.condition.push(left),
        }
    }
}

/// A walk's result, for [`settle`].
pub(crate) struct Walked<'a> {
    /// Which walk.
    pub walk: Walk,
    /// What was walked: the URI, the file's name, the folder. None for `<If>`, whose conditions hold or not.
    pub key: Option<u64>,
    /// What a later walk's key is held against, where that is not the key.
    pub key_after: Option<u64>,
    /// The list of sections.
    pub tested: u64,
    /// The identity of what the matching sections came to; 0 for none.
    pub merged: u64,
    /// For a walk that may be spared.
    pub found: Found<'a>,
    /// Whether a walk that was given up half-way still counts as another one (`<Directory>` on what is no plain file).
    pub may_be_familiar: bool,
}

/// A text, as a key.
pub(crate) fn key(text: &[u8]) -> u64 {
    match text.split_last() {
        Some((b'/', folder)) => folder_key(folder),
        _ => FixedState::default().hash_one(text),
    }
}

/// The key of a text with a slash after it.
pub(crate) fn folder_key(text: &[u8]) -> u64 {
    FixedState::default().hash_one((text, b'/'))
}

/// `prep_walk_cache`: what the walk of that kind left behind before, here or in the request that this one comes from.
fn prepared<'r, 'a>(r: &'r Request<'a>, walk: Walk) -> Option<&'r Left<'a>> {
    let own = r.walks.of(walk);
    let ancestor = r.prev.as_ref().filter(|p| !p.walks.of(walk).is_empty());
    let Some(ancestor) = ancestor.or(r.main.as_ref()) else { return own.last() };
    ancestor.walks.of(walk).get(own.len()).or(own.last())
}

/// A walk over the folder `key` that was done before, and need not be done again.
pub(crate) struct Familiar<'a> {
    /// What it found.
    pub found: Found<'a>,
    /// The identity of its settings.
    pub merged: u64,
    /// Whether the request has its result already.
    pub has_result: bool,
    /// Whether the request comes from where it came.
    pub same_start: bool,
}

/// Whether a walk takes an earlier one's result instead of walking.
pub(crate) fn familiar<'a>(r: &Request<'a>, walk: Walk, key: u64, tested: u64) -> Option<Familiar<'a>> {
    let (cache, found) = prepared(r, walk).filter(|(c, _)| c.is_of(key, tested))?;
    Some(Familiar {
        merged: cache.walked,
        has_result: r.per_dir_id == cache.per_dir_result,
        same_start: r.per_dir_id == cache.per_dir_result || r.per_dir_id == cache.dir_conf_merged,
        found: found.clone(),
    })
}

/// Says which pointer `r->per_dir_config` has after a walk, and whether what was found is still to be merged.
pub(crate) fn settle<'a>(r: &mut Request<'a>, w: Walked<'a>) -> bool {
    let mut cache = prepared(r, w.walk).map_or_else(Cache::default, |(c, _)| *c);
    let mut cached = cache.cached.is_some();
    let key = w.key;
    if w.may_be_familiar && key.is_some_and(|key| cache.is_of(key, w.tested)) {
        let has_result = r.per_dir_id == cache.per_dir_result;
        let back = w.walk == Walk::Directory && r.per_dir_id == cache.dir_conf_merged;
        if has_result || back {
            r.per_dir_id = cache.per_dir_result;
            r.walks.push(w.walk, cache, w.found);
            return !has_result;
        }
    } else {
        cached &= r.engine.server.auth_per_settings && cache.walked == w.merged;
        cache.walked = w.merged;
        cache.cached = Some(w.key_after.or(key).unwrap_or_default());
    }
    if cached && r.per_dir_id == cache.dir_conf_merged {
        r.per_dir_id = cache.per_dir_result;
    } else {
        cache.dir_conf_tested = w.tested;
        cache.dir_conf_merged = r.per_dir_id;
        if cache.walked != 0 {
            r.per_dir_id = r.engine.new_pointer();
        }
        cache.per_dir_result = r.per_dir_id;
    }
    r.walks.push(w.walk, cache, w.found);
    true
}
