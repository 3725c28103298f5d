//! What httpd tells a script of a request (server/util_script.c).

use super::conditions::{self, State};
use super::engine::Program;
use super::request::Request;
use super::subrequest::{find_path_info, lookup_uri};
use super::table::Table;
use super::{environ, method, response, setting, uri};
use crate::source::Span;
use crate::text::Text;
use bstr::{BString, ByteSlice};

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
/// PATH_TRANSLATED is left out unless somebody reads it: it costs a subrequest. See [`path_translated`].
pub(crate) fn add_cgi_vars(r: &mut Request<'_>) {
    let name = script_name(r);
    let uri = match &r.core().current_uri {
        Some(set) if set.value => {
            r.environ.lines.push(("REQUEST_URI".into(), set.span));
            r.uri.clone()
        }
        _ => original_uri(r),
    };
    r.env.set("GATEWAY_INTERFACE", "CGI/1.1");
    r.env.set("SERVER_PROTOCOL", r.protocol.clone());
    r.env.set("REQUEST_METHOD", r.method.clone());
    r.env.set("QUERY_STRING", r.args.clone().unwrap_or_default());
    r.env.set("REQUEST_URI", uri);
    r.env.set("SCRIPT_NAME", name.clone());
    if let Some(path_info) = r.path_info.clone().filter(|p| !p.is_empty()) {
        r.env.set("PATH_INFO", path_info);
    }
    r.script_name = Some(name);
}

/// The target of the request line: `original_uri`.
fn original_uri(r: &Request<'_>) -> BString {
    r.the_request.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).nth(1).unwrap_or_default().into()
}

/// PATH_TRANSLATED as `ap_add_cgi_vars` finds it, by a subrequest: the file that path_info would be, were it a path of its
/// own. The subrequest's refusals stand in the error log (AH01630, AH00125).
pub(crate) fn path_translated(r: &mut Request<'_>) -> Option<BString> {
    let path_info = r.path_info.clone().filter(|p| !p.is_empty())?;
    let sub = lookup_uri(r, &uri::escape_path(&path_info, true));
    r.log.extend(sub.log);
    Some([sub.filename?.as_slice(), sub.path_info.unwrap_or_default().as_slice()].concat().into())
}

/// All variables of a script, where somebody reads them: the program's environment is told, or response headers have
/// variables in them. Else only those by which an ErrorDocument may be told apart.
pub(crate) fn add_vars(r: &mut Request<'_>) {
    if !environ::is_read(r) {
        return add_cgi_vars(r);
    }
    add_common_vars(r);
    add_cgi_vars(r);
    let engine = r.engine;
    if let Some(path) = engine.quietly(|| r.for_trace(path_translated)) {
        r.env.set("PATH_TRANSLATED", path);
    }
}

