//! The directives that start no program, load no code, open no connection and write no file, whatever their arguments
//! are.
//!
//! This is a list of what is known to be so: a directive that is not in it, a new one for instance, counts as one that
//! might. What hangs on arguments (a log that may be a pipe) is not here either; whoever asks looks at those itself.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a directive, or a section without its brackets, is known to start, load and write nothing.
pub(crate) fn is_quiet(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| QUIET.iter().copied().collect());
    NAMES.contains(&*name.to_ascii_lowercase())
}

/// Names in lower case, by module.
#[rustfmt::skip]
const QUIET: &[&str] = &[
    // core.c
    "acceptfilter", "acceptpathinfo", "adddefaultcharset", "allowencodedslashes", "allowoverride",
    "allowoverridelist", "cgipassauth", "cgivar", "contentdigest", "defaulttype", "define", "directory",
    "directorymatch", "documentroot", "else", "elseif", "enablemmap", "enablesendfile", "error",
    "errordocument", "errorlogformat", "extendedstatus", "fileetag", "files", "filesmatch", "flushmaxpipelined",
    "flushmaxthreshold", "hostnamelookups", "httpprotocoloptions", "if", "ifdefine", "ifdirective", "iffile",
    "ifmodule", "ifsection", "limit", "limitexcept", "limitinternalrecursion", "limitrequestbody",
    "limitrequestfields", "limitrequestfieldsize", "limitrequestline", "limitxmlrequestbody", "location",
    "locationmatch", "loglevel", "maxconnectionsperchild", "maxmemfree", "maxrangeoverlaps",
    "maxrangereversals", "maxranges", "maxrequestsperchild", "mergeslashes", "mergetrailers", "namevirtualhost",
    "options", "port", "protocol", "protocols", "protocolshonororder", "qualifyredirecturl", "readbuffersize",
    "regexdefaultoptions", "registerhttpmethod", "rlimitcpu", "rlimitmem", "rlimitnproc", "seerequesttail",
    "serveradmin", "serveralias", "servername", "serverpath", "serversignature", "servertokens",
    "setoutputfilter", "stricthostcheck", "threadstacksize", "timeout", "traceenable", "undefine",
    "usecanonicalname", "usecanonicalphysicalport", "virtualhost",
    // event.c
    "asyncrequestworkerfactor", "gracefulshutdowntimeout", "listen", "listenbacklog", "listencoresbucketsratio",
    "listentcpdeferaccept", "maxclients", "maxrequestworkers", "maxsparethreads", "minsparethreads",
    "receivebuffersize", "sendbuffersize", "serverlimit", "startservers", "threadlimit", "threadsperchild",
    // http_core.c
    "keepalive", "keepalivetimeout", "maxkeepaliverequests",
    // mod_access_compat.c
    "allow", "deny", "order", "satisfy",
    // mod_actions.c
    "action", "script",
    // mod_alias.c
    "alias", "aliasmatch", "aliaspreservepath", "redirect", "redirectmatch", "redirectpermanent",
    "redirectrelative", "redirecttemp",
    // mod_allowmethods.c
    "allowmethods",
    // mod_auth_basic.c
    "authbasicauthoritative", "authbasicfake", "authbasicprovider", "authbasicusedigestalgorithm",
    // mod_auth_digest.c
    "authdigestalgorithm", "authdigestdomain", "authdigestnccheck", "authdigestnoncelifetime",
    "authdigestprovider", "authdigestqop",
    // mod_authn_anon.c
    "anonymous", "anonymous_logemail", "anonymous_mustgiveemail", "anonymous_nouserid", "anonymous_verifyemail",
    // mod_authn_core.c
    "authname", "authnprovideralias", "authtype",
    // mod_authn_file.c
    "authuserfile",
    // mod_authz_core.c
    "authmerging", "authzprovideralias", "authzsendforbiddenonfailure", "require", "requireall", "requireany",
    "requirenone",
    // mod_authz_groupfile.c
    "authgroupfile",
    // mod_autoindex.c
    "addalt", "addaltbyencoding", "addaltbytype", "adddescription", "addicon", "addiconbyencoding",
    "addiconbytype", "defaulticon", "fancyindexing", "headername", "indexheadinsert", "indexignore",
    "indexignorereset", "indexoptions", "indexorderdefault", "indexstylesheet", "readmename",
    // mod_brotli.c
    "brotlialteretag", "brotlicompressionmaxinputblock", "brotlicompressionquality", "brotlicompressionwindow",
    "brotlifilternote",
    // mod_buffer.c
    "buffersize",
    // mod_charset_lite.c
    "charsetdefault", "charsetoptions", "charsetsourceenc",
    // mod_deflate.c
    "deflatealteretag", "deflatebuffersize", "deflatecompressionlevel", "deflatefilternote",
    "deflateinflatelimitrequestbody", "deflateinflateratioburst", "deflateinflateratiolimit", "deflatememlevel",
    "deflatewindowsize",
    // mod_dialup.c
    "modemstandard",
    // mod_dir.c
    "directorycheckhandler", "directoryindex", "directoryindexredirect", "directoryslash", "fallbackresource",
    // mod_dumpio.c
    "dumpioinput", "dumpiooutput",
    // mod_env.c
    "passenv", "setenv", "unsetenv",
    // mod_expires.c
    "expiresactive", "expiresbytype", "expiresdefault",
    // mod_filter.c
    "addoutputfilterbytype", "filterchain", "filterdeclare", "filterprotocol", "filterprovider", "filtertrace",
    // mod_headers.c
    "header", "requestheader",
    // mod_imagemap.c
    "imapbase", "imapdefault", "imapmenu",
    // mod_info.c
    "addmoduleinfo",
    // mod_log_config.c
    "bufferedlogs", "logformat",
    // mod_log_debug.c
    "logmessage",
    // mod_logio.c
    "logiotrackttfb",
    // mod_mime.c
    "addcharset", "addencoding", "addinputfilter", "addlanguage", "addoutputfilter", "defaultlanguage",
    "modmimeusepathinfo", "multiviewsmatch", "removecharset", "removeencoding", "removehandler",
    "removeinputfilter", "removelanguage", "removeoutputfilter", "removetype",
    // mod_negotiation.c
    "cachenegotiateddocs", "forcelanguagepriority", "languagepriority",
    // mod_remoteip.c
    "remoteipheader", "remoteipinternalproxy", "remoteipinternalproxylist", "remoteipproxiesheader",
    "remoteipproxyprotocol", "remoteipproxyprotocolexceptions", "remoteiptrustedproxy",
    "remoteiptrustedproxylist",
    // mod_reqtimeout.c
    "requestreadtimeout",
    // mod_request.c
    "keptbodysize",
    // mod_rewrite.c
    "rewritebase", "rewritecond", "rewriteengine", "rewriteoptions",
    // mod_sed.c
    "inputsed", "outputsed",
    // mod_session.c
    "session", "sessionenv", "sessionexclude", "sessionexpiryupdateinterval", "sessionheader", "sessioninclude",
    "sessionmaxage",
    // mod_session_cookie.c
    "sessioncookiename", "sessioncookiename2", "sessioncookieremove",
    // mod_setenvif.c
    "browsermatch", "browsermatchnocase", "setenvif", "setenvifexpr", "setenvifnocase",
    // mod_speling.c
    "checkbasenamematch", "checkcaseonly", "checkspelling",
    // mod_ssl.c
    "sslcacertificatefile", "sslcadnrequestfile", "sslcarevocationcheck", "sslcarevocationfile",
    "sslcertificatechainfile", "sslciphersuite", "sslcompression", "sslengine", "sslfips",
    "sslhonorcipherorder", "sslinsecurerenegotiation", "ssloptions", "sslprotocol", "sslrenegbuffersize",
    "sslrequire", "sslrequiressl", "sslsessioncachetimeout", "sslsessiontickets", "sslstrictsnivhostcheck",
    "sslusername", "sslverifyclient", "sslverifydepth", "sslvhostsnipolicy",
    // mod_substitute.c
    "substitute", "substituteinheritbefore", "substitutemaxlinelength",
    // mod_unixd.c
    "group", "user",
    // mod_userdir.c
    "userdir",
    // mod_usertrack.c
    "cookiedomain", "cookieexpires", "cookiehttponly", "cookiename", "cookiesamesite", "cookiesecure",
    "cookiestyle", "cookietracking",
    // mod_version.c
    "ifversion",
    // mod_vhost_alias.c
    "virtualdocumentroot", "virtualdocumentrootip",
    // mod_wsgi.c
    "wsgiacceptmutex", "wsgiaccessscript", "wsgiapplicationgroup", "wsgiauthgroupscript", "wsgiauthuserscript",
    "wsgicallableobject", "wsgicasesensitivity", "wsgichunkedrequest", "wsgidispatchscript",
    "wsgidontwritebytecode", "wsgienablesendfile", "wsgierroroverride", "wsgigroupauthoritative",
    "wsgihandlerscript", "wsgiignoreactivity", "wsgiimportscript", "wsgilazyinitialization", "wsgimapheadtoget",
    "wsgipassapacherequest", "wsgipassauthorization", "wsgiprocessgroup", "wsgipythonhashseed",
    "wsgipythonoptimize", "wsgipythonwarnings", "wsgirestrictembedded", "wsgirestrictprocess",
    "wsgirestrictsignal", "wsgirestrictstdin", "wsgirestrictstdout", "wsgiscriptalias", "wsgiscriptaliasmatch",
    "wsgiscriptreloading", "wsgiservermetrics", "wsgisocketrotation", "wsgitrustedproxies",
    "wsgitrustedproxyheaders", "wsgiverbosedebugging",
    // prefork.c
    "maxspareservers", "minspareservers",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_directive_and_stands_there_once() {
        let known: HashSet<String> = crate::modules::all()
            .flat_map(|m| m.directives)
            .map(|d| d.name.trim_start_matches('<').to_ascii_lowercase())
            .collect();
        for name in QUIET {
            assert!(known.contains(*name), "{name} is no directive");
            assert_eq!(QUIET.iter().filter(|n| *n == name).count(), 1, "{name} stands there twice");
        }
    }

    #[test]
    fn what_runs_or_loads_is_not_among_them() {
        let loud = [
            "LoadModule",
            "LoadFile",
            "Include",
            "CustomLog",
            "ErrorLog",
            "RewriteMap",
            "ExtFilterDefine",
            "ScriptAlias",
            "SSLPassPhraseDialog",
            "SSLRandomSeed",
            "SSLCryptoDevice",
            "SSLOpenSSLConfCmd",
            "LuaHookFixups",
            "Use",
            "WSGIDaemonProcess",
            "WSGIPythonHome",
            "php_value",
            "MDNotifyCmd",
            "DBDriver",
            "MimeMagicFile",
            "PidFile",
            "ProxyPass",
            "AddHandler",
            "SSIStartTag",
            "ForensicLog",
            "Unheard",
        ];
        assert_eq!(loud.iter().filter(|name| is_quiet(name)).count(), 0);
        assert!(is_quiet("Options") && is_quiet("ALIAS") && is_quiet("VirtualHost"));
    }
}
