//! The tree of an expression, in two tables so that a deep one costs no stack.

use super::function::{BinaryOp, Function, UnaryOp};
use super::variable::Var;
use crate::address::IpSubnet;
use crate::pattern::Regex;
use bstr::BString;

/// What two words are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    /// Numbers.
    Integer,
    /// Bytes.
    Text,
}

/// What is asked of two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is asked of a word and a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// A condition's place in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CondId(u32);

/// A word's place in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WordId(u32);

/// Something that holds or doesn't.
#[derive(Clone, Debug)]
pub(super) enum Cond {
    /// `true` or `false`.
    Constant(bool),
    /// `! c`
    Not(CondId),
    /// `a || b`
    Or(CondId, CondId),
    /// `a && b`
    And(CondId, CondId),
    /// `a == b` and kin.
    Compare(Compare, Order, WordId, WordId),
    /// `a in {b, c}`
    InWords(WordId, Vec<WordId>),
    /// `a in PeerExtList(b)`
    InPeerExtensions(WordId, WordId),
    /// `a =~ m#b#`
    Match(Match, WordId, Regex),
    /// `-f a`
    Unary(UnaryOp, WordId),
    /// `-R '10.1'`
    ClientIn(IpSubnet),
    /// `a -strmatch b`
    Binary(BinaryOp, WordId, WordId),
    /// `a -ipmatch '10.1'`
    AddressIn(WordId, IpSubnet),
}

/// Something that gives a string.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// A bare number.
    Digit(BString),
    /// A literal.
    Literal(BString),
    /// `%{NAME}`
    Variable(Var),
    /// `%{HTTP_HOST}` and the few others that are a request header's.
    Header(&'static str),
    /// `%{SSL_NAME}`, by its name without `SSL_`
    SslVariable(BString),
    /// A variable of health checks, which has no value elsewhere.
    HealthCheck,
    /// `name(a)`, `%{name:a}`
    Call(Function, WordId),
    /// `$1`
    Backref(usize),
    /// `a . b`, and parts of a string
    Concat(WordId, WordId),
}

/// The two tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    conds: Vec<Cond>,
    words: Vec<Word>,
}

impl Tree {
    /// Adds a condition.
    pub(super) fn cond(&mut self, cond: Cond) -> CondId {
        self.conds.push(cond);
        CondId((self.conds.len() - 1) as u32)
    }

    /// Adds a word.
    pub(super) fn word(&mut self, word: Word) -> WordId {
        self.words.push(word);
        WordId((self.words.len() - 1) as u32)
    }

    /// The condition at a place.
    pub(super) fn get_cond(&self, id: CondId) -> &Cond {
        self.conds.get(id.0 as usize).unwrap_or(&Cond::Constant(false))
    }

    /// The word at a place.
    pub(super) fn get_word(&self, id: WordId) -> &Word {
        const NONE: &Word = &Word::HealthCheck;
        self.words.get(id.0 as usize).unwrap_or(NONE)
    }

    /// All words.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// The text of a word that is a literal, and nothing else.
    pub(super) fn literal(&self, id: WordId) -> Option<&BString> {
        match self.get_word(id) {
            Word::Literal(text) => Some(text),
            _ => None,
        }
    }
}
