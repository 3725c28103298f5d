//! Where an entry of an image map leads: `imap_url` (modules/mappers/mod_imagemap.c).

use crate::server::request::Request;
use bstr::{BString, ByteSlice};

/// A value as a URL, relative to `base`; the error is the log's code and line.
pub(super) fn resolve(
    r: &Request<'_>,
    base: Option<&BString>,
    value: &[u8],
) -> Result<BString, (&'static str, String)> {
    let mut value = value;
    if value.eq_ignore_ascii_case(b"map") || value.eq_ignore_ascii_case(b"menu") {
        return Ok(r.construct_url(&r.uri));
    }
    if value.eq_ignore_ascii_case(b"nocontent") || value.eq_ignore_ascii_case(b"error") {
        return Ok(value.into());
    }
    if value.eq_ignore_ascii_case(b"referer") {
        match r.headers_in.get("Referer").filter(|v| !v.is_empty()) {
            Some(referer) => return Ok(referer.to_owned()),
            None => value = b"",
        }
    }
    let letters = value.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if value.get(letters) == Some(&b':') {
        return Ok(value.into());
    }
    let Some(base) = base.filter(|b| !b.is_empty()) else {
        return Ok(if value.is_empty() { r.construct_url(b"/") } else { value.into() });
    };
    let upward = |v: &[u8]| v.starts_with(b"../") || v == b"..";
    if !base.contains(&b'/') && upward(value) {
        return Err(("AH00677", format!("invalid base directive in map file: {}", r.uri)));
    }
    let mut url = base.clone();
    // where the path begins, unless the value brings its own
    let mut directory = None;
    if let Some(slash) = first_single_slash(base) {
        if value.starts_with(b"/") {
            url.truncate(slash);
        } else {
            directory = Some(slash);
            url.truncate(base.rfind_byte(b'/').map_or(base.len(), |i| i + 1));
        }
    }
    while upward(value) {
        let Some(start) = directory else {
            return Err(("AH00678", format!("invalid directory name in map file: {}", r.uri)));
        };
        if url.len() <= start {
            return Err(("AH00678", format!("invalid directory name in map file: {}", r.uri)));
        }
        let length = url.len();
        while let Some(slash) = url[start..].rfind_byte(b'/') {
            url.truncate(start + slash);
            // a slash at the end is not yet a folder
            if url.len() == start || length - url.len() != 1 {
                break;
            }
        }
        value = &value[2..];
        if value.starts_with(b"/../") || value == b"/.." {
            value = &value[1..];
        }
    }
    url.extend_from_slice(value);
    Ok(url)
}

fn first_single_slash(base: &[u8]) -> Option<usize> {
    let mut i = 0;
    while let Some(&b) = base.get(i) {
        if b == b'/' {
            if base.get(i + 1) == Some(&b'/') {
                i += 2;
                continue;
            }
            return Some(i);
        }
        i += 1;
    }
    None
}
