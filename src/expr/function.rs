//! Functions and operators: their names, and those that need nothing but their argument
//! (`string_func_providers`, `unary_op_providers`, `binary_op_providers`, server/util_expr_eval.c).

use super::Flags;
use super::digest::{hex, md5, sha1};
use super::variable::Providers;
use crate::base64;
use bstr::{BString, ByteSlice};

/// A function from string to string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Function {
    OsEnv,
    Env,
    Resp,
    Req,
    Note,
    ReqEnv,
    ReqNoVary,
    ToLower,
    ToUpper,
    Escape,
    Unescape,
    File,
    FileSize,
    Base64,
    Unbase64,
    Sha1,
    Md5,
    Ldap,
    Ssl,
    HealthCheck,
}

/// A unary operator on a string; `-R` is no such one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum UnaryOp {
    NotEmpty,
    Empty,
    IsTrue,
    Directory,
    Exists,
    Regular,
    RegularNotEmpty,
    Link,
    Executable,
    FileSubrequest,
    UriSubrequest,
}

/// A binary operator on strings; `-ipmatch` is no such one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum BinaryOp {
    Path,
    Text,
    TextAnyCase,
}

/// Where a name may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// It may be used anywhere.
    Never,
    /// Where expressions are restricted.
    Restricted,
    /// There, and in .htaccess files.
    Htaccess,
}

impl Barred {
    /// Whether an expression with these flags may not use the name.
    pub(super) fn applies(self, flags: Flags) -> bool {
        match self {
            Barred::Never => false,
            Barred::Restricted => flags.restricted,
            Barred::Htaccess => flags.restricted || flags.htaccess,
        }
    }
}

/// A name that is known: what it means, how httpd spells it, and where it is barred.
pub(super) struct Known<T>(pub(super) T, pub(super) &'static str, pub(super) Barred);

const FUNCTIONS: &[Known<Function>] = &[
    Known(Function::OsEnv, "osenv", Barred::Never),
    Known(Function::Env, "env", Barred::Never),
    Known(Function::Resp, "resp", Barred::Never),
    Known(Function::Req, "req", Barred::Never),
    Known(Function::Req, "http", Barred::Never),
    Known(Function::Note, "note", Barred::Never),
    Known(Function::ReqEnv, "reqenv", Barred::Never),
    Known(Function::ReqNoVary, "req_novary", Barred::Never),
    Known(Function::ToLower, "tolower", Barred::Never),
    Known(Function::ToUpper, "toupper", Barred::Never),
    Known(Function::Escape, "escape", Barred::Never),
    Known(Function::Unescape, "unescape", Barred::Never),
    Known(Function::File, "file", Barred::Htaccess),
    Known(Function::FileSize, "filesize", Barred::Htaccess),
    Known(Function::Base64, "base64", Barred::Never),
    Known(Function::Unbase64, "unbase64", Barred::Never),
    Known(Function::Sha1, "sha1", Barred::Never),
    Known(Function::Md5, "md5", Barred::Never),
    Known(Function::Ldap, "ldap", Barred::Never),
];

/// `None` stands for `-R`, whose argument is read at once.
const UNARY: &[Known<Option<UnaryOp>>] = &[
    Known(Some(UnaryOp::NotEmpty), "n", Barred::Never),
    Known(Some(UnaryOp::Empty), "z", Barred::Never),
    Known(None, "R", Barred::Never),
    Known(Some(UnaryOp::IsTrue), "T", Barred::Never),
    Known(Some(UnaryOp::Directory), "d", Barred::Restricted),
    Known(Some(UnaryOp::Exists), "e", Barred::Restricted),
    Known(Some(UnaryOp::Regular), "f", Barred::Restricted),
    Known(Some(UnaryOp::RegularNotEmpty), "s", Barred::Restricted),
    Known(Some(UnaryOp::Link), "L", Barred::Restricted),
    Known(Some(UnaryOp::Link), "h", Barred::Restricted),
    Known(Some(UnaryOp::Executable), "x", Barred::Restricted),
    Known(Some(UnaryOp::FileSubrequest), "F", Barred::Never),
    Known(Some(UnaryOp::UriSubrequest), "U", Barred::Never),
    Known(Some(UnaryOp::UriSubrequest), "A", Barred::Never),
];

/// `None` stands for `-ipmatch`, whose second argument is read at once.
const BINARY: &[Known<Option<BinaryOp>>] = &[
    Known(None, "ipmatch", Barred::Never),
    Known(Some(BinaryOp::Path), "fnmatch", Barred::Never),
    Known(Some(BinaryOp::Text), "strmatch", Barred::Never),
    Known(Some(BinaryOp::TextAnyCase), "strcmatch", Barred::Never),
];

/// The function of a name, in any case.
pub(super) fn function(name: &[u8], providers: Providers) -> Option<&'static Known<Function>> {
    const SSL: &Known<Function> = &Known(Function::Ssl, "SSL", Barred::Never);
    const HC: &Known<Function> = &Known(Function::HealthCheck, "HC", Barred::Never);
    FUNCTIONS
        .iter()
        .find(|k| k.1.as_bytes().eq_ignore_ascii_case(name))
        .or_else(|| (providers.ssl && name == b"SSL").then_some(SSL))
        .or_else(|| (providers.proxy_hcheck && name.eq_ignore_ascii_case(b"HC")).then_some(HC))
}

