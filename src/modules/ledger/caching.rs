//! Answers and credentials kept for later, and how long clients may keep them.

use super::checks::{cache, socache};
use super::{module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::{Flag, Iterate, Take1, Take12};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::{Float, Long, Time};

// CacheEnable alone starts the cache; the others say what it keeps and for how long.
#[rustfmt::skip]
const CACHE: &[Directive] = &[
    row("CacheEnable", Take12, ACCESS_CONF | RSRC_CONF,
        Unmodelled("an answer kept from before may be served without asking any other module"),
        "A cache type and partial URL prefix below which caching is enabled")
        .must(&[NotIn(forbid::DIRECTORY | forbid::LIMIT | forbid::FILES), By(cache::enable)]),
    row("CacheDisable", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "A partial URL prefix below which caching is disabled")
        .must(&[NotIn(forbid::DIRECTORY | forbid::LIMIT | forbid::FILES), By(cache::disable)]),
    row("CacheMaxExpire", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum time in seconds to cache a document"),
    row("CacheMinExpire", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The minimum time in seconds to cache a document"),
    row("CacheDefaultExpire", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The default time in seconds to cache a document"),
    row("CacheQuickHandler", Flag, RSRC_CONF, Inert, "Run the cache in the quick handler, default on"),
    row("CacheIgnoreNoLastMod", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Ignore Responses where there is no Last Modified Header"),
    row("CacheIgnoreCacheControl", Flag, RSRC_CONF, Inert,
        "Ignore requests from the client for uncached content"),
    row("CacheStoreExpired", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Ignore expiration dates when populating cache, resulting in an If-Modified-Since request to the backend \
        on retrieval"),
    row("CacheStorePrivate", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Ignore 'Cache-Control: private' and store private content"),
    row("CacheStoreNoStore", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Ignore 'Cache-Control: no-store' and store sensitive content"),
    row("CacheIgnoreHeaders", Iterate, RSRC_CONF, Inert,
        "A space separated list of headers that should not be stored by the cache"),
    row("CacheIgnoreQueryString", Flag, RSRC_CONF, Inert, "Ignore query-string when caching"),
    row("CacheIgnoreURLSessionIdentifiers", Iterate, RSRC_CONF, Inert,
        "A space separated list of session identifiers that should be ignored for creating the key of the cached \
        entity."),
    row("CacheLastModifiedFactor", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The factor used to estimate Expires date from LastModified date")
        .must(&[Arg(0, Float, "CacheLastModifiedFactor value must be a float")]),
    row("CacheLock", Flag, RSRC_CONF, Inert, "Enable or disable the thundering herd lock."),
    row("CacheLockPath", Take1, RSRC_CONF, Inert,
        "The thundering herd lock path. Defaults to the '/mod_cache-lock' directory in the system temp directory."),
    row("CacheLockMaxAge", Take1, RSRC_CONF, Inert, "Maximum age of any thundering herd lock.")
        .must(&[Arg(0, Long(1, i64::MAX), "CacheLockMaxAge value must be a non-zero positive integer")]),
    row("CacheHeader", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Add a X-Cache header to responses. Default is off."),
    row("CacheDetailHeader", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Add a X-Cache-Detail header to responses. Default is off."),
    row("CacheKeyBaseURL", Take1, RSRC_CONF, Inert, "Override the base URL of reverse proxied cache keys.")
        .must(&[By(cache::key_base)]),
    row("CacheStaleOnError", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Serve stale content on 5xx errors if present. Defaults to on."),
];

#[rustfmt::skip]
const CACHE_DISK: &[Directive] = &[
    row("CacheRoot", Take1, RSRC_CONF, Inert, "The directory to store cache files"),
    row("CacheDirLevels", Take1, RSRC_CONF, Inert, "The number of levels of subdirectories in the cache")
        .must(&[By(cache::directories)]),
    row("CacheDirLength", Take1, RSRC_CONF, Inert, "The number of characters in subdirectory names")
        .must(&[By(cache::directories)]),
    row("CacheMinFileSize", Take1, ACCESS_CONF | RSRC_CONF, Inert, "The minimum file size to cache a document")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be a non-negative integer representing the min size of a file to cache in bytes."),
        ]),
    row("CacheMaxFileSize", Take1, ACCESS_CONF | RSRC_CONF, Inert, "The maximum file size to cache a document")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be a non-negative integer representing the max size of a file to cache in bytes."),
        ]),
    row("CacheReadSize", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum quantity of data to attempt to read and cache in one go")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be a non-negative integer representing the max amount of data to cache in go."),
        ]),
    row("CacheReadTime", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum time taken to attempt to read and cache in go")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be a non-negative integer representing the max amount of time taken to cache in go."),
        ]),
];

#[rustfmt::skip]
const CACHE_SOCACHE: &[Directive] = &[
    row("CacheSocache", Take1, RSRC_CONF, Inert, "The shared object cache to store cache files")
        .must(&[By(socache::of_cache)]),
    row("CacheSocacheMaxTime", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum cache expiry age to cache a document in seconds")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be the maximum amount of time in seconds to cache an entry."),
        ]),
    row("CacheSocacheMinTime", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The minimum cache expiry age to cache a document in seconds")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be the minimum amount of time in seconds to cache an entry."),
        ]),
    row("CacheSocacheMaxSize", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum cache entry size (headers and body) to cache a document")
        .must(&[
            Arg(0, Long(1024, 4_294_967_295), "CacheSocacheMaxSize argument must be a integer representing the max size of a cached entry (headers and body), at least 1024 and at most (4294967295U)"),
        ]),
    row("CacheSocacheReadSize", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum quantity of data to attempt to read and cache in one go")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be a non-negative integer representing the max amount of data to cache in go."),
        ]),
    row("CacheSocacheReadTime", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "The maximum time taken to attempt to read and cache in go")
        .must(&[
            Arg(0, Long(0, i64::MAX), "{name} argument must be a non-negative integer representing the max amount of time taken to cache in go."),
        ]),
];

