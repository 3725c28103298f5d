//! From YAML nodes to plain values, with a diagnostic for each that is not what it should be.

use super::yaml::{At, Key, Node, Value};
use crate::diagnostic::{Diagnostic, Findings};
use crate::suggest::closest;
use serde_json::Value as Json;

/// Collects what is wrong; reading goes on.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// What was wrong so far.
    pub problems: Findings,
}

impl Reader {
    /// Notes an error.
    pub(super) fn error(&mut self, code: &'static str, message: impl Into<String>, at: At) -> &mut Diagnostic {
        self.problems.push(Diagnostic::error(code, message, at.span))
    }

    /// Notes that `node` is not `wanted`.
    pub(super) fn wrong_type<T>(&mut self, what: &str, wanted: &str, node: &Node) -> Option<T> {
        self.wrong_kind(&format!("`{what}`"), wanted, node)
    }

    /// The same of what has no key.
    pub(super) fn wrong_kind<T>(&mut self, what: &str, wanted: &str, node: &Node) -> Option<T> {
        self.error("wrong-type", format!("{what} must be {wanted}, not {}", node.kind()), node.at);
        None
    }

    /// Notes a key that means nothing here.
    pub(super) fn unknown_key(&mut self, key: &Key, of: &str, known: &[&str]) {
        // nobody sees it where there are many
        let near = (!self.problems.is_full()).then(|| closest(&key.text, known.iter().copied())).flatten();
        let help = match near {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known keys: {}", known.join(", ")),
        };
        self.error("unknown-key", format!("unknown key `{}` in {of}", key.text), key.at).help = Some(help);
    }

    /// The pairs of a mapping; nothing is an empty one.
    pub(super) fn map<'n>(&mut self, what: &str, node: &'n Node) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(pairs) => pairs,
            Value::Null => &[],
            _ => self.wrong_type(what, "a mapping", node).unwrap_or(&[]),
        }
    }

    /// The elements of a list; nothing is an empty one.
    pub(super) fn list<'n>(&mut self, what: &str, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::List(nodes) => nodes,
            Value::Null => &[],
            _ => self.wrong_type(what, "a list", node).unwrap_or(&[]),
        }
    }

    /// A scalar's text.
    pub(super) fn text(&mut self, what: &str, node: &Node) -> Option<String> {
        match node.text() {
            Some(text) => Some(text.into()),
            None => self.wrong_type(what, "a text", node),
        }
    }

    /// The texts of a list.
    pub(super) fn texts(&mut self, what: &str, node: &Node) -> Vec<String> {
        self.list(what, node).iter().filter_map(|n| self.text(what, n)).collect()
    }

    /// A truth value; YAML 1.1's words for it too.
    pub(super) fn truth(&mut self, what: &str, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Plain(_, Json::Bool(value)) => Some(*value),
            Value::Text(text) if matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "true") => Some(true),
            Value::Text(text) if matches!(text.to_ascii_lowercase().as_str(), "no" | "off" | "false") => Some(false),
            _ => self.wrong_type(what, "true or false", node),
        }
    }

    /// A text that `parse` understands; `wanted` says what it must be.
    pub(super) fn parsed<T>(
        &mut self,
        what: &str,
        wanted: &str,
        node: &Node,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(text) = node.text() else { return self.wrong_type(what, wanted, node) };
        let value = parse(text);
        if value.is_none() {
            self.error("wrong-value", format!("`{what}` must be {wanted}, not `{text}`"), node.at);
        }
        value
    }
}
