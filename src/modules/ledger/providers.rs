//! What modules offer by name to the directives of others: providers and handlers.
//!
//! `AuthBasicProvider dbm` or `SetHandler balancer-manager` are modelled directives that hand over to a module which
//! may not be. Here is which module a name means.

use Kind::{Authn, Authz, Cache, Dav, Handler, LbMethod, OutputFilter, Socache};

/// What a name is offered for: httpd's provider groups (`ap_register_provider`), and handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Checks passwords: `AuthBasicProvider`, `AuthDigestProvider`.
    Authn,
    /// Decides a `Require`.
    Authz,
    /// Keeps small things for all processes: `SSLSessionCache`, `AuthnCacheSOCache`.
    Socache,
    /// Keeps answers: `CacheEnable`.
    Cache,
    /// Chooses the member of a balancer: `ProxySet lbmethod=`.
    LbMethod,
    /// Stands behind `Dav`.
    Dav,
    /// A handler of a module that is not modelled: `SetHandler`, `AddHandler`.
    Handler,
    /// A filter of bodies, case aside: `SetOutputFilter`, `AddOutputFilterByType`, `FilterProvider`.
    OutputFilter,
}

/// One name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// What for.
    pub kind: Kind,
    /// The name.
    pub name: &'static str,
    /// The source file of its module.
    pub module: &'static str,
}

/// The provider of this name: letter for letter (`ap_lookup_provider`), but a filter's without regard to case
/// (`ap_get_output_filter_handle`).
pub(crate) fn find(kind: Kind, name: &str) -> Option<&'static Provider> {
    let same = |known: &str| match kind {
        OutputFilter => known.eq_ignore_ascii_case(name),
        _ => known == name,
    };
    PROVIDERS.iter().find(|p| p.kind == kind && same(p.name))
}

const fn offer(kind: Kind, name: &'static str, module: &'static str) -> Provider {
    Provider { kind, name, module }
}

