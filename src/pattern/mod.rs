//! httpd's patterns: prefixes, wildcards and regular expressions.
//!
//! Nothing else in the crate knows the engines behind them.

#[cfg(all(test, feature = "pcre2"))]
mod agreement;
mod beginning;
mod braces;
mod byteset;
mod class;
mod cost;
#[cfg(any(test, not(feature = "pcre2")))]
mod fancy;
mod fast;
mod fnmatch;
mod kind;
mod literal;
#[cfg(feature = "pcre2")]
mod native;
mod part;
#[cfg(feature = "pcre2")]
mod pcre2;
mod prefix;
mod regex;
mod regular;
mod simple;
mod steps;
mod stepwise;
mod strmatch;
mod substitute;
mod translate;
#[cfg(feature = "cli")]
mod witness;

#[cfg(feature = "cli")]
pub(crate) use self::beginning::of as beginning;
pub(crate) use self::fnmatch::{CASE_BLIND, FnmatchFlags, PATHNAME, PERIOD, fnmatch, is_fnmatch};
pub use self::kind::PatternKind;
pub(crate) use self::prefix::{after_nocase, alias_matches, begins_nocase};
pub(crate) use self::regex::{Captures, Flags, GivenUp, Regex, RegexError};
pub(crate) use self::regular::{escaped, regular};
pub(crate) use self::steps::{Steps, take};
pub(crate) use self::strmatch::{is_matchexp, strcasecmp_match};
pub(crate) use self::substitute::{substitute, substitute_with};
#[cfg(feature = "cli")]
pub(crate) use self::witness::{relative_witness, text_of, witness};
