//! What an expression sees of a request: `ap_expr_eval_*` (server/util_expr_eval.c).

use super::budget::Limit;
use super::functions::TlsVariable;
use super::request::Request;
use super::response::{Length, is_unknown};
use super::subrequest;
use crate::expr::moment::Moment;
use crate::expr::{Backrefs, Context, EvalError, Expr, Lookup, Search, Var, header_of};
use crate::outcome::observer::Tried;
use crate::pattern::{GivenUp, Steps};
use crate::server::captures;
use crate::source::Span;
use crate::text::Text;
use crate::vfs::{Errno, Stat};
use bstr::{BStr, BString, ByteSlice};
use std::net::IpAddr;
use std::sync::Arc;

/// Whether a section's condition holds; an error counts as no, and is logged.
pub(crate) fn holds(r: &mut Request<'_>, condition: Option<&Expr>, code: &'static str) -> bool {
    let Some(expr) = condition else { return false };
    match self::condition(r, expr) {
        Ok(held) => held,
        Err(e) => {
            r.error(code, format!("Failed to evaluate <If > condition: {e}"));
            false
        }
    }
}

/// Whether a condition holds.
///
/// # Errors
/// httpd's message.
pub(crate) fn condition(r: &mut Request<'_>, expr: &Expr) -> Result<bool, EvalError> {
    View::of(r).condition(|view| expr.eval_bool(view))
}

/// The same, with and for back-references.
///
/// # Errors
/// httpd's message.
pub(crate) fn condition_re(r: &mut Request<'_>, expr: &Expr, refs: &mut Backrefs) -> Result<bool, EvalError> {
    View::of(r).condition(|view| expr.eval_bool_re(view, refs))
}

/// The text that an expression comes to.
///
/// # Errors
/// httpd's message.
pub(crate) fn string(r: &mut Request<'_>, expr: &Expr) -> Result<BString, EvalError> {
    if let Some(literal) = expr.literal() {
        return Ok(literal.into());
    }
    View::of(r).string(|view| expr.eval_string(view))
}

/// The same, with back-references.
///
/// # Errors
/// httpd's message.
pub(crate) fn string_re(r: &mut Request<'_>, expr: &Expr, refs: &mut Backrefs) -> Result<BString, EvalError> {
    View::of(r).string(|view| expr.eval_string_re(view, refs))
}

/// The value of a server variable, as expressions and mod_rewrite see it.
pub(crate) fn variable(r: &mut Request<'_>, var: Var) -> BString {
    View::of(r).variable(var)
}

/// The value of a variable of mod_ssl, as `%{SSL:...}` of mod_rewrite sees it.
pub(crate) fn ssl_variable(r: &mut Request<'_>, name: &[u8]) -> BString {
    match r.engine.server.loaded.has("ssl_module") {
        true => View::of(r).ssl(Lookup::Ssl, name).unwrap_or_default(),
        false => BString::default(),
    }
}

/// A request as expressions see it, and whether they met a response header that can't be known.
struct View<'r, 'a>(&'r mut Request<'a>, bool);

impl<'r, 'a> View<'r, 'a> {
    fn of(r: &'r mut Request<'a>) -> View<'r, 'a> {
        View(r, false)
    }

    /// Evaluates a condition, which is not certain if what it met can't be known.
    fn condition<T>(mut self, eval: impl FnOnce(&mut Self) -> T) -> T {
        let found = eval(&mut self);
        if self.1 {
            self.uncertain(RESPONSE);
        }
        found
    }

    /// Evaluates a text: what can't be known may show in it, and is then no doubt but itself unknown.
    fn string(mut self, eval: impl FnOnce(&mut Self) -> Result<BString, EvalError>) -> Result<BString, EvalError> {
        let found = eval(&mut self);
        if self.1 && !found.as_ref().is_ok_and(|text| is_unknown(text)) {
            self.uncertain(RESPONSE);
        }
        found
    }

    /// A header of the answer, so far. What a program sends is not known.
    fn response(&mut self, name: &[u8]) -> Option<BString> {
        let r = &*self.0;
        let found = r.headers_out.get(name).or_else(|| r.err_headers_out.get(name));
        let answers = r.engine.responds() && (r.served_by.is_some() || r.is_proxied());
        let foreign = || r.reply.as_ref().is_none_or(|reply| reply.length == Length::Foreign);
        self.1 |= found.map_or_else(|| answers && foreign(), |value| is_unknown(value));
        found.map(|value| value.to_owned())
    }
}

/// What a caveat calls a header of the answer.
const RESPONSE: &str = "a header of the response";

impl Context for View<'_, '_> {
    fn searched(&mut self, search: &Search<'_>, found: bool) {
        captures::note(self.0, search.regex, search.at, search.text, search.whence, found);
    }

    fn observed(&self) -> bool {
        self.0.engine.is_observed()
    }

