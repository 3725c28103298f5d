//! A request on its way: httpd's `request_rec` (include/httpd.h), with what an answer needs to know besides.

use super::engine::Engine;
use super::environ;
use super::functions::Functions;
use super::marks::Marks;
use super::settings::Merged;
use super::table::Table;
use super::walk_cache::WalkCaches;
use super::{Connection, Server};
use crate::outcome::{Access, Backend, Caveat, Decision, Wsgi};
use crate::server::module::Phase;
use crate::source::Span;
use crate::text::Text;
use crate::vfs::{Errno, Kind, Stat};
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// Whether a handler takes what follows the file in the path: `r->used_path_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum PathInfo {
    /// As the handler likes.
    #[default]
    Default,
    /// Taken.
    Accept,
    /// Refused.
    Reject,
}

/// Who the request is for: `r->proxyreq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum ProxyReq {
    /// This server.
    #[default]
    None,
    /// A forward proxy request.
    Proxy,
    /// A reverse proxy request.
    Reverse,
}

/// The URI taken apart: `r->parsed_uri` (apr_uri_t), without its path, which is [`Request::uri`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParsedUri {
    /// `http`, of an absolute URI.
    pub scheme: Option<BString>,
    /// `host:port`.
    pub hostinfo: Option<BString>,
    /// The host.
    pub hostname: Option<BString>,
    /// The port, of an absolute URI or of the Host header.
    pub port: Option<u16>,
    /// Whether there was a path at all.
    pub has_path: bool,
    /// A fragment.
    pub fragment: Option<BString>,
    /// `user:password`.
    pub userinfo: Option<BString>,
}

/// What later requests of the same exchange know of an earlier one (`r->prev`, `r->main`).
#[derive(Clone, Debug)]
pub(crate) struct Ancestor<'a> {
    /// Its settings' identity, as httpd tells it.
    pub per_dir_id: u64,
    /// What its walks left behind.
    pub walks: WalkCaches<'a>,
    /// Its user.
    pub user: Option<BString>,
    /// Whether the user was authenticated.
    pub authenticated: bool,
    /// Its authentication type.
    pub auth_type: Option<BString>,
    /// Its path.
    pub uri: BString,
    /// Its query.
    pub args: Option<BString>,
    /// Its target, as it was asked for.
    pub target: BString,
    /// Its environment.
    pub env: Table,
    /// The rule by which it is redirected.
    pub redirected_by: Option<Span>,
    /// The request it was redirected from.
    pub prev: Option<Rc<Ancestor<'a>>>,
    /// The request it is a subrequest of.
    pub main: Option<Rc<Ancestor<'a>>>,
}

/// A directive's change of the environment, for what the answer would be without it.
#[derive(Clone, Debug)]
pub(crate) struct EnvChange {
    /// When.
    pub phase: Phase,
    /// The directive.
    pub span: Span,
    /// The variable.
    pub name: BString,
    /// What it was before.
    pub before: Option<BString>,
}

/// A line of the error log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLine {
    /// `AH01630`.
    pub code: &'static str,
    /// The text.
    pub message: String,
    /// The directive that it comes from.
    pub span: Option<Span>,
    /// Whether a subrequest wrote it.
    pub subrequest: bool,
}

