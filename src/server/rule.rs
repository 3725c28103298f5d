//! What httpd asks of a directive's place and arguments before it takes them, as data in the directive's row.

use crate::conf::args::is_space;
use crate::pattern::{Flags, begins_nocase};
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::module::Set;
use bstr::{BStr, BString, ByteSlice};

/// One thing that is asked. A row's rules are asked in order; the first that fails gives the message.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// The directive does not stand in one of these places ([`forbid`](crate::server::cmd::forbid)):
    /// `ap_check_cmd_context`.
    NotIn(u32),
    /// The argument of this number (from 0), where it is given, passes the test; else httpd's message, in which `{}` is
    /// the argument, `{number}` the number that it is to `atoi`, `{name}` the row's name, and `{error}` what is wrong.
    Arg(usize, Test, &'static str),
    /// What httpd starts with all the same, with a warning: the argument of this number, the test that it does not pass, the
    /// warning's code and its message.
    Warn(usize, Test, &'static str, &'static str),
    /// What no test says.
    By(Set),
}

/// What an argument may be.
#[derive(Clone, Copy)]
pub(crate) enum Test {
    /// A number within these bounds as `atoi` reads it: what follows it does not count, and no number is 0.
    Int(i32, i32),
    /// The same with 64 bits: `apr_strtoff`, `apr_atoi64`. A number that is too large fails.
    Long(i64, i64),
    /// A number within these bounds, and nothing after it: `apr_strtoff` with a look at the end.
    Whole(i64, i64),
    /// A number, and nothing else: `ap_set_int_slot`.
    Number,
    /// Digits only.
    Digits,
    /// A floating-point number, whatever follows it: `sscanf` with `%lg`.
    Float,
    /// A time (in microseconds) within these bounds as `ap_timeout_parameter_parse` reads it: a number and a unit, seconds
    /// where there is none.
    Time(i64, i64),
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// One of these words, in this case.
    Exactly(&'static [&'static str]),
    /// A text without these bytes that is not empty.
    Without(&'static [u8]),
    /// A regular expression.
    Pattern,
    /// Nothing: the directive is refused always.
    Never,
}

/// The usual two words.
pub(crate) const ON_OFF: Test = Test::OneOf(&["on", "off"]);

impl Rule {
    /// Asks it of one call of the directive's setter. The error is httpd's message.
    pub(crate) fn ask(&self, cmd: &mut Cmd<'_>, args: &[BString]) -> Result<(), String> {
        match self {
            Rule::NotIn(places) => cmd.forbid(*places),
            Rule::By(check) => check(cmd, args),
            Rule::Arg(number, test, message) => match args.get(*number) {
                Some(arg) => test.ask(cmd, arg).map_err(|error| fill(message, cmd.row.name, arg.as_bstr(), &error)),
                None => Ok(()),
            },
            Rule::Warn(number, test, code, message) => {
                if let Some(arg) = args.get(*number)
                    && let Err(error) = test.ask(cmd, arg)
                {
                    cmd.warn(code, fill(message, cmd.row.name, arg.as_bstr(), &error));
                }
                Ok(())
            }
        }
    }
}

impl Test {
    /// Whether `arg` passes; the error is what is wrong with an expression.
    fn ask(&self, cmd: &mut Cmd<'_>, arg: &[u8]) -> Result<(), String> {
        match self {
            Test::Pattern => cmd.regex(arg, Flags::default()).map(|_| ()),
            plain if plain.passes(arg) => Ok(()),
            _ => Err(String::new()),
        }
    }

    /// A test that looks at nothing but the text.
    fn passes(&self, arg: &[u8]) -> bool {
        let is = |word: &&str| arg.eq_ignore_ascii_case(word.as_bytes());
        match *self {
            Test::Int(least, most) => (least..=most).contains(&(atoi(arg) as i32)),
            Test::Long(least, most) => long(arg).is_some_and(|(n, _)| (least..=most).contains(&n)),
            Test::Whole(least, most) => {
                long(arg).is_some_and(|(n, rest)| rest.is_empty() && (least..=most).contains(&n))
            }
            Test::Number => long(arg).is_some_and(|(_, rest)| rest.is_empty() && !arg.is_empty()),
            Test::Digits => arg.iter().all(u8::is_ascii_digit),
            Test::Float => is_float(arg),
            Test::Time(least, most) => time(arg).is_some_and(|t| (least..=most).contains(&t)),
            Test::OneOf(words) => words.iter().any(is),
            Test::Exactly(words) => words.iter().any(|w| arg == w.as_bytes()),
            Test::Without(bytes) => !arg.is_empty() && !arg.iter().any(|b| bytes.contains(b)),
            Test::Never | Test::Pattern => false,
        }
    }
}

