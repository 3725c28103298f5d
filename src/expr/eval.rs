//! Evaluation: `ap_expr_exec_ctx` and what it calls (server/util_expr_eval.c).

use super::ast::{Compare, Cond, CondId, Order, Word, WordId};
use super::context::{Backrefs, Context, Lookup, Search};
use super::function::{self, BinaryOp, Function, UnaryOp, c_string};
use super::variable::Var;
use super::{EvalError, Expr};
use crate::address::{IpSubnet, numeric_host};
use crate::limits;
use crate::outcome::observer::{Origin, PatternKind, Tried, Whence};
use crate::pattern::{self, Captures, FnmatchFlags, Regex};
use crate::vfs::{Errno, Kind};
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

/// An evaluation under way: `ap_expr_eval_ctx_t`.
pub(super) struct Eval<'e> {
    expr: &'e Expr,
    ctx: &'e mut dyn Context,
    backrefs: &'e mut Backrefs,
    error: Option<String>,
    level: u32,
    vary: Vec<BString>,
}

type Text<'e> = Cow<'e, [u8]>;

impl<'e> Eval<'e> {
    /// Makes ready to evaluate.
    pub(super) fn new(expr: &'e Expr, ctx: &'e mut dyn Context, backrefs: &'e mut Backrefs) -> Eval<'e> {
        Eval { expr, ctx, backrefs, error: None, level: 0, vary: Vec::new() }
    }

    /// The truth of the expression.
    pub(super) fn run_cond(mut self, root: CondId) -> Result<bool, EvalError> {
        let value = self.cond(root);
        match self.error {
            Some(message) => Err(EvalError { message }),
            None => {
                if !self.vary.is_empty() {
                    self.ctx.vary(bstr::join(", ", &self.vary).as_bstr());
                }
                Ok(value)
            }
        }
    }

    /// The string that the expression gives.
    pub(super) fn run_word(mut self, root: WordId) -> Result<BString, EvalError> {
        let value = self.word(root).into_owned();
        match self.error {
            Some(message) => Err(EvalError { message }),
            None => Ok(value.into()),
        }
    }

    fn fail(&mut self, message: impl Into<String>) {
        self.error = Some(message.into());
    }

    /// One level deeper; beyond the limit no further evaluation takes place (`inc_rec`).
    fn enter(&mut self) -> bool {
        if self.level < limits::EXPR_RECURSION {
            self.level += 1;
            return true;
        }
        self.fail("Recursion limit reached");
        self.level = u32::MAX;
        false
    }

    fn leave(&mut self) {
        self.level -= 1;
    }

    /// `ap_expr_eval`
    fn cond(&mut self, mut id: CondId) -> bool {
        if !self.enter() {
            return false;
        }
        let expr = self.expr;
        let mut negated = false;
        let value = loop {
            match expr.tree.get_cond(id) {
                Cond::Not(inner) => {
                    negated = !negated;
                    id = *inner;
                }
                Cond::Or(left, right) => {
                    if self.cond(*left) {
                        break true;
                    }
                    id = *right;
                }
                Cond::And(left, right) => {
                    if !self.cond(*left) {
                        break false;
                    }
                    id = *right;
                }
                simple => break self.simple(simple),
            }
        };
        self.leave();
        value != negated
    }

    /// Conditions that hold no other conditions.
    fn simple(&mut self, cond: &'e Cond) -> bool {
        match cond {
            Cond::Constant(value) => *value,
            Cond::Not(_) | Cond::Or(..) | Cond::And(..) => false,
            Cond::Compare(kind, order, left, right) => {
                let (whence, other) = (self.whence(*left), self.whence(*right));
                let (left, right) = (self.word(*left), self.word(*right));
                if matches!(order, Order::Equal | Order::NotEqual) {
                    let (whence, text, wanted) = match whence.0 == Origin::Other && other.0 != Origin::Other {
                        true => (other, &right, &left),
                        false => (whence, &left, &right),
                    };
                    self.tried(PatternKind::Text, wanted, text, whence, left == right);
                }
                order.holds(match kind {
                    _ if self.expr.flags.ssl_expr_compat => compare_mixed(&left, &right),
                    Compare::Integer => integer(&left).cmp(&integer(&right)),
                    Compare::Text => left.cmp(&right),
                })
            }
            Cond::InWords(word, list) => {
                let whence = self.whence(*word);
                let word = self.word(*word);
                list.iter().rev().any(|other| {
                    let other = self.word(*other);
                    self.tried(PatternKind::Text, &other, &word, whence, other == word);
                    other == word
                })
            }
            Cond::InPeerExtensions(word, oid) => {
                let (word, oid) = (self.word(*word), self.word(*oid));
                self.ctx.peer_extensions(&oid).iter().any(|value| *value == *word)
            }
            Cond::Match(kind, word, regex) => {
                let whence = self.whence(*word);
                let word = self.word(*word);
                kind.holds(self.matches(regex, &word, whence))
            }
            Cond::Unary(op, word) => {
                let word = self.word(*word);
                self.unary(*op, &word)
            }
            Cond::ClientIn(subnet) => {
                let client = self.ctx.client_ip();
                let inside = client.is_some_and(|ip| subnet.contains(ip));
                self.tried_network(subnet, client, inside);
                inside
            }
            Cond::Binary(op, left, right) => {
                let whence = self.whence(*left);
                let (text, pattern) = (self.word(*left), self.word(*right));
                let found = pattern::fnmatch(
                    &pattern,
                    &text,
                    match op {
                        BinaryOp::Path => pattern::PATHNAME,
                        BinaryOp::Text => FnmatchFlags::NONE,
                        BinaryOp::TextAnyCase => pattern::CASE_BLIND,
                    },
                );
                let kind = match op {
                    BinaryOp::Path => PatternKind::Wildcards,
                    BinaryOp::Text => PatternKind::AnyWildcards,
                    BinaryOp::TextAnyCase => PatternKind::NameWildcards,
                };
                self.tried(kind, &pattern, &text, whence, found);
                found
            }
            Cond::AddressIn(word, subnet) => {
                let host = self.word(*word);
                // a path would be the address of a local socket
                if host.starts_with(b"/") {
                    return false;
                }
                let address = numeric_host(&host).or_else(|| self.ctx.resolve(&host));
                let inside = address.is_some_and(|ip| subnet.contains(ip));
                if matches!(self.expr.tree.get_word(*word), Word::Variable(Var::RemoteAddr)) {
                    self.tried_network(subnet, address, inside);
                }
                inside
            }
        }
    }

    /// Tells an observer of a comparison that is one of a pattern and a text.
    fn tried(&self, kind: PatternKind, pattern: &[u8], text: &[u8], (origin, name): Whence<'_>, matched: bool) {
        if self.ctx.observed() {
            let [pattern, subject, name] = [pattern, text, name].map(BStr::new);
            self.ctx.tried(&Tried { line: self.expr.at, kind, pattern, subject, origin, name, matched });
        }
    }

    fn tried_network(&self, subnet: &IpSubnet, address: Option<IpAddr>, inside: bool) {
        if self.ctx.observed() {
            let (pattern, subject) = (subnet.to_string(), address.map(|ip| ip.to_string()).unwrap_or_default());
            self.tried(PatternKind::Network, pattern.as_bytes(), subject.as_bytes(), (Origin::Client, b""), inside);
        }
    }

    /// Where the value of a word comes from.
    fn whence(&self, word: WordId) -> Whence<'e> {
        let tree = &self.expr.tree;
        let named = |origin, name| tree.literal(name).map_or(Whence::default(), |name| (origin, name.as_slice()));
        match tree.get_word(word) {
            Word::Variable(var) => (var.origin(), b""),
            Word::Header("Host") => (Origin::Host, b""),
            Word::Header(name) => (Origin::Header, name.as_bytes()),
            Word::Call(Function::Req | Function::ReqNoVary, name) => named(Origin::Header, *name),
            Word::Call(Function::ReqEnv | Function::Env, name) => named(Origin::Variable, *name),
            _ => Whence::default(),
        }
    }