/// A request. Hooks change it; the engine sees what they changed.
pub(crate) struct Request<'a> {
    /// The run.
    pub engine: &'a Engine,
    /// The server that answers.
    pub server: &'a Server,
    /// The connection.
    pub connection: Rc<Connection>,
    /// The request line.
    pub the_request: BString,
    /// The method.
    pub method: Text<'static>,
    /// Its number.
    pub method_number: u32,
    /// Whether it is HEAD.
    pub header_only: bool,
    /// HTTP/1.1 is 1001, as httpd counts.
    pub proto_num: u32,
    /// `HTTP/1.1`.
    pub protocol: Text<'static>,
    /// The request target, as sent.
    pub unparsed_uri: BString,
    /// The path: `r->uri`.
    pub uri: BString,
    /// The query.
    pub args: Option<BString>,
    /// The URI taken apart.
    pub parsed_uri: ParsedUri,
    /// The host asked for: `r->hostname`.
    pub hostname: Option<BString>,
    /// The file it is translated to.
    pub filename: Option<BString>,
    /// What is left of the path; none before the walk.
    pub path_info: Option<BString>,
    /// The file, as `stat` sees it; none where there is no file.
    pub finfo: Option<Stat>,
    /// Request headers.
    pub headers_in: Table,
    /// Response headers.
    pub headers_out: Table,
    /// Response headers that errors keep too.
    pub err_headers_out: Table,
    /// The environment: `r->subprocess_env`.
    pub env: Table,
    /// What directives did to the environment, in order.
    pub env_changes: Vec<EnvChange>,
    /// What is known of its program's environment besides.
    pub environ: environ::State,
    /// What modules tell each other.
    pub notes: Table,
    /// The handler asked for.
    pub handler: Option<Text<'a>>,
    /// The content type.
    pub content_type: Option<Text<'a>>,
    /// Whether the type may name a handler.
    pub trusted_content_type: bool,
    /// The directive that set the handler (or the type that stands for one).
    pub handler_span: Option<Span>,
    /// The directive that set the content type.
    pub type_span: Option<Span>,
    /// The content encoding.
    pub content_encoding: Option<BString>,
    /// The content languages.
    pub content_languages: Vec<BString>,
    /// The user, as the client says.
    pub user: Option<BString>,
    /// Whether the user was authenticated.
    pub authenticated: bool,
    /// `Basic`, `Digest`.
    pub auth_type: Option<BString>,
    /// The client's address, as mod_remoteip leaves it.
    pub useragent_ip: std::net::IpAddr,
    /// What it would be without one directive of mod_remoteip or another.
    pub useragent_otherwise: Vec<(Span, std::net::IpAddr)>,
    /// Merged settings per directory.
    pub per_dir: &'a Merged,
    /// The identity that they have in httpd: there, settings that are alike may be two.
    pub per_dir_id: u64,
    /// What the walks left behind.
    pub walks: WalkCaches<'a>,
    /// The status so far.
    pub status: u16,
    /// Whether path_info is taken.
    pub used_path_info: PathInfo,
    /// Whether a proxy is to answer.
    pub proxyreq: ProxyReq,
    /// `r->allowed`: methods named in an Allow header.
    pub allowed: u64,
    /// The request it is a subrequest of.
    pub main: Option<Rc<Ancestor<'a>>>,
    /// The request it was redirected from.
    pub prev: Option<Rc<Ancestor<'a>>>,
    /// The request it was redirected to.
    pub next: Option<Box<Request<'a>>>,
    /// Names and values of what AliasMatch and kin captured, and other state of modules.
    pub context_prefix: Option<Text<'a>>,
    /// CONTEXT_DOCUMENT_ROOT.
    pub context_root: Option<Text<'a>>,
    /// DOCUMENT_ROOT, where a module sets another one.
    pub document_root_override: Option<BString>,
    /// What mod_mime made nothing of.
    pub mime_exceptions: Option<super::settings::MimeExceptions>,
    /// The AllowOverride lines by which .htaccess files were read.
    pub htaccess_read: Vec<super::htaccess::Read>,
    /// It could not be read to its end: whoever reads on finds no body (`die_unusable_input` in server/protocol.c).
    pub unusable_input: bool,
    /// It failed when it had this status, as it stood for an error already: the answer is the first error.
    pub failed_again: Option<u16>,
    /// It was answered with a page of httpd's own.
    pub page_is_sent: bool,
    /// Output filters that modules added, and the directives that say so.
    pub output_filters: Vec<(BString, Span)>,
    /// Whether it was chosen among variants: its tag then tells of them too (`r->vlist_validator`).
    pub negotiated: bool,
    /// What is known of the body that it answers with; none: nothing, or no range of it is sent.
    pub body: Option<Box<super::byterange::Body>>,
    /// What is known of the body that its response has, where that is asked for.
    pub reply: Option<Box<super::response::Reply>>,
    /// State that mod_rewrite keeps for a request.
    pub rewrite: super::settings::RewriteState,
    /// Where mod_wsgi runs it.
    pub wsgi: Option<Wsgi>,
    /// The back-end that a proxy would ask.
    pub backend: Option<Box<Backend>>,
    /// SCRIPT_NAME, once a script's environment was made.
    pub script_name: Option<BString>,
    /// The handler that ran.
    pub served_by: Option<Text<'a>>,
    /// What access was decided.
    pub access: Access,
    /// Lines of the error log.
    pub log: Vec<LogLine>,
    /// A line that is taken not to be there, while what it decides is found out.
    pub without: Option<Span>,
    /// Directives that decided.
    pub decided: Marks<Decision>,
    /// Why the answer is not certain.
    pub caveats: Marks<Caveat>,
}

