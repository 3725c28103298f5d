//! The environment of an application: `wsgi_build_environment`.

use super::InForce;
use super::proxies;
use crate::server::request::Request;
use crate::server::{environ, filters, method, script, uri};
use crate::source::Span;
use bstr::BString;

/// Whether the application gets the credentials (WSGIPassAuthorization), and the line that says so.
pub(super) type Passes = (bool, Option<Span>);

/// Sets the variables, where anyone reads them, and SCRIPT_NAME for the outcome.
pub(super) fn build(r: &mut Request<'_>, settings: &InForce<'_>, passes: Passes) {
    // no answer hangs on the path, but the error log may
    let translated = script::path_translated(r);
    let trusted = settings.levels().find_map(|c| c.trusted_proxy_headers.clone());
    if trusted.is_none() && !environ::is_read(r) {
        r.script_name = Some(without_doubled_slashes(&script::script_name(r)));
        return;
    }
    drop_invalid_headers(r);
    script::add_cgi_vars(r);
    if let Some(path) = translated {
        r.env.set("PATH_TRANSLATED", path);
    }
    script::add_common_vars(r);
    if r.method_number == method::GET && maps_to_get(r, settings) {
        r.env.set("REQUEST_METHOD", "GET");
    }
    if let (true, span) = passes
        && let Some(sent) = r.headers_in.get("Authorization").map(|v| v.to_owned())
    {
        r.env.set("HTTP_AUTHORIZATION", sent);
        r.environ.lines.extend(span.map(|span| ("HTTP_AUTHORIZATION".into(), span)));
    }
    for name in ["SCRIPT_NAME", "PATH_INFO"] {
        let path = r.env.get(name).map(|v| without_doubled_slashes(v)).unwrap_or_default();
        r.env.set(name, path);
    }
    if let Some(headers) = trusted {
        let proxies = settings.levels().find_map(|c| c.trusted_proxies.clone());
        proxies::process(r, &headers, proxies.as_ref().map(|p| p.as_slice()));
    }
    if r.connection.tls {
        r.env.set("HTTPS", "1");
    }
    r.script_name = r.env.get("SCRIPT_NAME").map(|name| name.to_owned());
}

/// `ap_no2slash`, of what begins with a slash.
fn without_doubled_slashes(path: &[u8]) -> BString {
    if path.first() == Some(&b'/') { uri::single_slashes(path) } else { path.into() }
}

/// `wsgi_drop_invalid_headers`
fn drop_invalid_headers(r: &mut Request<'_>) {
    let invalid: Vec<BString> =
        r.headers_in.iter().filter(|(name, _)| !script::has_variable(name)).map(|(name, _)| name.to_owned()).collect();
    for name in invalid {
        r.headers_in.unset(name);
    }
}

/// WSGIMapHEADToGET: by default for a HEAD request whose response goes through a filter that may look at all of it.
fn maps_to_get(r: &Request<'_>, settings: &InForce<'_>) -> bool {
    match settings.value(|c| &c.map_head_to_get).and_then(|s| s.value) {
        Some(on) => on,
        None => r.header_only && ((r.functions().headers.any)(r) || !filters::of_body(r).is_empty()),
    }
}
