//! What httpd tells a script of a request (server/util_script.c).

use super::conditions::{self, State};
use super::engine::Program;
use super::request::Request;
use super::subrequest::{find_path_info, lookup_uri};
use super::text::Text;
use super::{method, setting, uri};
use crate::source::Span;
use bstr::BString;

/// The part of the path that names the script: SCRIPT_NAME as `ap_add_cgi_vars` sets it.
pub(crate) fn script_name(r: &Request<'_>) -> BString {
    let path_info = r.path_info_str();
    if path_info.is_empty() || *r.protocol == "INCLUDED" {
        return r.uri.clone();
    }
    r.uri[..find_path_info(&r.uri, path_info)].into()
}

/// `ap_add_cgi_vars`: sets a script's variables in the environment. An ErrorDocument sees them too, as REDIRECT_ ones.
///
/// PATH_TRANSLATED is left out: few read it, and it costs a subrequest. See [`path_translated`].
pub(crate) fn add_cgi_vars(r: &mut Request<'_>) {
    let name = script_name(r);
    let original = r.the_request.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).nth(1);
    let original: BString = original.unwrap_or_default().into();
    r.env.set("GATEWAY_INTERFACE", "CGI/1.1");
    r.env.set("SERVER_PROTOCOL", r.protocol.clone());
    r.env.set("REQUEST_METHOD", r.method.clone());
    r.env.set("QUERY_STRING", r.args.clone().unwrap_or_default());
    r.env.set("REQUEST_URI", original);
    r.env.set("SCRIPT_NAME", name.clone());
    if let Some(path_info) = r.path_info.clone().filter(|p| !p.is_empty()) {
        r.env.set("PATH_INFO", path_info);
    }
    r.script_name = Some(name);
}

/// PATH_TRANSLATED as `ap_add_cgi_vars` finds it, by a subrequest: the file that path_info would be, were it a path of its
/// own. The subrequest's refusals stand in the error log (AH01630, AH00125).
pub(crate) fn path_translated(r: &mut Request<'_>) -> Option<BString> {
    let path_info = r.path_info.clone().filter(|p| !p.is_empty())?;
    let sub = lookup_uri(r, &uri::escape_path(&path_info, true));
    r.log.extend(sub.log);
    Some([sub.filename?.as_slice(), sub.path_info.unwrap_or_default().as_slice()].concat().into())
}

/// `ap_add_common_vars`, but for what only the machine knows: what the environment says of the server and the client, and
/// the request's headers.
pub(crate) fn add_common_vars(r: &mut Request<'_>) {
    for (name, value) in r.headers_in.clone().iter() {
        let name = name.to_ascii_uppercase();
        match name.as_slice() {
            b"CONTENT-TYPE" => r.env.set("CONTENT_TYPE", value),
            b"CONTENT-LENGTH" => r.env.set("CONTENT_LENGTH", value),
            b"PROXY" => {}
            b"AUTHORIZATION" | b"PROXY-AUTHORIZATION" if !passes_auth(r) => {}
            _ => r.env.set(header_variable(&name), value),
        }
    }
    let vars = [
        ("SERVER_NAME", r.server_name_for_url()),
        ("SERVER_ADDR", r.connection.local.to_string().into()),
        ("SERVER_PORT", r.server_port().to_string().into()),
        ("REMOTE_ADDR", r.useragent_ip.to_string().into()),
        ("DOCUMENT_ROOT", r.document_root()),
        ("REQUEST_SCHEME", r.scheme().into()),
        ("CONTEXT_PREFIX", r.context_prefix.clone().unwrap_or_default().into_owned()),
        ("CONTEXT_DOCUMENT_ROOT", r.context_root.clone().map_or_else(|| r.document_root(), Text::into_owned)),
    ];
    for (name, value) in vars {
        r.env.set(name, value);
    }
    let earlier = r.prev.as_ref().filter(|_| r.user.is_none()).and_then(|p| p.user.clone());
    let optional = [
        ("REMOTE_USER", r.user.clone()),
        ("REDIRECT_REMOTE_USER", earlier),
        ("AUTH_TYPE", r.auth_type.clone()),
        ("REDIRECT_URL", r.prev.as_ref().map(|p| p.uri.clone())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            r.env.set(name, value);
        }
    }
}

/// Whether `CGIPassAuth` hands credentials on.
fn passes_auth(r: &Request<'_>) -> bool {
    setting::value(&r.core().cgi_pass_auth, false)
}

/// `http2env`: the variable of a request header, its name in upper case.
fn header_variable(name: &[u8]) -> BString {
    let word = name.iter().map(|b| if b.is_ascii_alphanumeric() { *b } else { b'_' });
    b"HTTP_".iter().copied().chain(word).collect::<Vec<_>>().into()
}

/// What the client's conditions make of a program's answer that names no status (`ap_scan_script_header_err_core_ex`): 304
/// or 412, or nothing.
pub(crate) fn conditions(r: &mut Request<'_>, program: Program) -> Option<u16> {
    if r.method_number != method::GET || !conditions::made(r) {
        return None;
    }
    if program == Program::Unknown {
        let why = "a program may give its answer a tag, a time or a status, which the request's conditions ask for";
        r.caveat("cgi-script", Span::NONE, why);
    }
    let states = State::of_program(r);
    conditions::meet(r, &states)
}