    fn tried(&self, tried: &Tried<'_>) {
        self.0.engine.pattern(|| *tried);
    }

    fn variable(&mut self, var: Var) -> BString {
        let r = &mut *self.0;
        if var.is_uncertain() {
            if let Some(value) = r.engine.server.time.and_then(|t| t.variable(var)) {
                return value;
            }
            self.uncertain(var.name());
            return self.likely(var);
        }
        match var {
            Var::ServerSoftware => format!("Apache/{} (Debian)", r.engine.server.loaded.version).into(),
            Var::ApiVersion => "20120211:142".into(),
            Var::RequestMethod => r.method.clone().into_owned(),
            Var::RequestScheme => r.scheme().into(),
            Var::RequestUri => r.uri.clone(),
            Var::RequestFilename | Var::ScriptFilename => r.filename.clone().unwrap_or_default(),
            Var::RemoteHost => r.remote_name(Span::NONE),
            Var::RemoteUser => r.user.clone().unwrap_or_default(),
            Var::ServerAdmin => {
                self.uncertain(var.name());
                BString::default()
            }
            Var::ServerName => r.server_name_for_url(),
            Var::ServerPort => r.server_port().to_string().into(),
            Var::ServerProtocol => r.protocol.clone().into_owned(),
            Var::PathInfo => r.path_info.clone().unwrap_or_default(),
            Var::QueryString => r.args.clone().unwrap_or_default(),
            Var::IsSubreq => if r.main.is_some() { "true" } else { "false" }.into(),
            Var::DocumentRoot => r.document_root(),
            Var::AuthType => r.auth_type.clone().unwrap_or_default(),
            Var::TheRequest => r.the_request.clone(),
            Var::ContentType => r.content_type.clone().unwrap_or_default().into_owned(),
            Var::Handler => r.handler.clone().unwrap_or_default().into_owned(),
            Var::ScriptUser | Var::ScriptGroup => owner(r, var),
            Var::DocumentUri => r.env.get("DOCUMENT_URI").map_or_else(|| r.uri.clone(), |v| v.to_owned()),
            Var::ContextPrefix => r.context_prefix.clone().unwrap_or_default().into_owned(),
            Var::ContextDocumentRoot => r.context_root.clone().map_or_else(|| r.document_root(), Text::into_owned),
            Var::RequestStatus => match r.status {
                0 => BString::default(),
                s => s.to_string().into(),
            },
            Var::RemoteAddr => r.useragent_ip.to_string().into(),
            Var::ConnRemoteAddr => r.connection.client.to_string().into(),
            Var::Https => if r.connection.tls { "on" } else { "off" }.into(),
            Var::Ipv6 => match r.connection.client {
                IpAddr::V6(ip) if ip.to_ipv4_mapped().is_none() => "on",
                _ => "off",
            }
            .into(),
            Var::Http2 => "off".into(),
            _ => BString::default(),
        }
    }

    fn lookup(&mut self, table: Lookup, name: &[u8]) -> Option<BString> {
        let r = &*self.0;
        let found = match table {
            Lookup::Req => r.headers_in.get(name),
            Lookup::Resp => return self.response(name),
            Lookup::Note => r.notes.get(name),
            Lookup::ReqEnv => r.env.get(name),
            Lookup::OsEnv if r.engine.server.env_complete => {
                return r.engine.server.env.get(name.as_bstr()).cloned();
            }
            Lookup::OsEnv => {
                self.uncertain("osenv");
                return None;
            }
            Lookup::Ssl | Lookup::SslVariable => return self.ssl(table, name),
        };
        found.map(|v| v.to_owned())
    }

    fn vary(&mut self, headers: &BStr) {
        if self.0.engine.responds() {
            self.0.headers_out.merge("Vary", headers);
        }
    }

    fn stat(&mut self, path: &[u8]) -> Option<Stat> {
        self.0.engine.stat(path).ok()
    }

    fn lstat(&mut self, path: &[u8]) -> Option<Stat> {
        self.0.engine.lstat(path).ok()
    }

    fn read(&mut self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        let found = self.0.read(path);
        // what is too large here is too large for httpd
        if let Err(errno @ (Errno::Blocks | Errno::Kernel)) = found {
            self.0.unread(path, errno, None);
        }
        found
    }

    fn uri_accessible(&mut self, uri: &[u8]) -> bool {
        let r = &mut *self.0;
        if r.main.as_ref().is_some_and(|m| m.uri == r.uri) {
            return false;
        }
        let sub = subrequest::lookup_uri(r, uri);
        let fine = sub.status < 400;
        super::redirect::take_marks(r, sub.log, Vec::new(), sub.caveats);
        fine
    }

    fn file_accessible(&mut self, path: &[u8]) -> bool {
        let r = &mut *self.0;
        let sub = subrequest::lookup_file(r, path);
        let fine = sub.status < 300 && sub.finfo.is_some();
        super::redirect::take_marks(r, sub.log, Vec::new(), sub.caveats);
        fine
    }

