//! Variables: `%{NAME}` (`var_providers`, server/util_expr_eval.c).

use super::ast::Word;
use crate::outcome::observer::Origin;
use bstr::BString;

macro_rules! variables {
    ($($name:ident $text:literal $doc:literal)*) => {
        /// A variable that httpd's core knows. What is unset is an empty string.
        ///
        /// The variables that stand for a request header (`HTTP_HOST`, ...) are no part of it: they are looked up
        /// as that header.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Var { $(#[doc = $doc] $name),* }

        impl Var {
            /// All of them.
            pub(crate) const ALL: &[Var] = &[$(Var::$name),*];

            /// The name in a configuration.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Var::$name => $text),* }
            }
        }
    };
}

variables! {
    TimeYear "TIME_YEAR" "The year, four digits."
    TimeMon "TIME_MON" "The month, two digits."
    TimeDay "TIME_DAY" "The day of the month, two digits."
    TimeHour "TIME_HOUR" "The hour, two digits."
    TimeMin "TIME_MIN" "The minute, two digits."
    TimeSec "TIME_SEC" "The second, two digits."
    TimeWday "TIME_WDAY" "The day of the week, Sunday is 0."
    Time "TIME" "All of the time in one, fourteen digits."
    ServerSoftware "SERVER_SOFTWARE" "The server banner."
    ApiVersion "API_VERSION" "`MODULE_MAGIC_NUMBER_MAJOR`."
    RequestMethod "REQUEST_METHOD" "`r->method`"
    RequestScheme "REQUEST_SCHEME" "`http` or `https` (`ap_http_scheme`)."
    RequestUri "REQUEST_URI" "`r->uri`"
    RequestFilename "REQUEST_FILENAME" "`r->filename`"
    RemoteHost "REMOTE_HOST" "The client's name, or its address (`ap_get_useragent_host`, `REMOTE_NAME`)."
    RemoteIdent "REMOTE_IDENT" "What identd says (`ap_get_remote_logname`)."
    RemoteUser "REMOTE_USER" "`r->user`"
    ServerAdmin "SERVER_ADMIN" "The server's `ServerAdmin`."
    ServerName "SERVER_NAME" "`ap_get_server_name_for_url`"
    ServerPort "SERVER_PORT" "`ap_get_server_port`"
    ServerProtocol "SERVER_PROTOCOL" "`r->protocol`"
    ScriptFilename "SCRIPT_FILENAME" "`r->filename`"
    PathInfo "PATH_INFO" "`r->path_info`"
    QueryString "QUERY_STRING" "`r->args`"
    IsSubreq "IS_SUBREQ" "`true` in a subrequest, else `false`."
    DocumentRoot "DOCUMENT_ROOT" "`ap_document_root`"
    AuthType "AUTH_TYPE" "`r->ap_auth_type`"
    TheRequest "THE_REQUEST" "The request line."
    ContentType "CONTENT_TYPE" "`r->content_type`"
    Handler "HANDLER" "`r->handler`"
    RequestLogId "REQUEST_LOG_ID" "`r->log_id`"
    ScriptUser "SCRIPT_USER" "The file owner's name, where `r->finfo` knows it."
    ScriptGroup "SCRIPT_GROUP" "The file's group, where `r->finfo` knows it."
    DocumentUri "DOCUMENT_URI" "`DOCUMENT_URI` of the environment, else `r->uri`."
    LastModified "LAST_MODIFIED" "`r->mtime`, fourteen digits."
    ContextPrefix "CONTEXT_PREFIX" "`ap_context_prefix`"
    ContextDocumentRoot "CONTEXT_DOCUMENT_ROOT" "`ap_context_document_root`"
    RequestStatus "REQUEST_STATUS" "`r->status`"
    RemoteAddr "REMOTE_ADDR" "`r->useragent_ip`"
    RemotePort "REMOTE_PORT" "The port of the connection's client."
    Https "HTTPS" "`on` on a TLS connection, else `off`."
    Ipv6 "IPV6" "`on` when the connection's client has a true IPv6 address, else `off`."
    ConnLogId "CONN_LOG_ID" "`c->log_id`"
    ConnRemoteAddr "CONN_REMOTE_ADDR" "`c->client_ip`"
    Http2 "HTTP2" "`on` on an HTTP/2 connection, else `off`."
}

impl Var {
    /// Whether its value comes from outside the configuration, the files and the request.
    pub(crate) fn is_uncertain(self) -> bool {
        use Var::*;
        matches!(
            self,
            TimeYear
                | TimeMon
                | TimeDay
                | TimeHour
                | TimeMin
                | TimeSec
                | TimeWday
                | Time
                | RemoteIdent
                | RequestLogId
                | LastModified
                | RemotePort
                | ConnLogId
        )
    }
}

const HEADERS: &[(&str, &str)] = &[
    ("HTTP_USER_AGENT", "User-Agent"),
    ("HTTP_PROXY_CONNECTION", "Proxy-Connection"),
    ("HTTP_REFERER", "Referer"),
    ("HTTP_COOKIE", "Cookie"),
    ("HTTP_FORWARDED", "Forwarded"),
    ("HTTP_HOST", "Host"),
    ("HTTP_ACCEPT", "Accept"),
];

/// The request header that a variable's name stands for, in capitals.
pub(crate) fn header_of(name: &[u8]) -> Option<&'static str> {
    HEADERS.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, header)| *header)
}

impl Var {
    /// Where its value comes from.
    pub(crate) fn origin(self) -> Origin {
        match self {
            Var::RequestUri => Origin::Path,
            Var::QueryString => Origin::Query,
            Var::ServerName => Origin::Host,
            Var::RemoteAddr => Origin::Client,
            Var::RequestMethod => Origin::Method,
            Var::RequestFilename | Var::ScriptFilename => Origin::File,
            _ => Origin::Other,
        }
    }
}

/// The modules that bring names of their own; a name of a module that isn't loaded is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Providers {
    /// mod_ssl: `%{SSL_...}`, `SSL(...)`, `PeerExtList(...)`.
    pub ssl: bool,
    /// mod_proxy_hcheck: `%{HC_...}`, `HC(...)`.
    pub proxy_hcheck: bool,
}

/// The word that a variable's name stands for: `core_expr_lookup`, then the hooks of other modules.
pub(super) fn lookup(name: &[u8], providers: Providers) -> Option<Word> {
    let is = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
    if let Some((_, header)) = HEADERS.iter().find(|(known, _)| is(known)) {
        return Some(Word::Header(header));
    }
    if let Some(var) = Var::ALL.iter().find(|var| is(var.name())) {
        return Some(Word::Variable(*var));
    }
    if let Some(rest) = name.strip_prefix(b"SSL_").filter(|_| providers.ssl) {
        return Some(Word::SslVariable(BString::from(rest)));
    }
    let health = name.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(b"HC_"));
    (health && providers.proxy_hcheck).then_some(Word::HealthCheck)
}
