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
use std::hash::BuildHasher;
use std::sync::Arc;

/// The four walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
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
#[derive(Clone, Debug, Default)]
struct Cache {
    cached: Option<u64>,
    dir_conf_tested: u64,
    dir_conf_merged: u64,
    per_dir_result: u64,
    walked: u64,
    found: Found,
}

/// What a walk found, where a later one may do with it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What the sections that matched came to.
    pub settings: Option<Arc<Merged>>,
    /// What was told, if somebody watched.
    pub told: Option<Arc<[Step]>>,
}

/// The caches of a request, in the order of the invocations.
#[derive(Clone, Debug, Default)]
pub struct WalkCaches(Vec<(Walk, Cache)>);

impl WalkCaches {
    fn of(&self, walk: Walk) -> impl DoubleEndedIterator<Item = &Cache> {
        self.0.iter().filter(move |(w, _)| *w == walk).map(|(_, c)| c)
    }
}

/// A walk's result, for [`settle`].
pub struct Walked {
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
    pub found: Found,
    /// Whether a walk that was given up half-way still counts as another one (`<Directory>` on what is no plain file).
    pub may_be_familiar: bool,
}

/// A text, as a key.
pub fn key(text: &[u8]) -> u64 {
    match text.split_last() {
        Some((b'/', folder)) => folder_key(folder),
        _ => FixedState::default().hash_one(text),
    }
}

/// The key of a text with a slash after it.
pub fn folder_key(text: &[u8]) -> u64 {
    FixedState::default().hash_one((text, b'/'))
}

/// `prep_walk_cache`: what the walk of that kind left behind before, here or in the request that this one comes from.
fn prepared(r: &Request<'_>, walk: Walk) -> Cache {
    let count = r.walks.of(walk).count();
    let own = r.walks.of(walk).next_back();
    let ancestor = r.prev.as_ref().filter(|p| p.walks.of(walk).next().is_some());
    let ancestor = ancestor.or(r.main.as_ref());
    let inherited = ancestor.and_then(|a| a.walks.of(walk).nth(count));
    inherited.or(own).cloned().unwrap_or_default()
}

/// A walk over the folder `key` that was done before, and need not be done again.
pub struct Familiar {
    /// What it found.
    pub found: Found,
    /// The identity of its settings.
    pub merged: u64,
    /// Whether the request has its result already.
    pub has_result: bool,
    /// Whether the request comes from where it came.
    pub same_start: bool,
}

/// Whether `ap_directory_walk` takes an earlier walk's result instead of walking.
pub fn familiar(r: &Request<'_>, key: u64, tested: u64) -> Option<Familiar> {
    let cache = prepared(r, Walk::Directory);
    let same = cache.dir_conf_tested == tested && cache.cached == Some(key);
    same.then(|| Familiar {
        merged: cache.walked,
        has_result: r.config == cache.per_dir_result,
        same_start: r.config == cache.per_dir_result || r.config == cache.dir_conf_merged,
        found: cache.found,
    })
}

/// Says which pointer `r->per_dir_config` has after a walk.
pub fn settle(r: &mut Request<'_>, w: Walked) {
    let mut cache = prepared(r, w.walk);
    cache.found = w.found;
    let mut cached = cache.cached.is_some();
    let key = w.key;
    let same_way =
        cached && key.is_some() && w.may_be_familiar && cache.dir_conf_tested == w.tested && cache.cached == key;
    if same_way {
        let back = w.walk == Walk::Directory && r.config == cache.dir_conf_merged;
        if r.config == cache.per_dir_result || back {
            r.config = cache.per_dir_result;
            r.walks.0.push((w.walk, cache));
            return;
        }
    } else {
        cached &= r.engine.server.auth_per_settings && cache.walked == w.merged;
        cache.walked = w.merged;
        cache.cached = Some(w.key_after.or(key).unwrap_or_default());
    }
    if cached && r.config == cache.dir_conf_merged {
        r.config = cache.per_dir_result;
    } else {
        cache.dir_conf_tested = w.tested;
        cache.dir_conf_merged = r.config;
        if cache.walked != 0 {
            r.config = r.engine.new_pointer();
        }
        cache.per_dir_result = r.config;
    }
    r.walks.0.push((w.walk, cache));
}
