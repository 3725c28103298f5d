//! Reading requests: a request is what it says itself, over the `defaults` around it; a `matrix` makes many of one.

use super::expect;
use super::reader::Reader;
use super::request::RequestSpec;
use super::yaml::{Key, Node, Value};
use crate::limits::YAML_VALUES;
use crate::url::parse_server;

/// The keys of a request, in the order in which they are documented.
pub(crate) const KEYS: [&str; 17] = [
    "url",
    "target",
    "method",
    "client",
    "server",
    "tls",
    "ssl",
    "headers",
    "user",
    "body_length",
    "protocol",
    "expect",
    "name",
    "skip",
    "tags",
    "follow",
    "matrix",
];

/// Those that say what is asked: `matrix` takes lists of them.
pub(crate) const ASKED: &[&str] = KEYS.split_at(11).0;

/// Part of a request: what it says, and which keys say it.
#[derive(Clone, Debug, Default)]
pub(super) struct Partial {
    spec: RequestSpec,
    named: Vec<&'static str>,
}

impl Partial {
    /// This over `below`: header lines, expectations and the like are merged by their names, tags added.
    pub(super) fn over(&self, below: &Partial) -> Partial {
        let mut whole = below.clone();
        for key in &self.named {
            whole.take(self, key);
        }
        (whole.spec.line, whole.spec.column) = (self.spec.line, self.spec.column);
        whole
    }

    fn take(&mut self, from: &Partial, key: &'static str) {
        let (to, from) = (&mut self.spec, &from.spec);
        match key {
            "url" => to.url.clone_from(&from.url),
            "target" => to.target.clone_from(&from.target),
            "method" => to.method.clone_from(&from.method),
            "client" => to.client = from.client,
            "server" => to.server = from.server,
            "tls" => to.tls = from.tls,
            "ssl" => merge(&mut to.ssl, &from.ssl, |a, b| a.0 == b.0),
            "headers" => merge(&mut to.headers, &from.headers, |a, b| a.0.eq_ignore_ascii_case(&b.0)),
            "user" => to.user.clone_from(&from.user),
            "body_length" => to.body_length = from.body_length,
            "protocol" => to.protocol.clone_from(&from.protocol),
            "expect" => merge(&mut to.expect, &from.expect, |a, b| a.key == b.key),
            "name" => to.name.clone_from(&from.name),
            "skip" => to.skip.clone_from(&from.skip),
            "tags" => merge(&mut to.tags, &from.tags, |a, b| a == b),
            "follow" => to.follow = from.follow,
            _ => {}
        }
        if !self.named.contains(&key) {
            self.named.push(key);
        }
    }

    /// Reads `defaults`: the keys of a request but for its URL, its name and a matrix.
    pub(super) fn defaults(reader: &mut Reader, node: &Node) -> Partial {
        let mut partial = Partial::default();
        let known: Vec<&str> = KEYS.into_iter().filter(|key| !["url", "name", "matrix"].contains(key)).collect();
        for (key, node) in reader.map("defaults", node) {
            match known.contains(&key.text.as_str()) {
                true => drop(partial.set(reader, key, node)),
                false => reader.unknown_key(key, "`defaults`", &known),
            }
        }
        partial
    }

    /// Reads a value; `None` where the key is none of these.
    fn set(&mut self, reader: &mut Reader, key: &Key, node: &Node) -> Option<()> {
        let what = *KEYS.iter().find(|known| **known == key.text)?;
        let spec = &mut self.spec;
        self.named.push(what);
        match what {
            "url" => spec.url = reader.text(what, node).unwrap_or_default(),
            "target" => spec.target = reader.text(what, node),
            "method" => spec.method = reader.text(what, node).unwrap_or_default(),
            "client" => spec.client = reader.parsed(what, "an IP address", node, |t| t.parse().ok()),
            "server" => spec.server = reader.parsed(what, "an address, or ADDRESS:PORT", node, parse_server),
            "tls" => spec.tls = reader.truth(what, node),
            "ssl" => {
                for (name, node) in reader.map(what, node) {
                    let short = name.text.strip_prefix("SSL_").unwrap_or(&name.text).to_string();
                    spec.ssl.extend(reader.text(&name.text, node).map(|v| (short, v)));
                }
            }
            "headers" => {
                for (name, node) in reader.map(what, node) {
                    let value = reader.text(&name.text, node);
                    spec.headers.extend(value.map(|v| (name.text.clone(), v)));
                }
            }
            "user" => {
                spec.user = reader.text(what, node).filter(|u| !u.is_empty());
                if spec.user.as_ref().is_some_and(|user| !user.contains(':')) {
                    let help = Some("write `NAME:PASSWORD`".into());
                    reader.error("wrong-value", "`user` has no password", node.at).help = help;
                }
            }
            "body_length" => spec.body_length = reader.parsed(what, "a number of bytes", node, |t| t.parse().ok()),
            "protocol" => spec.protocol = reader.text(what, node).unwrap_or_default(),
            "expect" => spec.expect = expect::read(reader, node),
            "name" => spec.name = reader.text(what, node).filter(|name| !name.is_empty()),
            "skip" => spec.skip = reason(reader, node),
            "tags" => spec.tags = tags(reader, node),
            "follow" => spec.follow = reader.truth(what, node).unwrap_or_default(),
            _ => {}
        }
        Some(())
    }
}

