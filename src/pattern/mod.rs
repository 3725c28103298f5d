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
mod literal;
#[cfg(feature = "pcre2")]
mod native;
mod part;
#[cfg(feature = "pcre2")]
mod pcre2;
mod prefix;
mod regex;
mod simple;
mod steps;
mod stepwise;
mod strmatch;
mod substitute;
mod translate;
mod wildcards;

pub use self::fnmatch::{CASE_BLIND, FnmatchFlags, NOESCAPE, PATHNAME, PERIOD, fnmatch, is_fnmatch};
pub use self::prefix::alias_matches;
pub use self::regex::{Captures, Flags, GivenUp, Regex, RegexError};
pub use self::steps::{Steps, take};
pub use self::strmatch::{is_matchexp, strcasecmp_match, strcmp_match};
pub use self::substitute::{SUBSTITUTE_LIMIT, substitute, substitute_with};
pub use self::wildcards::Wildcards;
