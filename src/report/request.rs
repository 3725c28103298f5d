//! A request, as programs read it.

use crate::suite::RequestSpec;
use serde_json::{Map, Value};

/// A request as a scenario writes it: what is as usual is left out.
pub(crate) fn request(spec: &RequestSpec) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<Value>| value.map(|value| map.insert(key.into(), value));
    put("url", Some(spec.url.as_str().into()));
    put("target", spec.target.as_deref().map(Value::from));
    put("method", Some(spec.method.as_str().into()).filter(|m: &Value| *m != "GET"));
    put("client", spec.client.map(|client| client.to_string().into()));
    let server = |(ip, port): (std::net::IpAddr, Option<u16>)| match port {
        Some(port) => std::net::SocketAddr::new(ip, port).to_string(),
        None => ip.to_string(),
    };
    put("server", spec.server.map(|at| server(at).into()));
    put("tls", spec.tls.filter(|tls| *tls != spec.url_parts().https).map(Value::from));
    let headers: Map<String, Value> = spec.headers.iter().map(|(n, v)| (n.clone(), v.as_str().into())).collect();
    put("headers", Some(Value::from(headers)).filter(|h| h.as_object().is_some_and(|h| !h.is_empty())));
    put("user", spec.user.as_deref().map(Value::from));
    put("protocol", Some(spec.protocol.as_str().into()).filter(|p: &Value| *p != "HTTP/1.1"));
    map.into()
}