#[rustfmt::skip]
const SOCACHE_MEMCACHE: &[Directive] = &[
    row("MemcacheConnTTL", Take1, RSRC_CONF, Inert, "TTL used for the connection with the memcache server(s)")
        .must(&[
            Arg(0, Time(0, i64::MAX), "{name} has wrong format"),
            Arg(0, Time(0, 3_600_000_000), "{name} can only be 0 or up to one hour."),
        ]),
];

#[rustfmt::skip]
const SOCACHE_REDIS: &[Directive] = &[
    row("RedisConnPoolTTL", Take1, RSRC_CONF, Inert,
        "TTL used for the connection pool with the Redis server(s)")
        .must(&[
            Arg(0, Time(0, i64::MAX), "{name} has wrong format"),
            Arg(0, Time(0, 3_600_000_000), "{name} can only be 0 or up to one hour."),
        ]),
    row("RedisTimeout", Take1, RSRC_CONF, Inert,
        "R/W timeout used for the connection with the Redis server(s)")
        .must(&[
            Arg(0, Time(0, i64::MAX), "{name} has wrong format"),
            Arg(0, Time(0, 3_600_000_000), "{name} can only be 0 or up to one hour."),
        ]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_cache.c", "cache_module", CACHE),
    module("mod_cache_disk.c", "cache_disk_module", CACHE_DISK),
    module("mod_cache_socache.c", "cache_socache_module", CACHE_SOCACHE),
    module("mod_socache_dbm.c", "socache_dbm_module", &[]),
    module("mod_socache_memcache.c", "socache_memcache_module", SOCACHE_MEMCACHE),
    module("mod_socache_redis.c", "socache_redis_module", SOCACHE_REDIS),
    module("mod_socache_shmcb.c", "socache_shmcb_module", &[]),
];
