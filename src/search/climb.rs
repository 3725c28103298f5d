//! What is left of a directory where a pattern's groups are put behind it: a group that begins or ends within a segment of
//! the URL may be `..` there. The URL has no dot segment, and the file's path gets one, which `ap_directory_walk`
//! (`server/request.c`) follows.

use super::solve::{Solved, Solver, Want};
use crate::outcome::observer::PatternKind;
use crate::pattern;
use bstr::ByteSlice;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// What a path may be once httpd has read a URL: no dot segments, slashes doubled or not. A rule may have taken the first
/// slash away.
const READ: &str = r"^(?:(?:[^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+)?/)*(?:[^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+)?$";
/// What a group is to be: `..` and more, `..` behind something, and a dot that stands alone at one of its ends.
const FIRST: &str = r"\.\.(?:/[^\x00]*)?";
const LAST: &str = r"[^\x00]*/\.\.";
const LONE: &str = r"(?:[^\x00]*/)?\.|\.(?:/[^\x00]*)?";

/// A piece of what a rule makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Vec<u8>),
    Group(usize),
    /// What follows the match, which mod_wsgi puts behind.
    Rest,
    /// What something else fills in.
    Open,
}

/// The pieces of a rule's output; `goes_on` says whether what follows the match is put behind it.
pub(super) fn pieces(output: &[u8], goes_on: bool) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut rest = output;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.first()) {
            (b'$', Some(digit)) if digit.is_ascii_digit() => {
                found.push(Piece::Group(usize::from(digit - b'0')));
                rest = &after[1..];
            }
            (b'$', Some(b'{')) | (b'%', Some(b'{')) => {
                found.push(Piece::Open);
                rest = after.find_byte(b'}').map_or(&b""[..], |end| &after[end + 1..]);
            }
            (b'%' | b'\\', Some(_)) => {
                found.push(Piece::Open);
                rest = &after[1..];
            }
            _ => match found.last_mut() {
                Some(Piece::Text(text)) => text.push(*first),
                _ => found.push(Piece::Text(vec![*first])),
            },
        }
    }
    found.extend(goes_on.then_some(Piece::Rest));
    found
}

/// A pattern, as it is looked into.
pub(super) struct Looked {
    kind: PatternKind,
    pattern: Vec<u8>,
    hir: Hir,
}

impl Looked {
    /// None where it is no regular language.
    pub(super) fn new(pattern: &[u8], icase: bool) -> Option<Looked> {
        let kind = PatternKind::Regex { icase };
        let text = pattern::regular(kind, pattern)?;
        let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(&text).ok()?;
        Some(Looked { kind, pattern: pattern.to_vec(), hir })
    }

    /// How many dot segments the pieces may come to at most; none where that can't be told.
    pub(super) fn climbs(&self, solver: &Solver, pieces: &[Piece]) -> Option<usize> {
        let mut most = 0;
        for (n, piece) in pieces.iter().enumerate() {
            let (before, after) = (n.checked_sub(1).and_then(|n| pieces.get(n)), pieces.get(n + 1));
            match piece {
                Piece::Text(text) => {
                    if text.split_str("/").any(|segment| segment == b"." || segment == b"..") {
                        return None;
                    }
                }
                Piece::Open => return None,
                Piece::Group(_) | Piece::Rest => {
                    most += usize::from(opens(before) && self.may(solver, piece, FIRST));
                    most += usize::from(closes(after) && self.may(solver, piece, LAST));
                }
            }
        }
        // two of them may share a segment, and have a dot of it each
        let shared = |all: &[Piece]| all.iter().filter(|piece| self.may(solver, piece, LONE)).count() > 1;
        let mut together = pieces.split(|piece| matches!(piece, Piece::Text(_))).filter(|all| all.len() > 1);
        (!together.any(shared)).then_some(most)
    }

    /// The groups that may climb.
    pub(super) fn climbing(&self, solver: &Solver, pieces: &[Piece]) -> Vec<usize> {
        let own = pieces.iter().enumerate().filter(|(n, piece)| {
            let before = n.checked_sub(1).and_then(|n| pieces.get(n));
            let filled = matches!(piece, Piece::Group(_) | Piece::Rest);
            filled && opens(before) && (self.may(solver, piece, FIRST) || self.may(solver, piece, LAST))
        });
        own.map(|(n, _)| n).collect()
    }