    /// A pattern without groups leaves alone what `$0` to `$9` mean.
    fn matches(&mut self, regex: &Regex, word: &[u8], whence: Whence<'_>) -> bool {
        let mut captures = Captures::default();
        let steps = self.ctx.steps();
        let result = match regex.groups() {
            0 => regex.is_match_in(word, steps),
            _ => regex.captures_in(word, &mut captures, steps),
        };
        let matched = result.unwrap_or_else(|why| {
            self.ctx.given_up(why);
            false
        });
        self.ctx.searched(&Search { at: self.expr.at, regex, text: word, whence }, matched);
        match (regex.groups() > 0, matched) {
            (false, _) => {}
            (true, true) => self.backrefs.set(word, &captures),
            (true, false) => self.backrefs.clear(),
        }
        matched
    }

    fn unary(&mut self, op: UnaryOp, arg: &[u8]) -> bool {
        use UnaryOp as O;
        let kind = |c: &mut dyn Context, kind| c.stat(arg).is_some_and(|s| s.kind == kind);
        match op {
            O::Empty => arg.is_empty(),
            O::NotEmpty => !arg.is_empty(),
            O::IsTrue => function::is_true(arg),
            O::Exists => self.ctx.stat(arg).is_some(),
            O::Directory => kind(self.ctx, Kind::Directory),
            O::Regular => kind(self.ctx, Kind::Regular),
            O::RegularNotEmpty => self.ctx.stat(arg).is_some_and(|s| s.kind == Kind::Regular && s.size > 0),
            O::Link => self.ctx.lstat(arg).is_some_and(|s| s.kind == Kind::Symlink),
            O::Executable => self.ctx.lstat(arg).is_some_and(|s| s.mode & 0o111 != 0),
            O::FileSubrequest => self.ctx.file_accessible(arg),
            O::UriSubrequest => self.ctx.uri_accessible(arg),
        }
    }

