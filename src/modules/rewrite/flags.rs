//! The third argument of RewriteRule and RewriteCond: `cmd_parseflagfield` and the two `setflag` functions
//! (mod_rewrite.c).

use super::settings::{Cond, Rule, flag};
use super::template::Template;
use crate::server::core::atoi;
use crate::version::{Kind, Version};
use bstr::{BString, ByteSlice};

/// Cuts `[key=value,...]` up, and hands each flag to `set`.
///
/// httpd puts an end mark behind each key in place, and reads on where an empty one leaves it: what it then says of
/// such a key is said here.
pub(super) fn each(field: &[u8], mut set: impl FnMut(&[u8], &[u8]) -> Result<(), String>) -> Result<(), String> {
    let Some(inner) = field.strip_prefix(b"[").and_then(|f| f.strip_suffix(b"]")) else {
        return Err("bad flag delimiters".into());
    };
    let mut rest = [inner, b","].concat();
    loop {
        let start = rest.iter().take_while(|b| is_space(**b)).count();
        rest.drain(..start);
        let Some(comma) = rest.find_byte(b',') else { return Ok(()) };
        if comma == 0 && start > 0 {
            return Err(format!("unknown flag '{}'", rest.as_bstr()));
        }
        let text = rest[..comma].trim_end_with(|c| c.is_ascii() && is_space(c as u8));
        let (key, value) = match text.find_byte(b'=') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &b""[..]),
        };
        set(key, value)?;
        rest.drain(..=comma);
        if rest.is_empty() {
            return Ok(());
        }
    }
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

fn unknown(key: &[u8]) -> Result<(), String> {
    Err(format!("unknown flag '{}'", key.as_bstr()))
}

/// `cmd_rewritecond_setflag`
pub(super) fn set_cond(cond: &mut Cond, key: &[u8]) -> Result<(), String> {
    match key.to_ascii_lowercase().as_slice() {
        b"nocase" | b"nc" => cond.no_case = true,
        b"ornext" | b"or" => cond.or_next = true,
        b"novary" | b"nv" => cond.no_vary = true,
        _ => return unknown(key),
    }
    Ok(())
}

/// `cmd_rewriterule_setflag`
pub(super) fn set_rule(rule: &mut Rule, key: &[u8], value: &[u8], version: Version) -> Result<(), String> {
    if version.lacks(Kind::RewriteFlag, key).is_some() {
        return unknown(key);
    }
    let given = || (!value.is_empty()).then(|| BString::from(value));
    let number = || atoi(value).clamp(i32::MIN as _, i32::MAX as _) as i32;
    let flags = match key.to_ascii_lowercase().as_slice() {
        b"b" | b"backrefescaping" => {
            rule.escapes = given().or(rule.escapes.take());
            flag::ESCAPE
        }
        b"bne" => match given() {
            Some(list) => {
                rule.no_escapes = Some(list);
                0
            }
            None => return Err("flag 'BNE' wants a list of characters (i.e. [BNE=...])".into()),
        },
        b"bnp" | b"backrefernoplus" => flag::NO_PLUS,
        b"bctls" => flag::ESCAPE | flag::ESCAPE_CTLS,
        b"c" | b"chain" => flag::CHAIN,
        b"co" | b"cookie" => {
            rule.cookies.push(Template::new(value));
            0
        }
        b"dpi" | b"d" | b"discardpath" => flag::DISCARD_PATH,
        [b'd', ..] => 0,
        b"e" | b"env" => {
            rule.env.push(Template::new(value));
            0
        }
        b"end" => flag::END,
        b"f" | b"forbidden" => {
            rule.status = 403;
            flag::STATUS | flag::NO_SUB
        }
        b"g" | b"gone" => {
            rule.status = 410;
            flag::STATUS | flag::NO_SUB
        }
        b"h" | b"handler" => {
            rule.handler = Some(Template::new(value));
            0
        }
        b"l" | b"last" => flag::LAST,
        b"ne" | b"noescape" => flag::NO_ESCAPE,
        b"n" | b"next" => {
            if !value.is_empty() {
                rule.max_rounds = number();
            }
            flag::NEXT
        }
        b"ns" | b"nosubreq" => flag::NO_SUBREQ,
        b"nc" | b"nocase" => flag::NO_CASE,
        b"p" | b"proxy" => flag::PROXY,
        b"pt" | b"passthrough" => flag::PASS_THROUGH,
        b"qsa" | b"qsappend" => flag::QS_APPEND,
        b"qsd" | b"qsdiscard" => flag::QS_DISCARD,
        b"qsl" | b"qslast" => flag::QS_LAST,
        b"r" | b"redirect" => flag::REDIRECT | redirect(rule, value)?,
        b"s" | b"skip" => {
            rule.skip = number();
            0
        }
        b"t" | b"type" => {
            rule.mimetype = Some(Template::new(value));
            0
        }
        b"unsafeprefixstat" => flag::UNSAFE_PREFIX_STAT,
        b"unsafeallow3f" => flag::UNSAFE_ALLOW_3F,
        b"unc" => flag::UNC,
        _ => return unknown(key),
    };
    rule.flags |= flags;
    Ok(())
}

/// `R`'s status, by name or number. Of a status that is no redirect the rule becomes one without a substitution.
fn redirect(rule: &mut Rule, value: &[u8]) -> Result<u32, String> {
    if value.is_empty() {
        return Ok(0);
    }
    let mut flags = 0;
    rule.status = match value.to_ascii_lowercase().as_slice() {
        b"permanent" => 301,
        b"temp" => 302,
        b"seeother" => 303,
        [b'0'..=b'9', ..] => {
            let status = atoi(value);
            let known = u16::try_from(status).ok().filter(|s| is_status(*s));
            let Some(status) = known else {
                return Err(format!("invalid HTTP response code '{}' for flag 'R'", value.as_bstr()));
            };
            if !(300..400).contains(&status) {
                flags = flag::STATUS | flag::NO_SUB;
            }
            status
        }
        _ => 0,
    };
    Ok(flags)
}

/// Whether httpd has a line for a status: `ap_index_of_response` (modules/http/http_protocol.c).
fn is_status(status: u16) -> bool {
    matches!(
        status,
        100..=103
            | 200..=208
            | 226
            | 300..=305
            | 307..=308
            | 400..=417
            | 421..=424
            | 426
            | 428..=429
            | 431
            | 451
            | 500..=508
            | 510..=511
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(field: &str) -> Result<Vec<(String, String)>, String> {
        let mut out = Vec::new();
        each(field.as_bytes(), |k, v| {
            if k.is_empty() {
                return unknown(k);
            }
            out.push((k.as_bstr().to_string(), v.as_bstr().to_string()));
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn fields() {
        let pair = |k: &str, v: &str| (k.to_string(), v.to_string());
        assert_eq!(all("[L, R=301 ,E=a:b=c]").unwrap(), [pair("L", ""), pair("R", "301"), pair("E", "a:b=c")]);
        for (field, message) in [
            ("L", "bad flag delimiters"),
            ("[]", "unknown flag ''"),
            ("[L,]", "unknown flag ''"),
            ("[L, ]", "unknown flag ','"),
        ] {
            assert_eq!(all(field), Err(message.into()), "{field}");
        }
    }
}
