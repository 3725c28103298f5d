//! What httpd tells a script of a request (server/util_script.c).

use super::request::Request;
use super::subrequest::{find_path_info, lookup_uri};
use super::uri;
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
/// PATH_TRANSLATED is left out: nothing here reads it, and it costs a subrequest. See [`log_path_translated`].
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

/// The subrequest by which `ap_add_cgi_vars` finds PATH_TRANSLATED: the file that path_info would be, were it a path of its
/// own. It changes no answer, but its refusals stand in the error log (AH01630, AH00125).
pub(crate) fn log_path_translated(r: &mut Request<'_>) {
    let path_info = r.path_info.clone().unwrap_or_default();
    if !path_info.is_empty() {
        let sub = lookup_uri(r, &uri::escape_path(&path_info, true));
        r.log.extend(sub.log);
    }
}