    fn client_ip(&self) -> Option<IpAddr> {
        Some(self.0.useragent_ip)
    }

    fn resolve(&mut self, host: &[u8]) -> Option<IpAddr> {
        let server = &self.0.engine.server;
        let found = crate::address::addresses(&server.hosts, host).first().copied();
        if found.is_none() && !server.hosts_complete {
            self.uncertain(&format!("the address of {}", host.to_str_lossy()));
        }
        found
    }

    fn steps(&self) -> &Steps {
        &self.0.engine.budget.steps
    }

    fn given_up(&mut self, why: GivenUp) {
        self.0.engine.budget.reach(match why {
            GivenUp::Request => Limit::Steps,
            GivenUp::Pattern => Limit::Pattern,
            GivenUp::AsHttpd => Limit::PatternAsHttpd,
        });
    }

    fn affords(&mut self, bytes: usize) -> bool {
        self.0.engine.budget.take_bytes(bytes)
    }

    fn uncertain(&mut self, what: &str) {
        self.0.caveat(what, Span::NONE, "its value is not known here");
    }
}

impl View<'_, '_> {
    /// What a variable that nobody gave probably is: the time of the run, and a port of those that clients have.
    fn likely(&self, var: Var) -> BString {
        match var {
            Var::RemotePort => "49152".into(),
            var => Moment::of_seconds(self.0.engine.now()).variable(var).unwrap_or_default(),
        }
    }

    /// `ssl_var_lookup`, as far as a simulated connection has what it asks for.
    fn ssl(&mut self, table: Lookup, name: &[u8]) -> Option<BString> {
        let r = &mut *self.0;
        let tls = r.connection.tls;
        let name = match (table, name.strip_prefix(b"SSL_")) {
            (Lookup::SslVariable, _) => name,
            (_, Some(name)) => name,
            (_, None) if name == b"HTTPS" => return Some(if tls { "on" } else { "off" }.into()),
            (_, None) => return self.ssl_general(name),
        };
        if !tls {
            return None;
        }
        match (r.functions().tls.variable)(r, name.as_bstr()) {
            TlsVariable::Known(value) => Some(value),
            TlsVariable::Unset => None,
            TlsVariable::Likely(value) => {
                self.uncertain(&format!("SSL_{}", name.as_bstr()));
                Some(value)
            }
            TlsVariable::Unknown => {
                self.uncertain(&format!("SSL_{}", name.as_bstr()));
                None
            }
        }
    }

    /// The variables of the request that mod_ssl knows too; then notes, then the environment.
    fn ssl_general(&mut self, name: &[u8]) -> Option<BString> {
        let variable = [
            Var::TheRequest,
            Var::RequestFilename,
            Var::RequestMethod,
            Var::RequestScheme,
            Var::RequestUri,
            Var::ScriptFilename,
            Var::PathInfo,
            Var::QueryString,
            Var::RemoteHost,
            Var::RemoteUser,
            Var::IsSubreq,
            Var::DocumentRoot,
            Var::ServerAdmin,
            Var::ServerName,
            Var::ServerPort,
            Var::ServerProtocol,
            Var::RemoteAddr,
            Var::AuthType,
            Var::ServerSoftware,
            Var::ApiVersion,
        ];
        if let Some(var) = variable.into_iter().find(|v| v.name().as_bytes() == name) {
            return Some(self.variable(var));
        }
        let r = &*self.0;
        let found = match header_of(name) {
            Some(header) => r.headers_in.get(header),
            None => r.notes.get(name).or_else(|| r.env.get(name)),
        };
        found.map(|v| v.to_owned())
    }
}

fn owner(r: &Request<'_>, var: Var) -> BString {
    let Some(info) = r.finfo else { return BString::default() };
    let users = &r.engine.server.users;
    if var == Var::ScriptUser {
        users.user_by_id(info.uid).map(|u| u.name.clone()).unwrap_or_default()
    } else {
        users.group_by_id(info.gid).cloned().unwrap_or_default()
    }
}

impl Request<'_> {
    /// `ap_get_useragent_host` with REMOTE_NAME: the client's name where HostnameLookups asks for it, else its address.
    pub(crate) fn remote_name(&mut self, span: Span) -> BString {
        let wanted = self.core().hostname_lookups.as_ref().is_some_and(|s| s.value);
        let found = if wanted { super::core::remote_host(self, "HostnameLookups", span) } else { None };
        found.map_or_else(|| self.useragent_ip.to_string().into(), BString::from)
    }

    /// `ap_document_root`
    pub(crate) fn document_root(&self) -> BString {
        self.document_root_override.clone().unwrap_or_else(|| self.server.core().document_root().to_owned())
    }

    /// Whether AuthType is in force (`ap_auth_type`).
    pub(crate) fn auth_type_configured(&mut self) -> bool {
        (self.functions().auth_type)(self).is_some()
    }
}
