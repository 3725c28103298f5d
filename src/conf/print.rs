//! A tree as configuration text.

use super::Node;
use super::args::is_space;
use bstr::{BString, ByteSlice};

/// The text of `nodes`, indented by section. Reading it gives the same nodes again, if no name in a `${}` that they
/// still hold is defined then, and no value put in for one held line ends or began or ended in white space.
pub(crate) fn print(nodes: &[Node]) -> BString {
    let mut out = BString::default();
    for node in nodes {
        write(node, 0, &mut out);
    }
    out
}

fn write(node: &Node, depth: usize, out: &mut BString) {
    indent(depth, out);
    out.extend_from_slice(&opening(node));
    // a backslash at a line's very end would continue it
    if out.ends_with(b"\\") {
        out.push(b' ');
    }
    out.push(b'\n');
    for child in &node.children {
        write(child, depth + 1, out);
    }
    if node.section {
        indent(depth, out);
        let mut closing = BString::from("</");
        closing.extend_from_slice(&node.name);
        closing.push(b'>');
        out.extend_from_slice(&as_word(closing));
        out.push(b'\n');
    }
}

/// The line that gives the node its name and arguments.
fn opening(node: &Node) -> BString {
    let mut name = node.key();
    // a `>` at the end of the first word is dropped when read, but for a word whose second letter is a slash
    let trimmed = name.get(1) != Some(&b'/');
    if trimmed && (name.is_empty() || name.ends_with(b">") || node.section && node.args == ">") {
        name.push(b'>');
    }
    let mut line = as_word(name);
    let tag_only = node.section && node.args == ">";
    if !tag_only && !node.args.is_empty() {
        line.push(b' ');
        line.extend_from_slice(&node.args);
    }
    line
}

/// A word that reads as `text`.
fn as_word(text: BString) -> BString {
    let plain = |b: &u8| !is_space(*b) && !matches!(b, b'"' | b'\'' | b'\\');
    if !text.is_empty() && text.iter().all(plain) && !text.starts_with(b"#") {
        return text;
    }
    let mut out = BString::from("\"");
    for &byte in text.as_bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
    out
}

fn indent(depth: usize, out: &mut BString) {
    out.extend(std::iter::repeat_n(b' ', depth.min(16) * 4));
}
