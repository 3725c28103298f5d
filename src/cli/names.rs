//! The names of a suite's requests.

use crate::suite::RequestSpec;
use std::collections::{HashMap, HashSet};

/// What a request is made with besides its method and URL.
pub(super) fn details(spec: &RequestSpec) -> String {
    let mut said = Vec::new();
    said.extend(spec.client.map(|client| format!("from {client}")));
    said.extend(spec.server.map(|(ip, port)| match port {
        Some(port) => format!("to {}", std::net::SocketAddr::new(ip, port)),
        None => format!("to {ip}"),
    }));
    said.extend(spec.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    said.extend(spec.user.as_ref().map(|user| format!("as {}", user.split(':').next().unwrap_or_default())));
    said.extend(spec.target.as_ref().map(|target| format!("target {target}")));
    said.extend(spec.tls.map(|tls| if tls { "over TLS" } else { "without TLS" }.to_string()));
    said.extend((spec.protocol != "HTTP/1.1").then(|| spec.protocol.clone()));
    said.join(", ")
}

/// Gives each title a name that no other has: with what it is asked with (its details), where several are the same, then
/// with a number.
pub(super) fn apart(titles: &[(String, String)]) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    titles.iter().for_each(|(title, _)| *counts.entry(title).or_default() += 1);
    let mut used: HashSet<String> = HashSet::new();
    let mut name = |(title, details): &(String, String)| {
        let several = counts.get(title.as_str()).is_some_and(|count| *count > 1);
        let plain = if several && !details.is_empty() { format!("{title} ({details})") } else { title.clone() };
        let (mut name, mut number) = (plain.clone(), 1);
        while !used.insert(name.clone()) {
            number += 1;
            name = format!("{plain} ({number})");
        }
        name
    };
    titles.iter().map(&mut name).collect()
}