    /// Whether what a piece is filled with may be so. What is not known may be.
    fn may(&self, solver: &Solver, piece: &Piece, how: &str) -> bool {
        let around = match piece {
            Piece::Group(0) => {
                let looks = self.hir.properties();
                let before = if looks.look_set_prefix().contains(Look::Start) { "" } else { ".*" };
                let after = if looks.look_set_suffix().contains(Look::End) { "" } else { ".*" };
                let (before, after) = (before.into(), after.into());
                Some(Around { own: ".*".into(), before, after, behind_slash: false, ends: false })
            }
            Piece::Group(number) => {
                around(&self.hir, *number as u32, true).map(|own| Around { before: format!(".*{}", own.before), ..own })
            }
            Piece::Rest => {
                let own = stops_at(&self.hir).unwrap_or_else(|| ".*".into());
                let before = format!(".*(?:{})", self.hir);
                Some(Around { own, before, after: String::new(), behind_slash: false, ends: true })
            }
            Piece::Text(_) | Piece::Open => None,
        };
        // a group that the pattern doesn't have is empty
        let Some(Around { own, before, after, behind_slash, ends }) = around else { return false };
        // these would be dot segments of the URL
        if ends && (how == LAST || how == FIRST && behind_slash) {
            return false;
        }
        let regex = PatternKind::Regex { icase: false };
        let as_wanted = [Want::yes(regex, format!("^(?:{how})$"))];
        let read = [Want::yes(self.kind, self.pattern.as_slice()), Want::yes(regex, READ)];
        solver.text(&format!("(?s-u)^(?:{own})$"), &as_wanted) != Solved::Empty
            && solver.text(&format!("(?s-u)^{before}(?:{how}){after}$"), &read) != Solved::Empty
    }
}

/// Whether a segment begins behind a piece.
pub(super) fn opens(before: Option<&Piece>) -> bool {
    before.is_none_or(|piece| !matches!(piece, Piece::Text(text) if !text.ends_with(b"/")))
}

/// Whether a segment ends before a piece.
fn closes(after: Option<&Piece>) -> bool {
    after.is_none_or(|piece| !matches!(piece, Piece::Text(text) if !text.starts_with(b"/")))
}

/// What a group may be, and what stands around it.
struct Around {
    own: String,
    before: String,
    after: String,
    /// Whether a slash stands right before it, and whether the text ends with it.
    behind_slash: bool,
    ends: bool,
}

/// `last` says whether nothing follows this part of the pattern.
fn around(hir: &Hir, group: u32, last: bool) -> Option<Around> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.index == group => {
            let rest = stops_at(&capture.sub).filter(|_| last).unwrap_or_else(|| ".*".into());
            Some(Around {
                own: capture.sub.to_string(),
                before: String::new(),
                ends: last && rest.is_empty(),
                after: if last { rest } else { String::new() },
                behind_slash: false,
            })
        }
        HirKind::Capture(capture) => around(&capture.sub, group, last),
        HirKind::Alternation(parts) => parts.iter().find_map(|part| around(part, group, last)),
        HirKind::Repetition(repetition) => {
            let once = repetition.max == Some(1);
            let own = around(&repetition.sub, group, last && once && repetition.greedy)?;
            let more = if once { String::new() } else { format!("(?:{})*", repetition.sub) };
            let (before, after) = (format!("{more}{}", own.before), format!("{}{more}", own.after));
            let rest = if last && !(once && repetition.greedy) { ".*" } else { "" };
            Some(Around { before, after: after + rest, behind_slash: false, ends: false, ..own })
        }
        HirKind::Concat(parts) => {
            let (at, own) = parts.iter().enumerate().find_map(|(at, part)| {
                let end = last && at + 1 == parts.len();
                Some((at, around(part, group, end)?))
            })?;
            let text = |parts: &[Hir]| parts.iter().map(|part| format!("(?:{part})")).collect::<String>();
            let rest = if last && at + 1 < parts.len() { ".*" } else { "" };
            let is_slash = |part: &Hir| matches!(part.kind(), HirKind::Literal(text) if text.0.ends_with(b"/"));
            let is_end = |part: &Hir| matches!(part.kind(), HirKind::Look(Look::End));
            let (first, behind) = (own.before.is_empty(), at.checked_sub(1).and_then(|at| parts.get(at)));
            Some(Around {
                behind_slash: own.behind_slash || first && behind.is_some_and(is_slash),
                ends: own.ends || last && own.after.is_empty() && parts.get(at + 1).is_some_and(is_end),
                before: format!("{}{}", text(&parts[..at]), own.before),
                after: format!("{}{}{rest}", own.after, text(&parts[at + 1..])),
                own: own.own,
            })
        }
        _ => None,
    }
}

/// What may follow a pattern that ends with as much as there is of something.
fn stops_at(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Capture(capture) => stops_at(&capture.sub),
        HirKind::Concat(parts) => parts.last().and_then(stops_at),
        HirKind::Repetition(repetition) if repetition.greedy && repetition.max.is_none() => {
            let HirKind::Class(class) = repetition.sub.kind() else { return None };
            let mut other = class.clone();
            match &mut other {
                Class::Bytes(class) => class.negate(),
                Class::Unicode(class) => class.negate(),
            }
            Some(format!("(?:{}.*)?", Hir::class(other)))
        }
        HirKind::Look(Look::End) => Some(String::new()),
        _ => None,
    }
}

/// The directory some levels above the one that a text goes on in; none above the machine's own.
pub(super) fn above(text: &[u8], levels: usize) -> Option<&[u8]> {
    let mut end = text.rfind_byte(b'/')?;
    for _ in 0..levels {
        end = text[..end].rfind_byte(b'/')?;
    }
    (end > 0).then(|| &text[..=end])
}
