//! Filling in variables: `do_expand` and `escape_backref` (mod_rewrite.c).

use super::settings::{Rule, flag};
use super::template::{Piece, Template};
use super::{map, trace};
use crate::expr::Backrefs;
use crate::outcome::step::Change;
use crate::server::request::Request;
use crate::source::Span;
use bstr::BString;
use smallvec::SmallVec;
use std::cell::RefCell;

/// What a list of rules works with: httpd's `rewrite_ctx`.
#[derive(Debug, Default)]
pub(crate) struct Context<'p> {
    /// What the pattern is tried on.
    pub uri: BString,
    /// The folder, with a slash at its end; none for the rules of a server.
    pub perdir: Option<&'p BString>,
    /// `$N`
    pub rule: Backrefs,
    /// `%N`
    pub cond: Backrefs,
    /// A condition that left `%N` to chance: an expression that held without a pattern in it.
    pub unfilled: Option<Span>,
    /// The conditions that hold in the place of all that are joined to them by OR.
    pub stands: SmallVec<[usize; 4]>,
    /// The request headers that the conditions looked at, for a response's Vary: of the one at work, and of those before.
    pub vary_this: RefCell<Vec<BString>>,
    /// Those of conditions that count.
    pub vary: Vec<BString>,
    /// What a rule did to the environment, where somebody watches.
    pub set_env: Vec<Change>,
}

/// Where the question mark comes from that begins the query of a substitution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// There is none.
    None,
    /// From the configuration.
    Safe,
    /// From the request.
    Unsafe,
}

/// Follows the question marks of an expansion. The first one decides; with `[QSL]` the last.
struct Marks {
    seen: Mark,
    watching: bool,
    last: bool,
}

impl Marks {
    fn note(&mut self, text: &[u8], mark: Mark) {
        if self.watching && text.contains(&b'?') {
            self.seen = mark;
            self.watching = self.last;
        }
    }
}

/// The text with its variables filled in.
pub(super) fn expand(r: &mut Request<'_>, ctx: &Context<'_>, template: &Template, rule: Option<&Rule>) -> BString {
    if let Some(text) = template.literal() {
        return text.to_owned();
    }
    let mut marks = Marks { seen: Mark::None, watching: false, last: false };
    run(r, ctx, template, rule, &mut marks)
}

/// The same, and where the question mark comes from.
pub(super) fn expand_marked(
    r: &mut Request<'_>,
    ctx: &Context<'_>,
    template: &Template,
    rule: &Rule,
) -> (BString, Mark) {
    let mut marks = Marks { seen: Mark::None, watching: true, last: rule.has(flag::QS_LAST) };
    let text = run(r, ctx, template, Some(rule), &mut marks);
    (text, marks.seen)
}

fn run(r: &mut Request<'_>, ctx: &Context<'_>, template: &Template, rule: Option<&Rule>, marks: &mut Marks) -> BString {
    let mut out = BString::default();
    for piece in &template.pieces {
        let expanded = match piece {
            Piece::Text(text) => {
                marks.note(text, Mark::Safe);
                out.extend_from_slice(text);
                continue;
            }
            Piece::Escaped(byte) => {
                out.push(*byte);
                continue;
            }
            Piece::Variable(variable) => variable.value(r, ctx),
            Piece::Map { name, key, default } => {
                let key = expand(r, ctx, key, rule);
                match (map::lookup(r, trace::phase(ctx), name, key), default) {
                    (Some(found), _) => found,
                    (None, Some(default)) => expand(r, ctx, default, rule),
                    (None, None) => BString::default(),
                }
            }
            Piece::Rule(n) => group(ctx.rule.get(*n), rule),
            Piece::Cond(n) => {
                if let Some(span) = ctx.unfilled {
                    r.caveat("RewriteCond", span, "httpd leaves %N to chance after an expression without a pattern");
                }
                group(ctx.cond.get(*n), rule)
            }
        };
        if !r.affords(&expanded) {
            break;
        }
        marks.note(&expanded, Mark::Unsafe);
        if out.is_empty() {
            out = expanded;
        } else {
            out.extend_from_slice(&expanded);
        }
    }
    out
}

fn group(text: &[u8], rule: Option<&Rule>) -> BString {
    match rule.filter(|rule| rule.has(flag::ESCAPE)) {
        Some(rule) => escape(text, rule),
        None => text.into(),
    }
}

/// `escape_backref`: what `[B]` and kin make of a group.
fn escape(text: &[u8], rule: &Rule) -> BString {
    let listed = |list: &Option<BString>, byte: u8| list.as_ref().is_some_and(|l| l.contains(&byte));
    let mut out = BString::default();
    for &byte in text {
        let by_default = match rule.has(flag::ESCAPE_CTLS) {
            true => !(byte > b' ' && byte != 0x7f),
            false => rule.escapes.is_none(),
        };
        let wanted = (by_default || listed(&rule.escapes, byte)) && !listed(&rule.no_escapes, byte);
        if !wanted || byte.is_ascii_alphanumeric() || byte == b'_' {
            out.push(byte);
        } else if byte == b' ' && !rule.has(flag::NO_PLUS) {
            out.push(b'+');
        } else {
            out.extend_from_slice(format!("%{byte:02x}").as_bytes());
        }
    }
    out
}

/// The groups of a match that are worth telling, by number.
pub(super) fn groups(refs: &Backrefs) -> Vec<(usize, BString)> {
    let there = (1..Backrefs::MAX).filter(|n| refs.group(*n).is_some());
    there.map(|n| (n, refs.get(n).into())).collect()
}
