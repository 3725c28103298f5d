//! Directives that httpd itself doesn't have: which module of somebody else's (or of another system's httpd)
//! they are of, and which ones were given up.

use crate::pattern::begins_nocase;

/// A module and how its directives are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThirdParty {
    /// Its common name.
    pub module: &'static str,
    /// What its directives begin with.
    pub prefixes: &'static [&'static str],
    /// Directives that begin otherwise.
    pub names: &'static [&'static str],
}

/// The module that a directive httpd doesn't know is probably of. A section's name may begin with `<`; case doesn't
/// matter, a whole name counts before a prefix and a long prefix before a short one.
pub(crate) fn module_of(directive: &str) -> Option<&'static str> {
    let directive = directive.trim_start_matches('<');
    let named = MODULES.iter().find(|m| m.names.iter().any(|n| n.eq_ignore_ascii_case(directive)));
    let begun = |m: &'static ThirdParty| {
        let lengths = m.prefixes.iter().filter(|p| starts_with(directive, p)).map(|p| p.len());
        lengths.max().map(|n| (n, m))
    };
    named.or_else(|| Some(MODULES.iter().filter_map(begun).max_by_key(|(n, _)| *n)?.1)).map(|m| m.module)
}

/// What took the place of a directive that older releases had.
pub(crate) fn replacement(directive: &str) -> Option<&'static str> {
    let directive = directive.trim_start_matches('<');
    RETIRED.iter().find(|(n, _)| n.eq_ignore_ascii_case(directive)).map(|(_, advice)| *advice)
}

fn starts_with(name: &str, prefix: &str) -> bool {
    begins_nocase(name.as_bytes(), prefix.as_bytes())
}

