//! Variables: `lookup_variable` (mod_rewrite.c).

use super::expand::Context;
use super::url;
use crate::expr::{Var, header_of};
use crate::filepath;
use crate::limits;
use crate::outcome::observer::{Origin, Whence};
use crate::pattern::begins_nocase;
use crate::server::request::Request;
use crate::server::{expr_context, subrequest};
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};

/// A variable, by what its name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// No variable has the name: always empty.
    Nothing,
    /// `ENV:name`
    Env(BString),
    /// `SSL:name`
    Ssl(BString),
    /// `HTTP:name` and the names that stand for a header.
    Header(BString),
    /// `LA-U:name`: what it will be, found by a subrequest for the URL.
    AheadUrl(Box<Variable>),
    /// `LA-F:name`: by a subrequest for the file.
    AheadFile(Box<Variable>),
    /// One that expressions have, too.
    Common(Var),
    /// SERVER_ADDR
    ServerAddr,
    /// SCRIPT_USER
    ScriptUser,
    /// SCRIPT_GROUP
    ScriptGroup,
    /// IPV6: of the client, as mod_remoteip has it.
    Ipv6,
}

impl Variable {
    /// Where its value comes from.
    pub(crate) fn whence(&self) -> Whence<'_> {
        match self {
            Variable::Env(name) => (Origin::Variable, name),
            Variable::Header(name) if name.eq_ignore_ascii_case(b"Host") => (Origin::Host, b""),
            Variable::Header(name) => (Origin::Header, name),
            Variable::Common(var) => (var.origin(), b""),
            _ => Whence::default(),
        }
    }
}

const COMMON: &[Var] = &[
    Var::Time,
    Var::Https,
    Var::TimeDay,
    Var::TimeSec,
    Var::TimeMin,
    Var::TimeMon,
    Var::TimeWday,
    Var::TimeYear,
    Var::TimeHour,
    Var::IsSubreq,
    Var::PathInfo,
    Var::AuthType,
    Var::ServerName,
    Var::RemoteAddr,
    Var::TheRequest,
    Var::ApiVersion,
    Var::ServerPort,
    Var::RemoteHost,
    Var::RemotePort,
    Var::RemoteUser,
    Var::RequestUri,
    Var::RemoteIdent,
    Var::QueryString,
    Var::ServerAdmin,
    Var::DocumentRoot,
    Var::ContextPrefix,
    Var::RequestMethod,
    Var::RequestScheme,
    Var::ScriptFilename,
    Var::ServerProtocol,
    Var::ServerSoftware,
    Var::ConnRemoteAddr,
    Var::RequestFilename,
    Var::ContextDocumentRoot,
];

/// Names that a process is likely to have in its environment.
const OF_PROCESSES: &[&str] = &["HOME", "HOSTNAME", "LANG", "LC_ALL", "LOGNAME", "PATH", "PWD", "SHELL", "TZ", "USER"];

impl Variable {
    /// What `%{name}` means.
    pub(crate) fn new(name: &[u8]) -> Variable {
        Variable::nested(name, 0)
    }

    fn nested(name: &[u8], depth: usize) -> Variable {
        let is = |prefix: &str| begins_nocase(name, prefix.as_bytes());
        if name.len() < 4 || depth > limits::LOOK_AHEAD_DEPTH {
            return Variable::Nothing;
        }
        if name[3] == b':' {
            return match name.get(4..).filter(|n| !n.is_empty()) {
                Some(rest) if is("ENV") => Variable::Env(rest.into()),
                Some(rest) if is("SSL") => Variable::Ssl(rest.into()),
                _ => Variable::Nothing,
            };
        }
        if name.get(4) == Some(&b':') {
            return match name.get(5..).filter(|n| !n.is_empty()) {
                Some(rest) if is("HTTP") => Variable::Header(rest.into()),
                Some(rest) if is("LA-U") => Variable::AheadUrl(Box::new(Variable::nested(rest, depth + 1))),
                Some(rest) if is("LA-F") => Variable::AheadFile(Box::new(Variable::nested(rest, depth + 1))),
                _ => Variable::Nothing,
            };
        }
        let upper = name.to_ascii_uppercase();
        if let Some(header) = header_of(&upper) {
            return Variable::Header((*header).into());
        }
        if let Some(var) = COMMON.iter().find(|v| v.name().as_bytes() == upper) {
            return Variable::Common(*var);
        }
        match upper.as_slice() {
            b"IPV6" => Variable::Ipv6,
            b"SERVER_ADDR" => Variable::ServerAddr,
            b"SCRIPT_USER" => Variable::ScriptUser,
            b"SCRIPT_GROUP" => Variable::ScriptGroup,
            _ => Variable::Nothing,
        }
    }

