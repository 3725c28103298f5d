//! Filters of bodies: mod_substitute, mod_ext_filter, mod_xml2enc (modules/filters), mod_http2's pushes.

use super::Done;
use crate::pattern::Flags;
use crate::server::cmd::Cmd;
use crate::server::rule::long;
use bstr::{BString, ByteSlice};

/// `Substitute s/pattern/text/flags`: `set_pattern`.
pub(crate) fn substitute(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let Some(rest) = a[0].strip_prefix(b"s").or(a[0].strip_prefix(b"S")) else {
        return Err("Bad Substitute format, must be an s/// pattern".into());
    };
    let incomplete = || Err("Bad Substitute format, must be a complete s/// pattern".into());
    let Some((&delimiter, rest)) = rest.split_first() else { return incomplete() };
    let mut parts = rest.splitn(3, |b| *b == delimiter);
    let (from, to, flags) = (parts.next().unwrap_or_default(), parts.next(), parts.next().unwrap_or_default());
    if from.is_empty() || to.is_none() {
        return incomplete();
    }
    let flags = flags.to_ascii_lowercase();
    if flags.iter().any(|f| !b"infq".contains(f)) {
        return Err("Bad Substitute flag, only s///[infq] are supported".into());
    }
    if !flags.contains(&b'n') {
        cmd.regex(from, Flags::default()).map_err(|_| "Substitute could not compile regex")?;
    }
    Ok(())
}

/// `SubstituteMaxLineLength`: `set_max_line_length`.
pub(crate) fn line_length(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let unit = |rest: &[u8]| matches!(rest.to_ascii_lowercase().as_slice(), b"" | b"b" | b"k" | b"m" | b"g");
    match long(&a[0]) {
        Some((length, rest)) if length >= 0 && unit(rest) => Ok(()),
        _ => Err(format!(
            "{} must be a non-negative integer optionally suffixed with 'b', 'k', 'm' or 'g'.",
            cmd.row.name
        )),
    }
}

/// `ExtFilterDefine name option...`: `define_filter`.
pub(crate) fn external(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let white = |b: &u8| b.is_ascii_whitespace();
    let cut = |text: &[u8]| text.iter().position(white).unwrap_or(text.len());
    let name = &a[0][..cut(&a[0])];
    let mut output = true;
    let mut rest = a[0][name.len()..].trim_start();
    while !rest.is_empty() {
        let word = &rest[..cut(rest)];
        let lower = word.to_ascii_lowercase();
        match lower.as_slice() {
            b"preservescontentlength" => {}
            w if w.starts_with(b"preservescontentlength") => {
                return Err(format!("mangled argument `{}'", word.as_bstr()));
            }
            b"mode=output" => output = true,
            b"mode=input" => output = false,
            w if w.starts_with(b"mode=") => return Err(format!("Invalid mode: `{}'", word[5..].as_bstr())),
            w if w.starts_with(b"cmd=") => {
                rest = command(&rest[4..])?;
                continue;
            }
            w if ["ftype=", "enableenv=", "disableenv=", "intype=", "outtype="]
                .iter()
                .any(|o| w.starts_with(o.as_bytes())) => {}
            _ => return Err(format!("Unexpected parameter: `{}'", rest.as_bstr())),
        }
        rest = rest[word.len()..].trim_start();
    }
    if let Some(filters) = cmd.build.filters.as_mut().filter(|_| output)
        && !filters.insert(name.to_ascii_lowercase().into())
    {
        return Err(format!("ExtFilter {} is already defined", name.as_bstr()));
    }
    Ok(())
}

/// `LuaOutputFilter name file function`: `register_output_filter` (modules/lua/mod_lua.c).
pub(crate) fn lua_output(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if let Some(filters) = &mut cmd.build.filters {
        filters.insert(a[0].to_ascii_lowercase().into());
    }
    Ok(())
}

/// `parse_cmd`: a program, within double quotes where it has arguments; what follows it.
fn command(text: &[u8]) -> Result<&[u8], String> {
    let Some(inner) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(text.len());
        return match end {
            0 => Err("Invalid cmd= parameter".into()),
            _ => Ok(text[end..].trim_start()),
        };
    };
    let mut escaped = false;
    let end = inner.iter().position(|b| {
        let closes = *b == b'"' && !escaped;
        escaped = *b == b'\\' && !escaped;
        closes
    });
    match end {
        Some(end) => Ok(inner[end + 1..].trim_start()),
        None => Err("Expected cmd= delimiter".into()),
    }
}