/// `ap_add_common_vars`, but for what only the machine knows: what the environment says of the server and the client, and
/// the request's headers.
pub(crate) fn add_common_vars(r: &mut Request<'_>) {
    let mut vars = Table::default();
    for (name, value) in r.headers_in.iter() {
        let upper = name.to_ascii_uppercase();
        let variable = match upper.as_slice() {
            b"CONTENT-TYPE" => Some("CONTENT_TYPE".into()),
            b"CONTENT-LENGTH" => Some("CONTENT_LENGTH".into()),
            b"PROXY" => None,
            b"AUTHORIZATION" | b"PROXY-AUTHORIZATION" if !passes_auth(r) => None,
            _ => has_variable(name).then(|| header_variable(name)),
        };
        if let Some(variable) = variable {
            vars.add(variable, value);
        }
    }
    let mut add =
        |name: &'static str, value: Option<BString>| value.into_iter().for_each(|value| vars.add(name, value));
    add("SERVER_NAME", Some(escape_html(r.server_name_for_url())));
    add("SERVER_ADDR", Some(r.connection.local.to_string().into()));
    add("SERVER_PORT", Some(r.server_port().to_string().into()));
    add("REMOTE_HOST", remote_host(r));
    add("REMOTE_ADDR", Some(r.useragent_ip.to_string().into()));
    add("DOCUMENT_ROOT", Some(r.document_root()));
    add("REQUEST_SCHEME", Some(r.scheme().into()));
    add("CONTEXT_PREFIX", Some(r.context_prefix.clone().unwrap_or_default().into_owned()));
    add("CONTEXT_DOCUMENT_ROOT", Some(r.context_root.clone().map_or_else(|| r.document_root(), Text::into_owned)));
    add("SCRIPT_FILENAME", Some(script_filename(r)));
    add("REMOTE_USER", r.user.clone());
    let earlier = std::iter::successors(r.prev.as_deref(), |p| p.prev.as_deref());
    add("REDIRECT_REMOTE_USER", earlier.filter(|_| r.user.is_none()).find_map(|p| p.user.clone()));
    add("AUTH_TYPE", r.auth_type.clone());
    add("REDIRECT_URL", redirect_url(r));
    add("REDIRECT_QUERY_STRING", r.prev.as_ref().and_then(|p| p.args.clone()));
    if let Some(set) = r.core().cgi_pass_auth.as_ref().filter(|set| set.value) {
        r.environ.lines.push(("HTTP_AUTHORIZATION".into(), set.span));
    }
    // an environment in which there is nothing yet is filled as it is, names that repeat included
    match r.env.is_empty() {
        true => r.env = vars,
        false => r.env.overlap(vars),
    }
}

/// SCRIPT_FILENAME: the file, without a query that `ProxyPass ... noquery` takes away.
fn script_filename(r: &Request<'_>) -> BString {
    let mut file = r.filename.clone().unwrap_or_default();
    if r.notes.get("proxy-noquery").is_some() {
        let end = file.find_byte(b'?').unwrap_or(file.len());
        file.truncate(end);
    }
    file
}

/// REMOTE_HOST, where HostnameLookups or a line on access has the client's name looked up. Whether one has a name that isn't known here can't be
/// known.
fn remote_host(r: &Request<'_>) -> Option<BString> {
    if !r.connection.named.get() {
        r.core().hostname_lookups.as_ref().filter(|set| set.value)?;
    }
    let hosts = &r.engine.server.hosts;
    let found = hosts.iter().find(|(ip, _)| *ip == r.useragent_ip).map(|(_, name)| name.to_ascii_lowercase().into());
    if found.is_none() && !r.engine.server.hosts_complete {
        return Some(response::UNKNOWN.into());
    }
    found
}

/// REDIRECT_URL: the path before the last internal redirect, a whole URL by QualifyRedirectURL.
fn redirect_url(r: &Request<'_>) -> Option<BString> {
    let earlier = r.prev.as_ref()?;
    // C's text ends at a NUL
    let path = earlier.uri.split(|b| *b == 0).next().unwrap_or_default();
    if !setting::value(&r.core().qualify_redirect_url, false) {
        return Some(path.into());
    }
    let mut url = r.construct_url(path);
    if let Some(at) = earlier.target.find_byte(b'?') {
        url.extend_from_slice(&earlier.target[at..]);
    }
    Some(url)
}

/// `ap_escape_html`
pub(crate) fn escape_html(text: BString) -> BString {
    match text.find_byteset(b"<>&\"") {
        None => text,
        Some(_) => {
            let escapes = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
            escapes.iter().fold(text, |text, (from, to)| text.replace(from, to).into())
        }
    }
}

/// Whether `CGIPassAuth` hands credentials on.
fn passes_auth(r: &Request<'_>) -> bool {
    setting::value(&r.core().cgi_pass_auth, false)
}

/// Whether a header of that name has a variable: it is of letters, digits and hyphens.
pub(crate) fn has_variable(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// `http2env`: the variable of a header.
pub(crate) fn header_variable(name: &[u8]) -> BString {
    [b"HTTP_", name.to_ascii_uppercase().replace("-", "_").as_slice()].concat().into()
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
