//! The core's rows.

use super::setters::*;
use super::{logging, options, sections};
use crate::server::cmd::forbid;
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, plain, row};
use crate::server::rule::ON_OFF;
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::{Exactly, Long, OneOf, Time, Whole};

pub(super) static CORE: &[Directive] = &[
    row(
        "<Directory",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "Container for directives affecting resources located in the specified directories",
        sections::directory,
    ).scope(),
    row(
        "<Location",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "Container for directives affecting resources accessed through the specified URL paths",
        sections::location,
    ).scope(),
    row(
        "<VirtualHost",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "Container to map directives to a particular virtual host, takes one or more host addresses",
        sections::virtual_host,
    ).scope(),
    row(
        "<Files",
        Args::Raw,
        OR_ALL,
        Modelled,
        "Container for directives affecting files matching specified patterns",
        sections::files,
    ).scope(),
    row(
        "<Limit",
        Args::Raw,
        OR_LIMIT | OR_AUTHCFG,
        Modelled,
        "Container for authentication directives when accessed using specified HTTP methods",
        sections::limit,
    ),
    row(
        "<LimitExcept",
        Args::Raw,
        OR_LIMIT | OR_AUTHCFG,
        Modelled,
        "Container for authentication directives to be applied when any HTTP method other than those specified is used to access the resource",
        sections::limit_except,
    ),
    plain(
        "<IfModule",
        Args::Raw,
        OR_ALL | EXEC_ON_READ,
        Modelled,
        "Container for directives based on existence of specified modules",
    ),
    plain(
        "<IfDefine",
        Args::Raw,
        OR_ALL | EXEC_ON_READ,
        Modelled,
        "Container for directives based on existence of command line defines",
    ),
    plain(
        "<IfFile",
        Args::Raw,
        OR_ALL | EXEC_ON_READ,
        Modelled,
        "Container for directives based on existence of files on disk",
    ),
    plain(
        "<IfDirective",
        Args::Raw,
        OR_ALL | EXEC_ON_READ,
        Modelled,
        "Container for directives based on existence of named directive",
    ),
    plain(
        "<IfSection",
        Args::Raw,
        OR_ALL | EXEC_ON_READ,
        Modelled,
        "Container for directives based on existence of named section",
    ),
    row(
        "<DirectoryMatch",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "Container for directives affecting resources located in the specified directories",
        sections::directory_match,
    ).scope(),
    row(
        "<LocationMatch",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "Container for directives affecting resources accessed through the specified URL paths",
        sections::location_match,
    ).scope(),
    row(
        "<FilesMatch",
        Args::Raw,
        OR_ALL,
        Modelled,
        "Container for directives affecting files matching specified patterns",
        sections::files_match,
    ).scope(),
    row(
        "AddDefaultCharset",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "The name of the default charset to add to any Content-Type without one or 'Off' to disable",
        default_charset,
    ),
    row(
        "AcceptPathInfo",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "Set to on or off for PATH_INFO to be accepted by handlers, or default for the per-handler preference",
        accept_path_info,
    ),
    plain(
        "Define",
        Args::Take12,
        ACCESS_CONF | RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "Define a variable, optionally to a value.  Same as passing -D to the command line.",
    ),
    plain(
        "UnDefine",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "Undefine the existence of a variable. Undo a Define.",
    ),
    row("Error", Args::Raw, OR_ALL, Modelled, "Generate error message from within configuration", error),
    row("<If", Args::Raw, OR_ALL, Modelled, "Container for directives to be conditionally applied", sections::if_).scope(),
    row(
        "<ElseIf",
        Args::Raw,
        OR_ALL,
        Modelled,
        "Container for directives to be conditionally applied",
        sections::else_if,
    ).scope(),
    row("<Else", Args::Raw, OR_ALL, Modelled, "Container for directives to be conditionally applied", sections::else_).scope(),
    row(
        "AccessFileName",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "Name(s) of per-directory config files (default: .htaccess)",
        access_file_name,
    ),
    row("DocumentRoot", Args::Take1, RSRC_CONF, Modelled, "Root directory of the document tree", document_root),
    row("ErrorDocument", Args::Take2, OR_FILEINFO, Modelled, "Change responses for HTTP errors", error_document),
    row(
        "AllowOverride",
        Args::Raw,
        ACCESS_CONF,
        Modelled,
        "Controls what groups of directives can be configured by per-directory config files",
        allow_override,
    ),
    row(
        "AllowOverrideList",
        Args::Argv,
        ACCESS_CONF,
        Modelled,
        "Controls what individual directives can be configured by per-directory config files",
        allow_override_list,
    ),
    row("Options", Args::Raw, OR_OPTIONS, Modelled, "Set a number of attributes for a given directory", options::set),
    row(
        "DefaultType",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "the default media type for otherwise untyped files (DEPRECATED)",
        default_type,
    ),
    row(
        "FileETag",
        Args::Raw,
        OR_FILEINFO,
        Modelled,
        "Specify components used to construct a file's ETag",
        super::etag::file_etag,
    ),
    plain("EnableMMAP", Args::Take1, OR_FILEINFO, Inert, "Controls whether memory-mapping may be used to read files")
        .must(&[Arg(0, ON_OFF, "parameter must be 'on' or 'off'")]),
    plain("EnableSendfile", Args::Take1, OR_FILEINFO, Inert, "Controls whether sendfile may be used to transmit files")
        .must(&[Arg(0, ON_OFF, "parameter must be 'on' or 'off'")]),
    plain(
        "ReadBufferSize",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Inert,
        "Size (in bytes) of the memory buffers used to read data",
    )
        .must(&[Arg(0, Whole(0, 4_294_967_295), "parameter must be a number between 0 and (4294967295U)): {}")]),
    plain(
        "FlushMaxThreshold",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Maximum threshold above which pending data are flushed to the network",
    )
        .must(&[Arg(0, Whole(0, 4_294_967_295), "parameter must be a number between 0 and (4294967295U)): {}")]),
    plain(
        "FlushMaxPipelined",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Maximum number of pipelined responses (pending) above which they are flushed to the network",
    )
        .must(&[Arg(0, Whole(-1, 2_147_483_647), "parameter must be a number between -1 and (2147483647): {}")]),
    plain("Protocol", Args::Take1, RSRC_CONF, Inert, "Set the Protocol for httpd to use.")
        .must(&[NotIn(forbid::DIR_CONTEXT)]),
    plain("AcceptFilter", Args::Take2, RSRC_CONF, Inert, "Set the Accept Filter to use for a protocol")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("Port", Args::Take1, RSRC_CONF, Modelled, "Port was replaced with Listen in Apache 2.0", port).at_start(),
    row(
        "HostnameLookups",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "\"on\" to enable, \"off\" to disable reverse DNS lookups, or \"double\" to enable double-reverse DNS lookups",
        hostname_lookups,
    ),
    row("ServerAdmin", Args::Take1, RSRC_CONF, Modelled, "The email address of the server administrator", server_admin).at_start()
        .must(&[NotIn(forbid::DIR_CONTEXT)]),
    row("ServerName", Args::Take1, RSRC_CONF, Modelled, "The hostname and port of the server", server_name),
    row("ServerSignature", Args::Take1, OR_ALL, Modelled, "En-/disable server signature (on|off|email)", signature)
        .must(&[Arg(0, OneOf(&["on", "off", "email"]), "ServerSignature: use one of: off | on | email")]),
    row(
        "ServerRoot",
        Args::Take1,
        RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "Common directory of server-related files (logs, confs, etc.)",
        server_root,
    ).at_start(),
    plain(
        "DefaultRuntimeDir",
        Args::Take1,
        RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "Common directory for run-time files (shared memory, locks, etc.)",
    ).at_start(),
    plain("ErrorLog", Args::Take1, RSRC_CONF, Inert, "The filename of the error log")
        .must(&[NotIn(forbid::DIR_CONTEXT)]),
    plain("ErrorLogFormat", Args::Take12, RSRC_CONF, Inert, "Format string for the ErrorLog")
        .must(&[By(logging::error_log_format)]),
    row(
        "ServerAlias",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "A name or names alternately used to access the server",
        server_alias,
    ).tried(),
    row("ServerPath", Args::Take1, RSRC_CONF, Modelled, "The pathname the server can be reached at", server_path),
    plain("Timeout", Args::Take1, RSRC_CONF, Inert, "Timeout duration (sec)").must(&[NotIn(forbid::DIR_CONTEXT)]),
    row(
        "ContentDigest",
        Args::Flag,
        OR_OPTIONS,
        Modelled,
        "whether or not to send a Content-MD5 header with each request",
        content_digest,
    ),
    row(
        "UseCanonicalName",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "How to work out the ServerName : Port when constructing URLs",
        use_canonical_name,
    ),
    row(
        "UseCanonicalPhysicalPort",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "Whether to use the physical Port when constructing URLs",
        use_canonical_physical_port,
    ),
    plain(
        "Include",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "Name(s) of the config file(s) to be included; fails if the wildcard does not match at least one file",
    ),
    plain(
        "IncludeOptional",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "Name or pattern of the config file(s) to be included; ignored if the file does not exist or the pattern does not match any files",
    ),
    plain("LogLevel", Args::Iterate, ACCESS_CONF | RSRC_CONF, Inert, "Level of verbosity in error logging")
        .must(&[By(logging::log_level)]),
    row(
        "NameVirtualHost",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "A numeric IP address:port, or the name of a host",
        name_virtual_host,
    ).at_start(),
    plain(
        "ServerTokens",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Determine tokens displayed in the Server: header - Min(imal), Major, Minor, Prod(uctOnly), OS, or Full",
    )
        .must(&[
            NotIn(forbid::GLOBAL_ONLY),
            Arg(0, OneOf(&["Prod", "ProductOnly", "Major", "Minor", "Min", "Minimal", "OS", "Full"]), "ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'"),
        ]),
    row(
        "LimitRequestLine",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "Limit on maximum size of an HTTP request line",
        limit_request_line,
    ),
    row(
        "LimitRequestFieldsize",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "Limit on maximum size of an HTTP request header field",
        limit_request_field_size,
    ),
    row(
        "LimitRequestFields",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "Limit (0 = unlimited) on max number of header fields in a request message",
        limit_request_fields,
    ),
    row(
        "LimitRequestBody",
        Args::Take1,
        OR_ALL,
        Modelled,
        "Limit (in bytes) on maximum size of request message body",
        limit_request_body,
    ),
    plain(
        "LimitXMLRequestBody",
        Args::Take1,
        OR_ALL,
        Inert,
        "Limit (in bytes) on maximum size of an XML-based request body",
    )
        .must(&[
            Arg(0, Long(0, i64::MAX), "LimitXMLRequestBody requires a non-negative integer."),
            Arg(0, Long(0, 3_074_457_345_618_258_601), "LimitXMLRequestBody must not exceed 3074457345618258601"),
        ]),
    plain("Mutex", Args::Raw, RSRC_CONF, Inert, "mutex (or \"default\") and mechanism")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(logging::mutex)]),
    row(
        "MaxRanges",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "Maximum number of Ranges in a request before returning the entire resource, or 0 for unlimited",
        max_ranges,
    ),
    row(
        "MaxRangeOverlaps",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "Maximum number of overlaps in Ranges in a request before returning the entire resource, or 0 for unlimited",
        max_overlaps,
    ),
    row(
        "MaxRangeReversals",
        Args::Take1,
        ACCESS_CONF | RSRC_CONF,
        Modelled,
        "Maximum number of reversals in Ranges in a request before returning the entire resource, or 0 for unlimited",
        max_reversals,
    ),
    plain("RLimitCPU", Args::Take12, OR_ALL, Inert, "Soft/hard limits for max CPU usage in seconds"),
    plain("RLimitMEM", Args::Take12, OR_ALL, Inert, "Soft/hard limits for max memory usage per process"),
    plain("RLimitNPROC", Args::Take12, OR_ALL, Inert, "soft/hard limits for max number of processes per uid"),
    row(
        "RegexDefaultOptions",
        Args::Raw,
        RSRC_CONF,
        Modelled,
        "default options for regexes (prefixed by '+' to add, '-' to del)",
        regex_default_options,
    ),
    row(
        "LimitInternalRecursion",
        Args::Take12,
        RSRC_CONF,
        Modelled,
        "maximum recursion depth of internal redirects and subrequests",
        limit_internal_recursion,
    ),
    row(
        "CGIPassAuth",
        Args::Flag,
        OR_AUTHCFG,
        Modelled,
        "Controls whether HTTP authorization headers, normally hidden, will be passed to scripts",
        cgi_pass_auth,
    ),
    row("CGIVar", Args::Take2, OR_FILEINFO, Modelled, "Controls how some CGI variables are set", cgi_var)
        .must(&[
            Arg(0, Exactly(&["REQUEST_URI"]), "Unrecognized CGI variable: \"{}\""),
            Arg(1, OneOf(&["current-uri", "original-uri"]), "Valid rules for REQUEST_URI are 'current-uri' and 'original-uri'"),
        ]),
    row(
        "QualifyRedirectURL",
        Args::Flag,
        OR_FILEINFO,
        Modelled,
        "Controls whether the REDIRECT_URL environment variable is fully qualified",
        qualify_redirect_url,
    ),
    row(
        "StrictHostCheck",
        Args::Flag,
        RSRC_CONF,
        Modelled,
        "Controls whether a hostname match is required",
        strict_host_check,
    ),
    row(
        "ForceType",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "a mime type that overrides other configured type",
        force_type,
    ),
    row(
        "SetHandler",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "a handler name that overrides any other configured handler",
        set_handler,
    ),
    row(
        "SetOutputFilter",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "filter (or ; delimited list of filters) to be run on the request content",
        set_output_filter,
    ),
    plain(
        "SetInputFilter",
        Args::Take1,
        OR_FILEINFO,
        Inert,
        "filter (or ; delimited list of filters) to be run on the request body",
    ),
    row(
        "AllowEncodedSlashes",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "Allow URLs containing '/' encoded as '%2F'",
        allow_encoded_slashes,
    ),
    plain(
        "ScoreBoardFile",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "A file for Apache to maintain runtime process management information",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    plain(
        "ExtendedStatus",
        Args::Flag,
        RSRC_CONF,
        Inert,
        "\"On\" to track extended status information, \"Off\" to disable",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    plain(
        "SeeRequestTail",
        Args::Flag,
        RSRC_CONF,
        Inert,
        "For extended status, \"On\" to see the last 63 chars of the request line, \"Off\" (default) to see the first 63",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    plain("PidFile", Args::Take1, RSRC_CONF, Inert, "A file for logging the server process ID")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    plain(
        "MaxRequestsPerChild",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Maximum number of connections a particular child serves before dying. (DEPRECATED, use MaxConnectionsPerChild)",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    plain(
        "MaxConnectionsPerChild",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Maximum number of connections a particular child serves before dying.",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    plain(
        "CoreDumpDirectory",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "The location of the directory Apache changes to before dumping core",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(core_dump_directory)]),
    plain(
        "MaxMemFree",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Maximum number of 1k blocks a particular child's allocator may hold.",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Long(0, i64::MAX - 1), "Invalid {name} value: {}")]),
    plain(
        "ThreadStackSize",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Size in bytes of stack used by threads handling client connections",
    )
        .must(&[NotIn(forbid::GLOBAL_ONLY), Arg(0, Long(0, i64::MAX - 1), "Invalid {name} value: {}")]),
    row(
        "TraceEnable",
        Args::Take1,
        RSRC_CONF,
        Modelled,
        "'on' (default), 'off' or 'extended' to trace request body content",
        trace_enable,
    ),
    plain("MergeTrailers", Args::Flag, RSRC_CONF, Inert, "merge request trailers into request headers or not"),
    plain("Protocols", Args::Iterate, RSRC_CONF, Inert, "Controls which protocols are allowed")
        .must(&[NotIn(forbid::DIR_CONTEXT)]),
    plain(
        "ProtocolsHonorOrder",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "'off' (default) or 'on' to respect given order of protocols, by default the client specified order determines selection",
    )
        .must(&[NotIn(forbid::DIR_CONTEXT), Arg(0, ON_OFF, "ProtocolsHonorOrder must be 'on' or 'off'")]),
    row(
        "HttpProtocolOptions",
        Args::Iterate,
        RSRC_CONF,
        Modelled,
        "'Allow0.9' or 'Require1.0' (default); 'RegisteredMethods' or 'LenientMethods' (default); 'Unsafe' or 'Strict' (default). Sets HTTP acceptance rules",
        http_protocol_options,
    ),
    row(
        "RegisterHttpMethod",
        Args::Iterate,
        RSRC_CONF,
        Modelled,
        "Registers non-standard HTTP methods",
        register_http_method,
    ),
    row(
        "MergeSlashes",
        Args::Flag,
        RSRC_CONF,
        Modelled,
        "Controls whether consecutive slashes in the URI path are merged",
        merge_slashes,
    ),
];

pub(super) static HTTP: &[Directive] = &[
    plain("KeepAliveTimeout", Args::Take1, RSRC_CONF, Inert, "Keep-Alive timeout duration (sec)")
        .must(&[NotIn(forbid::DIR_CONTEXT), Arg(0, Time(0, i64::MAX), "KeepAliveTimeout has wrong format")]),
    plain(
        "MaxKeepAliveRequests",
        Args::Take1,
        RSRC_CONF,
        Inert,
        "Maximum number of Keep-Alive requests per connection, or 0 for infinite",
    )
    .must(&[NotIn(forbid::DIR_CONTEXT)]),
    plain("KeepAlive", Args::Flag, RSRC_CONF, Inert, "Whether persistent connections should be On or Off")
        .must(&[NotIn(forbid::DIR_CONTEXT)]),
];

pub(super) static SO: &[Directive] = &[
    plain(
        "LoadModule",
        Args::Take2,
        RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "a module name and the name of a shared object file to load it from",
    )
    .at_start(),
    plain(
        "LoadFile",
        Args::Iterate,
        RSRC_CONF | EXEC_ON_READ,
        Modelled,
        "shared object file or library to load into the server at runtime",
    )
    .at_start(),
];
