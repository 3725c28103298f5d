//! RewriteCond: `apply_rewrite_cond` (mod_rewrite.c).

use super::expand::{Context, expand};
use super::parse::atoi_32;
use super::settings::{Compare, Cond, FileTest, Test};
use super::template::Piece;
use super::{trace, url};
use crate::expr::Backrefs;
use crate::outcome::observer::{PatternKind, Whence};
use crate::pattern::Captures;
use crate::server::captures;
use crate::server::request::Request;
use crate::server::{expr_context, subrequest};
use crate::version;
use crate::vfs::{Kind, X};
use bstr::BString;
use std::cmp::Ordering;

/// The conditions of a rule, as they are or as they would be with a line taken out.
#[derive(Clone, Copy)]
pub(super) struct Conds<'c> {
    /// Those that a rule before it leaves to it.
    pub carried: &'c [Cond],
    /// Its own.
    pub own: &'c [Cond],
    /// The one of its own that is taken out.
    pub without: Option<usize>,
}

impl<'c> Conds<'c> {
    fn get(&self, i: usize) -> Option<&'c Cond> {
        self.carried.get(i).or_else(|| {
            let i = i - self.carried.len();
            self.own.get(if self.without.is_some_and(|gone| gone <= i) { i + 1 } else { i })
        })
    }
}

/// The condition (its number) that keeps a rule from applying, none where they hold: the loop of `apply_rewrite_rule`,
/// begun at the one numbered `from`.
pub(super) fn failing(r: &mut Request<'_>, ctx: &mut Context<'_>, conds: Conds<'_>, from: usize) -> Option<usize> {
    let mut i = from;
    while let Some(cond) = conds.get(i) {
        let varied = (cond.no_vary && r.engine.responds()).then(|| r.headers_out.clone());
        let held = apply(r, ctx, cond);
        if let Some(headers) = varied {
            r.headers_out = headers;
        }
        note_vary(ctx, cond, held);
        if held && (cond.or_next || i > 0 && conds.get(i - 1).is_some_and(|c| c.or_next)) {
            ctx.stands.push(i);
        }
        if cond.or_next {
            // one that holds stands for all that are joined to it by OR
            while held && conds.get(i).is_some_and(|c| c.or_next) {
                i += 1;
            }
        } else if !held {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Keeps the headers that a condition looked at, where it is one that counts.
fn note_vary(ctx: &mut Context<'_>, cond: &Cond, held: bool) {
    let looked_at = ctx.vary_this.get_mut();
    if looked_at.is_empty() {
        return;
    }
    if held && !cond.no_vary {
        ctx.vary.append(looked_at);
    }
    looked_at.clear();
}

fn apply(r: &mut Request<'_>, ctx: &mut Context<'_>, cond: &Cond) -> bool {
    r.engine.open();
    let (input, found) = match &cond.test {
        Test::Expr(expr) => {
            let mut refs = Backrefs::default();
            let found = match expr_context::condition_re(r, expr, &mut refs) {
                Ok(found) => found,
                Err(e) => {
                    trace::failed(r, ctx, cond.span, &e.message);
                    false
                }
            };
            if found && !cond.not {
                ctx.unfilled = refs.source().is_none().then_some(cond.span);
                ctx.cond = refs;
            }
            (BString::default(), found || !r.has(&version::SOUND_CONDITIONS))
        }
        test => {
            let input = expand(r, ctx, &cond.input, None);
            let found = self::test(r, ctx, cond, test, &input);
            (input, found)
        }
    };
    r.engine.budget.name(cond.span);
    let held = found != cond.not;
    r.engine.close(|_| Some(trace::condition(r, ctx, cond, input, held)));
    held
}

fn test(r: &mut Request<'_>, ctx: &mut Context<'_>, cond: &Cond, test: &Test, input: &BString) -> bool {
    match test {
        Test::Regex(regex) => {
            let mut caps = Captures::default();
            let found = captures::search(r, regex, cond.span, input, whence(cond), &mut caps);
            if found && !cond.not {
                ctx.cond.set(input, &caps);
                ctx.unfilled = None;
            }
            found
        }
        Test::File(test) => file(r, *test, input),
        Test::UrlAccess => {
            if input.is_empty() || !url::subrequest_ok(r) {
                return false;
            }
            let sub = subrequest::lookup_uri(r, input);
            let fine = sub.status < 400;
            url::take_notice(r, sub);
            fine
        }
        Test::FileAccess => {
            if input.is_empty() || !url::subrequest_ok(r) {
                return false;
            }
            let sub = subrequest::lookup_file(r, input);
            let there = sub.filename.as_ref().is_some_and(|f| r.engine.stat(f).is_ok());
            let fine = sub.status < 300 && there;
            url::take_notice(r, sub);
            fine
        }
        Test::Text(how, pattern) => {
            let order = match cond.no_case {
                true => input.to_ascii_lowercase().cmp(&pattern.to_ascii_lowercase()),
                // the longer text is the greater one; equality needs no order
                false => input.len().cmp(&pattern.len()).then_with(|| input.cmp(pattern)),
            };
            if *how == Compare::Equal {
                let equal = order.is_eq();
                r.engine.pattern(|| captures::tried(cond.span, PatternKind::Text, pattern, input, whence(cond), equal));
            }
            holds(*how, order)
        }
        Test::Number(how, pattern) => holds(*how, atoi_32(input).cmp(pattern)),
        Test::Expr(_) => false,
    }
}

/// Where the text comes from that a condition tests.
fn whence(cond: &Cond) -> Whence<'_> {
    match cond.input.pieces.as_slice() {
        [Piece::Variable(variable)] => variable.whence(),
        _ => Whence::default(),
    }
}

fn holds(how: Compare, order: Ordering) -> bool {
    match how {
        Compare::Less => order.is_lt(),
        Compare::LessEqual => order.is_le(),
        Compare::Equal => order.is_eq(),
        Compare::Greater => order.is_gt(),
        Compare::GreaterEqual => order.is_ge(),
    }
}

fn file(r: &Request<'_>, test: FileTest, path: &BString) -> bool {
    let found = if test == FileTest::Link { r.engine.lstat(path) } else { r.engine.stat(path) };
    let Ok(stat) = found else { return false };
    match test {
        FileTest::Regular => stat.kind == Kind::Regular,
        FileTest::NotEmpty => stat.kind == Kind::Regular && stat.size > 0,
        FileTest::Link => stat.kind == Kind::Symlink,
        FileTest::Folder => stat.kind == Kind::Directory,
        FileTest::Executable => stat.mode & (X << 6 | X << 3 | X) != 0,
    }
}
