//! The grammar as rows, as in httpd's server/util_expr_parse.y: a left side, a right side, what to make of it.

use super::ast::{Compare, Match, Order};

/// What a rule makes of the values on its right side (`$1`, `$2`, ...).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The whole expression is `$2`.
    Root,
    /// The scanner found an error: stop.
    Abort,
    /// The value of `$1`.
    First,
    /// The value of `$2`.
    Second,
    /// A condition that always holds, or never.
    Constant(bool),
    /// `! $2`
    Not,
    /// `$1 || $3`
    Or,
    /// `$1 && $3`
    And,
    /// A unary operator `$1` on `$2`.
    Unary,
    /// A binary operator `$2` on `$1` and `$3`.
    Binary,
    /// `$1` against `$3`.
    Compare(Compare, Order),
    /// `$1` in the list `$3`.
    In,
    /// `$1` against the pattern `$3`.
    Match(Match),
    /// A list of `$1` alone.
    List,
    /// The list `$1` and `$3`.
    ListMore,
    /// `$1` with the n-th value behind it.
    Concat(usize),
    /// The literal `$1`.
    Literal,
    /// The number `$1`.
    Digit,
    /// An empty string.
    Empty,
    /// The variable `$2`.
    Variable,
    /// The function named by the n-th value, on the m-th.
    Call(usize, usize),
    /// The list function `$1` on `$3`.
    CallList,
    /// The pattern `$1`; `true` ignores case.
    Regex(bool),
    /// What the group `$1` of the last pattern caught.
    Backref,
}

/// One rule.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static str, pub(super) Action);

/// Nonterminals, in no order that matters.
pub(super) const NONTERMINALS: &[&str] = &[
    "$accept",
    "root",
    "expr",
    "comparison",
    "wordlist",
    "words",
    "string",
    "strpart",
    "var",
    "word",
    "regex",
    "backref",
    "lstfunccall",
    "strfunccall",
];

/// Operators by rising precedence; all bind to the right.
pub(super) const PRECEDENCE: &[&str] = &["T_OP_OR", "T_OP_AND", "T_OP_NOT", "T_OP_CONCAT"];

/// The rules; the first one is the whole.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = {
    use Action as A;
    use Compare::{Integer, Text};
    use Order::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    &[
        Rule("$accept", "root $end", A::First),
        Rule("root", "T_EXPR_BOOL expr", A::Root),
        Rule("root", "T_EXPR_STRING string", A::Root),
        Rule("root", "T_ERROR", A::Abort),
        Rule("expr", "T_TRUE", A::Constant(true)),
        Rule("expr", "T_FALSE", A::Constant(false)),
        Rule("expr", "T_OP_NOT expr", A::Not),
        Rule("expr", "expr T_OP_OR expr", A::Or),
        Rule("expr", "expr T_OP_AND expr", A::And),
        Rule("expr", "comparison", A::First),
        Rule("expr", "T_OP_UNARY word", A::Unary),
        Rule("expr", "word T_OP_BINARY word", A::Binary),
        Rule("expr", "'(' expr ')'", A::Second),
        Rule("expr", "T_ERROR", A::Abort),
        Rule("comparison", "word T_OP_EQ word", A::Compare(Integer, Equal)),
        Rule("comparison", "word T_OP_NE word", A::Compare(Integer, NotEqual)),
        Rule("comparison", "word T_OP_LT word", A::Compare(Integer, Less)),
        Rule("comparison", "word T_OP_LE word", A::Compare(Integer, LessOrEqual)),
        Rule("comparison", "word T_OP_GT word", A::Compare(Integer, Greater)),
        Rule("comparison", "word T_OP_GE word", A::Compare(Integer, GreaterOrEqual)),
        Rule("comparison", "word T_OP_STR_EQ word", A::Compare(Text, Equal)),
        Rule("comparison", "word T_OP_STR_NE word", A::Compare(Text, NotEqual)),
        Rule("comparison", "word T_OP_STR_LT word", A::Compare(Text, Less)),
        Rule("comparison", "word T_OP_STR_LE word", A::Compare(Text, LessOrEqual)),
        Rule("comparison", "word T_OP_STR_GT word", A::Compare(Text, Greater)),
        Rule("comparison", "word T_OP_STR_GE word", A::Compare(Text, GreaterOrEqual)),
        Rule("comparison", "word T_OP_IN wordlist", A::In),
        Rule("comparison", "word T_OP_REG regex", A::Match(Match::Matches)),
        Rule("comparison", "word T_OP_NRE regex", A::Match(Match::MatchesNot)),
        Rule("wordlist", "lstfunccall", A::First),
        Rule("wordlist", "'{' words '}'", A::Second),
        Rule("words", "word", A::List),
        Rule("words", "words ',' word", A::ListMore),
        Rule("string", "string strpart", A::Concat(1)),
        Rule("string", "strpart", A::First),
        Rule("string", "T_ERROR", A::Abort),
        Rule("strpart", "T_STRING", A::Literal),
        Rule("strpart", "var", A::First),
        Rule("strpart", "backref", A::First),
        Rule("var", "T_VAR_BEGIN T_ID T_VAR_END", A::Variable),
        Rule("var", "T_VAR_BEGIN T_ID ':' string T_VAR_END", A::Call(1, 3)),
        Rule("word", "T_DIGIT", A::Digit),
        Rule("word", "word T_OP_CONCAT word", A::Concat(2)),
        Rule("word", "var", A::First),
        Rule("word", "backref", A::First),
        Rule("word", "strfunccall", A::First),
        Rule("word", "T_STR_BEGIN string T_STR_END", A::Second),
        Rule("word", "T_STR_BEGIN T_STR_END", A::Empty),
        Rule("regex", "T_REGEX", A::Regex(false)),
        Rule("regex", "T_REGEX_I", A::Regex(true)),
        Rule("backref", "T_REGEX_BACKREF", A::Backref),
        Rule("lstfunccall", "T_ID '(' word ')'", A::CallList),
        Rule("strfunccall", "T_ID '(' word ')'", A::Call(0, 2)),
    ]
};
