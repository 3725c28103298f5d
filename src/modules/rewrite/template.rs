//! Texts with variables in them, cut into pieces when they are read: what `do_expand` (mod_rewrite.c) finds in a
//! string each time.

use super::variable::Variable;
use crate::limits;
use bstr::{BStr, BString, ByteSlice};

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Itself.
    Text(BString),
    /// A byte behind a backslash.
    Escaped(u8),
    /// `%{NAME}`
    Variable(Variable),
    /// `${map:key|default}`
    Map {
        /// The map's name.
        name: BString,
        /// The key.
        key: Template,
        /// What stands in for a key that is not there.
        default: Option<Template>,
    },
    /// `$N`: a group of the rule's pattern.
    Rule(usize),
    /// `%N`: a group of the last condition's pattern.
    Cond(usize),
}

/// A text with variables in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    /// As written.
    pub text: BString,
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

impl Template {
    /// Cuts up a text.
    pub(crate) fn new(text: &[u8]) -> Template {
        cut(text, 0)
    }

    /// Its value where it is always the same.
    pub(crate) fn literal(&self) -> Option<&BStr> {
        match self.pieces.as_slice() {
            [] => Some(BStr::new("")),
            [Piece::Text(t)] => Some(t.as_bstr()),
            _ => None,
        }
    }

    /// Whether the value hangs on what a condition's groups caught (`%N`).
    pub(crate) fn reads_condition(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Cond(_) => true,
            Piece::Map { key, default, .. } => {
                key.reads_condition() || default.as_ref().is_some_and(Template::reads_condition)
            }
            Piece::Text(_) | Piece::Escaped(_) | Piece::Rule(_) | Piece::Variable(_) => false,
        })
    }

    /// Whether the value may hang on the environment.
    pub(crate) fn reads_environment(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Text(_) | Piece::Escaped(_) | Piece::Rule(_) | Piece::Cond(_) => false,
            Piece::Variable(variable) => {
                matches!(variable, Variable::Env(_) | Variable::AheadUrl(_) | Variable::AheadFile(_))
            }
            Piece::Map { key, default, .. } => {
                key.reads_environment() || default.as_ref().is_some_and(Template::reads_environment)
            }
        })
    }
}

fn cut(text: &[u8], depth: usize) -> Template {
    let mut pieces = Vec::new();
    let mut plain = BString::default();
    let mut add = |plain: &mut BString, piece: Option<Piece>| {
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(plain)));
        }
        pieces.extend(piece);
    };
    let mut i = 0;
    while let Some(&byte) = text.get(i) {
        let next = text.get(i + 1).copied();
        match (byte, next) {
            (b'\\', Some(escaped)) => {
                add(&mut plain, Some(Piece::Escaped(escaped)));
                i += 2;
            }
            (b'$' | b'%', Some(b'{')) => {
                let found = curly(&text[i + 2..], None).and_then(|end| {
                    let inner = &text[i + 2..i + 2 + end];
                    let piece =
                        if byte == b'%' { Some(Piece::Variable(Variable::new(inner))) } else { map(inner, depth) };
                    piece.map(|p| (p, i + 3 + end))
                });
                match found {
                    Some((piece, after)) => {
                        add(&mut plain, Some(piece));
                        i = after;
                    }
                    None => {
                        plain.extend_from_slice(&text[i..i + 2]);
                        i += 2;
                    }
                }
            }
            (b'$' | b'%', Some(digit)) if digit.is_ascii_digit() => {
                let n = usize::from(digit - b'0');
                add(&mut plain, Some(if byte == b'$' { Piece::Rule(n) } else { Piece::Cond(n) }));
                i += 2;
            }
            _ => {
                plain.push(byte);
                i += 1;
            }
        }
    }
    add(&mut plain, None);
    Template { text: text.into(), pieces }
}

fn map(inner: &[u8], depth: usize) -> Option<Piece> {
    let colon = curly(inner, Some(b':'))?;
    let rest = &inner[colon + 1..];
    let (key, default) = match curly(rest, Some(b'|')) {
        Some(bar) => (&rest[..bar], Some(&rest[bar + 1..])),
        None => (rest, None),
    };
    let within = |text: &[u8]| match depth < limits::MAP_DEPTH {
        true => cut(text, depth + 1),
        false => Template { text: text.into(), pieces: vec![Piece::Text(text.into())] },
    };
    Some(Piece::Map { name: inner[..colon].into(), key: within(key), default: default.map(within) })
}

/// Where the brace closes that was opened before `text`, or else a byte that stands directly within it
/// (`find_closing_curly`, `find_char_in_curlies`).
fn curly(text: &[u8], wanted: Option<u8>) -> Option<usize> {
    let mut depth = 1;
    for (i, &byte) in text.iter().enumerate() {
        match byte {
            b if wanted == Some(b) && depth == 1 => return Some(i),
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return if wanted.is_none() { Some(i) } else { None };
                }
            }
            b'{' => depth += 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_httpd_expands() {
        let text = |t: &str| Piece::Text(t.into());
        let var = |t: &str| Piece::Variable(Variable::new(t.as_bytes()));
        for (source, want) in [
            ("/a$1b%2", vec![text("/a"), Piece::Rule(1), text("b"), Piece::Cond(2)]),
            (r"\$\%{x", vec![Piece::Escaped(b'$'), Piece::Escaped(b'%'), text("{x")]),
            ("%{HTTP_HOST}:80$", vec![var("HTTP_HOST"), text(":80$")]),
            ("${nothing}%{open", vec![text("${nothing}%{open")]),
            (
                "${m:%{a:b}|${n:$1}}",
                vec![Piece::Map {
                    name: "m".into(),
                    key: Template::new(b"%{a:b}"),
                    default: Some(Template::new(b"${n:$1}")),
                }],
            ),
            (r"x\", vec![text(r"x\")]),
        ] {
            assert_eq!(Template::new(source.as_bytes()).pieces, want, "{source}");
        }
        assert_eq!(Template::new(b"abc").literal(), Some("abc".into()));
    }
}
