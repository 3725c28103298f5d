//! `ap_get_remote_host`: the client's name.

use crate::server::request::Request;
use crate::source::Span;

/// The client's name, looked up both ways; none when it has none. What would have to be looked up is a caveat.
pub(crate) fn remote_host(r: &mut Request<'_>, directive: &str, span: Span) -> Option<String> {
    let server = &r.engine.server;
    if !r.engine.is_supposing() {
        r.connection.named.set(true);
    }
    let found = server.hosts.iter().find(|(ip, _)| *ip == r.useragent_ip).map(|(_, n)| n.to_ascii_lowercase());
    if found.is_none() && !server.hosts_complete {
        let ip = r.useragent_ip;
        r.caveat(directive, span, format!("the name of {ip} is not known here: give it with --host-name"));
    }
    found
}
