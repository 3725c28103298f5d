//! Where an application runs: `%{GLOBAL}` and kin in the names of groups.

use crate::server::request::Request;
use crate::server::subrequest::find_path_info;
use crate::server::uri;
use bstr::{BStr, BString, ByteSlice};

/// `%{ENV:a}` may hold `%{RESOURCE}` or its like, but no second variable: that stays as it is.
const ENV: &[u8] = b"%{ENV:";

/// `wsgi_process_group`: the name of the daemon process group; empty for httpd's own children.
pub(super) fn process_group(r: &Request<'_>, setting: Option<&BString>) -> BString {
    setting.map_or_else(BString::default, |s| expand(r, s))
}

/// `wsgi_application_group`: the name of the interpreter within the process; empty for the first.
pub(super) fn application_group(r: &Request<'_>, setting: Option<&BString>) -> BString {
    setting.map_or_else(|| resource(r), |s| expand(r, s))
}

/// `wsgi_callable_object`: the name of the application within the script.
pub(super) fn callable_object(r: &Request<'_>, setting: Option<&BString>) -> BString {
    match setting {
        Some(s) if s.first() != Some(&b'%') => s.clone(),
        Some(s) => variable(r, s).unwrap_or_else(|| "application".into()),
        None => "application".into(),
    }
}

fn expand(r: &Request<'_>, s: &BString) -> BString {
    match s.as_slice() {
        b"%{GLOBAL}" => BString::default(),
        b"%{RESOURCE}" => resource(r),
        b"%{SERVER}" => with_port(r, r.server.hostname.as_bstr()),
        b"%{HOST}" => {
            let asked = r.hostname.as_ref().filter(|h| !h.is_empty());
            with_port(r, asked.unwrap_or(&r.server.hostname).as_bstr())
        }
        _ => match variable(r, s) {
            Some(value) if value.starts_with(b"%") && !value.starts_with(ENV) => expand(r, &value),
            Some(value) => value,
            None => s.clone(),
        },
    }
}

/// The value of `%{ENV:name}`: a note, a variable of the request, or one of httpd's own environment.
fn variable(r: &Request<'_>, s: &BString) -> Option<BString> {
    let name = s.strip_prefix(ENV)?.strip_suffix(b"}")?;
    let found = r.notes.get(name).or_else(|| r.env.get(name)).map(BStr::to_owned);
    found.or_else(|| r.engine.server.env.get(name.as_bstr()).cloned())
}

fn with_port(r: &Request<'_>, host: &BStr) -> BString {
    match r.server_port() {
        80 | 443 => host.to_owned(),
        port => format!("{host}:{port}").into(),
    }
}

fn resource(r: &Request<'_>) -> BString {
    let mut name = with_port(r, r.server.hostname.as_bstr());
    name.push(b'|');
    name.extend_from_slice(&script_name(r));
    name
}

/// `wsgi_script_name`: the script's URL without path_info, in lower case.
fn script_name(r: &Request<'_>) -> BString {
    let path_info = r.path_info_str();
    let end = if path_info.is_empty() { r.uri.len() } else { find_path_info(&r.uri, path_info) };
    let mut name = uri::single_slashes(&r.uri[..end]);
    name.make_ascii_lowercase();
    name
}
