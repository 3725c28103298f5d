//! Every module of the reference server: its names, and whether a server has it without being told.

pub(crate) use crate::server::catalogue::{Known, Loading};

use Loading::{Always, CompiledIn, Default, Instead, OnDemand};

/// The module that a list of modules calls so; a `mod_` before it and any version of PHP are let through.
pub(crate) fn by_name(name: &str) -> Option<&'static Known> {
    let name = name.strip_prefix("mod_").unwrap_or(name);
    let php = name.strip_prefix("php").is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    KNOWN.iter().find(|k| k.name == if php { "php8.2" } else { name })
}

const fn known(name: &'static str, identifier: &'static str, source: &'static str, loading: Loading) -> Known {
    Known { name, identifier, source, loading }
}

/// All modules in the order in which they are loaded; those beyond the default set come after it.
#[rustfmt::skip]
pub(crate) static KNOWN: &[Known] = &[
    known("core", "core_module", "core.c", CompiledIn),
    known("so", "so_module", "mod_so.c", CompiledIn),
    known("watchdog", "watchdog_module", "mod_watchdog.c", CompiledIn),
    known("http_core", "http_module", "http_core.c", CompiledIn),
    known("log_config", "log_config_module", "mod_log_config.c", CompiledIn),
    known("logio", "logio_module", "mod_logio.c", CompiledIn),
    known("version", "version_module", "mod_version.c", CompiledIn),
    known("unixd", "unixd_module", "mod_unixd.c", CompiledIn),
    known("access_compat", "access_compat_module", "mod_access_compat.c", Default),
    known("actions", "actions_module", "mod_actions.c", Default),
    known("alias", "alias_module", "mod_alias.c", Default),
    known("allowmethods", "allowmethods_module", "mod_allowmethods.c", Default),
    known("asis", "asis_module", "mod_asis.c", Default),
    known("auth_basic", "auth_basic_module", "mod_auth_basic.c", Default),
    known("auth_digest", "auth_digest_module", "mod_auth_digest.c", Default),
    known("authn_anon", "authn_anon_module", "mod_authn_anon.c", Default),
    known("authn_core", "authn_core_module", "mod_authn_core.c", Default),
    known("authn_file", "authn_file_module", "mod_authn_file.c", Default),
    known("authz_core", "authz_core_module", "mod_authz_core.c", Always),
    known("authz_groupfile", "authz_groupfile_module", "mod_authz_groupfile.c", Default),
    known("authz_host", "authz_host_module", "mod_authz_host.c", Default),
    known("authz_owner", "authz_owner_module", "mod_authz_owner.c", Default),
    known("authz_user", "authz_user_module", "mod_authz_user.c", Default),
    known("autoindex", "autoindex_module", "mod_autoindex.c", Default),
    known("cgi", "cgi_module", "mod_cgi.c", Default),
    known("dir", "dir_module", "mod_dir.c", Always),
    known("env", "env_module", "mod_env.c", Always),
    known("expires", "expires_module", "mod_expires.c", Default),
    known("headers", "headers_module", "mod_headers.c", Always),
    known("include", "include_module", "mod_include.c", Default),
    known("macro", "macro_module", "mod_macro.c", Default),
    known("mime", "mime_module", "mod_mime.c", Always),
    known("mpm_prefork", "mpm_prefork_module", "prefork.c", Always),
    known("negotiation", "negotiation_module", "mod_negotiation.c", Default),
    known("proxy", "proxy_module", "mod_proxy.c", Default),
    known("proxy_http", "proxy_http_module", "mod_proxy_http.c", Default),
    known("proxy_fcgi", "proxy_fcgi_module", "mod_proxy_fcgi.c", Default),
    known("remoteip", "remoteip_module", "mod_remoteip.c", Default),
    known("rewrite", "rewrite_module", "mod_rewrite.c", Default),
    known("setenvif", "setenvif_module", "mod_setenvif.c", Default),
    known("info", "info_module", "mod_info.c", Default),
    known("speling", "speling_module", "mod_speling.c", Default),
    known("status", "status_module", "mod_status.c", Default),
    known("userdir", "userdir_module", "mod_userdir.c", Default),
    known("vhost_alias", "vhost_alias_module", "mod_vhost_alias.c", Default),
    known("wsgi", "wsgi_module", "mod_wsgi.c", Default),
    known("php8.2", "php_module", "mod_php.c", Default),
    known("auth_form", "auth_form_module", "mod_auth_form.c", OnDemand),
    known("authn_dbd", "authn_dbd_module", "mod_authn_dbd.c", OnDemand),
    known("authn_dbm", "authn_dbm_module", "mod_authn_dbm.c", OnDemand),
    known("authn_socache", "authn_socache_module", "mod_authn_socache.c", OnDemand),
    known("authnz_fcgi", "authnz_fcgi_module", "mod_authnz_fcgi.c", OnDemand),
    known("authnz_ldap", "authnz_ldap_module", "mod_authnz_ldap.c", OnDemand),
    known("authz_dbd", "authz_dbd_module", "mod_authz_dbd.c", OnDemand),
    known("authz_dbm", "authz_dbm_module", "mod_authz_dbm.c", OnDemand),
    known("brotli", "brotli_module", "mod_brotli.c", OnDemand),
    known("buffer", "buffer_module", "mod_buffer.c", OnDemand),
    known("cache", "cache_module", "mod_cache.c", OnDemand),
    known("cache_disk", "cache_disk_module", "mod_cache_disk.c", OnDemand),
    known("cache_socache", "cache_socache_module", "mod_cache_socache.c", OnDemand),
    known("cern_meta", "cern_meta_module", "mod_cern_meta.c", OnDemand),
    known("charset_lite", "charset_lite_module", "mod_charset_lite.c", OnDemand),
    known("data", "data_module", "mod_data.c", OnDemand),
    known("dav", "dav_module", "mod_dav.c", OnDemand),
    known("dav_fs", "dav_fs_module", "mod_dav_fs.c", OnDemand),
    known("dav_lock", "dav_lock_module", "mod_dav_lock.c", OnDemand),
    known("dbd", "dbd_module", "mod_dbd.c", OnDemand),
    known("deflate", "deflate_module", "mod_deflate.c", OnDemand),
    known("dialup", "dialup_module", "mod_dialup.c", OnDemand),
    known("dumpio", "dumpio_module", "mod_dumpio.c", OnDemand),
    known("echo", "echo_module", "mod_echo.c", OnDemand),
    known("ext_filter", "ext_filter_module", "mod_ext_filter.c", OnDemand),
    known("file_cache", "file_cache_module", "mod_file_cache.c", OnDemand),
    known("filter", "filter_module", "mod_filter.c", OnDemand),
    known("heartbeat", "heartbeat_module", "mod_heartbeat.c", OnDemand),
    known("heartmonitor", "heartmonitor_module", "mod_heartmonitor.c", OnDemand),
    known("http2", "http2_module", "mod_http2.c", OnDemand),
    known("ident", "ident_module", "mod_ident.c", OnDemand),
    known("imagemap", "imagemap_module", "mod_imagemap.c", OnDemand),
    known("lbmethod_bybusyness", "lbmethod_bybusyness_module", "mod_lbmethod_bybusyness.c", OnDemand),
    known("lbmethod_byrequests", "lbmethod_byrequests_module", "mod_lbmethod_byrequests.c", OnDemand),
    known("lbmethod_bytraffic", "lbmethod_bytraffic_module", "mod_lbmethod_bytraffic.c", OnDemand),
    known("lbmethod_heartbeat", "lbmethod_heartbeat_module", "mod_lbmethod_heartbeat.c", OnDemand),
    known("ldap", "ldap_module", "util_ldap.c", OnDemand),
    known("log_debug", "log_debug_module", "mod_log_debug.c", OnDemand),
    known("log_forensic", "log_forensic_module", "mod_log_forensic.c", OnDemand),
    known("lua", "lua_module", "mod_lua.c", OnDemand),
    known("md", "md_module", "mod_md.c", OnDemand),
    known("mime_magic", "mime_magic_module", "mod_mime_magic.c", OnDemand),
    known("proxy_ajp", "proxy_ajp_module", "mod_proxy_ajp.c", OnDemand),
    known("proxy_balancer", "proxy_balancer_module", "mod_proxy_balancer.c", OnDemand),
    known("proxy_connect", "proxy_connect_module", "mod_proxy_connect.c", OnDemand),
    known("proxy_express", "proxy_express_module", "mod_proxy_express.c", OnDemand),
    known("proxy_fdpass", "proxy_fdpass_module", "mod_proxy_fdpass.c", OnDemand),
    known("proxy_ftp", "proxy_ftp_module", "mod_proxy_ftp.c", OnDemand),
    known("proxy_hcheck", "proxy_hcheck_module", "mod_proxy_hcheck.c", OnDemand),
    known("proxy_html", "proxy_html_module", "mod_proxy_html.c", OnDemand),
    known("proxy_http2", "proxy_http2_module", "mod_proxy_http2.c", OnDemand),
    known("proxy_scgi", "proxy_scgi_module", "mod_proxy_scgi.c", OnDemand),
    known("proxy_uwsgi", "proxy_uwsgi_module", "mod_proxy_uwsgi.c", OnDemand),
    known("proxy_wstunnel", "proxy_wstunnel_module", "mod_proxy_wstunnel.c", OnDemand),
    known("ratelimit", "ratelimit_module", "mod_ratelimit.c", OnDemand),
    known("reflector", "reflector_module", "mod_reflector.c", OnDemand),
    known("reqtimeout", "reqtimeout_module", "mod_reqtimeout.c", OnDemand),
    known("request", "request_module", "mod_request.c", OnDemand),
    known("sed", "sed_module", "mod_sed.c", OnDemand),
    known("session", "session_module", "mod_session.c", OnDemand),
    known("session_cookie", "session_cookie_module", "mod_session_cookie.c", OnDemand),
    known("session_crypto", "session_crypto_module", "mod_session_crypto.c", OnDemand),
    known("session_dbd", "session_dbd_module", "mod_session_dbd.c", OnDemand),
    known("slotmem_plain", "slotmem_plain_module", "mod_slotmem_plain.c", OnDemand),
    known("slotmem_shm", "slotmem_shm_module", "mod_slotmem_shm.c", OnDemand),
    known("socache_dbm", "socache_dbm_module", "mod_socache_dbm.c", OnDemand),
    known("socache_memcache", "socache_memcache_module", "mod_socache_memcache.c", OnDemand),
    known("socache_redis", "socache_redis_module", "mod_socache_redis.c", OnDemand),
    known("socache_shmcb", "socache_shmcb_module", "mod_socache_shmcb.c", OnDemand),
    known("ssl", "ssl_module", "mod_ssl.c", OnDemand),
    known("substitute", "substitute_module", "mod_substitute.c", OnDemand),
    known("suexec", "suexec_module", "mod_suexec.c", OnDemand),
    known("unique_id", "unique_id_module", "mod_unique_id.c", OnDemand),
    known("usertrack", "usertrack_module", "mod_usertrack.c", OnDemand),
    known("xml2enc", "xml2enc_module", "mod_xml2enc.c", OnDemand),
    known("mpm_event", "mpm_event_module", "event.c", Instead),
    known("mpm_worker", "mpm_worker_module", "worker.c", Instead),
    known("cgid", "cgid_module", "mod_cgid.c", Instead),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for key in [|k: &Known| k.name, |k: &Known| k.identifier, |k: &Known| k.source] {
            let mut names: Vec<_> = KNOWN.iter().map(key).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), KNOWN.len());
        }
    }

    #[test]
    fn default_set_comes_first_and_counts_up() {
        let defaults = KNOWN.iter().take_while(|k| k.by_default()).count();
        assert_eq!(defaults, KNOWN.iter().filter(|k| k.by_default()).count());
        assert_eq!((KNOWN.iter().filter(|k| k.compiled_in()).count(), defaults), (8, 47));
        assert!(KNOWN.iter().take(8).all(Known::compiled_in));
    }

    #[test]
    fn found_by_any_of_its_names() {
        let php = by_name("php8.2").map(|k| (k.identifier, k.source));
        assert_eq!(php, Some(("php_module", "mod_php.c")));
        assert_eq!(by_name("mod_alias").map(|k| k.identifier), Some("alias_module"));
        assert_eq!(by_name("php"), by_name("php7.4"));
        assert_eq!(by_name("phpx"), None);
    }
}
