//! What a proxy in front says of the request, where it is trusted: `wsgi_process_proxy_headers`, as far as it changes
//! SCRIPT_NAME.

use super::InForce;
use crate::server::request::Request;
use bstr::BString;

/// SCRIPT_NAME as a trusted proxy has it; `None` when none says.
pub(super) fn script_name(r: &Request<'_>, settings: &InForce<'_>) -> Option<BString> {
    let headers = settings.levels().find_map(|c| c.trusted_proxy_headers.as_ref())?;
    let proxies = settings.levels().find_map(|c| c.trusted_proxies.as_ref());
    if proxies.is_some_and(|p| !p.iter().any(|n| n.contains(r.useragent_ip))) {
        return None;
    }
    // the last that is there wins
    headers.iter().rev().filter_map(|h| variable(h)).find_map(|(variable, header)| {
        let sent = r.headers_in.get_joined(header);
        sent.or_else(|| r.env.get(variable).map(|v| v.to_owned()))
    })
}

/// The variable and the header of that name, if it is one that brings a script's name.
fn variable(name: &BString) -> Option<(&'static str, &'static str)> {
    let known = [("HTTP_X_SCRIPT_NAME", "X-Script-Name"), ("HTTP_X_FORWARDED_SCRIPT_NAME", "X-Forwarded-Script-Name")];
    known.into_iter().find(|(_, header)| name.eq_ignore_ascii_case(header.as_bytes()))
}