/// Names of charsets that libxml2 knows by itself (`xmlParseCharEncoding`).
#[rustfmt::skip]
const CHARSETS: &[&str] = &[
    "UTF-8", "UTF8", "UTF-16", "UTF16", "ISO-10646-UCS-2", "UCS-2", "UCS2", "ISO-10646-UCS-4", "UCS-4", "UCS4",
    "ISO-8859-1", "ISO-LATIN-1", "ISO LATIN 1", "ISO-8859-2", "ISO-LATIN-2", "ISO LATIN 2", "ISO-8859-3", "ISO-8859-4",
    "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-9", "ISO-2022-JP", "SHIFT_JIS", "EUC-JP",
];

/// `xml2EncDefault`: `set_default` of mod_xml2enc.c. A name that an xml2EncAlias gave is known as well.
pub(crate) fn charset(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let is = |name: &[u8]| a[0].eq_ignore_ascii_case(name);
    if CHARSETS.iter().any(|c| is(c.as_bytes())) || cmd.build.charsets.iter().any(|c| is(c)) {
        return Ok(());
    }
    Err("Invalid or unsupported default charset".into())
}

/// `xml2EncAlias charset alias`: `set_alias`.
pub(crate) fn charset_alias(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.build.charsets.push(a[1].clone());
    Ok(())
}

/// `H2PushResource [add] path [critical]`: `h2_conf_add_push_res` (modules/http2/h2_config.c).
pub(crate) fn push(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let last = match a[0].eq_ignore_ascii_case(b"add") {
        true => a.get(2),
        false if a.len() > 2 => return Err("too many parameter".into()),
        false => a.get(1),
    };
    match last {
        Some(last) if !last.eq_ignore_ascii_case(b"critical") => Err("unknown last parameter".into()),
        _ => Ok(()),
    }
}

/// `H2PushPriority type dependency [weight]`: `h2_conf_add_push_priority`.
pub(crate) fn push_priority(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (mut dependency, mut weight) = (a[1].as_slice(), a.get(2));
    if weight.is_none() && dependency.first().is_some_and(u8::is_ascii_digit) {
        (dependency, weight) = (b"after", Some(&a[1]));
    }
    match dependency.to_ascii_lowercase().as_slice() {
        b"after" | b"interleaved" => {}
        b"before" if weight.is_some() => return Err("dependency 'Before' does not allow a weight".into()),
        b"before" => {}
        _ => return Err("dependency must be one of 'After', 'Before' or 'Interleaved'".into()),
    }
    match weight {
        Some(weight) if long(weight).is_some_and(|(w, _)| w < 1) => Err("weight must be a number >= 1".into()),
        _ => Ok(()),
    }
}

/// `H2PushDiarySize`: `h2_conf_set_push_diary_size`.
pub(crate) fn push_diary(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match long(&a[0]).map_or(i32::MAX, |(n, _)| n as i32) {
        n if n < 0 => Err("value must be >= 0".into()),
        n if n & (n.wrapping_sub(1)) != 0 => Err("value must a power of 2".into()),
        n if n > 1 << 15 => Err("value must <= 65536".into()),
        _ => Ok(()),
    }
}

/// `DeflateFilterNote [kind] note`: `deflate_set_note`.
pub(crate) fn deflate_note(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    note(a, "Unknown note type {}")
}

/// `BrotliFilterNote [kind] note`: `set_filter_note`.
pub(crate) fn brotli_note(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    note(a, "Unknown BrotliFilterNote type '{}'")
}

/// One word is the note; of two the first says of what.
fn note(a: &[BString], message: &str) -> Done {
    let kinds = ["ratio", "input", "output"];
    if a.len() < 2 || kinds.iter().any(|kind| a[0].eq_ignore_ascii_case(kind.as_bytes())) {
        return Ok(());
    }
    Err(message.replace("{}", &a[0].to_string()))
}