/// Puts `more` into `list`: each in the place of one that is the same.
fn merge<T: Clone>(list: &mut Vec<T>, more: &[T], same: impl Fn(&T, &T) -> bool) {
    for one in more {
        match list.iter_mut().find(|old| same(old, one)) {
            Some(old) => *old = one.clone(),
            None => list.push(one.clone()),
        }
    }
}

/// Why something is skipped: a sentence.
pub(super) fn reason(reader: &mut Reader, node: &Node) -> Option<String> {
    let is_reason = matches!(&node.value, Value::Text(text) if !text.trim().is_empty());
    if !is_reason {
        let help = Some("write `skip: ` and why, in a few words".into());
        reader.error("wrong-value", "`skip` needs a reason", node.at).help = help;
        return None;
    }
    reader.text("skip", node)
}

/// Tags: a list, or one.
pub(super) fn tags(reader: &mut Reader, node: &Node) -> Vec<String> {
    let tags = match node.list() {
        Some(_) => reader.texts("tags", node),
        None => reader.text("tags", node).into_iter().collect(),
    };
    tags.into_iter().filter(|tag| !tag.is_empty()).collect()
}

/// Reads one element of `requests`: one request, or those of its matrix.
pub(super) fn read(reader: &mut Reader, node: &Node, defaults: &Partial, requests: &mut Vec<RequestSpec>) {
    let mut own = Partial::default();
    (own.spec.line, own.spec.column) = (node.at.line, node.at.column);
    let mut matrix: Option<&Node> = None;
    match &node.value {
        Value::Map(pairs) => {
            for (key, node) in pairs {
                if key.text == "matrix" {
                    matrix = Some(node);
                }
                if own.set(reader, key, node).is_none() {
                    reader.unknown_key(key, "a request", &KEYS);
                }
            }
        }
        _ => {
            let Some(text) = reader.text("requests", node) else { return };
            let short = RequestSpec::short(&text);
            if short.url.is_empty() || short.method.contains(' ') {
                let help = "write `METHOD URL`, or a mapping with `url` for a URL with spaces";
                reader.error("wrong-value", "this is no request", node.at).help = Some(help.into());
                return;
            }
            own.named.push("url");
            if text.trim_start().contains(' ') {
                own.named.push("method");
            }
            (own.spec.url, own.spec.method) = (short.url, short.method);
        }
    }
    let own = own.over(defaults);
    let all = match matrix {
        Some(matrix) => combinations(reader, matrix, own),
        None => vec![own],
    };
    if all.iter().any(|one| !one.named.contains(&"url")) {
        reader.error("missing-key", "this request has no `url`", node.at);
        return;
    }
    let follows = |one: &Partial| one.spec.follow;
    if let Some(e) = all.iter().filter(|one| !follows(one)).flat_map(|one| &one.spec.expect).find(|e| is_of_way(&e.key))
    {
        let help = Some("redirects are not followed without it".into());
        reader.error("wrong-value", format!("`{}` goes with `follow: true`", e.key), e.want.at).help = help;
    }
    requests.extend(all.into_iter().map(|one| one.spec));
}

fn is_of_way(key: &str) -> bool {
    expect::OF_FOLLOWED.iter().any(|(name, _)| *name == key)
}

/// The requests of a matrix, each axis within those before it; each says in its name which one it is.
fn combinations(reader: &mut Reader, matrix: &Node, base: Partial) -> Vec<Partial> {
    let mut all = vec![base];
    for (key, node) in reader.map("matrix", matrix) {
        if !ASKED.contains(&key.text.as_str()) {
            reader.unknown_key(key, "`matrix`", ASKED);
            continue;
        }
        let values = match node.list() {
            Some(values) if !values.is_empty() => values,
            _ => return reader.wrong_type(&key.text, "a list with something in it", node).unwrap_or_default(),
        };
        if all.len().saturating_mul(values.len()) > YAML_VALUES {
            let message = format!("the matrix makes more than {YAML_VALUES} requests");
            reader.error("too-large", message, key.at);
            return all;
        }
        let axis: Vec<(Partial, String)> = values
            .iter()
            .map(|value| {
                let mut one = Partial::default();
                let _ = one.set(reader, key, value);
                (one, shown(value))
            })
            .collect();
        let combine = |before: &Partial| -> Vec<Partial> {
            let with = |(one, value): &(Partial, String)| {
                let mut whole = before.clone();
                one.named.iter().for_each(|key| whole.take(one, key));
                if let Some(name) = &mut whole.spec.name {
                    name.push_str(&format!(", {} {value}", key.text));
                }
                whole
            };
            axis.iter().map(with).collect()
        };
        all = all.iter().flat_map(combine).collect();
    }
    all
}

/// A value in a few words.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Map(pairs) if pairs.is_empty() => "none".into(),
        Value::Map(pairs) => {
            let pair = |(key, node): &(Key, Node)| format!("{}: {}", key.text, node.text().unwrap_or_default());
            pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        _ => node.text().unwrap_or_default().to_string(),
    }
}
