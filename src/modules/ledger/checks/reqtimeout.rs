//! mod_reqtimeout: `set_reqtimeouts` (modules/filters/mod_reqtimeout.c).

use super::Done;
use crate::conf::args;
use crate::server::cmd::Cmd;
use crate::server::rule::long;
use bstr::{BString, ByteSlice};

/// `RequestReadTimeout stage=seconds[-seconds][,MinRate=rate]...`
pub(crate) fn set(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    for word in args::split(&a[0]) {
        let Some((key, value)) = word.split_once_str("=") else {
            return Err("Invalid RequestReadTimeout parameter. Parameter must be in the form 'key=value'".into());
        };
        parameter(key, value).map_err(|e| format!("RequestReadTimeout: {}={}: {e}", key.as_bstr(), value.as_bstr()))?;
    }
    Ok(())
}

/// `set_reqtimeout_param`
fn parameter(key: &[u8], value: &[u8]) -> Done {
    const MIN_RATE: &str = ",minrate=";
    if !["handshake", "header", "body"].iter().any(|k| key.eq_ignore_ascii_case(k.as_bytes())) {
        return Err("Unknown RequestReadTimeout parameter".into());
    }
    let Some(at) = value.to_ascii_lowercase().find(MIN_RATE) else {
        if value.contains(&b'-') {
            return Err("Must set MinRate option if using timeout range".into());
        }
        return number(value).map(|_| ());
    };
    if number(&value[at + MIN_RATE.len()..])? == 0 {
        return Err("Minimum data rate must be larger than 0".into());
    }
    let Some((initial, most)) = value[..at].split_once_str("-") else {
        return number(&value[..at]).map(|_| ());
    };
    let most = number(most)?;
    if most != 0 && number(initial)? >= most {
        return Err("Maximum timeout must be larger than initial timeout".into());
    }
    number(initial).map(|_| ())
}

/// `parse_int`
fn number(text: &[u8]) -> Result<i64, String> {
    match long(text) {
        Some((_, rest)) if rest.len() == text.len() => Err(format!("Value '{}' not numerical", text.as_bstr())),
        Some((_, rest)) if !rest.is_empty() => Err(format!("Cannot parse '{}'", rest.as_bstr())),
        Some((number, _)) if number < 0 => Err("Value must be non-negative".into()),
        Some((number, _)) => Ok(number),
        None => Ok(i64::MAX),
    }
}
