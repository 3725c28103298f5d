//! What a script is told of its request: `ap_add_cgi_vars` (server/util_script.c).

use super::request::Request;
use super::subrequest::find_path_info;
use bstr::BString;

/// SCRIPT_NAME: the path, without what is path_info.
pub fn script_name(r: &Request<'_>) -> BString {
    match &r.path_info {
        Some(p) if !p.is_empty() && r.protocol != "INCLUDED" => r.uri[..find_path_info(&r.uri, p)].into(),
        _ => r.uri.clone(),
    }
}

/// Makes a script's environment, as far as later directives can see it.
pub fn add_cgi_vars(r: &mut Request<'_>) {
    let name = script_name(r);
    let method = r.method.clone();
    let args = r.args.clone().unwrap_or_default();
    r.env.set("REQUEST_METHOD", method);
    r.env.set("QUERY_STRING", args);
    r.env.set("SCRIPT_NAME", name.clone());
    if let Some(path_info) = r.path_info.clone().filter(|p| !p.is_empty()) {
        r.env.set("PATH_INFO", path_info);
    }
    r.script_name = Some(name);
}