impl<'a> Request<'a> {
    /// One of which nothing has been read: what is known is its connection, and the server that answers there.
    #[inline(always)]
    pub(crate) fn new(engine: &'a Engine, server: &'a Server, connection: Rc<Connection>) -> Request<'a> {
        Request {
            engine,
            server,
            useragent_ip: connection.client,
            connection,
            the_request: BString::default(),
            method: Text::lent(b"GET"),
            method_number: super::method::GET,
            header_only: false,
            proto_num: 1001,
            protocol: Text::lent(b"HTTP/1.1"),
            unparsed_uri: BString::default(),
            uri: BString::default(),
            args: None,
            parsed_uri: Default::default(),
            hostname: None,
            filename: None,
            path_info: None,
            finfo: None,
            headers_in: Table::default(),
            headers_out: Table::default(),
            err_headers_out: Table::default(),
            env: Table::default(),
            env_changes: Vec::new(),
            environ: Default::default(),
            notes: Table::default(),
            handler: None,
            content_type: None,
            trusted_content_type: false,
            handler_span: None,
            type_span: None,
            content_encoding: None,
            content_languages: Vec::new(),
            user: None,
            authenticated: false,
            auth_type: None,
            useragent_otherwise: Vec::new(),
            per_dir: &server.lookup_defaults,
            per_dir_id: server.lookup_defaults.id,
            walks: Default::default(),
            status: 200,
            used_path_info: PathInfo::Default,
            proxyreq: ProxyReq::None,
            allowed: 0,
            main: None,
            prev: None,
            next: None,
            context_prefix: None,
            context_root: None,
            document_root_override: None,
            unusable_input: false,
            failed_again: None,
            page_is_sent: false,
            output_filters: Vec::new(),
            negotiated: false,
            body: None,
            reply: None,
            rewrite: Default::default(),
            mime_exceptions: None,
            htaccess_read: Vec::new(),
            wsgi: None,
            backend: None,
            script_name: None,
            served_by: None,
            access: Default::default(),
            log: Vec::new(),
            without: None,
            decided: Default::default(),
            caveats: Default::default(),
        }
    }

    /// Back to the settings outside any section.
    pub(crate) fn reset_settings(&mut self) {
        self.per_dir = &self.server.lookup_defaults;
        self.per_dir_id = self.per_dir.id;
    }

    /// The core's per-directory settings.
    pub(crate) fn core(&self) -> &'a crate::server::core::Dir {
        self.per_dir.core.as_deref().unwrap_or_else(|| crate::server::core::default_dir())
    }

    /// Puts what sections came to over its settings.
    pub(crate) fn merge(&mut self, add: &Merged) {
        self.per_dir = self.engine.merge(self.per_dir, add);
    }

    /// Whether it is neither a subrequest nor redirected: `ap_is_initial_req`.
    pub(crate) fn is_initial(&self) -> bool {
        self.main.is_none() && self.prev.is_none()
    }

    /// `ap_matches_request_vhost` (server/vhost.c): whether a host and port are this server's.
    pub(crate) fn matches_vhost(&self, host: &[u8], port: u16) -> bool {
        let mut addrs = self.server.addrs.iter();
        if addrs.any(|a| (a.port == 0 || a.port == port) && a.virthost.eq_ignore_ascii_case(host)) {
            return true;
        }
        let names = self.engine.server.names.get(self.server.index);
        port == self.server.port && names.is_some_and(|n| n.matches(host).is_some())
    }

    /// The handler asked for, where it goes by one of these names.
    pub(crate) fn handler_among(&self, names: &[&str]) -> Option<Text<'a>> {
        self.handler.as_ref().filter(|handler| names.iter().any(|name| **handler == *name)).cloned()
    }

    /// Whether another server is to answer it.
    pub(crate) fn is_proxied(&self) -> bool {
        self.proxyreq != ProxyReq::None && self.filename.as_ref().is_some_and(|f| f.starts_with(b"proxy:"))
    }

    /// The path as text for messages.
    pub(crate) fn filename_str(&self) -> String {
        self.filename.as_ref().map(|f| f.to_str_lossy().into_owned()).unwrap_or_default()
    }

    /// The path_info, `""` when there is none.
    pub(crate) fn path_info_str(&self) -> &BStr {
        self.path_info.as_ref().map_or(b"".as_bstr(), |p| p.as_bstr())
    }

    /// Whether the file is a folder.
    pub(crate) fn is_dir(&self) -> bool {
        self.finfo.is_some_and(|f| f.kind == Kind::Directory)
    }

    /// Whether the file is a regular file.
    pub(crate) fn is_regular(&self) -> bool {
        self.finfo.is_some_and(|f| f.kind == Kind::Regular)
    }

    /// A file's content as httpd's children may read it. One that is not read although httpd would is a caveat, by the
    /// directive at `span` where one names it.
    pub(crate) fn read_file(&mut self, path: &[u8], span: Option<Span>) -> Result<Arc<[u8]>, Errno> {
        let found = self.read(path);
        if let Err(errno) = found {
            self.unread(path, errno, span);
        }
        found
    }

    /// Sets a variable of the environment (or takes it away), as a directive says.
    pub(crate) fn change_env(&mut self, phase: Phase, name: &BStr, value: Option<BString>, span: Span) {
        let before = self.env.get(name).map(|v| v.to_owned());
        let cost = value.as_ref().map_or(0, |v| v.len()) + before.as_ref().map_or(0, |v| v.len());
        if !self.engine.budget.take_bytes(cost) {
            self.engine.budget.name(span);
            return;
        }
        match value {
            Some(value) => self.env.set(name, value),
            None => {
                self.env.unset(name);
            }
        }
        self.env_changes.push(EnvChange { phase, span, name: name.into(), before });
    }

    /// A file's content, as httpd's children may read it; so many bytes of files, and no more.
    ///
    /// # Errors
    /// Why it can't be read.
    pub(crate) fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        let content = self.engine.read(path)?;
        if self.engine.budget.take_read(content.len()) { Ok(content) } else { Err(Errno::Io) }
    }

    /// Takes bytes of values, as the directive says; what there are none for is to be left out.
    pub(crate) fn affords(&self, value: &[u8]) -> bool {
        self.engine.budget.take_bytes(value.len())
    }

    /// Sets the content type, `trusted` when the configuration gave it: `ap_set_content_type_ex`.
    pub(crate) fn set_content_type(&mut self, value: Option<Text<'a>>, trusted: bool) {
        self.trusted_content_type = value.is_some() && trusted;
        self.content_type = value;
    }

    /// What later requests are to know of this one.
    pub(crate) fn ancestor(&self) -> Rc<Ancestor<'a>> {
        Rc::new(Ancestor {
            per_dir_id: self.per_dir_id,
            walks: self.walks.clone(),
            user: self.user.clone(),
            authenticated: self.authenticated,
            auth_type: self.auth_type.clone(),
            uri: self.uri.clone(),
            args: self.args.clone(),
            target: self.unparsed_uri.clone(),
            env: self.env.clone(),
            redirected_by: self.rewrite.redirected_by,
            prev: self.prev.clone(),
            main: self.main.clone(),
        })
    }

    /// A copy to try something on: nothing that happens to it happens to this one.
    pub(crate) fn trial(&self) -> Request<'a> {
        Request {
            unparsed_uri: self.unparsed_uri.clone(),
            uri: self.uri.clone(),
            args: self.args.clone(),
            parsed_uri: self.parsed_uri.clone(),
            filename: self.filename.clone(),
            headers_out: self.headers_out.clone(),
            env: self.env.clone(),
            notes: self.notes.clone(),
            per_dir: self.per_dir,
            per_dir_id: self.per_dir_id,
            main: self.main.clone(),
            prev: self.prev.clone(),
            ..super::redirect::blank(self)
        }
    }

    /// The last request of the chain of redirects.
    pub(crate) fn last(&self) -> &Request<'a> {
        let mut r = self;
        while let Some(next) = &r.next {
            r = next;
        }
        r
    }

    /// The same, to change it.
    pub(crate) fn last_mut(&mut self) -> &mut Request<'a> {
        match self.next {
            None => self,
            Some(ref mut next) => next.last_mut(),
        }
    }

    /// Takes over a URI: `ap_parse_uri` (server/protocol.c). What can't be one makes the status 400.
    pub(crate) fn parse_uri(&mut self, uri: &[u8]) {
        self.unparsed_uri = uri.into();
        // httpd takes a doubled slash at the front for one, lest it be read as an authority
        let doubled = uri.iter().take_while(|b| **b == b'/').count().saturating_sub(1);
        let uri = &uri[doubled..];
        let connect = self.method_number == super::method::CONNECT;
        if !connect && super::uri::is_path_alone(uri) {
            self.args = None;
            self.uri = uri.into();
            self.parsed_uri = ParsedUri { has_path: true, ..ParsedUri::default() };
            return;
        }
        let text: Cow<'_, [u8]> = if connect { [b"http://", uri].concat().into() } else { uri.into() };
        // CONNECT names a host and a port, both
        let parsed = super::uri::parse(&text).filter(|p| !connect || p.port.is_some());
        let Some(parts) = parsed else {
            self.args = None;
            self.hostname = None;
            self.status = 400;
            self.uri = uri.into();
            return;
        };
        let ours = parts.scheme.as_ref().is_some_and(|s| s.eq_ignore_ascii_case(self.scheme().as_bytes()));
        if ours || connect {
            self.hostname = parts.hostname.clone();
        }
        self.args = parts.query;
        let has_path = parts.path.is_some();
        self.uri = match parts.path {
            Some(p) => p,
            None if self.method_number == super::method::OPTIONS => "*".into(),
            None => "/".into(),
        };
        self.parsed_uri = ParsedUri {
            scheme: parts.scheme.filter(|_| !connect),
            hostinfo: parts.hostinfo,
            hostname: parts.hostname,
            port: parts.port,
            has_path,
            fragment: parts.fragment,
            userinfo: parts.userinfo,
        };
    }

    /// What modules do where the engine asks for it by name.
    pub(crate) fn functions(&self) -> &Functions {
        &self.engine.server.loaded.functions
    }

    /// `ap_http_scheme`: what ServerName says, else https where the connection is TLS and mod_ssl serves it.
    pub(crate) fn scheme(&self) -> &str {
        if (self.functions().tls.is_https)(self) { "https" } else { self.server.scheme() }
    }
}
