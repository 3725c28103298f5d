//! httpd's expressions, `ap_expr`: the conditions of `<If>`, `Require expr` and `RewriteCond expr`, and the
//! strings with `%{...}` in them that many directives take.
//!
//! An expression is read once ([`Expr::parse`]), at the same words as httpd's own parser refused where that refuses
//! it; evaluated ([`Expr::eval_bool`], [`Expr::eval_string`]) it asks a [`Context`] for all that belongs to the
//! request.

mod ast;
mod context;
pub(crate) mod digest;
mod eval;
mod function;
mod grammar;
mod lexer;
pub(crate) mod moment;
mod parse;
mod tables;
#[cfg(test)]
mod tests;
mod token;
mod variable;

pub(crate) use context::{Backrefs, Context, Lookup, Search};
pub(crate) use variable::{Providers, Var, header_of};

use crate::pattern;
use crate::source::Span;
use ast::{Tree, Word};
use bstr::{BStr, BString, ByteSlice};
use eval::Eval;
use parse::Root;
use std::error::Error;
use std::fmt;

/// How an expression is read and evaluated: the `AP_EXPR_FLAG_*` of include/ap_expr.h.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// The whole text is a string, not a condition.
    pub string_result: bool,
    /// SSLRequire's way to compare: numbers as text, the longer the greater.
    pub ssl_expr_compat: bool,
    /// The request headers asked for don't go into the response's `Vary`.
    pub dont_vary: bool,
    /// The file system may not be asked at all: what mod_include says of the expressions in its pages.
    pub restricted: bool,
    /// The expression stands in an .htaccess file: it may ask about files (`-f`), not read them (`file()`,
    /// `filesize()`).
    pub htaccess: bool,
    /// What its regular expressions are compiled with: RegexDefaultOptions.
    pub regex: pattern::Flags,
}

impl Flags {
    /// A condition.
    pub(crate) const CONDITION: Flags = Flags {
        string_result: false,
        ssl_expr_compat: false,
        dont_vary: false,
        restricted: false,
        htaccess: false,
        regex: pattern::Flags::NONE,
    };

    /// A string.
    #[cfg(test)]
    pub(crate) const STRING: Flags = Flags { string_result: true, ..Flags::CONDITION };
}

/// An expression, read and ready.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    source: BString,
    flags: Flags,
    tree: Tree,
    root: Root,
    at: Span,
}

/// Why httpd refuses an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    /// httpd's message, without what the directive puts before it.
    pub message: String,
    /// httpd's process ends on the spot: a start-up fails with this line alone, and a request whose .htaccess
    /// holds the expression gets no answer.
    pub fatal: bool,
}

impl ParseError {
    fn new(message: String) -> ParseError {
        ParseError { message, fatal: false }
    }

    fn jammed() -> ParseError {
        ParseError { message: "flex scanner jammed".into(), fatal: true }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ParseError {}

/// Why an evaluation failed; what becomes of the request is the caller's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvalError {
    /// httpd's message.
    pub message: String,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for EvalError {}

impl Expr {
    /// Reads an expression (`ap_expr_parse`, server/util_expr_eval.c).
    ///
    /// # Errors
    /// The message with which httpd refuses it.
    pub(crate) fn parse(text: &[u8], flags: Flags, providers: Providers) -> Result<Expr, ParseError> {
        let (tree, root) = parse::parse(text, flags, providers)?;
        Ok(Expr { source: text.into(), flags, tree, root, at: Span::NONE })
    }

    /// The same, of the directive at `span`.
    pub(crate) fn at(self, span: Span) -> Expr {
        Expr { at: span, ..self }
    }

    /// The string that it always is, where it is one literal.
    pub(crate) fn literal(&self) -> Option<&BStr> {
        match self.root {
            Root::Word(word) => self.tree.literal(word).map(|text| text.as_bstr()),
            Root::Cond(_) => None,
        }
    }

    /// Whether a variable is named in it, even where its value never matters. `Require expr` asks this of
    /// [`Var::RemoteUser`].
    pub(crate) fn mentions(&self, var: Var) -> bool {
        self.tree.words().iter().any(|word| matches!(word, Word::Variable(v) if *v == var))
    }

    /// Whether the condition holds (`ap_expr_exec`); of a string, whether it isn't empty.
    ///
    /// # Errors
    /// An evaluation error, which httpd logs and reports as -1.
    pub(crate) fn eval_bool(&self, ctx: &mut dyn Context) -> Result<bool, EvalError> {
        self.eval_bool_re(ctx, &mut Backrefs::default())
    }

    /// The same with `$0` to `$9` handed in, and those of the last match handed out (`ap_expr_exec_re`).
    ///
    /// # Errors
    /// As for [`Expr::eval_bool`].
    pub(crate) fn eval_bool_re(&self, ctx: &mut dyn Context, backrefs: &mut Backrefs) -> Result<bool, EvalError> {
        let eval = Eval::new(self, ctx, backrefs);
        match self.root {
            Root::Cond(cond) => eval.run_cond(cond),
            Root::Word(word) => Ok(!eval.run_word(word)?.is_empty()),
        }
    }

    /// The string (`ap_expr_str_exec`); of a condition, `true` or `false`.
    ///
    /// # Errors
    /// An evaluation error, for which httpd gives no string at all.
    pub(crate) fn eval_string(&self, ctx: &mut dyn Context) -> Result<BString, EvalError> {
        self.eval_string_re(ctx, &mut Backrefs::default())
    }

    /// The same with `$0` to `$9` handed in (`ap_expr_str_exec_re`).
    ///
    /// # Errors
    /// As for [`Expr::eval_string`].
    pub(crate) fn eval_string_re(&self, ctx: &mut dyn Context, backrefs: &mut Backrefs) -> Result<BString, EvalError> {
        let eval = Eval::new(self, ctx, backrefs);
        match self.root {
            Root::Word(word) => eval.run_word(word),
            Root::Cond(cond) => Ok(eval.run_cond(cond)?.to_string().into()),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}