const fn begin(module: &'static str, prefixes: &'static [&'static str]) -> ThirdParty {
    ThirdParty { module, prefixes, names: &[] }
}

const fn named(module: &'static str, names: &'static [&'static str]) -> ThirdParty {
    ThirdParty { module, prefixes: &[], names }
}

/// The modules, by name.
#[rustfmt::skip]
pub(crate) static MODULES: &[ThirdParty] = &[
    named("mod_apparmor", &["AAHatName", "AADefaultHatName"]),
    begin("mod_auth_cas", &["CAS"]),
    begin("mod_auth_gssapi", &["Gssapi"]),
    begin("mod_auth_kerb", &["Krb"]),
    begin("mod_auth_mellon", &["Mellon"]),
    begin("mod_auth_memcookie", &["Auth_memCookie"]),
    begin("mod_auth_mysql", &["AuthMySQL", "Auth_MySQL"]),
    begin("mod_auth_openidc", &["OIDC"]),
    begin("mod_auth_pgsql", &["Auth_PG_"]),
    ThirdParty { module: "mod_auth_radius", prefixes: &["AuthRadius"], names: &["AddRadiusAuth"] },
    begin("mod_auth_tkt", &["TKTAuth"]),
    begin("mod_auth_urs", &["Urs"]),
    ThirdParty {
        module: "mod_authnz_external",
        prefixes: &["DefineExternal", "AddExternal"],
        names: &["AuthExternal", "AuthExternalContext", "AuthExternalProvide", "AuthExternalGroupsAtOnce",
            "AuthExternalAuthoritative", "GroupExternal", "GroupExternalAuthoritative", "GroupExternalError"],
    },
    begin("mod_authnz_pam", &["AuthPAM"]),
    begin("mod_authn_sasl", &["AuthSasl"]),
    begin("mod_authn_yubikey", &["AuthYubi"]),
    begin("mod_authz_svn", &["AuthzSVN"]),
    begin("mod_authz_unixgroup", &["AuthzUnixgroup"]),
    ThirdParty {
        module: "mod_bw",
        prefixes: &["BandWidth"],
        names: &["ForceBandWidthModule", "LargeFileLimit", "MinBandWidth", "MaxConnection"],
    },
    begin("mod_cband", &["CBand"]),
    ThirdParty { module: "mod_cloudflare", prefixes: &["CloudFlare"], names: &["DenyAllButCloudFlare"] },
    ThirdParty {
        module: "mod_cluster",
        prefixes: &["Advertise"],
        names: &["EnableMCPMReceive", "ManagerBalancerName", "ServerAdvertise", "CreateBalancers", "MemManagerFile",
            "Maxcontext", "Maxnode", "Maxhost", "Maxsessionid", "AllowDisplay", "PersistSlots"],
    },
    begin("mod_cosign", &["Cosign"]),
    begin("mod_dav_svn", &["SVN"]),
    begin("mod_dispatcher", &["Dispatcher"]),
    begin("mod_dnssd", &["DNSSD"]),
    named("mod_encoding", &["EncodingEngine", "SetServerEncoding", "AddClientEncoding", "DefaultClientEncoding",
        "NormalizeUsername"]),
    begin("mod_evasive", &["DOS"]),
    begin("mod_fastcgi", &["FastCgi"]),
    ThirdParty {
        module: "mod_fcgid",
        prefixes: &["Fcgid"],
        names: &["BusyScanInterval", "BusyTimeout", "DefaultInitEnv", "DefaultMaxClassProcessCount",
            "DefaultMinClassProcessCount", "ErrorScanInterval", "FCGIWrapper", "IdleScanInterval", "IdleTimeout",
            "IPCCommTimeout", "IPCConnectTimeout", "MaxProcessCount", "MaxRequestInMem", "MaxRequestLen",
            "MaxRequestsPerProcess", "PassHeader", "PHP_Fix_Pathinfo_Enable", "ProcessLifeTime", "SharememPath",
            "SocketPath", "SpawnScore", "SpawnScoreUpLimit", "TerminationScore", "TimeScore", "ZombieScanInterval"],
    },
    begin("mod_geoip", &["GeoIP"]),
    begin("mod_gzip", &["mod_gzip_"]),
    begin("mod_intercept_form_submit", &["InterceptForm"]),
    begin("mod_isapi.c (Windows)", &["ISAPI"]),
    begin("mod_jk", &["Jk"]),
    begin("mod_limitipconn", &["MaxConnPerIP", "NoIPLimit", "OnlyIPLimit"]),
    begin("mod_log_slow", &["LogSlow"]),
    begin("mod_log_sql", &["LogSQL"]),
    begin("mod_lookup_identity", &["LookupUser", "LookupDbus", "LookupOutput"]),
    begin("mod_mapcache", &["MapCacheAlias"]),
    begin("mod_maxminddb", &["MaxMindDB"]),
    ThirdParty { module: "mod_mono", prefixes: &["Mono"], names: &["AddMonoApplications"] },
    begin("mod_musicindex", &["MusicIndex"]),
    begin("mod_nss", &["NSS"]),
    begin("mod_nw_ssl.c (NetWare)", &["NWSSL"]),
    begin("mod_oauth2", &["OAuth2"]),
    begin("mod_pagespeed", &["ModPagespeed"]),
    begin("mod_passenger", &["Passenger", "Rails", "Rack", "UnionStation"]),
    begin("mod_perl", &["Perl"]),
    begin("mod_php 3", &["php3_"]),
    named("mod_php", &["php_value", "php_flag", "php_admin_value", "php_admin_flag", "PHPINIDir"]),
    named("mod_privileges.c (Solaris)", &["DTracePrivileges", "PrivilegesMode", "VHostCGIMode", "VHostCGIPrivs",
        "VHostGroup", "VHostPrivs", "VHostSecure", "VHostUser"]),
    begin("mod_python", &["Python"]),
    begin("mod_qos", &["QS_", "QSLog"]),
    begin("mod_rivet", &["Rivet"]),
    begin("mod_rpaf", &["RPAF"]),
    begin("mod_ruby", &["Ruby"]),
    named("mod_ruid2", &["RMode", "RUidGid", "RMinUidGid", "RDefaultUidGid", "RGroups", "RDocumentChRoot",
        "RCoreDump"]),
    begin("mod_security", &["Sec"]),
    begin("mod_selinux", &["selinuxDomain", "selinuxRange"]),
    begin("mod_shib", &["Shib"]),
    begin("mod_spdy", &["Spdy"]),
    begin("mod_suphp", &["suPHP_"]),
    ThirdParty {
        module: "mod_tile",
        prefixes: &["ModTile"],
        names: &["AddTileConfig", "AddTileMimeConfig", "LoadTileConfigFile"],
    },
    named("mod_upload_progress", &["ReportUploads", "TrackUploads", "UploadProgressSharedMemorySize"]),
    begin("mod_uwsgi", &["uWSGI"]),
    begin("mod_vhost_ldap", &["VhostLDAP"]),
    begin("mod_webauth", &["WebAuth", "WebKdc"]),
    ThirdParty { module: "mod_weblogic", prefixes: &["WebLogic", "WLProxy"], names: &["MatchExpression"] },
    begin("mod_xforward", &["XForward"]),
    begin("mod_xsendfile", &["XSendFile"]),
    named("mpm_itk", &["AssignUserID", "AssignUserIDExpr", "AssignGroupIDExpr", "MaxClientsVHost", "NiceValue",
        "LimitUIDRange", "LimitGIDRange"]),
    named("mpm_winnt.c (Windows)", &["Win32DisableAcceptEx"]),
    named("core.c (Windows)", &["ScriptInterpreterSource"]),
];

const MUTEX: &str = "use `Mutex` instead";
const BY_REQUIRE: &str = "use sections such as `<RequireAll>` instead";
const BY_LISTEN: &str = "use `Listen` instead";
const BY_LOADING: &str = "LoadModule alone brings a module in";
const ONE_FILE: &str = "use `Include` instead";
const NO_MEM_CACHE: &str = "mod_mem_cache is gone: use mod_cache_socache instead";

/// Directives of older releases, with what to use now.
#[rustfmt::skip]
static RETIRED: &[(&str, &str)] = &[
    ("AcceptMutex", MUTEX),
    ("AccessConfig", ONE_FILE),
    ("AddModule", BY_LOADING),
    ("AuthAuthoritative", "use `AuthBasicAuthoritative` instead"),
    ("AuthDBMAuthoritative", BY_REQUIRE),
    ("AuthDigestFile", "use `AuthUserFile` instead"),
    ("AuthDigestGroupFile", "use `AuthGroupFile` instead"),
    ("AuthDigestUserFile", "use `AuthUserFile` instead"),
    ("AuthLDAPAuthoritative", BY_REQUIRE),
    ("AuthLDAPEnabled", "use `AuthBasicProvider ldap` instead"),
    ("AuthzDBMAuthoritative", BY_REQUIRE),
    ("AuthzDefaultAuthoritative", BY_REQUIRE),
    ("AuthzGroupFileAuthoritative", BY_REQUIRE),
    ("AuthzLDAPAuthoritative", BY_REQUIRE),
    ("AuthzOwnerAuthoritative", BY_REQUIRE),
    ("AuthzUserAuthoritative", BY_REQUIRE),
    ("BindAddress", BY_LISTEN),
    ("CacheForceCompletion", "the cache no longer fetches the rest of an answer that the client gave up on"),
    ("CacheOff", "use `CacheDisable` instead"),
    ("CacheOn", "use `CacheEnable` instead"),
    ("ClearModuleList", BY_LOADING),
    ("CookieLog", "use `CustomLog` instead"),
    ("LockFile", MUTEX),
    ("MCacheMaxObjectCount", NO_MEM_CACHE),
    ("MCacheMaxObjectSize", NO_MEM_CACHE),
    ("MCacheMaxStreamingBuffer", NO_MEM_CACHE),
    ("MCacheMinObjectSize", NO_MEM_CACHE),
    ("MCacheRemovalAlgorithm", NO_MEM_CACHE),
    ("MCacheSize", NO_MEM_CACHE),
    ("ResourceConfig", ONE_FILE),
    ("RewriteLock", "use `Mutex default rewrite-map` instead"),
    ("RewriteLog", "use `LogLevel rewrite:trace3` instead"),
    ("RewriteLogLevel", "use `LogLevel rewrite:trace3` instead"),
    ("ServerType", "httpd always runs standalone"),
    ("SSLMutex", "use `Mutex default ssl-cache` instead"),
    ("StartThreads", "use `StartServers` and `ThreadsPerChild` instead"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_by_name_prefix_and_length() {
        for (directive, module) in [
            ("SecRuleEngine", Some("mod_security")),
            ("secruleengine", Some("mod_security")),
            ("<Perl", Some("mod_perl")),
            ("FcgidWrapper", Some("mod_fcgid")),
            ("DefaultInitEnv", Some("mod_fcgid")),
            ("FastCgiExternalServer", Some("mod_fastcgi")),
            ("RailsEnv", Some("mod_passenger")),
            ("php_value", Some("mod_php")),
            ("Auth_MySQL_Enabled", Some("mod_auth_mysql")),
            ("Se\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(module_of(directive), module, "{directive}");
        }
    }

    #[test]
    fn none_is_a_directive_of_httpd() {
        for d in super::super::modules().flat_map(|m| m.directives) {
            assert_eq!(module_of(d.name), None, "{}", d.name);
            assert_eq!(replacement(d.name), None, "{}", d.name);
        }
    }

    #[test]
    fn retired_ones_have_advice() {
        assert!(replacement("rewritelog").is_some_and(|a| a.contains("LogLevel")));
        assert_eq!(replacement("RewriteRule"), None);
    }
}