/// The message with its places filled.
fn fill(message: &str, name: &str, arg: &BStr, error: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let (width, value) = match &rest[open..] {
            r if r.starts_with("{}") => (2, arg.to_string()),
            r if r.starts_with("{number}") => (8, (atoi(arg) as i32).to_string()),
            r if r.starts_with("{name}") => (6, name.to_string()),
            r if r.starts_with("{error}") => (7, error.to_string()),
            _ => (1, "{".to_string()),
        };
        out.push_str(&value);
        rest = &rest[open + width..];
    }
    out + rest
}

/// The number that a text begins with (0 where there is none) and what follows it: `strtol`, `apr_strtoi64`; `None` where it is
/// too large.
pub(crate) fn long(text: &[u8]) -> Option<(i64, &[u8])> {
    let start = text.iter().take_while(|b| is_space(**b)).count();
    let sign = usize::from(matches!(text.get(start), Some(b'-' | b'+')));
    let digits = text[start + sign..].iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return Some((0, text));
    }
    let end = start + sign + digits;
    let number = text[start..end].to_str().ok()?.parse().ok()?;
    Some((number, &text[end..]))
}

/// A time in microseconds: `ap_timeout_parameter_parse` with seconds as its unit.
pub(crate) fn time(text: &[u8]) -> Option<i64> {
    let (number, unit) = long(text)?;
    let factor = match unit {
        [] | [b's', ..] => 1_000_000,
        [b'h', ..] => 3_600_000_000,
        [b'm', b's', ..] => 1_000,
        [b'm', b'i', ..] => 60_000_000,
        _ => return None,
    };
    (number >= 0).then(|| number.checked_mul(factor)).flatten()
}

/// Whether a text begins with a floating-point number: a decimal one, `inf` or `nan`.
fn is_float(text: &[u8]) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    let digits = text.strip_prefix(b".").unwrap_or(text);
    digits.first().is_some_and(u8::is_ascii_digit) || begins_nocase(text, b"inf") || begins_nocase(text, b"nan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cs() {
        for (text, test, passes) in [
            ("12x", Test::Int(1, 15), true),
            ("off", Test::Int(0, 9), true),
            ("off", Test::Int(1, 9), false),
            ("-1", Test::Long(0, i64::MAX), false),
            ("99999999999999999999", Test::Long(0, i64::MAX), false),
            ("12", Test::Whole(0, 20), true),
            ("12x", Test::Whole(0, 20), false),
            ("", Test::Number, false),
            (" +5", Test::Number, true),
            ("5a", Test::Digits, false),
            ("0.5x", Test::Float, true),
            (".x", Test::Float, false),
            ("None", Test::Float, false),
            ("none", Test::OneOf(&["None"]), true),
            ("none", Test::Exactly(&["None"]), false),
            ("a=b", Test::Without(b"=&"), false),
            ("", Test::Without(b"=&"), false),
        ] {
            assert_eq!(test.passes(text.as_bytes()), passes, "{text}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, is) in [
            ("5", Some(5_000_000)),
            ("5s", Some(5_000_000)),
            ("100ms", Some(100_000)),
            ("2mi", Some(120_000_000)),
            ("1h", Some(3_600_000_000)),
            // no number is 0, whose unit this is
            ("hour", Some(0)),
            ("5x", None),
            ("5m", None),
            ("-1", None),
            ("9223372036854775807", None),
        ] {
            assert_eq!(time(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn messages_have_places() {
        assert_eq!(fill("{name} {x '{}': {error} {number}", "N", "5{name}".into(), "E"), "N {x '5{name}': E 5");
    }
}
