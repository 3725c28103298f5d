//! `<IfVersion>` (modules/metadata/mod_version.c).

use crate::pattern::{Flags, Regex};
use crate::version::Version;
use bstr::{BString, ByteSlice};
use std::cmp::Ordering;

/// Whether the section's condition holds, for its one to three arguments, the last of which bears the `>`.
/// The error is httpd's message.
pub(super) fn holds(args: &[BString], httpd: Version) -> Result<bool, String> {
    let arg = |i: usize| args.get(i).map(|a| a.as_bytes());
    let (mut operator, mut version, mut delimiter) = (arg(0).unwrap_or_default(), arg(1), arg(2));
    if version.is_none() {
        (operator, version) = (b"=", Some(operator));
    }
    if delimiter.is_none() && version == Some(b">") {
        (operator, version, delimiter) = (b"=", Some(operator), version);
    }
    let unclosed = || "<IfVersion> directive missing closing '>'".to_string();
    let whole = version.unwrap_or_default();
    let version = match delimiter {
        _ if whole.is_empty() => return Err(unclosed()),
        Some(b">") => whole,
        _ => whole.strip_suffix(b">").ok_or_else(unclosed)?,
    };

    let (reverse, bare) = match operator {
        [b'!', rest @ ..] if !rest.is_empty() => (true, rest),
        _ => (operator.first() == Some(&b'!'), operator),
    };
    let holds = match bare {
        b"=" | b"==" if version.first() == Some(&b'/') => {
            let inner = version[1..].strip_suffix(b"/");
            matches(httpd, inner.ok_or("Missing delimiting / of regular expression.")?)?
        }
        b"=" | b"==" => compare(httpd, version)?.is_eq(),
        b"~" => matches(httpd, version)?,
        b"<" => compare(httpd, version)?.is_lt(),
        b"<=" => compare(httpd, version)?.is_le(),
        b">" => compare(httpd, version)?.is_gt(),
        b">=" => compare(httpd, version)?.is_ge(),
        _ => return Err(format!("unrecognized operator '{}'", operator.as_bstr())),
    };
    Ok(holds != reverse)
}

/// How httpd's version stands to `text`: `compare_version`.
fn compare(httpd: Version, text: &[u8]) -> Result<Ordering, String> {
    let wrong = "Version appears to be invalid. It must have the format major[.minor[.patch]] where major, minor and \
                 patch are numbers.";
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return Err(wrong.into());
    }
    let mut version = [0; 3];
    let parts: Vec<&[u8]> = text.split_str(".").collect();
    if parts.len() > 3 && !(parts.len() == 4 && parts[3].is_empty()) {
        return Err(wrong.into());
    }
    for (slot, part) in version.iter_mut().zip(&parts) {
        if !part.iter().all(u8::is_ascii_digit) {
            return Err(wrong.into());
        }
        *slot = part.iter().fold(0i64, |n, d| n.saturating_mul(10).saturating_add((d - b'0').into()));
    }
    Ok(httpd.numbers().cmp(&version))
}

/// Whether httpd's version matches a pattern: `match_version`.
fn matches(httpd: Version, pattern: &[u8]) -> Result<bool, String> {
    let regex = Regex::new(pattern, Flags::default()).map_err(|_| "Unable to compile regular expression")?;
    Ok(regex.is_match(httpd.to_string().as_bytes()).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::args::split;

    #[test]
    fn conditions() {
        let cases = [
            ("2.4.71>", Ok(true)),
            ("2.4>", Ok(false)),
            ("= 2.4.71>", Ok(true)),
            ("== 2.4.71 >", Ok(true)),
            ("'2.4.71' >", Ok(true)),
            ("!= 2.4.71>", Ok(false)),
            (">= 2.4>", Ok(true)),
            ("> 2.4.71>", Ok(false)),
            ("!> 2.4.71>", Ok(true)),
            ("< 2.10>", Ok(true)),
            ("<= 2.4.71.>", Ok(true)),
            (r"~ ^2\.4\.>", Ok(true)),
            (r"= /^2\.2/>", Ok(false)),
            ("= /x>", Err("Missing delimiting / of regular expression.")),
            ("= 2.4", Err("<IfVersion> directive missing closing '>'")),
            ("! 2.4>", Err("unrecognized operator '!'")),
            ("=~ 2.4>", Err("unrecognized operator '=~'")),
            ("~= x>", Err("unrecognized operator '~='")),
        ];
        for (raw, want) in cases {
            assert_eq!(holds(&split(raw.as_bytes()), Version::default()), want.map_err(String::from), "{raw}");
        }
        for raw in ["= a>", "= 2.4.71.1>", "= 2.x>", "= >"] {
            assert!(holds(&split(raw.as_bytes()), Version::default()).is_err(), "{raw}");
        }
    }
}
