//! Requests and answers in a line each.

use crate::outcome::Outcome;
use crate::suite::RequestSpec;

/// A request in a line of a shell.
pub(crate) fn command(spec: &RequestSpec) -> String {
    let mut words = Vec::new();
    if spec.method != "GET" {
        words.push(format!("-X {}", spec.method));
    }
    words.extend(spec.client.map(|ip| format!("--client {ip}")));
    words.extend(spec.server.map(|(ip, port)| match port {
        None => format!("--server {ip}"),
        Some(port) => format!("--server {ip}:{port}"),
    }));
    for (name, value) in &spec.headers {
        words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
    }
    words.extend(spec.user.as_ref().map(|user| format!("-u {}", quoted(user))));
    if spec.protocol != "HTTP/1.1" {
        words.push(format!("--protocol {}", spec.protocol));
    }
    words.push(quoted(spec.target.as_ref().unwrap_or(&spec.url)));
    words.join(" ")
}

/// A word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:@%=,+".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// An answer in one line.
pub(crate) fn answer(outcome: &Outcome) -> String {
    let text = outcome.to_string();
    let at = outcome.url.len() + outcome.method.len() + 3;
    text.get(at..).map_or(text.clone(), str::to_string)
}