/// The unary operator of a name without its dash; here the case matters.
pub(super) fn unary(name: &[u8]) -> Option<&'static Known<Option<UnaryOp>>> {
    UNARY.iter().find(|k| k.1.as_bytes() == name)
}

/// The binary operator of a name without its dash, in any case.
pub(super) fn binary(name: &[u8]) -> Option<&'static Known<Option<BinaryOp>>> {
    BINARY.iter().find(|k| k.1.as_bytes().eq_ignore_ascii_case(name))
}

impl Function {
    /// The value of a function that needs its argument only; `None` for those that ask the request.
    pub(super) fn pure(self, arg: &[u8]) -> Option<BString> {
        Some(match self {
            Function::ToLower => arg.to_ascii_lowercase().into(),
            Function::ToUpper => arg.to_ascii_uppercase().into(),
            Function::Escape => escape(arg),
            Function::Unescape => unescape(arg).unwrap_or_default(),
            Function::Base64 => base64::encode(arg),
            Function::Unbase64 => base64::decode(arg),
            Function::Sha1 => hex(&sha1(arg)),
            Function::Md5 => hex(&md5(arg)),
            Function::Ldap => ldap(arg),
            Function::HealthCheck => BString::default(),
            _ => return None,
        })
    }
}

/// `op_T`: what reads as "on".
pub(super) fn is_true(arg: &[u8]) -> bool {
    let no = |word: &[u8]| arg.eq_ignore_ascii_case(word);
    !(arg.is_empty() || no(b"off") || no(b"no") || no(b"false") || arg == b"0")
}

/// What a C function would see of these bytes: all up to the first NUL.
pub(super) fn c_string(mut bytes: BString) -> BString {
    let length = bytes.find_byte(0).unwrap_or(bytes.len());
    bytes.truncate(length);
    bytes
}

/// `ap_escape_uri` (server/util.c).
fn escape(arg: &[u8]) -> BString {
    escape_with(arg, b'%', |c| !c.is_ascii_alphanumeric() && !b"$-_.+!*'(),:;@&=/~".contains(&c))
}

/// `apr_pescape_ldap` with both kinds of escapes (encoding/apr_escape.c).
fn ldap(arg: &[u8]) -> BString {
    escape_with(arg, b'\\', |c| !(c.is_ascii_graphic() || c == b' ') || b"\"+,;<>\\*()".contains(&c))
}

fn escape_with(arg: &[u8], prefix: u8, escaped: impl Fn(u8) -> bool) -> BString {
    let mut out = BString::from(Vec::with_capacity(arg.len()));
    for c in arg {
        if escaped(*c) {
            out.push(prefix);
            out.extend_from_slice(&hex(&[*c]));
        } else {
            out.push(*c);
        }
    }
    out
}

/// `ap_unescape_url_keep2f` (server/util.c), an escaped slash kept; `None` for what it refuses: a bad escape or `%00`.
fn unescape(arg: &[u8]) -> Option<BString> {
    let mut out = BString::from(Vec::with_capacity(arg.len()));
    let mut rest = arg;
    while let [c, tail @ ..] = rest {
        rest = tail;
        if *c != b'%' {
            out.push(*c);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return None };
        let digit = |c: u8| char::from(c).to_digit(16);
        match u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()? {
            0 => return None,
            b'/' => out.extend_from_slice(&[b'%', *high, *low]),
            byte => out.push(byte),
        }
        rest = tail;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_their_argument_alone() {
        use Function::*;
        for (function, arg, want) in [
            (ToLower, "AbÄ", "abÄ"),
            (Escape, "a b/c?d%~", "a%20b/c%3fd%25~"),
            (Unescape, "a%20b%2Fc", "a b%2Fc"),
            (Unescape, "a%2", ""),
            (Unescape, "a%00b", ""),
            (Unescape, "a%zzb", ""),
            (Base64, "abcd", "YWJjZA=="),
            (Base64, "", ""),
            (Unbase64, "YWJjZA==", "abcd"),
            (Unbase64, "YWJj!ZA", "abc"),
            (Unbase64, "YQBi", "a"),
            (Ldap, "a*(b)\\,", "a\\2a\\28b\\29\\5c\\2c"),
            (Md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (Sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ] {
            assert_eq!(function.pure(arg.as_bytes()).unwrap(), want, "{function:?} {arg}");
        }
        for (arg, want) in [("", false), ("0", false), ("00", true), ("OFF", false), ("no", false), ("nope", true)] {
            assert_eq!(is_true(arg.as_bytes()), want, "{arg}");
        }
    }
}