    /// `ap_expr_eval_word`
    fn word(&mut self, id: WordId) -> Text<'e> {
        if !self.enter() {
            return Text::default();
        }
        let expr = self.expr;
        let value = match expr.tree.get_word(id) {
            Word::Digit(text) | Word::Literal(text) => Text::Borrowed(text.as_slice()),
            Word::HealthCheck => Text::default(),
            Word::Variable(var) => Text::Owned(self.ctx.variable(*var).into()),
            Word::Header(name) => self.request_header(name.as_bytes()),
            Word::SslVariable(name) => self.lookup(Lookup::SslVariable, name),
            Word::Backref(n) => Text::Owned(self.backrefs.get(*n).to_vec()),
            Word::Call(function, arg) => {
                let arg = self.word(*arg);
                let value = self.call(*function, &arg);
                if self.ctx.affords(value.len()) { value } else { Text::default() }
            }
            Word::Concat(left, right) => self.concat(*left, *right),
        };
        self.leave();
        value
    }

    /// A chain of parts counts as one level, along the left side if there is one, else along the right.
    fn concat(&mut self, left: WordId, right: WordId) -> Text<'e> {
        let tree = &self.expr.tree;
        let mut parts = Vec::new();
        if let Word::Concat(..) = tree.get_word(left) {
            parts.push(right);
            let mut next = left;
            while let Word::Concat(l, r) = tree.get_word(next) {
                parts.push(*r);
                next = *l;
            }
            parts.push(next);
            parts.reverse();
        } else {
            parts.push(left);
            let mut next = right;
            while let Word::Concat(l, r) = tree.get_word(next) {
                parts.push(*l);
                next = *r;
            }
            parts.push(next);
        }
        let mut text = Vec::new();
        for part in parts {
            let part = self.word(part);
            if !self.ctx.affords(part.len()) {
                break;
            }
            text.extend_from_slice(&part);
        }
        Text::Owned(text)
    }

    fn lookup(&mut self, from: Lookup, name: &[u8]) -> Text<'e> {
        Text::Owned(self.ctx.lookup(from, name).unwrap_or_default().into())
    }

    /// A header that decides makes the answer vary with it, the host name excepted.
    fn request_header(&mut self, name: &[u8]) -> Text<'e> {
        if !self.expr.flags.dont_vary && !name.eq_ignore_ascii_case(b"Host") {
            self.vary.push(name.into());
        }
        self.lookup(Lookup::Req, name)
    }

    fn call(&mut self, function: Function, arg: &[u8]) -> Text<'e> {
        match function {
            Function::OsEnv => self.lookup(Lookup::OsEnv, arg),
            Function::Env => {
                let places = [Lookup::Note, Lookup::ReqEnv, Lookup::OsEnv];
                let found = places.into_iter().find_map(|place| self.ctx.lookup(place, arg));
                Text::Owned(found.unwrap_or_default().into())
            }
            Function::Resp => self.lookup(Lookup::Resp, arg),
            Function::Req => self.request_header(arg),
            Function::ReqNoVary => self.lookup(Lookup::Req, arg),
            Function::Note => self.lookup(Lookup::Note, arg),
            Function::ReqEnv => self.lookup(Lookup::ReqEnv, arg),
            Function::Ssl => self.lookup(Lookup::Ssl, arg),
            Function::File => self.file(arg.as_bstr()),
            Function::FileSize => {
                let size = self.ctx.stat(arg).filter(|s| s.kind == Kind::Regular).map_or(0, |s| s.size);
                Text::Owned(size.to_string().into_bytes())
            }
            pure => Text::Owned(pure.pure(arg).unwrap_or_default().into()),
        }
    }

    /// `file_func`
    fn file(&mut self, path: &BStr) -> Text<'e> {
        match self.ctx.read(path) {
            Ok(content) if content.len() <= limits::EXPR_FILE => {
                return Text::Owned(c_string(content.to_vec().into()).into());
            }
            Ok(_) | Err(Errno::TooLarge) => self.fail(format!("File {path} too large")),
            Err(Errno::Io) => self.fail(format!("Cannot read from file {path}")),
            Err(_) => self.fail(format!("Cannot open file {path}")),
        }
        Text::default()
    }
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Order::Equal => ordering.is_eq(),
            Order::NotEqual => ordering.is_ne(),
            Order::Less => ordering.is_lt(),
            Order::LessOrEqual => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// `apr_atoi64`: leading white space and a sign, then digits up to the first other byte; it sticks at the limits.