    /// Its value for a request.
    pub(crate) fn value(&self, r: &mut Request<'_>, ctx: &Context<'_>) -> BString {
        match self {
            Variable::Nothing => BString::default(),
            Variable::Env(name) => environment(r, name),
            Variable::Ssl(name) => expr_context::ssl_variable(r, name),
            Variable::Header(name) => header(r, ctx, name),
            Variable::Common(var) => expr_context::variable(r, *var),
            Variable::ServerAddr => r.connection.local.to_string().into(),
            Variable::Ipv6 => match r.useragent_ip {
                std::net::IpAddr::V6(ip) if ip.to_ipv4_mapped().is_none() => "on".into(),
                _ => "off".into(),
            },
            Variable::ScriptUser | Variable::ScriptGroup => {
                let var = if *self == Variable::ScriptUser { Var::ScriptUser } else { Var::ScriptGroup };
                owner(r, var, ctx)
            }
            Variable::AheadUrl(var) => match url::subrequest_ok(r) {
                true => {
                    let path = if ctx.perdir.is_some() { look_ahead_path(r, ctx) } else { ctx.uri.clone() };
                    let sub = subrequest::lookup_uri(r, &path);
                    ahead(r, sub, var, ctx)
                }
                false => BString::default(),
            },
            Variable::AheadFile(var) => match url::subrequest_ok(r) {
                true => {
                    let sub = if ctx.perdir.is_some() && ctx.uri.starts_with(b"/") {
                        // the file is not known here: httpd takes the path for a URL
                        subrequest::lookup_uri(r, &ctx.uri)
                    } else if let Some(dir) = ctx.perdir {
                        let path = [dir.as_slice(), &ctx.uri].concat();
                        subrequest::lookup_file(r, &path)
                    } else {
                        subrequest::lookup_file(r, &ctx.uri)
                    };
                    ahead(r, sub, var, ctx)
                }
                false => BString::default(),
            },
        }
    }
}

/// `lookup_header`: the answer hangs on it, where it is there.
fn header(r: &Request<'_>, ctx: &Context<'_>, name: &BString) -> BString {
    let Some(value) = r.headers_in.get(name) else { return BString::default() };
    if r.engine.responds() && !name.eq_ignore_ascii_case(b"Host") {
        ctx.vary_this.borrow_mut().push(name.clone());
    }
    value.to_owned()
}

/// The owner of the file; of one that is not there, once it was looked for, that of the folder where the search ended.
fn owner(r: &mut Request<'_>, var: Var, ctx: &Context<'_>) -> BString {
    let found = r.finfo;
    if found.is_none() && (ctx.perdir.is_some() || r.main.is_some()) {
        let folder = filepath::dirname(r.filename.as_ref().map_or(b"", |f| f.as_slice())).to_owned();
        r.finfo = r.engine.stat(&folder).ok();
    }
    let value = if r.finfo.is_none() { "<unknown>".into() } else { expr_context::variable(r, var) };
    r.finfo = found;
    value
}

/// `la_u`: the URL that a per-directory path stands for.
fn look_ahead_path(r: &mut Request<'_>, ctx: &Context<'_>) -> BString {
    if ctx.uri.starts_with(b"/") {
        return ctx.uri.clone();
    }
    let dir = r.per_dir.rewrite.clone().unwrap_or_default();
    let mut path = match &dir.base {
        Some((base, _)) => base.clone(),
        None => dir.directory.clone().unwrap_or_default(),
    };
    path.extend_from_slice(&ctx.uri);
    path
}

fn ahead<'a>(r: &mut Request<'a>, mut sub: Request<'a>, var: &Variable, ctx: &Context<'_>) -> BString {
    let value = var.value(&mut sub, ctx);
    url::take_notice(r, sub);
    value
}

fn environment(r: &mut Request<'_>, name: &BString) -> BString {
    r.reads_env(name);
    if let Some(found) = r.notes.get(name).or_else(|| r.env.get(name)) {
        return found.to_owned();
    }
    if let Some(value) = r.engine.server.env.get::<BStr>(name.as_bstr()) {
        return value.clone();
    }
    if OF_PROCESSES.iter().any(|n| n.as_bytes() == name.as_slice()) {
        r.caveat(&format!("ENV:{name}"), Span::NONE, "httpd's own environment is not known here");
    }
    BString::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, want) in [
            ("request_uri", Variable::Common(Var::RequestUri)),
            ("Http:X-Y", Variable::Header("X-Y".into())),
            ("HTTP_HOST", Variable::Header("Host".into())),
            ("env:a", Variable::Env("a".into())),
            ("ENV:", Variable::Nothing),
            ("abc:d", Variable::Nothing),
            ("NONE", Variable::Nothing),
            ("X", Variable::Nothing),
            ("LA-U:REMOTE_USER", Variable::AheadUrl(Box::new(Variable::Common(Var::RemoteUser)))),
        ] {
            assert_eq!(Variable::new(name.as_bytes()), want, "{name}");
        }
    }
}
