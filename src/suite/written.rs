//! Requests and expectations as scenarios write them.

use super::RequestSpec;
use serde_json::{Map, Value};
use std::net::{IpAddr, SocketAddr};

impl RequestSpec {
    /// Its keys but for what is expected, what can be left out left out.
    pub(crate) fn written(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |key: &str, value: Option<Value>| map.extend(value.map(|value| (key.to_string(), value)));
        let text = |text: &String| Value::from(text.as_str());
        let names = |pairs: &[(String, String)]| {
            let pair = |(name, value): &(String, String)| (name.clone(), Value::from(value.as_str()));
            (!pairs.is_empty()).then(|| Value::Object(pairs.iter().map(pair).collect()))
        };
        put("url", Some(text(&self.url)));
        put("target", self.target.as_ref().map(text));
        put("method", (self.method != "GET").then(|| text(&self.method)));
        put("client", self.client.map(|ip| ip.to_string().into()));
        put("server", self.server.map(|at| server(at).into()));
        put("tls", self.tls.filter(|tls| *tls != self.url_parts().https).map(Value::from));
        put("ssl", names(&self.ssl));
        put("headers", names(&self.headers));
        put("user", self.user.as_ref().map(text));
        put("body_length", self.body_length.map(Value::from));
        put("protocol", (self.protocol != "HTTP/1.1").then(|| text(&self.protocol)));
        map
    }
}

/// What of an outcome is worth an expectation.
pub(crate) fn worth(outcome: &Value) -> Map<String, Value> {
    let mut worth = Map::new();
    let mut put = |key: &str| drop(worth.insert(key.into(), outcome[key].clone()));
    put("status");
    let status = outcome["status"].as_u64().unwrap_or(0);
    for key in ["connection", "location", "log", "user"] {
        if !outcome[key].is_null() {
            put(key);
        }
    }
    if (200..300).contains(&status) {
        put("handler");
        put("file");
    }
    worth
}

fn server(at: (IpAddr, Option<u16>)) -> String {
    match at {
        (ip, Some(port)) => SocketAddr::new(ip, port).to_string(),
        (ip, None) => ip.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn what_is_written_is_read_again() {
        let spec = RequestSpec {
            url: "http://a.example/b?c".into(),
            target: Some("*".into()),
            method: "OPTIONS".into(),
            client: "10.0.0.1".parse().ok(),
            server: Some(("::1".parse().expect("it is one"), Some(81))),
            tls: Some(true),
            headers: vec![("X".into(), "1: y".into())],
            user: Some("a:b".into()),
            body_length: Some(3),
            protocol: "HTTP/1.0".into(),
            ..RequestSpec::default()
        };
        let text = format!("name: x\nconfig: ''\nrequests: [{}]\n", Value::Object(spec.written()));
        let read =
            Scenario::parse("x.yaml".as_ref(), &text, &SourceMap::default()).expect("it is one").requests.remove(0);
        assert_eq!(RequestSpec { line: 0, column: 0, ..read }, spec);
        assert_eq!(Value::Object(RequestSpec::short("/a").written()), serde_json::json!({"url": "/a"}));
    }
}