fn integer(text: &[u8]) -> i64 {
    let text = text.trim_start_with(|c| matches!(c, ' ' | '\t'..='\r'));
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    digits.iter().take_while(|c| c.is_ascii_digit()).fold(0i64, |n, c| {
        let digit = i64::from(c - b'0');
        let n = n.saturating_mul(10);
        if negative { n.saturating_sub(digit) } else { n.saturating_add(digit) }
    })
}

/// `strcmplex`: the longer is the greater, then byte by byte, bytes being signed.
fn compare_mixed(left: &[u8], right: &[u8]) -> Ordering {
    let signed = |text: &[u8]| text.iter().map(|c| *c as i8).collect::<Vec<_>>();
    left.len().cmp(&right.len()).then_with(|| signed(left).cmp(&signed(right)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_strtol_does() {
        for (text, want) in [
            (" \t-12x", -12),
            ("+7", 7),
            ("", 0),
            ("x1", 0),
            ("- 1", 0),
            ("99999999999999999999", i64::MAX),
            ("-99999999999999999999", i64::MIN),
        ] {
            assert_eq!(integer(text.as_bytes()), want, "{text}");
        }
        assert_eq!(compare_mixed(b"10", b"9"), Ordering::Greater);
        assert_eq!(compare_mixed(b"\xff", b"a"), Ordering::Less);
    }
}
