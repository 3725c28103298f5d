//! Variables of a scenario file: `{{name}}` in its requests is what `variables` says.

use super::reader::Reader;
use super::yaml::{At, Key, Node, Value};
use crate::suggest::closest;
use std::borrow::Cow;

/// Names and what stands for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    /// Reads them, over those that are there.
    pub(super) fn read(&mut self, reader: &mut Reader, node: &Node) {
        for (key, node) in reader.map("variables", node) {
            let Some(value) = reader.text(&key.text, node) else { continue };
            match self.0.iter_mut().find(|(name, _)| *name == key.text) {
                Some(known) => known.1 = value,
                None => self.0.push((key.text.clone(), value)),
            }
        }
    }

    /// A node with its variables filled in. Where there are none, braces around a name are a mistake, and any others are
    /// braces.
    pub(super) fn filled<'n>(&self, reader: &mut Reader, node: &'n Node) -> Cow<'n, Node> {
        match self.0.is_empty() && !names_one(node) {
            true => Cow::Borrowed(node),
            false => Cow::Owned(self.node(reader, node)),
        }
    }

    fn node(&self, reader: &mut Reader, node: &Node) -> Node {
        let value = match &node.value {
            Value::Text(text) if text.contains("{{") => Value::Text(self.text(reader, text, node.at)),
            Value::List(nodes) => Value::List(nodes.iter().map(|n| self.node(reader, n)).collect()),
            Value::Map(pairs) => {
                let pair = |(key, n): &(Key, Node)| {
                    let text = self.text(reader, &key.text, key.at);
                    (Key { text, at: key.at }, self.node(reader, n))
                };
                Value::Map(pairs.iter().map(pair).collect())
            }
            other => other.clone(),
        };
        Node { value, at: node.at }
    }

    fn text(&self, reader: &mut Reader, text: &str, at: At) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((name, after)) = behind.split_once("}}") else { break };
            out.push_str(before);
            match self.0.iter().find(|(known, _)| known == name.trim()) {
                Some((_, value)) => out.push_str(value),
                None => {
                    let names = self.0.iter().map(|(name, _)| name.as_str());
                    let help = match closest(name.trim(), names.clone()) {
                        _ if self.0.is_empty() => {
                            "`variables: {NAME: VALUE}` says what names in double braces are".into()
                        }
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
                    };
                    let message = format!("no variable `{}`", name.trim());
                    reader.error("unknown-variable", message, at).help = Some(help);
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// Whether a text of a node has a name in double braces.
fn names_one(node: &Node) -> bool {
    let named = |text: &str| {
        let mut behind = text.split("{{").skip(1).filter_map(|behind| behind.split_once("}}"));
        behind.any(|(name, _)| {
            let name = name.trim();
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        })
    };
    match &node.value {
        Value::Text(text) => named(text),
        Value::List(nodes) => nodes.iter().any(names_one),
        Value::Map(pairs) => pairs.iter().any(|(key, node)| named(&key.text) || names_one(node)),
        _ => false,
    }
}
