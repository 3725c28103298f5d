//! The words of the grammar: terminals in the order and by the names in which httpd's messages list them.

use bstr::BString;

macro_rules! terminals {
    ($($name:ident $text:literal)*) => {
        /// A terminal of the grammar (server/util_expr_parse.y).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "bison's own first terminals have a number and no use")]
        pub(super) enum Terminal { $($name),* }

        /// What messages call them.
        pub(super) const NAMES: &[&str] = &[$($text),*];

        /// All of them.
        #[cfg(test)]
        pub(super) const ALL: &[Terminal] = &[$(Terminal::$name),*];
    };
}

terminals! {
    End "$end" Error "error" Undefined "$undefined"
    True "T_TRUE" False "T_FALSE" ExprBool "T_EXPR_BOOL" ExprString "T_EXPR_STRING" Bad "T_ERROR"
    Digit "T_DIGIT" Id "T_ID" String "T_STRING" Regex "T_REGEX" RegexI "T_REGEX_I" Backref "T_REGEX_BACKREF"
    OpUnary "T_OP_UNARY" OpBinary "T_OP_BINARY"
    StrBegin "T_STR_BEGIN" StrEnd "T_STR_END" VarBegin "T_VAR_BEGIN" VarEnd "T_VAR_END"
    OpEq "T_OP_EQ" OpNe "T_OP_NE" OpLt "T_OP_LT" OpLe "T_OP_LE" OpGt "T_OP_GT" OpGe "T_OP_GE"
    OpReg "T_OP_REG" OpNre "T_OP_NRE" OpIn "T_OP_IN"
    OpStrEq "T_OP_STR_EQ" OpStrNe "T_OP_STR_NE" OpStrLt "T_OP_STR_LT" OpStrLe "T_OP_STR_LE"
    OpStrGt "T_OP_STR_GT" OpStrGe "T_OP_STR_GE"
    OpConcat "T_OP_CONCAT" OpOr "T_OP_OR" OpAnd "T_OP_AND" OpNot "T_OP_NOT"
    ParenOpen "'('" ParenClose "')'" BraceOpen "'{'" BraceClose "'}'" Comma "','" Colon "':'"
}

/// A terminal and the text that it carries (empty for most).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Which.
    pub(super) kind: Terminal,
    /// The text of an identifier, string, pattern, number or operator; for [`Terminal::Bad`] what is wrong.
    pub(super) text: BString,
}

impl From<Terminal> for Token {
    fn from(kind: Terminal) -> Token {
        Token { kind, text: BString::default() }
    }
}
