//! The table of directives: `wsgi_commands`.

use super::{alias, daemon, setters as set};
use crate::server::module::Args::{Raw, Take1};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Directive, row};

const ANYWHERE: u32 = ACCESS_CONF | RSRC_CONF;

#[rustfmt::skip]
pub(super) static DIRECTIVES: &[Directive] = &[
    row("WSGIScriptAlias", Raw, RSRC_CONF, Modelled, "Map location to target WSGI script file.", alias::script_alias).tried(),
    row("WSGIScriptAliasMatch", Raw, RSRC_CONF, Modelled, "Map location pattern to target WSGI script file.", alias::script_alias_match).tried(),
    row("WSGIDaemonProcess", Raw, RSRC_CONF, Modelled, "Specify details of daemon processes to start.", daemon::daemon_process).at_start(),
    row("WSGISocketPrefix", Take1, RSRC_CONF, Inert, "Path prefix for the daemon process sockets.", set::global_word),
    row("WSGISocketRotation", Take1, RSRC_CONF, Inert, "Enable/Disable rotation of daemon process sockets.", set::global_flag),
    row("WSGIAcceptMutex", Take1, RSRC_CONF, Inert, "Set accept mutex type for daemon processes.", set::accept_mutex),
    row("WSGILazyInitialization", Take1, RSRC_CONF, Inert, "Enable/Disable lazy Python initialization.", set::global_flag),
    row("WSGIVerboseDebugging", Take1, RSRC_CONF, Inert, "Enable/Disable verbose debugging messages.", set::global_flag),
    row("WSGIDontWriteBytecode", Take1, RSRC_CONF, Inert, "Enable/Disable writing of byte code.", set::global_flag),
    row("WSGIPythonWarnings", Take1, RSRC_CONF, Inert, "Control Python warning messages.", set::global_word),
    row("WSGIPythonOptimize", Take1, RSRC_CONF, Inert, "Set level of Python compiler optimisations.", set::global_word),
    row("WSGIPythonHome", Take1, RSRC_CONF, Inert, "Python prefix/exec_prefix absolute path names.", set::global_word),
    row("WSGIPythonPath", Take1, RSRC_CONF, Inert, "Python module search path.", set::global_word),
    row("WSGIPythonEggs", Take1, RSRC_CONF, Inert, "Python eggs cache directory.", set::global_word),
    row("WSGIPythonHashSeed", Take1, RSRC_CONF, Inert, "Python hash seed.", set::python_hash_seed),
    row("WSGIDestroyInterpreter", Take1, RSRC_CONF, Inert, "Enable/Disable destruction of Python interpreter.", set::global_flag),
    row("WSGIRestrictEmbedded", Take1, RSRC_CONF, Modelled, "Enable/Disable use of embedded mode.", set::restrict_embedded),
    row("WSGIRestrictStdin", Take1, RSRC_CONF, Inert, "Enable/Disable restrictions on use of STDIN.", set::global_flag),
    row("WSGIRestrictStdout", Take1, RSRC_CONF, Inert, "Enable/Disable restrictions on use of STDOUT.", set::global_flag),
    row("WSGIRestrictSignal", Take1, RSRC_CONF, Inert, "Enable/Disable restrictions on use of signal().", set::global_flag),
    row("WSGICaseSensitivity", Take1, RSRC_CONF, Inert, "Define whether file system is case sensitive.", set::global_flag),
    row("WSGIRestrictProcess", Raw, ANYWHERE, Modelled, "Limit selectable WSGI process groups.", set::restrict_process),
    row("WSGIProcessGroup", Take1, ANYWHERE, Modelled, "Name of the WSGI process group.", set::process_group),
    row("WSGIApplicationGroup", Take1, ANYWHERE, Modelled, "Application interpreter group.", set::application_group),
    row("WSGICallableObject", Take1, OR_FILEINFO, Modelled, "Name of entry point in WSGI script file.", set::callable_object),
    row("WSGIImportScript", Raw, RSRC_CONF, Modelled, "Location of WSGI import script.", set::import_script).at_start(),
    row("WSGIDispatchScript", Raw, ANYWHERE, Modelled, "Location of WSGI dispatch script.", set::dispatch_script),
    row("WSGIPassApacheRequest", Take1, ANYWHERE, Inert, "Enable/Disable Apache request object.", set::any_flag),
    row("WSGIPassAuthorization", Take1, OR_FILEINFO, Modelled, "Enable/Disable WSGI authorization.", set::pass_authorization),
    row("WSGIScriptReloading", Take1, OR_FILEINFO, Inert, "Enable/Disable script reloading mechanism.", set::any_flag),
    row("WSGIErrorOverride", Take1, OR_FILEINFO, Inert, "Enable/Disable overriding of error pages.", set::any_flag),
    row("WSGIChunkedRequest", Take1, OR_FILEINFO, Modelled, "Enable/Disable support for chunked requests.", set::chunked_request),
    row("WSGIMapHEADToGET", Take1, OR_FILEINFO, Modelled, "Enable/Disable mapping of HEAD to GET.", set::map_head_to_get),
    row("WSGIIgnoreActivity", Take1, OR_FILEINFO, Inert, "Enable/Disable reset of inactvity timeout.", set::any_flag),
    row("WSGITrustedProxyHeaders", Raw, OR_FILEINFO, Modelled, "Specify a list of trusted proxy headers.", set::trusted_proxy_headers),
    row("WSGITrustedProxies", Raw, OR_FILEINFO, Modelled, "Specify a list of trusted proxies.", set::trusted_proxies),
    row("WSGIEnableSendfile", Take1, OR_FILEINFO, Inert, "Enable/Disable support for kernel sendfile.", set::any_flag),
    row("WSGIAccessScript", Raw, OR_AUTHCFG, Modelled, "Location of WSGI host access script file.", set::access_script),
    row("WSGIAuthUserScript", Raw, OR_AUTHCFG, Modelled, "Location of WSGI user auth script file.", set::auth_user_script),
    row("WSGIAuthGroupScript", Raw, OR_AUTHCFG, Modelled, "Location of WSGI group auth script file.", set::auth_group_script),
    row("WSGIGroupAuthoritative", Take1, OR_AUTHCFG, Inert, "Enable/Disable as being authoritative on groups.", set::any_flag),
    row("WSGIHandlerScript", Raw, ANYWHERE, Modelled, "Location of WSGI handler script file.", set::handler_script),
    row("WSGIServerMetrics", Take1, RSRC_CONF, Inert, "Enabled/Disable access to server metrics.", set::global_flag),
    row("WSGINewRelicConfigFile", Take1, RSRC_CONF, Inert, "New Relic monitoring agent configuration file.", set::global_word),
    row("WSGINewRelicEnvironment", Take1, RSRC_CONF, Inert, "New Relic monitoring agent environment.", set::global_word),
];