/// All names.
#[rustfmt::skip]
pub(crate) static PROVIDERS: &[Provider] = &[
    offer(Authn, "anon", "mod_authn_anon.c"),
    offer(Authn, "dbd", "mod_authn_dbd.c"),
    offer(Authn, "dbm", "mod_authn_dbm.c"),
    offer(Authn, "file", "mod_authn_file.c"),
    offer(Authn, "ldap", "mod_authnz_ldap.c"),
    offer(Authn, "socache", "mod_authn_socache.c"),
    offer(Authn, "wsgi", "mod_wsgi.c"),
    offer(Authz, "all", "mod_authz_core.c"),
    offer(Authz, "dbd-group", "mod_authz_dbd.c"),
    offer(Authz, "dbd-login", "mod_authz_dbd.c"),
    offer(Authz, "dbd-logout", "mod_authz_dbd.c"),
    offer(Authz, "dbm-file-group", "mod_authz_dbm.c"),
    offer(Authz, "dbm-group", "mod_authz_dbm.c"),
    offer(Authz, "env", "mod_authz_core.c"),
    offer(Authz, "expr", "mod_authz_core.c"),
    offer(Authz, "file-group", "mod_authz_groupfile.c"),
    offer(Authz, "file-owner", "mod_authz_owner.c"),
    offer(Authz, "forward-dns", "mod_authz_host.c"),
    offer(Authz, "group", "mod_authz_groupfile.c"),
    offer(Authz, "host", "mod_authz_host.c"),
    offer(Authz, "ip", "mod_authz_host.c"),
    offer(Authz, "ldap-attribute", "mod_authnz_ldap.c"),
    offer(Authz, "ldap-dn", "mod_authnz_ldap.c"),
    offer(Authz, "ldap-filter", "mod_authnz_ldap.c"),
    offer(Authz, "ldap-group", "mod_authnz_ldap.c"),
    offer(Authz, "ldap-search", "mod_authnz_ldap.c"),
    offer(Authz, "ldap-user", "mod_authnz_ldap.c"),
    offer(Authz, "local", "mod_authz_host.c"),
    offer(Authz, "method", "mod_authz_core.c"),
    offer(Authz, "ssl", "mod_ssl.c"),
    offer(Authz, "ssl-verify-client", "mod_ssl.c"),
    offer(Authz, "user", "mod_authz_user.c"),
    offer(Authz, "valid-user", "mod_authz_user.c"),
    offer(Authz, "wsgi-group", "mod_wsgi.c"),
    offer(Cache, "disk", "mod_cache_disk.c"),
    offer(Cache, "socache", "mod_cache_socache.c"),
    offer(Dav, "filesystem", "mod_dav_fs.c"),
    offer(Handler, "balancer-manager", "mod_proxy_balancer.c"),
    offer(Handler, "heartbeat", "mod_heartmonitor.c"),
    offer(Handler, "ldap-status", "util_ldap.c"),
    offer(Handler, "lua-script", "mod_lua.c"),
    offer(Handler, "md-status", "mod_md.c"),
    offer(Handler, "reflector", "mod_reflector.c"),
    offer(LbMethod, "bybusyness", "mod_lbmethod_bybusyness.c"),
    offer(LbMethod, "byrequests", "mod_lbmethod_byrequests.c"),
    offer(LbMethod, "bytraffic", "mod_lbmethod_bytraffic.c"),
    offer(LbMethod, "heartbeat", "mod_lbmethod_heartbeat.c"),
    offer(OutputFilter, "BROTLI_COMPRESS", "mod_brotli.c"),
    offer(OutputFilter, "BUFFER", "mod_buffer.c"),
    offer(OutputFilter, "BYTERANGE", "http_core.c"),
    offer(OutputFilter, "CACHE", "mod_cache.c"),
    offer(OutputFilter, "CONTENT_LENGTH", "core.c"),
    offer(OutputFilter, "DATA", "mod_data.c"),
    offer(OutputFilter, "DEFLATE", "mod_deflate.c"),
    offer(OutputFilter, "INCLUDES", "mod_include.c"),
    offer(OutputFilter, "INFLATE", "mod_deflate.c"),
    offer(OutputFilter, "MOD_EXPIRES", "mod_expires.c"),
    offer(OutputFilter, "RATE_LIMIT", "mod_ratelimit.c"),
    offer(OutputFilter, "Sed", "mod_sed.c"),
    offer(OutputFilter, "SUBSTITUTE", "mod_substitute.c"),
    offer(OutputFilter, "XLATEOUT", "mod_charset_lite.c"),
    offer(OutputFilter, "proxy-html", "mod_proxy_html.c"),
    offer(OutputFilter, "xml2enc", "mod_xml2enc.c"),
    offer(OutputFilter, "CHUNK", "http_core.c"),
    offer(OutputFilter, "CORE", "core.c"),
    offer(OutputFilter, "DUMPIO_OUT", "mod_dumpio.c"),
    offer(OutputFilter, "FIXUP_HEADERS_ERR", "mod_headers.c"),
    offer(OutputFilter, "FIXUP_HEADERS_OUT", "mod_headers.c"),
    offer(OutputFilter, "HTTP_HEADER", "http_core.c"),
    offer(OutputFilter, "HTTP_OUTERROR", "http_core.c"),
    offer(OutputFilter, "LOGIO_TTFB_OUT", "mod_logio.c"),
    offer(OutputFilter, "MOD_SESSION_OUT", "mod_session.c"),
    offer(OutputFilter, "OLD_WRITE", "core.c"),
    offer(OutputFilter, "SUBREQ_CORE", "core.c"),
    offer(OutputFilter, "reqtimeout", "mod_reqtimeout.c"),
    offer(OutputFilter, "CACHE_SAVE", "mod_cache.c"),
    offer(OutputFilter, "CACHE_OUT", "mod_cache.c"),
    offer(Socache, "dbm", "mod_socache_dbm.c"),
    offer(Socache, "memcache", "mod_socache_memcache.c"),
    offer(Socache, "default", "mod_socache_shmcb.c"),
    offer(Socache, "redis", "mod_socache_redis.c"),
    offer(Socache, "shmcb", "mod_socache_shmcb.c"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::{known, ledger};

    #[test]
    fn modules_are_known_and_names_unique() {
        for (i, p) in PROVIDERS.iter().enumerate() {
            assert!(known::KNOWN.iter().any(|k| k.source == p.module), "{}", p.module);
            assert!(PROVIDERS[..i].iter().all(|q| (q.kind, q.name) != (p.kind, p.name)), "{}", p.name);
            if p.kind == Handler {
                assert!(ledger::modules().any(|m| m.name == p.module), "{}", p.module);
            }
        }
    }

    #[test]
    fn a_name_counts_within_its_kind() {
        assert_eq!(find(Authz, "ldap-group").map(|p| p.module), Some("mod_authnz_ldap.c"));
        assert_eq!(find(Authn, "ldap-group"), None);
        assert_eq!(find(Authn, "DBM"), None);
        assert_eq!(find(OutputFilter, "deflate").map(|p| p.module), Some("mod_deflate.c"));
    }
}
